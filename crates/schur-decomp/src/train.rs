//! Tensor trains: a chain of three-way cores, one a mode.
//!
//! ```text
//! form <- arithmetic       what can be computed without the tensor
//!   <- sweep <- svd        from data, by singular values or sketches
//!   <- round               from a train to a shorter one
//!   <- cross (volume)      from a function, by few of its values
//! ```

mod arithmetic;
mod cross;
mod form;
mod round;
mod svd;
mod sweep;
mod volume;

pub use cross::{CrossOptions, cross};
pub use form::TensorTrain;
pub use svd::{TrainOptions, tt_svd};
pub(crate) use sweep::{Ledger, sweep};
