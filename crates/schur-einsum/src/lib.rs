//! Einsum as a language: parsed, rewritten, ordered and run over any semiring.
//!
//! ```text
//! text, shapes --language--> Contraction --order--> Order --execute--> Plan --run--> numbers
//! ```
//!
//! A [`Contraction`] says which axes of the operands are the same index and which indices the result keeps; it knows
//! neither text nor numbers. An [`Order`] says which pairs to contract first, and which indices to loop over outside
//! so that everything fits into memory. [`einsum`] does it all in one call, [`Einsum`] plans once to run many times.
#![forbid(unsafe_code)]

mod contraction;
mod einsum;
pub mod execute;
pub mod guide;
pub mod language;
pub mod order;
pub mod reference;

pub use contraction::{Contraction, ContractionError};
pub use einsum::{Einsum, EinsumError, EinsumStep, EinsumWorkspace, einsum};
pub use order::{Cost, Order, OrderError};
