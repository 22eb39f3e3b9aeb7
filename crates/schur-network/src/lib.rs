//! Tensor networks with a meaning: graph polynomials, the Ising model, invariants of knots.
#![forbid(unsafe_code)]
