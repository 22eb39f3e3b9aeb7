//! Ranks and permutations of a network of known shape: searched by enumerating one at a time, or by sampling.
//!
//! The objective of a structure is `numbers in the cores / numbers in the tensor + weight * squared relative error`.
//! Structures are fitted once each, however often a search comes past them.

use std::collections::HashMap;

use rayon::prelude::*;
use schur_tensor::Tensor;

use super::Network;
use crate::einsum_model::{EinsumForm, EinsumOptions, continue_einsum};
use crate::fit::{Observer, Progress, Stopping, unobserved};
use crate::random::{below, stream};
use crate::{DecompError, Scalar, check};

/// Which places of a network are joined, and which mode stands at each place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    /// Pairs of places.
    pub bonds: Vec<[usize; 2]>,
    /// Whether modes may change places.
    pub permute: bool,
}

impl Topology {
    /// A ring of so many places, on which modes may change places.
    pub fn ring(places: usize) -> Self {
        let last = (places > 2).then_some([0, places.saturating_sub(1)]);
        Self { permute: true, ..Self::train(places) }.with(last)
    }

    /// A train of so many places, on which modes may change places.
    pub fn train(places: usize) -> Self {
        Self { bonds: (1..places).map(|place| [place - 1, place]).collect(), permute: true }
    }

    /// Every place joined to every other: then permutations change nothing.
    pub fn complete(places: usize) -> Self {
        Self { bonds: Network::new(&vec![1; places], 0).pairs().collect(), permute: false }
    }

    fn with(mut self, bond: Option<[usize; 2]>) -> Self {
        self.bonds.extend(bond);
        self
    }
}

/// How a structure is searched.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SearchOptions {
    /// The largest rank of a bond.
    pub most: usize,
    /// The rank that all bonds begin with.
    pub begin: usize,
    /// What the squared relative error counts beside the compression.
    pub weight: f64,
    /// Sweeps over all variables in which ranks move by two, and are guessed between those fitted.
    pub coarse: usize,
    /// Sweeps in which ranks move by one, or rounds of samples.
    pub sweeps: usize,
    /// Structures drawn in a round of samples.
    pub samples: usize,
    /// How a structure is fitted.
    pub stopping: Stopping,
    /// Random starts of a structure, of which the best counts.
    pub starts: usize,
    /// Where random numbers begin.
    pub seed: u64,
}

impl Default for SearchOptions {
    fn default() -> Self {
        let stopping = Stopping { iterations: 100, tolerance: 1e-6 };
        Self { most: 8, begin: 2, weight: 100.0, coarse: 1, sweeps: 10, samples: 20, stopping, starts: 2, seed: 0 }
    }
}

/// The best structure that a search met.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The mode at each place.
    pub places: Vec<usize>,
    /// The rank of each bond of the topology.
    pub ranks: Vec<usize>,
    /// The same as cores and bonds.
    pub network: Network,
    /// The relative error that it was fitted with.
    pub relative_error: f64,
    /// Its objective.
    pub objective: f64,
    /// Different structures that were fitted.
    pub evaluations: usize,
    /// The objective after each sweep or round.
    pub history: Vec<f64>,
}

/// Searches ranks and permutation by enumerating one variable after the other ("TnALE").
///
/// A sweep goes through all ranks and the permutation, and back. In the coarse sweeps a rank moves by up to two and only
/// the ends of that window are fitted, the rest read off a line between them; then by up to one, all fitted. It ends when a
/// sweep changes nothing. The observer sees one iteration a sweep.
///
/// # Errors
/// [`DecompError`] for a tensor of fewer than two modes or with nothing in it, a topology with other places than it has
/// modes, and options outside their range.
/// # Cost
/// `O(K + N^2)` fits a sweep for `K` bonds and `N` modes, where sampling needs as many as there are neighbours to hit one.
/// # Source
/// C. Li, J. Zeng, C. Li, C. Caiafa and Q. Zhao, *Alternating local enumeration (TnALE): solving tensor network structure
/// search with fewer evaluations*, 2023 (arXiv 2304.12875); fitted by alternating least squares.
/// # Examples
/// ```
/// use schur_decomp::fit::unobserved;
/// use schur_decomp::structure::{Network, SearchOptions, Topology, tnale};
/// use schur_decomp::einsum_model::EinsumForm;
///
/// let mut planted = Network::new(&[5, 5, 5], 0);
/// planted.set_rank(0, 2, 3);
/// let tensor = EinsumForm::<f64>::random(planted.model()?, 1)?.to_tensor()?;
/// let options = SearchOptions { most: 4, ..Default::default() };
/// let found = tnale(&tensor, &Topology::train(3), &options, &mut unobserved)?;
/// assert_eq!(found.network, planted);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn tnale<T: Scalar>(
    tensor: &Tensor<T>,
    topology: &Topology,
    options: &SearchOptions,
    observer: Observer<'_>,
) -> Result<Found, DecompError> {
    let mut judge = Judge::new(tensor, topology, options)?;
    let mut state = judge.begin()?;
    let mut history = Vec::new();
    let sweeps = options.coarse + options.sweeps;
    for sweep in 0..sweeps {
        let before = state.clone();
        let is_coarse = sweep < options.coarse;
        let forward: Vec<usize> = (0..topology.bonds.len()).collect();
        for bond in &forward {
            judge.rank(&mut state, *bond, is_coarse)?;
        }
        judge.permutation(&mut state)?;
        for bond in forward.iter().rev() {
            judge.rank(&mut state, *bond, is_coarse)?;
        }
        let value = judge.value(&state)?;
        history.push(value.objective);
        let relative_error = value.relative_error;
        let progress = Progress { iteration: sweep + 1, iterations: sweeps, relative_error };
        if observer(&progress).is_break() || (!is_coarse && state == before) {
            break;
        }
    }
    judge.found(state, history)
}

