//! Dense products: blocks for the caches, panels packed from any strides, tiles in registers.
//!
//! After Goto and van de Geijn, "Anatomy of high-performance matrix multiplication" (2008), with the packing of Matthews,
//! "High-performance tensor contraction without transposition" (2018): groups of axes are flattened by tables of offsets
//! a block long, so no operand is ever copied as a whole. One operand, the one that shares the contiguous axis of the
//! result, lies along the registers; the rows of a tile belong to the other one.
//!
//! Every element of the result is one chain of multiply-adds for each block of terms, wherever its tile begins. So the
//! bits do not depend on who computes it.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::{
    Strided,
    axes::{Axes, CheckedProduct, Odometer},
    block::{Block, Compute, PackRows, Worker},
    number::Number,
    parts::{Room, in_workers, worth_threads},
    tensors::Tensors,
    tile::{self, MOST_ROWS},
};
use crate::Real;

/// The most panels along a block.
pub(super) const MOST_PANELS: usize = 24;
/// Bytes of an operand that meet one row or column of a block: 12 rows of them fit the first-level cache. With half
/// the rows in a tile it is twice as many.
const DEPTH_BYTES: usize = 2048;
/// The most terms in a block.
pub(super) const MOST_TERMS: usize = 512;
/// Bytes of a part along the registers with all its terms: half of a second-level cache of 1 MB.
const PART_BYTES: usize = 512 << 10;
/// The most elements along a block.
pub(super) const MOST_ALONG: usize = 192;
/// Results of at least so many rows and columns are computed in wide tiles.
const WIDE_SIDE: usize = 256;
/// The most rows in a block: with all terms a part of the last-level cache.
const MOST_BLOCK_ROWS: usize = 3072;
/// The most terms in a block of few rows: so many pages of the other operand are read side by side, line after line.
const FEW_TERMS: usize = 64;
/// Up to so many rows an operand that lies along the registers already is read where it is.
pub(super) const FEW_ROWS: usize = 96;
/// So many matrices keep any usual number of threads busy, each with matrices of its own.
const MANY_MATRICES: usize = 16;
/// Parts of a block at least, so that any usual number of threads is busy to the end.
const MANY_PARTS: usize = 32;
/// Numbers are packed from a multiple of so many bytes on: one cache line, one register.
const LINE: usize = 64;

/// A product of matrices whose rows, columns and terms are groups of axes; the left operand lies along the registers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gemm<T> {
    pub(super) tensors: Tensors<T>,
    pub(super) starts: [isize; 3],
    pub(super) batch: Axes<3>,
    /// Strides in left and result.
    pub(super) along: Axes<2>,
    /// Strides in right and result.
    pub(super) rows: Axes<2>,
    /// Strides in left and right.
    pub(super) inner: Axes<2>,
    pub(super) sizes: Sizes,
    pub(super) add: bool,
}

/// Of one matrix product.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub(super) along: usize,
    pub(super) rows: usize,
    pub(super) terms: usize,
}

/// How a product is cut: fixed by its sizes and the registers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Blocks {
    pub(super) lanes: usize,
    /// Of a full panel.
    pub(super) width: usize,
    /// Of a full panel.
    pub(super) height: usize,
    /// The most elements along, rows and terms of a block.
    pub(super) sizes: Sizes,
}

impl<T: Number> Gemm<T> {
    /// Lays out a product so that the contiguous axis of the result lies along the registers.
    pub(super) fn new(checked: &CheckedProduct, tensors: Tensors<T>, add: bool) -> Self {
        let &CheckedProduct { batch, rows, columns, inner, starts } = checked;
        let mut gemm = Self {
            tensors,
            starts,
            batch,
            along: rows,
            rows: columns,
            inner,
            sizes: Sizes { along: rows.size(), rows: columns.size(), terms: inner.size() },
            add,
        };
        if worth_along::<T>(&columns, rows.size()) >= worth_along::<T>(&rows, columns.size()) {
            gemm.exchange();
        }
        gemm.follow_operand();
        gemm
    }

    /// Goes through the operand that lies along the registers in its own order where the result has none to offer.
    ///
    /// Every element is the same sum in any order; but an operand read across its pages waits for each of them.
    fn follow_operand(&mut self) {
        let larger = self.sizes.terms > self.sizes.rows;
        if larger && self.along.last().is_some_and(|axis| axis.strides[1] != 1) {
            self.along.sort_by_key(|axis| axis.strides[0].unsigned_abs());
            self.along.fuse();
        }
        if self.batch_is_contiguous() {
            self.batch.sort_by_key(|axis| axis.strides[0].unsigned_abs());
            self.batch.fuse();
        }
    }

