//! A contraction planned once and run many times.
//!
//! ```text
//! Contraction, Order, layouts --lower--> steps --arena--> Plan --run--> numbers
//!                                               +--> Derivative --backward, tangent--> numbers
//! ```
//!
//! A [`Plan`] is a list of steps, each a strided product of two tensors or a sum of one, and a place for every
//! intermediate result in one piece of memory. It knows no semiring: [`Plan::run`] brings it. Operands are read where
//! they lie, whatever the order of their axes, and the last step writes into the result itself.

mod arena;
mod derivative;
mod error;
mod lower;
mod output;
mod plan;

pub use derivative::{Derivative, Tape};
pub use error::ExecuteError;
pub(crate) use plan::check_layouts;
pub use plan::{Plan, Workspace};
