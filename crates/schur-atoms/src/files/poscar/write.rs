//! Writing POSCAR.

use std::io::Write;

use super::selective::free_from_fixed;
use crate::files::{FileError, Place, Problem};
use crate::{Structure, symbol};

/// Writes a POSCAR with Cartesian coordinates; cell, positions and velocities come back bit by bit.
///
/// The atoms keep their order, so an element that occurs in several runs is named several times (VASP wants a POTCAR
/// entry for each). The format has no place for periodicity flags (it is periodic along all three vectors) nor
/// for attached values; they are not written.
///
/// # Errors
/// [`Problem::Unwritable`] without atoms, without a usable cell, for an atom that is no element, and for fixed directions
/// that do not follow the lattice; [`Problem::Io`] from the writer.
pub fn write(writer: &mut impl Write, structure: &Structure) -> Result<(), FileError> {
    let text = text(structure).map_err(|problem| problem.at(Place::default()))?;
    Ok(writer.write_all(text.as_bytes())?)
}

fn text(structure: &Structure) -> Result<String, Problem> {
    structure.validate().map_err(|error| Problem::Invalid(Box::new(error)))?;
    if structure.cell.inverse().is_err() {
        let reason = "POSCAR needs a cell; put the atoms into a box or write extended XYZ";
        return Err(Problem::Unwritable { what: "a structure without a cell".to_owned(), reason });
    }
    let runs = runs(&structure.numbers);
    let symbols: Vec<&str> = runs.iter().map(|&(number, _)| symbol(number).unwrap_or("X")).collect();
    let counts: Vec<String> = runs.iter().map(|(_, count)| count.to_string()).collect();
    let formula: String = symbols.iter().zip(&counts).map(|(symbol, count)| format!("{symbol}{count}")).collect();
    const LONGEST_TITLE: usize = 40;
    let title = if formula.len() <= LONGEST_TITLE { formula } else { format!("{} atoms", structure.len()) };
    let mut text = format!("{title}\n1.0\n");
    structure.cell.vectors().iter().for_each(|row| push_row(&mut text, row, "\n"));
    text += &format!("{}\n{}\n", symbols.join(" "), counts.join(" "));
    if structure.fixed.is_some() {
        text.push_str("Selective dynamics\n");
    }
    text.push_str("Cartesian\n");
    for (atom, position) in structure.positions.iter().enumerate() {
        push_row(&mut text, position, "");
        if let Some(fixed) = &structure.fixed {
            let free = free_from_fixed(&structure.cell, fixed[atom]).ok_or_else(|| Problem::Unwritable {
                what: format!("atom {atom} with {:?} fixed along x, y, z", fixed[atom]),
                reason: "POSCAR fixes along lattice vectors, and none of them lie so; fix or free the whole atom",
            })?;
            free.iter().for_each(|&free| text.push_str(if free { " T" } else { " F" }));
        }
        text.push('\n');
    }
    if let Some(velocities) = &structure.velocities {
        text.push('\n');
        velocities.iter().for_each(|row| push_row(&mut text, row, "\n"));
    }
    Ok(text)
}

/// Elements that follow each other, with their numbers of atoms.
fn runs(numbers: &[u8]) -> Vec<(u8, usize)> {
    numbers.chunk_by(|a, b| a == b).map(|run| (run[0], run.len())).collect()
}

fn push_row(text: &mut String, row: &[f64; 3], end: &str) {
    let [x, y, z] = row;
    text.push_str(&format!("{x:?} {y:?} {z:?}{end}"));
}
