//! Where the weights of an edge come from.

use schur_tensor::{Lanes, Real, pulp::Simd};

use crate::{SplinePoint, SplineTable};

/// A source of weights, read one register at a time inside a kernel.
pub(super) trait Weights<T: Real>: Copy {
    /// Edges that it has weights for.
    fn edges(&self) -> usize;
    /// Checks that it holds `weights` numbers an edge wherever a kernel may look.
    fn check(&self, weights: usize);

    /// The weights of an edge from `column` on.
    ///
    /// # Safety
    /// `edge < self.edges()`, `column` plus a register lies within the weights that `check` has admitted.
    unsafe fn value<S: Simd>(&self, simd: S, edge: usize, column: usize) -> Lanes<T, S>;

    /// The weights of an edge from `column` on and their derivatives with respect to the distance.
    ///
    /// # Safety
    /// As for [`Self::value`].
    unsafe fn value_and_derivative<S: Simd>(&self, simd: S, edge: usize, column: usize) -> (Lanes<T, S>, Lanes<T, S>);
}

/// Weights from a table of splines over the distance.
#[derive(Debug, Clone, Copy)]
pub struct SplineWeights<'a, T> {
    /// Where each edge's distance falls in the table.
    pub points: &'a [SplinePoint<T>],
    /// The table.
    pub table: &'a SplineTable<T>,
}

impl<T: Real> Weights<T> for SplineWeights<'_, T> {
    fn edges(&self) -> usize {
        self.points.len()
    }

    fn check(&self, weights: usize) {
        let rows = self.table.coefficients().len() / self.table.width();
        assert!(weights <= self.table.width(), "the table has {} columns, not {weights}", self.table.columns());
        assert!(self.points.iter().all(|p| p.row + 4 <= rows), "a point lies outside the table of {rows} rows");
    }

    #[inline(always)]
    unsafe fn value<S: Simd>(&self, simd: S, edge: usize, column: usize) -> Lanes<T, S> {
        // SAFETY: `check` has found row + 4 inside the table and the columns inside a row.
        unsafe {
            let point = self.points.get_unchecked(edge);
            let width = self.table.width();
            let rows = self.table.coefficients().as_ptr().add(point.row * width + column);
            let mut sum = T::times(simd, T::splat(simd, point.value[0]), T::load::<S>(rows));
            for i in 1..4 {
                sum = T::mul_add(simd, T::splat(simd, point.value[i]), T::load::<S>(rows.add(i * width)), sum);
            }
            sum
        }
    }

    #[inline(always)]
    unsafe fn value_and_derivative<S: Simd>(&self, simd: S, edge: usize, column: usize) -> (Lanes<T, S>, Lanes<T, S>) {
        // SAFETY: as above.
        unsafe {
            let point = self.points.get_unchecked(edge);
            let width = self.table.width();
            let rows = self.table.coefficients().as_ptr().add(point.row * width + column);
            let first = T::load::<S>(rows);
            let mut value = T::times(simd, T::splat(simd, point.value[0]), first);
            let mut derivative = T::times(simd, T::splat(simd, point.derivative[0]), first);
            for i in 1..4 {
                let row = T::load::<S>(rows.add(i * width));
                value = T::mul_add(simd, T::splat(simd, point.value[i]), row, value);
                derivative = T::mul_add(simd, T::splat(simd, point.derivative[i]), row, derivative);
            }
            (value, derivative)
        }
    }
}

/// Weights computed beforehand for every edge.
#[derive(Debug, Clone, Copy)]
pub struct DirectWeights<'a, T> {
    /// Values, `[edge][width]`.
    pub values: &'a [T],
    /// Derivatives with respect to the distance, `[edge][width]`; not read forward.
    pub derivatives: &'a [T],
    /// Numbers an edge.
    pub width: usize,
}

impl<T: Real> Weights<T> for DirectWeights<'_, T> {
    fn edges(&self) -> usize {
        self.values.len() / self.width
    }

    fn check(&self, weights: usize) {
        assert!(weights <= self.width, "edges have {} weights, not {weights}", self.width);
        assert_eq!(self.derivatives.len(), self.values.len(), "every weight has a derivative");
    }

    #[inline(always)]
    unsafe fn value<S: Simd>(&self, _simd: S, edge: usize, column: usize) -> Lanes<T, S> {
        // SAFETY: the edge is below `edges` and the columns inside `width`.
        unsafe { T::load::<S>(self.values.as_ptr().add(edge * self.width + column)) }
    }

    #[inline(always)]
    unsafe fn value_and_derivative<S: Simd>(&self, simd: S, edge: usize, column: usize) -> (Lanes<T, S>, Lanes<T, S>) {
        // SAFETY: `check` has found as many derivatives as values.
        unsafe {
            let derivative = T::load::<S>(self.derivatives.as_ptr().add(edge * self.width + column));
            (self.value(simd, edge, column), derivative)
        }
    }
}
