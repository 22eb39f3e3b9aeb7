//! Decompositions of matrices: singular values, eigenvalues of symmetric ones, orthonormal columns, positive equations.
//!
//! [`faer`] does the work. It is called here alone, behind a ladder that every caller needs: the input is checked, it
//! is scaled so that no square over- or underflows, a failure to converge is tried again on the transposed matrix, and
//! what still fails is an error that says with which matrix.
#![forbid(unsafe_code)]

use schur_tensor::ShapeError;
use thiserror::Error;

mod complex;
mod general;
mod input;
mod leading;
mod orthonormal;
mod positive;
mod spectral;
mod tall;

pub use complex::{ComplexSingularValues, complex_svd};
pub use general::solve_right;
pub use leading::{Leading, leading_eigen};
pub use orthonormal::{Orthonormal, orthonormal};
pub use positive::Positive;
pub use spectral::{SingularValues, SymmetricEigen, svd, symmetric_eigen};
pub use tall::Triangle;

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
    /// A right-hand side does not fit the equations.
    #[error("{found} numbers are no rows of {columns}")]
    Rows {
        /// Numbers in a row.
        columns: usize,
        /// Numbers given.
        found: usize,
    },
    /// The factors cannot be held.
    #[error(transparent)]
    Result(#[from] ShapeError),
}
