//! Sums along an inner axis on which the operands are contiguous: each element of the result is a dot product.

use std::ops::Range;

use super::{
    MultiplyAdd, Strided,
    axes::{Axes, CheckedProduct, Odometer},
    tensors::Tensors,
};

/// Sums that run beside each other, so that one does not wait for the other: two registers of AVX-512, of `f32`.
const LANES: usize = 32;

/// A product as one dot product for each element of the result.
pub(super) struct Dot<E, F> {
    tensors: Tensors<E>,
    starts: [isize; 3],
    outputs: Axes<3>,
    /// The inner axes without the fastest.
    inner: Axes<2>,
    fastest: Strided<2>,
    add: bool,
    rules: MultiplyAdd<E, F>,
}

/// Whether operands are contiguous, or one of them constant, along an inner axis.
pub(super) const fn is_contiguous(axis: &Strided<2>) -> bool {
    matches!(axis.strides, [1, 1] | [1, 0] | [0, 1])
}

impl<E, F> Dot<E, F>
where
    E: Copy,
    F: Fn(E, E, E) -> E + Copy,
{
    /// Lays out the dot products, if the operands are contiguous along the fastest inner axis.
    pub(super) fn new(
        checked: &CheckedProduct,
        outputs: Axes<3>,
        (tensors, add): (Tensors<E>, bool),
        rules: MultiplyAdd<E, F>,
    ) -> Option<Self> {
        let mut inner = checked.inner;
        let fastest = inner.remove(inner.len().checked_sub(1)?);
        is_contiguous(&fastest).then_some(Self { tensors, starts: checked.starts, outputs, inner, fastest, add, rules })
    }

    /// How many independent units of work there are.
    pub(super) fn units(&self) -> usize {
        self.outputs.size()
    }

    /// Multiply-adds of a unit.
    pub(super) fn work_of_unit(&self) -> usize {
        self.inner.size().saturating_mul(self.fastest.size).max(1)
    }

    /// Computes some units.
    ///
    /// # Safety
    /// The tensors are those that the product was checked against, nobody else writes to these elements of the result
    /// or to the operands meanwhile, and `units` ends at [`Self::units`] or before.
    #[inline(always)]
    pub(super) unsafe fn run(&self, units: Range<usize>) {
        let mut place = Odometer::at(&self.outputs, units.start, self.starts);
        for _ in units {
            let [left, right, result] = place.offsets;
            // SAFETY: the offsets are those of an element of the result.
            unsafe {
                let sum = self.element(left, right);
                let target = self.tensors.result.offset(result);
                *target = if self.add { (self.rules.fused)(sum, self.rules.one, *target) } else { sum };
            }
            place.advance(&self.outputs);
        }
    }

    /// # Safety
    /// The offsets are those of an element of the result.
    #[inline(always)]
    unsafe fn element(&self, left: isize, right: isize) -> E {
        let MultiplyAdd { zero, one, fused } = self.rules;
        let mut sums = [zero; LANES];
        let mut place = Odometer::at(&self.inner, 0, [left, right]);
        for _ in 0..self.inner.size() {
            // SAFETY: the terms are those of the inner axes, contiguous or constant along the fastest.
            unsafe {
                let (x, y) = (self.tensors.left.offset(place.offsets[0]), self.tensors.right.offset(place.offsets[1]));
                let count = self.fastest.size;
                match self.fastest.strides {
                    [1, 1] => accumulate(&mut sums, count, |k, sum| fused(*x.add(k), *y.add(k), sum)),
                    [1, _] => {
                        let y = *y;
                        accumulate(&mut sums, count, |k, sum| fused(*x.add(k), y, sum));
                    }
                    _ => {
                        let x = *x;
                        accumulate(&mut sums, count, |k, sum| fused(x, *y.add(k), sum));
                    }
                }
            }
            place.advance(&self.inner);
        }
        let mut width = LANES;
        while width > 1 {
            width /= 2;
            for i in 0..width {
                sums[i] = fused(sums[width + i], one, sums[i]);
            }
        }
        sums[0]
    }
}

/// Adds term `k` to sum `k % LANES`.
#[inline(always)]
fn accumulate<E: Copy>(sums: &mut [E; LANES], count: usize, term: impl Fn(usize, E) -> E) {
    // A copy that is never indexed by a variable, so that it can stay in registers.
    let mut running = *sums;
    let whole = count / LANES * LANES;
    let mut k = 0;
    while k < whole {
        for i in 0..LANES {
            running[i] = term(k + i, running[i]);
        }
        k += LANES;
    }
    *sums = running;
    for i in 0..count - whole {
        sums[i] = term(whole + i, sums[i]);
    }
}
