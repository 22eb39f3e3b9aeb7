//! Rings of dense tensors by singular values.

use schur_tensor::Tensor;

use super::TensorRing;
use crate::check;
use crate::fit::End;
use crate::modes::{Around, Cut, Means, decompose, mode_product, reshaped, rounded};
use crate::train::{Ledger, sweep};
use crate::{DecompError, Fit, Scalar};

/// What to truncate to, and how.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RingSvdOptions {
    /// The relative error allowed, at least 0 and below 1.
    pub tolerance: f64,
    /// The largest rank of a bond.
    pub max_rank: usize,
    /// How singular vectors are found; [`Means::Randomized`] counts as [`Means::Gram`].
    pub means: Means,
}

impl Default for RingSvdOptions {
    fn default() -> Self {
        Self { tolerance: 1e-4, max_rank: usize::MAX, means: Means::Gram }
    }
}

/// Decomposes a dense tensor into a ring, by the singular values of one unfolding after the other.
///
/// The rank of the first unfolding is split between the two bonds of the first core, as evenly as it can be.
///
/// # Errors
/// [`DecompError`] for a tensor of order below two, with an element that is not finite, zeros only, or an empty mode; a
/// tolerance that is not in `0..1`; a rank of nought.
/// # Cost
/// As for a train, after a copy of the tensor as the first mode leaves it.
/// # Source
/// Zhao, Zhou, Xie, Zhang, Cichocki, Tensor ring decomposition, 2016, algorithm 1.
/// # Examples
/// ```
/// use schur_decomp::ring::{RingSvdOptions, tr_svd};
/// use schur_tensor::Tensor;
///
/// let tensor = Tensor::from_fn(&[6, 6, 6], |i| (i.iter().sum::<usize>() as f64).sin())?;
/// let (ring, fit) = tr_svd(&tensor, &RingSvdOptions::default())?;
/// assert!(fit.relative_error < 1e-4 && ring.parameters() < 60);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn tr_svd<T: Scalar>(tensor: &Tensor<T>, options: &RingSvdOptions) -> Result<(TensorRing<T>, Fit), DecompError> {
    let whole = check::dense("tensor ring decomposition", 2, tensor)?;
    check::tolerance(options.tolerance)?;
    check::rank(|| "a bond".to_owned(), options.max_rank, usize::MAX)?;
    let shape = tensor.shape();
    let budget = options.tolerance.powi(2) * whole;
    let most = options.max_rank.saturating_mul(options.max_rank).min(shape[0]);
    // The first cut makes two bonds, and has two shares of the error.
    let cut = Cut { most, budget: Some(budget * 2.0 / shape.len() as f64) };
    let (basis, dropped) = decompose(Around::new(tensor, 0), cut, options.means)?;
    let basis = rounded::<T>(&basis)?;
    let (closing, bond) = split(basis.shape()[1], options.max_rank);
    let basis = reshaped(basis, &[shape[0], closing, bond])?;
    let flat = reshaped(basis.clone(), &[shape[0], closing * bond])?;
    let seen = mode_product(tensor, 0, &flat.view())?;
    let workspace = 2 * size_of_val(seen.data());
    let behind = seen.data().len() / (closing * bond);
    let turned = reshaped(seen, &[closing, bond, behind])?.view().permuted(&[1, 2, 0])?.to_tensor();
    let modes: Vec<usize> = [bond * shape[1]].into_iter().chain(shape[2..].iter().copied()).collect();
    let mut ledger = Ledger { most: options.max_rank, budget: budget - dropped, cuts: shape.len() - 2 };
    let swept = sweep(&turned, &modes, &mut ledger, options.means)?;
    let right = swept.first.data().len() / modes[0];
    let mut cores = swept.cores;
    cores.push(reshaped(swept.first, &[bond, shape[1], right])?);
    cores.push(basis.view().permuted(&[1, 0, 2])?.to_tensor());
    cores.reverse();
    let ring = TensorRing::new(cores)?;
    let relative_error = ring.residual(tensor, whole)?;
    let workspace_bytes = (workspace + swept.workspace).max(size_of_val(tensor.data())) as u64;
    let fit =
        Fit { relative_error, history: Vec::new(), iterations: 0, end: End::Direct, warnings: vec![], workspace_bytes };
    Ok((ring, fit))
}

/// Two factors of a rank, as equal as they can be, neither above `most` if that is possible.
fn split(rank: usize, most: usize) -> (usize, usize) {
    let factors = (1..=rank).filter(|factor| rank.is_multiple_of(*factor)).map(|factor| (factor, rank / factor));
    let fits = |&(a, b): &(usize, usize)| a <= most && b <= most;
    factors.clone().filter(fits).min_by_key(|&(a, b)| a.abs_diff(b)).unwrap_or((1, rank))
}
