//! Products that wait for memory: one pass over the result, a run of it at a time.
//!
//! A run lies along one axis of the result on which each operand is contiguous or constant, so that the compiler can
//! turn the loop along it into vector instructions. Sums are kept in the first-level cache and go through the inner axes
//! in their order.

use std::{mem::MaybeUninit, ops::Range};

use super::{
    MultiplyAdd, Strided,
    axes::{Axes, CheckedProduct, Odometer},
    tensors::Tensors,
};

/// Elements of the result in one run: their sums stay in the first-level cache.
const RUN: usize = 512;

/// Rows and columns of a tile that is transposed on its way: whole cache lines of 4-byte numbers, twice.
const TILE: usize = 32;

/// A product as runs along one axis of the result.
pub(super) struct Stream<E, F> {
    tensors: Tensors<E>,
    starts: [isize; 3],
    outer: Axes<3>,
    run: Strided<3>,
    /// The inner axes without the fastest.
    inner: Axes<2>,
    fastest: Strided<2>,
    add: bool,
    rules: MultiplyAdd<E, F>,
}

/// How operands lie along a run.
#[derive(Clone, Copy)]
enum Along {
    /// Both contiguous.
    Both,
    /// The left one contiguous, the right one constant.
    Left,
    /// The right one contiguous, the left one constant.
    Right,
    /// Anything else.
    Any,
}

impl Along {
    const fn of(left: isize, right: isize) -> Self {
        match (left, right) {
            (1, 1) => Self::Both,
            (1, 0) => Self::Left,
            (0, 1) => Self::Right,
            _ => Self::Any,
        }
    }
}

/// The axis of the result that runs lie along best: operands and result contiguous, and long.
pub(super) fn best_run(outputs: &[Strided<3>]) -> Option<usize> {
    let worth = |axis: &Strided<3>| {
        let [left, right, result] = axis.strides;
        let unit = !matches!(Along::of(left, right), Along::Any);
        if unit { axis.size.min(64) * if result == 1 { 2 } else { 1 } } else { 0 }
    };
    (0..outputs.len()).max_by_key(|&place| worth(&outputs[place])).filter(|&place| worth(&outputs[place]) > 0)
}

