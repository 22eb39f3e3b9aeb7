//! What alternating least squares asks of a tensor, however it is stored.

use schur_tensor::Tensor;

use super::Cp;
use crate::{DecompError, Scalar};

/// A tensor that canonical polyadic models are fitted to: dense, sparse, or given by factors.
pub trait CpTensor<T: Scalar>: Sync {
    /// The size of each mode.
    fn shape(&self) -> &[usize];

    /// The sum of the squares of all elements.
    fn norm_squared(&self) -> f64;

    /// Bytes that the products of a fit hold beside the tensor, from its sizes alone: an estimate, rather too much than
    /// too little, that makes nothing.
    fn products_bytes(&self, rank: usize) -> u64;

    /// Plans the products of a fit with so many components.
    ///
    /// # Errors
    /// [`DecompError`] if their memory cannot be held.
    fn products<'a>(&'a self, rank: usize) -> Result<Box<dyn MttkrpSequence<T> + 'a>, DecompError>;

    /// `|data - model|^2` summed element by element, for errors too small to be seen in the difference of norms.
    ///
    /// None where that is not to be had.
    ///
    /// # Errors
    /// [`DecompError::Mismatch`] for a model of another shape.
    fn residual_squared(&self, model: &Cp<T>) -> Result<Option<f64>, DecompError> {
        let _ = model;
        Ok(None)
    }
}

/// Matricised tensor times Khatri-Rao products, mode after mode, with what they share kept between them.
pub trait MttkrpSequence<T: Scalar> {
    /// `result[i, r] = sum of x[.., i, ..] * product over other modes n of factors[n][i_n, r]`.
    ///
    /// # Shapes
    /// `factors[n]: [I_n, rank]`; that of `mode` is not read. `result: [I_mode, rank]`, row-major, overwritten.
    /// # Errors
    /// [`DecompError::Mismatch`] for a factor of another shape.
    fn product(&mut self, factors: &[Tensor<T>], mode: usize, result: &mut [T]) -> Result<(), DecompError>;

    /// Says that a factor has changed, so that what was kept of it is void.
    fn changed(&mut self, mode: usize);

    /// Bytes held for all this, beside the tensor.
    fn workspace_bytes(&self) -> u64;
}
