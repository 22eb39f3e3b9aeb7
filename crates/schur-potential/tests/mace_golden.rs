//! Models of MACE against what mace-torch 0.3.16 makes of three structures with them: `fixtures/SOURCES.md`.
//!
//! Model files that are not in `fixtures/mace` are looked for in the folder that `SCHUR_TEST_MACE` names. With
//! `--nocapture` it prints the largest deviations.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "figures for people who ask for them")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use schur_atoms::{Cell, Structure};
use schur_io::torch::Checkpoint;
use schur_potential::{Evaluation, Model, PotentialOptions, Precision, Request};
use serde_json::Value;

/// Largest differences allowed: eV an atom, eV/Å, eV/Å^3.
type Bounds = [f64; 3];

/// What the networks give in double precision, evaluated for every edge.
const EXACT: Bounds = [1e-8, 1e-7, 1e-9];
/// With tables instead, in double precision.
const TABLES: Bounds = [1e-6, 1e-5, 1e-6];
/// In single precision with tables; the models are random, so their energies are larger than real ones.
const SINGLE: Bounds = [5e-5, 5e-4, 5e-5];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/mace")
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        Value::Null => Vec::new(),
        number => vec![number.as_f64().unwrap()],
    }
}

fn rows(value: &Value) -> Vec<[f64; 3]> {
    numbers(value).chunks_exact(3).map(|row| [row[0], row[1], row[2]]).collect()
}

fn structure(value: &Value) -> Structure {
    let cell = rows(&value["cell"]);
    let pbc: Vec<bool> = value["pbc"].as_array().unwrap().iter().map(|x| x.as_bool().unwrap()).collect();
    let elements = numbers(&value["numbers"]).iter().map(|&z| z as u8).collect();
    let cell = Cell::new([cell[0], cell[1], cell[2]]);
    Structure::new(elements, rows(&value["positions"]), cell, [pbc[0], pbc[1], pbc[2]])
}

/// The bytes of a model file, if it is anywhere.
fn model_file(name: &str) -> Option<Vec<u8>> {
    let elsewhere = std::env::var_os("SCHUR_TEST_MACE").map(PathBuf::from);
    [Some(folder()), elsewhere].into_iter().flatten().find_map(|f| std::fs::read(f.join(format!("{name}.model"))).ok())
}

fn difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let larger = |most: f64, x: f64| if most.is_nan() || x.is_nan() { f64::NAN } else { most.max(x) };
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, larger)
}

/// Energy of an atom, force and stress: the largest deviations from a reference.
fn deviations(found: &Evaluation, structure: &Structure, expected: &Value) -> [f64; 3] {
    let energies = difference(&found.energies, &numbers(&expected["energies"]));
    let total = (found.energy - expected["energy"].as_f64().unwrap()).abs() / structure.len() as f64;
    let forces = difference(found.forces.as_flattened(), &numbers(&expected["forces"]));
    let stress = match (found.stress(structure), numbers(&expected["stress"])) {
        (_, none) if none.is_empty() => 0.0,
        (Some(s), full) => difference(&[s[0], s[5], s[4], s[5], s[1], s[3], s[4], s[3], s[2]], &full),
        (None, _) => f64::NAN,
    };
    [energies.max(total), forces, stress]
}

#[test]
fn models_of_every_kind_agree_with_mace() {
    let text = std::fs::read_to_string(folder().join("references.json")).unwrap();
    let content: Value = serde_json::from_str(&text).unwrap();
    let pool = Arc::new(rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap());
    let ways = [
        ("f64, exact radials", Precision::F64, true, EXACT),
        ("f64, tables", Precision::F64, false, TABLES),
        ("f32, tables", Precision::F32, false, SINGLE),
    ];
    let mut complaints = Vec::new();
    let mut worst = [[0.0_f64; 3]; 3];
    let mut count = 0;
    for (name, reference) in content["models"].as_object().unwrap() {
        let Some(bytes) = model_file(name) else {
            println!("not compared: {name}.model is not here; SCHUR_TEST_MACE may name its folder");
            continue;
        };
        count += 1;
        let model = match Model::from_mace(&Checkpoint::read(&bytes).unwrap()) {
            Ok(model) => model,
            Err(error) => {
                complaints.push(format!("{name}: {error}"));
                continue;
            }
        };
        // What is written and read again is the same model.
        assert_eq!(Model::from_file(&model.to_file().unwrap()).unwrap().weights, model.weights, "{name}");
        for (head, answers) in reference["answers"].as_object().unwrap() {
            let several = reference["answers"].as_object().unwrap().len() > 1;
            let modality = several.then(|| head.clone());
            for (w, (way, precision, exact_radial, bounds)) in ways.into_iter().enumerate() {
                let options = PotentialOptions { precision, exact_radial, modality: modality.clone() };
                let mut potential = model.potential(&options, Arc::clone(&pool)).unwrap();
                for (key, expected) in answers.as_object().unwrap() {
                    let structure = structure(&content["structures"][key]);
                    let mut found = Evaluation::default();
                    potential.evaluate(&structure, Request::ALL, &mut found).unwrap();
                    let off = deviations(&found, &structure, expected);
                    for (i, (off, bound)) in off.into_iter().zip(bounds).enumerate() {
                        worst[w][i] = worst[w][i].max(off);
                        if off.is_nan() || off > bound {
                            complaints.push(format!("{name} {head} {key}, {way}: {i} is off by {off:.1e}"));
                        }
                    }
                }
            }
        }
    }
    for ((way, ..), worst) in ways.iter().zip(worst) {
        println!("{count} models, {way}: {:.1e} eV an atom, {:.1e} eV/Å, {:.1e} eV/Å^3", worst[0], worst[1], worst[2]);
    }
    assert!(count >= 20, "only {count} models were there");
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
