//! A contraction tree that can be changed in place.

use super::network::{NONE, Network, union};
use super::objective::{Aim, Score, Tally};

/// A binary tree over the tensors of a network, with the indices and the cost of every node.
///
/// Leaves are numbered as the tensors; the last node is the root and stays it.
#[derive(Debug, Clone)]
pub(super) struct Tree<'n> {
    pub network: &'n Network,
    /// The two nodes that each node contracts; [`NONE`] twice for a leaf.
    pub children: Vec<[u32; 2]>,
    pub parent: Vec<u32>,
    /// The indices that each node keeps, ascending.
    pub legs: Vec<Vec<u32>>,
    /// The binary logarithm of the operations of each inner node.
    pub operations: Vec<f64>,
    /// The binary logarithm of the elements of each node.
    pub size: Vec<f64>,
    /// All nought between two calls: how many live nodes hold each index.
    holders: Vec<u32>,
}

/// A connected part of a tree: a node, and nodes below it at which it ends.
#[derive(Debug, Default)]
pub(super) struct Fragment {
    /// Nodes at which it ends.
    pub leaves: Vec<u32>,
    /// The nodes between, one less than leaves, the topmost last.
    pub inner: Vec<u32>,
}

impl<'n> Tree<'n> {
    /// The tree of pairs, which are numbered as those of an [`Order`](super::Order).
    pub fn new(network: &'n Network, pairs: &[[u32; 2]]) -> Self {
        let (leaves, nodes) = (network.tensors.len(), network.tensors.len() + pairs.len());
        let mut legs = network.tensors.clone();
        legs.resize(nodes, Vec::new());
        let size = legs.iter().map(|list| network.size(list)).collect();
        let mut tree = Self {
            network,
            children: vec![[NONE; 2]; nodes],
            parent: vec![NONE; nodes],
            legs,
            operations: vec![f64::NEG_INFINITY; nodes],
            size,
            holders: vec![0; network.dims.len()],
        };
        if let Some(root) = nodes.checked_sub(1).filter(|&root| root >= leaves) {
            tree.legs[root].clone_from(&network.output);
            let fragment =
                Fragment { leaves: (0..leaves as u32).collect(), inner: (leaves as u32..nodes as u32).collect() };
            tree.rewire(&fragment, pairs);
        }
        tree
    }

    /// The number of leaves.
    pub fn leaves(&self) -> usize {
        self.network.tensors.len()
    }

    /// The inner nodes.
    pub fn inner(&self) -> std::ops::Range<u32> {
        self.leaves() as u32..self.children.len() as u32
    }

    /// Whether a node is an inner one.
    pub fn is_inner(&self, node: u32) -> bool {
        node as usize >= self.leaves()
    }

    /// Contracts the leaves of a fragment in another way; pairs are numbered as if its leaves were all there is.
    pub fn rewire(&mut self, fragment: &Fragment, pairs: &[[u32; 2]]) {
        let leaves = fragment.leaves.len();
        let Some(&root) = fragment.inner.last() else { return };
        for &node in fragment.leaves.iter().chain([&root]) {
            self.legs[node as usize].iter().for_each(|&index| self.holders[index as usize] += 1);
        }
        let place = |local: u32| match (local as usize).checked_sub(leaves) {
            None => fragment.leaves[local as usize],
            Some(inner) => fragment.inner[inner],
        };
        for (&node, &[left, right]) in fragment.inner.iter().zip(pairs) {
            let [left, right] = [place(left), place(right)];
            self.children[node as usize] = [left, right];
            self.parent[left as usize] = node;
            self.parent[right as usize] = node;
            self.contract(node, left, right);
        }
        for &node in fragment.leaves.iter().chain([&root]) {
            self.legs[node as usize].iter().for_each(|&index| self.holders[index as usize] = 0);
        }
    }

