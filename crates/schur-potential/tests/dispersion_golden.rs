//! D3(BJ) against the values that simple-dftd3 and torch-dftd give for the same structures.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;

use schur_atoms::{Cell, Structure};
use schur_potential::dispersion::{D3Cutoffs, D3Dispersion, D3Parameters};
use schur_potential::{Evaluation, Potential, Request};
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().flat_map(numbers).collect(),
        number => vec![number.as_f64().unwrap()],
    }
}

fn rows(value: &Value) -> Vec<[f64; 3]> {
    numbers(value).chunks_exact(3).map(|row| row.try_into().unwrap()).collect()
}

fn records() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/d3/dftd3.json");
    let value: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    value["structures"].as_array().unwrap().clone()
}

fn structure(record: &Value) -> Structure {
    let cell = Cell::new(rows(&record["cell"]).try_into().unwrap());
    let pbc = std::array::from_fn(|axis| record["pbc"][axis].as_bool().unwrap());
    let atomic = numbers(&record["numbers"]).into_iter().map(|number| number as u8).collect();
    Structure::new(atomic, rows(&record["positions"]), cell, pbc)
}

fn evaluate(structure: &Structure, functional: &str, cutoffs: D3Cutoffs) -> Evaluation {
    let pool = Arc::new(rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap());
    let parameters = D3Parameters::of(functional).unwrap();
    let mut out = Evaluation::default();
    D3Dispersion::new(parameters, cutoffs, pool).unwrap().evaluate(structure, Request::ALL, &mut out).unwrap();
    out
}

/// The largest difference of two lists, and the largest value of the second.
fn compare(found: &[f64], expected: &[f64]) -> (f64, f64) {
    assert_eq!(found.len(), expected.len());
    let largest = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, |most: f64, x| most.max(x.abs()));
    let difference = largest(&mut found.iter().zip(expected).map(|(x, y)| x - y));
    (difference, largest(&mut expected.iter().copied()))
}

/// Both sum tens of thousands of terms in double precision, in different orders, which costs 1e-12. The program has its
/// covalent radii in a Bohr of 0.5291772109045 Å, computed from other constants, which is 3e-12 from the printed one:
/// counts of neighbours change steeply, and forces and virial by up to 1.2e-11 of their size.
#[test]
fn energy_forces_and_virial_are_those_of_simple_dftd3() {
    let mut compared = 0;
    for record in records() {
        let structure = structure(&record);
        for answer in record["answers"].as_array().unwrap() {
            let functional = answer["functional"].as_str().unwrap();
            let cutoffs = numbers(&answer["cutoffs"]);
            let cutoffs = D3Cutoffs { dispersion: cutoffs[0], coordination: cutoffs[1] };
            let found = evaluate(&structure, functional, cutoffs);
            let name = format!("{} {functional} {cutoffs:?}", record["name"]);
            let (energy, scale) = (answer["energy"].as_f64().unwrap(), answer["energy"].as_f64().unwrap().abs());
            let difference = (found.energy - energy).abs();
            assert!(difference < 1e-11 * scale + 1e-13, "{name}: {} eV, not {energy}: {difference:e}", found.energy);
            let (difference, scale) = compare(found.forces.as_flattened(), &numbers(&answer["forces"]));
            assert!(difference < 5e-11 * scale + 1e-11, "{name}: forces {difference:e} of {scale}");
            let virial: Vec<f64> = found.virial.as_flattened().iter().map(|w| -w).collect();
            let (difference, scale) = compare(&virial, &numbers(&answer["strain_derivative"]));
            assert!(difference < 5e-11 * scale + 1e-11, "{name}: virial {difference:e} of {scale}");
            for a in 0..3 {
                for b in 0..3 {
                    let sum: f64 = found.virials.iter().map(|w| w[a][b]).sum();
                    assert!((sum - found.virial[a][b]).abs() < 1e-12 * scale + 1e-13, "{name}: virials");
                }
            }
            compared += 1;
        }
    }
    assert_eq!(compared, 14 * 6);
}

/// With the cut-offs that MACE gives it. It rounds Bohr and Hartree to eight digits, which are 1.4e-7 and 2e-8 off.
#[test]
fn energy_and_forces_are_those_of_torch_dftd() {
    let mut compared = 0;
    for record in records().iter().filter(|record| !record["torch_dftd"].is_null()) {
        let found = evaluate(&structure(record), "pbe", D3Cutoffs::MACE);
        let energy = record["torch_dftd"]["energy"].as_f64().unwrap();
        let name = &record["name"];
        assert!((found.energy - energy).abs() <= 5e-7 * energy.abs(), "{name}: {} eV, not {energy}", found.energy);
        let (difference, scale) = compare(found.forces.as_flattened(), &numbers(&record["torch_dftd"]["forces"]));
        assert!(difference < 2e-6 * scale + 1e-9, "{name}: forces {difference:e} of {scale}");
        compared += 1;
    }
    assert_eq!(compared, 9);
}

#[test]
fn the_default_reaches_as_far_as_simple_dftd3() {
    let expected = [60.0, 40.0].map(|bohr| bohr * 0.529_177_210_903);
    assert_eq!([D3Cutoffs::default().dispersion, D3Cutoffs::default().coordination], expected);
}
