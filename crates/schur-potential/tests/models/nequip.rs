//! The models that the tests of NequIP evaluate: published checkpoints, and small ones of random weights.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "a test that cannot run says so")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use schur_atoms::neighbours::{NeighborList, distance};
use schur_atoms::{Cell, Structure, Value, files};
use schur_io::torch::Checkpoint;
use schur_io::{Data, Tensor};
use schur_potential::{
    Architecture, CutoffFunction, Evaluation, Model, NequipArchitecture, Potential, PotentialOptions,
};
use schur_potential::{Precision, Request};
use schur_testkit::Random;

/// The folder of reference values that sevenn made.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/sevennet")
}

/// A published model, or `None` after saying that it is not here.
pub fn published(name: &str) -> Option<Model> {
    let Some(folder) = std::env::var_os("SCHUR_TEST_MODELS") else {
        println!("skipped: {name}: SCHUR_TEST_MODELS names no folder of checkpoints");
        return None;
    };
    let bytes = std::fs::read(Path::new(&folder).join(format!("{name}.pth"))).unwrap();
    Some(Model::from_sevennet(&Checkpoint::read(&bytes).unwrap()).unwrap())
}

/// The name that a fixture structure carries.
pub fn name_of(structure: &Structure) -> &str {
    let Some(Value::Text(name)) = structure.info.get("name") else { panic!("a structure without a name") };
    name
}

/// The fixture structures whose names are given, in that order.
pub fn structures(names: &[&str]) -> Vec<Structure> {
    let all = files::read_path(fixtures().join("structures.extxyz")).unwrap();
    names.iter().map(|name| all.iter().find(|s| name_of(s) == *name).unwrap().clone()).collect()
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

/// Atoms at random of the species that the random models know, no two closer than `apart` Å, images included.
pub fn random_structure(atoms: usize, cell: Cell, pbc: [bool; 3], apart: f64, seed: u64) -> Structure {
    let mut random = Random::new(seed);
    let numbers = (0..atoms).map(|_| [14, 1, 29, 8][random.below(4)]).collect();
    let mut structure = Structure::new(numbers, Vec::new(), cell, pbc);
    while structure.positions.len() < atoms {
        let numbers = structure.numbers.clone();
        let tried = cell.to_cartesian([random.uniform(), random.uniform(), random.uniform()]);
        structure.positions.push(tried);
        structure.numbers.truncate(structure.positions.len());
        if !NeighborList::build(&structure, apart).unwrap().is_empty() {
            structure.positions.pop();
        }
        structure.numbers = numbers;
    }
    structure
}

/// A triclinic cell smaller than the cut-off along each vector.
pub const SMALL_CELL: Cell = Cell::new([[4.4, 0.1, 0.0], [0.7, 4.1, -0.3], [-0.4, 0.9, 4.8]]);

/// The smallest distance in Å of a pair's length from any of `radii`.
pub fn margin(structure: &Structure, radii: &[f64]) -> f64 {
    let list = NeighborList::build(structure, 6.0).unwrap();
    let rows = (0..structure.len()).flat_map(|i| list.row(i).map(move |pair| (i, pair)));
    let lengths = rows.map(|(i, pair)| distance(list.vector(&structure.positions, &structure.cell, i, pair)));
    lengths.flat_map(|r| radii.iter().map(move |x| (r - x).abs())).fold(f64::INFINITY, f64::min)
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

/// Options for models with one level of theory.
pub fn plain(precision: Precision, exact_radial: bool) -> PotentialOptions {
    PotentialOptions { precision, exact_radial, modality: None }
}

/// The largest magnitude in an array, zero if it is empty.
pub fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most, x| most.max(x.abs()))
}

/// The largest difference of two arrays of one length.
pub fn difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| if a == b { 0.0 } else { (a - b).abs() }).fold(0.0, nan_or_larger)
}

/// The larger number; not a number as soon as one of them is.
fn nan_or_larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }
}
