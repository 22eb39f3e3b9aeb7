//! The form itself: a core and a factor for each mode.

use schur_tensor::{Real, Tensor};

use crate::check::norm_squared;
use crate::modes::{mode_product, rounded};
use crate::{DecompError, Scalar, matrix, residual};

/// A core multiplied along every mode by a matrix.
///
/// # Examples
/// ```
/// use schur_decomp::tucker::Tucker;
/// use schur_tensor::Tensor;
///
/// let core = Tensor::new(&[1, 1], vec![2.0])?;
/// let column = |numbers: &[f64]| Tensor::new(&[2, 1], numbers.to_vec());
/// let form = Tucker::new(core, vec![column(&[1.0, 0.0])?, column(&[0.0, 3.0])?])?;
/// assert_eq!(form.to_tensor()?.data(), [0.0, 6.0, 0.0, 0.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Tucker<T> {
    core: Tensor<T>,
    factors: Vec<Tensor<T>>,
}

impl<T: Scalar> Tucker<T> {
    /// Takes a core and factors together.
    ///
    /// # Shapes
    /// `core: [r_1, ..., r_d]`, `factors[n]: [I_n, r_n]`.
    /// # Errors
    /// [`DecompError::Count`] or [`DecompError::Mismatch`] for factors that do not fit the core.
    pub fn new(core: Tensor<T>, factors: Vec<Tensor<T>>) -> Result<Self, DecompError> {
        if factors.len() != core.shape().len() {
            let (expected, found) = (core.shape().len(), factors.len());
            return Err(DecompError::Count { what: "factors of a Tucker form", expected, found });
        }
        for (mode, (factor, &rank)) in factors.iter().zip(core.shape()).enumerate() {
            if factor.shape().len() != 2 || factor.shape()[1] != rank {
                let expected = vec![factor.shape().first().copied().unwrap_or(0), rank];
                let found = factor.shape().to_vec();
                return Err(DecompError::Mismatch { what: format!("the factor of mode {mode}"), expected, found });
            }
        }
        Ok(Self { core, factors })
    }

    /// The core, `[r_1, ..., r_d]`.
    pub const fn core(&self) -> &Tensor<T> {
        &self.core
    }

    /// One matrix `[I_n, r_n]` a mode.
    pub fn factors(&self) -> &[Tensor<T>] {
        &self.factors
    }

    /// Gives core and factors away.
    pub fn into_parts(self) -> (Tensor<T>, Vec<Tensor<T>>) {
        (self.core, self.factors)
    }

    /// The size of each mode.
    pub fn shape(&self) -> Vec<usize> {
        self.factors.iter().map(|factor| factor.shape()[0]).collect()
    }

    /// The rank of each mode.
    pub fn ranks(&self) -> &[usize] {
        self.core.shape()
    }

    /// The number of numbers it takes.
    pub fn parameters(&self) -> usize {
        self.core.data().len() + self.factors.iter().map(|factor| factor.data().len()).sum::<usize>()
    }

    /// The element at a multi-index; none outside the shape.
    ///
    /// # Cost
    /// Two operations an element of the core.
    pub fn get(&self, index: &[usize]) -> Option<T> {
        if index.len() != self.factors.len() || index.iter().zip(&self.factors).any(|(&i, f)| i >= f.shape()[0]) {
            return None;
        }
        let mut numbers = self.core.data().to_vec();
        for (&i, factor) in index.iter().zip(&self.factors).rev() {
            let rank = factor.shape()[1];
            let row = &factor.data()[i * rank..][..rank];
            let sum = |run: &[T]| run.iter().zip(row).fold(<T as Real>::ZERO, |sum, (&a, &b)| sum + a * b);
            numbers = if rank == 0 { Vec::new() } else { numbers.chunks_exact(rank).map(sum).collect() };
        }
        Some(numbers.first().copied().unwrap_or(<T as Real>::ZERO))
    }

    /// Multiplies it out.
    ///
    /// # Errors
    /// [`DecompError::Shape`] if the tensor cannot be held.
    /// # Cost
    /// `2 r` operations an element for the last mode, less for the others.
    pub fn to_tensor(&self) -> Result<Tensor<T>, DecompError> {
        expand(self.core.clone(), &self.factors, 0)
    }

    /// The Frobenius norm, from the core and the Gram matrices of the factors.
    ///
    /// # Errors
    /// [`DecompError::Shape`] if a Gram matrix cannot be held.
    pub fn norm(&self) -> Result<f64, DecompError> {
        let mut image = self.core.clone();
        for (mode, factor) in self.factors.iter().enumerate() {
            image = mode_product(&image, mode, &rounded::<T>(&matrix::gram(factor)?)?.view())?;
        }
        let product = |(a, b): (&T, &T)| a.to_f64() * b.to_f64();
        Ok(self.core.data().iter().zip(image.data()).map(product).sum::<f64>().max(0.0).sqrt())
    }

    /// The relative error against data whose squares sum up to `whole`, element by element.
    pub(super) fn residual(&self, data: &Tensor<T>, whole: f64) -> Result<f64, DecompError> {
        let lead = residual::leading_modes(data.shape());
        let mut core = self.core.clone();
        for mode in 0..lead {
            core = mode_product(&core, mode, &self.factors[mode].view().permuted(&[1, 0])?)?;
        }
        let (behind, slice) = (&self.core.shape()[lead..], self.core.shape()[lead..].iter().product::<usize>());
        let squared = residual::squared(data, lead, |rows| {
            let shape: Vec<usize> = [rows.len()].into_iter().chain(behind.iter().copied()).collect();
            let part = Tensor::new(&shape, core.data()[rows.start * slice..rows.end * slice].to_vec())?;
            expand(part, &self.factors[lead..], 1)
        })?;
        Ok((squared / whole).sqrt())
    }

    /// The relative error if the factors are orthonormal and the core is the data seen through them.
    pub(super) fn projection_error(&self, data: &Tensor<T>, whole: f64) -> Result<f64, DecompError> {
        match residual::of_projection::<T>(whole, norm_squared(self.core.data())) {
            Some(error) => Ok(error),
            None => self.residual(data, whole),
        }
    }
}

/// Multiplies by the transposes of factors, from mode `first` on.
fn expand<T: Scalar>(core: Tensor<T>, factors: &[Tensor<T>], first: usize) -> Result<Tensor<T>, DecompError> {
    let mut result = core;
    for (number, factor) in factors.iter().enumerate() {
        result = mode_product(&result, first + number, &factor.view().permuted(&[1, 0])?)?;
    }
    Ok(result)
}
