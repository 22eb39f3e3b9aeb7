//! From a circuit to a program: which rows are kept, which are local, and in which order all are made.

mod emit;

use std::collections::{BTreeMap, BTreeSet};

use schur_tensor::Real;

use self::emit::short;
use super::{
    ChannelwiseError,
    program::{CopiedRow, Program, Short, Step},
};
use crate::{
    Circuit, ComponentMatrix,
    circuit::Operation,
    factored::support::{RowGroup, group_rows},
};

/// How a row is used, counted once over the circuit.
#[derive(Debug, Clone, Default)]
struct Uses {
    /// As a factor of a product.
    factor: bool,
    /// As a component of the result.
    outputs: usize,
    /// Matrices that read it.
    matrices: BTreeSet<usize>,
}

impl Uses {
    fn any(&self) -> bool {
        self.factor || self.outputs > 0 || !self.matrices.is_empty()
    }

    /// Whether one matrix alone reads it.
    fn local(&self) -> bool {
        !self.factor && self.outputs == 0 && self.matrices.len() == 1
    }

    /// Whether it is nothing but a component of the result.
    fn direct(&self) -> bool {
        !self.factor && self.outputs == 1 && self.matrices.is_empty()
    }
}

/// The terms of a row: two rows and a coefficient each.
type Terms = Vec<(usize, usize, f64)>;

/// Rows of one kind with their terms.
type RowTerms = Vec<(usize, Terms)>;

/// A row that is a number times a short product.
struct ScaledRow {
    kind: Short,
    terms: Terms,
    row: usize,
    coefficient: f64,
}

/// Steps that belong together, forward and in reverse.
#[derive(Debug, Default)]
struct Piece {
    forward: Vec<Step>,
    reverse: Vec<Step>,
    products: bool,
    read: Vec<usize>,
    made: Vec<usize>,
}

struct Compiler<'a, T> {
    circuit: &'a Circuit,
    uses: Vec<Uses>,
    /// The slot of each row that has one now.
    slot: Vec<Option<usize>>,
    /// Terms of rows that wait for the matrix that reads them.
    waiting: BTreeMap<usize, Terms>,
    /// Where rows go that are nothing but components of the result.
    output: BTreeMap<usize, usize>,
    /// What has been emitted, with the rows that it reads and makes.
    pieces: Vec<Piece>,
    program: Program<T>,
}

impl<T: Real> Program<T> {
    /// Compiles a circuit; an error if its rows or coefficients cannot be counted in 31 bits.
    pub fn compile(circuit: &Circuit) -> Result<Self, ChannelwiseError> {
        let mut compiler = Compiler::new(circuit);
        for operation in circuit.operations() {
            match operation {
                Operation::Input { first, rows } => compiler.argument(*first, *rows),
                Operation::Bilinear { first, .. } => compiler.bilinear(operation, *first),
                Operation::InverseSqrt { source, first } => compiler.inverse_sqrt(source, *first),
                Operation::Matrix { source, matrix, first } => compiler.matrix(source, matrix, *first),
            }
        }
        compiler.finish()
    }
}

impl<'a, T: Real> Compiler<'a, T> {
    fn new(circuit: &'a Circuit) -> Self {
        let uses = count_uses(circuit);
        let made = rows_without_slots(circuit);
        let places = circuit.output_rows().iter().enumerate();
        let direct = places.filter(|(_, row)| uses[**row].direct() && made.contains(row));
        let program = Program {
            slots: 0,
            kept: 0,
            arguments: Vec::new(),
            outputs: circuit.outputs(),
            steps: Vec::new(),
            value_steps: Vec::new(),
            reverse: Vec::new(),
            copies: Vec::new(),
            indices: Vec::new(),
            coefficients: Vec::new(),
        };
        Self {
            circuit,
            slot: vec![None; circuit.n_rows()],
            waiting: BTreeMap::new(),
            output: direct.map(|(place, &row)| (row, place)).collect(),
            pieces: Vec::new(),
            uses,
            program,
        }
    }

    fn argument(&mut self, first: usize, rows: usize) {
        let start = self.program.kept;
        for row in 0..rows {
            self.slot[first + row] = Some(start + row);
        }
        self.program.kept += rows;
        self.program.arguments.push(start..start + rows);
    }

