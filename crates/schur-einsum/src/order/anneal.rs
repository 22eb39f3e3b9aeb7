//! Simulated annealing over trees by local rotations.
//!
//! At a node `p = (x, c)` with `x = (a, b)` the tensor `c` changes places with `a` or `b`. Only what `x` keeps and the
//! cost of `x` and `p` change, and a change is accepted by the ratio of the two costs' sums, so that all parts of a tree
//! are as warm, whatever they add to the whole. Sets of indices are rows of bits; indices of one size lie in the same
//! words, so that a size is a sum over words of bits times a weight.
//!
//! The method is that of M. Kalachev, P. Panteleev and M.-H. Yung, *Multi-tensor contraction for XEB verification of
//! quantum circuits*, 2021 (arXiv 2108.05665).

use std::collections::HashMap;

use rand_chacha::ChaCha8Rng;
use schur_tensor::pulp;

use super::network::{NONE, Network};
use super::objective::{Aim, Objective};
use super::random;
use super::tree::{Fragment, Tree};

/// The power to which sizes are raised where their sum stands for the largest.
const MAXIMUM_POWER: f64 = 4.0;

/// Exponents of costs are kept within plus and minus this, below what an `f64` holds.
const MOST_EXPONENT: f64 = 1000.0;

/// Costs are scaled so that the dearest step of the start has this exponent.
const USUAL_EXPONENT: f64 = 300.0;

/// What a schedule of cooling does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cooling {
    /// How often every node is tried.
    pub sweeps: usize,
    /// The first inverse temperature, by powers of two of the cost.
    pub from: f64,
    /// The last one.
    pub to: f64,
}

/// Anneals a part of a tree and puts the best tree met into its place. Never makes it worse.
pub(super) fn anneal(
    tree: &mut Tree,
    fragment: &Fragment,
    aim: Aim,
    cooling: Cooling,
    rng: &mut ChaCha8Rng,
    stop: &dyn Fn() -> bool,
) {
    if fragment.leaves.len() < 3 {
        return;
    }
    let mut rows = Rows::new(tree, fragment, aim);
    let start = rows.total();
    let mut best = (start, rows.children.clone());
    let sweeps = cooling.sweeps.max(1);
    for sweep in 0..sweeps {
        if stop() {
            break;
        }
        let beta = cooling.from + (cooling.to - cooling.from) * sweep as f64 / sweeps as f64;
        pulp::Arch::new().dispatch(Sweep { rows: &mut rows, beta, rng });
        let total = rows.total();
        if total < best.0 {
            best.0 = total;
            best.1.clone_from(&rows.children);
        }
    }
    const ROUNDING: f64 = 1e-10;
    if best.0 < start * (1.0 - ROUNDING) {
        tree.rewire(fragment, &pairs(&best.1, fragment.leaves.len()));
    }
}

/// A part of a tree with its sets of indices as rows of bits. Leaves come first, the topmost node is the last.
struct Rows {
    leaves: usize,
    words: usize,
    bits: Vec<u64>,
    /// The logarithm of the size of the indices of each word.
    weight: Vec<f64>,
    children: Vec<[u32; 2]>,
    parent: Vec<u32>,
    size: Vec<f64>,
    cost: Vec<f64>,
    scale: Scale,
}

/// What a step costs, in units that keep it a number.
#[derive(Debug, Clone, Copy)]
struct Scale {
    aim: Aim,
    operations: f64,
    elements: f64,
    power: f64,
    shift: f64,
}

impl Scale {
    fn new(aim: Aim, operations: f64) -> Self {
        let (of_operations, of_elements) = aim.objective.weights();
        let (of_elements, power) = match aim.objective {
            Objective::Largest => (1.0, MAXIMUM_POWER),
            _ => (of_elements, 1.0),
        };
        Self {
            aim,
            operations: of_operations,
            elements: of_elements,
            power,
            shift: power * operations - USUAL_EXPONENT,
        }
    }

    #[inline(always)]
    fn cost(self, operations: f64, size: f64) -> f64 {
        let power = |exponent: f64| (self.power * exponent - self.shift).clamp(-MOST_EXPONENT, MOST_EXPONENT).exp2();
        let mut cost = 0.0;
        if self.operations > 0.0 {
            cost += self.operations * power(operations + self.aim.excess(size));
        }
        if self.elements > 0.0 {
            cost += self.elements * power(size);
        }
        cost
    }
}

impl Rows {
    fn new(tree: &Tree, fragment: &Fragment, aim: Aim) -> Self {
        let leaves = fragment.leaves.len();
        let (place, weight) = places(tree, fragment);
        let words = weight.len();
        let nodes: Vec<u32> = fragment.leaves.iter().chain(&fragment.inner).copied().collect();
        let local: HashMap<u32, u32> = nodes.iter().zip(0..).map(|(&node, local)| (node, local)).collect();
        let mut bits = vec![0; nodes.len() * words];
        for (row, &node) in bits.chunks_exact_mut(words).zip(&nodes) {
            for index in &tree.legs[node as usize] {
                let bit = place[index];
                row[bit / 64] |= 1 << (bit % 64);
            }
        }
        let operations = |&node: &u32| tree.operations[node as usize];
        let dearest = fragment.inner.iter().map(operations).fold(0.0, f64::max);
        let scale = Scale::new(aim, dearest);
        let (mut children, mut parent) = (vec![[NONE; 2]; nodes.len()], vec![NONE; nodes.len()]);
        let mut cost = vec![0.0; nodes.len()];
        for (inner, node) in fragment.inner.iter().enumerate() {
            let pair = tree.children[*node as usize].map(|child| local[&child]);
            pair.iter().for_each(|&child| parent[child as usize] = (leaves + inner) as u32);
            children[leaves + inner] = pair;
            cost[leaves + inner] = scale.cost(operations(node), tree.size[*node as usize]);
        }
        let size = nodes.iter().map(|&node| tree.size[node as usize]).collect();
        Self { leaves, words, bits, weight, children, parent, size, cost, scale }
    }

