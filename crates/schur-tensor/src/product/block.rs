//! A block of a dense product: its panels packed, and multiplied tile by tile.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::{
    Strided,
    axes::Odometer,
    gemm::{Blocks, FEW_ROWS, Gemm, MOST_ALONG, MOST_PANELS, MOST_TERMS},
    number::Number,
    pack::{Source, pack, regular},
    tile::{self, Factors, LARGEST, MOST_ROWS, Target, kernel_height},
};
use crate::Real;

/// Offsets of a block, counted from its matrix, and what is plain about them.
pub(super) struct Tables {
    along: [[isize; MOST_ALONG]; 2],
    terms: [[isize; MOST_TERMS]; 2],
    along_range: (usize, usize),
    terms_range: (usize, usize),
    /// Whether the elements of a panel are contiguous, in the left operand and in the result.
    contiguous: [[bool; MOST_PANELS]; 2],
    /// How far terms are apart in each operand, if all are equally so.
    steps: [Option<isize>; 2],
}

/// What a thread has for itself.
pub(super) struct Worker<T: Number> {
    pub(super) tables: Tables,
    /// Room for a block of the left operand.
    pub(super) room: *mut T::Real,
    /// Which block is there.
    pub(super) packed: Option<[usize; 3]>,
}

/// A block of terms of a block of rows, of one matrix.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block<R> {
    /// Which matrix of the batch.
    pub(super) matrix: usize,
    pub(super) starts: [isize; 3],
    pub(super) first_row: usize,
    pub(super) rows: usize,
    pub(super) first_term: usize,
    pub(super) terms: usize,
    /// The packed rows.
    pub(super) packed: *mut R,
}

// SAFETY: parts of the work write different panels, and read them when all are written.
unsafe impl<R: Sync + Send> Sync for Block<R> {}

impl Tables {
    const fn new() -> Self {
        Self {
            along: [[0; MOST_ALONG]; 2],
            terms: [[0; MOST_TERMS]; 2],
            along_range: (0, 0),
            terms_range: (0, 0),
            contiguous: [[false; MOST_PANELS]; 2],
            steps: [None; 2],
        }
    }

    /// Makes the offsets of some terms known.
    fn fill_terms<T>(&mut self, gemm: &Gemm<T>, range: (usize, usize)) {
        if self.terms_range != range {
            fill(&mut self.terms, &gemm.inner, range);
            self.steps = [0, 1].map(|operand: usize| regular(&self.terms[operand][..range.1]));
            self.terms_range = range;
        }
    }

    /// Makes the offsets of a part along the registers known.
    fn fill_along<T>(&mut self, gemm: &Gemm<T>, range: (usize, usize), width: usize) {
        if self.along_range != range {
            fill(&mut self.along, &gemm.along, range);
            for (along, contiguous) in self.along.iter().zip(&mut self.contiguous) {
                for (panel, contiguous) in along[..range.1].chunks(width).zip(contiguous) {
                    *contiguous = regular(panel) == Some(1);
                }
            }
            self.along_range = range;
        }
    }
}

/// Writes the offsets of some positions of a group of axes.
fn fill<const N: usize>(
    [first_table, second_table]: &mut [[isize; N]; 2],
    axes: &[Strided<2>],
    (first, count): (usize, usize),
) {
    let mut place = Odometer::at(axes, first, [0; 2]);
    for (x, y) in first_table.iter_mut().zip(second_table).take(count) {
        [*x, *y] = place.offsets;
        place.advance(axes);
    }
}

impl<T: Number> Worker<T> {
    /// A thread with this room.
    pub(super) const fn new(room: *mut T::Real) -> Self {
        Self { tables: Tables::new(), room, packed: None }
    }
}

/// Packs panels of rows of a block.
pub(super) struct PackRows<'a, T: Number> {
    pub(super) gemm: &'a Gemm<T>,
    pub(super) blocks: &'a Blocks,
    pub(super) block: Block<T::Real>,
    pub(super) panels: Range<usize>,
    pub(super) tables: &'a mut Tables,
}

impl<T: Number> WithSimd for PackRows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { gemm, blocks, block, panels, tables } = self;
        tables.fill_terms(gemm, (block.first_term, block.terms));
        let (terms, step) = (&tables.terms[1][..block.terms], tables.steps[1]);
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
                let source = Source { at, across: &across[..rows], terms, step };
                pack::<T, S>(simd, source, target, kernel_height(rows));
            }
        }
    }
}

/// Computes a part along the registers of some panels of rows.
pub(super) struct Compute<'a, T: Number> {
    pub(super) gemm: &'a Gemm<T>,
    pub(super) blocks: &'a Blocks,
    pub(super) block: Block<T::Real>,
    pub(super) part: usize,
    pub(super) panels: Range<usize>,
    pub(super) worker: &'a mut Worker<T>,
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
        tables.fill_terms(gemm, (block.first_term, block.terms));
        tables.fill_along(gemm, (first, count), self.blocks.width);
        let key = [block.matrix, first, block.first_term];
        // Few rows leave panels where they are, and the room as it is in parts only.
        let few = block.rows <= FEW_ROWS;
        let is_packed = !few && self.worker.packed == Some(key);
        self.worker.packed = (!few).then_some(key);
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
        let whole = full && tables.contiguous[1][number];
        // SAFETY: all elements of the panel lie in the left operand.
        let at = unsafe { self.gemm.tensors.left.offset(self.block.starts[0]) };
        if self.block.rows <= FEW_ROWS
            && T::PARTS == 1
            && full
            && tables.contiguous[0][number]
            && let Some(step) = tables.steps[0]
        {
            let at = at.wrapping_offset(across[0] + terms[0]).cast::<T::Real>();
            return Panel { at, step, valid, registers, whole };
        }
        let width = registers * lanes;
        let target = self.worker.room.wrapping_add(first * self.block.terms * T::PARTS);
        if !is_packed {
            // SAFETY: the caller's.
            unsafe { pack::<T, S>(simd, Source { at, across, terms, step: tables.steps[0] }, target, width) };
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
