//! Matrices on their way in and out.

use faer::{Mat, MatRef};
use schur_tensor::{ShapeError, Tensor};

use crate::LinalgError;

/// A matrix whose entries are known to be finite.
pub(crate) struct Input<'a> {
    pub method: &'static str,
    pub rows: usize,
    pub columns: usize,
    pub data: &'a [f64],
    /// The largest absolute value of an entry; 1 for a matrix of zeros.
    pub scale: f64,
}

impl<'a> Input<'a> {
    pub fn new(method: &'static str, matrix: &'a Tensor<f64>) -> Result<Self, LinalgError> {
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

    pub fn scaled(&self) -> Mat<f64> {
        Mat::from_fn(self.rows, self.columns, |i, j| self.data[i * self.columns + j] / self.scale)
    }

    pub fn wrong_shape(&self, expected: &'static str) -> LinalgError {
        LinalgError::Shape { method: self.method, expected, shape: vec![self.rows, self.columns] }
    }

    pub fn no_convergence(&self) -> LinalgError {
        LinalgError::NoConvergence { method: self.method, shape: vec![self.rows, self.columns], largest: self.scale }
    }
}

/// Copies a matrix out.
///
/// # Errors
/// If it cannot be held.
pub(crate) fn tensor(matrix: MatRef<'_, f64>) -> Result<Tensor<f64>, ShapeError> {
    Tensor::from_fn(&[matrix.nrows(), matrix.ncols()], |index| matrix[(index[0], index[1])])
}
