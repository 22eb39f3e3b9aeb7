//! Which indices to loop over outside, so that what is left fits.

use super::network::{Network, union};
use super::objective::{Aim, LogSum, Objective};
use super::optimise::Limit;
use super::random;
use super::reconfigure::{Sweeps, reconfigure};
use super::tree::Tree;

/// Trees are improved between two choices by parts of so many leaves.
const BETWEEN: Sweeps = Sweeps { leaves: 8, sweeps: 2 };

/// Trees that fit are improved by parts of so many leaves.
const AFTER: Sweeps = Sweeps { leaves: 8, sweeps: 8 };

/// Where memory at the worst moment counts, tensors within this many powers of two of the largest are sliced.
const NEAR: f64 = 2.0;

/// A tree of what is left of a network.
#[derive(Debug, Clone)]
pub(super) struct Slicing {
    pub pairs: Vec<[u32; 2]>,
    /// The sliced indices.
    pub sliced: Vec<u32>,
    /// The logarithm of the cost of all slices.
    pub cost: f64,
}

/// Slices the indices that cost least, one after the other, until the tree fits.
///
/// If it never does, the error is what is left when nothing more can be sliced.
pub(super) fn slice(
    network: &Network,
    pairs: &[[u32; 2]],
    aim: Aim,
    limit: Limit,
    seed: u64,
    stop: &dyn Fn() -> bool,
) -> Result<Slicing, f64> {
    let aim = Aim { objective: by_cost(aim.objective), ..aim };
    let plain = Aim { most: f64::INFINITY, ..aim };
    let mut rng = random::stream(seed, 0);
    let whole = network;
    let (mut network, mut pairs, mut sliced) = (whole.clone(), pairs.to_vec(), Vec::new());
    loop {
        let mut tree = Tree::new(&network, &pairs);
        if fits(&mut tree, limit) {
            drop_needless(whole, &pairs, &mut sliced, limit, stop);
            let network = whole.without(&sliced);
            let mut tree = Tree::new(&network, &pairs);
            let mut better = tree.clone();
            reconfigure(&mut better, aim, AFTER, &mut rng, stop);
            if fits(&mut better, limit) {
                tree = better;
            }
            let slices: f64 = sliced.iter().map(|&index: &u32| network.dims[index as usize]).sum();
            return Ok(Slicing { pairs: tree.pairs(), sliced, cost: tree.score(plain).0 + slices });
        }
        let Some(index) = cheapest(&tree, plain, limit) else {
            return Err(match limit {
                Limit::Largest(_) => tree.size.iter().copied().fold(0.0, f64::max).exp2(),
                Limit::Peak(_) => tree.sort_children(),
            });
        };
        pairs = tree.pairs();
        sliced.push(index);
        network = whole.without(&sliced);
        let mut tree = Tree::new(&network, &pairs);
        reconfigure(&mut tree, aim, BETWEEN, &mut rng, stop);
        pairs = tree.pairs();
    }
}

/// Takes back what was sliced first where what was sliced later suffices: the same tree in fewer slices costs no more.
fn drop_needless(network: &Network, pairs: &[[u32; 2]], sliced: &mut Vec<u32>, limit: Limit, stop: &dyn Fn() -> bool) {
    let mut place = 0;
    // Without the last one it did not fit.
    while place + 1 < sliced.len() && !stop() {
        let index = sliced.remove(place);
        if !fits(&mut Tree::new(&network.without(sliced), pairs), limit) {
            sliced.insert(place, index);
            place += 1;
        }
    }
}

/// What slices are chosen by: the largest tensor is limited already.
fn by_cost(objective: Objective) -> Objective {
    if objective == Objective::Largest { Objective::Operations } else { objective }
}

/// Whether a tree keeps to a limit. Puts children into the better order on the way.
pub(super) fn fits(tree: &mut Tree, limit: Limit) -> bool {
    // Sums of logarithms of exact sizes are off by some units in the last place of numbers around 100.
    const ROUNDING: f64 = 1e-12;
    match limit {
        Limit::Largest(most) => tree.size.iter().all(|&size| size <= most.log2() + ROUNDING),
        Limit::Peak(most) => tree.sort_children() <= most * (1.0 + ROUNDING),
    }
}

/// The index of a tensor that is too large whose slicing adds the least operations for what it saves.
fn cheapest(tree: &Tree, plain: Aim, limit: Limit) -> Option<u32> {
    let network = tree.network;
    let mut candidates = vec![false; network.dims.len()];
    for node in too_large(tree, limit) {
        tree.legs[node].iter().for_each(|&index| candidates[index as usize] = network.dims[index as usize] > 0.0);
    }
    // The cost of all steps that know each index, in units of the whole cost; it is the same for all slices together,
    // and that of the others is there once for each slice.
    let whole = tree.score(plain).0;
    let (of_operations, of_elements) = plain.objective.weights();
    let mut knowing = vec![0.0; network.dims.len()];
    for node in tree.inner() {
        let mut cost = LogSum::ZERO;
        cost.add(of_operations, tree.operations[node as usize]);
        cost.add(of_elements, tree.size[node as usize]);
        let cost = (cost.log2() - whole).exp2();
        let [left, right] = tree.children[node as usize];
        union(&tree.legs[left as usize], &tree.legs[right as usize], |index, _| knowing[index as usize] += cost);
    }
    let overhead = |&index: &u32| {
        let dim = network.dims[index as usize];
        let others = (1.0 - knowing[index as usize]).max(0.0);
        (1.0 + others * (dim.exp2() - 1.0)).log2() / dim
    };
    let candidates = (0..network.dims.len() as u32).filter(|&index| candidates[index as usize]);
    candidates.min_by(|a, b| overhead(a).total_cmp(&overhead(b)))
}

/// The nodes that have to get smaller.
fn too_large(tree: &Tree, limit: Limit) -> Vec<usize> {
    let bar = match limit {
        Limit::Largest(most) => most.log2(),
        Limit::Peak(_) => tree.inner().map(|node| tree.size[node as usize]).fold(0.0, f64::max) - NEAR,
    };
    let first = if matches!(limit, Limit::Peak(_)) { tree.leaves() } else { 0 };
    (first..tree.children.len()).filter(|&node| tree.size[node] > bar).collect()
}
