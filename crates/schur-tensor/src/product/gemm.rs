//! Dense products: blocks for the caches, panels packed from any strides, tiles in registers.
//!
//! After Goto and van de Geijn, "Anatomy of high-performance matrix multiplication" (2008), with the packing of Matthews,
//! "High-performance tensor contraction without transposition" (2018): groups of axes are flattened by tables of offsets
//! a block long, so no operand is ever copied as a whole. One operand, the one that shares the contiguous axis of the
//! result, lies along the registers; the rows of a tile belong to the other one.
//!
//! Every element of the result is one chain of multiply-adds for each block of terms, wherever its tile begins. So the
//! bits do not depend on who computes it.

use std::sync::atomic::{AtomicUsize, Ordering};

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{
    Strided,
    axes::{Axes, CheckedProduct, Odometer},
    number::Number,
    pack::{Source, pack, regular},
    parts::worth_threads,
    tensors::Tensors,
    tile::{self, Factors, LARGEST, MOST_ROWS, Target, full_height, kernel_height},
};
use crate::Real;

/// The most panels along a block.
const MOST_PANELS: usize = 24;
/// Bytes of an operand that meet one row or column of a block: 12 rows of them fit the first-level cache.
const DEPTH_BYTES: usize = 2048;
/// The most terms in a block.
const MOST_TERMS: usize = DEPTH_BYTES / 4;
/// The most elements along a block: with all its terms half of a second-level cache of 1 MB, or less.
const MOST_ALONG: usize = 192;
/// The most rows in a block: with all terms a part of the last-level cache.
const MOST_BLOCK_ROWS: usize = 3072;
/// The most terms in a block of few rows: so many pages of the other operand are read side by side, line after line.
const FEW_TERMS: usize = 64;
/// Up to so many panels of rows an operand that lies along the registers already is read where it is.
const FEW_PANELS: usize = 8;
/// Parts of a block at least, so that any usual number of threads is busy to the end.
const MANY_PARTS: usize = 16;
/// Numbers are packed from a multiple of so many bytes on: one cache line, one register.
const LINE: usize = 64;

/// A product of matrices whose rows, columns and terms are groups of axes; the left operand lies along the registers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gemm<T> {
    tensors: Tensors<T>,
    starts: [isize; 3],
    batch: Axes<3>,
    /// Strides in left and result.
    along: Axes<2>,
    /// Strides in right and result.
    rows: Axes<2>,
    /// Strides in left and right.
    inner: Axes<2>,
    sizes: Sizes,
    add: bool,
}

/// Of one matrix product.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    along: usize,
    rows: usize,
    terms: usize,
}

/// How a product is cut: fixed by its sizes and the registers.
#[derive(Debug, Clone, Copy)]
struct Blocks {
    lanes: usize,
    /// Of a full panel.
    width: usize,
    /// Of a full panel.
    height: usize,
    /// The most elements along, rows and terms of a block.
    sizes: Sizes,
}

/// Offsets of a block, counted from its matrix.
struct Tables {
    along: [[isize; MOST_ALONG]; 2],
    terms: [[isize; MOST_TERMS]; 2],
    along_range: (usize, usize),
    terms_range: (usize, usize),
}

/// What a thread has for itself.
struct Worker<T: Number> {
    tables: Tables,
    /// Room for a block of the left operand.
    room: *mut T::Real,
    /// Which block is there.
    packed: Option<[usize; 3]>,
}

/// A block of terms of a block of rows, of one matrix.
#[derive(Debug, Clone, Copy)]
struct Block<R> {
    /// Which matrix of the batch.
    matrix: usize,
    starts: [isize; 3],
    first_row: usize,
    rows: usize,
    first_term: usize,
    terms: usize,
    /// The packed rows.
    packed: *mut R,
}

