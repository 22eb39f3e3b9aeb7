//! Contracts the pair that looks best now, with noise, many times.
//!
//! A pair is judged by `size(result) - alpha (size(left) + size(right))`, or by the logarithm of that, sign kept, with
//! noise of a given temperature taken off: drawing from the Boltzmann distribution by Gumbel's trick. The measure and
//! the noise are those of `opt_einsum` and `cotengra`.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rand_chacha::ChaCha8Rng;

use super::network::{NONE, Network, union};
use super::objective::{Aim, Score, Tally};
use super::random;

/// Of an index that more tensors have, a tensor is paired with this many neighbours only.
const MOST_NEIGHBOURS: usize = 24;

/// Of the neighbours of a new tensor so many, those that seem to leave least, are judged.
///
/// A tensor that has swallowed much of a large network has thousands; to judge all after each step would take time that
/// grows as the square of the network.
const MOST_CANDIDATES: usize = 64;

/// Queues of fewer pairs are not looked through for those of tensors that are gone.
const LEAST_BOUND: usize = 1 << 12;

/// Pairs between two questions whether to stop.
const BETWEEN_QUESTIONS: usize = 64;

/// Sizes saturate here, so that differences of sizes are numbers.
const MOST_ELEMENTS: f64 = 1e300;

/// How one run chooses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Draw {
    /// What the sizes of the two tensors count beside the size of their result.
    pub alpha: f64,
    /// The width of the noise on the logarithm; nought for none.
    pub temperature: f64,
}

impl Draw {
    /// What is best on most networks.
    pub const USUAL: Self = Self { alpha: 1.0, temperature: 0.0 };

    /// A random choice from the ranges that `cotengra` searches.
    pub fn random(rng: &mut ChaCha8Rng) -> Self {
        let (least, most) = (1e-3_f64.ln(), 0.0);
        let alpha = 0.1 + 3.9 * random::unit(rng);
        Self { alpha, temperature: (least + (most - least) * random::unit(rng)).exp() }
    }
}

/// Contracts a network greedily, and the rest in any way once the caller says stop; returns pairs and their score.
pub(super) fn greedy(
    network: &Network,
    aim: Aim,
    draw: Draw,
    rng: &mut ChaCha8Rng,
    stop: &dyn Fn() -> bool,
) -> (Vec<[u32; 2]>, Score) {
    let mut run = Run::new(network, aim, draw);
    for index in 0..network.dims.len() {
        run.push_index(index, rng);
    }
    run.contract_queue(rng, stop);
    // Of many neighbours only some were looked at, so some may be left.
    while run.push_left(rng) && !stop() {
        run.contract_queue(rng, stop);
    }
    run.join_parts();
    (run.pairs, run.tally.score())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    /// The measure as a number that orders as it does.
    rank: i64,
    left: u32,
    right: u32,
}

struct Run<'n> {
    network: &'n Network,
    draw: Draw,
    tensors: Vec<Vec<u32>>,
    alive: Vec<bool>,
    elements: Vec<f64>,
    /// The logarithms of the same.
    size: Vec<f64>,
    /// For each index the tensors alive that have it.
    members: Vec<Vec<u32>>,
    is_output: Vec<bool>,
    queue: BinaryHeap<Reverse<Candidate>>,
    /// The length of the queue at which it is looked through.
    bound: usize,
    pairs: Vec<[u32; 2]>,
    tally: Tally,
    /// The tensor whose neighbours were looked for last when each tensor was met.
    met: Vec<u32>,
    /// What that tensor shared with it, as the logarithm of a size.
    shared: Vec<f64>,
    /// The tensor whose neighbours were looked for last that has each index.
    held: Vec<u32>,
}

