//! Tensor rings: tensor trains whose ends are joined.

mod fit;
mod form;
mod svd;

pub use fit::{RingOptions, tr_als};
pub use form::TensorRing;
pub use svd::{RingSvdOptions, tr_svd};
