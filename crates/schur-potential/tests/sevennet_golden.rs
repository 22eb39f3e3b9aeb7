//! Published SevenNet models against what sevenn 0.13.0 returns for 111 structures: `fixtures/SOURCES.md`.
//!
//! With `--nocapture` it prints the largest deviations of each model and precision.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "figures for people who ask for them")]

#[path = "models/answers.rs"]
mod answers;
#[path = "models/nequip.rs"]
mod nequip;
#[path = "models/structures.rs"]
mod structures;

use answers::{build, difference, evaluate, largest};
use nequip::published;
use schur_atoms::{Structure, files};
use schur_potential::{Evaluation, Model, PotentialOptions, Precision};
use serde_json::Value;
use structures::{fixtures, name_of};

/// Largest differences allowed.
#[derive(Clone, Copy)]
struct Bounds {
    /// eV, for each atom.
    energy: f64,
    /// eV/Å.
    force: f64,
    /// eV/Å^3.
    stress: f64,
    /// For a structure of [`EXTREME`]: the bound as a share of its largest force or component of stress, if larger.
    share: f64,
}

/// The references are right to 1e-9: see SOURCES.md.
const EXACT: Bounds = Bounds { energy: 1e-9, force: 1e-8, stress: 1e-9, share: 0.0 };
/// What is promised for single precision and for the spline tables: a hundredth of the models' own error.
const QUICK: Bounds = Bounds { energy: 5e-5, force: 5e-4, stress: 1e-5, share: 5e-5 };

/// Structures squeezed far beyond what a model has seen: up to 10 TPa, and contributions that cancel to 85 eV/Å.
///
/// Single precision keeps so many digits of the largest contribution, so a bound made for matter as it is cannot hold:
/// without any table, forces in the diamond are off by 1.6e-5 of the largest already, with one by 2.8e-5.
const EXTREME: [&str; 2] = ["compressed_fe_0.75", "compressed_diamond_0.8"];

/// One structure's reference.
struct Reference {
    name: String,
    energy: f64,
    energies: Vec<f64>,
    forces: Vec<f64>,
    strain_derivative: Vec<f64>,
    stress: Option<Vec<f64>>,
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn references(file: &str) -> Vec<Reference> {
    let text = std::fs::read_to_string(fixtures().join(file)).unwrap();
    let content: Value = serde_json::from_str(&text).unwrap();
    let read = |entry: &Value| Reference {
        name: entry["name"].as_str().unwrap().to_owned(),
        energy: entry["energy"].as_f64().unwrap(),
        energies: numbers(&entry["energies"]),
        forces: entry["forces"].as_array().unwrap().iter().flat_map(numbers).collect(),
        strain_derivative: numbers(&entry["strain_derivative"]),
        stress: (!entry["stress"].is_null()).then(|| numbers(&entry["stress"])),
    };
    content["structures"].as_array().unwrap().iter().map(read).collect()
}

/// The quantities of which the largest deviations are printed.
const PRINTED: [&str; 3] = ["energy of an atom", "force", "stress"];

/// The largest deviations of a model in one precision.
struct Deviations {
    bounds: Bounds,
    /// Of each of [`PRINTED`], for the structures as they are and for those in [`EXTREME`].
    worst: [[f64; 3]; 2],
    /// What exceeds the bounds, with numbers.
    complaints: Vec<String>,
}

impl Deviations {
    /// Notes a deviation, and complains where it is larger than allowed.
    fn check(&mut self, name: &str, what: &str, found: f64, allowed: f64) {
        if let Some(quantity) = PRINTED.iter().position(|quantity| *quantity == what) {
            let worst = &mut self.worst[usize::from(EXTREME.contains(&name))][quantity];
            *worst = worst.max(found);
        }
        if found.is_nan() || found > allowed {
            self.complaints.push(format!("{name}: {what} off by {found:.2e}, allowed {allowed:.2e}"));
        }
    }
}

/// Compares one answer with its reference.
fn deviations(structure: &Structure, found: &Evaluation, reference: &Reference, all: &mut Deviations) {
    let bounds = all.bounds;
    let share = if EXTREME.contains(&reference.name.as_str()) { bounds.share } else { 0.0 };
    let mut check = |what: &str, found: f64, allowed: f64| all.check(&reference.name, what, found, allowed);
    let atoms = structure.len() as f64;
    check("energy per atom", (found.energy - reference.energy).abs() / atoms, bounds.energy);
    check("energy of an atom", difference(&found.energies, &reference.energies), bounds.energy);
    let force = bounds.force.max(share * largest(&reference.forces));
    check("force", difference(found.forces.as_flattened(), &reference.forces), force);
    let w = found.virial;
    let strain = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)].map(|(i, j)| -w[i][j]);
    // Without a volume to divide by, 10 Å^3 an atom stand for it.
    let derivative = (10.0 * atoms * bounds.stress).max(share * largest(&reference.strain_derivative));
    match (found.stress(structure), &reference.stress) {
        (Some(stress), Some(expected)) => {
            check("stress", difference(&stress, expected), bounds.stress.max(share * largest(expected)));
            let volume = structure.cell.volume();
            let allowed = derivative.max(volume * bounds.stress);
            check("strain derivative", difference(&strain, &reference.strain_derivative), allowed);
        }
        (None, None) => check("strain derivative", difference(&strain, &reference.strain_derivative), derivative),
        (found, expected) => panic!("{}: stress {found:?}, not {expected:?}", reference.name),
    }
}

