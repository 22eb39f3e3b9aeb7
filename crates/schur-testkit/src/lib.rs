//! Test oracles that users of the library need too: closeness, finite differences, equivariance.
//!
//! Everything here is made for tests: a check that fails panics with the numbers that a person needs to find the cause.
//! Nothing here depends on another crate, so every crate (and every user's layer) can be tested with it.
//!
//! | question | answer |
//! |---|---|
//! | are these numbers what they should be? | [`assert_close`], [`worst_element`] |
//! | is this the derivative? | [`finite_difference`], [`finite_difference_jacobian`] |
//! | does this map respect rotations and inversion? | [`Equivariance`], [`o3_elements`], [`so3_elements`] |
//! | where do reproducible random inputs come from? | [`Random`], [`rotation`], [`orthogonal`] |
#![forbid(unsafe_code)]

mod closeness;
mod derivative;
mod equivariance;
mod random;
mod rotations;

pub use closeness::{Mismatch, assert_close, ulps_between, worst_element};
pub use derivative::{finite_difference, finite_difference_jacobian};
pub use equivariance::Equivariance;
pub use random::Random;
pub use rotations::{Matrix3, apply, determinant, o3_elements, orthogonal, product, rotation, so3_elements, transpose};
