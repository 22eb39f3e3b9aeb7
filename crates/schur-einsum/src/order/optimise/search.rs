//! The searches one after the other, and side by side where they are independent.

use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::{Method, Options};
use crate::order::anneal::{Cooling, anneal};
use crate::order::connected::{self, Outcome, connected};
use crate::order::dynamic::{self, Dynamic};
use crate::order::greedy::{Draw, greedy};
use crate::order::network::{NONE, Network};
use crate::order::objective::{Aim, Score};
use crate::order::partition::partition;
use crate::order::reconfigure::{Sweeps, reconfigure};
use crate::order::simplify::Simplified;
use crate::order::tree::Tree;
use crate::order::{OrderError, random};

/// So many operands are put into the best order of all without being asked.
const FEW: usize = 12;

/// Trees that are worked on side by side, whatever the number of threads, so that this changes nothing.
const CHAINS: usize = 8;

/// The same for networks of more tensors than a window.
const CHAINS_OF_MANY: usize = 4;

/// Annealing of networks with more tensors goes through parts of so many, chosen at random.
const WINDOW: usize = 1024;

/// Networks of more tensors get as much less work for each tensor.
const USUAL_TENSORS: f64 = 512.0;

/// Sweeps of the first round; each round has twice as many.
const FIRST_SWEEPS: f64 = 256.0;

/// Inverse temperatures: where the largest structure stays, where most of it stays, and where next to nothing moves.
const WARM: f64 = 1.5;
const COOL: f64 = 3.0;
const COLD: f64 = 10.0;

/// Parts that are put into the best order.
const SMALL_PARTS: Sweeps = Sweeps { leaves: 8, sweeps: 6 };
const SMALL_PARTS_OF_MANY: Sweeps = Sweeps { leaves: 8, sweeps: 2 };

/// Sets that a search of all connected ones may look at where it was not asked for, doubled by each unit of effort.
const GLANCE: usize = 1 << 12;

/// The same where it was asked for.
const THOROUGH: usize = 1 << 20;

type Pairs = Vec<[u32; 2]>;

/// Trees of the whole network.
pub(super) struct Found {
    /// The pairs of some good trees, the best first; at least one.
    pub trees_by_score: Vec<Pairs>,
    /// Whether all trees were compared.
    pub optimal: bool,
    /// How many trees were built or annealed.
    pub trees: usize,
}

impl Found {
    pub fn best(&self) -> &[[u32; 2]] {
        self.trees_by_score.first().map_or(&[], Vec::as_slice)
    }
}

pub(super) struct Search<'a> {
    pub network: &'a Network,
    pub options: &'a Options,
    pub aim: Aim,
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

