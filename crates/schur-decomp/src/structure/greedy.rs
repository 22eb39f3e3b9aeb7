//! A network that grows: from no bonds at all, one rank at a time, where it helps most.

use rayon::prelude::*;
use schur_linalg::svd;
use schur_tensor::Tensor;

use super::Network;
use super::network::transfer;
use crate::einsum_model::{EinsumForm, EinsumOptions, continue_einsum};
use crate::fit::{Observer, Progress, Stopping, unobserved};
use crate::{DecompError, Fit, Scalar, check};

/// How a network grows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GreedyOptions {
    /// It is large enough at this relative error.
    pub error: f64,
    /// It stays below so many numbers.
    pub parameters: usize,
    /// Sweeps that each bond is tried for.
    pub trial: usize,
    /// How all cores are fitted once a bond is chosen.
    pub stopping: Stopping,
    /// Random starts that are fitted beside the grown cores once a bond is chosen, while the error is not met.
    pub restarts: usize,
    /// In the end, a core whose mode spans less than the mode's size is split into a matrix and a hidden core, if that
    /// takes fewer numbers and changes the tensor by at most this, relatively. Zero splits none.
    pub split: f64,
    /// Where random numbers start.
    pub seed: u64,
}

impl Default for GreedyOptions {
    fn default() -> Self {
        let stopping = Stopping { iterations: 30, tolerance: 1e-6 };
        Self { error: 1e-3, parameters: usize::MAX, trial: 3, stopping, restarts: 0, split: 0.0, seed: 0 }
    }
}

/// One step of growth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Growth {
    /// The two cores whose bond grew.
    pub pair: [usize; 2],
    /// The numbers in all cores after it.
    pub parameters: usize,
    /// The relative error after it.
    pub relative_error: f64,
}

/// A network that has grown, its cores, and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Grown<T> {
    /// Cores and bonds.
    pub network: Network,
    /// What is in the cores.
    pub form: EinsumForm<T>,
    /// The last fit.
    pub fit: Fit,
    /// Bond by bond.
    pub growth: Vec<Growth>,
    /// How many fits were made, the short ones for trial included.
    pub evaluations: usize,
}

/// Learns a tensor network: adds to the bond that lowers the error most, until the error or the budget is met.
///
/// Bonds are tried by a few sweeps each from the cores at hand, in parallel. The observer sees one iteration a bond.
///
/// # Errors
/// [`DecompError`] for a tensor of fewer than two modes or with nothing in it, and options outside their range.
/// # Cost
/// For each step, a few sweeps for each of the `N (N - 1) / 2` bonds.
/// # Source
/// M. Hashemizadeh, M. Liu, J. Miller and G. Rabusseau, *Adaptive learning of tensor network structures*, 2020 (arXiv
/// 2008.05437); they fit by gradients, this by alternating least squares, and cores are split once, in the end.
/// # Examples
/// ```
/// use schur_decomp::fit::unobserved;
/// use schur_decomp::structure::{GreedyOptions, greedy};
/// use schur_tensor::Tensor;
///
/// // Modes 0 and 2 hang together, mode 1 alone.
/// let tensor = Tensor::from_fn(&[5, 4, 5], |i| ((i[0] + i[2]) as f64).sin() * (1.0 + i[1] as f64))?;
/// let grown = greedy(&tensor, &GreedyOptions { error: 1e-8, ..Default::default() }, &mut unobserved)?;
/// assert_eq!(grown.network.bonds(), [([0, 2], 2)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn greedy<T: Scalar>(
    tensor: &Tensor<T>,
    options: &GreedyOptions,
    observer: Observer<'_>,
) -> Result<Grown<T>, DecompError> {
    check::dense("structure learning", 2, tensor)?;
    check::not_negative("the error aimed at", options.error)?;
    check::not_negative("the error of splitting", options.split)?;
    let full = EinsumOptions { stopping: options.stopping, ..EinsumOptions::default() };
    let network = Network::new(tensor.shape(), 0);
    let start = EinsumForm::random(network.model()?, options.seed)?;
    let (form, fit) = continue_einsum(tensor, start, &full, &mut unobserved)?;
    let mut grown = Grown { network, form, fit, growth: Vec::new(), evaluations: 1 };
    while grown.fit.relative_error > options.error {
        let Some((pair, network, form)) = best_bond(tensor, &mut grown, options)? else { break };
        let (mut form, mut fit) = continue_einsum(tensor, form, &full, &mut unobserved)?;
        grown.evaluations += 1;
        for restart in 0..options.restarts as u64 {
            if fit.relative_error <= options.error {
                break;
            }
            let start = EinsumForm::random(network.model()?, options.seed.wrapping_add(restart))?;
            let other = continue_einsum(tensor, start, &full, &mut unobserved)?;
            grown.evaluations += 1;
            if other.1.relative_error < fit.relative_error {
                (form, fit) = other;
            }
        }
        let (parameters, relative_error) = (network.parameters(), fit.relative_error);
        grown.growth.push(Growth { pair, parameters, relative_error });
        (grown.network, grown.form, grown.fit) = (network, form, fit);
        let iteration = grown.growth.len();
        if observer(&Progress { iteration, iterations: usize::MAX, relative_error }).is_break() {
            break;
        }
    }
    if options.split > 0.0 {
        split(tensor, &mut grown, options)?;
    }
    Ok(grown)
}

