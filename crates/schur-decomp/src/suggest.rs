//! What ranks a tensor suggests: from the singular values of its unfoldings, and from canonical models of several ranks.
//!
//! No rule is right for all data, so the report has several, each with the numbers behind it:
//! energy and the largest gap of each unfolding's singular values (for Tucker forms and trains), core consistency and
//! information criteria over a range of ranks (for canonical forms).

use schur_einsum::execute::{Plan, Workspace};
use schur_einsum::order::{Options, optimise};
use schur_einsum::{Contraction, EinsumError};
use schur_linalg::Positive;
use schur_tensor::{Real, Tensor};

use crate::einsum_model::{EinsumForm, EinsumModel, EinsumOptions, continue_einsum};
use crate::fit::{Observer, Progress, Stopping, unobserved};
use crate::matrix::gram;
use crate::modes::spectrum_squared;
use crate::{DecompError, Scalar, check};

/// Which canonical models are tried, and how.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SuggestOptions {
    /// Ranks from one up to this.
    pub most: usize,
    /// How each is fitted.
    pub stopping: Stopping,
    /// Random starts of each rank, of which the best counts.
    pub starts: usize,
    /// Where random starts begin.
    pub seed: u64,
}

impl Default for SuggestOptions {
    fn default() -> Self {
        Self { most: 6, stopping: Stopping { iterations: 300, tolerance: 1e-8 }, starts: 3, seed: 0 }
    }
}

/// What an unfolding says.
#[derive(Debug, Clone, PartialEq)]
pub struct Spectrum {
    /// The modes of its rows.
    pub modes: Vec<usize>,
    /// Its singular values, largest first.
    pub values: Vec<f64>,
    /// How many of them keep nine tenths, 99 and 99.9 hundredths of the sum of squares.
    pub energy: [usize; 3],
    /// How many there are before the largest fall from one to the next.
    pub gap: usize,
    /// By how much they fall there.
    pub fall: f64,
}

/// What a canonical model of one rank says.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The number of components.
    pub rank: usize,
    /// The least relative error of all starts.
    pub relative_error: f64,
    /// How near the least-squares core for these factors is to that of a canonical model, in hundredths, at most 100; far
    /// below for too many components. None where the core would be large.
    pub core_consistency: Option<f64>,
    /// Akaike's criterion: `n ln(squared error / n) + 2 p`, for `n` elements and `p` free numbers.
    pub aic: f64,
    /// Schwarz's criterion, `n ln(squared error / n) + p ln n`: twice the description length.
    pub bic: f64,
}

/// Ranks, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestions {
    /// The unfoldings with one mode as rows: the ranks of a Tucker form.
    pub modes: Vec<Spectrum>,
    /// The unfoldings with the first modes as rows: the ranks of a train.
    pub bonds: Vec<Spectrum>,
    /// Canonical models.
    pub candidates: Vec<Candidate>,
    /// The rank with the least AIC.
    pub by_aic: usize,
    /// The rank with the least BIC.
    pub by_bic: usize,
    /// The last rank up to which the core consistency stays above one half.
    pub by_consistency: usize,
    /// The rank after which a further component lowers the error least, compared with the one before.
    pub by_error: usize,
}

/// Core consistency above which a model counts as appropriate.
const CONSISTENT: f64 = 50.0;

/// Elements of a core up to which the consistency is computed.
const LARGE_CORE: usize = 1 << 20;

/// Errors below this part of the data are rounding, and all the same.
const ROUNDING: f64 = 1e-8;

