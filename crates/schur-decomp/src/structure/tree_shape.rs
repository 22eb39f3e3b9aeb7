//! The ranks of a tree of cores within a budget of numbers: core shapes, where the core is a tree itself.
//!
//! Every bond of the tree unfolds the tensor into what hangs below it and the rest, and loses the tail of that unfolding's
//! singular values; the same bracket holds as for a Tucker core. For a price a number, the cheapest ranks of a tree are
//! found from the leaves upwards; the price is raised until the budget is kept, and what is left of it is spent bond by
//! bond. The prices also prove how little any ranks within the budget could lose.

use schur_tensor::Tensor;

use super::core_shape::cumulated;
use crate::modes::spectrum_squared;
use crate::{DecompError, Scalar, check};

/// Halvings of the interval of prices.
const HALVINGS: usize = 60;

/// Ranks up to this are all considered; larger ones only in steps of a tenth.
const ALL_UP_TO: usize = 24;

/// A part of a tree: a mode of the tensor, or a core that joins several parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Branch {
    /// A mode, counted from zero.
    Mode(usize),
    /// A core with a bond to each part.
    Join(Vec<Branch>),
}

/// Ranks of the bonds of a tree.
#[derive(Debug, Clone, PartialEq)]
pub struct TreeShape {
    /// The rank of the bond above each part, parts before what they hold: the order of a walk that reports a branch when
    /// it enters it. The root has no bond.
    pub ranks: Vec<usize>,
    /// The modes below each of those bonds.
    pub bonds: Vec<Vec<usize>>,
    /// Numbers in all cores and in the matrices of the modes.
    pub parameters: usize,
    /// The least and the largest relative error that the best form of these ranks can have.
    pub error_between: [f64; 2],
    /// The sum of what the bonds lose, and the least that any ranks within the budget lose, both relative to the sum of
    /// squares.
    pub lost: [f64; 2],
}

/// Chooses the ranks of a tree of at most `budget` numbers.
///
/// # Errors
/// [`DecompError::Count`] if the tree does not have every mode once, [`DecompError::Option`] for a budget that not even
/// ranks of one fit in or a core that joins nothing, and as for all methods, bad tensors.
/// # Cost
/// The Gram matrix of the shorter side of each bond's unfolding; then sixty times the product of the ranks around each
/// core.
/// # Source
/// As [`core_shape`](super::core_shape()); the prices are Lagrange's multipliers, in place of their scheme.
/// # Examples
/// ```
/// use schur_decomp::structure::{Branch, tree_shape};
/// use schur_tensor::Tensor;
///
/// let tensor = Tensor::from_fn(&[6, 6, 6, 6], |i| 1.0 / (1.0 + i.iter().sum::<usize>() as f64))?;
/// let pair = |a, b| Branch::Join(vec![Branch::Mode(a), Branch::Mode(b)]);
/// let shape = tree_shape(&tensor, &Branch::Join(vec![pair(0, 1), pair(2, 3)]), 100)?;
/// assert!(shape.parameters <= 100 && shape.error_between[1] < 0.2, "{shape:?}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn tree_shape<T: Scalar>(tensor: &Tensor<T>, tree: &Branch, budget: usize) -> Result<TreeShape, DecompError> {
    let norm_squared = check::dense("the choice of ranks", 1, tensor)?;
    let mut nodes = Vec::new();
    list(tree, None, &mut nodes)?;
    let mut seen: Vec<usize> = nodes.first().map(|root| root.modes.clone()).unwrap_or_default();
    seen.sort_unstable();
    if !seen.iter().copied().eq(0..tensor.shape().len()) {
        let what = "modes in the tree, each of them once";
        return Err(DecompError::Count { what, expected: tensor.shape().len(), found: seen.len() });
    }
    for node in nodes.iter_mut().skip(1) {
        node.sums = cumulated(&spectrum_squared(tensor, &node.modes)?);
        node.size = if node.is_mode { tensor.shape()[node.modes[0]] } else { 1 };
    }
    let mut ranks = vec![1; nodes.len()];
    if size(&nodes, &ranks) > budget {
        let expected = "enough for all ranks to be one";
        return Err(DecompError::Option { option: "the budget", value: budget as f64, expected });
    }
    let least = price(&nodes, budget, norm_squared, &mut ranks);
    spend(&nodes, budget, &mut ranks);
    let tails = || nodes.iter().zip(&ranks).skip(1).map(|(node, &rank)| tail(node, rank) / norm_squared);
    let lost = tails().sum::<f64>();
    Ok(TreeShape {
        parameters: size(&nodes, &ranks),
        error_between: [tails().fold(0.0, f64::max).sqrt(), lost.sqrt()],
        lost: [lost, (least / norm_squared).min(lost)],
        ranks: ranks.split_off(1),
        bonds: nodes.into_iter().skip(1).map(|node| node.modes).collect(),
    })
}

/// A mode or a core, with the bond above it.
struct Node {
    modes: Vec<usize>,
    is_mode: bool,
    parts: Vec<usize>,
    /// What the bond keeps with rank zero, one, ...
    sums: Vec<f64>,
    /// The size of the mode; one for a core.
    size: usize,
}

fn list(branch: &Branch, above: Option<usize>, nodes: &mut Vec<Node>) -> Result<(), DecompError> {
    let place = nodes.len();
    let (modes, is_mode) = match branch {
        Branch::Mode(mode) => (vec![*mode], true),
        Branch::Join(_) => (Vec::new(), false),
    };
    nodes.push(Node { modes, is_mode, parts: Vec::new(), sums: vec![0.0, 0.0], size: 1 });
    if let Some(above) = above {
        nodes[above].parts.push(place);
    }
    if let Branch::Join(parts) = branch {
        if parts.is_empty() {
            return Err(DecompError::Option { option: "the parts of a core", value: 0.0, expected: "one or more" });
        }
        for part in parts {
            let begin = nodes.len();
            list(part, Some(place), nodes)?;
            let modes = nodes[begin].modes.clone();
            nodes[place].modes.extend(modes);
        }
    }
    Ok(())
}

