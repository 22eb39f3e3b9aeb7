//! How tests ask potentials, and how they compare what these say.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use schur_atoms::Structure;
use schur_potential::{Evaluation, Model, Potential, PotentialOptions, Precision, Request};

/// A pool with some threads.
pub fn pool(threads: usize) -> Arc<rayon::ThreadPool> {
    Arc::new(rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap())
}

/// Options for models with one level of theory.
pub fn plain(precision: Precision, exact_radial: bool) -> PotentialOptions {
    PotentialOptions { precision, exact_radial, modality: None }
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

/// The energy alone, eV.
pub fn energy(potential: &mut (dyn Potential + Send), structure: &Structure) -> f64 {
    let mut out = Evaluation::default();
    potential.evaluate(structure, Request::ENERGY, &mut out).unwrap();
    out.energy
}

/// All numbers of an answer by their bits: `==` would let -0 pass for 0.
pub fn bits(answer: &Evaluation) -> Vec<u64> {
    let forces = answer.forces.as_flattened().iter();
    let virials = answer.virials.as_flattened().as_flattened().iter();
    let all = answer.energies.iter().chain([&answer.energy]).chain(answer.virial.as_flattened());
    all.chain(forces).chain(virials).chain(&answer.magnetic_moments).map(|x| x.to_bits()).collect()
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
