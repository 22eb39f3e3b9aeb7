//! `schur eval --models`.

use std::path::Path;

use schur_atoms::files::{Format, read};
use serde_json::Value;

use crate::folder::Folder;

const SILICON: &str = "2
Lattice=\"0.0 2.7 2.7 2.7 0.0 2.7 2.7 2.7 0.0\" Properties=species:S:1:pos:R:3 pbc=\"T T T\"
Si 0.0 0.0 0.0
Si 1.4 1.3 1.4
";

fn fixture(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/tensornet").join(name).display().to_string()
}

fn both() -> String {
    format!("{},{}", fixture("pbe"), fixture("r2scan"))
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(all) => all.iter().flat_map(numbers).collect(),
        other => vec![other.as_f64().unwrap()],
    }
}

/// Every model answers as it does alone, the mean is theirs, and of two each is half their distance away from it.
#[test]
fn several_models_answer_side_by_side() {
    let folder = Folder::new();
    folder.write("si.extxyz", SILICON);
    let ran = folder.run(&["eval", "si.extxyz", "--models", &both(), "-o", "out.extxyz", "--json"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let row: Value = serde_json::from_str(&ran.stdout).unwrap();
    let [a, b] = [0, 1].map(|place| row["models"][place].clone());
    for (answer, name) in [(&a, "pbe"), (&b, "r2scan")] {
        let alone = folder.run(&["eval", "si.extxyz", "--model", &fixture(name), "--json"]);
        let alone: Value = serde_json::from_str(&alone.stdout).unwrap();
        for key in ["energy", "forces", "stress"] {
            assert_eq!(answer[key], alone[key], "{name}: {key}");
        }
    }
    for key in ["energy", "forces", "stress"] {
        let pairs = numbers(&a[key]).into_iter().zip(numbers(&b[key]));
        for ((x, y), mean) in pairs.zip(numbers(&row["mean"][key])) {
            assert!((mean - 0.5 * (x + y)).abs() <= 1e-12 * (1.0 + mean.abs()), "{key}");
        }
    }
    let half = |x: f64, y: f64| 0.5 * (x - y).abs();
    let energy = half(a["energy"].as_f64().unwrap(), b["energy"].as_f64().unwrap());
    assert!((row["spread"]["energy"].as_f64().unwrap() - energy).abs() < 1e-12 && energy > 0.0);
    let forces = numbers(&a["forces"]).into_iter().zip(numbers(&b["forces"])).map(|(x, y)| half(x, y).powi(2));
    let forces: Vec<f64> = forces.collect();
    for (atom, spread) in numbers(&row["spread"]["forces"]).into_iter().enumerate() {
        let expected = forces[3 * atom..3 * atom + 3].iter().sum::<f64>().sqrt();
        assert!((spread - expected).abs() < 1e-12, "atom {atom}");
    }
    let frame = &read(folder.read("out.extxyz"), Format::ExtendedXyz).unwrap()[0];
    assert!(frame.info.contains_key("energy_spread") && frame.arrays.contains_key("force_spread"));
    assert!(ran.stderr.contains("spread") && ran.stderr.contains("mean"), "{}", ran.stderr);
}

#[test]
fn what_cannot_be_compared_is_refused_by_name() {
    let folder = Folder::new();
    folder.write("si.extxyz", SILICON);
    let cases = [
        (vec!["--models", "sevennet-0"], "two models or more"),
        (vec!["--models", "nowhere.pth,also.pth"], "nowhere.pth"),
        (vec!["--models", "a,b", "--model", "c"], "cannot be used with"),
    ];
    for (arguments, words) in cases {
        let mut all = vec!["eval", "si.extxyz"];
        all.extend(arguments);
        let ran = folder.run(&all);
        assert!(ran.status != Some(0) && ran.stderr.contains(words), "{all:?}: {}", ran.stderr);
    }
    let head = format!("{}@PBE,{}", fixture("pbe"), fixture("r2scan"));
    let ran = folder.run(&["eval", "si.extxyz", "--models", &head]);
    assert!(ran.status != Some(0) && ran.stderr.contains("single level of theory"), "{}", ran.stderr);
}
