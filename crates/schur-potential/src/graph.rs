//! What every potential that passes messages over edges needs, whatever its messages are.
//!
//! Edges of a structure in the order in which kernels want them (`geometry.rs`), harmonics of edges, functions of their
//! length and tables of them (`cutoff.rs`, `radial.rs`, `radial_table.rs`), and the way back: from cotangents of edges to
//! forces and virials (`edge_gradient.rs`), and into the caller's order (`answer.rs`). `potential.rs`
//! makes a potential of what a family adds, `passes.rs` is what its passes over the atoms share.

mod answer;
mod cutoff;
mod edge_gradient;
mod edge_harmonics;
mod geometry;
mod passes;
mod potential;
mod radial;
mod radial_table;
mod row_blocks;
mod species;

pub(crate) use answer::AtomValues;
pub use cutoff::CutoffFunction;
pub(crate) use edge_gradient::EdgeGradient;
pub(crate) use edge_harmonics::EdgeHarmonics;
pub(crate) use geometry::{Geometry, Locate};
pub(crate) use passes::{Passes, block_of};
pub(crate) use potential::{GraphPotential, Network};
pub(crate) use radial::{Bessel, RadialFunctions, RadialNetwork, RadialScratch};
pub use radial_table::RadialTableError;
pub(crate) use radial_table::{MAX_TABLE_NUMBERS, check_size, measure, spline_pieces, tabulate};
pub(crate) use row_blocks::RowBlocks;
pub(crate) use species::SpeciesMap;
