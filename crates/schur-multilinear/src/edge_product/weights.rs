//! Where the weights of an edge come from: four consecutive rows of coefficients and how to combine them.
//!
//! A cubic spline is such a combination ([`SplineTable`]). So are weights computed beforehand for every edge: rows of
//! values and derivatives in turn, of which the one or the other counts once ([`SplinePoint::direct`]). One kernel
//! serves both.

use schur_tensor::{Lanes, Real, pulp::Simd};

use crate::{SplinePoint, SplineTable};

/// The weights of a node's edges.
#[derive(Debug, Clone, Copy)]
pub struct EdgeWeights<'a, T> {
    /// The rows of each edge and how they combine.
    pub points: &'a [SplinePoint<T>],
    /// Coefficients, `[row][width]`.
    pub coefficients: &'a [T],
    /// Numbers in a row.
    pub width: usize,
}

impl<'a, T: Real> EdgeWeights<'a, T> {
    /// The weights at points of a table.
    pub fn from_table(points: &'a [SplinePoint<T>], table: &'a SplineTable<T>) -> Self {
        Self { points, coefficients: table.coefficients(), width: table.width() }
    }

    /// Checks that every place where a kernel may look is there.
    pub(super) fn check(&self, weights: usize) {
        assert!(weights <= self.width, "a row has {} weights, not {weights}", self.width);
        let rows = self.coefficients.len() / self.width;
        let is_inside = |point: &SplinePoint<T>| point.row.checked_add(4).is_some_and(|end| end <= rows);
        assert!(self.points.iter().all(is_inside), "a point lies outside the {rows} rows");
    }

    /// The weights of one edge, as a kernel reads them.
    ///
    /// # Safety
    /// `edge` has a point.
    #[inline(always)]
    pub(super) unsafe fn row(&self, edge: usize) -> WeightRow<'a, T> {
        // SAFETY: the caller vouches for the edge; `check` has found row + 4 inside the coefficients.
        unsafe {
            let point = self.points.get_unchecked(edge);
            WeightRow { rows: self.coefficients.as_ptr().add(point.row * self.width), width: self.width, point }
        }
    }
}

/// The four rows of one edge.
#[derive(Clone, Copy)]
pub(super) struct WeightRow<'a, T> {
    rows: *const T,
    width: usize,
    point: &'a SplinePoint<T>,
}

impl<T: Real> WeightRow<'_, T> {
    /// The four rows from `column` on.
    ///
    /// # Safety
    /// `column` plus a register lies within the weights that `EdgeWeights::check` has admitted.
    #[inline(always)]
    pub unsafe fn rows<S: Simd>(&self, column: usize) -> [Lanes<T, S>; 4] {
        // SAFETY: the four rows lie inside the coefficients, the columns inside a row.
        unsafe {
            let rows = self.rows.add(column);
            [
                T::load::<S>(rows),
                T::load::<S>(rows.add(self.width)),
                T::load::<S>(rows.add(2 * self.width)),
                T::load::<S>(rows.add(3 * self.width)),
            ]
        }
    }

    /// The weights that four rows combine to.
    #[inline(always)]
    pub fn value<S: Simd>(&self, simd: S, rows: &[Lanes<T, S>; 4]) -> Lanes<T, S> {
        combine(simd, &self.point.value, rows)
    }

    /// The cotangent of the distance from `sums`, where the cotangents of the weights are multiplied with each row.
    ///
    /// The derivative of a weight is another combination of the same rows, so it need not be formed in the loop.
    #[inline(always)]
    pub fn distance<S: Simd>(&self, simd: S, sums: &[Lanes<T, S>; 4]) -> Lanes<T, S> {
        combine(simd, &self.point.derivative, sums)
    }
}

#[inline(always)]
fn combine<T: Real, S: Simd>(simd: S, factors: &[T; 4], rows: &[Lanes<T, S>; 4]) -> Lanes<T, S> {
    let mut sum = T::times(simd, T::splat(simd, factors[0]), rows[0]);
    for i in 1..4 {
        sum = T::mul_add(simd, T::splat(simd, factors[i]), rows[i], sum);
    }
    sum
}
