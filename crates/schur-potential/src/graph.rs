//! What every potential that passes messages over edges needs, whatever its messages are.
//!
//! Edges of a structure in the order in which kernels want them (`geometry.rs`), harmonics of edges, functions of their
//! length and tables of them (`cutoff.rs`, `radial.rs`, `radial_table.rs`), and the way back: from cotangents of edges to
//! forces and virials (`edge_gradient.rs`), and into the caller's order (`answer.rs`).

mod answer;
mod cutoff;
mod edge_gradient;
mod edge_harmonics;
mod geometry;
mod radial;
mod radial_table;
mod row_blocks;
mod species;

pub(crate) use answer::AtomValues;
pub use cutoff::CutoffFunction;
pub(crate) use edge_gradient::EdgeGradient;
pub(crate) use edge_harmonics::EdgeHarmonics;
pub(crate) use geometry::{Geometry, Locate};
pub(crate) use radial::{Bessel, RadialFunctions, RadialNetwork, RadialScratch};
pub use radial_table::RadialTableError;
pub(crate) use radial_table::{MAX_TABLE_NUMBERS, check_size, measure, spline_pieces, tabulate};
pub(crate) use row_blocks::RowBlocks;
pub(crate) use species::SpeciesMap;

/// Atoms in a block: at most `most`, and such that every thread gets as many blocks as the others.
pub(crate) fn block_of(atoms: usize, most: usize, threads: usize) -> usize {
    let rounds = atoms.div_ceil(most * threads).max(1);
    atoms.div_ceil(rounds * threads).max(1)
}

/// Works with the memory of the calling thread, one of `scratch` for each thread of the pool.
pub(crate) fn with_scratch<X, R>(scratch: &[std::sync::Mutex<X>], work: impl FnOnce(&mut X) -> R) -> R {
    let index = rayon::current_thread_index().unwrap_or(0);
    match scratch[index].lock() {
        Ok(mut scratch) => work(&mut scratch),
        // Scratch holds nothing between uses, so what a panic left there does not matter.
        Err(poisoned) => work(&mut poisoned.into_inner()),
    }
}
