//! Forces, virials and their identities against finite differences of the energy.
//!
//! Central differences with one Richardson step have an error of the fourth order in the step, save where a distance
//! crosses a node of a spline: its third derivative jumps there by the fourth derivative times the spacing, and the
//! error is of second order. Where pieces of a table meet, and at both ends of XPLOR, the second derivative jumps, and
//! the error is of first order: no pair of these structures lies that close.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "models/nequip.rs"]
mod models;

use models::{SMALL_CELL, Variant, build, difference, evaluate, largest, margin, plain, published, random_structure};
use schur_atoms::{Cell, Structure};
use schur_potential::{Evaluation, Potential, Precision, Request};
use schur_testkit::finite_difference;

/// Finite-difference step: Å for positions, dimensionless for strains.
const STEP: f64 = 1e-4;
/// Where second derivatives jump: ends of table pieces, of XPLOR and of the cut-off, Å.
const JUMPS: [f64; 4] = [1.5, 3.0, 4.5, 5.0];
/// Largest error of a force, eV/Å.
const FORCE: f64 = 1e-6;
/// Largest error of a component of stress, eV/Å^3.
const STRESS: f64 = 1e-8;
const IDENTITY: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
const VOIGT: [(usize, usize); 6] = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)];

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
    // A strain moves a pair by its length times the step.
    assert!(margin(structure, &JUMPS) > 10.0 * STEP, "{name}: a pair lies at a jump, choose another structure");
    let found = evaluate(potential, structure);
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
    let volume = if structure.cell.is_zero() { 10.0 * structure.len() as f64 } else { structure.cell.volume() };
    let error = difference(found.virial.as_flattened(), &virial) / volume;
    assert!(error < STRESS, "{name}: stress off by {error:.2e} eV/Å^3 of {:.2e}", largest(&virial) / volume);
    if let Some(stress) = found.stress(structure) {
        let expected = VOIGT.map(|(i, j)| slopes[3 * i + j] / volume);
        let error = difference(&stress, &expected);
        assert!(error < STRESS, "{name}: the order or sign of stress is wrong by {error:.2e} eV/Å^3");
    }
}

/// What holds for any energy that does not change when everything is moved or turned.
fn assert_identities(name: &str, structure: &Structure, found: &Evaluation) {
    let scale = largest(found.forces.as_flattened()).max(1.0);
    let mut torque = [0.0; 3];
    for axis in 0..3 {
        let sum: f64 = found.forces.iter().map(|f| f[axis]).sum();
        assert!(sum.abs() < 1e-8 * scale, "{name}: forces sum to {sum:.2e} along axis {axis}");
        let (b, c) = ((axis + 1) % 3, (axis + 2) % 3);
        for (x, f) in structure.positions.iter().zip(&found.forces) {
            torque[axis] += x[b] * f[c] - x[c] * f[b];
        }
        let skew = found.virial[b][c] - found.virial[c][b];
        assert!(skew.abs() < 1e-10 * scale, "{name}: the virial is not symmetric, by {skew:.2e} eV");
    }
    if structure.pbc == [false; 3] {
        assert!(largest(&torque) < 1e-8 * scale, "{name}: a torque of {torque:?} eV");
    }
    let mut total = [[0.0; 3]; 3];
    for virial in &found.virials {
        total.as_flattened_mut().iter_mut().zip(virial.as_flattened()).for_each(|(t, v)| *t += v);
    }
    let error = difference(total.as_flattened(), found.virial.as_flattened());
    assert!(error < 1e-10 * scale, "{name}: virials of atoms miss the total by {error:.2e} eV");
    let error = (found.energies.iter().sum::<f64>() - found.energy).abs();
    assert!(error < 1e-10, "{name}: energies of atoms miss the total by {error:.2e} eV");
}

fn assert_variant(variant: Variant) {
    let model = variant.model();
    let crystal = random_structure(4, SMALL_CELL, [true; 3], 1.2, 1);
    let molecule = random_structure(5, SMALL_CELL, [false; 3], 1.0, 4);
    for exact_radial in [true, false] {
        let mut potential = build(&model, &variant.options(Precision::F64, exact_radial));
        for (kind, structure) in [("crystal", &crystal), ("molecule", &molecule)] {
            let name = format!("{variant:?} {kind}, exact_radial {exact_radial}");
            assert_gradient(&name, potential.as_mut(), structure);
            let found = evaluate(potential.as_mut(), structure);
            assert!(largest(found.forces.as_flattened()) > 0.1, "{name}: no forces to speak of");
            assert_identities(&name, structure, &found);
        }
    }
}

#[test]
fn harmonics_of_directions_and_xplor() {
    assert_variant(Variant::Directions);
}

#[test]
fn solid_harmonics_the_polynomial_and_two_modalities() {
    assert_variant(Variant::SolidTwoModalities);
}

#[test]
fn degrees_that_are_left_out() {
    assert_variant(Variant::Gaps);
}

#[test]
fn a_feature_that_no_message_reaches() {
    assert_variant(Variant::Unreached);
}

#[test]
fn sevennet_0() {
    let Some(model) = published("sevennet-0") else { return };
    let names = ["gan_wurtzite_rattled", "slab_pd_tft_skewed", "wire_bn_tilted_fft", "molecule_nh3", "tiny_be_hcp"];
    for exact_radial in [true, false] {
        let mut potential = build(&model, &plain(Precision::F64, exact_radial));
        for (name, structure) in names.iter().zip(models::structures(&names)) {
            assert_gradient(name, potential.as_mut(), &structure);
        }
    }
}

#[test]
fn identities_hold_for_published_models() {
    for name in ["sevennet-0", "sevennet-l3i5"] {
        let Some(model) = published(name) else { return };
        let mut potential = build(&model, &plain(Precision::F64, false));
        let names = ["ethanol_molecule", "sio2_quartz_triclinic", "slab_pd_tft_skewed", "elements_3_of_6"];
        for (name, structure) in names.iter().zip(models::structures(&names)) {
            let found = evaluate(potential.as_mut(), &structure);
            assert_identities(name, &structure, &found);
        }
    }
}
