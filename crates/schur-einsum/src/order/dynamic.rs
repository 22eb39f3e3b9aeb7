//! The best tree of a few tensors, outer products included, from the best trees of all subsets.
//!
//! Whatever tree a subset is contracted by, the same indices are left. With $s(A)$ the logarithm of the elements that
//! are left of the subset $A$, and $d(A)$ that of the indices gone inside it, contracting two parts takes
//!
//! $$ 2^{\, s(A \cup B) + d(A \cup B) - d(A) - d(B)} $$
//!
//! operations, so tables over subsets make a step three products, and a search over $k$ tensors $3^k / 2$ steps. Both
//! tables are sums over subsets of the sets of tensors that hold an index, which takes $k \, 2^k$ additions.

use super::network::Network;
use super::objective::{Aim, Objective, Score, Tally};

/// The most tensors: tables of 2^18 numbers, some 2 * 10^8 steps.
pub(super) const MOST: usize = 18;

/// Exponents that are safe in a product of three numbers.
const SAFE: f64 = 1000.0;

/// Searches of one network, one after the other, in the same memory.
#[derive(Debug)]
pub(super) struct Dynamic {
    aim: Aim,
    /// For each index the tensors that hold it; nought between two searches.
    holders: Vec<u32>,
    seen: Vec<u32>,
    /// Tables over subsets: logarithms of the elements left, and of the indices gone inside.
    left: Vec<f64>,
    gone: Vec<f64>,
    /// Tables over subsets: operations if the indices of both parts were gone, what that is less for a part, elements.
    whole: Vec<f64>,
    part: Vec<f64>,
    written: Vec<f64>,
    /// The least cost of each subset, and for [`Objective::Largest`] the operations beside it.
    best: Vec<f64>,
    beside: Vec<f64>,
    split: Vec<u32>,
}

impl Dynamic {
    pub fn new(aim: Aim, indices: usize) -> Self {
        let (holders, seen, split) = (vec![0; indices], Vec::new(), Vec::new());
        let [left, gone, whole, part, written, best, beside] = [const { Vec::new() }; 7];
        Self { aim, holders, seen, left, gone, whole, part, written, best, beside, split }
    }

    /// Finds the best tree of 2 to [`MOST`] tensors with these indices, of which `kept` are left over.
    ///
    /// Returns pairs with their score if it beats that of `pairs`.
    pub fn improve(
        &mut self,
        network: &Network,
        tensors: &[&[u32]],
        kept: &[u32],
        steps: impl Iterator<Item = (f64, f64)>,
    ) -> Option<Vec<[u32; 2]>> {
        let mut tally = Tally::new(self.aim);
        steps.for_each(|(operations, size)| tally.add(operations, size));
        let mut old = tally.score();
        if self.aim.objective != Objective::Largest {
            old.1 = f64::NEG_INFINITY; // The search decides by the first alone.
        }
        self.tables(network, tensors, kept);
        let new = self.search(tensors.len(), old.0);
        new.beats(old).then(|| self.pairs(tensors.len()))
    }

    /// Fills the tables of logarithms.
    fn tables(&mut self, network: &Network, tensors: &[&[u32]], kept: &[u32]) {
        let subsets = 1 << tensors.len();
        for table in [&mut self.left, &mut self.gone] {
            table.clear();
            table.resize(subsets, 0.0);
        }
        for (tensor, list) in tensors.iter().enumerate() {
            for &index in *list {
                let holders = &mut self.holders[index as usize];
                if *holders == 0 {
                    self.seen.push(index);
                }
                *holders |= 1 << tensor;
            }
        }
        // First `left` holds the indices by who has them, `gone` those of them that are not kept.
        for &index in &self.seen {
            let (holders, dim) = (self.holders[index as usize] as usize, network.dims[index as usize]);
            self.left[holders] += dim;
            self.gone[holders] += dim;
        }
        for &index in kept {
            self.gone[self.holders[index as usize] as usize] -= network.dims[index as usize];
        }
        for index in self.seen.drain(..) {
            self.holders[index as usize] = 0;
        }
        sum_over_subsets(&mut self.left);
        sum_over_subsets(&mut self.gone);
        // An index is in a subset unless all who have it are outside, and left of it unless it is gone inside.
        let all = self.left[subsets - 1];
        for subset in 0..subsets / 2 {
            let (low, high) = (self.left[subset], self.left[subsets - 1 - subset]);
            self.left[subset] = all - high - self.gone[subset];
            self.left[subsets - 1 - subset] = all - low - self.gone[subsets - 1 - subset];
        }
        // What is summed out of a single tensor is summed in its first pair.
        (0..tensors.len()).for_each(|tensor| self.gone[1 << tensor] = 0.0);
    }

