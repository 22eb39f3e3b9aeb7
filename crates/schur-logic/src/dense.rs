//! Dense tensors: equations as graphs of a few operations, their values and their derivatives.
//!
//! The operations are a closed set: contractions, point-wise functions, functions along an axis, aligned sums, largest
//! and smallest elements, and gathers and scatters along the rows of a relation. Each has a reverse pass made of
//! operations of the same set.

pub(crate) mod along;
pub(crate) mod compile;
pub(crate) mod einsum;
pub(crate) mod forward;
pub(crate) mod graph;
pub(crate) mod pointwise;
pub(crate) mod reverse;
