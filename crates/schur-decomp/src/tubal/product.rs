//! The product of tensors of tubes, and its transpose and identity.

use schur_tensor::{Real, Tensor};

use super::faces::{Faces, check_tubes};
use crate::{DecompError, Scalar};

/// Multiplies two tensors of tubes: a matrix product whose multiplication is circular convolution.
///
/// $$ z_{ijt} = \sum_{l, s} x_{i l s}\, y_{l j (t - s) \bmod n} $$
///
/// # Shapes
/// `left: [m, k, n]`, `right: [k, p, n]` -> `[m, p, n]`.
/// # Errors
/// [`DecompError::Mismatch`] if they do not fit.
/// # Cost
/// Products of complex matrices, one for each of `n / 2 + 1` frequencies, and the transforms.
/// # Source
/// M. Kilmer and C. Martin, *Factorization strategies for third-order tensors*, 2011.
/// # Examples
/// ```
/// use schur_decomp::tubal::t_product;
/// use schur_tensor::Tensor;
///
/// let left = Tensor::new(&[1, 1, 3], vec![1.0, 2.0, 3.0])?;
/// let shift = Tensor::new(&[1, 1, 3], vec![0.0, 1.0, 0.0])?;
/// let shifted = t_product(&left, &shift)?;
/// assert!(shifted.data().iter().zip([3.0, 1.0, 2.0]).all(|(a, b): (&f64, f64)| (a - b).abs() < 1e-14));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn t_product<T: Scalar>(left: &Tensor<T>, right: &Tensor<T>) -> Result<Tensor<T>, DecompError> {
    let ([_, inner, tube], [_, columns, _]) =
        (check_tubes("the t-product", left)?, check_tubes("the t-product", right)?);
    if right.shape() != [inner, columns, tube] {
        let (expected, found) = (vec![inner, columns, tube], right.shape().to_vec());
        return Err(DecompError::Mismatch { what: "the right factor of a t-product".to_owned(), expected, found });
    }
    Faces::new(left)?.product(&Faces::new(right)?)?.to_tensor()
}

/// Transposes a tensor of tubes: rows against columns, and every tube backwards from its second element.
///
/// # Shapes
/// `tensor: [m, k, n]` -> `[k, m, n]`.
/// # Errors
/// [`DecompError::Order`] or [`DecompError::Count`] for a tensor of another order.
pub fn t_transpose<T: Scalar>(tensor: &Tensor<T>) -> Result<Tensor<T>, DecompError> {
    let [rows, columns, tube] = check_tubes("the transpose", tensor)?;
    let data = tensor.data();
    let element = |i: &[usize]| data[(i[1] * columns + i[0]) * tube + (tube - i[2]) % tube];
    Ok(Tensor::from_fn(&[columns, rows, tube], element)?)
}

/// The tensor of tubes that changes nothing as a factor.
///
/// # Shapes
/// `[size, size, tube]`.
/// # Errors
/// [`DecompError::Shape`] if it cannot be held.
pub fn t_identity<T: Scalar>(size: usize, tube: usize) -> Result<Tensor<T>, DecompError> {
    let element = |i: &[usize]| if i[0] == i[1] && i[2] == 0 { <T as Real>::ONE } else { <T as Real>::ZERO };
    Ok(Tensor::from_fn(&[size, size, tube], element)?)
}
