//! The best tree among those that contract connected parts only, for networks beyond the tables of all subsets.
//!
//! Pairs of disjoint connected sets that share an index are listed once each, smaller ones first, by the scheme of
//! G. Moerkotte and T. Neumann, *Analysis of two existing and one new dynamic programming algorithm for the generation
//! of optimal bushy join trees without cross products*, 2006. Sets that cost more than a known tree are forgotten.

use std::collections::HashMap;

use super::network::{NONE, Network};
use super::objective::{Aim, Objective, Score};

/// The most tensors: bits of a word.
pub(super) const MOST: usize = 64;

/// How a search ended.
#[derive(Debug, PartialEq)]
pub(super) enum Outcome {
    /// With a tree better than the one known.
    Better(Vec<[u32; 2]>),
    /// No tree of connected parts is better than the one known.
    NoBetter,
    /// Out of its budget, or stopped.
    Unfinished,
}

/// Looks for a better tree of a connected network of at most [`MOST`] tensors than one with the score `known`.
///
/// At most `budget` pairs of sets are looked at.
pub(super) fn connected(network: &Network, aim: Aim, known: Score, budget: usize, stop: &dyn Fn() -> bool) -> Outcome {
    let mut search = Search::new(network, aim, known, budget, stop);
    let tensors = network.tensors.len();
    for first in (0..tensors).rev() {
        search.complements(1 << first);
        search.grow(1 << first, up_to(first), &mut Search::complements);
    }
    if search.budget == 0 {
        return Outcome::Unfinished;
    }
    let all = up_to(tensors - 1);
    match search.table.get(&all) {
        Some(best) if best.cost.beats(search.known) => {
            let mut pairs = Vec::with_capacity(tensors);
            search.push_pairs(all, &mut pairs);
            Outcome::Better(pairs)
        }
        _ => Outcome::NoBetter,
    }
}

/// The bits from the lowest up to and with one.
fn up_to(bit: usize) -> u64 {
    u64::MAX >> (63 - bit)
}

/// The best found for a set.
#[derive(Debug, Clone, Copy)]
struct Entry {
    cost: Score,
    split: u64,
    /// Logarithms of the elements left, and of the indices gone inside.
    left: f64,
    gone: f64,
}

struct Search<'a> {
    tensors: usize,
    aim: Aim,
    /// Costs are counted in units of two to this power, except the largest tensor.
    unit: f64,
    known: Score,
    budget: usize,
    stop: &'a dyn Fn() -> bool,
    neighbours: Vec<u64>,
    /// Who holds an index, the logarithm of its size, and whether it is kept.
    holders: Vec<(u64, f64, bool)>,
    table: HashMap<u64, Entry>,
}

impl<'a> Search<'a> {
    fn new(network: &Network, aim: Aim, known: Score, budget: usize, stop: &'a dyn Fn() -> bool) -> Self {
        let tensors = network.tensors.len();
        let sets = network.members().into_iter().map(|members| members.iter().fold(0_u64, |set, &k| set | 1 << k));
        let is_kept = |index: usize| network.output.binary_search(&(index as u32)).is_ok();
        let holders: Vec<_> = sets.enumerate().map(|(index, set)| (set, network.dims[index], is_kept(index))).collect();
        let with = |k: usize| holders.iter().map(|holder| holder.0).filter(move |set| set >> k & 1 == 1);
        let neighbours = (0..tensors).map(|k| with(k).fold(0, |all, set| all | set) & !(1 << k)).collect();
        let largest = aim.objective == Objective::Largest;
        let unit = if largest || !known.0.is_finite() { 0.0 } else { known.0 };
        let known = if largest { known } else { Score((known.0 - unit).exp2(), f64::NEG_INFINITY) };
        let single = Entry { cost: Score(0.0, f64::NEG_INFINITY), split: 0, left: 0.0, gone: 0.0 };
        let table = (0..tensors).map(|tensor| (1 << tensor, single)).collect();
        Self { tensors, aim, unit, known, budget, stop, neighbours, holders, table }
    }

    /// The tensors beside a set.
    fn beside(&self, set: u64) -> u64 {
        bits(set).fold(0, |all, tensor| all | self.neighbours[tensor]) & !set
    }