    /// Whether neighbours in the operand along the registers belong to different matrices.
    fn batch_is_contiguous(&self) -> bool {
        self.batch.iter().any(|axis| axis.strides[0] == 1)
    }

    /// Exchanges the operands.
    fn exchange(&mut self) {
        std::mem::swap(&mut self.along, &mut self.rows);
        std::mem::swap(&mut self.sizes.along, &mut self.sizes.rows);
        std::mem::swap(&mut self.tensors.left, &mut self.tensors.right);
        self.starts.swap(0, 1);
        self.batch.each(|axis| axis.strides.swap(0, 1));
        self.inner.each(|axis| axis.strides.swap(0, 1));
    }

    /// Runs the product.
    ///
    /// # Safety
    /// The tensors are those that the product was checked against, and nobody else uses them meanwhile.
    pub(super) unsafe fn run(&self, arch: Arch, scratch: &mut Vec<T>) {
        let blocks = arch.dispatch(Measure(self));
        let matrices = self.batch.size();
        let work = self.sizes.along.saturating_mul(self.sizes.rows).saturating_mul(self.sizes.terms);
        let parts = self.sizes.along.div_ceil(blocks.sizes.along);
        // Rows are packed anew for each part: few of them cost little.
        let in_parts = self.batch_is_contiguous() && self.sizes.rows <= blocks.sizes.along;
        let units = if in_parts { matrices.saturating_mul(parts) } else { matrices };
        // Few matrices are shared between threads, of many each thread has its own.
        let alone = units >= MANY_MATRICES;
        let threads = if worth_threads(work.saturating_mul(matrices)) { rayon::current_num_threads() } else { 1 };
        let shared = threads > 1 && !alone;
        let (rows, along) =
            (blocks.room(blocks.sizes.rows, blocks.height), blocks.room(blocks.sizes.along, blocks.width));
        let line = LINE.div_ceil(size_of::<T>());
        let needed = line + if shared { rows + threads * along } else { threads * (rows + along) };
        if scratch.len() < needed {
            scratch.resize(needed, T::ZERO);
        }
        let room = scratch.as_mut_ptr();
        let room = Room::new(room.wrapping_add(room.align_offset(LINE).min(line)).cast::<T::Real>());
        let (rows, along) = (rows * T::PARTS, along * T::PARTS);
        // SAFETY: the caller's; the room is divided as it was counted.
        unsafe {
            if shared {
                for matrix in 0..matrices {
                    let at = |thread: usize| room.at(rows + thread * along);
                    self.shared_matrix(arch, (&blocks, matrix, room.at(0)), threads, at);
                }
                return;
            }
            in_workers(
                units,
                threads,
                |thread| {
                    let packed = room.at(thread * (rows + along));
                    (Worker::new(packed.wrapping_add(rows)), packed)
                },
                |(worker, packed), unit| {
                    // Matrices that share cache lines follow each other, a part at a time.
                    let (matrix, parts) = if in_parts {
                        (unit % matrices, unit / matrices..unit / matrices + 1)
                    } else {
                        (unit, 0..parts)
                    };
                    self.own_matrix(arch, (&blocks, matrix, *packed), parts, worker);
                },
            );
        }
    }

    /// Computes some parts along one matrix in one thread.
    ///
    /// # Safety
    /// As for [`Self::run`], and `packed` has room for a block of rows.
    unsafe fn own_matrix(
        &self,
        arch: Arch,
        (blocks, matrix, packed): (&Blocks, usize, *mut T::Real),
        parts: Range<usize>,
        worker: &mut Worker<T>,
    ) {
        self.each_block(blocks, matrix, packed, |block| {
            let panels = 0..block.rows.div_ceil(blocks.height);
            let all = panels.end;
            arch.dispatch(PackRows { gemm: self, blocks, block, panels, tables: &mut worker.tables });
            for part in parts.clone() {
                arch.dispatch(Compute { gemm: self, blocks, block, part, panels: 0..all, worker });
            }
        });
    }