// SAFETY: parts of the work write different panels, and read them when all are written.
unsafe impl<R: Sync + Send> Sync for Block<R> {}

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
        gemm
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
        let threads = if worth_threads(work.saturating_mul(matrices)) { rayon::current_num_threads() } else { 1 };
        // Few matrices are shared between threads, of many each thread has its own.
        let shared = matrices < MANY_PARTS;
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
                matrices,
                threads,
                |thread| {
                    let packed = room.at(thread * (rows + along));
                    (Worker::new(packed.wrapping_add(rows)), packed)
                },
                |(worker, packed), matrix| self.own_matrix(arch, (&blocks, matrix, *packed), worker),
            );
        }
    }

    /// Computes one matrix in one thread.
    ///
    /// # Safety
    /// As for [`Self::run`], and `packed` has room for a block of rows.
    unsafe fn own_matrix(
        &self,
        arch: Arch,
        (blocks, matrix, packed): (&Blocks, usize, *mut T::Real),
        worker: &mut Worker<T>,
    ) {
        self.each_block(blocks, matrix, packed, |block| {
            let panels = 0..block.rows.div_ceil(blocks.height);
            let all = panels.end;
            arch.dispatch(PackRows { gemm: self, blocks, block, panels, tables: &mut worker.tables });
            for part in 0..self.sizes.along.div_ceil(blocks.sizes.along) {
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
            let groups = if threads == 1 { 1 } else { MANY_PARTS.div_ceil(parts_along).min(panels) };
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

/// Packing space that threads divide.
pub(super) struct Room<R>(*mut R);

// SAFETY: each thread takes a part of its own.
unsafe impl<R: Send> Sync for Room<R> {}

impl<R> Room<R> {
    pub(super) const fn new(room: *mut R) -> Self {
        Self(room)
    }

    /// The part from an offset on.
    pub(super) const fn at(&self, offset: usize) -> *mut R {
        self.0.wrapping_add(offset)
    }
}

/// Runs parts in any order, each thread with something of its own.
pub(super) fn in_workers<W>(
    parts: usize,
    threads: usize,
    own: impl Fn(usize) -> W + Sync,
    run: impl Fn(&mut W, usize) + Sync,
) {
    let threads = threads.min(parts);
    if threads <= 1 {
        let mut worker = own(0);
        return (0..parts).for_each(|part| run(&mut worker, part));
    }
    let next = AtomicUsize::new(0);
    (0..threads).into_par_iter().with_max_len(1).for_each(|thread| {
        let mut worker = own(thread);
        loop {
            let part = next.fetch_add(1, Ordering::Relaxed);
            if part >= parts {
                return;
            }
            run(&mut worker, part);
        }
    });
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
        let (width, height) = (tile::registers::<T, S>() * lanes, full_height::<T, S>());
        // Blocks of about equal size: a small last one would cost as much to start.
        let even = |size: usize, most: usize, step: usize| {
            let blocks = size.div_ceil(most).max(1);
            size.div_ceil(blocks).next_multiple_of(step).min(most)
        };
        let Sizes { along, rows, terms } = self.0.sizes;
        let sizes = Sizes {
            along: even(along, MOST_ALONG.min(MOST_PANELS * width), width),
            rows: even(rows, MOST_BLOCK_ROWS, height),
            terms: even(terms, if rows <= height { FEW_TERMS } else { DEPTH_BYTES / size_of::<T>() }, 1),
        };
        Blocks { lanes, width, height, sizes }
    }
}

impl Tables {
    const fn new() -> Self {
        Self { along: [[0; MOST_ALONG]; 2], terms: [[0; MOST_TERMS]; 2], along_range: (0, 0), terms_range: (0, 0) }
    }
}

/// Writes the offsets of some positions of a group of axes, unless they are there.
fn fill<const N: usize>(
    [first_table, second_table]: &mut [[isize; N]; 2],
    range: &mut (usize, usize),
    axes: &[Strided<2>],
    wanted: (usize, usize),
) {
    if *range == wanted {
        return;
    }
    let (first, count) = wanted;
    let mut place = Odometer::at(axes, first, [0; 2]);
    for (x, y) in first_table.iter_mut().zip(second_table).take(count) {
        [*x, *y] = place.offsets;
        place.advance(axes);
    }
    *range = wanted;
}

impl<T: Number> Worker<T> {
    const fn new(room: *mut T::Real) -> Self {
        Self { tables: Tables::new(), room, packed: None }
    }
}

/// Packs panels of rows of a block.
struct PackRows<'a, T: Number> {
    gemm: &'a Gemm<T>,
    blocks: &'a Blocks,
    block: Block<T::Real>,
    panels: std::ops::Range<usize>,
    tables: &'a mut Tables,
}

impl<T: Number> WithSimd for PackRows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { gemm, blocks, block, panels, tables } = self;
        fill(&mut tables.terms, &mut tables.terms_range, &gemm.inner, (block.first_term, block.terms));
        let terms = &tables.terms[1][..block.terms];
        let height = blocks.height;
        let mut place = Odometer::at(&gemm.rows, block.first_row + panels.start * height, [0; 2]);
        let mut across = [0; MOST_ROWS];
        for panel in panels {
            let rows = height.min(block.rows - panel * height);
            for offset in &mut across[..rows] {
                *offset = place.offsets[0];
                place.advance(&gemm.rows);
            }
            // SAFETY: rows and terms are those of the product; the block has room for all of its panels.
            unsafe {
                let at = gemm.tensors.right.offset(block.starts[1]);
                let target = block.packed.add(panel * height * block.terms * T::PARTS);
                pack::<T, S>(simd, Source { at, across: &across[..rows], terms }, target, kernel_height(rows));
            }
        }
    }
}

