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

    /// The weights of an edge from `column` on.
    ///
    /// # Safety
    /// `edge` has a point; `column` plus a register lies within the weights that `check` has admitted.
    #[inline(always)]
    pub(super) unsafe fn value<S: Simd>(&self, simd: S, edge: usize, column: usize) -> Lanes<T, S> {
        // SAFETY: `check` has found row + 4 inside the coefficients and the columns inside a row.
        unsafe {
            let point = self.points.get_unchecked(edge);
            let rows = self.coefficients.as_ptr().add(point.row * self.width + column);
            let mut sum = T::times(simd, T::splat(simd, point.value[0]), T::load::<S>(rows));
            for i in 1..4 {
                sum = T::mul_add(simd, T::splat(simd, point.value[i]), T::load::<S>(rows.add(i * self.width)), sum);
            }
            sum
        }
    }

    /// The weights of an edge from `column` on and their derivatives with respect to the distance.
    ///
    /// # Safety
    /// As for [`Self::value`].
    #[inline(always)]
    pub(super) unsafe fn value_and_derivative<S: Simd>(
        &self,
        simd: S,
        edge: usize,
        column: usize,
    ) -> (Lanes<T, S>, Lanes<T, S>) {
        // SAFETY: as above.
        unsafe {
            let point = self.points.get_unchecked(edge);
            let rows = self.coefficients.as_ptr().add(point.row * self.width + column);
            let first = T::load::<S>(rows);
            let mut value = T::times(simd, T::splat(simd, point.value[0]), first);
            let mut derivative = T::times(simd, T::splat(simd, point.derivative[0]), first);
            for i in 1..4 {
                let row = T::load::<S>(rows.add(i * self.width));
                value = T::mul_add(simd, T::splat(simd, point.value[i]), row, value);
                derivative = T::mul_add(simd, T::splat(simd, point.derivative[i]), row, derivative);
            }
            (value, derivative)
        }
    }
}
