//! The form itself: weights and vectors.

use schur_tensor::{Real, Tensor};

use super::SymmetricTensor;
use crate::cp::Cp;
use crate::{DecompError, Scalar};

/// A sum of outer powers of vectors, with weights of either sign.
#[derive(Debug, Clone, PartialEq)]
pub struct SymmetricCp<T> {
    order: usize,
    weights: Vec<T>,
    vectors: Tensor<T>,
}

impl<T: Scalar> SymmetricCp<T> {
    /// Takes weights and vectors together.
    ///
    /// # Shapes
    /// `weights: [rank]`, `vectors: [size, rank]`.
    /// # Errors
    /// [`DecompError::Mismatch`] if the vectors are no matrix of so many columns.
    pub fn new(order: usize, weights: Vec<T>, vectors: Tensor<T>) -> Result<Self, DecompError> {
        match *vectors.shape() {
            [_, rank] if rank == weights.len() => Ok(Self { order, weights, vectors }),
            _ => {
                let expected = vec![vectors.shape().first().copied().unwrap_or(0), weights.len()];
                let found = vectors.shape().to_vec();
                Err(DecompError::Mismatch { what: "the vectors".to_owned(), expected, found })
            }
        }
    }

    /// The number of modes of the tensor.
    pub const fn order(&self) -> usize {
        self.order
    }

    /// The number of powers.
    pub const fn rank(&self) -> usize {
        self.weights.len()
    }

    /// The weight of each power.
    pub fn weights(&self) -> &[T] {
        &self.weights
    }

    /// One column a power.
    pub const fn vectors(&self) -> &Tensor<T> {
        &self.vectors
    }

    /// One column.
    pub(super) fn vector(&self, r: usize) -> Vec<f64> {
        self.vectors.data().iter().skip(r).step_by(self.rank()).map(|value| value.to_f64()).collect()
    }

    /// Multiplies it out.
    ///
    /// # Errors
    /// [`DecompError::Shape`] if the tensor cannot be held.
    pub fn to_symmetric_tensor(&self) -> Result<SymmetricTensor<T>, DecompError> {
        let mut sum = SymmetricTensor::from_fn(self.vectors.shape()[0], self.order, |_| 0.0_f64)?;
        for (r, weight) in self.weights.iter().enumerate() {
            sum.add_power(weight.to_f64(), &self.vector(r));
        }
        let mut values = sum.data().iter().map(|&value| T::from_f64(value));
        let next = |_: &[usize]| values.next().unwrap_or(<T as Real>::ZERO);
        SymmetricTensor::from_fn(self.vectors.shape()[0], self.order, next)
    }

    /// The same as a canonical form whose factors are all equal.
    ///
    /// # Errors
    /// None: the shapes agree.
    pub fn to_cp(&self) -> Result<Cp<T>, DecompError> {
        Cp::new(self.weights.clone(), vec![self.vectors.clone(); self.order])
    }
}
