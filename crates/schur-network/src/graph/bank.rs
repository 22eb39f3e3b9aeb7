//! What networks of layers can compute: polynomials reached by a sequence of allowed contractions.

use std::collections::HashSet;

use super::multigraph::Multigraph;

/// An operation on tensors over nodes that a layer can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Two tensors over the same `order` vertices are multiplied element by element.
    Multiply {
        /// The number of vertices: 1 for features of nodes, 2 for features of pairs.
        order: usize,
    },
    /// All tensors at a vertex are multiplied and summed over it; what remains is a tensor over its neighbours.
    Sum {
        /// The number of neighbours: 0 sums over all nodes, 1 is a message or a product with a vector, 2 a product of
        /// matrices.
        neighbours: usize,
    },
}

/// The operations that a family of networks has.
///
/// Numbers multiply always, and features of a node multiply into any tensor that has this node.
///
/// # Source
/// The paper's banks of contractions, sections 4 and 5: a polynomial is computed by a model exactly if a sequence of
/// the model's contractions reduces its multigraph to the marked vertices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bank {
    operations: Vec<Operation>,
}

/// A step of a sequence: a vertex that was summed over, and the vertices that its tensor was left with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contracted {
    /// The vertex.
    pub vertex: usize,
    /// Its neighbours at that moment.
    pub neighbours: Vec<usize>,
}

impl Bank {
    /// Any list of operations.
    pub fn new(operations: &[Operation]) -> Self {
        Self { operations: operations.to_vec() }
    }

    /// All operations whose tensors have at most `order` vertices, in and out.
    ///
    /// It computes the polynomials of treewidth `order` and less, the marked vertices taken as joined.
    pub fn of_order(order: usize) -> Self {
        let sums = (0..=order).map(|neighbours| Operation::Sum { neighbours });
        Self { operations: (1..=order).map(|order| Operation::Multiply { order }).chain(sums).collect() }
    }

    /// Message passing: features of nodes, and of edges only as they are given.
    ///
    /// It reaches trees with loops and parallel edges, and nothing that the test of Weisfeiler and Leman cannot see.
    pub fn message_passing() -> Self {
        let mut bank = Self::of_order(2);
        bank.operations.retain(|&operation| operation != Operation::Sum { neighbours: 2 });
        bank
    }

    /// Provably powerful graph networks: features of pairs, multiplied as matrices and element by element.
    pub fn matrix_products() -> Self {
        Self::of_order(2)
    }

    /// Finds a sequence of contractions that computes a polynomial; none if there is none.
    ///
    /// # Cost
    /// At worst every set of summed vertices is tried once.
    ///
    /// # Examples
    /// ```
    /// use schur_network::graph::{Bank, Multigraph, Output, Symmetry};
    ///
    /// let triangle = Multigraph::new(Symmetry::Simple, &[[0, 1], [1, 2], [2, 0]], Output::Invariant)?;
    /// assert!(Bank::message_passing().sequence(&triangle).is_none());
    /// assert!(Bank::matrix_products().sequence(&triangle).is_some());
    /// # Ok::<(), schur_network::graph::GraphError>(())
    /// ```
    pub fn sequence(&self, graph: &Multigraph) -> Option<Vec<Contracted>> {
        let tensors = graph.edges().iter().map(|&[r, s]| if r == s { vec![r] } else { vec![r.min(s), r.max(s)] });
        let mut state = State { tensors: Vec::new(), left: (0..graph.vertices()).collect() };
        for tensor in tensors {
            state.place(tensor, self)?;
        }
        state.left.retain(|vertex| !graph.output().vertices().contains(vertex));
        let mut sequence = Vec::new();
        self.search(&state, &mut HashSet::new(), &mut sequence).then_some(sequence)
    }

    fn search(&self, state: &State, dead: &mut HashSet<Vec<usize>>, sequence: &mut Vec<Contracted>) -> bool {
        if state.left.is_empty() {
            return true;
        }
        for &vertex in &state.left {
            let Some((next, neighbours)) = state.without(vertex, self) else { continue };
            if dead.contains(&next.left) {
                continue;
            }
            sequence.push(Contracted { vertex, neighbours });
            if self.search(&next, dead, sequence) {
                return true;
            }
            sequence.pop();
            dead.insert(next.left);
        }
        false
    }

    fn allows(&self, operation: Operation) -> bool {
        self.operations.contains(&operation)
    }
}

/// Tensors, each with the vertices that it is over, and the vertices still to be summed.
///
/// Tensors over the same vertices are multiplied as soon as they meet, so the vertices left tell all.
#[derive(Clone)]
struct State {
    tensors: Vec<Vec<usize>>,
    left: Vec<usize>,
}

impl State {
    /// Adds a tensor; none if it meets another over the same vertices and they cannot be multiplied.
    fn place(&mut self, tensor: Vec<usize>, bank: &Bank) -> Option<()> {
        if tensor.is_empty() {
            return Some(());
        }
        if !self.tensors.contains(&tensor) {
            self.tensors.push(tensor);
            return Some(());
        }
        bank.allows(Operation::Multiply { order: tensor.len() }).then_some(())
    }

    /// Sums over a vertex; none if the bank has no such operation.
    fn without(&self, vertex: usize, bank: &Bank) -> Option<(Self, Vec<usize>)> {
        let (there, elsewhere): (Vec<_>, Vec<_>) =
            self.tensors.iter().cloned().partition(|tensor| tensor.contains(&vertex));
        let mut neighbours = there.concat();
        neighbours.retain(|&other| other != vertex);
        neighbours.sort_unstable();
        neighbours.dedup();
        if !bank.allows(Operation::Sum { neighbours: neighbours.len() }) {
            return None;
        }
        let left = self.left.iter().copied().filter(|&other| other != vertex).collect();
        let mut next = Self { tensors: elsewhere, left };
        next.place(neighbours.clone(), bank)?;
        Some((next, neighbours))
    }
}
