//! From a contraction to a good order: which searches are made, and how long.

mod search;

use serde::{Deserialize, Serialize};

use self::search::{Found, Search};
use super::network::Network;
use super::objective::Aim;
use super::slice::{Slicing, slice};
use super::tree::Tree;
use super::{Cost, Objective, Order, OrderError};
use crate::Contraction;

/// A number of elements that an order has to keep to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Limit {
    /// No tensor of a slice has more elements: [`Cost::largest`].
    Largest(f64),
    /// All results that are alive at once in a slice have no more elements together: [`Cost::peak`].
    Peak(f64),
}

/// How an order is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Method {
    /// [`Optimal`](Self::Optimal) for a few operands, else [`Anneal`](Self::Anneal).
    Auto,
    /// The best of all orders up to 12 operands and one more for each unit of effort (18 at most), and beyond that,
    /// up to 64, the best of those that contract connected parts; an error if the effort does not suffice.
    Optimal,
    /// The pair that looks best, one after the other, once.
    Greedy,
    /// The same with noise many times, small parts of the best ones put into the best order.
    RandomGreedy,
    /// By cutting the network in two again and again, many times, small parts of the best ones as above.
    Partition,
    /// By both, and then by annealing the best ones.
    Anneal,
}

/// What an order is to be good for, and what may be spent on it.
///
/// # Examples
/// ```
/// use schur_einsum::order::{Limit, Objective, Options};
///
/// let fits = Options { limit: Some(Limit::Peak(1e8)), ..Options::default() };
/// let fewest = Options { objective: Objective::Operations, effort: 8, ..Options::default() };
/// # assert_ne!(fits, fewest);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// What makes one order better than another.
    pub objective: Objective,
    /// How it is searched.
    pub method: Method,
    /// How long: each unit doubles the work. None is a glance; 10 takes seconds for hundreds of operands.
    ///
    /// With the largest number a search of more than a few operands ends only when the caller says stop.
    pub effort: u32,
    /// Where random numbers start: the same seed and effort give the same order, whatever the number of threads.
    pub seed: u64,
    /// What the order must keep to.
    pub limit: Option<Limit>,
}

/// Tenths of a second for hundreds of operands.
const USUAL_EFFORT: u32 = 4;

impl Default for Options {
    fn default() -> Self {
        let objective = Objective::default();
        Self { objective, method: Method::Auto, effort: USUAL_EFFORT, seed: 0, limit: None }
    }
}

/// What a search found, and how.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// What the order costs.
    pub cost: Cost,
    /// Whether no order is better: all were compared, and none had to be sliced.
    pub optimal: bool,
    /// How many trees were built or annealed from a start of their own.
    pub trees: usize,
    /// Whether the caller's stop ended the search.
    pub stopped: bool,
}