    /// Works out what a node keeps and costs; those that hold its children's indices are counted.
    fn contract(&mut self, node: u32, left: u32, right: u32) {
        let mut kept = std::mem::take(&mut self.legs[node as usize]);
        kept.clear();
        let (mut operations, mut size) = (0.0, 0.0);
        let (network, holders) = (self.network, &mut self.holders);
        union(&self.legs[left as usize], &self.legs[right as usize], |index, both| {
            let dim = network.dims[index as usize];
            operations += dim;
            let others = &mut holders[index as usize];
            *others -= both;
            if *others > 0 {
                *others += 1;
                size += dim;
                kept.push(index);
            }
        });
        self.legs[node as usize] = kept;
        self.operations[node as usize] = operations;
        self.size[node as usize] = size;
    }

    /// Takes a node and what is below it apart until it has so many leaves, always at the node that is chosen.
    ///
    /// `choose` gets inner nodes, at least one, and says which of them, by position.
    pub fn fragment(&self, root: u32, leaves: usize, mut choose: impl FnMut(&Self, &[u32]) -> usize) -> Fragment {
        let mut fragment = Fragment::default();
        let mut open = vec![root];
        while !open.is_empty() && fragment.leaves.len() + open.len() < leaves {
            let place = if open.len() == 1 { 0 } else { choose(self, &open) };
            let node = open.swap_remove(place);
            fragment.inner.push(node);
            for child in self.children[node as usize] {
                if self.is_inner(child) { open.push(child) } else { fragment.leaves.push(child) }
            }
        }
        fragment.leaves.append(&mut open);
        fragment.inner.reverse();
        fragment
    }

    /// The score of all pairs.
    pub fn score(&self, aim: Aim) -> Score {
        let mut tally = Tally::new(aim);
        self.inner().for_each(|node| tally.add(self.operations[node as usize], self.size[node as usize]));
        tally.score()
    }

    /// The nodes, children before parents.
    pub fn upwards(&self) -> Vec<u32> {
        let mut nodes = vec![self.children.len() as u32 - 1];
        let mut next = 0;
        while let Some(&node) = nodes.get(next) {
            next += 1;
            if self.is_inner(node) {
                nodes.extend(self.children[node as usize]);
            }
        }
        nodes.reverse();
        nodes
    }

    /// The elements of results alive at once below each node at the worst moment, the better child first.
    ///
    /// The better child first is known for every node once its children's needs are: with the left one first the
    /// worst is `max(peak l, size l + peak r, size l + size r + size)`.
    fn peaks(&mut self) -> Vec<f64> {
        let mut peaks = vec![0.0; self.children.len()];
        for node in self.upwards() {
            if !self.is_inner(node) {
                continue;
            }
            let [left, right] = self.children[node as usize];
            let held = |node: u32| if self.is_inner(node) { self.size[node as usize].exp2() } else { 0.0 };
            let all = held(left) + held(right) + self.size[node as usize].exp2();
            let worst = |first: u32, second: u32| {
                f64::max(peaks[first as usize], held(first) + peaks[second as usize]).max(all)
            };
            let (one, other) = (worst(left, right), worst(right, left));
            if other < one {
                self.children[node as usize] = [right, left];
            }
            peaks[node as usize] = one.min(other);
        }
        peaks
    }

    /// Puts the child that had better be contracted first on the left everywhere; says how many elements are alive at
    /// once at the worst moment.
    pub fn sort_children(&mut self) -> f64 {
        self.peaks().last().copied().unwrap_or(0.0)
    }

    /// The pairs, the left child's before the right one's.
    pub fn pairs(&self) -> Vec<[u32; 2]> {
        let leaves = self.leaves() as u32;
        let mut number: Vec<u32> = (0..self.children.len() as u32).collect();
        let mut pairs = Vec::with_capacity(self.children.len() - self.leaves());
        // A node comes up twice: first to send its children ahead, then, with all below it done, to be contracted.
        let mut open = vec![(self.children.len() as u32 - 1, false)];
        while let Some((node, ready)) = open.pop() {
            let [left, right] = self.children[node as usize];
            if !self.is_inner(node) {
            } else if ready {
                number[node as usize] = leaves + pairs.len() as u32;
                pairs.push([number[left as usize], number[right as usize]]);
            } else {
                open.extend([(node, true), (right, false), (left, false)]);
            }
        }
        pairs
    }
}
