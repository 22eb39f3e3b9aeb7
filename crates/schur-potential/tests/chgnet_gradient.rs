//! Forces and virials of CHGNet against finite differences of the energy.
//!
//! What limits central differences with a Richardson step is told in `nequip_gradient.rs`; here the third derivative
//! jumps at both cut-offs.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "models/chgnet.rs"]
mod chgnet;
#[path = "models/nequip.rs"]
mod models;

use chgnet::random_chgnet;
use models::{SMALL_CELL, build, difference, evaluate, largest, margin, plain, random_structure};
use schur_atoms::{Cell, Structure};
use schur_potential::{Evaluation, Potential, Precision, Request};
use schur_testkit::finite_difference;

/// Finite-difference step: Å for positions, dimensionless for strains.
const STEP: f64 = 1e-4;
/// Where edges begin: the cut-offs of the random models, Å.
const JUMPS: [f64; 2] = [2.5, 4.0];
/// Largest error of a force, eV/Å.
const FORCE: f64 = 1e-6;
/// Largest error of a component of the virial, eV.
const VIRIAL: f64 = 1e-5;
const IDENTITY: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

fn energy(potential: &mut (dyn Potential + Send), structure: &Structure) -> f64 {
    let mut out = Evaluation::default();
    potential.evaluate(structure, Request::ENERGY, &mut out).unwrap();
    out.energy
}

/// The structure with positions and cell deformed by a strain of nine free components.
fn strained(structure: &Structure, strain: &[f64]) -> Structure {
    let matrix = std::array::from_fn(|i| std::array::from_fn(|j| IDENTITY[i][j] + strain[3 * i + j]));
    let mut structure = structure.clone();
    structure.cell = structure.cell.deformed(&matrix);
    structure.positions.iter_mut().for_each(|x| *x = Cell::new(matrix).to_cartesian(*x));
    structure
}

fn assert_gradient(name: &str, potential: &mut (dyn Potential + Send), structure: &Structure) {
    assert!(margin(structure, &JUMPS) > 10.0 * STEP, "{name}: a pair lies at a jump, choose another structure");
    let found = evaluate(potential, structure);
    assert!(largest(found.forces.as_flattened()) > 0.05, "{name}: no forces to speak of");
    let of_positions = |x: &[f64]| {
        let mut moved = structure.clone();
        moved.positions.as_flattened_mut().copy_from_slice(x);
        energy(potential, &moved)
    };
    let slopes = finite_difference(of_positions, structure.positions.as_flattened(), STEP);
    let forces: Vec<f64> = slopes.iter().map(|x| -x).collect();
    let error = difference(found.forces.as_flattened(), &forces);
    assert!(error < FORCE, "{name}: forces off by {error:.2e} eV/Å of {:.2e}", largest(&forces));

    let slopes = finite_difference(|strain| energy(potential, &strained(structure, strain)), &[0.0; 9], STEP);
    let virial: Vec<f64> = slopes.iter().map(|x| -x).collect();
    let error = difference(found.virial.as_flattened(), &virial);
    assert!(error < VIRIAL, "{name}: virial off by {error:.2e} eV of {:.2e}", largest(&virial));
    let mut total = [[0.0; 3]; 3];
    for virial in &found.virials {
        total.as_flattened_mut().iter_mut().zip(virial.as_flattened()).for_each(|(t, v)| *t += v);
    }
    let error = difference(total.as_flattened(), found.virial.as_flattened());
    assert!(error < 1e-10, "{name}: virials of atoms miss the total by {error:.2e} eV");
}

#[test]
fn random_models() {
    let crystal = random_structure(4, SMALL_CELL, [true; 3], 1.2, 1);
    let molecule = random_structure(6, SMALL_CELL, [false; 3], 1.0, 4);
    for normalized in [false, true] {
        let mut potential = build(&random_chgnet(normalized), &plain(Precision::F64, false));
        for (kind, structure) in [("crystal", &crystal), ("molecule", &molecule)] {
            assert_gradient(&format!("{kind}, normalized {normalized}"), potential.as_mut(), structure);
        }
    }
}
