//! Which operations a data block asks for.

use super::block::Block;
use super::operation::Operation;
use super::space_group::Symbols;
use crate::Cell;
use crate::files::{FileError, Place, Problem};

/// Names of the listed operations, newest dictionary last.
const OPERATIONS: [&str; 2] = ["_symmetry_equiv_pos_as_xyz", "_space_group_symop_operation_xyz"];

const HALL: [&str; 2] = ["_space_group_name_hall", "_symmetry_space_group_name_hall"];

const HERMANN_MAUGUIN: [&str; 4] = [
    "_space_group_name_h-m_alt",
    "_symmetry_space_group_name_h-m",
    "_space_group_name_h-m_full",
    "_symmetry_space_group_name_h-m_full",
];

const NUMBER: [&str; 2] = ["_space_group_it_number", "_symmetry_int_tables_number"];

/// Most operations that a cell can have: 48 rotations times the eight centrings of a doubled cell.
const MOST_OPERATIONS: usize = 384;

/// The operations of a block, the identity first.
///
/// # Errors
/// [`FileError`] for an operation that cannot be read, a list without the identity, symmetry that the cell does not have,
/// and an unknown or ambiguous space group.
pub(super) fn operations(block: &Block<'_>, cell: &Cell) -> Result<Vec<Operation>, FileError> {
    let listed = listed(block)?;
    if listed.is_empty() {
        return from_symbols(block, cell);
    }
    let (operations, line) = ordered(listed)?;
    if let Some(operation) = operations.iter().find(|operation| !operation.preserves(cell)) {
        let (lengths, angles) = cell.parameters();
        return Err(Problem::CellSymmetry { operation: operation.to_string(), lengths, angles }.at(Place::line(line)));
    }
    Ok(operations)
}

fn listed(block: &Block<'_>) -> Result<Vec<(Operation, usize)>, FileError> {
    for tag in OPERATIONS {
        let Some(table) = block.table(tag) else { continue };
        let Some(column) = table.column(tag) else { continue };
        let entries = table.rows().map(|row| row[column]).filter(|entry| !entry.is_absent());
        let parsed: Result<Vec<_>, _> = entries
            .map(|entry| {
                let remedy = "write three components such as `-x, y+1/2, -z`";
                let operation = Operation::parse(entry.text).ok_or_else(|| {
                    Problem::expected("a symmetry operation", entry.text.as_bytes(), remedy).at(Place::line(entry.line))
                })?;
                Ok((operation, entry.line))
            })
            .collect();
        match parsed {
            Ok(operations) if operations.is_empty() => {}
            result => return result,
        }
    }
    Ok(Vec::new())
}

fn ordered(listed: Vec<(Operation, usize)>) -> Result<(Vec<Operation>, usize), FileError> {
    let (mut operations, lines): (Vec<_>, Vec<_>) = listed.into_iter().unzip();
    let line = lines[0];
    let remedy = "list all operations of the space group once, centring translations included";
    if operations.len() > MOST_OPERATIONS {
        let expected = format!("at most {MOST_OPERATIONS} operations");
        return Err(Problem::expected(expected, operations.len().to_string().as_bytes(), remedy).at(Place::line(line)));
    }
    let identity = operations.iter().position(Operation::is_identity).ok_or_else(|| {
        Problem::expected("the identity `x, y, z` among the operations", b"none", remedy).at(Place::line(line))
    })?;
    operations.swap(0, identity);
    operations[0] = Operation::IDENTITY;
    Ok((operations, line))
}

fn from_symbols(block: &Block<'_>, cell: &Cell) -> Result<Vec<Operation>, FileError> {
    let (hall, hermann_mauguin) = (block.value(&HALL)?, block.value(&HERMANN_MAUGUIN)?);
    let number_entry = block.value(&NUMBER)?;
    let number = number_entry.map(|entry| entry.real(NUMBER[0])).transpose()?;
    let symbols = Symbols {
        hall: hall.map(|entry| entry.text),
        hermann_mauguin: hermann_mauguin.map(|entry| entry.text),
        number: number.map(|number| number as i32),
    };
    if symbols.is_empty() {
        return Ok(vec![Operation::IDENTITY]);
    }
    let line = hall.or(hermann_mauguin).or(number_entry).map_or(block.line, |entry| entry.line);
    let mut operations = symbols.operations(cell).map_err(|problem| problem.at(Place::line(line)))?;
    let identity = operations.iter().position(Operation::is_identity).unwrap_or(0);
    operations.swap(0, identity);
    Ok(operations)
}