/// Searches ranks and permutation by drawing structures near the best one ("TNLS"): what [`tnale`] is measured against.
///
/// A sample moves each rank by at most one, and exchanges two modes half of the time. It ends after rounds without a
/// better structure, three of them.
///
/// # Errors
/// As [`tnale`].
/// # Cost
/// [`SearchOptions::samples`] fits a round.
/// # Source
/// C. Li, J. Zeng, Z. Tao and Q. Zhao, *Permutation search of tensor network structures via local sampling*, 2022 (arXiv
/// 2206.06597), with a neighbourhood of fixed size.
pub fn sample<T: Scalar>(
    tensor: &Tensor<T>,
    topology: &Topology,
    options: &SearchOptions,
    observer: Observer<'_>,
) -> Result<Found, DecompError> {
    let mut judge = Judge::new(tensor, topology, options)?;
    let mut state = judge.begin()?;
    let (mut history, mut idle) = (Vec::new(), 0);
    let mut rng = stream(options.seed, u64::MAX);
    for round in 0..options.sweeps {
        let draws = (0..options.samples).map(|_| {
            let mut near = state.clone();
            for rank in &mut near.ranks {
                *rank = (*rank + below(&mut rng, 3)).saturating_sub(1).clamp(1, options.most);
            }
            if topology.permute && below(&mut rng, 2) == 1 {
                let count = near.places.len();
                near.places.swap(below(&mut rng, count), below(&mut rng, count));
            }
            near
        });
        let draws: Vec<State> = draws.collect();
        idle = if judge.best_of(&mut state, draws)? { 0 } else { idle + 1 };
        let value = judge.value(&state)?;
        history.push(value.objective);
        let progress =
            Progress { iteration: round + 1, iterations: options.sweeps, relative_error: value.relative_error };
        if observer(&progress).is_break() || idle == IDLE {
            break;
        }
    }
    judge.found(state, history)
}

/// Rounds of samples without a better structure that end the search.
const IDLE: usize = 3;

#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    places: Vec<usize>,
    ranks: Vec<usize>,
}

#[derive(Debug, Clone, Copy)]
struct Value {
    objective: f64,
    relative_error: f64,
}

/// Fits structures, and remembers them.
struct Judge<'a, T> {
    tensor: &'a Tensor<T>,
    topology: &'a Topology,
    options: &'a SearchOptions,
    known: HashMap<Network, Value>,
}

impl<'a, T: Scalar> Judge<'a, T> {
    fn new(tensor: &'a Tensor<T>, topology: &'a Topology, options: &'a SearchOptions) -> Result<Self, DecompError> {
        check::dense("structure search", 2, tensor)?;
        check::stopping(&options.stopping)?;
        check::not_negative("the weight of the error", options.weight)?;
        let places = topology.bonds.iter().flatten().max().map_or(1, |&place| place + 1);
        let modes = tensor.shape().len();
        if places > modes {
            return Err(DecompError::Count { what: "places of the topology", expected: modes, found: places });
        }
        for (option, value) in [("starts", options.starts), ("the rank to begin with", options.begin)] {
            if value == 0 {
                return Err(DecompError::Option { option, value: 0.0, expected: "one or more" });
            }
        }
        Ok(Self { tensor, topology, options, known: HashMap::new() })
    }

    fn begin(&self) -> Result<State, DecompError> {
        let (begin, most) = (self.options.begin, self.options.most);
        if begin > most {
            return Err(DecompError::Rank { what: "the first bond".to_owned(), rank: begin, most });
        }
        let places = (0..self.tensor.shape().len()).collect();
        Ok(State { places, ranks: vec![begin; self.topology.bonds.len()] })
    }

    fn network(&self, state: &State) -> Network {
        let mut network = Network::new(self.tensor.shape(), 0);
        for (&[a, b], &rank) in self.topology.bonds.iter().zip(&state.ranks) {
            network.set_rank(state.places[a], state.places[b], rank);
        }
        network
    }

