//! Takes small parts out of a tree and puts the best trees of their leaves in.

use rand_chacha::ChaCha8Rng;

use super::dynamic::Dynamic;
use super::objective::Objective;
use super::random;
use super::tree::{Fragment, Tree};

/// Parts whose cost is below the whole by more than this many powers of two, over the number of nodes, are left.
const NEGLIGIBLE: f64 = 20.0;

/// How long trees are worked on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sweeps {
    /// Leaves of a part, at most [`super::dynamic::MOST`].
    pub leaves: usize,
    /// How often every node is the top of a part; fewer where nothing gets better any more.
    pub sweeps: usize,
}

/// Improves a tree until nothing changes, so many sweeps are done or the caller says stop. Never makes it worse.
pub(super) fn reconfigure(
    tree: &mut Tree,
    objective: Objective,
    work: Sweeps,
    rng: &mut ChaCha8Rng,
    stop: &dyn Fn() -> bool,
) {
    let mut search = Dynamic::new(objective, tree.network.dims.len());
    for sweep in 0..work.sweeps {
        let greedily = sweep % 2 == 0;
        let mut nodes: Vec<u32> = tree.inner().collect();
        // The dearest first, so that a short time is spent where it counts.
        nodes.sort_by(|&a, &b| tree.operations[b as usize].total_cmp(&tree.operations[a as usize]).then(a.cmp(&b)));
        let bar = bar(tree, objective);
        let mut better = false;
        for node in nodes {
            if stop() {
                return;
            }
            let fragment = tree.fragment(node, work.leaves, |tree, open| match greedily {
                true => dearest(tree, open),
                false => random::below(rng, open.len()),
            });
            if worth(tree, &fragment, bar) && improve(tree, &fragment, &mut search) {
                better = true;
            }
        }
        // A sweep of random parts that changes nothing does not say that the next one would not.
        if !better && (greedily || work.sweeps - sweep <= 2) {
            return;
        }
    }
}

/// The cost in powers of two below which a step is left as it is.
fn bar(tree: &Tree, objective: Objective) -> f64 {
    match objective {
        Objective::Largest => 0.0,
        _ => tree.score(objective).0 - NEGLIGIBLE - (tree.leaves() as f64).log2(),
    }
}

fn worth(tree: &Tree, fragment: &Fragment, bar: f64) -> bool {
    // Writing an element may count as much as some operations, but there are never fewer operations than elements.
    fragment.leaves.len() > 2 && fragment.inner.iter().any(|&node| tree.operations[node as usize] >= bar)
}

fn dearest(tree: &Tree, open: &[u32]) -> usize {
    let cost = |place: &usize| tree.operations[open[*place] as usize];
    (0..open.len()).max_by(|a, b| cost(a).total_cmp(&cost(b))).unwrap_or(0)
}

/// Replaces a part by the best there is; says whether that was better.
fn improve(tree: &mut Tree, fragment: &Fragment, search: &mut Dynamic) -> bool {
    let Some(&top) = fragment.inner.last() else { return false };
    let leaves: Vec<&[u32]> = fragment.leaves.iter().map(|&leaf| tree.legs[leaf as usize].as_slice()).collect();
    let steps = fragment.inner.iter().map(|&node| (tree.operations[node as usize], tree.size[node as usize]));
    let pairs = search.improve(tree.network, &leaves, &tree.legs[top as usize], steps);
    pairs.map(|pairs| tree.rewire(fragment, &pairs)).is_some()
}
