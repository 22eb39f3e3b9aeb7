//! The core of a Tucker form within a budget of numbers, from singular values alone.
//!
//! With `s_n` the singular values of the unfoldings, the best squared error `L(r)` of ranks `r` is bracketed by what the
//! modes lose one by one: `max_n tail_n(r_n) <= L(r) <= sum_n tail_n(r_n) <= N L(r)`. So the ranks that keep most, summed
//! over the modes, lose at most `N` times what the best ranks of the same budget lose. They solve a knapsack problem
//! ("Tucker packing"), here by listing the partial shapes and solving for the last rank.

use schur_tensor::Tensor;

use crate::modes::spectrum_squared;
use crate::{DecompError, Scalar, check};

/// Partial shapes that are kept; beyond, only the best of those of nearly the same size.
const STATES: usize = 1 << 18;

/// Sizes of core or factors that differ by less than this part count as the same where shapes must be dropped.
const GRAIN: f64 = 0.01;

/// Ranks within a budget, and what is known of the error before anything is fitted.
#[derive(Debug, Clone, PartialEq)]
pub struct CoreShape {
    /// One a mode.
    pub ranks: Vec<usize>,
    /// Numbers in core and factors: `prod r_n + sum r_n I_n`.
    pub parameters: usize,
    /// The least and the largest relative error that the best Tucker form of these ranks can have.
    pub error_between: [f64; 2],
    /// Whether no shape within the budget keeps more; else some shapes were dropped for others nearly as large.
    pub is_exact: bool,
}

/// Chooses the ranks of a Tucker form of at most `budget` numbers.
///
/// # Errors
/// [`DecompError::Option`] for a budget that not even ranks of one fit in, and as for all methods, bad tensors.
/// # Cost
/// The Gram matrix of each unfolding's shorter side; the search takes microseconds to milliseconds.
/// # Source
/// M. Ghadiri, M. Fahrbach, G. Fu and V. Mirrokni, *Approximately optimal core shapes for tensor decompositions*, 2023
/// (arXiv 2302.03886): the packing problem and its factor. They solve it with an integer program, this by enumeration.
/// # Examples
/// ```
/// use schur_decomp::structure::core_shape;
/// use schur_tensor::Tensor;
///
/// let tensor = Tensor::from_fn(&[8, 9, 10], |i| 1.0 / (1.0 + i.iter().sum::<usize>() as f64))?;
/// let shape = core_shape(&tensor, 100)?;
/// assert!(shape.parameters <= 100 && shape.error_between[1] < 0.03, "{shape:?}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn core_shape<T: Scalar>(tensor: &Tensor<T>, budget: usize) -> Result<CoreShape, DecompError> {
    check::dense("the choice of a core", 1, tensor)?;
    let spectra = (0..tensor.shape().len()).map(|mode| spectrum_squared(tensor, &[mode]));
    pack(&spectra.collect::<Result<Vec<_>, _>>()?, tensor.shape(), budget)
}

/// The beginning of a shape.
#[derive(Debug, Clone, Copy)]
struct State {
    core: usize,
    factors: usize,
    kept: f64,
    largest: usize,
    rank: usize,
    before: usize,
}

