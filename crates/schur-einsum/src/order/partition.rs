//! A tree from the top: a network is cut into two halves with little between them, and each half again.
//!
//! Each cut is made on a small copy of the network, in which tensors that share much are one, and improved on the way
//! back to the network itself by moving single tensors (C. M. Fiduccia and R. M. Mattheyses, *A linear-time heuristic
//! for improving network partitions*, 1982).

mod bisect;
mod hypergraph;

use rand_chacha::ChaCha8Rng;

use self::bisect::bisect;
use self::hypergraph::Hypergraph;
use super::dynamic::Dynamic;
use super::network::Network;
use super::objective::Aim;
use super::random;

/// So many tensors are contracted in the best way.
const SMALL: usize = 8;

/// How uneven halves may be: the larger one has at most this much over one half of the tensors.
const LEAST_UNEVEN: f64 = 0.02;
const MOST_UNEVEN: f64 = 0.45;

/// Contracts a network by cutting it in two again and again.
pub(super) fn partition(network: &Network, aim: Aim, rng: &mut ChaCha8Rng, stop: &dyn Fn() -> bool) -> Vec<[u32; 2]> {
    let uneven = LEAST_UNEVEN + (MOST_UNEVEN - LEAST_UNEVEN) * random::unit(rng);
    let search = Dynamic::new(aim, network.dims.len());
    let here = vec![0; network.dims.len()];
    let mut run = Run { network, holders: network.holders(), here, uneven, search, pairs: Vec::new() };
    let all: Vec<u32> = (0..network.tensors.len() as u32).collect();
    run.contract(all, rng, stop);
    run.pairs
}

struct Run<'n> {
    network: &'n Network,
    /// How many tensors of the network have each index, the output too.
    holders: Vec<u32>,
    /// How many of the tensors at hand have each index; nought between two uses.
    here: Vec<u32>,
    uneven: f64,
    search: Dynamic,
    pairs: Vec<[u32; 2]>,
}

impl Run<'_> {
    /// Contracts some tensors, at least one, and returns the number of the result.
    ///
    /// Halves are never much larger than half, so this calls itself as deep as the logarithm of the tensors' number.
    fn contract(&mut self, tensors: Vec<u32>, rng: &mut ChaCha8Rng, stop: &dyn Fn() -> bool) -> u32 {
        if tensors.len() <= SMALL || stop() {
            return self.contract_small(&tensors);
        }
        let graph = Hypergraph::of(self.network, &tensors);
        let sides = bisect(&graph, self.uneven, rng);
        let half = |side: bool| tensors.iter().zip(&sides).filter(|&(_, &s)| s == side).map(|(&k, _)| k).collect();
        let (left, right): (Vec<u32>, Vec<u32>) = (half(false), half(true));
        if left.is_empty() || right.is_empty() {
            let (left, right) = tensors.split_at(tensors.len() / 2);
            let pair = [self.contract(left.to_vec(), rng, stop), self.contract(right.to_vec(), rng, stop)];
            return self.push(pair);
        }
        let pair = [self.contract(left, rng, stop), self.contract(right, rng, stop)];
        self.push(pair)
    }

    fn push(&mut self, pair: [u32; 2]) -> u32 {
        self.pairs.push(pair);
        (self.network.tensors.len() + self.pairs.len() - 1) as u32
    }

    /// Contracts few tensors in the best way, or more one after the other where there is no time.
    fn contract_small(&mut self, tensors: &[u32]) -> u32 {
        if tensors.len() > SMALL || tensors.len() < 3 {
            let mut result = tensors[0];
            for &tensor in &tensors[1..] {
                result = self.push([result, tensor]);
            }
            return result;
        }
        let lists: Vec<&[u32]> = tensors.iter().map(|&k| self.network.tensors[k as usize].as_slice()).collect();
        let mut kept = Vec::new();
        lists.iter().copied().flatten().for_each(|&index| self.here[index as usize] += 1);
        for &index in lists.iter().copied().flatten() {
            let here = std::mem::take(&mut self.here[index as usize]);
            if here > 0 && here < self.holders[index as usize] {
                kept.push(index);
            }
        }
        let pairs = self.search.best_of(self.network, &lists, &kept);
        let first = self.network.tensors.len() + self.pairs.len();
        for pair in pairs {
            let place = |local: u32| match (local as usize).checked_sub(tensors.len()) {
                None => tensors[local as usize],
                Some(inner) => (first + inner) as u32,
            };
            self.pairs.push(pair.map(place));
        }
        (self.network.tensors.len() + self.pairs.len() - 1) as u32
    }
}