    /// Finds the least cost of each subset; `bar` is the logarithm of a cost that is thought to be near the least.
    fn search(&mut self, tensors: usize, bar: f64) -> Score {
        let subsets = 1 << tensors;
        let (operations, elements) = self.aim.objective.weights();
        for table in [&mut self.best, &mut self.beside] {
            table.clear();
            table.resize(subsets, 0.0);
        }
        self.split.clear();
        self.split.resize(subsets, 0);
        let bar = if bar.is_finite() { bar } else { 0.0 };
        if self.aim.objective == Objective::Largest {
            self.search_largest(subsets);
            return Score(self.best[subsets - 1], self.beside[subsets - 1].log2());
        }
        self.written.clear();
        self.written.extend(self.left.iter().map(|&left| elements * (left - bar).exp2()));
        let (left, gone, aim) = (&self.left, &self.gone, self.aim);
        let all = |subset: usize| left[subset] + aim.excess(left[subset]) + gone[subset] - bar;
        let highest = (0..subsets).map(all).fold(0.0, f64::max);
        if highest < SAFE && gone[subsets - 1] < SAFE {
            self.whole.clear();
            self.whole.extend((0..subsets).map(|subset| operations * all(subset).exp2()));
            self.part.clear();
            self.part.extend(gone.iter().map(|&gone| (-gone).exp2()));
            let (whole, part) = (&self.whole, &self.part);
            least(&mut self.best, &mut self.split, &self.written, |a, b| whole[a | b] * part[a] * part[b]);
        } else {
            least(&mut self.best, &mut self.split, &self.written, |a, b| {
                operations * (all(a | b) - gone[a] - gone[b]).exp2()
            });
        }
        Score(self.best[subsets - 1].log2() + bar, f64::NEG_INFINITY)
    }

    /// As [`search`](Self::search) for the largest tensor, then the operations.
    fn search_largest(&mut self, subsets: usize) {
        let (left, gone) = (&self.left, &self.gone);
        for subset in 1..subsets {
            let lowest = subset & subset.wrapping_neg();
            let rest = subset ^ lowest;
            let mut found = (f64::INFINITY, f64::INFINITY);
            let mut other = rest;
            while other != 0 {
                let one = subset ^ other;
                let size = left[subset].max(self.best[one]).max(self.best[other]);
                let steps = (left[subset] + gone[subset] - gone[one] - gone[other]).exp2();
                let cost = (size, self.beside[one] + self.beside[other] + steps);
                if cost < found {
                    found = cost;
                    self.split[subset] = other as u32;
                }
                other = (other - 1) & rest;
            }
            if rest != 0 {
                (self.best[subset], self.beside[subset]) = found;
            }
        }
    }

    /// The pairs of the best tree found last.
    fn pairs(&self, tensors: usize) -> Vec<[u32; 2]> {
        let mut pairs = Vec::with_capacity(tensors.saturating_sub(1));
        self.push_pairs(tensors, (1 << tensors) - 1, &mut pairs);
        pairs
    }

    /// Adds the pairs of a subset and returns its number; as deep as there are tensors, which are few.
    fn push_pairs(&self, tensors: usize, subset: usize, pairs: &mut Vec<[u32; 2]>) -> u32 {
        if subset.is_power_of_two() {
            return subset.trailing_zeros();
        }
        let other = self.split[subset] as usize;
        let pair = [self.push_pairs(tensors, subset ^ other, pairs), self.push_pairs(tensors, other, pairs)];
        pairs.push(pair);
        (tensors + pairs.len() - 1) as u32
    }

    /// The best tree of 1 to [`MOST`] tensors with these indices, of which `kept` are left over.
    pub fn best_of(&mut self, network: &Network, tensors: &[&[u32]], kept: &[u32]) -> Vec<[u32; 2]> {
        self.tables(network, tensors, kept);
        // No tree is known that a cost could be compared with: the elements of the largest subset are near enough.
        let bar = self.left.iter().copied().fold(0.0, f64::max);
        self.search(tensors.len(), bar);
        self.pairs(tensors.len())
    }
}

/// Replaces each number by the sum over all subsets of its position's bits.
fn sum_over_subsets(table: &mut [f64]) {
    let mut step = 1;
    while step < table.len() {
        for block in table.chunks_exact_mut(2 * step) {
            let (without, with) = block.split_at_mut(step);
            with.iter_mut().zip(without).for_each(|(with, without)| *with += *without);
        }
        step *= 2;
    }
}

/// The least sum of steps and writes of each subset, and the part without its lowest tensor.
fn least(best: &mut [f64], split: &mut [u32], written: &[f64], step: impl Fn(usize, usize) -> f64) {
    for subset in 1..best.len() {
        let rest = subset & (subset - 1);
        if rest == 0 {
            continue;
        }
        let (mut found, mut part) = (f64::INFINITY, rest);
        let mut other = rest;
        while other != 0 {
            let one = subset ^ other;
            let cost = best[one] + best[other] + step(one, other);
            if cost < found {
                (found, part) = (cost, other);
            }
            other = (other - 1) & rest;
        }
        best[subset] = found + written[subset];
        split[subset] = part as u32;
    }
}
