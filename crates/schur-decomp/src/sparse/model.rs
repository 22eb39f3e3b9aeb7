//! A sparse tensor and a model of it: inner products, and what the model misses.

use rayon::prelude::*;

use super::Sparse;
use crate::cp::Cp;
use crate::{DecompError, Scalar};

/// Elements of one task; fixed, so that sums have the same bits for any number of threads.
const TASK: usize = 1 << 12;

/// How many elements, zeros included, are worth going through one by one: those of a small tensor, ...
const FEW: usize = 1 << 22;
/// ... or so many for each element stored.
const PER_STORED: usize = 16;

/// Rounding of a sum of `n` terms, in units of `sqrt(n)` times the machine's; several times what is usual.
const SUM_ROUNDING: f64 = 8.0;

impl<T: Scalar> Sparse<T> {
    /// The sum of the products of all elements with those of a model.
    ///
    /// # Errors
    /// [`DecompError::Mismatch`] for a model of another shape.
    /// # Cost
    /// `modes * rank` operations an element stored, in f64 whatever the numbers.
    pub fn inner(&self, model: &Cp<T>) -> Result<f64, DecompError> {
        self.check_shape(model)?;
        let elements: Vec<usize> = (0..self.values.len()).collect();
        let part = |part: &[usize]| -> f64 {
            let mut terms = vec![0.0; model.rank()];
            part.iter().map(|&element| self.values[element].to_f64() * self.modelled(model, element, &mut terms)).sum()
        };
        let parts: Vec<f64> = elements.par_chunks(TASK).map(part).collect();
        Ok(parts.iter().sum())
    }

    /// `|tensor - model| / |tensor|` over all elements, zeros included, and the least that can be seen so.
    ///
    /// The squares of the two norms and twice the inner product are computed apart, so what is left of them has lost
    /// digits where the error is small: an error near the second number says no more than that it is not much larger.
    /// Errors of tensors with few elements altogether are summed one by one and lose nothing.
    ///
    /// # Errors
    /// [`DecompError::Mismatch`] for a model of another shape, [`DecompError::AllZero`].
    /// # Examples
    /// ```
    /// use schur_decomp::cp::Cp;
    /// use schur_decomp::sparse::{Duplicates, Sparse};
    /// use schur_tensor::Tensor;
    ///
    /// let tensor = Sparse::new(&[2, 2], vec![vec![0, 1], vec![0, 1]], vec![1.0, 1.0], Duplicates::Refuse)?;
    /// let ones = Tensor::filled(&[2, 1], 1.0)?;
    /// let (error, _) = tensor.relative_error(&Cp::new(vec![1.0], vec![ones.clone(), ones])?)?;
    /// assert!((error - 1.0).abs() < 1e-15);
    /// # Ok::<(), schur_decomp::DecompError>(())
    /// ```
    pub fn relative_error(&self, model: &Cp<T>) -> Result<(f64, f64), DecompError> {
        if self.norm_squared == 0.0 {
            return Err(DecompError::AllZero);
        }
        if let Some(squared) = self.residual_squared(model)? {
            return Ok(((squared / self.norm_squared).sqrt(), 0.0));
        }
        let (inner, model) = (self.inner(model)?, model.norm_squared()?);
        let squared = self.norm_squared - 2.0 * inner + model;
        let largest = self.norm_squared.max(2.0 * inner.abs()).max(model);
        let rounding = SUM_ROUNDING * (self.values.len() as f64).sqrt() * f64::EPSILON;
        let floor = (largest * rounding / self.norm_squared).sqrt();
        Ok(((squared.max(0.0) / self.norm_squared).sqrt(), floor))
    }

    /// `|tensor - model|^2` element by element, zeros included; none if there are too many of them.
    ///
    /// # Errors
    /// [`DecompError::Mismatch`] for a model of another shape.
    pub fn residual_squared(&self, model: &Cp<T>) -> Result<Option<f64>, DecompError> {
        self.check_shape(model)?;
        let count = schur_tensor::element_count(&self.shape).unwrap_or(usize::MAX);
        if count > FEW.max(self.values.len().saturating_mul(PER_STORED)) {
            return Ok(None);
        }
        let row = self.shape.last().copied().unwrap_or(1);
        let fibres: Vec<usize> = (0..count / row).collect();
        let parts = fibres.par_chunks(TASK.div_ceil(row)).map(|part| self.missed(model, part));
        let parts: Vec<f64> = parts.collect();
        Ok(Some(parts.iter().sum()))
    }

    /// What the model misses of some rows of the last mode, which follow each other.
    fn missed(&self, model: &Cp<T>, rows: &[usize]) -> f64 {
        let size = self.shape.last().copied().unwrap_or(1);
        let others = &self.shape[..self.shape.len() - 1];
        let Some(last) = model.factors().last() else { return 0.0 };
        let rank = model.rank();
        let mut next = self.first_from(rows[0]);
        let mut sum = 0.0;
        for &row in rows {
            let mut rest = row;
            let mut terms: Vec<f64> = model.weights().iter().map(|weight| weight.to_f64()).collect();
            for (factor, &size) in model.factors()[..others.len()].iter().zip(others).rev() {
                let columns = &factor.data()[rest % size * rank..][..rank];
                terms.iter_mut().zip(columns).for_each(|(term, x)| *term *= x.to_f64());
                rest /= size;
            }
            for index in 0..size {
                let columns = &last.data()[index * rank..][..rank];
                let modelled: f64 = terms.iter().zip(columns).map(|(term, x)| term * x.to_f64()).sum();
                let stands_here = next < self.values.len() && self.place(next) == row * size + index;
                let value = if stands_here { self.values[next].to_f64() } else { 0.0 };
                next += usize::from(stands_here);
                sum += (value - modelled) * (value - modelled);
            }
        }
        sum
    }

    /// The first element stored in or after a row of the last mode.
    fn first_from(&self, row: usize) -> usize {
        let start = row * self.shape.last().copied().unwrap_or(1);
        let (mut low, mut high) = (0, self.values.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.place(middle) < start { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// The place of an element in row-major order, of a tensor small enough.
    fn place(&self, element: usize) -> usize {
        self.indices.iter().zip(&self.shape).fold(0, |place, (list, size)| place * size + list[element] as usize)
    }

    /// The model's element at the coordinates of one stored.
    fn modelled(&self, model: &Cp<T>, element: usize, terms: &mut [f64]) -> f64 {
        let rank = model.rank();
        terms.iter_mut().zip(model.weights()).for_each(|(term, weight)| *term = weight.to_f64());
        for (list, factor) in self.indices.iter().zip(model.factors()) {
            let columns = &factor.data()[list[element] as usize * rank..][..rank];
            terms.iter_mut().zip(columns).for_each(|(term, x)| *term *= x.to_f64());
        }
        terms.iter().sum()
    }

    fn check_shape(&self, model: &Cp<T>) -> Result<(), DecompError> {
        if model.shape() == self.shape {
            return Ok(());
        }
        let (expected, found) = (self.shape.clone(), model.shape());
        Err(DecompError::Mismatch { what: "the model".to_owned(), expected, found })
    }
}