/// Chooses ranks from squared singular values of each mode's unfolding, largest first.
///
/// # Errors
/// [`DecompError::Count`] if there are not as many lists as modes, [`DecompError::Option`] for too small a budget.
pub fn pack(spectra: &[Vec<f64>], shape: &[usize], budget: usize) -> Result<CoreShape, DecompError> {
    if spectra.len() != shape.len() {
        let what = "lists of singular values, one for each mode";
        return Err(DecompError::Count { what, expected: shape.len(), found: spectra.len() });
    }
    let sums: Vec<Vec<f64>> = spectra.iter().map(|list| cumulated(list)).collect();
    let mut modes: Vec<usize> = (0..shape.len()).filter(|&mode| !spectra[mode].is_empty()).collect();
    modes.sort_by_key(|&mode| (spectra[mode].len(), mode));
    let least = 1 + shape.iter().sum::<usize>();
    let (Some((&last, first)), true) = (modes.split_last(), modes.len() == shape.len() && budget >= least) else {
        let expected = "the sum of the sizes of all modes and one, or more, of a tensor with elements";
        return Err(DecompError::Option { option: "the budget", value: budget as f64, expected });
    };
    let root = State { core: 1, factors: 0, kept: 0.0, largest: 1, rank: 0, before: 0 };
    let (mut levels, mut is_exact) = (vec![vec![root]], true);
    for (place, &mode) in first.iter().enumerate() {
        let ahead: usize = first[place + 1..].iter().chain([&last]).map(|&mode| shape[mode]).sum();
        let states = levels.last().map_or(&[][..], Vec::as_slice);
        let mut next = extend(states, &sums[mode], shape[mode], budget.saturating_sub(ahead));
        is_exact &= next.len() <= STATES;
        thin(&mut next);
        levels.push(next);
    }
    let states = levels.last().map_or(&[][..], Vec::as_slice);
    let ends = states.iter().enumerate().filter_map(|(place, state)| {
        let rank = ((budget - state.factors) / (state.core + shape[last])).min(spectra[last].len()).min(state.core);
        let fits = rank > 0 && state.largest <= (state.core / state.largest).saturating_mul(rank);
        fits.then(|| (place, rank, state.kept + sums[last][rank]))
    });
    let best = ends.reduce(|best, other| if other.2 > best.2 { other } else { best });
    let (mut place, rank, _) = best.unwrap_or((0, 1, 0.0));
    let mut ranks = vec![1; shape.len()];
    ranks[last] = rank;
    for (level, &mode) in levels.iter().skip(1).zip(first).rev() {
        ranks[mode] = level[place].rank;
        place = level[place].before;
    }
    Ok(described(ranks, &sums, shape, is_exact))
}

/// All shapes with one mode more, of at most `budget` numbers if the modes ahead have rank one.
fn extend(states: &[State], sums: &[f64], size: usize, budget: usize) -> Vec<State> {
    let mut next = Vec::new();
    for (before, state) in states.iter().enumerate() {
        for rank in 1..sums.len() {
            let (core, factors) = (state.core.saturating_mul(rank), state.factors + rank * size);
            if core.saturating_add(factors) > budget {
                break;
            }
            let (kept, largest) = (state.kept + sums[rank], state.largest.max(rank));
            next.push(State { core, factors, kept, largest, rank, before });
        }
    }
    next
}

/// Keeps the best of shapes of nearly the same size, if there are too many.
fn thin(states: &mut Vec<State>) {
    let mut grain = GRAIN;
    while states.len() > STATES {
        let level = |size: usize| ((size.max(1) as f64).ln() / grain) as u64;
        let key = |state: &State| (level(state.core), level(state.factors));
        states.sort_by(|a, b| key(a).cmp(&key(b)).then(b.kept.total_cmp(&a.kept)));
        states.dedup_by_key(|state| key(state));
        grain *= 2.0;
    }
}

fn described(ranks: Vec<usize>, sums: &[Vec<f64>], shape: &[usize], is_exact: bool) -> CoreShape {
    let parameters = ranks.iter().product::<usize>() + ranks.iter().zip(shape).map(|(r, size)| r * size).sum::<usize>();
    let total = |sums: &Vec<f64>| sums.last().copied().unwrap_or(0.0);
    let tails = || ranks.iter().zip(sums).map(|(&rank, sums)| (total(sums) - sums[rank]).max(0.0));
    let whole = sums.iter().map(total).fold(0.0, f64::max);
    let relative = |squares: f64| if whole > 0.0 { (squares / whole).sqrt() } else { 0.0 };
    let error_between = [relative(tails().fold(0.0, f64::max)), relative(tails().sum())];
    CoreShape { ranks, parameters, error_between, is_exact }
}

/// Sums of the first elements, from none to all.
pub(super) fn cumulated(values: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    let sums = values.iter().map(|value| {
        sum += value;
        sum
    });
    std::iter::once(0.0).chain(sums).collect()
}
