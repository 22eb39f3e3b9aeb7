//! Diagrams that stand for equivariant maps between tensor powers: a category with a functor to integer matrices.
//!
//! Every linear map from `V^{k}` to `V^{l}`, `V = R^n`, that commutes with a group acting on `V` is a sum of maps that
//! diagrams stand for. The vertices of a [`Diagram`] are the `l` output and `k` input axes; its blocks join axes whose
//! indices are equal; a head joins some blocks by the sign of their indices' order. Which blocks and heads there are,
//! and what a block of two stands for, is the group's doing:
//!
//! | [`Group`] | diagrams |
//! |---|---|
//! | `Symmetric` | all set partitions |
//! | `Alternating` | those, and jellyfish: a head on `n` or `n - 1` blocks |
//! | `Orthogonal` | perfect matchings |
//! | `SpecialOrthogonal` | those, and a head on `n` free vertices, the rest matched |
//! | `Symplectic` | perfect matchings; a pair within a row is the symplectic form |
//!
//! ```text
//! group <- diagram <- compose, planar, draw, sketch
//!             ^---- count <- basis
//!             ^---- matrix, rank: oracles
//! graph: automorphisms, orbits; bilabelled graphs, their category and matrices
//! ```
//!
//! The automorphisms of a [`Graph`] permute coordinates too. Their maps have the orbits of index tuples for a basis
//! ([`Orbits`]), and the diagrams are [`Bilabelled`] graphs: set partitions are those without edges.
//!
//! Everything here is exact and small; the layers that multiply with diagrams are in a crate of their own.
//!
//! # Source
//! Pearce-Crump: Connecting permutation equivariant neural networks and partition diagrams (2212.08648); Brauer's group
//! equivariant neural networks (2212.08630); How jellyfish characterise alternating group equivariant neural networks
//! (2301.10152); Graph automorphism group equivariant neural networks (2307.07810); Categorification of group equivariant neural networks (2304.14144).
#![forbid(unsafe_code)]

mod basis;
mod compose;
mod count;
mod diagram;
mod draw;
mod error;
mod graph;
mod group;
mod matrix;
mod moebius;
mod partition;
mod planar;
mod rank;
mod sketch;

pub use basis::{basis, spanning_set};
pub use compose::{Combination, compose};
pub use count::{dimension, spanning_count, stirling};
pub use diagram::{Diagram, permutation_sign};
pub use draw::{gallery, graph_gallery, svg};
pub use error::DiagramError;
pub use graph::{Automorphisms, Bilabelled, Graph, HomomorphismBasis, Orbits, homomorphism_basis};
pub use group::Group;
pub use matrix::{MAX_ENTRIES, Matrix, matrix};
pub use moebius::{diagram_to_orbit, orbit_to_diagram};
pub use partition::partitions;
pub use planar::{Planar, factor};
pub use rank::rank;
pub use sketch::sketch;
