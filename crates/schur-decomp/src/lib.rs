//! A tensor as a few small factors: decompositions of multiway data, and what they say of it.
//!
//! ```text
//! error, fit, random, matrix             what every room uses
//!   <- skinny, broad, gram               products with few columns, and of something long with itself
//!   <- sparse                            a sparse tensor, and its products with factors
//!   <- dense                             how a dense tensor meets factors: few readings, no copy
//!   <- factors of one form (cp, ...)     a form, and the algorithms that fit it
//!      einsum_model                      any form that an einsum writes down
//!        <- block_term, parafac2         two of them with names
//!      symmetric, tubal                  sums of powers; matrices of tubes
//!   <- completion, relational            models of tensors with gaps, and of relations
//!   <- modes, residual                   products along modes, true errors by blocks
//!   <- tucker, train <- ring, tree       a core and a factor a mode; chains, rings and trees of cores
//!   <- structure <- suggest              which ranks, and which network; a report
//! ```
//!
//! Every function that fits returns the form it fitted and a [`Fit`]: the true relative error, its history, and
//! warnings. Nothing here reads a file or a clock; randomness comes from a seed, and the same seed gives the same bits
//! for any number of threads.
#![forbid(unsafe_code)]

pub mod block_term;
mod broad;
mod check;
pub mod completion;
pub mod cp;
pub mod dense;
pub mod einsum_model;
mod error;
pub mod fit;
mod gram;
pub mod matrix;
pub mod modes;
pub mod parafac2;
pub mod random;
pub mod relational;
mod residual;
pub mod ring;
mod skinny;
pub mod sparse;
pub mod structure;
pub mod suggest;
pub mod symmetric;
pub mod train;
pub mod tree;
pub mod tubal;
pub mod tucker;

pub use error::DecompError;
pub use fit::Fit;
pub use schur_tensor::semiring::Scalar;
