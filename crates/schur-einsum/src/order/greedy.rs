//! Contracts the pair that looks best now, with noise, many times.
//!
//! A pair is judged by `size(result) - alpha (size(left) + size(right))`, or by the logarithm of that, sign kept, with
//! noise of a given temperature taken off: drawing from the Boltzmann distribution by Gumbel's trick. The measure and
//! the noise are those of `opt_einsum` and `cotengra`.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rand_chacha::ChaCha8Rng;

use super::network::{Network, union};
use super::objective::{Objective, Score, Tally};
use super::random;

/// Of an index that more tensors have, a tensor is paired with this many neighbours only.
const MOST_NEIGHBOURS: usize = 24;

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

/// Contracts a network greedily; returns pairs and their score.
pub(super) fn greedy(
    network: &Network,
    objective: Objective,
    draw: Draw,
    rng: &mut ChaCha8Rng,
) -> (Vec<[u32; 2]>, Score) {
    let mut run = Run::new(network, objective, draw);
    for index in 0..network.dims.len() {
        run.push_index(index, rng);
    }
    while let Some(Reverse(candidate)) = run.queue.pop() {
        let [left, right] = [candidate.left, candidate.right];
        if run.alive[left as usize] && run.alive[right as usize] {
            let result = run.contract(left, right);
            run.push_neighbours(result, rng);
        }
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
    /// For each index the tensors alive that have it.
    members: Vec<Vec<u32>>,
    is_output: Vec<bool>,
    sizes: Vec<f64>,
    queue: BinaryHeap<Reverse<Candidate>>,
    pairs: Vec<[u32; 2]>,
    tally: Tally,
    /// The tensor whose neighbours were looked for last when each tensor was met.
    met: Vec<u32>,
}

impl<'n> Run<'n> {
    fn new(network: &'n Network, objective: Objective, draw: Draw) -> Self {
        let tensors = network.tensors.clone();
        let mut is_output = vec![false; network.dims.len()];
        network.output.iter().for_each(|&index| is_output[index as usize] = true);
        let sizes: Vec<f64> = network.dims.iter().map(|dim| dim.exp2()).collect();
        let elements = tensors.iter().map(|list| network.size(list).exp2().min(MOST_ELEMENTS)).collect();
        Self {
            network,
            draw,
            alive: vec![true; tensors.len()],
            elements,
            members: network.members(),
            is_output,
            sizes,
            queue: BinaryHeap::new(),
            pairs: Vec::with_capacity(tensors.len()),
            tally: Tally::new(objective),
            met: vec![super::network::NONE; 2 * tensors.len()],
            tensors,
        }
    }

    /// Whether an index that so many of two tensors have is left in their result.
    fn keeps(&self, index: u32, both: u32) -> bool {
        self.is_output[index as usize] || self.members[index as usize].len() > both as usize
    }

    /// Puts the pairs of tensors that share an index into the queue, unless an earlier index did.
    fn push_index(&mut self, index: usize, rng: &mut ChaCha8Rng) {
        let members = std::mem::take(&mut self.members[index]);
        // Taken out and put back, so that the list can be read while pairs are pushed; its length counts in `keeps`.
        self.members[index].clone_from(&members);
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

    fn push_neighbours(&mut self, tensor: u32, rng: &mut ChaCha8Rng) {
        let indices = std::mem::take(&mut self.tensors[tensor as usize]);
        let mut found = Vec::new();
        for &index in &indices {
            // The last ones are the youngest.
            for &other in self.members[index as usize].iter().rev().take(MOST_NEIGHBOURS) {
                if other != tensor && std::mem::replace(&mut self.met[other as usize], tensor) != tensor {
                    found.push(other);
                }
            }
        }
        self.tensors[tensor as usize] = indices;
        for other in found {
            self.push(other, tensor, rng);
        }
    }

    fn push(&mut self, left: u32, right: u32, rng: &mut ChaCha8Rng) {
        let mut result = 1.0;
        union(&self.tensors[left as usize], &self.tensors[right as usize], |index, both| {
            if self.keeps(index, both) {
                result *= self.sizes[index as usize];
            }
        });
        let inputs = self.elements[left as usize] + self.elements[right as usize];
        let gain = f64::min(result, MOST_ELEMENTS) - self.draw.alpha * inputs;
        let measure = if self.draw.temperature > 0.0 {
            (1.0 + gain.abs()).ln().copysign(gain) - self.draw.temperature * random::gumbel(rng)
        } else {
            gain
        };
        self.queue.push(Reverse(Candidate { rank: rank(measure), left, right }));
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
