//! How the compiler writes steps: products sorted by their kind, matrices cut into tiles.

use std::collections::BTreeMap;

use schur_tensor::Real;

use super::{Compiler, LOCAL, Piece, RowTerms, ScaledRow, Terms};
use crate::channelwise::program::{General, Part, Scaled, Short, Step, Tile, pack, tiles};

impl<T: Real> Compiler<'_, T> {
    /// Emits rows that keep their slots or are rows of the result.
    pub(super) fn emit_kept(&mut self, rows: RowTerms) {
        let mut scaled = Vec::new();
        let mut general: BTreeMap<(bool, usize), RowTerms> = BTreeMap::new();
        for (row, terms) in rows {
            match short(&terms) {
                Some((kind, coefficient)) => scaled.push(ScaledRow { kind, terms, row, coefficient }),
                None => {
                    let like = (self.output.contains_key(&row), terms.len());
                    general.entry(like).or_default().push((row, terms));
                }
            }
        }
        self.emit_scaled(scaled);
        for ((result, _), rows) in general {
            let made: Vec<usize> = rows.iter().map(|(row, _)| *row).collect();
            let targets: Vec<usize> = made.iter().map(|&row| self.target(row)).collect();
            let read: Vec<usize> = rows.iter().flat_map(|(_, terms)| factors(terms)).collect();
            let steps = vec![self.general(&rows, &targets, result)];
            self.pieces.push(Piece { forward: steps.clone(), reverse: steps, products: true, read, made });
        }
    }

    /// Emits rows that are a number times a short product, those of one kind together.
    pub(super) fn emit_scaled(&mut self, rows: Vec<ScaledRow>) {
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

    pub(super) fn emit_local(&mut self, rows: RowTerms) {
        self.program.slots = self.program.slots.max(rows.len());
        self.emit_products(rows, LOCAL);
    }

    /// Emits rows in slots from `first`, sorted by their kind; short ones have no number in front.
    fn emit_products(&mut self, rows: RowTerms, first: usize) {
        let mut kinds: BTreeMap<(Option<Short>, usize), RowTerms> = BTreeMap::new();
        for (row, terms) in rows {
            let plain = short(&terms).filter(|&(_, coefficient)| coefficient == 1.0);
            kinds.entry((plain.map(|(kind, _)| kind), terms.len())).or_default().push((row, terms));
        }
        let mut piece = Piece { products: true, ..Piece::default() };
        for ((kind, _), rows) in kinds {
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

    /// A step for rows with the same number of terms.
    fn general(&mut self, rows: &[(usize, Terms)], targets: &[usize], result: bool) -> Step {
        let operands: Vec<usize> = rows.iter().flat_map(|(_, terms)| factors(terms)).collect();
        let coefficients: Vec<f64> =
            rows.iter().flat_map(|(_, terms)| ordered(terms).into_iter().map(|term| term.2)).collect();
        let (slots, targets) = (self.slots_of(&operands), self.add_indices(targets));
        let coefficients = self.add_coefficients(&coefficients);
        let terms = rows.first().map_or(0, |(_, terms)| terms.len()) as u32;
        Step::General(General { targets, result, terms, slots, coefficients })
    }

    pub(super) fn slots_of(&mut self, rows: &[usize]) -> Part {
        let slots: Vec<usize> = rows.iter().filter_map(|&row| self.slot[row]).collect();
        self.add_indices(&slots)
    }

    /// Emits a matrix; `last` if no other one reads the same columns later.
    pub(super) fn emit_block(
        &mut self,
        columns: &[usize],
        rows: &[usize],
        value: &dyn Fn(usize, usize) -> f64,
        last: bool,
    ) {
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
pub(super) fn short(terms: &Terms) -> Option<(Short, f64)> {
    let coefficients: Vec<f64> = ordered(terms).iter().map(|term| term.2).collect();
    match coefficients[..] {
        [c] => Some((Short::Single, c)),
        [c, d] if c == d => Some((Short::Sum, c)),
        [c, d] if c == -d => Some((Short::Difference, c)),
        _ => None,
    }
}
