//! Tucker decomposition without negative numbers.

use schur_tensor::Tensor;

use super::Tucker;
use super::hosvd::checked_ranks;
use super::sweep::sweep;
use crate::check::{self, norm_squared};
use crate::fit::{Course, Observer, Stopping};
use crate::matrix::gram;
use crate::modes::{mode_inner, mode_product, rounded, widened};
use crate::random::{stream, units};
use crate::{DecompError, Fit, Scalar};

/// Passes over the columns of a factor in a sweep.
const FACTOR_PASSES: usize = 5;

/// Gradient steps of the core in a sweep: they cost nothing beside the data.
const CORE_STEPS: usize = 20;

/// Power steps for the largest eigenvalue of a Gram matrix, and the margin that makes up for what they miss.
const POWER_STEPS: (usize, f64) = (20, 1.02);

/// The ranks, the end and the start of a nonnegative fit.
#[derive(Debug, Clone, PartialEq)]
pub struct NonnegativeOptions {
    /// One rank a mode.
    pub ranks: Vec<usize>,
    /// When it ends.
    pub stopping: Stopping,
    /// For the random start.
    pub seed: u64,
}

impl NonnegativeOptions {
    /// For these ranks, one a mode.
    pub fn ranks(ranks: &[usize]) -> Self {
        Self { ranks: ranks.to_vec(), stopping: Stopping::default(), seed: 0 }
    }
}

/// Fits a core and factors without negative numbers to a tensor without them.
///
/// Columns of factors are solved for one after the other, the core by projected gradient steps; the error never grows.
///
/// # Errors
/// [`DecompError::Negative`] for data with a negative element, and as for [`st_hosvd`](super::st_hosvd).
/// # Cost
/// A sweep reads the tensor twice, with `2 r` operations an element each time.
/// # Source
/// Cichocki, Phan, Fast local algorithms for large scale nonnegative matrix and tensor factorizations, 2009.
/// # Examples
/// ```
/// use schur_decomp::{fit::unobserved, tucker::{NonnegativeOptions, nonnegative}};
/// use schur_tensor::Tensor;
///
/// let tensor = Tensor::from_fn(&[4, 5, 6], |i| (i[0] + 1) as f64 * (i[1] + i[2]) as f64)?;
/// let (form, fit) = nonnegative(&tensor, &NonnegativeOptions::ranks(&[1, 2, 2]), &mut unobserved)?;
/// assert!(form.core().data().iter().all(|&x| x >= 0.0) && fit.relative_error < 0.01);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn nonnegative<T: Scalar>(
    tensor: &Tensor<T>,
    options: &NonnegativeOptions,
    observer: Observer<'_>,
) -> Result<(Tucker<T>, Fit), DecompError> {
    let whole = check::dense("nonnegative Tucker decomposition", 1, tensor)?;
    check::stopping(&options.stopping)?;
    check::nonnegative("nonnegative Tucker decomposition", tensor)?;
    let ranks = checked_ranks(tensor.shape(), &options.ranks)?;
    let mut rng = stream(options.seed, 0);
    let factors = tensor.shape().iter().zip(ranks).map(|(&size, &rank)| units::<T>(&[size, rank], &mut rng));
    let mut factors = factors.collect::<Result<Vec<_>, _>>()?;
    let mut core = units::<T>(ranks, &mut rng)?;
    fit_scale(&mut core, &factors, whole.sqrt())?;
    let mut course = Course::new(options.stopping);
    let last = factors.len() - 1;
    let end = loop {
        let mut error = 1.0;
        sweep(tensor, &mut factors, &mut |mode, seen, factors| {
            update_factor(seen, &core, mode, factors)?;
            if mode == last {
                let target = mode_product(seen, mode, &factors[mode].view())?;
                error = (update_core(&mut core, &target, factors, whole)? / whole).max(0.0).sqrt();
            }
            Ok(())
        })?;
        if !error.is_finite() {
            let iteration = course.iterations() + 1;
            return Err(DecompError::Diverged { method: "nonnegative Tucker decomposition", iteration });
        }
        if let Some(end) = course.step(error, observer) {
            break end;
        }
    };
    let form = Tucker::new(core, factors)?;
    let relative_error = form.residual(tensor, whole)?;
    let share = |mode: usize| ranks[mode] as f64 / tensor.shape()[mode] as f64;
    let bytes = share(0).max(share(ranks.len() / 2)) * size_of_val(tensor.data()) as f64;
    Ok((form, course.finish(end, relative_error, Vec::new(), bytes as u64)))
}

