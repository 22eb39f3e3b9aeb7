//! The largest eigenvalues of a symmetric matrix without negative ones, when few of many are wanted.

use faer::{Mat, MatRef, Side};
use schur_tensor::Tensor;

use crate::input::{Input, tensor};
use crate::{LinalgError, symmetric_eigen};

/// Matrices of fewer rows are decomposed completely: that is as fast.
const SMALL: usize = 64;

/// Vectors carried along beyond those wanted: the iteration converges by the gap behind them.
const GUARDS: usize = 8;

/// Steps before the matrix is decomposed completely after all.
const MOST_STEPS: usize = 40;

/// The iteration ends when the sum of the wanted eigenvalues grows by less than this share of the others' sum.
///
/// That is the share by which the squared error of a projection onto the vectors is still too large.
const GROWTH: f64 = 1e-8;

/// Some eigenvalues and vectors, the largest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Leading {
    /// `[n, count]`; its columns are orthonormal.
    pub u: Tensor<f64>,
    /// `count` eigenvalues, the largest first.
    pub values: Vec<f64>,
}

/// The `count` largest eigenvalues of a symmetric matrix without negative ones, and their vectors.
///
/// By subspace iteration, from a guess if there is one; a matrix where that is slow is decomposed completely. Equal
/// input gives equal bits.
///
/// # Shapes
/// `matrix: [n, n]`, `guess: [n, any]`; `count` beyond `n` counts as `n`.
/// # Errors
/// [`LinalgError`] for a tensor that is no square matrix, a guess of other height, an entry that is not finite, or no
/// convergence.
/// # Cost
/// Some tens of `n^3` at worst; `2 n^2 (count + 8)` a step otherwise, a few steps where a gap follows.
pub fn leading_eigen(matrix: &Tensor<f64>, count: usize, guess: Option<&Tensor<f64>>) -> Result<Leading, LinalgError> {
    let input = Input::new("the symmetric eigenvalue decomposition", matrix)?;
    let n = input.rows;
    if n != input.columns {
        return Err(input.wrong_shape("a square matrix"));
    }
    let (count, width) = (count.min(n), (count + GUARDS).min(n));
    if n >= SMALL && width <= n / 3 {
        let scaled = input.scaled();
        let start = start(n, width, guess)?;
        if let Some((u, values)) = iterate(scaled.as_ref(), start, count) {
            let values = values.into_iter().map(|value| value * input.scale).collect();
            return Ok(Leading { u: tensor(u.as_ref())?, values });
        }
    }
    let found = symmetric_eigen(matrix)?;
    let values = found.values.iter().rev().take(count).copied().collect();
    let u = Tensor::from_fn(&[n, count], |index| found.u.data()[index[0] * n + n - 1 - index[1]])?;
    Ok(Leading { u, values })
}

/// The guess, and numbers without a pattern in the columns that it leaves.
fn start(n: usize, width: usize, guess: Option<&Tensor<f64>>) -> Result<Mat<f64>, LinalgError> {
    let columns = match guess {
        None => 0,
        Some(guess) => match *guess.shape() {
            [rows, columns] if rows == n => columns,
            _ => {
                let (method, shape) = ("the symmetric eigenvalue decomposition", guess.shape().to_vec());
                return Err(LinalgError::Shape { method, expected: "a guess with as many rows as the matrix", shape });
            }
        },
    };
    let mut state = 1_u64;
    // Knuth's MMIX constants.
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / f64::from(1 << 24) - 0.5
    };
    Ok(Mat::from_fn(n, width, |i, j| match guess {
        Some(guess) if j < columns => guess.data()[i * columns + j],
        _ => draw(),
    }))
}

/// Subspace iteration with Rayleigh-Ritz steps; nothing if it does not settle.
fn iterate(matrix: MatRef<'_, f64>, start: Mat<f64>, count: usize) -> Option<(Mat<f64>, Vec<f64>)> {
    let trace: f64 = (0..matrix.nrows()).map(|i| matrix[(i, i)]).sum();
    let rounding = matrix.nrows() as f64 * f64::EPSILON * trace;
    let mut image = matrix * start;
    let mut before = 0.0;
    for step in 0..MOST_STEPS {
        let q = image.qr().compute_thin_Q();
        image = matrix * &q;
        let small = q.transpose() * &image;
        let eigen = small.self_adjoint_eigen(Side::Lower).ok()?;
        let width = small.nrows();
        let values: Vec<f64> = eigen.S().column_vector().iter().rev().take(count).copied().collect();
        let sum: f64 = values.iter().sum();
        if step > 0 && (sum - before).abs() <= GROWTH * (trace - sum).abs() + rounding {
            let vectors = Mat::from_fn(width, count, |i, j| eigen.U()[(i, width - 1 - j)]);
            return Some((q * vectors, values));
        }
        before = sum;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A projection onto planted vectors with eigenvalues, plus a small rest.
    fn planted(n: usize, rest: f64) -> Tensor<f64> {
        let wave = |i: usize, k: usize| (std::f64::consts::PI * (i as f64 + 0.5) * k as f64 / n as f64).cos();
        let entry = |i: usize, j: usize| {
            let own = if i == j { rest } else { 0.0 };
            own + (1..4).map(|k| 2.0 / n as f64 * wave(i, k) * wave(j, k) / k as f64).sum::<f64>()
        };
        Tensor::from_fn(&[n, n], |index| entry(index[0], index[1])).unwrap()
    }

    #[test]
    fn planted_eigenvalues_are_found_by_either_way() {
        for n in [20, 120] {
            let found = leading_eigen(&planted(n, 1e-3), 3, None).unwrap();
            for (value, expected) in found.values.iter().zip([1.0, 0.5, 1.0 / 3.0]) {
                assert!((value - expected - 1e-3).abs() < 1e-12, "{n}: {:?}", found.values);
            }
            let again = leading_eigen(&planted(n, 1e-3), 3, Some(&found.u)).unwrap();
            assert!((again.values[0] - found.values[0]).abs() < 1e-13);
        }
    }

    #[test]
    fn what_is_no_square_matrix_is_refused() {
        assert!(leading_eigen(&Tensor::filled(&[2, 3], 0.0).unwrap(), 1, None).is_err());
        let guess = Tensor::filled(&[3, 2], 0.0).unwrap();
        assert!(leading_eigen(&planted(120, 0.1), 2, Some(&guess)).is_err());
    }
}
