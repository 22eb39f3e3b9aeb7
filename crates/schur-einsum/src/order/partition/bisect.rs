//! Cuts a hypergraph in two.

use std::collections::BinaryHeap;

use rand_chacha::ChaCha8Rng;

use super::hypergraph::Hypergraph;
use crate::order::random;

/// Hypergraphs of so few vertices are cut without being made smaller.
const COARSE: usize = 48;

/// How often the smallest hypergraph is cut; the best cut is gone on with.
const TRIES: usize = 6;

/// How often each vertex may move at each level.
const PASSES: usize = 4;

/// Moves without a gain after which a pass ends, and what is added for each vertex.
const PATIENCE: (usize, usize) = (60, 30);

/// Says for each vertex on which side it is.
pub(super) fn bisect(graph: &Hypergraph, uneven: f64, rng: &mut ChaCha8Rng) -> Vec<bool> {
    let total: u32 = graph.weights.iter().sum();
    let most = ((f64::from(total) * (0.5 + uneven)).ceil() as u32).clamp(total.div_ceil(2), total - 1);
    let mut levels: Vec<(Hypergraph, Vec<u32>)> = Vec::new();
    loop {
        let finest = levels.last().map_or(graph, |level| &level.0);
        if finest.len() <= COARSE {
            break;
        }
        let heaviest = (total / COARSE as u32 * 2).max(2);
        let (coarse, into) = finest.coarsen(heaviest, rng);
        // Edges that are too large, or vertices too heavy, may leave nothing to put together.
        let stuck = coarse.len() * 20 > finest.len() * 19;
        levels.push((coarse, into));
        if stuck {
            break;
        }
    }
    let coarsest = levels.last().map_or(graph, |level| &level.0);
    let mut sides = first_cut(coarsest, most, rng);
    while let Some((_, into)) = levels.pop() {
        sides = into.iter().map(|&vertex| sides[vertex as usize]).collect();
        refine(levels.last().map_or(graph, |level| &level.0), &mut sides, most);
    }
    sides
}

/// The best of several cuts of a small hypergraph, each grown from one vertex.
fn first_cut(graph: &Hypergraph, most: u32, rng: &mut ChaCha8Rng) -> Vec<bool> {
    let mut best: Option<(f64, Vec<bool>)> = None;
    for _ in 0..TRIES {
        let mut sides = grow(graph, rng);
        refine(graph, &mut sides, most);
        let cut = cut(graph, &sides);
        if best.as_ref().is_none_or(|(least, _)| cut < *least) {
            best = Some((cut, sides));
        }
    }
    best.map_or_else(|| vec![false; graph.len()], |(_, sides)| sides)
}

/// Puts one half of the weight around a random vertex onto one side.
fn grow(graph: &Hypergraph, rng: &mut ChaCha8Rng) -> Vec<bool> {
    let total: u32 = graph.weights.iter().sum();
    let (mut sides, mut seen, mut weight) = (vec![false; graph.len()], vec![false; graph.len()], 0);
    let mut near = Vec::new();
    while 2 * weight < total {
        if near.is_empty() {
            let free: Vec<usize> = (0..graph.len()).filter(|&vertex| !seen[vertex]).collect();
            if free.is_empty() {
                break;
            }
            let start = free[random::below(rng, free.len())];
            seen[start] = true;
            near.push(start as u32);
        }
        let vertex = near.swap_remove(random::below(rng, near.len())) as usize;
        sides[vertex] = true;
        weight += graph.weights[vertex];
        for &edge in &graph.at[vertex] {
            for &other in &graph.edges[edge as usize] {
                if !std::mem::replace(&mut seen[other as usize], true) {
                    near.push(other);
                }
            }
        }
    }
    sides
}

fn cut(graph: &Hypergraph, sides: &[bool]) -> f64 {
    let is_cut = |edge: &[u32]| edge.iter().any(|&vertex| sides[vertex as usize] != sides[edge[0] as usize]);
    graph.edges.iter().zip(&graph.costs).filter(|(edge, _)| is_cut(edge)).map(|(_, cost)| cost).sum()
}

/// Moves vertices to the other side while that makes the cut smaller, with both sides at most so heavy.
fn refine(graph: &Hypergraph, sides: &mut [bool], most: u32) {
    for _ in 0..PASSES {
        if !Pass::new(graph, sides, most).run() {
            return;
        }
    }
}

