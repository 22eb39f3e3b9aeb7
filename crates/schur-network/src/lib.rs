//! Tensor networks with a meaning: graph polynomials, the Ising model, invariants of knots.
//!
//! ```text
//! graph   a multigraph        --contraction--> every permutation-equivariant polynomial of a matrix
//! ising   a square lattice    --truncated-->   free energy, energy, magnetisation
//! knot    a braid, a diagram  --exact-->       the Jones polynomial
//! ```
//!
//! Each room says which network a thing of mathematics or physics is, and has it contracted: by [`schur_einsum`] where
//! the contraction is exact, by repeated truncation where it cannot be, and by a sweep through planar matchings where
//! the network has more structure than its indices show.
#![forbid(unsafe_code)]

mod contract;
pub mod graph;
pub mod ising;
pub mod knot;
