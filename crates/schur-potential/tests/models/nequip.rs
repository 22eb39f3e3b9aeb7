//! The models that the tests of NequIP evaluate: published checkpoints, and small ones of random weights.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "a test that cannot run says so")]

use std::collections::BTreeMap;
use std::path::Path;

use schur_io::torch::Checkpoint;
use schur_io::{Data, Tensor};
use schur_potential::{Architecture, CutoffFunction, Model, NequipArchitecture, PotentialOptions, Precision};
use schur_testkit::Random;

/// A published model, or `None` after saying that it is not here.
pub fn published(name: &str) -> Option<Model> {
    let Some(folder) = std::env::var_os("SCHUR_TEST_MODELS") else {
        println!("skipped: {name}: SCHUR_TEST_MODELS names no folder of checkpoints");
        return None;
    };
    let bytes = std::fs::read(Path::new(&folder).join(format!("{name}.pth"))).unwrap();
    Some(Model::from_sevennet(&Checkpoint::read(&bytes).unwrap()).unwrap())
}

/// Architectures that differ in everything that has code of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// Harmonics of the direction up to degree 3, XPLOR, one level of theory.
    Directions,
    /// Solid harmonics up to degree 3, the polynomial, two levels of theory.
    SolidTwoModalities,
    /// Degrees left out: messages that no feature takes up.
    Gaps,
    /// A feature that no message reaches, so that it is always zero; a radial network of a single layer.
    Unreached,
}

impl Variant {
    pub const ALL: [Self; 4] = [Self::Directions, Self::SolidTwoModalities, Self::Gaps, Self::Unreached];

    /// Options for this variant.
    pub fn options(self, precision: Precision, exact_radial: bool) -> PotentialOptions {
        let modality = (self == Self::SolidTwoModalities).then(|| "fine".to_owned());
        PotentialOptions { precision, exact_radial, modality }
    }

    fn architecture(self) -> NequipArchitecture {
        let features: &[&[[usize; 2]]] = match self {
            Self::Directions => {
                &[&[[0, 32]], &[[0, 32], [1, 16], [2, 16]], &[[0, 16], [1, 16], [2, 16], [3, 16]], &[[0, 16]]]
            }
            Self::SolidTwoModalities => &[&[[0, 16]], &[[0, 16], [1, 32], [2, 16], [3, 16]], &[[0, 32]]],
            Self::Gaps => &[&[[0, 16]], &[[0, 16], [2, 16]], &[[0, 16], [1, 16], [3, 16]], &[[0, 16]]],
            Self::Unreached => &[&[[0, 16]], &[[0, 16], [2, 16]], &[[0, 16], [1, 16]], &[[0, 16]]],
        };
        let xplor = CutoffFunction::Xplor { onset: 4.5 };
        let (max_harmonic, cutoff_function) = match self {
            Self::Directions => (3, xplor),
            Self::SolidTwoModalities => (3, CutoffFunction::Polynomial { power: 6 }),
            Self::Gaps => (2, xplor),
            Self::Unreached => (1, CutoffFunction::Polynomial { power: 2 }),
        };
        let two = self == Self::SolidTwoModalities;
        NequipArchitecture {
            // Not ascending, as in no published model, so that position and atomic number cannot be confused.
            species: vec![14, 1, 29, 8],
            cutoff: 5.0,
            cutoff_function,
            radial_functions: 8,
            radial_hidden: match self {
                Self::Gaps => vec![20],
                Self::Unreached => Vec::new(),
                _ => vec![24, 17],
            },
            max_harmonic,
            normalized_harmonics: !two,
            features: features.iter().map(|blocks| blocks.to_vec()).collect(),
            readout_hidden: 8,
            activation_scale: 1.679,
            modalities: if two { vec!["coarse".to_owned(), "fine".to_owned()] } else { Vec::new() },
        }
    }

    /// A model of random weights; its answers are of the size of real ones.
    pub fn model(self) -> Model {
        random_model(self.architecture(), 7 + self as u64)
    }
}

/// Draws the weights of an architecture.
pub fn random_model(architecture: NequipArchitecture, seed: u64) -> Model {
    let mut weights = BTreeMap::new();
    let mut random = Random::new(seed);
    let mut draw = |name: String, shape: &[usize], mean: f64, spread: f64| {
        let numbers = random.normals(shape.iter().product()).iter().map(|x| mean + spread * x).collect();
        weights.insert(name, Tensor::new(shape.to_vec(), Data::F64(numbers)).unwrap());
    };
    let (species, modalities) = (architecture.species.len(), architecture.modalities.len());
    let mut linear = |name: &str, inputs: &[[usize; 2]], outputs: &[[usize; 2]], modalities: usize| {
        for &[degree, channels] in inputs {
            let Some(output) = outputs.iter().find(|block| block[0] == degree) else { continue };
            draw(format!("{name}.{degree}"), &[channels, output[1]], 0.0, 1.0);
            if degree == 0 && modalities > 0 {
                draw(format!("{name}.modality"), &[modalities, output[1]], 0.0, 1.0);
            }
        }
    };
    for t in 0..architecture.layers() {
        let blocks = |layout: &[schur_product::Block]| -> Vec<[usize; 2]> {
            layout.iter().map(|block| [block.degree, block.channels]).collect()
        };
        let features = blocks(architecture.layout(t).blocks());
        let gate = blocks(architecture.gate_layout(t).blocks());
        let messages = blocks(architecture.convolution(t).unwrap().output.blocks());
        linear(&format!("layers.{t}.self_connection"), &features, &gate, 0);
        linear(&format!("layers.{t}.linear_in"), &features, &features, modalities);
        linear(&format!("layers.{t}.linear_out"), &messages, &gate, modalities);
    }
    for t in 0..architecture.layers() {
        draw(format!("layers.{t}.denominator"), &[1], 1.5, 0.1);
        let mut widths = vec![architecture.radial_functions];
        widths.extend(&architecture.radial_hidden);
        widths.push(architecture.convolution(t).unwrap().weights());
        for (index, pair) in widths.windows(2).enumerate() {
            draw(format!("layers.{t}.radial.{index}"), pair, 0.0, 1.0);
        }
    }
    let (first, last) = (architecture.features[0][0][1], architecture.features[architecture.layers()][0][1]);
    draw("species.embedding".to_owned(), &[species, first], 0.0, 1.0);
    draw("readout.hidden".to_owned(), &[last, architecture.readout_hidden], 0.0, 1.0);
    if modalities > 0 {
        draw("readout.hidden.modality".to_owned(), &[modalities, architecture.readout_hidden], 0.0, 1.0);
    }
    draw("readout.energy".to_owned(), &[architecture.readout_hidden, 1], 0.0, 1.0);
    draw("scale".to_owned(), &[species], 5.0, 0.3);
    draw("shift".to_owned(), &[modalities.max(1), species], -3.0, 1.0);
    let n = architecture.radial_functions;
    let frequencies = (1..=n).map(|k| k as f64 * std::f64::consts::PI / architecture.cutoff + 0.01).collect();
    weights.insert("radial.frequencies".to_owned(), Tensor::new(vec![n], Data::F64(frequencies)).unwrap());
    let metadata = BTreeMap::from([("source".to_owned(), "drawn at random".to_owned())]);
    Model { architecture: Architecture::Nequip(architecture), weights, metadata }
}