/// Moves every vertex at most once, the one that gains most first, and takes back what came after the best moment.
struct Pass<'a> {
    graph: &'a Hypergraph,
    sides: &'a mut [bool],
    most: u32,
    weight: [u32; 2],
    /// How many vertices each edge has on each side.
    count: Vec<[u32; 2]>,
    gain: Vec<f64>,
    moved: Vec<bool>,
    queue: BinaryHeap<Move>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Move {
    gain: f64,
    vertex: u32,
}

impl Eq for Move {}

impl Ord for Move {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.gain.total_cmp(&other.gain).then(other.vertex.cmp(&self.vertex))
    }
}

impl PartialOrd for Move {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<'a> Pass<'a> {
    fn new(graph: &'a Hypergraph, sides: &'a mut [bool], most: u32) -> Self {
        let mut weight = [0; 2];
        sides.iter().zip(&graph.weights).for_each(|(&side, more)| weight[usize::from(side)] += more);
        let mut count = vec![[0; 2]; graph.edges.len()];
        for (count, edge) in count.iter_mut().zip(&graph.edges) {
            edge.iter().for_each(|&vertex| count[usize::from(sides[vertex as usize])] += 1);
        }
        let (gain, moved) = (vec![0.0; graph.len()], vec![false; graph.len()]);
        let mut pass = Self { graph, sides, most, weight, count, gain, moved, queue: BinaryHeap::new() };
        for vertex in 0..graph.len() {
            pass.gain[vertex] = pass.gain_of(vertex);
            pass.queue.push(Move { gain: pass.gain[vertex], vertex: vertex as u32 });
        }
        pass
    }

    fn gain_of(&self, vertex: usize) -> f64 {
        let side = usize::from(self.sides[vertex]);
        let gain = |&edge: &u32| {
            let cost = self.graph.costs[edge as usize];
            let here = if self.count[edge as usize][side] == 1 { cost } else { 0.0 };
            if self.count[edge as usize][1 - side] == 0 { here - cost } else { here }
        };
        self.graph.at[vertex].iter().map(gain).sum()
    }

    /// Says whether the cut or the balance got better.
    fn run(mut self) -> bool {
        let over = |weight: [u32; 2], most: u32| weight[0].max(weight[1]).saturating_sub(most);
        let start = over(self.weight, self.most);
        let (mut total, mut best) = (0.0, (start, 0.0, 0));
        let mut moves: Vec<u32> = Vec::new();
        let patience = PATIENCE.0 + self.graph.len() / PATIENCE.1;
        while let Some(Move { gain, vertex }) = self.queue.pop() {
            let v = vertex as usize;
            if self.moved[v] || gain != self.gain[v] {
                continue;
            }
            let side = usize::from(self.sides[v]);
            let weight = self.graph.weights[v];
            // A side that is too heavy may always give something away; one must stay behind on each side.
            let fits = self.weight[1 - side] + weight <= self.most || self.weight[side] > self.most;
            if !fits || self.weight[side] == weight {
                continue;
            }
            total += gain;
            self.step(v);
            moves.push(vertex);
            let now = over(self.weight, self.most);
            const ROUNDING: f64 = 1e-9;
            if now < best.0 || (now == best.0 && total > best.1 + ROUNDING) {
                best = (now, total, moves.len());
            } else if moves.len() > best.2 + patience {
                break;
            }
        }
        for &vertex in &moves[best.2..] {
            self.sides[vertex as usize] = !self.sides[vertex as usize];
        }
        best.2 > 0
    }

    fn step(&mut self, vertex: usize) {
        let side = usize::from(self.sides[vertex]);
        self.sides[vertex] = !self.sides[vertex];
        self.moved[vertex] = true;
        self.weight[side] -= self.graph.weights[vertex];
        self.weight[1 - side] += self.graph.weights[vertex];
        let graph = self.graph;
        for &edge in &graph.at[vertex] {
            let count = &mut self.count[edge as usize];
            count[side] -= 1;
            count[1 - side] += 1;
            // The gains of others change only where one or none is left or was there.
            if count[side] > 1 && count[1 - side] > 2 {
                continue;
            }
            for &other in &graph.edges[edge as usize] {
                let other = other as usize;
                if self.moved[other] {
                    continue;
                }
                let gain = self.gain_of(other);
                if gain != self.gain[other] {
                    self.gain[other] = gain;
                    self.queue.push(Move { gain, vertex: other as u32 });
                }
            }
        }
    }
}
