//! Graphs of operations on dense tensors.

use std::sync::Arc;

use schur_tensor::Tensor;

use super::einsum::Einsum;
use crate::error::{Fault, Located, Span};
use crate::parse::tree::{Along, Pointwise, Projection};

/// The position of a node in its graph.
pub(crate) type NodeId = usize;

/// Where the elements of a smaller tensor lie in a larger one: at `base[row] + inner[k]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placement {
    pub(crate) base: Vec<usize>,
    pub(crate) inner: Vec<usize>,
}

impl Placement {
    /// The positions, row after row.
    pub(crate) fn positions(&self) -> impl Iterator<Item = usize> + '_ {
        self.base.iter().flat_map(|base| self.inner.iter().map(move |inner| base + inner))
    }
}

/// What a node computes.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    /// Numbers that do not change.
    Constant(Arc<Tensor<f64>>),
    /// The tensor of a symbol, from outside.
    Symbol(usize),
    /// A contraction.
    Contract { einsum: Box<Einsum>, inputs: Vec<NodeId> },
    /// A function of each element.
    Pointwise { function: Pointwise, input: NodeId },
    /// A power of each element.
    Power { exponent: f64, input: NodeId },
    /// A weighted sum, each term repeated along axes where its stride is zero.
    Add { terms: Vec<(f64, NodeId, Vec<usize>)> },
    /// A function along an axis.
    Along { function: Along, axis: usize, input: NodeId },
    /// The largest, smallest or average over some axes.
    Project { projection: Projection, axes: Vec<usize>, input: NodeId },
    /// Elements of the input where the placement says.
    Gather { placement: Placement, input: NodeId },
    /// Elements of the input added where the placement says, zeros elsewhere.
    Scatter { placement: Placement, input: NodeId },
}

/// An operation, the shape of its result, and where the program asks for it.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) op: Op,
    pub(crate) shape: Vec<usize>,
    pub(crate) span: Span,
}

/// Operations in the order of their computation.
#[derive(Debug, Clone)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
    most_elements: usize,
}

impl Graph {
    /// A graph whose tensors have at most so many elements.
    pub(crate) const fn new(most_elements: usize) -> Self {
        Self { nodes: Vec::new(), most_elements }
    }

    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub(crate) fn shape(&self, node: NodeId) -> &[usize] {
        &self.nodes[node].shape
    }

    /// Adds an operation.
    pub(crate) fn push(&mut self, op: Op, shape: Vec<usize>, span: Span) -> Result<NodeId, Located> {
        check_elements(&shape, self.most_elements, span)?;
        self.nodes.push(Node { op, shape, span });
        Ok(self.nodes.len() - 1)
    }

    /// Adds numbers.
    pub(crate) fn constant(&mut self, tensor: Tensor<f64>, span: Span) -> Result<NodeId, Located> {
        let shape = tensor.shape().to_vec();
        self.push(Op::Constant(Arc::new(tensor)), shape, span)
    }
}

/// Refuses a shape with too many elements.
pub(crate) fn check_elements(shape: &[usize], most: usize, span: Span) -> Result<(), Located> {
    let elements = shape.iter().try_fold(1_usize, |count, &size| count.checked_mul(size));
    if elements.is_some_and(|count| count <= most) {
        return Ok(());
    }
    let what = format!("the elements of a tensor of shape {shape:?}");
    Err(Fault::TooMany { what, most, way_out: "; raise it with `limit elements N`" }.at(span))
}
