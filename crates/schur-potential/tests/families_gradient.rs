//! Forces, virials and their identities against finite differences of the energy, for every family.
//!
//! Central differences with one Richardson step have an error of the fourth order in the step, save where a distance
//! crosses a node of a spline: its third derivative jumps there by the fourth derivative times the spacing, and the
//! error is of second order. Where pieces of a table meet, and at both ends of XPLOR, the second derivative jumps, and
//! the error is of first order: no pair of these structures lies that close.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "models/families.rs"]
mod families;

use families::answers::{build, difference, energy, evaluate, largest};
use families::structures::{SMALL_CELL, margin, named, strained};
use families::{Subject, small, trained};
use schur_atoms::Structure;
use schur_potential::{Evaluation, Potential, Precision};
use schur_testkit::finite_difference;

/// Finite-difference step: Å for positions, dimensionless for strains.
const STEP: f64 = 1e-4;
/// Largest error of a force, eV/Å.
const FORCE: f64 = 1e-6;
/// Largest error of a component of stress, eV/Å^3.
const STRESS: f64 = 1e-8;
const VOIGT: [(usize, usize); 6] = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)];

fn assert_gradient(name: &str, potential: &mut (dyn Potential + Send), structure: &Structure, jumps: &[f64]) {
    // A strain moves a pair by its length times the step.
    assert!(margin(structure, jumps) > 10.0 * STEP, "{name}: a pair lies at a jump, choose another structure");
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
    assert!(error < 1e-10, "{name}: virials of atoms miss the total by {error:.2e} eV");
    let error = (found.energies.iter().sum::<f64>() - found.energy).abs();
    assert!(error < 1e-10, "{name}: energies of atoms miss the total by {error:.2e} eV");
}

/// The first structure that no pair of which lies at a jump.
fn off_jumps(subject: &Subject, atoms: usize, pbc: [bool; 3], apart: f64, seed: u64) -> Structure {
    let draw = |seed| subject.structure(atoms, SMALL_CELL, pbc, apart, seed);
    (seed..).map(draw).find(|s| margin(s, &subject.jumps) > 20.0 * STEP).unwrap()
}

fn assert_family(family: &str) {
    let subjects: Vec<Subject> = small().into_iter().filter(|s| s.model.architecture.family() == family).collect();
    assert!(subjects.len() > 1, "{family}");
    for subject in subjects {
        let crystal = off_jumps(&subject, 5, [true; 3], 1.2, 1);
        let molecule = off_jumps(&subject, 6, [false; 3], 1.0, 4);
        // Nothing in CHGNet is tabulated.
        for exact in if family == "chgnet" { vec![false] } else { vec![true, false] } {
            let mut potential = build(&subject.model, &subject.options(Precision::F64, exact));
            // Models drawn for MACE's own tests push less.
            let least = if family == "mace" { 1e-3 } else { 0.1 };
            for (kind, structure) in [("crystal", &crystal), ("molecule", &molecule)] {
                let name = format!("{} {kind}", subject.named(Precision::F64, exact));
                assert_gradient(&name, potential.as_mut(), structure, &subject.jumps);
                let found = evaluate(potential.as_mut(), structure);
                assert!(largest(found.forces.as_flattened()) > least, "{name}: no forces to speak of");
                assert_identities(&name, structure, &found);
            }
        }
    }
}

#[test]
fn nequip_with_harmonics_of_both_kinds_gaps_and_modalities() {
    assert_family("nequip");
}

#[test]
fn tensornet_with_mirrors_and_without() {
    assert_family("tensornet");
}

#[test]
fn chgnet_normalized_or_not() {
    assert_family("chgnet");
}

#[test]
fn mace_of_every_kind() {
    assert_family("mace");
}

#[test]
fn trained_models() {
    let names = ["gan_wurtzite_rattled", "slab_pd_tft_skewed", "wire_bn_tilted_fft", "molecule_nh3", "tiny_be_hcp"];
    for subject in trained(&["sevennet-0"]) {
        let ways = if subject.name == "sevennet-0" { vec![true, false] } else { vec![false] };
        for exact in ways {
            let mut potential = build(&subject.model, &subject.options(Precision::F64, exact));
            for (name, structure) in names.iter().zip(named(&names)) {
                let name = format!("{} {name}", subject.named(Precision::F64, exact));
                assert_gradient(&name, potential.as_mut(), &structure, &subject.jumps);
            }
        }
    }
}

#[test]
fn identities_hold_for_trained_models() {
    let names = ["ethanol_molecule", "sio2_quartz_triclinic", "slab_pd_tft_skewed", "elements_3_of_6"];
    for subject in trained(&["sevennet-0", "sevennet-l3i5"]) {
        let mut potential = build(&subject.model, &subject.options(Precision::F64, false));
        for (name, structure) in names.iter().zip(named(&names)) {
            let found = evaluate(potential.as_mut(), &structure);
            assert_identities(&format!("{} {name}", subject.name), &structure, &found);
        }
    }
}
