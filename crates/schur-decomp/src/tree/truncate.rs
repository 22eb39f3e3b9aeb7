//! Trees of dense tensors, truncated from the leaves to the root.

use schur_tensor::Tensor;

use super::{HierarchicalTucker, Node};
use crate::check::{self, norm_squared};
use crate::fit::End;
use crate::modes::{Cut, Means, reshaped, truncate};
use crate::{DecompError, Fit, Scalar, residual};

/// Which modes belong together: a tree whose leaves are the modes, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DimensionTree {
    /// One mode, counted from zero.
    Leaf(usize),
    /// Parts, in the order of their modes.
    Branch(Vec<Self>),
}

impl DimensionTree {
    /// Halves of halves of the modes of a tensor of this order.
    pub fn balanced(order: usize) -> Self {
        Self::halves(0, order)
    }

    fn halves(first: usize, end: usize) -> Self {
        if end - first <= 1 {
            return Self::Leaf(first);
        }
        let middle = first + (end - first).div_ceil(2);
        Self::Branch(vec![Self::halves(first, middle), Self::halves(middle, end)])
    }

    /// One mode after the other against all behind it: the tree of a tensor train.
    pub fn linear(order: usize) -> Self {
        let last = Self::Leaf(order.saturating_sub(1));
        (0..order.saturating_sub(1)).rev().fold(last, |rest, mode| Self::Branch(vec![Self::Leaf(mode), rest]))
    }

    fn leaves(&self, leaves: &mut Vec<usize>) {
        match self {
            Self::Leaf(mode) => leaves.push(*mode),
            Self::Branch(children) => children.iter().for_each(|child| child.leaves(leaves)),
        }
    }

    /// Nodes below this one.
    fn below(&self) -> usize {
        match self {
            Self::Leaf(_) => 0,
            Self::Branch(children) => children.iter().map(|child| 1 + child.below()).sum(),
        }
    }

    fn has_empty_branch(&self) -> bool {
        match self {
            Self::Leaf(_) => false,
            Self::Branch(children) => children.is_empty() || children.iter().any(Self::has_empty_branch),
        }
    }
}

/// What to truncate to, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct TreeOptions {
    /// The tree; without one, the balanced one.
    pub tree: Option<DimensionTree>,
    /// The relative error allowed, at least 0 and below 1.
    pub tolerance: f64,
    /// The largest rank of a node.
    pub max_rank: usize,
    /// How singular vectors are found.
    pub means: Means,
    /// For random sketches.
    pub seed: u64,
}

impl Default for TreeOptions {
    fn default() -> Self {
        Self { tree: None, tolerance: 1e-4, max_rank: usize::MAX, means: Means::Gram, seed: 0 }
    }
}

/// What is left of the tensor, and of the error allowed.
struct State<T> {
    rest: Option<Tensor<T>>,
    budget: f64,
    cuts: usize,
    largest: usize,
}