/// Computes a part along the registers of some panels of rows.
struct Compute<'a, T: Number> {
    gemm: &'a Gemm<T>,
    blocks: &'a Blocks,
    block: Block<T::Real>,
    part: usize,
    panels: std::ops::Range<usize>,
    worker: &'a mut Worker<T>,
}

/// A panel that lies along the registers.
#[derive(Clone, Copy)]
struct Panel<R> {
    at: *const R,
    step: isize,
    /// Elements of the result along it.
    valid: usize,
    registers: usize,
    /// Whether they are contiguous and fill the registers.
    whole: bool,
}

impl<R> Panel<R> {
    const NONE: Self = Self { at: std::ptr::null(), step: 0, valid: 0, registers: 0, whole: false };
}

impl<T: Number> WithSimd for Compute<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let first = self.part * self.blocks.sizes.along;
        let count = self.blocks.sizes.along.min(self.gemm.sizes.along - first);
        let (gemm, block) = (self.gemm, self.block);
        let tables = &mut self.worker.tables;
        fill(&mut tables.terms, &mut tables.terms_range, &gemm.inner, (block.first_term, block.terms));
        fill(&mut tables.along, &mut tables.along_range, &gemm.along, (first, count));
        let key = [block.matrix, first, block.first_term];
        let is_packed = self.worker.packed == Some(key);
        self.worker.packed = Some(key);
        let mut panels = [Panel::NONE; MOST_PANELS];
        let panels = &mut panels[..count.div_ceil(self.blocks.width)];
        for (number, panel) in panels.iter_mut().enumerate() {
            // SAFETY: this part of the left operand; the worker has room for it.
            *panel = unsafe { self.panel::<S>(simd, number, count, is_packed) };
        }
        let height = self.blocks.height;
        let mut place = Odometer::at(&gemm.rows, block.first_row + self.panels.start * height, [0; 2]);
        let mut offsets = [0; MOST_ROWS];
        // One panel of rows stays in the first-level cache while all others pass.
        for rows_panel in self.panels.clone() {
            let rows = height.min(block.rows - rows_panel * height);
            for offset in &mut offsets[..rows] {
                *offset = place.offsets[1];
                place.advance(&gemm.rows);
            }
            let packed = block.packed.wrapping_add(rows_panel * height * block.terms * T::PARTS);
            for (number, &panel) in panels.iter().enumerate() {
                let factors = Factors { depth: block.terms, along: panel.at, step: panel.step, rows: packed };
                // SAFETY: these rows have been packed; the tile lies in the result.
                unsafe { self.one_tile::<S>(simd, (number, panel), (rows, &offsets), factors) };
            }
        }
    }
}

