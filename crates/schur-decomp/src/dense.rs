//! Dense tensors as data of a fit: checked once, never copied, never permuted.

use schur_tensor::Tensor;

use crate::cp::{Cp, CpTensor, MttkrpSequence};
use crate::{DecompError, Scalar, check};

mod contract;
pub(crate) mod panel;
mod residual;
mod sequence;

/// A dense tensor that models are fitted to.
///
/// # Examples
/// ```
/// use schur_decomp::cp::CpTensor;
/// use schur_decomp::dense::Dense;
/// use schur_tensor::Tensor;
///
/// let tensor = Tensor::new(&[2, 2], vec![1.0, 2.0, 2.0, 4.0])?;
/// assert_eq!(Dense::new(&tensor)?.norm_squared(), 25.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Dense<'a, T> {
    tensor: &'a Tensor<T>,
    norm_squared: f64,
}

impl<'a, T: Scalar> Dense<'a, T> {
    /// Checks a tensor.
    ///
    /// # Errors
    /// [`DecompError`] for fewer than two modes, an empty one, an element that is not finite, no element that is not
    /// zero, or elements whose squares cannot be summed.
    /// # Cost
    /// Reads the tensor once.
    pub fn new(tensor: &'a Tensor<T>) -> Result<Self, DecompError> {
        Ok(Self { tensor, norm_squared: check::dense("a decomposition", 2, tensor)? })
    }

    /// The tensor itself.
    pub const fn tensor(&self) -> &'a Tensor<T> {
        self.tensor
    }
}

/// The products of a tensor that nobody has checked, as derivatives of a loss are: all of them may be zero.
pub(crate) fn products_of<T: Scalar>(tensor: &Tensor<T>, rank: usize) -> Result<impl MttkrpSequence<T>, DecompError> {
    sequence::Sequence::new(tensor, rank)
}

impl<T: Scalar> CpTensor<T> for Dense<'_, T> {
    fn shape(&self) -> &[usize] {
        self.tensor.shape()
    }

    fn norm_squared(&self) -> f64 {
        self.norm_squared
    }

    fn products_bytes(&self, rank: usize) -> u64 {
        sequence::bytes(self.tensor, rank)
    }

    fn products<'a>(&'a self, rank: usize) -> Result<Box<dyn MttkrpSequence<T> + 'a>, DecompError> {
        Ok(Box::new(sequence::Sequence::new(self.tensor, rank)?))
    }

    fn residual_squared(&self, model: &Cp<T>) -> Result<Option<f64>, DecompError> {
        residual::squared(self.tensor, model).map(Some)
    }
}
