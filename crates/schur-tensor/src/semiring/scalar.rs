//! Real numbers with their fastest kernels, for code that is generic over precision.

use super::{Arithmetic, Semiring};
use crate::Real;
use crate::product::Number;

/// A real number that tensors are computed with: `f32` or `f64`.
///
/// # Examples
/// ```
/// use schur_tensor::Tensor;
/// use schur_tensor::product::{Mode, Reduction, Strided};
/// use schur_tensor::semiring::{Scalar, Semiring};
///
/// fn sum<T: Scalar>(tensor: &Tensor<T>) -> Result<T, schur_tensor::semiring::SemiringError> {
///     let all = Strided { size: tensor.data().len(), strides: [1] };
///     let reduction = Reduction { kept: Vec::new(), summed: vec![all] };
///     let mut result = [T::from_f64(0.0)];
///     T::arithmetic().reduce(&reduction, tensor.data(), &mut result, Mode::Overwrite)?;
///     Ok(result[0])
/// }
/// assert_eq!(sum(&Tensor::new(&[3], vec![1.0_f32, 2.0, 3.0])?)?, 6.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Scalar: Real + Number {
    /// The field of these numbers, with the fastest kernels of this machine.
    fn arithmetic() -> impl Semiring<Element = Self>;
}

impl Scalar for f32 {
    fn arithmetic() -> impl Semiring<Element = Self> {
        Arithmetic::<Self>::new()
    }
}

impl Scalar for f64 {
    fn arithmetic() -> impl Semiring<Element = Self> {
        Arithmetic::<Self>::new()
    }
}