impl<T: Number> Compute<'_, T> {
    /// Packs a panel of the left operand, or finds it where it is.
    ///
    /// # Safety
    /// The tables are those of this part, and the worker has room for it.
    #[inline(always)]
    unsafe fn panel<S: Simd>(&mut self, simd: S, number: usize, count: usize, is_packed: bool) -> Panel<T::Real> {
        let Blocks { lanes, width, .. } = *self.blocks;
        let first = number * width;
        let valid = width.min(count - first);
        let registers = valid.div_ceil(lanes);
        let tables = &self.worker.tables;
        let across = &tables.along[0][first..first + valid];
        let terms = &tables.terms[0][..self.block.terms];
        let full = valid == registers * lanes;
        let whole = full && regular(&tables.along[1][first..first + valid]) == Some(1);
        // SAFETY: all elements of the panel lie in the left operand.
        let at = unsafe { self.gemm.tensors.left.offset(self.block.starts[0]) };
        let few = self.block.rows <= FEW_PANELS * self.blocks.height;
        if few
            && T::PARTS == 1
            && full
            && regular(across) == Some(1)
            && let Some(step) = regular(terms)
        {
            let at = at.wrapping_offset(across[0] + terms[0]).cast::<T::Real>();
            return Panel { at, step, valid, registers, whole };
        }
        let width = registers * lanes;
        let target = self.worker.room.wrapping_add(first * self.block.terms * T::PARTS);
        if !is_packed {
            // SAFETY: the caller's.
            unsafe { pack::<T, S>(simd, Source { at, across, terms }, target, width) };
        }
        Panel { at: target, step: (width * T::PARTS).cast_signed(), valid, registers, whole }
    }

    /// Computes one tile and puts it where it belongs.
    ///
    /// # Safety
    /// The factors are those of the tile, and it lies in the result.
    #[inline(always)]
    unsafe fn one_tile<S: Simd>(
        &self,
        simd: S,
        (number, panel): (usize, Panel<T::Real>),
        (rows, offsets): (usize, &[isize; MOST_ROWS]),
        factors: Factors<T::Real>,
    ) {
        let Blocks { lanes, width, .. } = *self.blocks;
        let height = kernel_height(rows);
        let add = self.gemm.add || self.block.first_term > 0;
        let size = (height, panel.registers);
        let along = &self.worker.tables.along[1][number * width..][..panel.valid];
        // SAFETY: the caller's.
        unsafe {
            let result = self.gemm.tensors.result.offset(self.block.starts[2]);
            if panel.whole && height == rows && T::PARTS == 1 {
                let at = result.offset(along[0]).cast::<T::Real>();
                let target = Target { at, rows: offsets, imaginary: 0, add };
                return tile::tile::<T, S>(simd, size, factors, target);
            }
            let mut buffer = [T::Real::ZERO; LARGEST];
            let panel_width = panel.registers * lanes;
            let mut starts = [0; MOST_ROWS];
            for (j, start) in starts.iter_mut().enumerate() {
                *start = (j * panel_width).cast_signed();
            }
            let imaginary = if T::PARTS == 2 { height * panel_width } else { 0 };
            let target = Target { at: buffer.as_mut_ptr(), rows: &starts, imaginary, add: false };
            tile::tile::<T, S>(simd, size, factors, target);
            for (j, &offset) in offsets[..rows].iter().enumerate() {
                let re = &buffer[j * panel_width..][..panel.valid];
                let im = &buffer[imaginary + j * panel_width..][..panel.valid];
                let row = result.offset(offset);
                if panel.whole {
                    let row = std::slice::from_raw_parts_mut(row.offset(along[0]), panel.valid);
                    for i in 0..panel.valid {
                        let sum = T::from_parts(re[i], im[i]);
                        row[i] = if add { row[i] + sum } else { sum };
                    }
                    continue;
                }
                for (i, &step) in along.iter().enumerate() {
                    let place = row.offset(step);
                    let sum = T::from_parts(re[i], im[i]);
                    *place = if add { *place + sum } else { sum };
                }
            }
        }
    }
}
