//! Higher-order orthogonal iteration: alternating least squares for orthonormal factors.

use schur_linalg::leading_eigen;
use schur_tensor::Tensor;

use super::hosvd::sequence;
use super::sweep::sweep;
use super::{HosvdOptions, Tucker};
use crate::check::{self, norm_squared};
use crate::fit::{Course, Observer, Stopping};
use crate::modes::{Means, mode_gram, mode_product, rounded, widened};
use crate::{DecompError, Fit, Scalar};

/// The ranks, the start and the end of orthogonal iteration.
#[derive(Debug, Clone, PartialEq)]
pub struct HooiOptions {
    /// One rank a mode.
    pub ranks: Vec<usize>,
    /// When it ends.
    pub stopping: Stopping,
    /// How the sequentially truncated decomposition that it begins with finds singular vectors.
    pub start: Means,
    /// For random sketches.
    pub seed: u64,
}

impl HooiOptions {
    /// For these ranks, one a mode; at most 50 sweeps.
    pub fn ranks(ranks: &[usize]) -> Self {
        let stopping = Stopping { iterations: 50, tolerance: 1e-8 };
        Self { ranks: ranks.to_vec(), stopping, start: Means::Gram, seed: 0 }
    }
}

/// Finds the best Tucker approximation near the sequentially truncated one, sweep by sweep.
///
/// The error never grows. Factors are orthonormal, the core is the tensor seen through them.
///
/// # Errors
/// As for [`st_hosvd`](super::st_hosvd).
/// # Cost
/// A sweep reads the tensor twice, with `2 r` operations an element each time.
/// # Source
/// De Lathauwer, De Moor, Vandewalle, On the best rank-1 and rank-(R1, ..., RN) approximation of higher-order tensors,
/// 2000.
/// # Examples
/// ```
/// use schur_decomp::{fit::unobserved, tucker::{HooiOptions, hooi}};
/// use schur_tensor::Tensor;
///
/// let tensor = Tensor::from_fn(&[4, 5, 6], |i| 1.0 / (1 + i[0] + i[1] + i[2]) as f64)?;
/// let (form, fit) = hooi(&tensor, &HooiOptions::ranks(&[2, 2, 2]), &mut unobserved)?;
/// assert_eq!(form.core().shape(), [2, 2, 2]);
/// assert!(fit.relative_error < 0.02);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn hooi<T: Scalar>(
    tensor: &Tensor<T>,
    options: &HooiOptions,
    observer: Observer<'_>,
) -> Result<(Tucker<T>, Fit), DecompError> {
    let whole = check::dense("Tucker decomposition", 1, tensor)?;
    check::stopping(&options.stopping)?;
    let begin = HosvdOptions { means: options.start, seed: options.seed, ..HosvdOptions::ranks(&options.ranks) };
    let (form, warnings, mut workspace) = sequence(tensor, whole, &begin)?;
    let (mut core, mut factors) = form.into_parts();
    let mut course = Course::new(options.stopping);
    let last = factors.len() - 1;
    let end = loop {
        sweep(tensor, &mut factors, &mut |mode, seen, factors| {
            factors[mode] = leading(seen, mode, &factors[mode])?;
            if mode == last {
                core = mode_product(seen, mode, &factors[mode].view())?;
            }
            Ok(())
        })?;
        let error = ((whole - norm_squared(core.data())) / whole).max(0.0).sqrt();
        if let Some(end) = course.step(error, observer) {
            break end;
        }
    };
    workspace = workspace.max(sweep_bytes::<T>(tensor.shape(), &options.ranks));
    let form = Tucker::new(core, factors)?;
    let relative_error = form.projection_error(tensor, whole)?;
    Ok((form, course.finish(end, relative_error, warnings, workspace)))
}

/// The factor that keeps most of a tensor already contracted along all other modes.
fn leading<T: Scalar>(seen: &Tensor<T>, mode: usize, before: &Tensor<T>) -> Result<Tensor<T>, DecompError> {
    let gram = mode_gram(seen, mode)?;
    rounded(&leading_eigen(&gram, before.shape()[1], Some(&widened(before)?))?.u)
}

/// What a sweep holds at most: the largest first product, and a Gram matrix.
fn sweep_bytes<T: Scalar>(shape: &[usize], ranks: &[usize]) -> u64 {
    let count: f64 = shape.iter().map(|&size| size as f64).product();
    let share = |mode: usize| ranks[mode] as f64 / shape[mode] as f64;
    let product = share(0).max(share(shape.len() / 2)) * count * size_of::<T>() as f64;
    let gram = shape.iter().map(|&size| size * size).max().unwrap_or(0) * size_of::<f64>();
    product as u64 + gram as u64
}
