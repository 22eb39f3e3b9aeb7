//! The TensorNet models that tests evaluate: what matgl has saved, and small ones of random weights.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schur_io::torch::Checkpoint;
use schur_io::{Data, Tensor};
use schur_potential::{
    Activation, Architecture, MatrixSymmetry, Model, RadialExpansion, TensornetArchitecture, TensornetReadout,
};
use schur_testkit::Random;

/// The folder of weights and reference values.
pub fn tensornet_fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/tensornet")
}

/// A model that matgl has saved in a folder.
pub fn saved(folder: &Path) -> Model {
    let settings = std::fs::read_to_string(folder.join("model.json")).unwrap();
    let state = std::fs::read(folder.join("state.pt")).unwrap();
    Model::from_matgl(&settings, &Checkpoint::read(&state).unwrap()).unwrap()
}

/// One of the fixtures: `pbe` or `so3`.
pub fn fixture(name: &str) -> Model {
    saved(&tensornet_fixtures().join(name))
}

/// Architectures that differ in everything that has code of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The published one, with mirror images: two layers, Bessel functions.
    Mirrors,
    /// Without: three layers, Gaussians, a readout of a single layer.
    Rotations,
}

impl Form {
    pub const ALL: [Self; 2] = [Self::Mirrors, Self::Rotations];

    pub fn architecture(self) -> TensornetArchitecture {
        let mirrors = self == Self::Mirrors;
        TensornetArchitecture {
            // Not ascending, so that position and atomic number cannot be confused.
            species: vec![14, 1, 29, 8],
            cutoff: 5.0,
            radial: if mirrors {
                RadialExpansion::SmoothBessel { count: 3 }
            } else {
                RadialExpansion::Gaussian { count: 5, width: 0.5 }
            },
            channels: if mirrors { 32 } else { 16 },
            layers: if mirrors { 2 } else { 3 },
            symmetry: if mirrors { MatrixSymmetry::O3 } else { MatrixSymmetry::So3 },
            readout_hidden: if mirrors { vec![24, 16] } else { Vec::new() },
            inner_cutoff: 0.0,
            activation: Activation::Silu,
            self_edges: false,
            readout: TensornetReadout::Gated,
            mean_of_atoms: false,
            charge: 0.0,
            priors: Vec::new(),
        }
    }

    /// A model of random weights; its answers are of the size of real ones.
    pub fn random(self) -> Model {
        random_tensornet(self.architecture(), 11 + self as u64)
    }
}

/// Draws the weights of an architecture.
pub fn random_tensornet(it: TensornetArchitecture, seed: u64) -> Model {
    let mut weights = BTreeMap::new();
    let mut random = Random::new(seed);
    let (n, species, functions) = (it.channels, it.species.len(), it.radial.count());
    let mut draw = |name: String, shape: &[usize], mean: f64, spread: f64| {
        let numbers = random.normals(shape.iter().product()).iter().map(|x| mean + spread * x).collect();
        weights.insert(name, Tensor::new(shape.to_vec(), Data::F64(numbers)).unwrap());
    };
    let mut dense = |name: &str, inputs: usize, outputs: usize, bias: bool| {
        draw(name.to_owned(), &[inputs, outputs], 0.0, (inputs as f64).sqrt().recip());
        if bias {
            draw(format!("{name}.bias"), &[outputs], 0.0, 0.3);
        }
    };
    dense("embedding.pair", 2 * n, n, true);
    for k in 0..3 {
        dense(&format!("embedding.radial.{k}"), functions, n, true);
        dense(&format!("embedding.mix.{k}"), n, n, false);
    }
    dense("embedding.gate.0", n, 2 * n, true);
    dense("embedding.gate.1", 2 * n, 3 * n, true);
    for t in 0..it.layers {
        for (index, pair) in [functions, n, 2 * n, 3 * n].windows(2).enumerate() {
            dense(&format!("layers.{t}.radial.{index}"), pair[0], pair[1], true);
        }
        for k in 0..3 {
            dense(&format!("layers.{t}.mix_in.{k}"), n, n, false);
            dense(&format!("layers.{t}.mix_out.{k}"), n, n, false);
        }
    }
    dense("readout.linear", 3 * n, n, true);
    let widths: Vec<usize> = [n].into_iter().chain(it.readout_hidden.iter().copied()).chain([1]).collect();
    for name in ["value", "gate"] {
        for (index, pair) in widths.windows(2).enumerate() {
            dense(&format!("readout.{name}.{index}"), pair[0], pair[1], true);
        }
    }
    draw("embedding.species".to_owned(), &[species, n], 0.0, 1.0);
    for (name, width) in [("embedding.norm", n), ("readout.norm", 3 * n)] {
        draw(name.to_owned(), &[width], 1.0, 0.2);
        draw(format!("{name}.bias"), &[width], 0.0, 0.2);
    }
    draw("scale".to_owned(), &[1], 4.0, 0.3);
    draw("mean".to_owned(), &[1], 0.5, 0.1);
    draw("shift".to_owned(), &[species], -3.0, 1.0);
    if let RadialExpansion::Gaussian { count, .. } = it.radial {
        let centers = (0..count).map(|k| 6.0 * k as f64 / (count - 1) as f64).collect();
        weights.insert("radial.centers".to_owned(), Tensor::new(vec![count], Data::F64(centers)).unwrap());
    }
    let metadata = BTreeMap::from([("source".to_owned(), "drawn at random".to_owned())]);
    Model { architecture: Architecture::Tensornet(it), weights, metadata }
}
