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
    /// The steps whose values the reverse pass needs; none of them writes to the result.
    pub value_steps: Vec<Step>,
    /// The reverse pass, in the order of execution.
    pub reverse: Vec<Step>,
    /// Rows of the result that are copies of a slot.
    pub copies: Vec<CopiedRow>,
    /// Slots and rows of the result that steps refer to.
    pub indices: Vec<u32>,
    /// Coefficients that steps refer to.
    pub coefficients: Vec<T>,
}

/// A part of [`Program::indices`] or [`Program::coefficients`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Part {
    pub start: u32,
    pub len: u32,
}

impl Part {
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.start as usize + self.len as usize
    }
}

/// A row of the result that is a copy of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CopiedRow {
    pub slot: usize,
    pub output: usize,
}

/// One instruction. The three shortest kinds of products are most of a coupling.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// Short products in slots from `first` on: two slots each, or four.
    Products { kind: Short, first: u32, slots: Part },
    /// Rows of several terms with coefficients.
    General(General),
    /// Rows that are one short product times a number.
    Scaled(Scaled),
    /// Inverse square roots of slots, in slots from `first` on.
    InverseSqrt { first: u32, slots: Part },
    /// Some rows of a small dense matrix.
    Tile(Tile),
    /// Slots that become zero.
    Clear { slots: Part },
}

impl Step {
    /// Whether it makes rows of the result when it runs forward.
    pub fn writes_result(&self) -> bool {
        match self {
            Self::General(General { result, .. })
            | Self::Scaled(Scaled { result, .. })
            | Self::Tile(Tile { result, .. }) => *result,
            Self::Products { .. } | Self::InverseSqrt { .. } | Self::Clear { .. } => false,
        }
    }
}

/// Rows that are sums of the same number of products with coefficients.
#[derive(Debug, Clone, Copy)]
pub(super) struct General {
    pub targets: Part,
    /// Whether the targets are rows of the result.
    pub result: bool,
    /// Terms of each row.
    pub terms: u32,
    /// Two slots a term.
    pub slots: Part,
    /// One a term.
    pub coefficients: u32,
}

/// The kinds of short products.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Short {
    /// `a b`.
    Single,
    /// `a b + c d`.
    Sum,
    /// `a b - c d`.
    Difference,
}

/// Rows that are one short product times a number, each going to a place of its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scaled {
    pub kind: Short,
    /// Two slots a row, or four.
    pub slots: Part,
    pub targets: Part,
    /// One a row.
    pub coefficients: u32,
    /// Whether the targets are rows of the result.
    pub result: bool,
}

/// At most [`MAX_TILE`] rows of a small dense matrix.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tile {
    /// What is combined.
    pub sources: Part,
    /// Where it goes.
    pub targets: Part,
    /// `[source][target]`.
    pub coefficients: u32,
    /// Whether one side is rows of the result: the targets forward, the sources in reverse.
    pub result: bool,
    /// Whether what is at the targets stays and is added to.
    pub add: bool,
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
