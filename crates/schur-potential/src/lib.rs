//! Interatomic potentials built from a map of weights: energy, forces and virial of a structure.
//!
//! Nothing here opens a file: `schur-io` brings the weights, `schur-atoms` the structure. A [`Model`] is data; it makes
//! a [`Potential`], which evaluates structures.
#![forbid(unsafe_code)]

mod architecture;
pub mod check;
mod chgnet;
pub mod dispersion;
mod evaluation;
mod graph;
mod import;
mod layers;
mod limits;
mod mace;
mod model;
mod model_file;
mod nequip;
pub mod pair;
mod sum;
mod tensornet;
mod units;

pub use architecture::Architecture;
pub use chgnet::ChgnetArchitecture;
pub use evaluation::{Evaluation, Potential, PotentialError, Request};
pub use graph::{CutoffFunction, RadialTableError};
pub use import::TorchmdNetOptions;
pub use layers::Activation;
pub use mace::{DistanceTransform, MaceArchitecture, MaceLayer, MaceReadout, MaceSkip, RadialKind};
pub use model::{Card, Model, ModelError, PotentialOptions, Precision};
pub use nequip::NequipArchitecture;
pub use sum::Sum;
pub use tensornet::{MatrixSymmetry, RadialExpansion, TensornetArchitecture, TensornetReadout};
pub use units::{EnergyUnit, LengthUnit, Units, UnitsError};
