//! Orthonormal columns that span those of a matrix.

use schur_tensor::Tensor;

use crate::LinalgError;
use crate::input::{Input, tensor};

/// A QR decomposition: `matrix = q * r`.
#[derive(Debug, Clone, PartialEq)]
pub struct Orthonormal {
    /// `[rows, k]` with `k` the smaller of rows and columns; its columns are orthonormal.
    pub q: Tensor<f64>,
    /// `[k, columns]`, upper triangular.
    pub r: Tensor<f64>,
}

/// Decomposes a matrix into orthonormal columns and a triangle, by Householder reflections.
///
/// # Shapes
/// `matrix: [rows, columns]`.
/// # Errors
/// [`LinalgError`] for a tensor that is no matrix, or an entry that is not finite.
/// # Cost
/// `4 * rows * columns * min(rows, columns)` operations.
/// # Examples
/// ```
/// use schur_linalg::orthonormal;
/// use schur_tensor::Tensor;
///
/// let found = orthonormal(&Tensor::new(&[2, 1], vec![3.0, 4.0])?)?;
/// assert!((found.r.data()[0].abs() - 5.0).abs() < 1e-14);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn orthonormal(matrix: &Tensor<f64>) -> Result<Orthonormal, LinalgError> {
    let input = Input::new("the QR decomposition", matrix)?;
    let found = input.scaled().qr();
    let mut r = tensor(found.thin_R())?;
    r.data_mut().iter_mut().for_each(|entry| *entry *= input.scale);
    Ok(Orthonormal { q: tensor(found.compute_thin_Q().as_ref())?, r })
}