    fn bilinear(&mut self, operation: &Operation, first: usize) {
        let Operation::Bilinear { left, right, map, .. } = operation else { return };
        let mut rows: RowTerms = (0..map.dims()[2]).map(|n| (first + n, Terms::new())).collect();
        for term in map.terms() {
            rows[term.result].1.push((left[term.left], right[term.right], term.coefficient));
        }
        let mut kept = Vec::new();
        for (row, terms) in rows {
            if self.uses[row].local() {
                self.waiting.insert(row, terms);
            } else if self.uses[row].any() {
                kept.push((row, terms));
            }
        }
        self.emit_kept(kept);
    }

    fn inverse_sqrt(&mut self, source: &[usize], first: usize) {
        let start = self.program.kept;
        self.program.kept += source.len();
        for place in 0..source.len() {
            self.slot[first + place] = Some(start + place);
        }
        let steps = vec![Step::InverseSqrt { first: start as u32, slots: self.slots_of(source) }];
        let made: Vec<usize> = (first..first + source.len()).collect();
        // The reverse pass reads the roots themselves.
        let read = [source, &made].concat();
        self.pieces.push(Piece { forward: steps.clone(), reverse: steps, products: true, read, made });
    }

    fn matrix(&mut self, source: &[usize], matrix: &ComponentMatrix, first: usize) {
        let mut values: Vec<BTreeMap<usize, f64>> = vec![BTreeMap::new(); matrix.rows()];
        for entry in matrix.entries() {
            *values[entry.row].entry(source[entry.column]).or_default() += entry.value;
        }
        let used: Vec<usize> = (0..matrix.rows()).filter(|&row| self.uses[first + row].any()).collect();
        let supports: Vec<Vec<usize>> = used.iter().map(|&row| values[row].keys().copied().collect()).collect();
        let groups = group_rows(&supports);
        self.keep_rows_of_several_groups(&groups);
        let mut scaled = Vec::new();
        for group in groups {
            if let Some((kind, inner, terms)) = self.take_short(&group) {
                let (row, column) = (used[group.rows[0]], group.columns[0]);
                scaled.push(ScaledRow { kind, terms, row: first + row, coefficient: inner * values[row][&column] });
                continue;
            }
            let rows: Vec<usize> = group.rows.iter().map(|&place| used[place]).collect();
            let waiting = group.columns.iter().filter_map(|row| Some((*row, self.waiting.remove(row)?))).collect();
            self.emit_local(waiting);
            let (direct, stored): (Vec<usize>, Vec<usize>) =
                rows.into_iter().partition(|row| self.output.contains_key(&(first + row)));
            // The reverse pass meets the last block of the group first.
            let last_is_direct = !direct.is_empty();
            for (rows, last) in [(stored, !last_is_direct), (direct, last_is_direct)] {
                let value =
                    |row: usize, column: usize| values[rows[row]].get(&group.columns[column]).copied().unwrap_or(0.0);
                let targets: Vec<usize> = rows.iter().map(|row| first + row).collect();
                self.emit_block(&group.columns, &targets, &value, last);
            }
        }
        self.emit_scaled(scaled);
    }

    /// The terms of a group that is one short product in one row, if it is that.
    fn take_short(&mut self, group: &RowGroup) -> Option<(Short, f64, Terms)> {
        let ([_], [column]) = (&group.rows[..], &group.columns[..]) else { return None };
        let (kind, coefficient) = short(self.waiting.get(column)?)?;
        Some((kind, coefficient, self.waiting.remove(column)?))
    }

    /// Emits waiting rows that more than one group reads; they cannot be local.
    fn keep_rows_of_several_groups(&mut self, groups: &[RowGroup]) {
        let mut readers: BTreeMap<usize, usize> = BTreeMap::new();
        for row in groups.iter().flat_map(|group| &group.columns) {
            *readers.entry(*row).or_default() += 1;
        }
        let several = readers.into_iter().filter(|&(_, count)| count > 1);
        let rows = several.filter_map(|(row, _)| Some((row, self.waiting.remove(&row)?))).collect();
        self.emit_kept(rows);
    }

