//! The structures that tests evaluate: drawn at random, or from the fixtures; and what they become when moved.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use schur_atoms::neighbours::{NeighborList, distance};
use schur_atoms::{Cell, Structure, Value, files};
use schur_testkit::{Matrix3, Random, apply};

pub const IDENTITY: Matrix3 = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

/// A triclinic cell smaller than the cut-off along each vector.
pub const SMALL_CELL: Cell = Cell::new([[4.4, 0.1, 0.0], [0.7, 4.1, -0.3], [-0.4, 0.9, 4.8]]);

/// The elements that most models of random weights know.
pub const ELEMENTS: [u8; 4] = [14, 1, 29, 8];

/// The folder of structures, and of reference values that sevenn made.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/sevennet")
}

/// The name that a fixture structure carries.
pub fn name_of(structure: &Structure) -> &str {
    let Some(Value::Text(name)) = structure.info.get("name") else { panic!("a structure without a name") };
    name
}

/// The fixture structures whose names are given, in that order.
pub fn named(names: &[&str]) -> Vec<Structure> {
    let all = files::read_path(fixtures().join("structures.extxyz")).unwrap();
    names.iter().map(|name| all.iter().find(|s| name_of(s) == *name).unwrap().clone()).collect()
}

/// Atoms at random of some elements, no two closer than `apart` Å, images included.
pub fn random_of(elements: &[u8], atoms: usize, cell: Cell, pbc: [bool; 3], apart: f64, seed: u64) -> Structure {
    let mut random = Random::new(seed);
    let numbers: Vec<u8> = (0..atoms).map(|_| elements[random.below(elements.len())]).collect();
    let mut structure = Structure::new(Vec::new(), Vec::new(), cell, pbc);
    while structure.positions.len() < atoms {
        let tried = cell.to_cartesian([random.uniform(), random.uniform(), random.uniform()]);
        structure.positions.push(tried);
        structure.numbers = numbers[..structure.positions.len()].to_vec();
        if !NeighborList::build(&structure, apart).unwrap().is_empty() {
            structure.positions.pop();
        }
    }
    structure.numbers = numbers;
    structure
}

/// The same of the elements that most models of random weights know.
pub fn random_structure(atoms: usize, cell: Cell, pbc: [bool; 3], apart: f64, seed: u64) -> Structure {
    random_of(&ELEMENTS, atoms, cell, pbc, apart, seed)
}

/// A cube, Å.
pub fn cube(side: f64) -> Cell {
    Cell::new([[side, 0.0, 0.0], [0.0, side, 0.0], [0.0, 0.0, side]])
}

/// The smallest distance in Å of a pair's length from any of `radii`.
pub fn margin(structure: &Structure, radii: &[f64]) -> f64 {
    let list = NeighborList::build(structure, 6.0).unwrap();
    let rows = (0..structure.len()).flat_map(|i| list.row(i).map(move |pair| (i, pair)));
    let lengths = rows.map(|(i, pair)| distance(list.vector(&structure.positions, &structure.cell, i, pair)));
    lengths.flat_map(|r| radii.iter().map(move |x| (r - x).abs())).fold(f64::INFINITY, f64::min)
}

/// The structure with positions and lattice vectors through a matrix.
pub fn mapped(structure: &Structure, matrix: &Matrix3) -> Structure {
    let mut structure = structure.clone();
    structure.cell = Cell::new(structure.cell.vectors().map(|x| apply(matrix, x)));
    structure.positions.iter_mut().for_each(|x| *x = apply(matrix, *x));
    structure
}

/// The structure with positions and cell deformed by a strain of nine free components, `x -> x (1 + strain)`.
pub fn strained(structure: &Structure, strain: &[f64]) -> Structure {
    mapped(structure, &std::array::from_fn(|j| std::array::from_fn(|i| IDENTITY[i][j] + strain[3 * i + j])))
}

/// `counts` cells along each vector, and for each atom the one it is a copy of.
pub fn repeated(structure: &Structure, counts: [usize; 3]) -> (Structure, Vec<usize>) {
    let mut out = structure.clone();
    (out.numbers, out.positions) = Default::default();
    let mut map = Vec::new();
    for image in 0..counts.iter().product() {
        let steps = [image / (counts[1] * counts[2]), image / counts[2] % counts[1], image % counts[2]];
        let shift = structure.cell.to_cartesian(steps.map(|s| s as f64));
        for (k, x) in structure.positions.iter().enumerate() {
            out.numbers.push(structure.numbers[k]);
            out.positions.push(std::array::from_fn(|a| x[a] + shift[a]));
            map.push(k);
        }
    }
    let vectors = structure.cell.vectors();
    out.cell = Cell::new(std::array::from_fn(|i| vectors[i].map(|x| counts[i] as f64 * x)));
    (out, map)
}