    /// Hands on all connected sets around one, itself left out, without the tensors in `barred`.
    fn grow(&mut self, set: u64, barred: u64, take: &mut dyn FnMut(&mut Self, u64)) {
        let near = self.beside(set) & !barred;
        for more in subsets(near) {
            if self.is_over() {
                return;
            }
            take(self, set | more);
        }
        for more in subsets(near) {
            if self.is_over() {
                return;
            }
            self.grow(set | more, barred | near, take);
        }
    }

    fn is_over(&self) -> bool {
        self.budget == 0
    }

    /// Pairs a set with every connected one beside it, unless that comes first.
    fn complements(&mut self, set: u64) {
        if !self.table.contains_key(&set) || self.is_over() {
            return;
        }
        let barred = up_to(set.trailing_zeros() as usize) | set;
        let near = self.beside(set) & !barred;
        let mut firsts: Vec<usize> = bits(near).collect();
        firsts.reverse();
        for first in firsts {
            let below = up_to(first) & near;
            self.pair(set, 1 << first);
            self.grow(1 << first, barred | below, &mut |search, other| search.pair(set, other));
        }
    }

    /// Contracts two sets.
    fn pair(&mut self, one: u64, other: u64) {
        const BETWEEN_QUESTIONS: usize = 1 << 10;
        if self.budget.is_multiple_of(BETWEEN_QUESTIONS) && (self.stop)() {
            self.budget = 0;
        }
        self.budget = self.budget.saturating_sub(1);
        let (Some(&left), Some(&right)) = (self.table.get(&one), self.table.get(&other)) else { return };
        let both = one | other;
        let old = self.table.get(&both).copied();
        let (size, gone) = old.map_or_else(|| self.measure(both), |old| (old.left, old.gone));
        let operations = size + gone - left.gone - right.gone;
        let cost = self.cost(left.cost, right.cost, operations, size);
        let bar = old.map_or(self.known, |old| old.cost);
        if cost.beats(bar) || (old.is_none() && !bar.beats(cost)) {
            self.table.insert(both, Entry { cost, split: other, left: size, gone });
        }
    }

    fn cost(&self, left: Score, right: Score, operations: f64, size: f64) -> Score {
        if self.aim.objective == Objective::Largest {
            let mut sum = super::objective::LogSum::ZERO;
            [left.1, right.1, operations].into_iter().for_each(|exponent| sum.add(1.0, exponent));
            return Score(left.0.max(right.0).max(size), sum.log2());
        }
        let (of_operations, of_elements) = self.aim.objective.weights();
        let step = of_operations * (operations + self.aim.excess(size) - self.unit).exp2()
            + of_elements * (size - self.unit).exp2();
        Score(left.0 + right.0 + step, f64::NEG_INFINITY)
    }

    /// Logarithms of the elements left of a set, and of the indices gone inside it.
    fn measure(&self, set: u64) -> (f64, f64) {
        let (mut left, mut gone) = (0.0, 0.0);
        for &(holders, dim, is_kept) in self.holders.iter().filter(|holder| holder.0 & set != 0) {
            if holders & !set != 0 || is_kept { left += dim } else { gone += dim }
        }
        (left, gone)
    }

    /// Adds the pairs of a set and returns its number; as deep as there are tensors, which are few.
    fn push_pairs(&self, set: u64, pairs: &mut Vec<[u32; 2]>) -> u32 {
        if set.is_power_of_two() {
            return set.trailing_zeros();
        }
        let Some(entry) = self.table.get(&set) else { return NONE };
        let pair = [self.push_pairs(set ^ entry.split, pairs), self.push_pairs(entry.split, pairs)];
        pairs.push(pair);
        (self.tensors + pairs.len() - 1) as u32
    }
}

/// The positions of a set's bits, ascending.
fn bits(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(bit)
    })
}

/// The subsets of a set but the empty one, ascending, so that each comes after its own subsets.
fn subsets(set: u64) -> impl Iterator<Item = u64> {
    let mut subset = 0_u64;
    std::iter::from_fn(move || {
        subset = subset.wrapping_sub(set) & set;
        (subset != 0).then_some(subset)
    })
}
