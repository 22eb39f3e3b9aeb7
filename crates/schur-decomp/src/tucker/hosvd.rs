//! Sequentially truncated higher-order singular value decomposition.

use schur_linalg::svd;
use schur_tensor::Tensor;

use super::Tucker;
use crate::check::{self, epsilon};
use crate::fit::{End, Warning};
use crate::modes::{Cut, Means, mode_triangle, spectrum_squared, truncate};
use crate::{DecompError, Fit, Scalar};

/// The most modes whose order is searched for exactly, over all subsets of them.
const MOST_SEARCHED: usize = 16;

/// How small a form is to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// These ranks, one a mode.
    Ranks(Vec<usize>),
    /// The smallest ranks that the method finds for this relative error, at least 0 and below 1.
    Tolerance(f64),
}

/// What to truncate to, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct HosvdOptions {
    /// Ranks or error.
    pub target: Target,
    /// How singular vectors are found.
    pub means: Means,
    /// For random sketches.
    pub seed: u64,
}

impl Default for HosvdOptions {
    fn default() -> Self {
        Self { target: Target::Tolerance(1e-4), means: Means::Gram, seed: 0 }
    }
}

impl HosvdOptions {
    /// For these ranks, one a mode.
    pub fn ranks(ranks: &[usize]) -> Self {
        Self { target: Target::Ranks(ranks.to_vec()), ..Self::default() }
    }

    /// For this relative error.
    pub fn tolerance(tolerance: f64) -> Self {
        Self { target: Target::Tolerance(tolerance), ..Self::default() }
    }
}

/// Decomposes a tensor mode by mode, each time the tensor that the modes before have left.
///
/// The squared error is the sum of the squares of the singular values dropped, and at most the order of the tensor times
/// that of the best approximation with these ranks. The order of the modes is the one that costs least.
///
/// # Errors
/// [`DecompError`] for a tensor with an element that is not finite, zeros only, or an empty mode; ranks that are not one
/// a mode or larger than the mode or all others together; a tolerance that is not in `0..1`.
/// # Cost
/// About `n + 2 r` operations an element for the first mode, which is read twice; no copy of the data.
/// # Source
/// Vannieuwenhoven, Vandebril, Meerbergen, A new truncation strategy for the higher-order singular value decomposition,
/// 2012.
/// # Examples
/// ```
/// use schur_decomp::tucker::{HosvdOptions, st_hosvd};
/// use schur_tensor::Tensor;
///
/// let tensor = Tensor::from_fn(&[4, 5, 6], |i| (i[0] + 1) as f64 * (i[1] + i[2]) as f64)?;
/// let (form, fit) = st_hosvd(&tensor, &HosvdOptions::tolerance(1e-6))?;
/// assert_eq!(form.ranks(), [1, 2, 2]);
/// assert!(fit.relative_error < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn st_hosvd<T: Scalar>(tensor: &Tensor<T>, options: &HosvdOptions) -> Result<(Tucker<T>, Fit), DecompError> {
    let whole = check::dense("Tucker decomposition", 1, tensor)?;
    let (form, warnings, workspace_bytes) = sequence(tensor, whole, options)?;
    let relative_error = form.projection_error(tensor, whole)?;
    let fit = Fit { relative_error, history: Vec::new(), iterations: 0, end: End::Direct, warnings, workspace_bytes };
    Ok((form, fit))
}

/// The decomposition without its error.
pub(super) fn sequence<T: Scalar>(
    tensor: &Tensor<T>,
    whole: f64,
    options: &HosvdOptions,
) -> Result<(Tucker<T>, Vec<Warning>, u64), DecompError> {
    let shape = tensor.shape();
    let (ranks, mut budget) = match &options.target {
        Target::Ranks(ranks) => (Some(checked_ranks(shape, ranks)?), None),
        Target::Tolerance(tolerance) => (None, Some(check::tolerance(*tolerance)?.powi(2) * whole)),
    };
    let mut warnings = Vec::new();
    if let (Target::Tolerance(tolerance), Means::Gram) = (&options.target, options.means)
        && *tolerance < epsilon::<T>().sqrt()
    {
        warnings.push(Warning::Precision { tolerance: *tolerance, floor: epsilon::<T>().sqrt() });
    }
    let mut factors: Vec<Option<Tensor<T>>> = vec![None; shape.len()];
    let mut rest: Option<Tensor<T>> = None;
    let mut largest = 0;
    for (done, mode) in order_of(shape, ranks).into_iter().enumerate() {
        let now = rest.as_ref().unwrap_or(tensor);
        let most = ranks.map_or(shape[mode], |ranks| ranks[mode]);
        let share = budget.map(|budget: f64| budget.max(0.0) / (shape.len() - done) as f64);
        let seed = options.seed.wrapping_add(done as u64);
        let found = truncate(now, mode, Cut { most, budget: share }, (options.means, seed))?;
        budget = budget.map(|budget| budget - found.dropped);
        let held = rest.as_ref().map_or(0, |rest| rest.data().len()) + found.rest.data().len();
        largest = largest.max(held * size_of::<T>() + 2 * shape[mode].pow(2) * size_of::<f64>());
        factors[mode] = Some(found.factor);
        rest = Some(found.rest);
    }
    let core = match rest {
        Some(rest) => rest,
        None => tensor.clone(),
    };
    Ok((Tucker::new(core, factors.into_iter().flatten().collect())?, warnings, largest as u64))
}

