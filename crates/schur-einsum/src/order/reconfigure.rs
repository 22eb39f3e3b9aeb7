//! Takes small parts out of a tree and puts the best trees of their leaves in.

use std::collections::HashSet;

use rand_chacha::ChaCha8Rng;

use super::dynamic::Dynamic;
use super::objective::{Aim, Objective};
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
pub(super) fn reconfigure(tree: &mut Tree, aim: Aim, work: Sweeps, rng: &mut ChaCha8Rng, stop: &dyn Fn() -> bool) {
    let mut search = Dynamic::new(aim, tree.network.dims.len());
    let mut known = Known::new(tree);
    for sweep in 0..work.sweeps {
        let greedily = sweep % 2 == 0;
        let mut nodes: Vec<u32> = tree.inner().collect();
        // The dearest first, so that a short time is spent where it counts.
        nodes.sort_by(|&a, &b| tree.operations[b as usize].total_cmp(&tree.operations[a as usize]).then(a.cmp(&b)));
        let bar = bar(tree, aim);
        let mut better = false;
        for node in nodes {
            if stop() {
                return;
            }
            let fragment = tree.fragment(node, work.leaves, |tree, open| match greedily {
                true => dearest(tree, open),
                false => random::below(rng, open.len()),
            });
            if worth(tree, &fragment, bar) && known.is_new(&fragment) && improve(tree, &fragment, &mut search) {
                known.change(&fragment);
                better = true;
            }
        }
        // A sweep of random parts that changes nothing does not say that the next one would not.
        if !better && (greedily || work.sweeps - sweep <= 2) {
            return;
        }
    }
}

/// The parts that have their best tree already.
struct Known {
    /// How often the indices of each node have changed.
    version: Vec<u32>,
    /// Hashes of the leaves of parts, with their versions.
    parts: HashSet<u64>,
}

impl Known {
    fn new(tree: &Tree) -> Self {
        Self { version: vec![0; tree.children.len()], parts: HashSet::new() }
    }

    /// Whether leaves meet for the first time; a sum of well mixed numbers does not ask for their sequence.
    fn is_new(&mut self, fragment: &Fragment) -> bool {
        let key = |&leaf: &u32| mix(u64::from(self.version[leaf as usize]) << 32 | u64::from(leaf));
        let hash = fragment.leaves.iter().map(key).fold(0, u64::wrapping_add);
        self.parts.insert(hash)
    }

    fn change(&mut self, fragment: &Fragment) {
        fragment.inner.iter().for_each(|&node| self.version[node as usize] += 1);
    }
}

/// Spreads a number over all bits (the finaliser of SplitMix64, G. L. Steele, D. Lea and C. H. Flood, 2014).
fn mix(mut number: u64) -> u64 {
    number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// The cost in powers of two below which a step is left as it is.
fn bar(tree: &Tree, aim: Aim) -> f64 {
    match aim.objective {
        Objective::Largest => 0.0,
        _ => tree.score(aim).0 - NEGLIGIBLE - (tree.leaves() as f64).log2(),
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
