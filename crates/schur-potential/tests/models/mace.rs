//! The MACE models and structures of `fixtures/mace`, for tests that go beyond the stored answers.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use schur_atoms::neighbours::NeighborList;
use schur_atoms::{Cell, Structure};
use schur_io::torch::Checkpoint;
use schur_potential::{Evaluation, Model, Potential, PotentialOptions, Precision, Request};
use schur_testkit::Random;

/// Models that differ in everything that has code of its own.
pub const MODELS: [&str; 7] = [
    "vectors",
    "first_residual_vectors",
    "density_throughout",
    "cutoff_on_weights_density_agnesi",
    "zbl_agnesi_two_heads",
    "rotations_only",
    "sent_channels",
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

/// A triclinic cell smaller than the cut-off.
pub const SMALL_CELL: Cell = Cell::new([[4.1, 0.1, 0.0], [0.7, 4.0, -0.3], [-0.4, 0.9, 4.3]]);

/// A cube, Å.
pub fn cube(side: f64) -> Cell {
    Cell::new([[side, 0.0, 0.0], [0.0, side, 0.0], [0.0, 0.0, side]])
}

/// Atoms at random of the elements that the models know, no two closer than `apart` Å, images included.
pub fn random_structure(atoms: usize, cell: Cell, apart: f64, seed: u64) -> Structure {
    let mut random = Random::new(seed);
    let numbers: Vec<u8> = (0..atoms).map(|_| [14, 1, 8][random.below(3)]).collect();
    let mut structure = Structure::new(Vec::new(), Vec::new(), cell, [true; 3]);
    while structure.positions.len() < atoms {
        let tried = cell.to_cartesian([random.uniform(), random.uniform(), random.uniform()]);
        structure.positions.push(tried);
        structure.numbers = numbers[..structure.positions.len()].to_vec();
        if !NeighborList::build(&structure, apart).unwrap().is_empty() {
            structure.positions.pop();
        }
    }
    structure.numbers = numbers;
    structure
}

/// A pool with some threads.
pub fn pool(threads: usize) -> Arc<rayon::ThreadPool> {
    Arc::new(rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap())
}

/// The potential on one thread.
pub fn build(model: &Model, options: &PotentialOptions) -> Box<dyn Potential + Send> {
    model.potential(options, pool(1)).unwrap()
}

/// Everything the potential says of a structure.
pub fn evaluate(potential: &mut (dyn Potential + Send), structure: &Structure) -> Evaluation {
    let mut out = Evaluation::default();
    potential.evaluate(structure, Request::ALL, &mut out).unwrap();
    out
}

/// The largest difference of two arrays of one length.
pub fn difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let larger = |most: f64, x: f64| if most.is_nan() || x.is_nan() { f64::NAN } else { most.max(x) };
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, larger)
}
