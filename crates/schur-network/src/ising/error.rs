//! What can be wrong with a model or its contraction.

use schur_einsum::execute::ExecuteError;
use schur_einsum::{ContractionError, EinsumError};
use schur_linalg::LinalgError;
use schur_tensor::ShapeError;
use thiserror::Error;

/// Why a partition function cannot be computed.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum IsingError {
    /// A parameter of the model is infinite or not a number.
    #[error("{what} is {value}, but must be a finite number")]
    NotFinite {
        /// Which parameter.
        what: &'static str,
        /// Its value.
        value: f64,
    },
    /// Couplings are divided by the temperature.
    #[error("the temperature is zero: only ratios of couplings to temperature have a meaning here")]
    ZeroTemperature,
    /// No value is kept of any index.
    #[error("the bond dimension is 0, but at least one value of each index must be kept")]
    Bond,
    /// A lattice has no site.
    #[error("a lattice of {rows} rows and {columns} columns has no site, or too many to be counted")]
    Size {
        /// Rows of the lattice.
        rows: usize,
        /// Its columns.
        columns: usize,
    },
    /// Truncation has destroyed the sign of the partition function.
    #[error("the truncated partition function is {value} after {steps} steps: keep a larger bond dimension")]
    Vanished {
        /// What came out.
        value: f64,
        /// Steps done.
        steps: usize,
    },
    /// A decomposition failed.
    #[error(transparent)]
    Linalg(#[from] LinalgError),
    /// Tensors cannot be multiplied in a step of the renormalisation.
    #[error(transparent)]
    Einsum(#[from] EinsumError),
    /// The contraction cannot be stated.
    #[error(transparent)]
    Contraction(#[from] ContractionError),
    /// The contraction cannot be run.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
    /// A tensor is too large.
    #[error(transparent)]
    Shape(#[from] ShapeError),
}
