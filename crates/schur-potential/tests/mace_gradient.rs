//! Forces and virials against finite differences of the energy, and what turning and exchanging atoms must not change.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "models/mace.rs"]
mod models;

use models::{MODELS, SMALL_CELL, build, difference, evaluate, model, options, random_structure};
use schur_atoms::{Cell, Structure};
use schur_potential::{Evaluation, Potential, Precision, Request};
use schur_testkit::finite_difference;

/// Finite-difference step: Å for positions, dimensionless for strains.
const STEP: f64 = 1e-4;
/// Largest error of a force, eV/Å, and of a component of the virial, eV.
const BOUND: f64 = 2e-6;
const IDENTITY: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

fn energy(potential: &mut (dyn Potential + Send), structure: &Structure) -> f64 {
    let mut out = Evaluation::default();
    potential.evaluate(structure, Request::ENERGY, &mut out).unwrap();
    out.energy
}

fn deformed(structure: &Structure, matrix: [[f64; 3]; 3]) -> Structure {
    let mut structure = structure.clone();
    structure.cell = structure.cell.deformed(&matrix);
    structure.positions.iter_mut().for_each(|x| *x = Cell::new(matrix).to_cartesian(*x));
    structure
}

#[test]
fn forces_and_virial_are_derivatives() {
    let structure = random_structure(5, SMALL_CELL, 1.25, 21);
    for (name, exact) in MODELS.iter().flat_map(|name| [(name, true), (name, false)]) {
        let model = model(name);
        let mut potential = build(&model, &options(&model, Precision::F64, exact));
        let found = evaluate(potential.as_mut(), &structure);
        let of_positions = |x: &[f64]| {
            let mut moved = structure.clone();
            moved.positions.as_flattened_mut().copy_from_slice(x);
            energy(potential.as_mut(), &moved)
        };
        let slopes = finite_difference(of_positions, structure.positions.as_flattened(), STEP);
        let forces: Vec<f64> = slopes.iter().map(|x| -x).collect();
        let error = difference(found.forces.as_flattened(), &forces);
        assert!(error < BOUND, "{name}, exact {exact}: forces off by {error:.2e} eV/Å");
        let of_strain = |strain: &[f64]| {
            let matrix = std::array::from_fn(|i| std::array::from_fn(|j| IDENTITY[i][j] + strain[3 * i + j]));
            energy(potential.as_mut(), &deformed(&structure, matrix))
        };
        let slopes = finite_difference(of_strain, &[0.0; 9], STEP);
        let virial: Vec<f64> = slopes.iter().map(|x| -x).collect();
        let error = difference(found.virial.as_flattened(), &virial);
        assert!(error < 10.0 * BOUND, "{name}, exact {exact}: virial off by {error:.2e} eV");
        let sum = |i: usize| found.virials.iter().map(|v| v.as_flattened()[i]).sum::<f64>();
        assert!((0..9).all(|i| (sum(i) - found.virial.as_flattened()[i]).abs() < 1e-10), "{name}");
    }
}

/// A rotation, and for models that know parity an inversion; atoms in another order.
#[test]
fn energies_do_not_turn_and_forces_do() {
    let structure = random_structure(6, SMALL_CELL, 1.2, 4);
    let (a, b) = (0.7_f64.sin_cos(), 1.9_f64.sin_cos());
    let turn = [[a.1, a.0, 0.0], [-a.0 * b.1, a.1 * b.1, b.0], [a.0 * b.0, -a.1 * b.0, b.1]];
    for name in MODELS {
        let model = model(name);
        let mut potential = build(&model, &options(&model, Precision::F64, true));
        let found = evaluate(potential.as_mut(), &structure);
        let sign = if name == "rotations_only" { 1.0 } else { -1.0 };
        let matrix = turn.map(|row| row.map(|x| sign * x));
        let mut turned = deformed(&structure, matrix);
        turned.numbers.reverse();
        turned.positions.reverse();
        let mut other = evaluate(potential.as_mut(), &turned);
        other.forces.reverse();
        let expected: Vec<f64> = found.forces.iter().flat_map(|f| Cell::new(matrix).to_cartesian(*f)).collect();
        assert!((other.energy - found.energy).abs() < 1e-10, "{name}: {} {}", other.energy, found.energy);
        let error = difference(other.forces.as_flattened(), &expected);
        assert!(error < 1e-9, "{name}: {error:.2e} eV/Å");
    }
}