impl<'n> Run<'n> {
    fn new(network: &'n Network, aim: Aim, draw: Draw) -> Self {
        let tensors = network.tensors.clone();
        let mut is_output = vec![false; network.dims.len()];
        network.output.iter().for_each(|&index| is_output[index as usize] = true);
        let size: Vec<f64> = tensors.iter().map(|list| network.size(list)).collect();
        let elements = size.iter().map(|size| size.exp2().min(MOST_ELEMENTS)).collect();
        Self {
            network,
            draw,
            alive: vec![true; tensors.len()],
            elements,
            size,
            members: network.members(),
            is_output,
            queue: BinaryHeap::new(),
            bound: LEAST_BOUND,
            pairs: Vec::with_capacity(tensors.len()),
            tally: Tally::new(aim),
            met: vec![NONE; 2 * tensors.len()],
            shared: vec![0.0; 2 * tensors.len()],
            held: vec![NONE; network.dims.len()],
            tensors,
        }
    }

    /// Whether an index that so many of two tensors have is left in their result.
    fn keeps(&self, index: u32, both: u32) -> bool {
        self.is_output[index as usize] || self.members[index as usize].len() > both as usize
    }

    /// Puts the pairs of tensors that share an index into the queue, unless an earlier index did.
    fn push_index(&mut self, index: usize, rng: &mut ChaCha8Rng) {
        let members = self.members[index].clone();
        for (place, &left) in members.iter().enumerate() {
            for &right in members[place + 1..].iter().take(MOST_NEIGHBOURS) {
                if self.first_shared(left, right) == Some(index as u32) {
                    self.push(left, right, rng);
                }
            }
        }
    }

    fn first_shared(&self, left: u32, right: u32) -> Option<u32> {
        let right = &self.tensors[right as usize];
        self.tensors[left as usize].iter().copied().find(|index| right.binary_search(index).is_ok())
    }

    /// Contracts the best pair as long as there is one.
    fn contract_queue(&mut self, rng: &mut ChaCha8Rng, stop: &dyn Fn() -> bool) {
        while self.pairs.len() + 1 < self.network.tensors.len()
            && let Some(Reverse(candidate)) = self.queue.pop()
        {
            let [left, right] = [candidate.left, candidate.right];
            if self.alive[left as usize] && self.alive[right as usize] {
                let result = self.contract(left, right);
                self.push_neighbours(result, rng);
                self.forget_gone();
                if self.pairs.len().is_multiple_of(BETWEEN_QUESTIONS) && stop() {
                    break;
                }
            }
        }
        self.queue.clear();
    }

    /// Takes pairs of tensors that are gone out of the queue when it has doubled, so that it stays in the caches.
    fn forget_gone(&mut self) {
        if self.queue.len() > self.bound {
            let alive = &self.alive;
            self.queue.retain(|Reverse(pair)| alive[pair.left as usize] && alive[pair.right as usize]);
            self.bound = (2 * self.queue.len()).max(LEAST_BOUND);
        }
    }

    /// Puts pairs of tensors that are left into the queue; says whether there were any.
    fn push_left(&mut self, rng: &mut ChaCha8Rng) -> bool {
        for tensor in 0..self.tensors.len() as u32 {
            if self.alive[tensor as usize] {
                self.push_neighbours(tensor, rng);
            }
        }
        !self.queue.is_empty()
    }

    fn push_neighbours(&mut self, tensor: u32, rng: &mut ChaCha8Rng) {
        let indices = std::mem::take(&mut self.tensors[tensor as usize]);
        let (mut found, mut alone) = (Vec::new(), 0.0);
        for &index in &indices {
            self.held[index as usize] = tensor;
            let dim = self.network.dims[index as usize];
            if !self.keeps(index, 1) {
                alone += dim;
            }
            // The last ones are the youngest.
            for &other in self.members[index as usize].iter().rev().take(MOST_NEIGHBOURS) {
                if other == tensor {
                    continue;
                }
                if std::mem::replace(&mut self.met[other as usize], tensor) != tensor {
                    self.shared[other as usize] = 0.0;
                    found.push(other);
                }
                self.shared[other as usize] += dim;
            }
        }
        self.tensors[tensor as usize] = indices;
        self.keep_promising(&mut found);
        for other in found {
            let candidate = self.candidate(other, tensor, alone, rng);
            self.queue.push(Reverse(candidate));
        }
    }

