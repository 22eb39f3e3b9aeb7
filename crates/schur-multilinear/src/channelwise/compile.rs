//! From a circuit to a program: which rows are kept, which are local, and in which order all are made.

use std::collections::{BTreeMap, BTreeSet};

use schur_tensor::Real;

use super::program::{Block, Copy, Part, Products, Program, Step, pack};
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

struct Compiler<'a, T> {
    circuit: &'a Circuit,
    uses: Vec<Uses>,
    /// The slot of each row that has one now.
    slot: Vec<Option<usize>>,
    /// Terms of rows that wait for the matrix that reads them.
    waiting: BTreeMap<usize, Terms>,
    /// Where rows go that are nothing but components of the result.
    output: BTreeMap<usize, usize>,
    /// Rows that each step reads and makes.
    traffic: Vec<(Vec<usize>, Vec<usize>)>,
    program: Program<T>,
}

impl<T: Real> Program<T> {
    pub fn compile(circuit: &Circuit) -> Self {
        let mut compiler = Compiler::new(circuit);
        for operation in circuit.operations() {
            match operation {
                Operation::Input { first, rows } => compiler.argument(*first, *rows),
                Operation::Bilinear { first, .. } => compiler.bilinear(operation, *first),
                Operation::Matrix { source, matrix, first } => compiler.matrix(source, matrix, *first),
            }
        }
        compiler.finish()
    }
}

impl<'a, T: Real> Compiler<'a, T> {
    fn new(circuit: &'a Circuit) -> Self {
        let uses = count_uses(circuit);
        let by_matrix = rows_of_matrices(circuit);
        let places = circuit.output_rows().iter().enumerate();
        let direct = places.filter(|(_, row)| uses[**row].direct() && by_matrix.contains(row));
        let program = Program {
            slots: 0,
            kept: 0,
            arguments: Vec::new(),
            outputs: circuit.outputs(),
            steps: Vec::new(),
            value_steps: Vec::new(),
            copies: Vec::new(),
            indices: Vec::new(),
            coefficients: Vec::new(),
        };
        Self {
            circuit,
            slot: vec![None; circuit.n_rows()],
            waiting: BTreeMap::new(),
            output: direct.map(|(place, &row)| (row, place)).collect(),
            traffic: Vec::new(),
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

    fn emit_kept(&mut self, rows: Vec<(usize, Terms)>) {
        let first = self.program.kept;
        self.program.kept += rows.len();
        self.emit_products(rows, first);
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
        for group in groups {
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

    /// Emits rows in slots from `first`, sorted by their kind.
    fn emit_products(&mut self, rows: Vec<(usize, Terms)>, first: usize) {
        if rows.is_empty() {
            return;
        }
        let mut kinds: [Vec<(usize, Terms)>; 4] = Default::default();
        for (row, mut terms) in rows {
            terms.sort_by(|a, b| b.2.total_cmp(&a.2));
            let coefficients: Vec<f64> = terms.iter().map(|term| term.2).collect();
            let kind = match coefficients[..] {
                [1.0] => 0,
                [1.0, 1.0] => 1,
                [1.0, -1.0] => 2,
                _ => 3,
            };
            kinds[kind].push((row, terms));
        }
        let made: Vec<usize> = kinds.iter().flatten().map(|(row, _)| *row).collect();
        let read = kinds.iter().flatten().flat_map(|(_, terms)| terms.iter().flat_map(|t| [t.0, t.1])).collect();
        for (place, &row) in made.iter().enumerate() {
            self.slot[row] = Some(first + place);
        }
        let slots = |kind: &[(usize, Terms)]| -> Vec<usize> {
            let rows = kind.iter().flat_map(|(_, terms)| terms.iter().flat_map(|term| [term.0, term.1]));
            rows.filter_map(|row| self.slot[row]).collect()
        };
        let [single, sum, difference, general] = [0, 1, 2, 3].map(|kind| slots(&kinds[kind]));
        let lengths: Vec<usize> = kinds[3].iter().map(|(_, terms)| terms.len()).collect();
        let coefficients: Vec<f64> = kinds[3].iter().flat_map(|(_, terms)| terms.iter().map(|term| term.2)).collect();
        let products = Products {
            first,
            single: self.add_indices(&single),
            sum: self.add_indices(&sum),
            difference: self.add_indices(&difference),
            lengths: self.add_indices(&lengths),
            terms: self.add_indices(&general),
            coefficients: self.add_coefficients(&coefficients),
        };
        self.program.steps.push(Step::Products(products));
        self.traffic.push((read, made));
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
        let forward = pack(rows.len(), columns.len(), value);
        let backward = pack(columns.len(), rows.len(), |column, row| value(row, column));
        let block = Block {
            sources: self.add_indices(&sources),
            targets: self.add_indices(&targets),
            into_result,
            forward: self.add_coefficients(&forward),
            backward: self.add_coefficients(&backward),
            fresh,
            cleared: self.add_indices(&cleared),
        };
        self.program.steps.push(Step::Block(block));
        self.traffic.push((columns.to_vec(), rows.to_vec()));
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
        let start = self.program.indices.len();
        self.program.indices.extend(list.iter().map(|&index| index as u32));
        Part { start, len: list.len() }
    }

    fn add_coefficients(&mut self, list: &[f64]) -> Part {
        let start = self.program.coefficients.len();
        self.program.coefficients.extend(list.iter().map(|&value| T::from_f64(value)));
        Part { start, len: list.len() }
    }

    fn finish(mut self) -> Program<T> {
        let copies = self.circuit.output_rows().iter().enumerate().filter(|(_, row)| !self.output.contains_key(row));
        self.program.copies =
            copies.filter_map(|(output, &row)| Some(Copy { slot: self.slot[row]?, output })).collect();
        self.program.value_steps = self.steps_behind_factors();
        self.program.place_local_slots();
        self.program
    }

    /// The steps that make what products read.
    fn steps_behind_factors(&self) -> Vec<usize> {
        let factors = self.program.steps.iter().zip(&self.traffic);
        let mut needed: BTreeSet<usize> = factors
            .filter(|(step, _)| matches!(step, Step::Products(_)))
            .flat_map(|(_, (read, _))| read.iter().copied())
            .collect();
        let mut steps = Vec::new();
        for (index, (read, made)) in self.traffic.iter().enumerate().rev() {
            if made.iter().any(|row| needed.contains(row)) {
                needed.extend(read);
                steps.push(index);
            }
        }
        steps.reverse();
        steps
    }
}

/// Local slots are numbered from here until the number of kept ones is known.
const LOCAL: usize = 1 << 31;

impl<T> Program<T> {
    /// Moves local slots behind the kept ones.
    fn place_local_slots(&mut self) {
        let kept = self.kept;
        self.slots += kept;
        let place = |slot: usize| if slot >= LOCAL { slot - LOCAL + kept } else { slot };
        for step in &mut self.steps {
            let parts = match step {
                Step::Products(products) => {
                    products.first = place(products.first);
                    vec![products.single, products.sum, products.difference, products.terms]
                }
                Step::Block(block) => vec![block.sources, block.cleared],
            };
            for index in parts.into_iter().flat_map(Part::range) {
                self.indices[index] = place(self.indices[index] as usize) as u32;
            }
        }
    }
}

fn rows_of_matrices(circuit: &Circuit) -> BTreeSet<usize> {
    let rows = |operation: &Operation| match operation {
        Operation::Matrix { matrix, first, .. } => *first..*first + matrix.rows(),
        _ => 0..0,
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