fn compare(model: &Model, modality: Option<&str>, file: &str) {
    let structures = files::read_path(fixtures().join("structures.extxyz")).unwrap();
    let references = references(file);
    assert_eq!((structures.len(), references.len()), (111, 111));
    let modality = modality.map(str::to_owned);
    let mut complaints = Vec::new();
    for (label, precision, exact_radial, bounds) in [
        ("f64", Precision::F64, true, EXACT),
        ("f64 with splines", Precision::F64, false, QUICK),
        ("f32 with splines", Precision::F32, false, QUICK),
    ] {
        let options = PotentialOptions { precision, exact_radial, modality: modality.clone() };
        let mut potential = build(model, &options);
        let mut all = Deviations { bounds, worst: [[0.0; 3]; 2], complaints: Vec::new() };
        for (structure, reference) in structures.iter().zip(&references) {
            assert_eq!(name_of(structure), reference.name);
            let found = evaluate(potential.as_mut(), structure);
            deviations(structure, &found, reference, &mut all);
        }
        for (which, [energy, force, stress]) in ["109 structures", "2 extreme ones"].iter().zip(all.worst) {
            println!("{file}, {label}, {which}: {energy:.1e} eV/atom, {force:.1e} eV/Å, {stress:.1e} eV/Å^3");
        }
        complaints.extend(all.complaints.iter().map(|complaint| format!("{label}: {complaint}")));
    }
    assert!(complaints.is_empty(), "{file}:\n{}", complaints.join("\n"));
}

#[test]
fn sevennet_0_agrees_with_sevenn() {
    let Some(model) = published("sevennet-0") else { return };
    compare(&model, None, "sevennet-0.json");
}

#[test]
fn sevennet_0_of_may_agrees_with_sevenn() {
    let Some(model) = published("sevennet-0-may") else { return };
    compare(&model, None, "sevennet-0-may.json");
}

#[test]
fn sevennet_l3i5_agrees_with_sevenn() {
    let Some(model) = published("sevennet-l3i5") else { return };
    compare(&model, None, "sevennet-l3i5.json");
}

#[test]
fn sevennet_mf_0_agrees_with_sevenn_at_pbe() {
    let Some(model) = published("sevennet-mf-0") else { return };
    compare(&model, Some("PBE"), "sevennet-mf-0-pbe.json");
}

#[test]
fn sevennet_mf_0_agrees_with_sevenn_at_r2scan() {
    let Some(model) = published("sevennet-mf-0") else { return };
    compare(&model, Some("R2SCAN"), "sevennet-mf-0-r2scan.json");
}

/// What the file leaves out, the structure lacks: a volume, or a direction along which it repeats.
#[test]
fn stress_is_missing_exactly_where_there_is_none() {
    let structures = files::read_path(fixtures().join("structures.extxyz")).unwrap();
    for (structure, reference) in structures.iter().zip(references("sevennet-0.json")) {
        let found = Evaluation::default().stress(structure);
        assert_eq!(found.is_some(), reference.stress.is_some(), "{}", reference.name);
    }
}