    /// Leaves the neighbours that add least to the tensor, were no shared index in a third one.
    fn keep_promising(&self, found: &mut Vec<u32>) {
        if found.len() > MOST_CANDIDATES {
            let added = |other: u32| self.size[other as usize] - 2.0 * self.shared[other as usize];
            found.select_nth_unstable_by(MOST_CANDIDATES, |&a, &b| added(a).total_cmp(&added(b)).then(a.cmp(&b)));
            found.truncate(MOST_CANDIDATES);
            // Noise is drawn in this sequence.
            found.sort_unstable();
        }
    }

    /// Judges a tensor beside one whose indices are marked as held, of which `alone` are in no other tensor.
    ///
    /// Reads the indices of the first alone: where one tensor has thousands, its neighbours have few.
    fn candidate(&self, other: u32, tensor: u32, alone: f64, rng: &mut ChaCha8Rng) -> Candidate {
        let mut size = self.size[tensor as usize] - alone;
        for &index in &self.tensors[other as usize] {
            let dim = self.network.dims[index as usize];
            match (self.held[index as usize] == tensor, self.keeps(index, 2), self.keeps(index, 1)) {
                (true, false, _) => size -= dim,
                (false, _, true) => size += dim,
                _ => {}
            }
        }
        Candidate { rank: self.rank(other, tensor, size, rng), left: other, right: tensor }
    }

    fn push(&mut self, left: u32, right: u32, rng: &mut ChaCha8Rng) {
        let mut size = 0.0;
        union(&self.tensors[left as usize], &self.tensors[right as usize], |index, both| {
            if self.keeps(index, both) {
                size += self.network.dims[index as usize];
            }
        });
        let rank = self.rank(left, right, size, rng);
        self.queue.push(Reverse(Candidate { rank, left, right }));
    }

    /// How good a pair looks whose result has this size.
    fn rank(&self, left: u32, right: u32, size: f64, rng: &mut ChaCha8Rng) -> i64 {
        let inputs = self.elements[left as usize] + self.elements[right as usize];
        let gain = size.exp2().min(MOST_ELEMENTS) - self.draw.alpha * inputs;
        if self.draw.temperature > 0.0 {
            rank((1.0 + gain.abs()).ln().copysign(gain) - self.draw.temperature * random::gumbel(rng))
        } else {
            rank(gain)
        }
    }

    fn contract(&mut self, left: u32, right: u32) -> u32 {
        let number = self.tensors.len() as u32;
        let (one, other) =
            (std::mem::take(&mut self.tensors[left as usize]), std::mem::take(&mut self.tensors[right as usize]));
        let (mut operations, mut size, mut kept) = (0.0, 0.0, Vec::with_capacity(one.len() + other.len()));
        union(&one, &other, |index, both| {
            let dim = self.network.dims[index as usize];
            operations += dim;
            let is_kept = self.keeps(index, both);
            let members = &mut self.members[index as usize];
            members.retain(|&member| member != left && member != right);
            if is_kept {
                size += dim;
                kept.push(index);
                members.push(number);
            }
        });
        self.alive[left as usize] = false;
        self.alive[right as usize] = false;
        self.alive.push(true);
        self.elements.push(size.exp2().min(MOST_ELEMENTS));
        self.size.push(size);
        self.tensors.push(kept);
        self.pairs.push([left, right]);
        self.tally.add(operations, size);
        number
    }

    /// Multiplies what shares no index any more, the two smallest first.
    fn join_parts(&mut self) {
        let mut parts: BinaryHeap<Reverse<(i64, u32)>> = BinaryHeap::new();
        for tensor in 0..self.tensors.len() as u32 {
            if self.alive[tensor as usize] {
                parts.push(Reverse((rank(self.elements[tensor as usize]), tensor)));
            }
        }
        while let (Some(Reverse((_, left))), Some(Reverse((_, right)))) = (parts.pop(), parts.pop()) {
            let result = self.contract(left, right);
            parts.push(Reverse((rank(self.elements[result as usize]), result)));
        }
    }
}

/// An integer that orders as a number does.
fn rank(number: f64) -> i64 {
    let bits = number.to_bits() as i64;
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}
