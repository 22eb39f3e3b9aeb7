//! Forces and virials of TensorNet against finite differences of the energy.
//!
//! What limits central differences with a Richardson step is told in `nequip_gradient.rs`; here the second derivative
//! jumps where pieces of a table meet and at the cut-off.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "models/nequip.rs"]
mod models;
#[path = "models/tensornet.rs"]
mod tensornet;

use models::{SMALL_CELL, build, difference, evaluate, largest, margin, plain, random_structure};
use schur_atoms::{Cell, Structure};
use schur_potential::{Evaluation, Potential, Precision, Request};
use schur_testkit::finite_difference;
use tensornet::{Form, fixture};

/// Finite-difference step: Å for positions, dimensionless for strains.
const STEP: f64 = 1e-4;
/// Where second derivatives jump: ends of table pieces and the cut-off, Å.
const JUMPS: [f64; 3] = [1.5, 3.0, 5.0];
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
    let molecule = random_structure(5, SMALL_CELL, [false; 3], 1.0, 4);
    for form in Form::ALL {
        let model = form.random();
        for exact_radial in [true, false] {
            let mut potential = build(&model, &plain(Precision::F64, exact_radial));
            for (kind, structure) in [("crystal", &crystal), ("molecule", &molecule)] {
                let name = format!("{form:?} {kind}, exact_radial {exact_radial}");
                assert_gradient(&name, potential.as_mut(), structure);
            }
        }
    }
}

#[test]
fn the_published_model() {
    let mut potential = build(&fixture("pbe"), &plain(Precision::F64, false));
    let names = ["gan_wurtzite_rattled", "wire_bn_tilted_fft", "molecule_nh3"];
    for (name, structure) in names.iter().zip(models::structures(&names)) {
        assert_gradient(name, potential.as_mut(), &structure);
    }
}
