//! Atoms in space: cells, structures, neighbour lists and the files that hold them.
//!
//! Units are ångström and electronvolt; see [`Structure`] for each field. Nothing here knows of models or of
//! running a simulation.
#![forbid(unsafe_code)]

mod cell;
mod elements;
pub mod files;
mod masses;
pub mod neighbours;
mod structure;
mod value;

pub use cell::{Cell, CellError};
pub use elements::{ParseElementError, atomic_number, mass, symbol};
pub use masses::masses;
pub use structure::{Structure, StructureError};
pub use value::{Array, Value};
