//! Equations with any square matrix.

use faer::Mat;
use faer::linalg::solvers::Solve;
use schur_tensor::Tensor;

use crate::LinalgError;
use crate::input::{Input, tensor};

/// Solves `x * matrix = rows` for all rows, by elimination with pivots.
///
/// The solution of a singular matrix is not finite.
///
/// # Shapes
/// `matrix: [n, n]`, `rows: [m, n]` -> `[m, n]`.
/// # Errors
/// [`LinalgError`] for a tensor that is no square matrix, rows of another length, or an entry that is not finite.
/// # Cost
/// `2/3 n^3 + 2 m n^2` operations.
/// # Examples
/// ```
/// use schur_linalg::solve_right;
/// use schur_tensor::Tensor;
///
/// let matrix = Tensor::new(&[2, 2], vec![0.0, 2.0, 1.0, 0.0])?;
/// let x = solve_right(&matrix, &Tensor::new(&[1, 2], vec![3.0, 4.0])?)?;
/// assert_eq!(x.data(), [2.0, 3.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn solve_right(matrix: &Tensor<f64>, rows: &Tensor<f64>) -> Result<Tensor<f64>, LinalgError> {
    let input = Input::new("the solution of equations", matrix)?;
    if input.rows != input.columns {
        return Err(input.wrong_shape("a square matrix"));
    }
    let right = Input::new("the solution of equations", rows)?;
    if right.columns != input.columns {
        return Err(right.wrong_shape("right-hand sides as long as the matrix"));
    }
    let transposed = input.scaled().transpose().to_owned();
    let sides = Mat::from_fn(right.columns, right.rows, |i, j| right.data[j * right.columns + i] / input.scale);
    let solved = transposed.partial_piv_lu().solve(&sides);
    Ok(tensor(solved.transpose())?)
}
