//! Canonical polyadic decompositions: a tensor as a sum of few rank-one tensors.
//!
//! $$ x_{i_1 \dots i_N} \approx \sum_r \lambda_r\, a^{(1)}_{i_1 r} \cdots a^{(N)}_{i_N r} $$

mod form;
mod products;

pub use form::Cp;
pub use products::{CpTensor, MttkrpSequence};