    /// Computes one matrix in several threads.
    ///
    /// # Safety
    /// As for [`Self::own_matrix`], and `room` gives each thread room for a block of its own.
    unsafe fn shared_matrix(
        &self,
        arch: Arch,
        (blocks, matrix, packed): (&Blocks, usize, *mut T::Real),
        threads: usize,
        room: impl Fn(usize) -> *mut T::Real + Sync,
    ) {
        let parts_along = self.sizes.along.div_ceil(blocks.sizes.along);
        self.each_block(blocks, matrix, packed, |block| {
            let panels = block.rows.div_ceil(blocks.height);
            let groups = MANY_PARTS.div_ceil(parts_along).min(panels);
            let group = panels.div_ceil(groups);
            let groups = panels.div_ceil(group);
            let block = &block;
            in_workers(
                groups,
                threads,
                |thread| Worker::<T>::new(room(thread)),
                |worker, part| {
                    let panels = part * group..panels.min((part + 1) * group);
                    arch.dispatch(PackRows { gemm: self, blocks, block: *block, panels, tables: &mut worker.tables });
                },
            );
            in_workers(
                groups * parts_along,
                threads,
                |thread| Worker::<T>::new(room(thread)),
                |worker, part| {
                    let first = part % groups * group;
                    let panels = first..panels.min(first + group);
                    arch.dispatch(Compute { gemm: self, blocks, block: *block, part: part / groups, panels, worker });
                },
            );
        });
    }

    /// Calls `action` with each block of rows and terms of a matrix, in order.
    fn each_block(&self, blocks: &Blocks, matrix: usize, packed: *mut T::Real, mut action: impl FnMut(Block<T::Real>)) {
        let starts = Odometer::at(&self.batch, matrix, self.starts).offsets;
        for first_row in (0..self.sizes.rows).step_by(blocks.sizes.rows) {
            let rows = blocks.sizes.rows.min(self.sizes.rows - first_row);
            for first_term in (0..self.sizes.terms).step_by(blocks.sizes.terms) {
                let terms = blocks.sizes.terms.min(self.sizes.terms - first_term);
                action(Block { matrix, starts, first_row, rows, first_term, terms, packed });
            }
        }
    }
}

/// How well a side lies along registers: long enough to fill one, and contiguous in the result.
fn worth_along<T: Number>(side: &[Strided<2>], other: usize) -> usize {
    let size = side.iter().fold(1_usize, |size, axis| size.saturating_mul(axis.size));
    let contiguous = side.last().is_some_and(|axis| axis.strides[1] == 1);
    let register = LINE / size_of::<T::Real>();
    match (size >= register || size >= other, contiguous) {
        (true, true) => 3,
        (true, false) => 2,
        (false, true) => 1,
        (false, false) => 0,
    }
}

impl Blocks {
    /// Elements of packing space for `count` rows or elements along, in panels of `panel`; whole cache lines.
    const fn room(&self, count: usize, panel: usize) -> usize {
        (count.next_multiple_of(panel) * self.sizes.terms).next_multiple_of(LINE)
    }
}

/// Asks an instruction set for the blocks of a product.
struct Measure<'a, T>(&'a Gemm<T>);

impl<T: Number> WithSimd for Measure<'_, T> {
    type Output = Blocks;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Blocks {
        let lanes = T::Real::lanes::<S>();
        let Sizes { along, rows, terms } = self.0.sizes;
        let depth = DEPTH_BYTES / size_of::<T>();
        // Only sums that do not end within a block gain by deeper ones, and only large results fill wide tiles.
        let is_wide = tile::has_wide::<T, S>() && terms > depth && along.min(rows) >= WIDE_SIDE;
        let depth = if is_wide { 2 * depth } else { depth };
        let (registers, height) = tile::full::<T, S>(is_wide);
        let width = registers * lanes;
        // Blocks of about equal size: a small last one would cost as much to start.
        let even = |size: usize, most: usize, step: usize| {
            let blocks = size.div_ceil(most).max(1);
            size.div_ceil(blocks).next_multiple_of(step).min(most)
        };
        let sizes = Sizes {
            along: even(along, (PART_BYTES / (depth * size_of::<T>())).min(MOST_ALONG).min(MOST_PANELS * width), width),
            rows: even(rows, MOST_BLOCK_ROWS, height),
            terms: even(terms, if rows <= MOST_ROWS { FEW_TERMS } else { depth }, 1),
        };
        Blocks { lanes, width, height, sizes }
    }
}
