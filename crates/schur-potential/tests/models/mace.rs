//! The MACE models and structures of `fixtures/mace`, for tests that go beyond the stored answers.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use schur_io::torch::Checkpoint;
use schur_potential::{Model, PotentialOptions, Precision};

/// Models that differ in everything that has code of its own.
pub const MODELS: [&str; 8] = [
    "vectors",
    "first_residual_vectors",
    "density_throughout",
    "cutoff_on_weights_density_agnesi",
    "zbl_agnesi_two_heads",
    "rotations_only",
    "sent_channels",
    "many_channels_density_agnesi",
];

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/mace")
}

/// The bytes of a model file.
pub fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(format!("{name}.model"))).unwrap()
}

/// A model of the fixtures.
pub fn model(name: &str) -> Model {
    Model::from_mace(&Checkpoint::read(&bytes(name)).unwrap()).unwrap()
}

/// Options for a model, the first head where there are several.
pub fn options(model: &Model, precision: Precision, exact_radial: bool) -> PotentialOptions {
    let modality = model.architecture.modalities().first().cloned();
    PotentialOptions { precision, exact_radial, modality }
}
