//! Checkpoints of torchmd-net, wherever a model is asked for.

use std::path::Path;

use serde_json::Value;

use crate::folder::Folder;

const SILICON: &str = "2
Lattice=\"0.0 2.7 2.7 2.7 0.0 2.7 2.7 2.7 0.0\" Properties=species:S:1:pos:R:3 pbc=\"T T T\"
Si 0.0 0.0 0.0
Si 1.4 1.3 1.4
";

fn with_model(name: &str) -> Folder {
    let folder = Folder::new();
    folder.write("si.extxyz", SILICON);
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/tensornet/torchmd-net");
    std::fs::copy(fixtures.join(format!("{name}.ckpt")), folder.path("model.ckpt")).unwrap();
    folder
}

fn energy(folder: &Folder, arguments: &[&str]) -> f64 {
    let ran = folder.run(&[&["eval", "si.extxyz", "--precision", "f64", "--json"], arguments].concat());
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let row: Value = serde_json::from_str(ran.stdout.lines().next().unwrap()).unwrap();
    row["energy"].as_f64().unwrap()
}

#[test]
fn units_must_be_named_and_a_model_file_keeps_them() {
    let folder = with_model("mirrors");
    for arguments in [
        &["eval", "si.extxyz", "--model", "model.ckpt"][..],
        &["relax", "si.extxyz", "--model", "model.ckpt"],
        &["models", "info", "model.ckpt"],
        &["models", "convert", "model.ckpt", "out.safetensors"],
    ] {
        let ran = folder.run(arguments);
        assert_ne!(ran.status, Some(0), "{arguments:?}");
        assert!(ran.stderr.contains("--units"), "{arguments:?}: {}", ran.stderr);
    }
    assert!(!folder.path("out.safetensors").exists());
    let units = ["--units", "kcal/mol,A"];
    let convert = folder.run(&[&["models", "convert", "model.ckpt", "out.safetensors"][..], &units].concat());
    assert_eq!(convert.status, Some(0), "{}", convert.stderr);
    let kept = energy(&folder, &["--model", "out.safetensors"]);
    assert_eq!(kept, energy(&folder, &["--model", "model.ckpt", "--units", "kcal/mol,A"]));
    let in_electronvolts = energy(&folder, &["--model", "model.ckpt", "--units", "eV,A"]);
    assert!((kept / in_electronvolts - 0.043_364_104).abs() < 1e-8);
    // What says its units is not to be told others.
    let twice = folder.run(&["eval", "si.extxyz", "--model", "out.safetensors", "--units", "eV,A"]);
    assert!(twice.status != Some(0) && twice.stderr.contains("--units"), "{}", twice.stderr);
    let unknown = folder.run(&["eval", "si.extxyz", "--model", "model.ckpt", "--units", "erg,A"]);
    assert!(unknown.status != Some(0) && unknown.stderr.contains("kcal/mol"), "{}", unknown.stderr);
}

#[test]
fn charges_are_part_of_the_model() {
    let folder = with_model("bohr");
    let units = ["--model", "model.ckpt", "--units", "Hartree,Bohr"];
    let neutral = energy(&folder, &units);
    let charged = energy(&folder, &[&units[..], &["--charge", "-1"]].concat());
    assert!((neutral - charged).abs() > 1e-6);
}

#[test]
fn everything_that_must_hold_holds() {
    for (name, units) in [("mirrors", "eV,A"), ("mean_of_atoms", "kcal/mol,A"), ("bohr", "Hartree,Bohr")] {
        let folder = with_model(name);
        let ran = folder.run(&["models", "verify", "model.ckpt", "--units", units]);
        assert_eq!(ran.status, Some(0), "{name}: {}", ran.stderr);
    }
}