/// Looks at unfoldings and at canonical models of ranks from one up.
///
/// The observer sees one iteration a rank; where it breaks, larger ranks are left out.
///
/// # Errors
/// [`DecompError`] for a tensor of fewer than two modes or with nothing in it, and options outside their range.
/// # Cost
/// The Gram matrix of each unfolding's shorter side, and `most * starts` fits.
/// # Source
/// R. Bro and H. Kiers, *A new efficient method for determining the number of components in PARAFAC models*, 2003, for the
/// consistency.
/// # Examples
/// ```
/// use schur_decomp::fit::unobserved;
/// use schur_decomp::suggest::{SuggestOptions, suggest};
/// use schur_tensor::{Real, Tensor};
///
/// let tensor = Tensor::from_fn(&[6, 7, 8], |i| (i[0] as f64).cos() * (1.0 + i[1] as f64) + (i[2] * i[0]) as f64)?;
/// let report = suggest(&tensor, &SuggestOptions { most: 3, ..Default::default() }, &mut unobserved)?;
/// assert_eq!(report.modes[1].gap, 2);
/// assert_eq!(report.by_error, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn suggest<T: Scalar>(
    tensor: &Tensor<T>,
    options: &SuggestOptions,
    observer: Observer<'_>,
) -> Result<Suggestions, DecompError> {
    let norm_squared = check::dense("the suggestion of ranks", 2, tensor)?;
    check::stopping(&options.stopping)?;
    for (option, value) in [("the largest rank", options.most), ("starts", options.starts)] {
        if value == 0 {
            return Err(DecompError::Option { option, value: 0.0, expected: "one or more" });
        }
    }
    let order = tensor.shape().len();
    let modes = (0..order).map(|mode| spectrum(tensor, &[mode])).collect::<Result<_, _>>()?;
    let first = |count: usize| spectrum(tensor, &(0..count).collect::<Vec<_>>());
    let bonds = (1..order).map(first).collect::<Result<_, _>>()?;
    let mut candidates = Vec::with_capacity(options.most);
    for rank in 1..=options.most {
        let candidate = candidate(tensor, norm_squared, rank, options)?;
        let progress = Progress { iteration: rank, iterations: options.most, relative_error: candidate.relative_error };
        candidates.push(candidate);
        if observer(&progress).is_break() {
            break;
        }
    }
    let least = |of: fn(&Candidate) -> f64| {
        let best = candidates.iter().min_by(|a, b| of(a).total_cmp(&of(b)));
        best.map_or(1, |candidate| candidate.rank)
    };
    let consistent = |candidate: &&Candidate| candidate.core_consistency.is_some_and(|value| value > CONSISTENT);
    let by_consistency = candidates.iter().take_while(consistent).last().map_or(1, |candidate| candidate.rank);
    let (by_aic, by_bic) = (least(|candidate| candidate.aic), least(|candidate| candidate.bic));
    let by_error = knee(&candidates);
    Ok(Suggestions { modes, bonds, by_aic, by_bic, by_consistency, by_error, candidates })
}

fn spectrum<T: Scalar>(tensor: &Tensor<T>, modes: &[usize]) -> Result<Spectrum, DecompError> {
    let squares = spectrum_squared(tensor, modes)?;
    let whole: f64 = squares.iter().sum();
    let energy = [0.9, 0.99, 0.999].map(|part| {
        let mut sum = 0.0;
        let kept = squares.iter().take_while(|&&value| {
            let wanted = sum < part * whole;
            sum += value;
            wanted
        });
        kept.count()
    });
    // Squares are known up to rounding of the largest: falls below that mean nothing.
    let floor = f64::EPSILON * squares.len() as f64 * squares.first().copied().unwrap_or(0.0);
    let values: Vec<f64> = squares.iter().map(|value| value.sqrt()).collect();
    let falls = squares.windows(2).map(|pair| (pair[0].max(floor) / pair[1].max(floor)).sqrt());
    let (place, fall) = falls.enumerate().fold((0, 1.0), |best, fall| if fall.1 > best.1 { fall } else { best });
    let gap = if fall > 1.0 { place + 1 } else { values.len() };
    Ok(Spectrum { modes: modes.to_vec(), values, energy, gap, fall })
}

/// The best of several canonical models of a rank.
fn candidate<T: Scalar>(
    tensor: &Tensor<T>,
    norm_squared: f64,
    rank: usize,
    options: &SuggestOptions,
) -> Result<Candidate, DecompError> {
    let model = canonical(tensor.shape(), rank)?;
    let fitting = EinsumOptions { stopping: options.stopping, ..EinsumOptions::default() };
    let mut best: Option<(EinsumForm<T>, f64)> = None;
    for start in 0..options.starts as u64 {
        let start = EinsumForm::random(model.clone(), options.seed.wrapping_add(start))?;
        let (form, fit) = continue_einsum(tensor, start, &fitting, &mut unobserved)?;
        if best.as_ref().is_none_or(|(_, error)| fit.relative_error < *error) {
            best = Some((form, fit.relative_error));
        }
    }
    let (relative_error, core_consistency) = match &best {
        Some((form, error)) => (*error, core_consistency(tensor, form.factors())?),
        None => (1.0, None),
    };
    let (shape, elements) = (tensor.shape(), tensor.data().len() as f64);
    let free = (rank * (shape.iter().sum::<usize>() + 1).saturating_sub(shape.len())) as f64;
    let fitted = elements * (norm_squared * relative_error.max(ROUNDING).powi(2) / elements).ln();
    let (aic, bic) = (fitted + 2.0 * free, fitted + free * elements.ln());
    Ok(Candidate { rank, relative_error, core_consistency, aic, bic })
}

