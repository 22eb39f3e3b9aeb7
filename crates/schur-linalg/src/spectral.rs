//! Singular values, and eigenvalues of symmetric matrices.

use faer::Side;
use schur_tensor::Tensor;

use crate::LinalgError;
use crate::input::{Input, tensor};

/// A singular value decomposition: `matrix = u * diagonal(s) * v^T`.
#[derive(Debug, Clone, PartialEq)]
pub struct SingularValues {
    /// `[rows, k]` with `k` the smaller of rows and columns; its columns are orthonormal.
    pub u: Tensor<f64>,
    /// `k` singular values, the largest first.
    pub s: Vec<f64>,
    /// `[columns, k]`; its columns are orthonormal.
    pub v: Tensor<f64>,
}

/// Eigenvalues of a symmetric matrix: `matrix = u * diagonal(values) * u^T`.
#[derive(Debug, Clone, PartialEq)]
pub struct SymmetricEigen {
    /// `[n, n]`; its columns are orthonormal.
    pub u: Tensor<f64>,
    /// The eigenvalues, the smallest first.
    pub values: Vec<f64>,
}

/// Decomposes a matrix into singular values and vectors.
///
/// # Shapes
/// `matrix: [rows, columns]`.
/// # Errors
/// [`LinalgError`] for a tensor that is no matrix, an entry that is not finite, or no convergence.
/// # Cost
/// Cubic: `rows * columns * min(rows, columns)` times some tens.
/// # Examples
/// ```
/// use schur_linalg::svd;
/// use schur_tensor::Tensor;
///
/// let found = svd(&Tensor::new(&[2, 2], vec![0.0, -3.0, 4.0, 0.0])?)?;
/// assert!((found.s[0] - 4.0).abs() < 1e-14 && (found.s[1] - 3.0).abs() < 1e-14);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn svd(matrix: &Tensor<f64>) -> Result<SingularValues, LinalgError> {
    let input = Input::new("the singular value decomposition", matrix)?;
    let scaled = input.scaled();
    let found = match scaled.thin_svd() {
        Ok(found) => (found.U().to_owned(), found.S().column_vector().to_owned(), found.V().to_owned()),
        Err(_) => match scaled.transpose().thin_svd() {
            Ok(found) => (found.V().to_owned(), found.S().column_vector().to_owned(), found.U().to_owned()),
            Err(_) => return Err(input.no_convergence()),
        },
    };
    let (u, s, v) = found;
    let s = s.iter().map(|value| value * input.scale).collect();
    Ok(SingularValues { u: tensor(u.as_ref())?, s, v: tensor(v.as_ref())? })
}

/// Decomposes a symmetric matrix into eigenvalues and vectors; what is above the diagonal is not read.
///
/// # Shapes
/// `matrix: [n, n]`.
/// # Errors
/// [`LinalgError`] for a tensor that is no square matrix, an entry that is not finite, or no convergence.
/// # Cost
/// Cubic: some tens of `n^3`.
/// # Examples
/// ```
/// use schur_linalg::symmetric_eigen;
/// use schur_tensor::Tensor;
///
/// let found = symmetric_eigen(&Tensor::new(&[2, 2], vec![0.0, 2.0, 2.0, 0.0])?)?;
/// assert!((found.values[0] + 2.0).abs() < 1e-14 && (found.values[1] - 2.0).abs() < 1e-14);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn symmetric_eigen(matrix: &Tensor<f64>) -> Result<SymmetricEigen, LinalgError> {
    let input = Input::new("the symmetric eigenvalue decomposition", matrix)?;
    if input.rows != input.columns {
        return Err(input.wrong_shape("a square matrix"));
    }
    let found = input.scaled().self_adjoint_eigen(Side::Lower).map_err(|_| input.no_convergence())?;
    let values = found.S().column_vector().iter().map(|value| value * input.scale).collect();
    Ok(SymmetricEigen { u: tensor(found.U())?, values })
}