impl<E, F> Stream<E, F>
where
    E: Copy,
    F: Fn(E, E, E) -> E + Copy,
{
    /// Lays out runs along output axis `run`, or along none.
    pub(super) fn new(
        checked: &CheckedProduct,
        mut outputs: Axes<3>,
        run: Option<usize>,
        (tensors, add): (Tensors<E>, bool),
        rules: MultiplyAdd<E, F>,
    ) -> Self {
        let run = run.map_or(Strided { size: 1, strides: [1; 3] }, |place| outputs.remove(place));
        let mut inner = checked.inner;
        let fastest = match inner.len() {
            0 => Strided { size: 1, strides: [0; 2] },
            count => inner.remove(count - 1),
        };
        Self { tensors, starts: checked.starts, outer: outputs, run, inner, fastest, add, rules }
    }

    /// How many independent units of work there are.
    pub(super) fn units(&self) -> usize {
        self.outer.size().saturating_mul(self.runs())
    }

    /// Multiply-adds of a unit.
    pub(super) fn work_of_unit(&self) -> usize {
        let terms = self.inner.size().saturating_mul(self.fastest.size).max(1);
        self.run.size.min(RUN).saturating_mul(terms)
    }

    const fn runs(&self) -> usize {
        self.run.size.div_ceil(RUN)
    }

    /// Computes some units.
    ///
    /// # Safety
    /// The tensors are those that the product was checked against, nobody else writes to these units of the result or
    /// to the operands meanwhile, and `units` ends at [`Self::units`] or before.
    #[inline(always)]
    pub(super) unsafe fn run(&self, units: Range<usize>) {
        let mut sums = [self.rules.zero; RUN];
        let runs = self.runs();
        let mut place = Odometer::at(&self.outer, units.start / runs, self.starts);
        let mut run = units.start % runs;
        for _ in units {
            let first = run * RUN;
            let length = RUN.min(self.run.size - first);
            let mut offsets = place.offsets;
            for (offset, stride) in offsets.iter_mut().zip(self.run.strides) {
                *offset += first.cast_signed() * stride;
            }
            // SAFETY: a run of this unit.
            unsafe { self.one_run(&mut sums[..length], offsets) };
            run += 1;
            if run == runs {
                run = 0;
                place.advance(&self.outer);
            }
        }
    }

    /// # Safety
    /// The offsets are those of a run of `sums.len()` elements.
    #[inline(always)]
    unsafe fn one_run(&self, sums: &mut [E], [left, right, result]: [isize; 3]) {
        let along = Along::of(self.run.strides[0], self.run.strides[1]);
        let contiguous = self.run.strides[2] == 1;
        // SAFETY: all places are those of the run, which the product was checked for; `target` is the only reference to
        // its elements.
        unsafe {
            let target = self.tensors.result.offset(result);
            if contiguous && self.inner.is_empty() && self.fastest.size == 1 {
                let target = std::slice::from_raw_parts_mut(target, sums.len());
                if !self.add {
                    return self.write(along, target, left, right);
                }
                return self.accumulate::<1>(along, target, left, right);
            }
            if self.add {
                for (i, sum) in sums.iter_mut().enumerate() {
                    *sum = *target.offset(i.cast_signed() * self.run.strides[2]);
                }
            } else {
                sums.fill(self.rules.zero);
            }
            self.sum(along, sums, left, right);
            if contiguous {
                std::ptr::copy_nonoverlapping(sums.as_ptr(), target, sums.len());
            } else {
                for (i, sum) in sums.iter().enumerate() {
                    *target.offset(i.cast_signed() * self.run.strides[2]) = *sum;
                }
            }
        }
    }

    /// Adds all terms of a run.
    ///
    /// # Safety
    /// As for [`Self::one_run`].
    #[inline(always)]
    unsafe fn sum(&self, along: Along, sums: &mut [E], left: isize, right: isize) {
        let [step_left, step_right] = self.fastest.strides;
        let mut place = Odometer::at(&self.inner, 0, [left, right]);
        for _ in 0..self.inner.size() {
            let [mut left, mut right] = place.offsets;
            let mut rest = self.fastest.size;
            // SAFETY: the terms are those of the inner axes.
            unsafe {
                while rest >= 4 {
                    self.accumulate::<4>(along, sums, left, right);
                    left += 4 * step_left;
                    right += 4 * step_right;
                    rest -= 4;
                }
                while rest > 0 {
                    self.accumulate::<1>(along, sums, left, right);
                    left += step_left;
                    right += step_right;
                    rest -= 1;
                }
            }
            place.advance(&self.inner);
        }
    }

    /// Writes the only term of a run.
    ///
    /// # Safety
    /// As for [`Self::one_run`].
    #[inline(always)]
    unsafe fn write(&self, along: Along, target: &mut [E], left: isize, right: isize) {
        let MultiplyAdd { zero, fused, .. } = self.rules;
        let [along_left, along_right, _] = self.run.strides;
        // SAFETY: reads stay on the run.
        unsafe {
            let (x, y) = (self.tensors.left.offset(left), self.tensors.right.offset(right));
            match along {
                Along::Both => each(target, |i, _| fused(*x.add(i), *y.add(i), zero)),
                Along::Left => {
                    let y = *y;
                    each(target, |i, _| fused(*x.add(i), y, zero));
                }
                Along::Right => {
                    let x = *x;
                    each(target, |i, _| fused(x, *y.add(i), zero));
                }
                Along::Any => each(target, |i, _| {
                    let i = i.cast_signed();
                    fused(*x.offset(i * along_left), *y.offset(i * along_right), zero)
                }),
            }
        }
    }

    /// Adds `TERMS` terms, neighbours along the fastest inner axis, to the sums of a run.
    ///
    /// # Safety
    /// As for [`Self::one_run`].
    #[inline(always)]
    unsafe fn accumulate<const TERMS: usize>(&self, along: Along, sums: &mut [E], left: isize, right: isize) {
        let fused = self.rules.fused;
        let [along_left, along_right, _] = self.run.strides;
        let [step_left, step_right] = self.fastest.strides;
        // SAFETY: reads stay on the run and on the inner axes.
        unsafe {
            let x: [*const E; TERMS] =
                std::array::from_fn(|k| self.tensors.left.offset(left + k.cast_signed() * step_left));
            let y: [*const E; TERMS] =
                std::array::from_fn(|k| self.tensors.right.offset(right + k.cast_signed() * step_right));
            match along {
                Along::Both => {
                    each(sums, |i, sum| (0..TERMS).fold(sum, |sum, k| fused(*x[k].add(i), *y[k].add(i), sum)))
                }
                Along::Left => {
                    let y = y.map(|y| *y);
                    each(sums, |i, sum| (0..TERMS).fold(sum, |sum, k| fused(*x[k].add(i), y[k], sum)));
                }
                Along::Right => {
                    let x = x.map(|x| *x);
                    each(sums, |i, sum| (0..TERMS).fold(sum, |sum, k| fused(x[k], *y[k].add(i), sum)));
                }
                Along::Any => each(sums, |i, sum| {
                    let i = i.cast_signed();
                    let term = |sum, k: usize| fused(*x[k].offset(i * along_left), *y[k].offset(i * along_right), sum);
                    (0..TERMS).fold(sum, term)
                }),
            }
        }
    }
}