fn canonical(shape: &[usize], rank: usize) -> Result<EinsumModel, DecompError> {
    let order = shape.len();
    let factors = (0..order).map(|mode| vec![mode, order]).collect();
    let sizes = shape.iter().copied().chain([rank]).collect();
    let names = (0..=order).map(|index| index.to_string()).collect();
    EinsumModel::from_contraction(Contraction::new(factors, (0..order).collect(), sizes, names)?)
}

/// How near the least-squares core for canonical factors is to a diagonal of ones, in hundredths.
///
/// # Shapes
/// `factors[n]: [I_n, rank]`.
/// # Errors
/// [`DecompError::Mismatch`] for factors that do not fit the tensor. None is returned where the core would have more than a
/// million elements.
pub fn core_consistency<T: Scalar>(tensor: &Tensor<T>, factors: &[Tensor<T>]) -> Result<Option<f64>, DecompError> {
    let order = tensor.shape().len();
    let rank = factors.first().and_then(|factor| factor.shape().get(1)).copied().unwrap_or(0);
    let expected: Vec<usize> = factors.iter().map(|factor| factor.shape().first().copied().unwrap_or(0)).collect();
    let is_even = factors.iter().all(|factor| factor.shape().len() == 2 && factor.shape()[1] == rank);
    if expected != tensor.shape() || !is_even || rank == 0 {
        let found = tensor.shape().to_vec();
        return Err(DecompError::Mismatch { what: "the tensor of these factors".to_owned(), expected, found });
    }
    let count = u32::try_from(order).ok().and_then(|order| rank.checked_pow(order));
    let Some(count) = count.filter(|&count| count <= LARGE_CORE) else { return Ok(None) };
    // The core is the tensor times the pseudo-inverse of each factor.
    let mut inverses = Vec::with_capacity(order);
    for factor in factors {
        let mut rows: Vec<f64> = factor.data().iter().map(|entry| entry.to_f64()).collect();
        Positive::new(&gram(factor)?)?.solve_rows(&mut rows)?;
        inverses.push(Tensor::new(factor.shape(), rows.iter().map(|&entry| T::from_f64(entry)).collect())?);
    }
    let operands = std::iter::once((0..order).collect()).chain((0..order).map(|mode| vec![mode, order + mode]));
    let sizes = tensor.shape().iter().copied().chain(vec![rank; order]).collect();
    let names = (0..2 * order).map(|index| index.to_string()).collect();
    let contraction = Contraction::new(operands.collect(), (order..2 * order).collect(), sizes, names)?;
    let (found, _) = optimise(&contraction, &Options::default(), &|| false).map_err(EinsumError::from)?;
    let plan = Plan::new(&contraction, &found).map_err(EinsumError::from)?;
    let mut core = vec![<T as Real>::ZERO; count];
    let views: Vec<_> = std::iter::once(tensor.view()).chain(inverses.iter().map(Tensor::view)).collect();
    plan.run(&T::arithmetic(), &views, &mut core, &mut Workspace::default()).map_err(EinsumError::from)?;
    let step = (0..order).fold(0, |step, _| step * rank + 1);
    let off = core.iter().enumerate().map(|(place, &entry)| {
        let is_diagonal = place % step == 0 && place / step < rank;
        (entry.to_f64() - if is_diagonal { 1.0 } else { 0.0 }).powi(2)
    });
    Ok(Some(100.0 * (1.0 - off.sum::<f64>() / rank as f64)))
}

/// The rank where the fall of the error slows down most: the largest ratio of one fall to the next.
fn knee(candidates: &[Candidate]) -> usize {
    let error = |place: usize| match place {
        0 => 1.0,
        _ => candidates[place - 1].relative_error.max(ROUNDING),
    };
    let slowing = |rank: usize| (error(rank - 1) / error(rank)).ln() - (error(rank) / error(rank + 1)).ln();
    (1..candidates.len()).max_by(|&a, &b| slowing(a).total_cmp(&slowing(b))).unwrap_or(1)
}