/// Decomposes a dense tensor into a tree of bases, from the leaves to the root.
///
/// Each node truncates the tensor that the nodes before it have left, so the squared error is the sum of the squares of
/// the singular values dropped, and at most the number of nodes below the root times that of the best tree of these
/// ranks. All bases are orthonormal.
///
/// # Errors
/// [`DecompError`] for a tensor of order below two, with an element that is not finite, zeros only, or an empty mode; a
/// tree whose leaves are not the modes in their order; a tolerance that is not in `0..1`; a rank of nought.
/// # Cost
/// About `n + 2 r` operations an element for the first mode, then for a tensor that shrinks at every node.
/// # Source
/// Grasedyck, Hierarchical singular value decomposition of tensors, 2010, algorithm 2.
/// # Examples
/// ```
/// use schur_decomp::tree::{TreeOptions, hierarchical};
/// use schur_tensor::Tensor;
///
/// let tensor = Tensor::from_fn(&[5, 5, 5, 5], |i| (i.iter().sum::<usize>() as f64).sin())?;
/// let (tree, fit) = hierarchical(&tensor, &TreeOptions::default())?;
/// assert!(fit.relative_error < 1e-4 && tree.parameters() == 4 * 10 + 2 * 8 + 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn hierarchical<T: Scalar>(
    tensor: &Tensor<T>,
    options: &TreeOptions,
) -> Result<(HierarchicalTucker<T>, Fit), DecompError> {
    let whole = check::dense("hierarchical Tucker decomposition", 2, tensor)?;
    check::tolerance(options.tolerance)?;
    check::rank(|| "a node".to_owned(), options.max_rank, usize::MAX)?;
    let order = tensor.shape().len();
    let tree = options.tree.clone().unwrap_or_else(|| DimensionTree::balanced(order));
    let mut leaves = Vec::new();
    tree.leaves(&mut leaves);
    let expected: Vec<usize> = (0..order).collect();
    if leaves != expected || tree.has_empty_branch() {
        return Err(DecompError::Mismatch { what: "the leaves of a tree".to_owned(), expected, found: leaves });
    }
    let DimensionTree::Branch(children) = &tree else {
        return Err(DecompError::Order {
            method: "hierarchical Tucker decomposition",
            least: 2,
            shape: tensor.shape().to_vec(),
        });
    };
    let mut state = State { rest: None, budget: options.tolerance.powi(2) * whole, cuts: tree.below(), largest: 0 };
    let nodes = children.iter().enumerate().map(|(axis, child)| node(tensor, child, axis, (&mut state, options)));
    let children = nodes.collect::<Result<Vec<_>, _>>()?;
    let core = match state.rest {
        Some(rest) => rest,
        None => tensor.clone(),
    };
    let projected = norm_squared(core.data());
    let shape: Vec<usize> = core.shape().iter().copied().chain([1]).collect();
    let form = HierarchicalTucker::new(Node::Branch { children, transfer: reshaped(core, &shape)? })?;
    let relative_error = match residual::of_projection::<T>(whole, projected) {
        Some(error) => error,
        None => form.residual(tensor, whole)?,
    };
    let workspace_bytes = (state.largest * size_of::<T>()) as u64;
    let fit =
        Fit { relative_error, history: Vec::new(), iterations: 0, end: End::Direct, warnings: vec![], workspace_bytes };
    Ok((form, fit))
}

/// Makes the node whose modes begin at an axis of what is left, and leaves one axis in their place.
fn node<T: Scalar>(
    tensor: &Tensor<T>,
    tree: &DimensionTree,
    axis: usize,
    (state, options): (&mut State<T>, &TreeOptions),
) -> Result<Node<T>, DecompError> {
    let mut children = Vec::new();
    if let DimensionTree::Branch(parts) = tree {
        for (number, part) in parts.iter().enumerate() {
            children.push(node(tensor, part, axis + number, (&mut *state, options))?);
        }
    }
    let mut parts = Vec::new();
    if !children.is_empty() {
        let rest = state.rest.take().unwrap_or_else(|| tensor.clone());
        let mut shape = rest.shape().to_vec();
        parts = shape.splice(axis..axis + children.len(), [1]).collect();
        shape[axis] = parts.iter().product();
        state.rest = Some(reshaped(rest, &shape)?);
    }
    let now = state.rest.as_ref().unwrap_or(tensor);
    let cut = Cut { most: options.max_rank, budget: Some(state.budget.max(0.0) / state.cuts.max(1) as f64) };
    let seed = options.seed.wrapping_add(state.cuts as u64);
    let found = truncate(now, axis, cut, (options.means, seed))?;
    let held = state.rest.as_ref().map_or(0, |rest| rest.data().len()) + found.rest.data().len();
    state.largest = state.largest.max(held);
    state.budget -= found.dropped;
    state.cuts -= 1;
    let rank = found.factor.shape()[1];
    state.rest = Some(found.rest);
    if children.is_empty() {
        return Ok(Node::Leaf(found.factor));
    }
    parts.push(rank);
    Ok(Node::Branch { children, transfer: reshaped(found.factor, &parts)? })
}