fn tail(node: &Node, rank: usize) -> f64 {
    (node.sums.last().copied().unwrap_or(0.0) - node.sums[rank]).max(0.0)
}

/// The numbers in the core of a node.
fn core(nodes: &[Node], place: usize, ranks: &[usize]) -> usize {
    let above = if place == 0 { 1 } else { ranks[place] };
    nodes[place]
        .parts
        .iter()
        .fold(above.saturating_mul(nodes[place].size), |core, &part| core.saturating_mul(ranks[part]))
}

fn size(nodes: &[Node], ranks: &[usize]) -> usize {
    (0..nodes.len()).fold(0_usize, |sum, place| sum.saturating_add(core(nodes, place, ranks)))
}

/// Finds the lowest price at which the cheapest ranks keep to the budget, and the least that any such ranks lose.
fn price(nodes: &[Node], budget: usize, norm_squared: f64, ranks: &mut Vec<usize>) -> f64 {
    let (mut low, mut high) = ((norm_squared * 1e-20).ln(), (norm_squared * 10.0).ln());
    let (mut least, mut best) = (0.0_f64, f64::INFINITY);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        let (found, cost) = cheapest(nodes, middle.exp());
        least = least.max(cost - middle.exp() * budget as f64);
        if size(nodes, &found) > budget {
            low = middle;
            continue;
        }
        high = middle;
        let lost: f64 = nodes.iter().zip(&found).skip(1).map(|(node, &rank)| tail(node, rank)).sum();
        if lost < best {
            best = lost;
            *ranks = found;
        }
    }
    least
}

/// The ranks with the least sum of what bonds lose and what numbers cost, and that sum.
fn cheapest(nodes: &[Node], price: f64) -> (Vec<usize>, f64) {
    let options: Vec<Vec<usize>> = nodes.iter().map(|node| considered(node.sums.len() - 1)).collect();
    // For each node and each option of its bond: the cost of all below, and the options of its parts.
    let mut costs: Vec<Vec<(f64, Vec<usize>)>> = vec![Vec::new(); nodes.len()];
    for place in (0..nodes.len()).rev() {
        let node = &nodes[place];
        let above: &[usize] = if place == 0 { &[1] } else { &options[place] };
        let best = above.iter().map(|&rank| {
            let own = if place == 0 { 0.0 } else { tail(node, rank) };
            let numbers = price * (rank * node.size) as f64;
            let (cost, chosen) = cheapest_parts(node, numbers, &options, &costs);
            (own + cost, chosen)
        });
        costs[place] = best.collect();
    }
    let mut ranks = vec![1; nodes.len()];
    let mut chosen = vec![0; nodes.len()];
    for place in 0..nodes.len() {
        let picks = &costs[place][chosen[place]].1;
        for (&part, &pick) in nodes[place].parts.iter().zip(picks) {
            chosen[part] = pick;
            ranks[part] = options[part][pick];
        }
    }
    (ranks, costs[0][0].0)
}

/// The best options of a node's parts, where a number of the core costs `numbers` for each unit of their ranks' product.
fn cheapest_parts(
    node: &Node,
    numbers: f64,
    options: &[Vec<usize>],
    costs: &[Vec<(f64, Vec<usize>)>],
) -> (f64, Vec<usize>) {
    let mut picks = vec![0; node.parts.len()];
    let mut best = (f64::INFINITY, picks.clone());
    loop {
        let pairs = || node.parts.iter().zip(&picks);
        let product: f64 = pairs().map(|(&part, &pick)| options[part][pick] as f64).product();
        let cost = numbers * product + pairs().map(|(&part, &pick)| costs[part][pick].0).sum::<f64>();
        if cost < best.0 {
            best = (cost, picks.clone());
        }
        let Some(place) = (0..picks.len()).rev().find(|&place| picks[place] + 1 < options[node.parts[place]].len())
        else {
            return best;
        };
        picks[place] += 1;
        picks[place + 1..].fill(0);
    }
}

/// All small ranks, and large ones in steps of a tenth.
fn considered(most: usize) -> Vec<usize> {
    let next =
        |&rank: &usize| Some(rank + (rank / 10).max(1)).map(|next| if rank < ALL_UP_TO { rank + 1 } else { next });
    std::iter::successors(Some(1), next).take_while(|&rank| rank < most).chain([most.max(1)]).collect()
}

/// Raises ranks one by one, each time the one that keeps most a number, while the budget lasts.
fn spend(nodes: &[Node], budget: usize, ranks: &mut [usize]) {
    loop {
        let before = size(nodes, ranks);
        let mut best: Option<(usize, f64)> = None;
        for place in 1..nodes.len() {
            if ranks[place] + 1 >= nodes[place].sums.len() {
                continue;
            }
            let gain = tail(&nodes[place], ranks[place]) - tail(&nodes[place], ranks[place] + 1);
            ranks[place] += 1;
            let after = size(nodes, ranks);
            ranks[place] -= 1;
            let worth = gain / (after - before).max(1) as f64;
            if after <= budget && gain > 0.0 && best.is_none_or(|(_, other)| worth > other) {
                best = Some((place, worth));
            }
        }
        let Some((place, _)) = best else { return };
        ranks[place] += 1;
    }
}