type Trial<T> = ([usize; 2], Network, EinsumForm<T>);

/// The bond that lowers the error most within the budget, with cores from its trial.
fn best_bond<T: Scalar>(
    tensor: &Tensor<T>,
    grown: &mut Grown<T>,
    options: &GreedyOptions,
) -> Result<Option<Trial<T>>, DecompError> {
    let larger = |pair: [usize; 2]| {
        let mut network = grown.network.clone();
        network.set_rank(pair[0], pair[1], network.rank(pair[0], pair[1]) + 1);
        (network.parameters() <= options.parameters && is_of_use(&network, pair)).then_some((pair, network))
    };
    let candidates: Vec<([usize; 2], Network)> = grown.network.pairs().filter_map(larger).collect();
    let stopping = Stopping { iterations: options.trial, tolerance: 0.0 };
    let trial = EinsumOptions { stopping, ..EinsumOptions::default() };
    let seed = options.seed.wrapping_add(grown.evaluations as u64);
    let tried = candidates.into_par_iter().map(|(pair, network)| -> Result<_, DecompError> {
        let start = transfer(&grown.form, network.model()?, seed)?;
        let (form, fit) = continue_einsum(tensor, start, &trial, &mut unobserved)?;
        Ok((fit.relative_error, (pair, network, form)))
    });
    let tried = tried.collect::<Result<Vec<_>, _>>()?;
    grown.evaluations += tried.len();
    let best = tried.into_iter().reduce(|best, other| if other.0 < best.0 { other } else { best });
    Ok(best.filter(|best| best.0 < grown.fit.relative_error).map(|best| best.1))
}

/// Whether a core is not yet so large that the bond only repeats what the rest of it spans.
fn is_of_use(network: &Network, [a, b]: [usize; 2]) -> bool {
    let others = |core: usize| {
        let bonds =
            (0..network.cores()).filter(|&other| other != a && other != b).map(|other| network.rank(core, other));
        bonds.fold(network.shape()[core], usize::saturating_mul)
    };
    network.rank(a, b) <= others(a).min(others(b))
}

/// Splits cores whose mode spans few vectors into a matrix with the mode, and a hidden core with the bonds.
fn split<T: Scalar>(tensor: &Tensor<T>, grown: &mut Grown<T>, options: &GreedyOptions) -> Result<(), DecompError> {
    let modes = grown.network.shape().len();
    let wide: Vec<(usize, usize)> = (0..modes)
        .filter_map(|core| span(&grown.form, core, options.split).transpose().map(|span| span.map(|span| (core, span))))
        .collect::<Result<_, _>>()?;
    if wide.is_empty() {
        return Ok(());
    }
    let mut network = Network::new(grown.network.shape(), wide.len());
    for ([a, b], rank) in grown.network.bonds() {
        network.set_rank(holder(&wide, modes, a), holder(&wide, modes, b), rank);
    }
    for (place, &(core, rank)) in wide.iter().enumerate() {
        network.set_rank(core, modes + place, rank);
    }
    // The split is exact only to the tolerance: a fit from the split cores mends the rest.
    let form = split_cores(grown, &network, &wide)?;
    let full = EinsumOptions { stopping: options.stopping, ..EinsumOptions::default() };
    let (form, fit) = continue_einsum(tensor, form, &full, &mut unobserved)?;
    grown.evaluations += 1;
    if fit.relative_error <= grown.fit.relative_error + options.split {
        (grown.network, grown.form, grown.fit) = (network, form, fit);
    }
    Ok(())
}