    fn total(&self) -> f64 {
        self.cost.iter().sum()
    }

    #[inline(always)]
    fn row(&self, node: u32) -> &[u64] {
        &self.bits[node as usize * self.words..][..self.words]
    }

    /// Lets `c`, beside a node `x`, change places with the child `b` of `x`, or not.
    #[inline(always)]
    fn try_rotation(&mut self, x: u32, side: usize, beta: f64, rng: &mut ChaCha8Rng) {
        let p = self.parent[x as usize];
        let [a, b] = [self.children[x as usize][1 - side], self.children[x as usize][side]];
        let beside = self.children[p as usize];
        let place = usize::from(beside[0] == x);
        let c = beside[place];
        let [mut lower, mut size, mut upper] = [0.0; 3];
        {
            let [a, b, c, p] = [a, b, c, p].map(|node| self.row(node));
            for ((((&a, &b), &c), &p), &weight) in a.iter().zip(b).zip(c).zip(p).zip(&self.weight) {
                let both = a | c;
                let kept = both & (b | p);
                lower += weight * f64::from(both.count_ones());
                size += weight * f64::from(kept.count_ones());
                upper += weight * f64::from((kept | b).count_ones());
            }
        }
        let new = (self.scale.cost(lower, size), self.scale.cost(upper, self.size[p as usize]));
        let ratio = (new.0 + new.1) / (self.cost[x as usize] + self.cost[p as usize]);
        if ratio > 1.0 && beta * ratio.log2() > random::exponential(rng) {
            return;
        }
        self.size[x as usize] = size;
        self.cost[x as usize] = new.0;
        self.cost[p as usize] = new.1;
        self.children[x as usize][side] = c;
        self.children[p as usize][place] = b;
        self.parent[c as usize] = x;
        self.parent[b as usize] = p;
        let [a, b, c, p, x] = [a, b, c, p, x].map(|node| node as usize * self.words);
        for word in 0..self.words {
            let both = self.bits[a + word] | self.bits[c + word];
            self.bits[x + word] = both & (self.bits[b + word] | self.bits[p + word]);
        }
    }
}

/// Tries as many rotations as there are nodes that have one, compiled for the instructions of the machine.
struct Sweep<'a> {
    rows: &'a mut Rows,
    beta: f64,
    rng: &'a mut ChaCha8Rng,
}

impl pulp::NullaryFnOnce for Sweep<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { rows, beta, rng } = self;
        let below_top = rows.children.len() - rows.leaves - 1;
        for _ in 0..below_top {
            let draw = random::below(rng, 2 * below_top);
            rows.try_rotation((rows.leaves + draw / 2) as u32, draw % 2, beta, rng);
        }
    }
}

/// Gives each index of a fragment a bit, those of one size in the same words, and each word its size's logarithm.
fn places(tree: &Tree, fragment: &Fragment) -> (HashMap<u32, usize>, Vec<f64>) {
    let network: &Network = tree.network;
    let mut indices: Vec<u32> = fragment.leaves.iter().flat_map(|&leaf| &tree.legs[leaf as usize]).copied().collect();
    indices.sort_unstable();
    indices.dedup();
    let dim = |index: u32| network.dims[index as usize];
    indices.sort_by(|&a, &b| dim(a).total_cmp(&dim(b)).then(a.cmp(&b)));
    let (mut place, mut weight, mut next) = (HashMap::new(), Vec::new(), 0);
    for index in indices {
        if next == 64 * weight.len() || weight.last() != Some(&dim(index)) {
            next = 64 * weight.len();
            weight.push(dim(index));
        }
        place.insert(index, next);
        next += 1;
    }
    if weight.is_empty() {
        weight.push(0.0);
    }
    (place, weight)
}

/// The pairs of a tree whose last node is the root.
fn pairs(children: &[[u32; 2]], leaves: usize) -> Vec<[u32; 2]> {
    let mut nodes = vec![children.len() as u32 - 1];
    let mut next = 0;
    while let Some(&node) = nodes.get(next) {
        next += 1;
        nodes.extend(children[node as usize].iter().filter(|&&child| child as usize >= leaves));
    }
    nodes.reverse();
    let mut number: Vec<u32> = (0..children.len() as u32).collect();
    for (pair, &node) in nodes.iter().enumerate() {
        number[node as usize] = (leaves + pair) as u32;
    }
    nodes.iter().map(|&node| children[node as usize].map(|child| number[child as usize])).collect()
}
