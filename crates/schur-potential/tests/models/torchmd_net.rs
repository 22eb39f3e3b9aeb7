//! The checkpoints that torchmd-net has saved.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use schur_io::torch::Checkpoint;
use schur_potential::{Model, ModelError, TorchmdNetOptions, Units};
use serde_json::Value;

/// The folder of checkpoints and reference values.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/tensornet/torchmd-net")
}

/// What torchmd-net returns, by model.
pub fn references() -> Value {
    let references = std::fs::read_to_string(folder().join("torchmd_net.json")).unwrap();
    serde_json::from_str::<Value>(&references).unwrap()["models"].take()
}

/// The bytes of a checkpoint.
pub fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(format!("{name}.ckpt"))).unwrap()
}

/// A checkpoint in units of its own.
pub fn read(bytes: &[u8], units: Option<Units>) -> Result<Model, ModelError> {
    Model::from_torchmd_net(&Checkpoint::read(bytes).unwrap(), &TorchmdNetOptions { units, charge: 0.0 })
}

/// One of the fixtures, in the units that its reference values are made with.
pub fn converted(name: &str) -> Model {
    let units = references()[name]["units"].as_str().unwrap().parse().unwrap();
    read(&bytes(name), Some(units)).unwrap()
}
