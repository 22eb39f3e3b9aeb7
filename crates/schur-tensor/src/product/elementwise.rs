//! Products without inner axes whose tensors are fast along different axes, or along many short ones.
//!
//! A tile has what is near in the result, in the left and in the right operand, so that every cache line is used whole
//! while it is there.

use std::{mem::MaybeUninit, ops::Range};

use super::{
    MultiplyAdd, Strided,
    axes::Axes,
    stream::each,
    tensors::Tensors,
    tiling::{Others, Part, SIDE, Side, Table, Taken, Tiling},
};
use crate::prefetch;

/// Runs of the result from this length on need no tiles, if operands are contiguous or constant along them.
const LONG_RUN: usize = 64;

/// An element-wise product, tile by tile.
pub(super) struct Elementwise<E, F> {
    tensors: Tensors<E>,
    starts: [isize; 3],
    tiling: Tiling<3, 3>,
    /// For the sides near result, left and right: offsets in left, right and result.
    tables: [[Table; 3]; 3],
    /// How tensors lie along the side near the result.
    along: [Along; 3],
    /// The operand whose tiles are copied, so that it is contiguous along that side.
    copied: Option<usize>,
    add: bool,
    rules: MultiplyAdd<E, F>,
}

/// How a tensor lies along a side.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Along {
    Constant,
    Contiguous,
    Table,
}

impl Along {
    fn of(table: &Table) -> Self {
        if table.is_regular(1) {
            Self::Contiguous
        } else if table.is_regular(0) {
            Self::Constant
        } else {
            Self::Table
        }
    }
}

