//! CHGNet potentials against what the package chgnet 0.4.2 returns: `fixtures/SOURCES.md`.
//!
//! With `--nocapture` it prints the largest deviations of each model and precision.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "figures for people who ask for them")]

#[path = "models/answers.rs"]
mod answers;
#[path = "models/chgnet.rs"]
mod chgnet;
#[path = "models/structures.rs"]
mod structures;

use std::path::Path;

use answers::{build, difference, evaluate, largest, plain};
use chgnet::published_chgnet;
use schur_potential::Precision;
use serde_json::Value;

/// Largest differences allowed: eV for an atom, eV/Å, eV/Å^3, a share of the largest force or stress, and Bohr magnetons.
type Bounds = [f64; 5];

/// The same arithmetic in another order.
const EXACT: Bounds = [1e-9, 1e-8, 1e-9, 1e-10, 1e-10];
/// Single precision.
const QUICK: Bounds = [5e-5, 5e-4, 1e-5, 5e-5, 1e-5];

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn compare(name: &str) {
    let Some(model) = published_chgnet(name) else { return };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/chgnet");
    let text = std::fs::read_to_string(folder.join(format!("chgnet-{name}.json"))).unwrap();
    let content: Value = serde_json::from_str(&text).unwrap();
    let references = content["structures"].as_array().unwrap();
    let names: Vec<&str> = references.iter().map(|reference| reference["name"].as_str().unwrap()).collect();
    let structures = structures::named(&names);
    let mut complaints = Vec::new();
    for (label, precision, bounds) in [("f64", Precision::F64, EXACT), ("f32", Precision::F32, QUICK)] {
        let mut potential = build(&model, &plain(precision, false));
        let mut worst = [0.0_f64; 4];
        for (structure, reference) in structures.iter().zip(references) {
            let found = evaluate(potential.as_mut(), structure);
            let forces: Vec<f64> = reference["forces"].as_array().unwrap().iter().flat_map(numbers).collect();
            let stress = numbers(&reference["stress"]);
            let deviations = [
                difference(&found.energies, &numbers(&reference["energies"])),
                difference(found.forces.as_flattened(), &forces),
                difference(&found.stress(structure).unwrap(), &stress),
                difference(&found.magnetic_moments, &numbers(&reference["magmoms"])),
            ];
            let allowed = [
                bounds[0],
                bounds[1].max(bounds[3] * largest(&forces)),
                bounds[2].max(bounds[3] * largest(&stress)),
                bounds[4],
            ];
            for i in 0..4 {
                worst[i] = worst[i].max(deviations[i]);
                if deviations[i].is_nan() || deviations[i] > allowed[i] {
                    complaints.push(format!(
                        "{label}: {}: {:.2e}, allowed {:.2e}",
                        reference["name"], deviations[i], allowed[i]
                    ));
                }
            }
        }
        let [energy, force, stress, moment] = worst;
        println!("{name}, {label}: {energy:.1e} eV/atom, {force:.1e} eV/Å, {stress:.1e} eV/Å^3, {moment:.1e} µB");
    }
    assert!(complaints.is_empty(), "{name}:\n{}", complaints.join("\n"));
}

#[test]
fn chgnet_0_3_0_agrees_with_chgnet() {
    compare("0.3.0");
}

#[test]
fn chgnet_0_2_0_agrees_with_chgnet() {
    compare("0.2.0");
}

#[test]
fn chgnet_r2scan_agrees_with_chgnet() {
    compare("r2scan");
}