/// Replaces every element by a function of its index and itself; a reference of its own, so that loops can be vectors.
#[inline(always)]
fn each<E: Copy>(elements: &mut [E], value: impl Fn(usize, E) -> E) {
    for (i, element) in elements.iter_mut().enumerate() {
        *element = value(i, *element);
    }
}

/// An element-wise product whose operands lie across the runs of the result: tiles of them are transposed on the way.
pub(super) struct Tiled<E, F> {
    tensors: Tensors<E>,
    starts: [isize; 3],
    outer: Axes<3>,
    /// Along the result, and along the operand that lies across.
    sides: [Strided<3>; 2],
    add: bool,
    rules: MultiplyAdd<E, F>,
}

impl<E, F> Tiled<E, F>
where
    E: Copy,
    F: Fn(E, E, E) -> E + Copy,
{
    /// Lays out tiles where an operand is far apart along the runs of the result and close along another axis.
    pub(super) fn new(
        mut outputs: Axes<3>,
        (tensors, starts, add): (Tensors<E>, [isize; 3], bool),
        rules: MultiplyAdd<E, F>,
    ) -> Option<Self> {
        let run = outputs.remove(outputs.len().checked_sub(1)?);
        let across = |tensor: usize| {
            let stride = run.strides[tensor].unsigned_abs();
            if stride <= 1 {
                return None;
            }
            let near = |&place: &usize| outputs[place].strides[tensor].unsigned_abs();
            let closest = (0..outputs.len()).filter(|place| near(place) > 0).min_by_key(near)?;
            (near(&closest) < stride).then_some(closest)
        };
        let other = across(0).or_else(|| across(1))?;
        let other = outputs.remove(other);
        Some(Self { tensors, starts, outer: outputs, sides: [run, other], add, rules })
    }

    fn tiles(&self) -> [usize; 2] {
        self.sides.map(|side| side.size.div_ceil(TILE))
    }

    /// How many independent units of work there are.
    pub(super) fn units(&self) -> usize {
        self.tiles().iter().fold(self.outer.size(), |units, &tiles| units.saturating_mul(tiles))
    }

    /// Elements of a unit.
    pub(super) fn work_of_unit(&self) -> usize {
        self.sides.iter().map(|side| side.size.min(TILE)).product()
    }

    /// Computes some units.
    ///
    /// # Safety
    /// As for [`Stream::run`].
    #[inline(always)]
    pub(super) unsafe fn run(&self, units: Range<usize>) {
        let mut tiles = [[const { MaybeUninit::uninit() }; TILE * TILE]; 2];
        let [_, across] = self.tiles();
        let per_place = across * self.tiles()[0];
        let mut place = Odometer::at(&self.outer, units.start / per_place, self.starts);
        let mut tile = units.start % per_place;
        for _ in units {
            let corner = [tile / across * TILE, tile % across * TILE];
            // SAFETY: a tile of this unit.
            unsafe { self.tile(&mut tiles, corner, place.offsets) };
            tile += 1;
            if tile == per_place {
                tile = 0;
                place.advance(&self.outer);
            }
        }
    }

    /// # Safety
    /// The corner is one of a tile at these offsets.
    #[inline(always)]
    unsafe fn tile(&self, tiles: &mut [[MaybeUninit<E>; TILE * TILE]; 2], corner: [usize; 2], offsets: [isize; 3]) {
        let MultiplyAdd { zero, fused, .. } = self.rules;
        let [width, height] = [0, 1].map(|side: usize| TILE.min(self.sides[side].size - corner[side]));
        let start = |tensor: usize| {
            let moved = |side: usize| corner[side].cast_signed() * self.sides[side].strides[tensor];
            offsets[tensor] + moved(0) + moved(1)
        };
        let strides = |tensor: usize| [0, 1].map(|side: usize| self.sides[side].strides[tensor]);
        let size = [width, height];
        // SAFETY: the places are those of the tile.
        unsafe {
            let x = gather(self.tensors.left.offset(start(0)), strides(0), size, &mut tiles[0]);
            let y = gather(self.tensors.right.offset(start(1)), strides(1), size, &mut tiles[1]);
            let z = self.tensors.result.offset(start(2));
            let [along, across] = strides(2);
            for j in 0..height.cast_signed() {
                let (x_row, y_row) = (x.at.offset(j * x.across), y.at.offset(j * y.across));
                let z_row = z.offset(j * across);
                if along == 1 && x.along == 1 && y.along == 1 {
                    let target = std::slice::from_raw_parts_mut(z_row, width);
                    let first = |old: E| if self.add { old } else { zero };
                    each(target, |i, old| fused(*x_row.add(i), *y_row.add(i), first(old)));
                    continue;
                }
                for i in 0..width.cast_signed() {
                    let target = z_row.offset(i * along);
                    let sum = if self.add { *target } else { zero };
                    *target = fused(*x_row.offset(i * x.along), *y_row.offset(i * y.along), sum);
                }
            }
        }
    }
}

/// A tile of an operand: where it begins and how far its elements are apart along the two sides.
struct Tile<E> {
    at: *const E,
    along: isize,
    across: isize,
}

/// Sees a tile where it is, or copies it so that it is contiguous along the result.
///
/// # Safety
/// Elements at both strides and sizes from `at` may be read; the tile is not larger than `copy`.
#[inline(always)]
unsafe fn gather<E: Copy>(
    at: *const E,
    [along, across]: [isize; 2],
    [width, height]: [usize; 2],
    copy: &mut [MaybeUninit<E>; TILE * TILE],
) -> Tile<E> {
    if along.unsigned_abs() <= 1 {
        return Tile { at, along, across };
    }
    // A whole line of the operand before the next: lines a power of two apart push each other out of the cache.
    for i in 0..width {
        for j in 0..height {
            // SAFETY: the caller's.
            copy[j * TILE + i].write(unsafe { *at.offset(i.cast_signed() * along + j.cast_signed() * across) });
        }
    }
    Tile { at: copy.as_ptr().cast(), along: 1, across: TILE.cast_signed() }
}
