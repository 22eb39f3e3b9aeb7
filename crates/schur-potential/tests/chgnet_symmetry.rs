//! What must not change CHGNet's answer: turning, mirroring and renumbering everything, and other cells.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "models/chgnet.rs"]
mod chgnet;
#[path = "models/nequip.rs"]
mod models;

use chgnet::random_chgnet;
use models::{SMALL_CELL, build, difference, evaluate, plain, random_structure};
use schur_atoms::{Cell, Structure};
use schur_potential::{Evaluation, Potential, Precision};
use schur_testkit::{Matrix3, Random, apply, product, so3_elements, transpose};

/// Largest difference of an atom's energy, eV, between equal structures: rounding of coordinates in f64.
const ENERGY: f64 = 1e-10;
/// Largest difference of a force, eV/Å.
const FORCE: f64 = 1e-9;
/// Largest difference of a virial, eV.
const VIRIAL: f64 = 1e-8;

const IDENTITY: Matrix3 = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
const MIRROR: Matrix3 = [[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]];

fn potentials() -> Vec<(String, Box<dyn Potential + Send>)> {
    let options = plain(Precision::F64, false);
    [false, true]
        .map(|normalized| (format!("normalized {normalized}"), build(&random_chgnet(normalized), &options)))
        .into()
}

fn structures() -> [Structure; 3] {
    let crystal = random_structure(4, SMALL_CELL, [true; 3], 1.2, 3);
    let slab = random_structure(5, SMALL_CELL, [true, true, false], 1.2, 4);
    [crystal, slab, random_structure(7, SMALL_CELL, [false; 3], 0.9, 5)]
}

/// The structure with its positions and lattice vectors through a matrix.
fn mapped(structure: &Structure, matrix: &Matrix3) -> Structure {
    let mut structure = structure.clone();
    structure.cell = Cell::new(structure.cell.vectors().map(|x| apply(matrix, x)));
    structure.positions.iter_mut().for_each(|x| *x = apply(matrix, *x));
    structure
}

/// Checks that `moved` has the answer of the original, its atoms and axes carried over by `map` and `rotation`.
fn assert_same(name: &str, moved: &Evaluation, original: &Evaluation, map: &[usize], rotation: &Matrix3) {
    for (i, &k) in map.iter().enumerate() {
        let error = (moved.energies[i] - original.energies[k]).abs();
        assert!(error < ENERGY, "{name}: energy of atom {i} off by {error:.2e} eV");
        let error = difference(&moved.forces[i], &apply(rotation, original.forces[k]));
        assert!(error < FORCE, "{name}: force on atom {i} off by {error:.2e} eV/Å");
        let virial = product(rotation, &product(&original.virials[k], &transpose(rotation)));
        let error = difference(moved.virials[i].as_flattened(), virial.as_flattened());
        assert!(error < VIRIAL, "{name}: virial of atom {i} off by {error:.2e} eV");
    }
}

#[test]
fn rotations_turn_forces_and_virials() {
    for (name, mut potential) in potentials() {
        for structure in structures() {
            let original = evaluate(potential.as_mut(), &structure);
            let all: Vec<usize> = (0..structure.len()).collect();
            for rotation in so3_elements(11, 2) {
                let found = evaluate(potential.as_mut(), &mapped(&structure, &rotation));
                assert_same(&name, &found, &original, &all, &rotation);
            }
        }
    }
}

#[test]
fn mirrors_are_a_symmetry() {
    for (name, mut potential) in potentials() {
        for structure in structures() {
            let original = evaluate(potential.as_mut(), &structure);
            let found = evaluate(potential.as_mut(), &mapped(&structure, &MIRROR));
            let all: Vec<usize> = (0..structure.len()).collect();
            assert_same(&name, &found, &original, &all, &MIRROR);
        }
    }
}

#[test]
fn renumbering_atoms_renumbers_the_answer() {
    let mut random = Random::new(31);
    for (name, mut potential) in potentials() {
        for structure in structures() {
            let original = evaluate(potential.as_mut(), &structure);
            let mut map: Vec<usize> = (0..structure.len()).collect();
            for i in (1..map.len()).rev() {
                map.swap(i, random.below(i + 1));
            }
            let mut moved = structure.clone();
            moved.numbers = map.iter().map(|&k| structure.numbers[k]).collect();
            moved.positions = map.iter().map(|&k| structure.positions[k]).collect();
            assert_same(&name, &evaluate(potential.as_mut(), &moved), &original, &map, &IDENTITY);
        }
    }
}

/// A crystal twice as long has the same forces and twice the virial.
#[test]
fn a_supercell_repeats_the_answer() {
    for (name, mut potential) in potentials() {
        let [crystal, ..] = structures();
        let mut long = crystal.clone();
        let [a, b, c] = crystal.cell.vectors();
        long.cell = Cell::new([a.map(|x| 2.0 * x), b, c]);
        long.numbers.extend_from_slice(&crystal.numbers);
        let shifted = crystal.positions.iter().map(|x| std::array::from_fn(|i| x[i] + a[i]));
        long.positions.extend(shifted.collect::<Vec<[f64; 3]>>());
        let [one, two] = [&crystal, &long].map(|structure| evaluate(potential.as_mut(), structure));
        let error = difference(&two.forces.as_flattened()[..3 * crystal.len()], one.forces.as_flattened());
        assert!(error < FORCE, "{name}: forces off by {error:.2e} eV/Å");
        let error = difference(
            two.virial.as_flattened(),
            &one.virial.as_flattened().iter().map(|x| 2.0 * x).collect::<Vec<_>>(),
        );
        assert!(error < VIRIAL, "{name}: virial off by {error:.2e} eV");
    }
}
