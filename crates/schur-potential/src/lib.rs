//! Interatomic potentials built from a map of weights: energy, forces and virial of a structure.
//!
//! Nothing here opens a file: `schur-io` brings the weights, `schur-atoms` the structure.
#![forbid(unsafe_code)]

mod evaluation;
pub mod pair;

pub use evaluation::{Evaluation, Potential, PotentialError, Request};
