//! Equations with a positive matrix, singular ones included.

use faer::linalg::solvers::{Llt, Solve};
use faer::{Mat, MatMut, Side};
use schur_tensor::Tensor;

use crate::input::Input;
use crate::{LinalgError, symmetric_eigen};

/// A symmetric matrix without negative eigenvalues, ready to solve equations with.
///
/// Its rows and columns are scaled to a diagonal of ones, which brings the condition number within a factor of the
/// best that scaling can do (van der Sluis, 1969). It is factored by Cholesky; where that is not safe, the inverse of
/// its eigenvalues above a cut-off stands in for its inverse.
///
/// # Examples
/// ```
/// use schur_linalg::Positive;
/// use schur_tensor::Tensor;
///
/// let gram = Positive::new(&Tensor::new(&[2, 2], vec![4.0, 0.0, 0.0, 2.0])?)?;
/// let mut rows = [4.0, 2.0, 8.0, 6.0];
/// gram.solve_rows(&mut rows)?;
/// assert!(rows.iter().zip([1.0, 1.0, 2.0, 3.0]).all(|(x, expected)| (x - expected).abs() < 1e-14));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Positive {
    /// One over the square roots of the diagonal.
    scales: Vec<f64>,
    way: Way,
    reciprocal_condition: f64,
}

#[derive(Debug)]
enum Way {
    Cholesky(Llt<f64>),
    PseudoInverse(Mat<f64>),
}

impl Positive {
    /// Factors a matrix; what is above the diagonal is not read.
    ///
    /// # Shapes
    /// `matrix: [n, n]`.
    /// # Errors
    /// [`LinalgError`] for a tensor that is no square matrix, an entry that is not finite, or no convergence.
    /// # Cost
    /// `n^3 / 3` operations; some tens of `n^3` for a singular matrix.
    pub fn new(matrix: &Tensor<f64>) -> Result<Self, LinalgError> {
        let input = Input::new("the Cholesky decomposition", matrix)?;
        if input.rows != input.columns {
            return Err(input.wrong_shape("a square matrix"));
        }
        let n = input.rows;
        let inverse_root = |entry: f64| if entry > 0.0 { 1.0 / entry.sqrt() } else { 1.0 };
        let scales: Vec<f64> = (0..n).map(|i| inverse_root(input.data[i * n + i])).collect();
        let entry = |i: usize, j: usize| input.data[i * n + j] * scales[i] * scales[j];
        if let Ok(factored) = Mat::from_fn(n, n, entry).llt(Side::Lower) {
            let diagonal = || (0..n).map(|i| factored.L()[(i, i)]);
            let least = diagonal().fold(f64::INFINITY, f64::min);
            let reciprocal_condition = (least / diagonal().fold(0.0, f64::max)).powi(2);
            if n == 0 || reciprocal_condition > cutoff(n) {
                return Ok(Self { scales, way: Way::Cholesky(factored), reciprocal_condition });
            }
        }
        let scaled = Tensor::from_fn(&[n, n], |index| entry(index[0], index[1]))?;
        let (inverse, reciprocal_condition) = pseudo_inverse(&scaled)?;
        Ok(Self { scales, way: Way::PseudoInverse(inverse), reciprocal_condition })
    }

    /// Whether a pseudo-inverse stands in for the inverse.
    pub const fn is_singular(&self) -> bool {
        matches!(self.way, Way::PseudoInverse(_))
    }

    /// An estimate of the smallest over the largest eigenvalue of the scaled matrix.
    pub const fn reciprocal_condition(&self) -> f64 {
        self.reciprocal_condition
    }

    /// Solves `x * matrix = b` for every row `b`, in place.
    ///
    /// # Shapes
    /// `rows: [any, n]`, row-major.
    /// # Errors
    /// [`LinalgError::Rows`] if they are no rows of `n` numbers.
    pub fn solve_rows(&self, rows: &mut [f64]) -> Result<(), LinalgError> {
        let n = self.scales.len();
        if n == 0 || !rows.len().is_multiple_of(n) {
            let found = rows.len();
            return if found == 0 { Ok(()) } else { Err(LinalgError::Rows { columns: n, found }) };
        }
        self.scale(rows);
        let count = rows.len() / n;
        // Rows one after the other are the columns of a column-major matrix.
        let mut columns = MatMut::from_column_major_slice_mut(rows, n, count);
        match &self.way {
            Way::Cholesky(factored) => factored.solve_in_place(columns),
            Way::PseudoInverse(inverse) => {
                let solved = inverse * columns.as_ref();
                columns.copy_from(solved);
            }
        }
        self.scale(rows);
        Ok(())
    }

    fn scale(&self, rows: &mut [f64]) {
        for row in rows.chunks_exact_mut(self.scales.len()) {
            row.iter_mut().zip(&self.scales).for_each(|(entry, scale)| *entry *= scale);
        }
    }
}

/// Eigenvalues below this share of the largest cannot be told from rounding.
fn cutoff(n: usize) -> f64 {
    n as f64 * f64::EPSILON
}

fn pseudo_inverse(matrix: &Tensor<f64>) -> Result<(Mat<f64>, f64), LinalgError> {
    let n = matrix.shape()[0];
    let eigen = symmetric_eigen(matrix)?;
    let largest = eigen.values.last().copied().unwrap_or(0.0);
    let inverse = |value: f64| if value > cutoff(n) * largest { 1.0 / value } else { 0.0 };
    let weights: Vec<f64> = eigen.values.iter().map(|&value| inverse(value)).collect();
    let u = Mat::from_fn(n, n, |i, j| eigen.u.data()[i * n + j]);
    let weighted = Mat::from_fn(n, n, |i, j| u[(i, j)] * weights[j]);
    let least = eigen.values.first().copied().unwrap_or(0.0).max(0.0);
    Ok((weighted * u.transpose(), if largest > 0.0 { least / largest } else { 0.0 }))
}
