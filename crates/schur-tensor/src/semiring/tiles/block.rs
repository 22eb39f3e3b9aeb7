//! Blocks of a result: copies of both operands, and tiles of sums in registers.

use std::ops::Range;

use super::{Grid, Terms, at};
use crate::{product::Strided, semiring::walk::Walk};

/// Rows of a tile.
const HEIGHT: usize = 6;
/// At most so many rows, columns and inner indices a block; copies of the operands then stay in the second-level cache.
const MOST_ROWS: usize = 240;
const MOST_COLUMNS: usize = 256;
const MOST_INNER: usize = 256;
/// A job holds at most about so many sums at a time.
const MOST_SUMS: usize = 1 << 16;

/// How a grid is cut into blocks.
pub(super) struct Blocking {
    /// Rows and columns of a block, whole tiles.
    rows: usize,
    columns: usize,
    inner: usize,
    /// Blocks along rows and columns, and in all.
    row_blocks: usize,
    column_blocks: usize,
    blocks: usize,
    /// How many threads compute blocks at a time.
    jobs: usize,
}

impl Blocking {
    /// Cuts a grid into blocks, if it can be at least as many as there are threads.
    pub(super) fn new<const WIDTH: usize>(grid: &Grid<'_>, threads: usize) -> Self {
        let [batches, m, n, k] = grid.counts();
        let columns = n.next_multiple_of(WIDTH).min(MOST_COLUMNS);
        let column_blocks = n.div_ceil(columns);
        let wanted = threads.div_ceil(batches.saturating_mul(column_blocks));
        let rows = m.div_ceil(wanted).next_multiple_of(HEIGHT).min(MOST_ROWS);
        let row_blocks = m.div_ceil(rows);
        let blocks = batches * row_blocks * column_blocks;
        let jobs = threads.min(blocks);
        Self { rows, columns, inner: k.clamp(1, MOST_INNER), row_blocks, column_blocks, blocks, jobs }
    }

    pub(super) const fn blocks(&self) -> usize {
        self.blocks
    }

    /// Elements of the copies of both operands' blocks.
    pub(super) const fn copies(&self) -> usize {
        (self.rows + self.columns) * self.inner
    }

    /// Elements of the sums of a block.
    pub(super) const fn sums(&self) -> usize {
        self.rows * self.columns
    }

    pub(super) const fn jobs(&self) -> usize {
        self.jobs
    }

    /// How many blocks a job computes before the sums of all are copied out.
    pub(super) fn blocks_a_job(&self) -> usize {
        (MOST_SUMS / self.sums()).clamp(1, self.blocks.div_ceil(self.jobs))
    }

    /// Elements of the memory of a job.
    pub(super) fn memory_of_job(&self) -> usize {
        self.copies() + self.blocks_a_job() * self.sums()
    }

    /// The batch of a block, its rows and its columns.
    fn place(&self, grid: &Grid<'_>, block: usize) -> (usize, Range<usize>, Range<usize>) {
        let [_, m, n, _] = grid.counts();
        let (rest, column) = (block / self.column_blocks, block % self.column_blocks * self.columns);
        let (batch, row) = (rest / self.row_blocks, rest % self.row_blocks * self.rows);
        (batch, row..m.min(row + self.rows), column..n.min(column + self.columns))
    }

    /// Copies the sums of a block to the result; whether each is an element.
    pub(super) fn write<Q: Terms, const WIDTH: usize>(
        &self,
        grid: &Grid<'_>,
        terms: Q,
        block: usize,
        sums: &[Q::Element],
        result: &mut [Q::Element],
    ) -> bool {
        let (batch, rows, columns) = self.place(grid, block);
        let base = Walk::new(grid.batch, batch).offsets()[2];
        let panels = rows.len().div_ceil(HEIGHT);
        let (tile_rows, _) = sums.as_chunks::<WIDTH>();
        let mut fits = true;
        let mut across = Walk::new(grid.columns, columns.start);
        for (panel, column) in columns.clone().step_by(WIDTH).enumerate() {
            let width = WIDTH.min(columns.end - column);
            let mut starts = [0; WIDTH];
            for start in &mut starts[..width] {
                *start = base + across.offsets()[1];
                across.advance();
            }
            let mut down = Walk::new(grid.rows, rows.start);
            for values in tile_rows[panel * panels * HEIGHT..].iter().take(rows.len()) {
                let row = down.offsets()[1];
                for (&start, &value) in starts[..width].iter().zip(values) {
                    fits &= terms.fits(value);
                    result[at(row + start)] = value;
                }
                down.advance();
            }
        }
        fits
    }
}

/// Some blocks of a result and the memory to compute them in.
pub(super) struct Block<'a, Q: Terms> {
    pub(super) terms: Q,
    pub(super) grid: &'a Grid<'a>,
    pub(super) blocking: &'a Blocking,
    pub(super) operands: [&'a [Q::Element]; 2],
    /// The result so far, to be added to.
    pub(super) known: Option<&'a [Q::Element]>,
    pub(super) blocks: Range<usize>,
    pub(super) memory: &'a mut [Q::Element],
}

