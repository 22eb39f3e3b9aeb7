//! Which ranks, and which network: what to choose before, or while, a form is fitted.
//!
//! ```text
//! core_shape <- tree_shape     ranks within a budget of numbers, from singular values of unfoldings
//! network, cores and bonds
//!   <- greedy                  bonds grow one by one
//!   <- search                  ranks and permutations, by enumeration or by sampling
//! ```

mod core_shape;
mod greedy;
mod network;
mod search;
mod tree_shape;

pub use crate::modes::spectrum_squared;
pub use core_shape::{CoreShape, core_shape, pack};
pub use greedy::{GreedyOptions, Grown, Growth, greedy};
pub use network::Network;
pub use search::{Found, SearchOptions, Topology, sample, tnale};
pub use tree_shape::{Branch, TreeShape, tree_shape};