impl Search<'_> {
    pub fn run(&self) -> Result<Found, OrderError> {
        let operands = self.network.tensors.len();
        let effort = self.options.effort as usize;
        let few = match self.options.method {
            Method::Optimal => FEW.saturating_add(effort).min(dynamic::MOST),
            Method::Auto => FEW,
            _ => 2,
        };
        if operands <= few.max(2) {
            let optimal = operands <= 2 || few > 2;
            return Ok(Found { trees_by_score: vec![self.dense(self.network)], optimal, trees: 1 });
        }
        match self.options.method {
            Method::Optimal => self.optimal(),
            Method::Greedy => {
                let small = Simplified::new(self.network);
                let (pairs, _) = greedy(&small.network, self.aim, Draw::USUAL, &mut self.stream(0, 0), &|| false);
                Ok(Found { trees_by_score: vec![small.whole(&pairs)], optimal: false, trees: 1 })
            }
            _ => Ok(self.heuristic()),
        }
    }

    /// The generator of a piece of work: its kind, and its number among those.
    fn stream(&self, kind: u64, number: usize) -> ChaCha8Rng {
        random::stream(self.options.seed, kind << 32 | number as u64)
    }

    fn dense(&self, network: &Network) -> Pairs {
        let tensors: Vec<&[u32]> = network.tensors.iter().map(Vec::as_slice).collect();
        Dynamic::new(self.aim, network.dims.len()).best_of(network, &tensors, &network.output)
    }

    /// The best tree of connected parts, part by part.
    fn optimal(&self) -> Result<Found, OrderError> {
        let error = OrderError::TooHard { operands: self.network.tensors.len(), effort: self.options.effort };
        let (mut pairs, mut parts) = (Pairs::new(), Vec::new());
        let operands = self.network.tensors.len() as u32;
        for part in self.network.parts() {
            let network = self.part(&part);
            let best = self.optimal_part(&network).ok_or_else(|| error.clone())?;
            let first = operands + pairs.len() as u32;
            let place = |local: u32| match (local as usize).checked_sub(part.len()) {
                None => part[local as usize],
                Some(inner) => first + inner as u32,
            };
            pairs.extend(best.iter().map(|pair| pair.map(place)));
            let result = if best.is_empty() { part[0] } else { operands + pairs.len() as u32 - 1 };
            parts.push((network.size(&network.output), result));
        }
        // Outer products of what is left of the parts, the smallest first.
        parts.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut product = parts.first().map_or(NONE, |part| part.1);
        for &(_, part) in parts.iter().skip(1) {
            pairs.push([product, part]);
            product = operands + pairs.len() as u32 - 1;
        }
        Ok(Found { trees_by_score: vec![pairs], optimal: false, trees: 1 })
    }

    /// The network of some tensors that share nothing with the others.
    fn part(&self, part: &[u32]) -> Network {
        let tensors: Vec<Vec<u32>> = part.iter().map(|&tensor| self.network.tensors[tensor as usize].clone()).collect();
        let mut held = vec![false; self.network.dims.len()];
        tensors.iter().flatten().for_each(|&index| held[index as usize] = true);
        let output = self.network.output.iter().copied().filter(|&index| held[index as usize]).collect();
        Network { tensors, output, dims: self.network.dims.clone() }
    }

    fn optimal_part(&self, network: &Network) -> Option<Pairs> {
        let effort = self.options.effort;
        let tensors = network.tensors.len();
        if tensors <= FEW.saturating_add(effort as usize).min(dynamic::MOST) {
            return Some(self.dense(network));
        }
        if tensors > connected::MOST {
            return None;
        }
        let known = Search { network, ..*self }.heuristic().trees_by_score.swap_remove(0);
        let score = Tree::new(network, &known).score(self.aim);
        let budget = THOROUGH.checked_shl(effort).unwrap_or(usize::MAX);
        match connected(network, self.aim, score, budget, &|| (self.stop)()) {
            Outcome::Better(pairs) => Some(pairs),
            Outcome::NoBetter => Some(known),
            Outcome::Unfinished => None,
        }
    }

    fn heuristic(&self) -> Found {
        let small = Simplified::new(self.network);
        let tensors = small.network.tensors.len();
        let (kept, trees) = match tensors {
            1 => (vec![Pairs::new()], 1),
            2..=FEW if self.options.method == Method::Auto => (vec![self.dense(&small.network)], 1),
            _ => self.search(&small.network),
        };
        // What was contracted beforehand may have a better place in the tree that was found.
        let whole = |pairs: &Pairs| {
            let mut tree = Tree::new(self.network, &small.whole(pairs));
            let mut rng = self.stream(1, 0);
            reconfigure(&mut tree, self.aim, SMALL_PARTS, &mut rng, &|| (self.stop)());
            (tree.score(self.aim), tree.pairs())
        };
        let kept = best_first(kept.par_iter().map(whole).collect());
        Found { trees_by_score: kept.into_iter().map(|(_, pairs)| pairs).collect(), optimal: false, trees }
    }

    /// Good trees of a network of at least three tensors, and how many were made.
    fn search(&self, network: &Network) -> (Vec<Pairs>, usize) {
        let (mut chains, mut trees) = self.starts(network);
        if matches!(self.options.method, Method::RandomGreedy | Method::Partition) {
            return (chains.into_iter().map(|(_, pairs)| pairs).collect(), trees);
        }
        self.connected(network, &mut chains[0]);
        let number = if network.tensors.len() <= WINDOW { CHAINS } else { CHAINS_OF_MANY };
        for round in 0..self.options.effort {
            if (self.stop)() {
                break;
            }
            let found: Vec<(Score, Pairs)> =
                (0..number).into_par_iter().map(|chain| self.round(network, round, chain, &chains)).collect();
            trees += number;
            chains.extend(found);
            chains = best_first(chains);
            chains.truncate(number);
        }
        (chains.into_iter().map(|(_, pairs)| pairs).collect(), trees)
    }

    /// The first trees: greedy ones and cuts, of which the best are put into order part by part.
    fn starts(&self, network: &Network) -> (Vec<(Score, Pairs)>, usize) {
        let aim = self.aim;
        let share = (USUAL_TENSORS / network.tensors.len() as f64).min(1.0);
        let doubled = f64::from(self.options.effort.min(3)).exp2();
        let count = |most: f64| (most * share * doubled).ceil() as usize;
        let (greedy_runs, cuts) = match self.options.method {
            Method::RandomGreedy => (count(64.0), 0),
            Method::Partition => (0, count(8.0)),
            _ => (count(8.0), count(2.0)),
        };
        let run = |number: usize| {
            let mut rng = self.stream(2, number);
            if number > 0 && (self.stop)() {
                return None;
            }
            if number >= greedy_runs {
                let pairs = partition(network, aim, &mut rng, &|| (self.stop)());
                return Some((Tree::new(network, &pairs).score(aim), pairs));
            }
            let draw = if number == 0 { Draw::USUAL } else { Draw::random(&mut rng) };
            // The first one is what there is if no time is left for another.
            let (pairs, score) = greedy(network, aim, draw, &mut rng, &|| number > 0 && (self.stop)());
            Some((score, pairs))
        };
        let made: Vec<Option<(Score, Pairs)>> = (0..greedy_runs + cuts).into_par_iter().map(run).collect();
        let trees = made.iter().flatten().count();
        let (greedy, cuts) = made.split_at(greedy_runs.min(made.len()));
        let best_of = |list: &[Option<(Score, Pairs)>]| {
            let mut list = best_first(list.iter().flatten().cloned().collect());
            list.truncate(CHAINS);
            list
        };
        let starts: Vec<(Score, Pairs)> = [best_of(greedy), best_of(cuts)].concat();
        let better = |(place, (_, pairs)): (usize, &(Score, Pairs))| {
            let mut tree = Tree::new(network, pairs);
            reconfigure(&mut tree, aim, SMALL_PARTS, &mut self.stream(3, place), &|| (self.stop)());
            (tree.score(aim), tree.pairs())
        };
        let mut starts = best_first(starts.par_iter().enumerate().map(better).collect());
        starts.truncate(CHAINS);
        (starts, trees)
    }

    /// Compares all trees of connected parts where these are few.
    fn connected(&self, network: &Network, best: &mut (Score, Pairs)) {
        if network.tensors.len() > connected::MOST || network.parts().len() > 1 {
            return;
        }
        let budget = GLANCE << self.options.effort.min(10);
        let outcome = connected(network, self.aim, best.0, budget, &|| (self.stop)());
        if let Outcome::Better(pairs) = outcome {
            *best = (Tree::new(network, &pairs).score(self.aim), pairs);
        }
    }

    /// Anneals a tree: in even chains a new one that is forgotten but for its largest structure, in others a good one.
    fn round(&self, network: &Network, round: u32, chain: usize, good: &[(Score, Pairs)]) -> (Score, Pairs) {
        let aim = self.aim;
        let mut rng = self.stream(4 + u64::from(round), chain);
        let stop = || (self.stop)();
        let (start, from) = match good.get(chain / 2) {
            Some((_, pairs)) if !chain.is_multiple_of(2) => (pairs.clone(), COOL * (0.5 + random::unit(&mut rng))),
            _ if chain.is_multiple_of(4) => (partition(network, aim, &mut rng, &stop), WARM),
            _ => (greedy(network, aim, Draw::random(&mut rng), &mut rng, &stop).0, WARM),
        };
        let mut tree = Tree::new(network, &start);
        let tensors = network.tensors.len();
        let share = (USUAL_TENSORS / tensors as f64).min(1.0);
        let sweeps = (FIRST_SWEEPS * f64::from(round).exp2() * share).ceil().min(1e9) as usize;
        let cooling = Cooling { sweeps, from, to: COLD };
        if tensors <= WINDOW {
            let root = tree.children.len() as u32 - 1;
            let whole = tree.fragment(root, usize::MAX, |_, open| open.len() - 1);
            anneal(&mut tree, &whole, aim, cooling, &mut rng, &stop);
        } else {
            for _ in 0..2 * tensors.div_ceil(WINDOW) {
                let top = tree.inner().start + random::below(&mut rng, tree.inner().len()) as u32;
                let window = tree.fragment(top, WINDOW, |_, open| random::below(&mut rng, open.len()));
                anneal(&mut tree, &window, aim, cooling, &mut rng, &stop);
            }
        }
        let parts = if tensors <= WINDOW { SMALL_PARTS } else { SMALL_PARTS_OF_MANY };
        reconfigure(&mut tree, aim, parts, &mut rng, &stop);
        (tree.score(aim), tree.pairs())
    }
}

/// Sorts trees by score; of equals the first stays.
fn best_first(mut trees: Vec<(Score, Pairs)>) -> Vec<(Score, Pairs)> {
    trees.sort_by(|(a, _), (b, _)| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    trees.dedup_by(|(later, _), (earlier, _)| later == earlier);
    trees
}
