//! Which ranks, and which network: what to choose before, or while, a form is fitted.
//!
//! ```text
//! spectra  singular values of unfoldings <- core_shape, tree_shape  ranks within a budget of numbers
//! ```

mod core_shape;
mod spectra;
mod tree_shape;

pub use core_shape::{CoreShape, core_shape, pack};
pub use spectra::spectrum_squared;
pub use tree_shape::{Branch, TreeShape, tree_shape};
