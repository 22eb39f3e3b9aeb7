//! Models of MACE wherever a model is asked for.

use serde_json::Value;

use crate::folder::Folder;

/// A model with two heads that knows H, O and Si.
fn model() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/mace/zbl_agnesi_two_heads.model").to_owned()
}

const WATER: &str =
    "3\nProperties=species:S:1:pos:R:3 pbc=\"F F F\"\nO 0 0 0.119\nH 0 0.763 -0.477\nH 0 -0.763 -0.477\n";

fn energy(folder: &Folder, model: &str, more: &[&str]) -> Result<f64, String> {
    let arguments = [&["eval", "water.xyz", "--json", "--precision", "f64", "--model", model], more].concat();
    let ran = folder.run(&arguments);
    if ran.status != Some(0) {
        return Err(ran.stderr);
    }
    let row: Value = serde_json::from_str(ran.stdout.lines().next().unwrap()).unwrap();
    Ok(row["energy"].as_f64().unwrap())
}

#[test]
fn a_model_file_of_mace_is_converted_and_says_the_same() {
    let folder = Folder::new();
    folder.write("water.xyz", WATER);
    let direct = energy(&folder, &model(), &["--head", "r2scan"]).unwrap();
    let ran = folder.run(&["models", "convert", &model(), "ours.safetensors"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let ours = folder.path("ours.safetensors").display().to_string();
    assert_eq!(energy(&folder, &ours, &["--modality", "r2scan"]), Ok(direct));
    assert_ne!(energy(&folder, &ours, &["--head", "pbe"]), Ok(direct));
    let info = folder.run(&["models", "info", &ours, "--json"]);
    let card: Value = serde_json::from_str(&info.stdout).unwrap();
    assert_eq!((card["family"].as_str(), card["cutoff"].as_f64()), (Some("mace"), Some(4.2)));
    assert_eq!(card["elements"], serde_json::json!(["H", "O", "Si"]));
}

#[test]
fn heads_and_damage_are_answered() {
    let folder = Folder::new();
    folder.write("water.xyz", WATER);
    for more in [&[][..], &["--head", "b3lyp"]] {
        let error = energy(&folder, &model(), more).unwrap_err();
        assert!(error.contains("pbe, r2scan"), "{error}");
    }
    let bytes = std::fs::read(model()).unwrap();
    folder.write("cut.model", &bytes[..bytes.len() / 2]);
    let cut = folder.path("cut.model").display().to_string();
    assert!(energy(&folder, &cut, &["--head", "pbe"]).is_err());
}
