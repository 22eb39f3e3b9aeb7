//! Canonical polyadic decompositions: a tensor as a sum of few rank-one tensors.
//!
//! $$ x_{i_1 \dots i_N} \approx \sum_r \lambda_r\, a^{(1)}_{i_1 r} \cdots a^{(N)}_{i_N r} $$
//!
//! [`als`](als()) is the one to begin with. Every algorithm knows its data only through [`CpTensor`], so it runs on dense
//! tensors ([`Dense`](crate::dense::Dense)) as on any other storage.

mod als;
mod bounded;
mod constrained;
mod correct;
mod course;
mod form;
mod generalised;
mod loss;
mod nonnegative;
mod products;
mod proximal;
mod quasi_newton;
mod randomised;
mod start;
mod sweep;
mod warnings;
mod weighted;

pub use als::{AlsOptions, als, als_from};
pub use bounded::{BoundedOptions, bounded};
pub use constrained::{ConstrainedOptions, constrained};
pub use correct::{CorrectionOptions, correct};
pub use course::Acceleration;
pub use form::Cp;
pub use generalised::{GeneralisedOptions, generalised};
pub use loss::Loss;
pub use nonnegative::{NonnegativeOptions, nonnegative, nonnegative_from};
pub use products::{CpTensor, MttkrpSequence};
pub use proximal::{Constraint, Proximal};
pub use randomised::{RandomisedOptions, randomised};
pub use start::Start;
pub use weighted::{WeightedOptions, weighted};
