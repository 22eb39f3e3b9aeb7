//! TensorNet potentials against what matgl 4.1.2 returns: `fixtures/SOURCES.md`.
//!
//! With `--nocapture` it prints the largest deviations of each model and precision.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "figures for people who ask for them")]

#[path = "models/answers.rs"]
mod answers;
#[path = "models/structures.rs"]
mod structures;
#[path = "models/tensornet.rs"]
mod tensornet;

use answers::{build, difference, evaluate, largest, plain};
use schur_atoms::Structure;
use schur_potential::{Evaluation, Model, Precision};
use serde_json::Value;
use tensornet::{fixture, tensornet_fixtures};

/// Largest differences allowed.
#[derive(Clone, Copy)]
struct Bounds {
    /// eV, for each atom.
    energy: f64,
    /// eV/Å.
    force: f64,
    /// eV/Å^3.
    stress: f64,
    /// The bound as a share of the structure's largest force or component of stress, if larger.
    share: f64,
}

/// The same arithmetic in another order.
const EXACT: Bounds = Bounds { energy: 1e-10, force: 1e-9, stress: 1e-10, share: 1e-11 };
/// What is promised for single precision and for the spline tables: a hundredth of the models' own error.
const QUICK: Bounds = Bounds { energy: 5e-5, force: 5e-4, stress: 1e-5, share: 5e-5 };

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

/// Deviations of one answer: energy of an atom, force, stress, each over what is allowed for it.
fn check(structure: &Structure, found: &Evaluation, reference: &Value, bounds: Bounds) -> [(f64, f64); 4] {
    let forces: Vec<f64> = reference["forces"].as_array().unwrap().iter().flat_map(numbers).collect();
    let energy = (found.energy - reference["energy"].as_f64().unwrap()).abs() / structure.len() as f64;
    let energies = difference(&found.energies, &numbers(&reference["energies"]));
    let force = difference(found.forces.as_flattened(), &forces);
    let allowed = bounds.force.max(bounds.share * largest(&forces));
    let expected = numbers(&reference["strain_derivative"]);
    let strain = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)].map(|(i, j)| -found.virial[i][j]);
    // Without a volume to divide by, 10 Å^3 an atom stand for it.
    let volume = if reference["stress"].is_null() { 10.0 * structure.len() as f64 } else { structure.cell.volume() };
    let mut stress = difference(&strain, &expected) / volume;
    let allowed_stress = bounds.stress.max(bounds.share * largest(&expected) / volume);
    assert_eq!(found.stress(structure).is_some(), !reference["stress"].is_null());
    if let Some(found) = found.stress(structure) {
        stress = stress.max(difference(&found, &numbers(&reference["stress"])));
    }
    [(energy, bounds.energy), (energies, bounds.energy), (force, allowed), (stress, allowed_stress)]
}

fn compare(model: &Model, file: &str) {
    let text = std::fs::read_to_string(tensornet_fixtures().join(file)).unwrap();
    let content: Value = serde_json::from_str(&text).unwrap();
    let references = content["structures"].as_array().unwrap();
    let names: Vec<&str> = references.iter().map(|reference| reference["name"].as_str().unwrap()).collect();
    let structures = structures::named(&names);
    let mut complaints = Vec::new();
    for (label, precision, exact_radial, bounds) in [
        ("f64", Precision::F64, true, EXACT),
        ("f64 with splines", Precision::F64, false, QUICK),
        ("f32", Precision::F32, true, QUICK),
        ("f32 with splines", Precision::F32, false, QUICK),
    ] {
        let mut potential = build(model, &plain(precision, exact_radial));
        let mut worst = [0.0_f64; 4];
        for (structure, reference) in structures.iter().zip(references) {
            let found = evaluate(potential.as_mut(), structure);
            let deviations = check(structure, &found, reference, bounds);
            for (worst, (deviation, allowed)) in worst.iter_mut().zip(deviations) {
                *worst = worst.max(deviation);
                if deviation.is_nan() || deviation > allowed {
                    complaints.push(format!("{label}: {}: {deviation:.2e}, allowed {allowed:.2e}", reference["name"]));
                }
            }
        }
        let [_, energy, force, stress] = worst;
        println!("{file}, {label}: {energy:.1e} eV/atom, {force:.1e} eV/Å, {stress:.1e} eV/Å^3");
    }
    assert!(complaints.is_empty(), "{file}:\n{}", complaints.join("\n"));
}

#[test]
fn matpes_pbe_agrees_with_matgl() {
    compare(&fixture("pbe"), "pbe.json");
}

/// The group SO(3), Gaussians, one layer, a mean, and structures that differ from their mirror images.
#[test]
fn a_random_model_with_other_settings_agrees_with_matgl() {
    compare(&fixture("so3"), "so3.json");
}

#[test]
fn matpes_r2scan_agrees_with_matgl() {
    compare(&fixture("r2scan"), "r2scan.json");
}
