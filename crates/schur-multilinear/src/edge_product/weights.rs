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
        let rows = self.coefficients.len() / self.width;
        assert!(weights <= self.width, "a row has {} weights, not {weights}", self.width);
        assert!(self.points.iter().all(|p| p.row + 4 <= rows), "a point lies outside the {rows} rows");
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
    /// The weights from `column` on.
    ///
    /// # Safety
    /// `column` plus a register lies within the weights that `EdgeWeights::check` has admitted.
    #[inline(always)]
    pub unsafe fn value<S: Simd>(&self, simd: S, column: usize) -> Lanes<T, S> {
        // SAFETY: the four rows lie inside the coefficients, the columns inside a row.
        unsafe {
            let rows = self.rows.add(column);
            let mut sum = T::times(simd, T::splat(simd, self.point.value[0]), T::load::<S>(rows));
            for i in 1..4 {
                let factor = T::splat(simd, self.point.value[i]);
                sum = T::mul_add(simd, factor, T::load::<S>(rows.add(i * self.width)), sum);
            }
            sum
        }
    }

    /// The weights from `column` on and their derivatives with respect to the distance.
    ///
    /// # Safety
    /// As for [`Self::value`].
    #[inline(always)]
    pub unsafe fn value_and_derivative<S: Simd>(&self, simd: S, column: usize) -> (Lanes<T, S>, Lanes<T, S>) {
        // SAFETY: as above.
        unsafe {
            let rows = self.rows.add(column);
            let first = T::load::<S>(rows);
            let mut value = T::times(simd, T::splat(simd, self.point.value[0]), first);
            let mut derivative = T::times(simd, T::splat(simd, self.point.derivative[0]), first);
            for i in 1..4 {
                let row = T::load::<S>(rows.add(i * self.width));
                value = T::mul_add(simd, T::splat(simd, self.point.value[i]), row, value);
                derivative = T::mul_add(simd, T::splat(simd, self.point.derivative[i]), row, derivative);
            }
            (value, derivative)
        }
    }
}
