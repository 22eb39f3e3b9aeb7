//! What a kernel executes: a circuit with every row in its place.
//!
//! Values live in *slots* of a scratch array, one register-wide row of channels each. Rows that a single small matrix
//! consumes are *local*: they are computed right before it and their slots are used again by the next block, so the
//! working set stays in the first-level cache. Rows that nothing but the result needs are never stored in a slot: the
//! block that makes them writes the result.

use std::ops::Range;

/// A compiled circuit.
#[derive(Debug, Clone)]
pub(super) struct Program<T> {
    /// Slots of all rows, local ones last.
    pub slots: usize,
    /// Slots that keep their row during the whole run; local ones lie behind.
    pub kept: usize,
    /// Slots of each argument.
    pub arguments: Vec<Range<usize>>,
    /// Rows of the result.
    pub outputs: usize,
    /// In the order of execution.
    pub steps: Vec<Step>,
    /// The steps whose values the reverse pass needs.
    pub value_steps: Vec<usize>,
    /// Rows of the result that are copies of a slot.
    pub copies: Vec<Copy>,
    /// Slots and rows of the result that steps refer to.
    pub indices: Vec<u32>,
    /// Coefficients that steps refer to.
    pub coefficients: Vec<T>,
}

/// A part of [`Program::indices`] or [`Program::coefficients`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Part {
    pub start: usize,
    pub len: usize,
}

impl Part {
    pub fn range(self) -> Range<usize> {
        self.start..self.start + self.len
    }
}

/// A row of the result that is a copy of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Copy {
    pub slot: usize,
    pub output: usize,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Products(Products),
    Block(Block),
}

/// Rows that are sums of products, in slots one after the other from `first`.
///
/// The four kinds follow each other; most rows of a coupling are of the first three.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Products {
    pub first: usize,
    /// `a b`: two slots each.
    pub single: Part,
    /// `a b + c d`: four slots each.
    pub sum: Part,
    /// `a b - c d`: four slots each.
    pub difference: Part,
    /// Numbers of terms, one for each of the remaining rows.
    pub lengths: Part,
    /// Their terms: two slots each.
    pub terms: Part,
    /// The coefficient of each term.
    pub coefficients: Part,
}

/// A small dense matrix between rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    /// Slots, one a column.
    pub sources: Part,
    /// Slots, or rows of the result, one a row.
    pub targets: Part,
    /// Whether targets are rows of the result.
    pub into_result: bool,
    /// `[tile of rows][column][row of the tile]`.
    pub forward: Part,
    /// The transpose: `[tile of columns][row][column of the tile]`.
    pub backward: Part,
    /// Whether the reverse pass writes the cotangents of all sources here first.
    pub fresh: bool,
    /// Slots whose cotangents the reverse pass sets to zero before it adds to them.
    pub cleared: Part,
}

/// Most rows that are accumulated in registers at once.
pub(super) const MAX_TILE: usize = 6;

/// Splits `rows` into tiles of almost the same size, none above [`MAX_TILE`].
pub(super) fn tiles(rows: usize) -> impl Iterator<Item = usize> {
    let count = rows.div_ceil(MAX_TILE);
    (0..count).map(move |tile| rows * (tile + 1) / count - rows * tile / count)
}

/// Packs a dense matrix `[row][column]` as kernels read it.
pub(super) fn pack(rows: usize, columns: usize, value: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    let mut packed = Vec::with_capacity(rows * columns);
    let mut first = 0;
    for height in tiles(rows) {
        for column in 0..columns {
            packed.extend((first..first + height).map(|row| value(row, column)));
        }
        first += height;
    }
    packed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_are_balanced_and_cover_all_rows() {
        assert_eq!(tiles(13).collect::<Vec<_>>(), [4, 4, 5]);
        assert_eq!(tiles(6).collect::<Vec<_>>(), [6]);
        for rows in 0..100 {
            assert_eq!(tiles(rows).sum::<usize>(), rows);
            assert!(tiles(rows).all(|height| (1..=MAX_TILE).contains(&height)));
        }
    }

    #[test]
    fn packing_goes_column_by_column_within_a_tile() {
        let packed = pack(7, 2, |row, column| (10 * row + column) as f64);
        assert_eq!(packed, [0., 10., 20., 1., 11., 21., 30., 40., 50., 60., 31., 41., 51., 61.]);
    }
}
