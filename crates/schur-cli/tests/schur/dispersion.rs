//! `--dispersion`, wherever a model is run.

use std::path::Path;

use schur_atoms::Value as Entry;
use schur_atoms::files::{Format, read};
use serde_json::Value;

use crate::folder::{Folder, Ran};

const SILICON: &str = "2
Lattice=\"0.0 2.7 2.7 2.7 0.0 2.7 2.7 2.7 0.0\" Properties=species:S:1:pos:R:3 pbc=\"T T T\"
Si 0.0 0.0 0.0
Si 1.4 1.3 1.4
";

/// What simple-dftd3 1.7.0 says of that structure, for PBE and without the three-body term, eV.
const EXPECTED: f64 = -0.638972101995;

fn fixture(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/tensornet").join(name).display().to_string()
}

fn json(ran: &Ran) -> Value {
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

fn energy(value: &Value) -> f64 {
    value["energy"].as_f64().unwrap()
}

#[test]
fn the_correction_is_added_and_told() {
    let folder = Folder::new();
    folder.write("si.extxyz", SILICON);
    let pbe = fixture("pbe");
    let plain = json(&folder.run(&["eval", "si.extxyz", "--model", &pbe, "--json"]));
    assert!(plain.get("dispersion").is_none());
    let arguments = ["eval", "si.extxyz", "--model", &pbe, "--dispersion", "PBE", "--json", "-o", "out.extxyz"];
    let ran = folder.run(&arguments);
    assert!(ran.stderr.contains("D3(BJ) of pbe, within 31.751 Å"), "{}", ran.stderr);
    let with = json(&ran);
    assert_eq!(with["dispersion"], "D3(BJ) pbe");
    let added = energy(&with) - energy(&plain);
    assert!((added - EXPECTED).abs() < 1e-9, "{added}");
    let frame = &read(folder.read("out.extxyz"), Format::ExtendedXyz).unwrap()[0];
    assert_eq!(frame.info["dispersion"], Entry::Text("D3(BJ) pbe".to_owned()));
    let shorter = json(&folder.run(&[&arguments[..7], &["--dispersion-cutoff", "15"]].concat()));
    assert!(energy(&shorter) > energy(&with) + 1e-3);
    // A plain evaluation of what was written carries no correction on.
    let again = folder.run(&["eval", "out.extxyz", "--model", &pbe, "-o", "plain.extxyz", "-q"]);
    assert_eq!(again.status, Some(0), "{}", again.stderr);
    assert!(!folder.read("plain.extxyz").contains("dispersion"));
}

#[test]
fn every_one_of_several_models_has_it() {
    let folder = Folder::new();
    folder.write("si.extxyz", SILICON);
    let both = format!("{},{}", fixture("pbe"), fixture("r2scan"));
    let arguments = ["eval", "si.extxyz", "--models", &both, "--json"];
    let plain = json(&folder.run(&arguments));
    let with = json(&folder.run(&[&arguments[..], &["--dispersion", "pbe"]].concat()));
    assert_eq!(with["dispersion"], "D3(BJ) pbe");
    for place in [0, 1] {
        let added = energy(&with["models"][place]) - energy(&plain["models"][place]);
        assert!((added - EXPECTED).abs() < 1e-9, "{added}");
    }
}

#[test]
fn relaxation_and_dynamics_have_it_and_a_resumed_run_must() {
    let folder = Folder::new();
    folder.write("si.extxyz", SILICON);
    let pbe = fixture("pbe");
    let model = ["--model", &pbe, "--json", "--dispersion", "pbe", "--dispersion-cutoff", "12"];
    let relaxed = folder.run(&[&["relax", "si.extxyz", "--fmax", "0.05"], &model[..]].concat());
    assert_eq!(json(&relaxed)["dispersion"], "D3(BJ) pbe");
    let start = ["md", "si.extxyz", "--ensemble", "nve", "--temperature", "100", "--timestep", "1", "-o", "a.extxyz"];
    let run = folder.run(&[&start[..], &model, &["--steps", "2"]].concat());
    assert_eq!(json(&run)["dispersion"], "D3(BJ) pbe");
    let without = folder.run(&[&start[..], &model[..3], &["--steps", "4", "--resume"]].concat());
    assert_eq!(without.status, Some(1));
    assert!(without.stderr.contains("dispersion is \"D3(BJ) pbe within 12 Å\" there"), "{}", without.stderr);
    assert_eq!(folder.run(&[&start[..], &model, &["--steps", "4", "--resume"]].concat()).status, Some(0));
}

#[test]
fn what_there_is_not_is_refused_by_name() {
    let folder = Folder::new();
    folder.write("si.extxyz", SILICON);
    let cases: [(&[&str], &str); 4] = [
        (&["eval", "si.extxyz", "--dispersion", "pbx"], "b3lyp"),
        (&["eval", "si.extxyz", "--dispersion", "pbe", "--dispersion-cutoff", "0"], "between 1 and 100 Å"),
        (&["eval", "si.extxyz", "--dispersion-cutoff", "20"], "without --dispersion"),
        (&["models", "list", "--dispersion", "pbe"], "eval, relax and md"),
    ];
    for (arguments, words) in cases {
        let ran = folder.run(arguments);
        assert!(ran.status == Some(2) && ran.stderr.contains(words), "{arguments:?}: {}", ran.stderr);
    }
}