/// Checks one rank a mode: no unfolding has more than its smaller side.
pub(super) fn checked_ranks<'a>(shape: &[usize], ranks: &'a [usize]) -> Result<&'a [usize], DecompError> {
    if ranks.len() != shape.len() {
        let (expected, found) = (shape.len(), ranks.len());
        return Err(DecompError::Count { what: "ranks of a Tucker form", expected, found });
    }
    for (mode, &rank) in ranks.iter().enumerate() {
        let others = |sizes: &[usize]| -> usize {
            let sizes = sizes.iter().enumerate().filter(|&(other, _)| other != mode);
            sizes.fold(1, |product, (_, &size)| product.saturating_mul(size.max(1)))
        };
        let most = if shape.len() == 1 { shape[0].min(1) } else { shape[mode].min(others(ranks)).min(others(shape)) };
        check::rank(|| format!("mode {mode}"), rank, most)?;
    }
    Ok(ranks)
}

/// The order of the modes that costs least, by dynamic programming over the sets of modes done; ranks not known count
/// as small.
fn order_of(shape: &[usize], ranks: Option<&[usize]>) -> Vec<usize> {
    let d = shape.len();
    let rank = |mode: usize| ranks.map_or((shape[mode] as f64).sqrt().max(1.0), |ranks| ranks[mode] as f64);
    if d > MOST_SEARCHED {
        let mut order: Vec<usize> = (0..d).collect();
        order.sort_by(|&a, &b| (rank(a) / shape[a] as f64).total_cmp(&(rank(b) / shape[b] as f64)));
        return order;
    }
    let size = |set: usize| -> f64 {
        (0..d).map(|mode| if set >> mode & 1 == 1 { rank(mode) } else { shape[mode] as f64 }).product()
    };
    let mut best = vec![(f64::INFINITY, 0); 1 << d];
    best[0].0 = 0.0;
    for set in 0..1_usize << d {
        for mode in (0..d).filter(|mode| set >> mode & 1 == 0) {
            let cost = best[set].0 + size(set) * (shape[mode] as f64 + 2.0 * rank(mode));
            let next = &mut best[set | 1 << mode];
            // Of equal costs the one that ends with the later mode: earlier modes are contiguous further.
            if cost <= next.0 {
                *next = (cost, mode);
            }
        }
    }
    let mut set = (1_usize << d) - 1;
    let mut order: Vec<usize> = Vec::with_capacity(d);
    while set != 0 {
        let mode = best[set].1;
        order.push(mode);
        set &= !(1 << mode);
    }
    order.reverse();
    order
}

/// The singular values of the unfoldings of all modes, the largest first.
///
/// They bound what any Tucker form can reach: the error with ranks `r` is at least the root of the sum of the squares
/// beyond `r_n` for every mode `n`, and with the best factors at most that of all modes together.
///
/// # Errors
/// As for [`st_hosvd`].
/// # Cost
/// About `n` operations an element for each mode, with [`Means::Qr`] four times that; [`Means::Randomized`] counts as
/// [`Means::Gram`].
/// # Examples
/// ```
/// use schur_decomp::{modes::Means, tucker::mode_spectra};
/// use schur_tensor::Tensor;
///
/// let spectra = mode_spectra(&Tensor::new(&[2, 2], vec![3.0, 0.0, 0.0, 4.0])?, Means::Gram)?;
/// assert!((spectra[1][0] - 4.0).abs() < 1e-12 && (spectra[1][1] - 3.0).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn mode_spectra<T: Scalar>(tensor: &Tensor<T>, means: Means) -> Result<Vec<Vec<f64>>, DecompError> {
    check::dense("the spectrum of modes", 1, tensor)?;
    let spectrum = |mode: usize| -> Result<Vec<f64>, DecompError> {
        if means == Means::Qr {
            let mut values = svd(&mode_triangle(tensor, mode)?)?.s;
            values.resize(tensor.shape()[mode], 0.0);
            return Ok(values);
        }
        let mut values: Vec<f64> = spectrum_squared(tensor, &[mode])?.into_iter().map(f64::sqrt).collect();
        values.resize(tensor.shape()[mode], 0.0);
        Ok(values)
    };
    (0..tensor.shape().len()).map(spectrum).collect()
}