/// Scales a random core so that the form has the norm of the data.
fn fit_scale<T: Scalar>(core: &mut Tensor<T>, factors: &[Tensor<T>], norm: f64) -> Result<(), DecompError> {
    let own = Tucker::new(core.clone(), factors.to_vec())?.norm()?;
    if own > 0.0 {
        core.data_mut().iter_mut().for_each(|x| *x *= T::from_f64(norm / own));
    }
    Ok(())
}

/// The core multiplied by the Gram matrices of factors, of all modes but one.
fn weighted<T: Scalar>(core: &Tensor<T>, factors: &[Tensor<T>], but: Option<usize>) -> Result<Tensor<T>, DecompError> {
    let mut image = core.clone();
    for mode in (0..factors.len()).filter(|&mode| Some(mode) != but) {
        image = mode_product(&image, mode, &rounded::<T>(&gram(&factors[mode])?)?.view())?;
    }
    Ok(image)
}

/// Solves for the columns of a factor, one after the other: `seen` is the tensor contracted along all other modes.
fn update_factor<T: Scalar>(
    seen: &Tensor<T>,
    core: &Tensor<T>,
    mode: usize,
    factors: &mut [Tensor<T>],
) -> Result<(), DecompError> {
    let right = widened(&mode_inner(seen, core, mode)?)?;
    let left = widened(&mode_inner(&weighted(core, factors, Some(mode))?, core, mode)?)?;
    let factor = &mut factors[mode];
    let rank = factor.shape()[1];
    let (right, left) = (right.data(), left.data());
    for _ in 0..FACTOR_PASSES {
        for (row, target) in factor.data_mut().chunks_exact_mut(rank).zip(right.chunks_exact(rank)) {
            for r in 0..rank {
                let own = left[r * rank + r];
                if own > 0.0 {
                    let sum: f64 = row.iter().zip(&left[r * rank..]).map(|(x, weight)| x.to_f64() * weight).sum();
                    let moved = row[r].to_f64() + (target[r] - sum) / own;
                    row[r] = T::from_f64(moved.max(0.0));
                }
            }
        }
    }
    Ok(())
}

/// Gradient steps of the core, projected; returns the squared error after them.
fn update_core<T: Scalar>(
    core: &mut Tensor<T>,
    target: &Tensor<T>,
    factors: &[Tensor<T>],
    whole: f64,
) -> Result<f64, DecompError> {
    let grams = factors.iter().map(gram).collect::<Result<Vec<_>, _>>()?;
    let bound: f64 = grams.iter().map(largest_eigenvalue).product();
    if bound > 0.0 {
        for _ in 0..CORE_STEPS {
            let image = weighted(core, factors, None)?;
            for ((x, image), target) in core.data_mut().iter_mut().zip(image.data()).zip(target.data()) {
                let moved = x.to_f64() - (image.to_f64() - target.to_f64()) / bound;
                *x = T::from_f64(moved.max(0.0));
            }
        }
    }
    let image = weighted(core, factors, None)?;
    let inner =
        |other: &Tensor<T>| -> f64 { core.data().iter().zip(other.data()).map(|(a, b)| a.to_f64() * b.to_f64()).sum() };
    Ok(whole - 2.0 * inner(target) + inner(&image))
}

/// The largest eigenvalue of a matrix without negative entries, a little more rather than less.
fn largest_eigenvalue(matrix: &Tensor<f64>) -> f64 {
    let n = matrix.shape()[0];
    let mut vector = vec![1.0; n];
    let mut value = 0.0;
    for _ in 0..POWER_STEPS.0 {
        let row = |row: &[f64]| row.iter().zip(&vector).map(|(a, b)| a * b).sum::<f64>();
        let image: Vec<f64> = matrix.data().chunks_exact(n.max(1)).map(row).collect();
        value = norm_squared(&image).sqrt();
        if value == 0.0 {
            return 0.0;
        }
        vector = image.iter().map(|x| x / value).collect();
    }
    value * POWER_STEPS.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_of_a_gram_matrix_is_not_below_its_largest_eigenvalue() {
        let matrix = Tensor::new(&[2, 2], vec![2.0, 1.0, 1.0, 2.0]).unwrap();
        let bound = largest_eigenvalue(&matrix);
        assert!((3.0..3.1).contains(&bound), "{bound}");
        assert_eq!(0.0, largest_eigenvalue(&Tensor::filled(&[2, 2], 0.0).unwrap()));
    }
}
