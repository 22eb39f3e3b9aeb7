//! What is cut: vertices with weights, and edges of any number of vertices with weights.

use std::collections::HashMap;

use rand_chacha::ChaCha8Rng;

use crate::order::network::{NONE, Network};
use crate::order::random;

/// Vertices are not drawn together by edges of more vertices.
const LARGE_EDGE: usize = 24;

/// A hypergraph, both ways round.
#[derive(Debug)]
pub(super) struct Hypergraph {
    /// How many tensors each vertex stands for.
    pub weights: Vec<u32>,
    /// The vertices of each edge, at least two.
    pub edges: Vec<Vec<u32>>,
    /// What cutting each edge costs: the logarithm of its index's size.
    pub costs: Vec<f64>,
    /// The edges of each vertex.
    pub at: Vec<Vec<u32>>,
}

impl Hypergraph {
    /// The tensors and the indices that at least two of them have.
    pub fn of(network: &Network, tensors: &[u32]) -> Self {
        let mut place: HashMap<u32, usize> = HashMap::new();
        let mut edges: Vec<(Vec<u32>, f64)> = Vec::new();
        for (vertex, &tensor) in tensors.iter().enumerate() {
            for &index in &network.tensors[tensor as usize] {
                let edge = *place.entry(index).or_insert_with(|| {
                    edges.push((Vec::new(), network.dims[index as usize]));
                    edges.len() - 1
                });
                edges[edge].0.push(vertex as u32);
            }
        }
        Self::new(vec![1; tensors.len()], edges)
    }

    fn new(weights: Vec<u32>, edges: Vec<(Vec<u32>, f64)>) -> Self {
        let (edges, costs): (Vec<Vec<u32>>, Vec<f64>) = edges.into_iter().filter(|(edge, _)| edge.len() > 1).unzip();
        let mut at = vec![Vec::new(); weights.len()];
        for (edge, vertices) in edges.iter().enumerate() {
            vertices.iter().for_each(|&vertex| at[vertex as usize].push(edge as u32));
        }
        Self { weights, edges, costs, at }
    }

    /// The number of vertices.
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// Makes one of two neighbours each that share much and are not heavy; says where each vertex went.
    pub fn coarsen(&self, heaviest: u32, rng: &mut ChaCha8Rng) -> (Self, Vec<u32>) {
        let mut into = vec![NONE; self.len()];
        let mut turn: Vec<u32> = (0..self.len() as u32).collect();
        random::shuffle(&mut turn, rng);
        let mut shared = vec![0.0; self.len()];
        let mut weights = Vec::new();
        for vertex in turn {
            if into[vertex as usize] != NONE {
                continue;
            }
            into[vertex as usize] = weights.len() as u32;
            let mut weight = self.weights[vertex as usize];
            let mate = self.mate(vertex, &into, &mut shared, heaviest);
            if let Some(mate) = mate {
                into[mate as usize] = weights.len() as u32;
                weight += self.weights[mate as usize];
            }
            weights.push(weight);
        }
        (Self::new(weights, self.merged_edges(&into)), into)
    }

    /// The free neighbour that shares most with a vertex.
    fn mate(&self, vertex: u32, into: &[u32], shared: &mut [f64], heaviest: u32) -> Option<u32> {
        let mut near = Vec::new();
        for &edge in &self.at[vertex as usize] {
            let vertices = &self.edges[edge as usize];
            if vertices.len() > LARGE_EDGE {
                continue;
            }
            for &other in vertices.iter().filter(|&&other| into[other as usize] == NONE) {
                if shared[other as usize] == 0.0 {
                    near.push(other);
                }
                shared[other as usize] += self.costs[edge as usize] / (vertices.len() - 1) as f64;
            }
        }
        let weight = |&other: &u32| self.weights[other as usize] + self.weights[vertex as usize];
        let light = near.iter().copied().filter(|other| weight(other) <= heaviest);
        let worth = |other: u32| shared[other as usize] / f64::from(self.weights[other as usize]);
        let best = light.max_by(|&a, &b| worth(a).total_cmp(&worth(b)).then(b.cmp(&a)));
        near.iter().for_each(|&other| shared[other as usize] = 0.0);
        best
    }

    /// The edges between the vertices that others went into, equal ones put together.
    fn merged_edges(&self, into: &[u32]) -> Vec<(Vec<u32>, f64)> {
        let mut known: HashMap<Vec<u32>, usize> = HashMap::new();
        let mut edges: Vec<(Vec<u32>, f64)> = Vec::new();
        for (edge, &cost) in self.edges.iter().zip(&self.costs) {
            let mut vertices: Vec<u32> = edge.iter().map(|&vertex| into[vertex as usize]).collect();
            vertices.sort_unstable();
            vertices.dedup();
            if vertices.len() < 2 {
                continue;
            }
            match known.get(&vertices) {
                Some(&place) => edges[place].1 += cost,
                None => {
                    known.insert(vertices.clone(), edges.len());
                    edges.push((vertices, cost));
                }
            }
        }
        edges
    }
}