    /// Fits what is not known yet, in parallel.
    fn learn(&mut self, states: &[State]) -> Result<(), DecompError> {
        let mut unknown: Vec<Network> = Vec::new();
        for network in states.iter().map(|state| self.network(state)) {
            if !self.known.contains_key(&network) && !unknown.contains(&network) {
                unknown.push(network);
            }
        }
        let elements = self.tensor.data().len() as f64;
        let options = self.options;
        let fits = unknown.into_par_iter().map(|network| -> Result<_, DecompError> {
            let model = network.model()?;
            let mut relative_error = f64::INFINITY;
            for start in 0..options.starts as u64 {
                let fit = EinsumOptions { stopping: options.stopping, ..EinsumOptions::default() };
                let form = EinsumForm::random(model.clone(), options.seed.wrapping_add(start))?;
                relative_error =
                    relative_error.min(continue_einsum(self.tensor, form, &fit, &mut unobserved)?.1.relative_error);
                // What a better start could save is less than a thousandth of the objective of a full tensor.
                if options.weight * relative_error * relative_error < NOTHING {
                    break;
                }
            }
            let compression = network.parameters() as f64 / elements;
            let objective = compression + options.weight * relative_error * relative_error;
            Ok((network, Value { objective, relative_error }))
        });
        let fits = fits.collect::<Result<Vec<_>, _>>()?;
        self.known.extend(fits);
        Ok(())
    }

    fn value(&mut self, state: &State) -> Result<Value, DecompError> {
        self.learn(std::slice::from_ref(state))?;
        Ok(self.known.get(&self.network(state)).copied().unwrap_or(UNKNOWN))
    }

    /// Moves to the best of some structures if it is better, and says whether it is.
    fn best_of(&mut self, state: &mut State, others: Vec<State>) -> Result<bool, DecompError> {
        self.learn(&others)?;
        let (mut best, before) = (self.value(state)?.objective, state.clone());
        for other in others {
            let objective = self.value(&other)?.objective;
            if objective < best {
                (best, *state) = (objective, other);
            }
        }
        Ok(*state != before)
    }

    /// Moves one rank to the best within its window.
    fn rank(&mut self, state: &mut State, bond: usize, is_coarse: bool) -> Result<(), DecompError> {
        let with = |rank: usize| {
            let mut other = state.clone();
            other.ranks[bond] = rank;
            other
        };
        let now = state.ranks[bond];
        let radius = if is_coarse { 2 } else { 1 };
        let (low, high) = (now.saturating_sub(radius).max(1), (now + radius).min(self.options.most));
        if !is_coarse {
            let others = (low..=high).filter(|&rank| rank != now).map(with).collect();
            return self.best_of(state, others).map(drop);
        }
        let mut knots = vec![low, now, high];
        knots.dedup();
        let fitted: Vec<State> = knots.iter().copied().map(with).collect();
        self.learn(&fitted)?;
        let mut errors = Vec::with_capacity(knots.len());
        for (&rank, fitted) in knots.iter().zip(&fitted) {
            errors.push((rank, self.value(fitted)?.relative_error));
        }
        let elements = self.tensor.data().len() as f64;
        let guess = |rank: usize| {
            let error = interpolated(&errors, rank);
            self.network(&with(rank)).parameters() as f64 / elements + self.options.weight * error * error
        };
        let best = (low..=high).map(|rank| (rank, guess(rank))).reduce(|a, b| if b.1 < a.1 { b } else { a });
        // A guess is only a guess: it counts if the fit agrees.
        let others = best.map(|(rank, _)| with(rank)).into_iter().chain(fitted).collect();
        self.best_of(state, others).map(drop)
    }

    /// Exchanges two modes, if any exchange is better.
    fn permutation(&mut self, state: &mut State) -> Result<(), DecompError> {
        if !self.topology.permute {
            return Ok(());
        }
        let count = state.places.len();
        let exchanges = (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b)));
        let others = exchanges.map(|(a, b)| {
            let mut other = state.clone();
            other.places.swap(a, b);
            other
        });
        let others = others.collect();
        self.best_of(state, others).map(drop)
    }

    fn found(mut self, state: State, history: Vec<f64>) -> Result<Found, DecompError> {
        let Value { objective, relative_error } = self.value(&state)?;
        let (network, evaluations) = (self.network(&state), self.known.len());
        Ok(Found { places: state.places, ranks: state.ranks, network, relative_error, objective, evaluations, history })
    }
}

/// Objectives that differ by less are equal.
const NOTHING: f64 = 1e-3;

/// A structure that was never fitted is never the best.
const UNKNOWN: Value = Value { objective: f64::INFINITY, relative_error: f64::INFINITY };

/// The error of a rank on the lines between those fitted.
fn interpolated(errors: &[(usize, f64)], rank: usize) -> f64 {
    let right = errors.partition_point(|&(knot, _)| knot < rank).min(errors.len() - 1);
    let (left, (high, end)) = (right.saturating_sub(1), errors[right]);
    let (low, begin) = errors[left];
    if high == low { end } else { begin + (end - begin) * (rank as f64 - low as f64) / (high as f64 - low as f64) }
}