/// Searches a good order of a contraction.
///
/// `stop` is asked all the time, from several threads, and once it says yes the best order so far is returned within
/// some milliseconds; without a limit on time pass `&|| false`. Independent pieces of work run in rayon's current pool.
///
/// # Errors
/// [`OrderError::Limit`] if an operand or the output alone is larger than the limit allows.
/// [`OrderError::LimitTooSmall`] if no slicing meets the limit.
/// [`OrderError::TooHard`] if [`Method::Optimal`] is out of reach.
///
/// # Examples
/// ```
/// use schur_einsum::{Contraction, order::{Options, optimise}};
///
/// // A chain of matrices and a vector: from the vector's end.
/// let names = ["i", "j", "k", "l"].map(str::to_owned).to_vec();
/// let chain = vec![vec![0, 1], vec![1, 2], vec![2, 3], vec![3]];
/// let contraction = Contraction::new(chain, vec![0], vec![10; 4], names)?;
/// let (order, report) = optimise(&contraction, &Options::default(), &|| false)?;
/// assert_eq!(order.pairs().len(), 3);
/// assert_eq!(report.cost.operations, 300.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn optimise(
    contraction: &Contraction,
    options: &Options,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<(Order, Report), OrderError> {
    if let Some(limit) = options.limit {
        check_whole(contraction, limit)?;
    }
    let network = Network::new(contraction, &[]);
    let aim = Aim { objective: options.objective, most: wanted(options.limit).log2() };
    let search = Search { network: &network, options, aim, stop };
    let found = search.run()?;
    let (pairs, sliced) = match options.limit {
        None => (found.best().to_vec(), Vec::new()),
        Some(limit) => {
            let sliced = sliced(&search, &found, limit)?;
            (sliced.pairs, sliced.sliced)
        }
    };
    let pairs = sorted_pairs(contraction, &pairs, &sliced);
    let sliced = sliced.into_iter().map(|index| index as usize).collect::<Vec<_>>();
    // With a limit on what is alive at once, orders were judged by less than all of it.
    let optimal = found.optimal && sliced.is_empty() && !matches!(options.limit, Some(Limit::Peak(_)));
    let order = Order::new(contraction, pairs, sliced)?;
    let report = Report { cost: Cost::of(contraction, &order), optimal, trees: found.trees, stopped: stop() };
    Ok((order, report))
}

/// The most elements of a tensor that a search should aim at.
fn wanted(limit: Option<Limit>) -> f64 {
    match limit {
        None => f64::INFINITY,
        Some(Limit::Largest(most)) => most,
        // A result and what it is made from are alive together.
        Some(Limit::Peak(most)) => most / 2.0,
    }
}

/// Refuses a limit that tensors exceed which exist whole in any case.
fn check_whole(contraction: &Contraction, limit: Limit) -> Result<(), OrderError> {
    let elements = |shape: Vec<usize>| shape.into_iter().map(|size| size as f64).product::<f64>();
    let operands = 0..contraction.operands().len();
    let operands = operands.filter_map(|k| Some((format!("operand {k}"), elements(contraction.operand_shape(k)?))));
    let output = [("the output".to_owned(), elements(contraction.output_shape()))];
    // Whoever limits what is alive beside the operands holds those already.
    let (held, most): (Vec<_>, f64) = match limit {
        Limit::Largest(most) => (operands.chain(output).collect(), most),
        Limit::Peak(most) => (output.into(), most),
    };
    match held.into_iter().find(|(_, elements)| *elements > most || most.is_nan()) {
        Some((place, elements)) => Err(OrderError::Limit { place, elements, limit: most }),
        None => Ok(()),
    }
}

/// The cheapest of the trees found, each sliced.
fn sliced(search: &Search, found: &Found, limit: Limit) -> Result<Slicing, OrderError> {
    use rayon::prelude::*;
    let &Search { network, options, aim, stop } = search;
    let trees = found.trees_by_score.par_iter().enumerate();
    let tries: Vec<Result<Slicing, f64>> = trees
        .map(|(place, pairs)| slice(network, pairs, aim, limit, options.seed ^ place as u64, &|| stop()))
        .collect();
    let least = tries.iter().filter_map(|tried| tried.as_ref().err()).copied().fold(f64::INFINITY, f64::min);
    let best = tries.into_iter().flatten().min_by(|a, b| a.cost.total_cmp(&b.cost));
    let (Limit::Largest(most) | Limit::Peak(most)) = limit;
    best.ok_or(OrderError::LimitTooSmall { limit: most, least })
}

/// The pairs in the sequence that keeps least alive.
fn sorted_pairs(contraction: &Contraction, pairs: &[[u32; 2]], sliced: &[u32]) -> Vec<[usize; 2]> {
    let sliced: Vec<usize> = sliced.iter().map(|&index| index as usize).collect();
    let network = Network::new(contraction, &sliced);
    let mut tree = Tree::new(&network, pairs);
    tree.sort_children();
    tree.pairs().into_iter().map(|pair| pair.map(|tensor| tensor as usize)).collect()
}
