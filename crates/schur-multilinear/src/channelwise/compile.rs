//! From a circuit to a program: which rows are kept, which are local, and in which order all are made.

use std::collections::{BTreeMap, BTreeSet};

use schur_tensor::Real;

use super::program::{Copy, General, Part, Program, Scaled, Short, Step, Tile, pack, tiles};
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
    pub fn compile(circuit: &Circuit) -> Self {
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
        let mut rows: Vec<(usize, Terms)> = (0..map.dims()[2]).map(|n| (first + n, Terms::new())).collect();
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

    /// Emits rows that keep their slots or are rows of the result.
    fn emit_kept(&mut self, rows: Vec<(usize, Terms)>) {
        let (mut scaled, mut general) = (Vec::new(), [Vec::new(), Vec::new()]);
        for (row, terms) in rows {
            match short(&terms) {
                Some((kind, coefficient)) => scaled.push(ScaledRow { kind, terms, row, coefficient }),
                None => general[usize::from(self.output.contains_key(&row))].push((row, terms)),
            }
        }
        self.emit_scaled(scaled);
        for rows in general.into_iter().filter(|rows| !rows.is_empty()) {
            let made: Vec<usize> = rows.iter().map(|(row, _)| *row).collect();
            let result = self.output.contains_key(&made[0]);
            let targets: Vec<usize> = made.iter().map(|&row| self.target(row)).collect();
            let read: Vec<usize> = rows.iter().flat_map(|(_, terms)| factors(terms)).collect();
            let steps = vec![self.general(&rows, &targets, result)];
            self.pieces.push(Piece { forward: steps.clone(), reverse: steps, products: true, read, made });
        }
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

    /// Emits rows that are a number times a short product, those of one kind together.
    fn emit_scaled(&mut self, rows: Vec<ScaledRow>) {
        let mut lists: BTreeMap<(bool, Short), Vec<ScaledRow>> = BTreeMap::new();
        for row in rows {
            lists.entry((self.output.contains_key(&row.row), row.kind)).or_default().push(row);
        }
        for ((result, kind), rows) in lists {
            let made: Vec<usize> = rows.iter().map(|row| row.row).collect();
            let read: Vec<usize> = rows.iter().flat_map(|row| factors(&row.terms)).collect();
            let slots: Vec<usize> = read.iter().filter_map(|&row| self.slot[row]).collect();
            let targets: Vec<usize> = made.iter().map(|&row| self.target(row)).collect();
            let coefficients: Vec<f64> = rows.iter().map(|row| row.coefficient).collect();
            let (slots, targets) = (self.add_indices(&slots), self.add_indices(&targets));
            let coefficients = self.add_coefficients(&coefficients);
            let steps = vec![Step::Scaled(Scaled { kind, slots, targets, coefficients, result })];
            self.pieces.push(Piece { forward: steps.clone(), reverse: steps, products: true, read, made });
        }
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

    fn emit_local(&mut self, rows: Vec<(usize, Terms)>) {
        self.program.slots = self.program.slots.max(rows.len());
        self.emit_products(rows, LOCAL);
    }

    /// Emits rows in slots from `first`, sorted by their kind; short ones have no number in front.
    fn emit_products(&mut self, rows: Vec<(usize, Terms)>, first: usize) {
        let mut kinds: BTreeMap<Option<Short>, Vec<(usize, Terms)>> = BTreeMap::new();
        for (row, terms) in rows {
            let plain = short(&terms).filter(|&(_, coefficient)| coefficient == 1.0);
            kinds.entry(plain.map(|(kind, _)| kind)).or_default().push((row, terms));
        }
        let mut piece = Piece { products: true, ..Piece::default() };
        for (kind, rows) in kinds {
            let place = first + piece.made.len();
            let targets: Vec<usize> = (place..place + rows.len()).collect();
            let operands: Vec<usize> = rows.iter().flat_map(|(_, terms)| factors(terms)).collect();
            let step = match kind {
                Some(kind) => Step::Products { kind, first: place as u32, slots: self.slots_of(&operands) },
                None => self.general(&rows, &targets, false),
            };
            piece.forward.push(step);
            for ((row, _), target) in rows.iter().zip(targets) {
                self.slot[*row] = Some(target);
                piece.made.push(*row);
            }
            piece.read.extend(operands);
        }
        piece.reverse.clone_from(&piece.forward);
        self.pieces.push(piece);
    }

    fn general(&mut self, rows: &[(usize, Terms)], targets: &[usize], result: bool) -> Step {
        let lengths: Vec<usize> = rows.iter().map(|(_, terms)| terms.len()).collect();
        let operands: Vec<usize> = rows.iter().flat_map(|(_, terms)| factors(terms)).collect();
        let coefficients: Vec<f64> =
            rows.iter().flat_map(|(_, terms)| ordered(terms).into_iter().map(|term| term.2)).collect();
        let (lengths, slots, targets) =
            (self.add_indices(&lengths), self.slots_of(&operands), self.add_indices(targets));
        let coefficients = self.add_coefficients(&coefficients);
        Step::General(General { targets, result, lengths, slots, coefficients })
    }

    fn slots_of(&mut self, rows: &[usize]) -> Part {
        let slots: Vec<usize> = rows.iter().filter_map(|&row| self.slot[row]).collect();
        self.add_indices(&slots)
    }

    /// Emits a matrix; `last` if no other one reads the same columns later.
    fn emit_block(&mut self, columns: &[usize], rows: &[usize], value: &dyn Fn(usize, usize) -> f64, last: bool) {
        if rows.is_empty() {
            return;
        }
        let into_result = self.output.contains_key(&rows[0]);
        let targets: Vec<usize> = rows.iter().map(|&row| self.target(row)).collect();
        let sources: Vec<usize> = columns.iter().filter_map(|&row| self.slot[row]).collect();
        let local: Vec<usize> = sources.iter().copied().filter(|&slot| slot >= LOCAL).collect();
        let fresh = last && local.len() == sources.len();
        let cleared = if last && !fresh { local } else { Vec::new() };
        let (sources, targets) = (self.add_indices(&sources), self.add_indices(&targets));
        let forward = pack(rows.len(), columns.len(), value);
        let backward = pack(columns.len(), rows.len(), |column, row| value(row, column));
        let mut piece = Piece { read: columns.to_vec(), made: rows.to_vec(), ..Piece::default() };
        piece.forward = self.tiles_of(sources, targets, &forward, (into_result, false));
        if !cleared.is_empty() {
            piece.reverse.push(Step::Clear { slots: self.add_indices(&cleared) });
        }
        piece.reverse.extend(self.tiles_of(targets, sources, &backward, (into_result, !fresh)));
        self.pieces.push(piece);
    }

    /// The tiles of a matrix that is packed as the kernels read it.
    fn tiles_of(&mut self, sources: Part, targets: Part, packed: &[f64], (result, add): (bool, bool)) -> Vec<Step> {
        let mut coefficients = self.add_coefficients(packed);
        let mut start = targets.start;
        let mut steps = Vec::new();
        for height in tiles(targets.len as usize) {
            let targets = Part { start, len: height as u32 };
            steps.push(Step::Tile(Tile { sources, targets, coefficients, result, add }));
            start += height as u32;
            coefficients += height as u32 * sources.len;
        }
        steps
    }

    /// The row of the result that a row is, or a new slot for it.
    fn target(&mut self, row: usize) -> usize {
        if let Some(&output) = self.output.get(&row) {
            return output;
        }
        let slot = self.program.kept;
        self.program.kept += 1;
        self.slot[row] = Some(slot);
        slot
    }

    fn add_indices(&mut self, list: &[usize]) -> Part {
        let start = self.program.indices.len() as u32;
        self.program.indices.extend(list.iter().map(|&index| index as u32));
        Part { start, len: list.len() as u32 }
    }

    fn add_coefficients(&mut self, list: &[f64]) -> u32 {
        let start = self.program.coefficients.len() as u32;
        self.program.coefficients.extend(list.iter().map(|&value| T::from_f64(value)));
        start
    }

    fn finish(mut self) -> Program<T> {
        let copies = self.circuit.output_rows().iter().enumerate().filter(|(_, row)| !self.output.contains_key(row));
        self.program.copies =
            copies.filter_map(|(output, &row)| Some(Copy { slot: self.slot[row]?, output })).collect();
        self.program.value_steps = self.steps_behind_factors();
        self.program.steps = self.pieces.iter().flat_map(|piece| piece.forward.clone()).collect();
        self.program.reverse = self.pieces.iter().rev().flat_map(|piece| piece.reverse.clone()).collect();
        self.program.place_local_slots();
        self.program
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

/// Terms with the largest coefficient first, so that `1` comes before `-1`.
fn ordered(terms: &Terms) -> Terms {
    let mut terms = terms.clone();
    terms.sort_by(|a, b| b.2.total_cmp(&a.2));
    terms
}

/// The two factors of each term.
fn factors(terms: &Terms) -> Vec<usize> {
    ordered(terms).into_iter().flat_map(|term| [term.0, term.1]).collect()
}

/// The kind of a row whose terms are a short product, and the number in front of it.
fn short(terms: &Terms) -> Option<(Short, f64)> {
    let coefficients: Vec<f64> = ordered(terms).iter().map(|term| term.2).collect();
    match coefficients[..] {
        [c] => Some((Short::Single, c)),
        [c, d] if c == d => Some((Short::Sum, c)),
        [c, d] if c == -d => Some((Short::Difference, c)),
        _ => None,
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