impl<E, F> Elementwise<E, F>
where
    E: Copy,
    F: Fn(E, E, E) -> E + Copy,
{
    /// Lays out tiles, unless long runs do.
    pub(super) fn new(
        outputs: &Axes<3>,
        (tensors, starts, add): (Tensors<E>, [isize; 3], bool),
        rules: MultiplyAdd<E, F>,
    ) -> Option<Self> {
        let run = outputs.last()?;
        if run.size >= LONG_RUN && matches!(run.strides, [0 | 1, 0 | 1, _]) {
            return None;
        }
        let line = (256 / size_of::<E>().max(1)).clamp(4, SIDE);
        let result = Side::take(outputs, 2, SIDE / 2, Others::spare(None));
        let left = Side::take(outputs, 0, line, Others::apart(&[result]));
        let right = Side::take(outputs, 1, line, Others::apart(&[result, left]));
        let sides = [result, left, right];
        let tables = sides.map(|side| {
            let mut tables = [Table::new(); 3];
            for &Taken { axis, length } in side.axes() {
                let Strided { strides, .. } = outputs[axis];
                tables.iter_mut().zip(strides).for_each(|(table, stride)| table.repeat(length, stride));
            }
            tables
        });
        let along = [0, 1, 2].map(|tensor: usize| Along::of(&tables[0][tensor]));
        // One operand across the result, all of whose lines are in the tile, is read line by line: lines a power of two
        // apart push each other out of the cache.
        let copied = [0, 1].into_iter().find(|&operand| {
            let other_side = &tables[2 - operand][operand];
            along[operand] == Along::Table && tables[operand + 1][operand].count > 1 && other_side.count == 1
        });
        let tiling = Tiling::new(outputs, &sides)?;
        Some(Self { tensors, starts, tiling, tables, along, copied, add, rules })
    }

    /// How many independent units of work there are.
    pub(super) fn units(&self) -> usize {
        self.tiling.units()
    }

    /// Elements of a unit.
    pub(super) fn work_of_unit(&self) -> usize {
        self.tiling.work_of_unit()
    }

    /// Computes some units.
    ///
    /// # Safety
    /// The tensors are those that the product was checked against, nobody else writes to these units of the result or
    /// to the operands meanwhile, and `units` ends at [`Self::units`] or before.
    #[inline(always)]
    pub(super) unsafe fn run(&self, units: Range<usize>) {
        let [run, left, right] = &self.tables;
        let mut copy = [const { MaybeUninit::<E>::uninit() }; SIDE * SIDE];
        let copy = copy.as_mut_ptr().cast::<E>();
        let tile = {
            // Else the loops would not be compiled for the instruction set of the caller.
            #[inline(always)]
            |offsets: [isize; 3], parts: [Part; 3], next: Option<[isize; 3]>| {
                let count = parts[0].of(run[0].count);
                let counts = [parts[1].of(left[0].count), parts[2].of(right[0].count)];
                if let Some(next) = next {
                    self.ask(next);
                }
                // SAFETY: the tile is one of the product, and no larger than the copy.
                unsafe { self.tile(offsets, (count, counts), copy) };
            }
        };
        self.tiling.each_tile(units, self.starts, tile);
    }

    /// Computes a tile.
    ///
    /// # Safety
    /// The offsets are those of a tile of at least this size, and the copy has room for an operand of it.
    #[inline(always)]
    unsafe fn tile(&self, offsets: [isize; 3], (count, counts): (usize, [usize; 2]), copy: *mut E) {
        let [_, left, right] = &self.tables;
        // SAFETY: the caller's.
        unsafe {
            if let Some(operand) = self.copied {
                self.copy(operand, offsets[operand], [count, counts[operand]], copy);
            }
            for i in 0..counts[1] {
                for j in 0..counts[0] {
                    let at = |tensor: usize| offsets[tensor] + right[tensor].offsets[i] + left[tensor].offsets[j];
                    let x = (self.tensors.left.offset(at(0)), self.along[0]);
                    let y = (self.tensors.right.offset(at(1)), self.along[1]);
                    let mut operands = [x, y];
                    if let Some(operand) = self.copied {
                        operands[operand] = (copy.add([j, i][operand] * SIDE), Along::Contiguous);
                    }
                    self.one_run(count, operands, self.tensors.result.offset(at(2)));
                }
            }
        }
    }

    /// Asks for the operands of the next tile: too few of their lines fit into what the processor looks ahead.
    #[inline(always)]
    fn ask(&self, next: [isize; 3]) {
        let Some(copied) = self.copied else { return };
        let line = (64 / size_of::<E>().max(1)).max(1);
        for operand in [0, 1] {
            let from = if operand == 0 { self.tensors.left } else { self.tensors.right };
            let from = from.wrapping_offset(next[operand]);
            let (run, side) = (&self.tables[0][operand], &self.tables[copied + 1][operand]);
            let (rows, along) = if operand == copied { (run, side) } else { (side, run) };
            for &row in &rows.offsets[..rows.count] {
                for i in (0..along.count).step_by(line) {
                    prefetch(from.wrapping_offset(row + along.offsets[i]));
                }
            }
        }
    }

    /// Copies a tile of an operand so that it is contiguous along the result, one line of the operand after the other.
    ///
    /// # Safety
    /// The offset is that of a tile of at least this size, and the copy has room for it.
    #[inline(always)]
    unsafe fn copy(&self, operand: usize, offset: isize, [along, across]: [usize; 2], copy: *mut E) {
        let from = if operand == 0 { self.tensors.left } else { self.tensors.right };
        let (run, side) = (&self.tables[0][operand], &self.tables[operand + 1][operand]);
        for i in 0..along {
            for j in 0..across {
                // SAFETY: the caller's.
                unsafe { *copy.add(j * SIDE + i) = *from.offset(offset + run.offsets[i] + side.offsets[j]) };
            }
        }
    }

    /// # Safety
    /// Operands and result are those of a run of `count` elements.
    #[inline(always)]
    unsafe fn one_run(&self, count: usize, [(x, along_x), (y, along_y)]: [(*const E, Along); 2], z: *mut E) {
        // SAFETY: all places are those of the run, which the product was checked for; `target` is the only reference
        // to its elements.
        unsafe {
            let [x_table, y_table, z_table] = &self.tables[0];
            let from_x = |i: usize| *x.offset(*x_table.offsets.get_unchecked(i));
            let from_y = |i: usize| *y.offset(*y_table.offsets.get_unchecked(i));
            if self.along[2] != Along::Contiguous {
                let MultiplyAdd { zero, fused, .. } = self.rules;
                for i in 0..count {
                    let target = z.offset(z_table.offsets[i]);
                    let first = if self.add { *target } else { zero };
                    let x = if along_x == Along::Contiguous { *x.add(i) } else { from_x(i) };
                    let y = if along_y == Along::Contiguous { *y.add(i) } else { from_y(i) };
                    *target = fused(x, y, first);
                }
                return;
            }
            let target = std::slice::from_raw_parts_mut(z, count);
            let (left, right) = (*x, *y);
            match (along_x, along_y) {
                (Along::Contiguous, Along::Contiguous) => self.write(target, |i| *x.add(i), |i| *y.add(i)),
                (Along::Contiguous, Along::Constant) => self.write(target, |i| *x.add(i), |_| right),
                (Along::Constant, Along::Contiguous) => self.write(target, |_| left, |i| *y.add(i)),
                (Along::Constant, Along::Constant) => self.write(target, |_| left, |_| right),
                (Along::Table, Along::Contiguous) => self.write(target, from_x, |i| *y.add(i)),
                (Along::Contiguous, Along::Table) => self.write(target, |i| *x.add(i), from_y),
                _ => self.write(target, from_x, from_y),
            }
        }
    }

    #[inline(always)]
    fn write(&self, target: &mut [E], x: impl Fn(usize) -> E, y: impl Fn(usize) -> E) {
        let MultiplyAdd { zero, fused, .. } = self.rules;
        if self.add {
            each(target, |i, old| fused(x(i), y(i), old));
        } else {
            each(target, |i, _| fused(x(i), y(i), zero));
        }
    }
}
