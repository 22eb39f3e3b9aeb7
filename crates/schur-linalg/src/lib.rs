//! Decompositions of matrices: singular values, and eigenvalues of symmetric ones.
//!
//! [`faer`] does the work. It is called here alone, behind a ladder that every caller needs: the input is checked, it
//! is scaled so that no square over- or underflows, a failure to converge is tried again on the transposed matrix, and
//! what still fails is an error that says with which matrix.
#![forbid(unsafe_code)]

use faer::{Mat, MatRef, Side};
use thiserror::Error;

use schur_tensor::{ShapeError, Tensor};

/// Why a matrix has no decomposition.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum LinalgError {
    /// The tensor is not a matrix, or not a square one.
    #[error("{method} needs {expected}, but the tensor has shape {shape:?}")]
    Shape {
        /// The decomposition.
        method: &'static str,
        /// `a matrix` or `a square matrix`.
        expected: &'static str,
        /// The shape given.
        shape: Vec<usize>,
    },
    /// An entry is infinite or not a number.
    #[error("{method} needs finite entries, but entry ({row}, {column}) of a matrix of shape {shape:?} is {value}")]
    NotFinite {
        /// The decomposition.
        method: &'static str,
        /// The shape of the matrix.
        shape: Vec<usize>,
        /// Row of the first such entry.
        row: usize,
        /// Its column.
        column: usize,
        /// The entry.
        value: f64,
    },
    /// The iteration did not converge, on the transposed matrix neither.
    #[error("{method} of a matrix of shape {shape:?} with entries up to {largest:e} did not converge")]
    NoConvergence {
        /// The decomposition.
        method: &'static str,
        /// The shape of the matrix.
        shape: Vec<usize>,
        /// The largest absolute value of an entry.
        largest: f64,
    },
    /// The factors cannot be held.
    #[error(transparent)]
    Result(#[from] ShapeError),
}

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

/// A matrix whose entries are known to be finite.
struct Input<'a> {
    method: &'static str,
    rows: usize,
    columns: usize,
    data: &'a [f64],
    /// The largest absolute value of an entry; 1 for a matrix of zeros.
    scale: f64,
}

impl<'a> Input<'a> {
    fn new(method: &'static str, matrix: &'a Tensor<f64>) -> Result<Self, LinalgError> {
        let shape = matrix.shape().to_vec();
        let [rows, columns] = shape[..] else {
            return Err(LinalgError::Shape { method, expected: "a matrix", shape });
        };
        let data = matrix.data();
        if let Some(place) = data.iter().position(|value| !value.is_finite()) {
            let (row, column, value) = (place / columns, place % columns, data[place]);
            return Err(LinalgError::NotFinite { method, shape, row, column, value });
        }
        let largest = data.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        Ok(Self { method, rows, columns, data, scale: if largest > 0.0 { largest } else { 1.0 } })
    }

    fn scaled(&self) -> Mat<f64> {
        Mat::from_fn(self.rows, self.columns, |i, j| self.data[i * self.columns + j] / self.scale)
    }

    fn wrong_shape(&self, expected: &'static str) -> LinalgError {
        LinalgError::Shape { method: self.method, expected, shape: vec![self.rows, self.columns] }
    }

    fn no_convergence(&self) -> LinalgError {
        LinalgError::NoConvergence { method: self.method, shape: vec![self.rows, self.columns], largest: self.scale }
    }
}

fn tensor(matrix: MatRef<'_, f64>) -> Result<Tensor<f64>, ShapeError> {
    Tensor::from_fn(&[matrix.nrows(), matrix.ncols()], |index| matrix[(index[0], index[1])])
}
