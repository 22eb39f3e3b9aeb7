//! Trains with shorter bonds.

use schur_linalg::{orthonormal, svd};
use schur_tensor::Tensor;

use super::TensorTrain;
use crate::check;
use crate::matrix::multiply;
use crate::modes::{reshaped, rounded, widened};
use crate::{DecompError, Scalar};

impl<T: Scalar> TensorTrain<T> {
    /// Shortens the bonds as far as a relative error and a largest rank allow.
    ///
    /// Cores are made orthonormal from the first to the last, and truncated on the way back, in f64 throughout; all but
    /// the first are orthonormal as `[r, n * s]` afterwards. A train of zeros comes back with ranks of one.
    ///
    /// # Errors
    /// [`DecompError::Option`] for a tolerance that is not in `0..1`, [`DecompError::Rank`] for a rank of nought,
    /// [`DecompError::Linalg`] for cores that are not finite.
    /// # Cost
    /// About `6 n r^3` operations a mode, and some tens of `n r^3` for the singular values.
    /// # Source
    /// Oseledets, Tensor-train decomposition, 2011, algorithm 2.
    /// # Examples
    /// ```
    /// use schur_decomp::train::{TrainOptions, tt_svd};
    /// use schur_tensor::Tensor;
    ///
    /// let tensor = Tensor::from_fn(&[4, 5, 6], |i| (i[0] + i[1] * i[2]) as f64)?;
    /// let (train, _) = tt_svd(&tensor, &TrainOptions::tolerance(1e-9))?;
    /// let twice = train.sum(&train)?;
    /// assert_eq!(twice.rounded(1e-9, usize::MAX)?.ranks(), train.ranks());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rounded(&self, tolerance: f64, max_rank: usize) -> Result<Self, DecompError> {
        check::tolerance(tolerance)?;
        check::rank(|| "a bond".to_owned(), max_rank, usize::MAX)?;
        let mut cores = self.cores().iter().map(widened).collect::<Result<Vec<_>, _>>()?;
        for mode in 0..cores.len() - 1 {
            let [r, n, s] = sizes(&cores[mode]);
            let found = orthonormal(&reshaped(std::mem::replace(&mut cores[mode], Tensor::scalar(0.0)), &[r * n, s])?)?;
            let [_, m, t] = sizes(&cores[mode + 1]);
            let rank = found.q.shape()[1];
            let next = reshaped(std::mem::replace(&mut cores[mode + 1], Tensor::scalar(0.0)), &[s, m * t])?;
            cores[mode + 1] = reshaped(multiply(&found.r.view(), &next.view())?, &[rank, m, t])?;
            cores[mode] = reshaped(found.q, &[r, n, rank])?;
        }
        let whole: f64 = cores.last().map_or(0.0, |core| core.data().iter().map(|x| x * x).sum());
        let mut budget = tolerance.powi(2) * whole;
        for mode in (1..cores.len()).rev() {
            let [r, n, s] = sizes(&cores[mode]);
            let found = svd(&reshaped(std::mem::replace(&mut cores[mode], Tensor::scalar(0.0)), &[r, n * s])?)?;
            let (rank, dropped) = kept(&found.s, budget.max(0.0) / mode as f64, max_rank);
            budget -= dropped;
            let width = found.s.len();
            cores[mode] = Tensor::from_fn(&[rank, n, s], |i| found.v.data()[(i[1] * s + i[2]) * width + i[0]])?;
            let turn = Tensor::from_fn(&[r, rank], |i| found.u.data()[i[0] * width + i[1]] * found.s[i[1]])?;
            let [a, m, _] = sizes(&cores[mode - 1]);
            let before = reshaped(std::mem::replace(&mut cores[mode - 1], Tensor::scalar(0.0)), &[a * m, r])?;
            cores[mode - 1] = reshaped(multiply(&before.view(), &turn.view())?, &[a, m, rank])?;
        }
        Self::new(cores.iter().map(rounded).collect::<Result<_, _>>()?)
    }
}

/// How many singular values to keep, one or more, and the sum of the squares of the others.
///
/// What cannot be told from rounding is dropped without counting.
fn kept(values: &[f64], budget: f64, most: usize) -> (usize, f64) {
    let floor = values.len() as f64 * f64::EPSILON * values.first().copied().unwrap_or(0.0);
    let real = values.iter().filter(|&&value| value > floor).count();
    let tail = |from: usize| values[from..].iter().rev().map(|value| value * value).sum::<f64>();
    let noise = tail(real);
    let fits = (1..real).find(|&rank| tail(rank) - noise <= budget).unwrap_or(real);
    let rank = fits.min(most).max(1);
    (rank, tail(rank.min(values.len())))
}

fn sizes(core: &Tensor<f64>) -> [usize; 3] {
    [core.shape()[0], core.shape()[1], core.shape()[2]]
}