    fn finish(mut self) -> Result<Program<T>, ChannelwiseError> {
        let copies = self.circuit.output_rows().iter().enumerate().filter(|(_, row)| !self.output.contains_key(row));
        self.program.copies =
            copies.filter_map(|(output, &row)| Some(CopiedRow { slot: self.slot[row]?, output })).collect();
        self.program.value_steps = self.steps_behind_factors();
        // Rows that are made in the result are nothing but its components, and no step makes others with them.
        debug_assert!(
            !self.program.value_steps.iter().any(Step::writes_result),
            "values of the reverse pass have slots"
        );
        self.program.steps = self.pieces.iter().flat_map(|piece| piece.forward.clone()).collect();
        self.program.reverse = self.pieces.iter().rev().flat_map(|piece| piece.reverse.clone()).collect();
        let Program { slots, kept, outputs, indices, coefficients, .. } = &self.program;
        check_counts(&[
            ("rows in between", slots + kept),
            ("components of the result", *outputs),
            ("factors of products", indices.len()),
            ("coefficients", coefficients.len()),
        ])?;
        self.program.place_local_slots();
        Ok(self.program)
    }

    /// The steps that make what products read.
    fn steps_behind_factors(&self) -> Vec<Step> {
        let products = self.pieces.iter().filter(|piece| piece.products);
        let mut needed: BTreeSet<usize> = products.flat_map(|piece| piece.read.iter().copied()).collect();
        let mut pieces = Vec::new();
        for piece in self.pieces.iter().rev() {
            if piece.made.iter().any(|row| needed.contains(row)) {
                needed.extend(&piece.read);
                pieces.push(piece);
            }
        }
        pieces.iter().rev().flat_map(|piece| piece.forward.clone()).collect()
    }
}

/// Local slots are numbered from here until the number of kept ones is known.
const LOCAL: usize = 1 << 31;

/// Indices of slots, terms and coefficients are written in 31 bits.
fn check_counts(counts: &[(&'static str, usize)]) -> Result<(), ChannelwiseError> {
    match counts.iter().find(|(_, count)| *count >= LOCAL) {
        Some(&(what, found)) => Err(ChannelwiseError::TooLarge { what, limit: LOCAL, found }),
        None => Ok(()),
    }
}

impl<T> Program<T> {
    /// Moves local slots behind the kept ones.
    fn place_local_slots(&mut self) {
        let kept = self.kept;
        self.slots += kept;
        let place = |slot: &mut u32| {
            if *slot as usize >= LOCAL {
                *slot = *slot - LOCAL as u32 + kept as u32;
            }
        };
        // Numbers of terms and rows of the result are below this bound.
        self.indices.iter_mut().for_each(place);
        for step in self.steps.iter_mut().chain(&mut self.value_steps).chain(&mut self.reverse) {
            match step {
                Step::Products { first, .. } | Step::InverseSqrt { first, .. } => place(first),
                Step::General(_) | Step::Scaled(_) | Step::Tile(_) | Step::Clear { .. } => {}
            }
        }
    }
}

/// Rows that may be made in their place in the result.
fn rows_without_slots(circuit: &Circuit) -> BTreeSet<usize> {
    let rows = |operation: &Operation| match operation {
        Operation::Bilinear { map, first, .. } => *first..*first + map.dims()[2],
        Operation::Matrix { matrix, first, .. } => *first..*first + matrix.rows(),
        Operation::Input { .. } | Operation::InverseSqrt { .. } => 0..0,
    };
    circuit.operations().iter().flat_map(rows).collect()
}

fn count_uses(circuit: &Circuit) -> Vec<Uses> {
    let mut uses = vec![Uses::default(); circuit.n_rows()];
    for &row in circuit.output_rows() {
        uses[row].outputs += 1;
    }
    for (index, operation) in circuit.operations().iter().enumerate().rev() {
        match operation {
            Operation::Input { .. } => {}
            Operation::InverseSqrt { source, first } => {
                for (place, &row) in source.iter().enumerate() {
                    // The reverse pass multiplies by the root.
                    uses[first + place].factor = true;
                    uses[row].factor = true;
                }
            }
            Operation::Bilinear { left, right, map, first } => {
                for term in map.terms() {
                    if uses[first + term.result].any() {
                        uses[left[term.left]].factor = true;
                        uses[right[term.right]].factor = true;
                    }
                }
            }
            Operation::Matrix { source, matrix, first } => {
                for entry in matrix.entries() {
                    if uses[first + entry.row].any() {
                        uses[source[entry.column]].matrices.insert(index);
                    }
                }
            }
        }
    }
    uses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_too_much_of_is_named() {
        assert_eq!(check_counts(&[("rows", 0), ("coefficients", LOCAL - 1)]), Ok(()));
        let error = check_counts(&[("rows", 0), ("coefficients", 3_000_000_000)]).unwrap_err();
        let expected = "the circuit has 3000000000 coefficients, a plan takes fewer than 2147483648";
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}
