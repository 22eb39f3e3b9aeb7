//! Hierarchical Tucker decompositions: a basis for each group of modes of a tree, made from those of its parts.

mod form;
mod truncate;

pub use form::{HierarchicalTucker, Node};
pub use truncate::{DimensionTree, TreeOptions, hierarchical};
