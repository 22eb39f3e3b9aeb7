//! Canonical polyadic decompositions: a tensor as a sum of few rank-one tensors.
//!
//! $$ x_{i_1 \dots i_N} \approx \sum_r \lambda_r\, a^{(1)}_{i_1 r} \cdots a^{(N)}_{i_N r} $$
//!
//! [`als`](als()) is the one to begin with. Every algorithm knows its data only through [`CpTensor`], so it runs on dense
//! tensors ([`Dense`](crate::dense::Dense)) as on any other storage.

mod als;
mod course;
mod form;
mod nonnegative;
mod products;
mod start;
mod sweep;
mod warnings;

pub use als::{AlsOptions, als, als_from};
pub use course::Acceleration;
pub use form::Cp;
pub use nonnegative::{NonnegativeOptions, nonnegative, nonnegative_from};
pub use products::{CpTensor, MttkrpSequence};
pub use start::Start;