impl<Q: Terms> Block<'_, Q> {
    /// Computes the sums of all blocks, each after the other in memory behind the copies.
    #[inline(always)]
    pub(super) fn run<const WIDTH: usize>(self) {
        let Self { terms, grid, blocking, operands, known, blocks, memory } = self;
        let (copies, all_sums) = memory.split_at_mut(blocking.copies());
        for (block, sums) in blocks.zip(all_sums.chunks_exact_mut(blocking.sums())) {
            let (batch, rows, columns) = blocking.place(grid, block);
            let base = Walk::new(grid.batch, batch).offsets();
            sums.fill(terms.zero());
            if let Some(known) = known {
                begin::<Q, WIDTH>(grid, base[2], (&rows, &columns), known, sums);
            }
            let inner = grid.counts()[3];
            for start in (0..inner).step_by(blocking.inner) {
                let depth = blocking.inner.min(inner - start);
                let (left, right) = copies.split_at_mut(rows.len().next_multiple_of(HEIGHT) * depth);
                let right = &mut right[..columns.len().next_multiple_of(WIDTH) * depth];
                for (side, axes, range) in [(0, grid.rows, &rows), (1, grid.columns, &columns)] {
                    let side_of = grid.sides[side];
                    let from = Copied {
                        source: operands[side_of],
                        base: base[side_of],
                        axes,
                        range: range.clone(),
                        inner: grid.inner,
                        side: side_of,
                        steps: start..start + depth,
                    };
                    if side == 0 {
                        from.copy::<HEIGHT>(terms.zero(), left);
                    } else {
                        from.copy::<WIDTH>(terms.zero(), right);
                    }
                }
                multiply::<Q, WIDTH>(terms, left, right, depth, sums);
            }
            for sum in sums {
                *sum = terms.finish(*sum);
            }
        }
    }
}

/// Loads the sums of a block from a result that is added to.
#[inline(always)]
fn begin<Q: Terms, const WIDTH: usize>(
    grid: &Grid<'_>,
    base: isize,
    (rows, columns): (&Range<usize>, &Range<usize>),
    known: &[Q::Element],
    sums: &mut [Q::Element],
) {
    let panels = rows.len().div_ceil(HEIGHT);
    let (tile_rows, _) = sums.as_chunks_mut::<WIDTH>();
    let mut down = Walk::new(grid.rows, rows.start);
    for row in 0..rows.len() {
        let mut across = Walk::new(grid.columns, columns.start);
        for column in 0..columns.len() {
            let tile_row = column / WIDTH * panels * HEIGHT + row;
            tile_rows[tile_row][column % WIDTH] = known[at(base + down.offsets()[1] + across.offsets()[1])];
            across.advance();
        }
        down.advance();
    }
}

/// A part of an operand to be copied: a range of its own multi-indices, and steps along the inner ones.
struct Copied<'a, E> {
    source: &'a [E],
    base: isize,
    axes: &'a [Strided<2>],
    range: Range<usize>,
    inner: &'a [Strided<2>],
    side: usize,
    steps: Range<usize>,
}

impl<E: Copy> Copied<'_, E> {
    /// Copies panels of `N` own multi-indices, in each the inner steps one after the other.
    #[inline(always)]
    fn copy<const N: usize>(self, zero: E, to: &mut [E]) {
        let mut own = Walk::new(self.axes, self.range.start);
        let (lines, _) = to.as_chunks_mut::<N>();
        let mut left = self.range.len();
        for panel in lines.chunks_exact_mut(self.steps.len()) {
            let width = N.min(left);
            left -= width;
            let mut starts = [0; N];
            for start in &mut starts[..width] {
                *start = self.base + own.offsets()[0];
                own.advance();
            }
            let together = width == N && starts.windows(2).all(|pair| pair[1] - pair[0] == 1);
            let mut walk = Walk::new(self.inner, self.steps.start);
            for line in panel {
                let step = walk.offsets()[self.side];
                walk.advance();
                if together {
                    line.copy_from_slice(&self.source[at(starts[0] + step)..][..N]);
                } else {
                    for (value, &start) in line[..width].iter_mut().zip(&starts) {
                        *value = self.source[at(start + step)];
                    }
                    line[width..].fill(zero);
                }
            }
        }
    }
}

/// Adds the products of all panels of copied rows with all panels of copied columns.
#[inline(always)]
fn multiply<Q: Terms, const WIDTH: usize>(
    terms: Q,
    left: &[Q::Element],
    right: &[Q::Element],
    depth: usize,
    sums: &mut [Q::Element],
) {
    let (left, _) = left.as_chunks::<HEIGHT>();
    let (right, _) = right.as_chunks::<WIDTH>();
    let (tile_rows, _) = sums.as_chunks_mut::<WIDTH>();
    let (tiles, _) = tile_rows.as_chunks_mut::<HEIGHT>();
    let mut tiles = tiles.iter_mut();
    for right in right.chunks_exact(depth) {
        for (left, tile) in left.chunks_exact(depth).zip(&mut tiles) {
            // One array a row, by name: of a loop over rows the compiler makes gathers and scatters.
            let [mut r0, mut r1, mut r2, mut r3, mut r4, mut r5] = *tile;
            for (a, b) in left.iter().zip(right) {
                r0 = step(terms, r0, a[0], b);
                r1 = step(terms, r1, a[1], b);
                r2 = step(terms, r2, a[2], b);
                r3 = step(terms, r3, a[3], b);
                r4 = step(terms, r4, a[4], b);
                r5 = step(terms, r5, a[5], b);
            }
            *tile = [r0, r1, r2, r3, r4, r5];
        }
    }
}

/// Adds the products of a row's element with those of a line of columns.
#[inline(always)]
fn step<Q: Terms, const WIDTH: usize>(
    terms: Q,
    mut sums: [Q::Element; WIDTH],
    a: Q::Element,
    b: &[Q::Element; WIDTH],
) -> [Q::Element; WIDTH] {
    for j in 0..WIDTH {
        sums[j] = terms.step(sums[j], a, b[j]);
    }
    sums
}
