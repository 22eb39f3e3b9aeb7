//! Products that wait for memory: one pass over the result, a run of it at a time.
//!
//! A run lies along one axis of the result on which each operand is contiguous or constant, so that the compiler can
//! turn the loop along it into vector instructions. Sums are kept in the first-level cache and go through the inner axes
//! in their order.

use std::ops::Range;

use super::{
    MultiplyAdd, Strided,
    axes::{Axes, CheckedProduct, Odometer},
    tensors::Tensors,
};

/// Elements of the result in one run: their sums stay in the first-level cache, a page of `f32` is read at once.
const RUN: usize = 1024;

/// Runs from so many elements on begin at a cache line.
const LONG_RUN: usize = 256;

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
                    let (head, body) = target.split_at_mut(head_of(target));
                    let [step_left, step_right, _] = self.run.strides.map(|stride| head.len().cast_signed() * stride);
                    if !head.is_empty() {
                        self.write(along, head, left, right);
                    }
                    return self.write(along, body, left + step_left, right + step_right);
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

/// How many elements lie before the first cache line: vectors that are stored across two lines take twice the time.
#[inline(always)]
fn head_of<E>(run: &[E]) -> usize {
    if run.len() < LONG_RUN { 0 } else { run.as_ptr().align_offset(64).min(run.len()) }
}

/// Replaces every element by a function of its index and itself; a reference of its own, so that loops can be vectors.
#[inline(always)]
pub(super) fn each<E: Copy>(elements: &mut [E], value: impl Fn(usize, E) -> E) {
    for (i, element) in elements.iter_mut().enumerate() {
        *element = value(i, *element);
    }
}