/// A core as a matrix: its mode against its bonds, in f64.
fn unfolded<T: Scalar>(form: &EinsumForm<T>, core: usize) -> Result<Tensor<f64>, DecompError> {
    let factor = &form.factors()[core];
    let rows = factor.shape().first().copied().unwrap_or(1);
    let data: Vec<f64> = factor.data().iter().map(|value| value.to_f64()).collect();
    Ok(Tensor::new(&[rows, data.len() / rows.max(1)], data)?)
}

/// How many vectors a core's mode spans, if splitting there takes fewer numbers.
fn span<T: Scalar>(form: &EinsumForm<T>, core: usize, tolerance: f64) -> Result<Option<usize>, DecompError> {
    let matrix = unfolded(form, core)?;
    let [rows, columns] = [matrix.shape()[0], matrix.shape()[1]];
    let values = svd(&matrix)?.s;
    let least = tolerance * values.first().copied().unwrap_or(0.0);
    let rank = values.iter().filter(|&&value| value > least).count().max(1);
    let bonds = form.factors()[core].shape().len() - 1;
    Ok((rank > 1 && bonds > 1 && rank * (rows + columns) < rows * columns).then_some(rank))
}

/// The cores of the network in which some are split, each with the number of vectors that its mode spans.
fn split_cores<T: Scalar>(
    grown: &Grown<T>,
    network: &Network,
    wide: &[(usize, usize)],
) -> Result<EinsumForm<T>, DecompError> {
    let modes = network.shape().len();
    let (mut visible, mut hidden) = (Vec::with_capacity(modes), Vec::with_capacity(wide.len()));
    for (core, factor) in grown.form.factors().iter().enumerate() {
        let mut others: Vec<usize> = grown.network.neighbours(core).map(|other| holder(wide, modes, other)).collect();
        let Some(&(_, rank)) = wide.iter().find(|&&(wide, _)| wide == core) else {
            visible.push(by_neighbour(factor, 1, &others)?);
            continue;
        };
        let found = svd(&unfolded(&grown.form, core)?)?;
        let (kept, bonds) = (found.s.len(), &factor.shape()[1..]);
        let left = |i: &[usize]| T::from_f64(found.u.data()[i[0] * kept + i[1]]);
        visible.push(Tensor::from_fn(&[factor.shape()[0], rank], left)?);
        let columns = found.v.shape()[0];
        let right = (0..rank * columns).map(|place| (place / columns, place % columns));
        let right = right.map(|(k, column)| T::from_f64(found.s[k] * found.v.data()[column * kept + k])).collect();
        others.insert(0, core);
        hidden.push(by_neighbour(&Tensor::new(&[&[rank], bonds].concat(), right)?, 0, &others)?);
    }
    visible.extend(hidden);
    EinsumForm::new(network.model()?, visible)
}

/// The core that holds the bonds of another one, once that may have been split.
fn holder(wide: &[(usize, usize)], modes: usize, core: usize) -> usize {
    wide.iter().position(|&(wide, _)| wide == core).map_or(core, |place| modes + place)
}

/// Sorts the axes of a core behind the first `lead` by the cores that they lead to.
fn by_neighbour<T: Scalar>(core: &Tensor<T>, lead: usize, others: &[usize]) -> Result<Tensor<T>, DecompError> {
    let mut axes: Vec<usize> = (0..others.len()).collect();
    axes.sort_by_key(|&axis| others[axis]);
    let axes: Vec<usize> = (0..lead).chain(axes.into_iter().map(|axis| axis + lead)).collect();
    Ok(core.view().permuted(&axes)?.to_tensor())
}
