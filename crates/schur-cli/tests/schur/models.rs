//! `schur models`.

use std::fs;

use serde_json::Value;

use crate::folder::{Folder, checkpoints, models, offer_wheel, ran, skip};

const NAMES: [&str; 7] =
    ["sevennet-0", "sevennet-0-may", "sevennet-l3i5", "sevennet-mf-0", "chgnet-0.3.0", "chgnet-0.2.0", "chgnet-r2scan"];

#[test]
fn list_names_every_model_and_whether_it_is_there() {
    let folder = Folder::new();
    let text = folder.run(&["models", "list"]);
    assert_eq!((text.status, text.stderr.as_str()), (Some(0), ""));
    let json = folder.run(&["models", "list", "--json"]);
    let values: Vec<Value> = json.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(values.len(), NAMES.len());
    for (value, name) in values.iter().zip(NAMES) {
        assert!(text.stdout.contains(name));
        assert_eq!((value["name"].as_str(), value["cached"].as_bool()), (Some(name), Some(false)));
    }
}

#[test]
fn unknown_names_are_answered_with_the_known_ones() {
    let folder = Folder::new();
    for arguments in
        [&["models", "pull", "sevenet-0"][..], &["models", "info", "sevenet-0"], &["models", "verify", "x"]]
    {
        let ran = folder.run(arguments);
        assert_eq!(ran.status, Some(1));
        assert!(ran.stderr.contains("sevennet-0, sevennet-0-may"), "{}", ran.stderr);
    }
}

#[test]
fn without_pip_the_way_by_hand_is_told() {
    let folder = Folder::new();
    let ran = ran(folder.schur(["models", "pull"]).env("PATH", folder.path("empty")));
    assert_eq!(ran.status, Some(1));
    for part in ["schur models convert checkpoint_sevennet_0.pth", "sevennet-0.safetensors", "no pip", "python3 -m pip"]
    {
        assert!(ran.stderr.contains(part), "{part} is not in\n{}", ran.stderr);
    }
}

/// An index that cannot be reached, or lacks the package, must not look like success.
#[test]
fn what_pip_says_is_passed_on() {
    let folder = Folder::new();
    let mut command = folder.schur(["models", "pull"]);
    command.env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", folder.path("."));
    let ran = ran(&mut command);
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.contains("schur models convert"), "{}", ran.stderr);
    assert!(!folder.path("no-models").join("sevennet-0.safetensors").exists());
}

/// Paths in the user's settings of pip are relative to where the user is.
#[test]
fn relative_paths_reach_pip_as_they_are_meant() {
    let folder = Folder::new();
    fs::create_dir(folder.path("wheels")).unwrap();
    let said = |links: &str| {
        let mut command = folder.schur(["models", "pull"]);
        ran(command.env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", links)).stderr
    };
    let missing = said("no-wheels");
    if !missing.contains("is ignored") {
        skip("a test of pip's settings", &missing);
        return;
    }
    let there = said("wheels");
    assert!(there.contains("failed") && !there.contains("is ignored"), "{there}");
}

#[test]
fn a_stray_module_called_pip_is_not_run() {
    let folder = Folder::new();
    for name in ["pip.py", "runpy.py", "sys.py"] {
        folder.write(name, "open('was-run', 'w')\n");
    }
    let mut command = folder.schur(["models", "pull"]);
    let ran = ran(command.env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", "."));
    assert_eq!(ran.status, Some(1));
    assert!(!folder.path("was-run").exists(), "{}", ran.stderr);
}

#[test]
fn nothing_to_verify_is_an_error() {
    let ran = Folder::new().run(&["models", "verify"]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.contains("schur models pull"), "{}", ran.stderr);
}

#[test]
fn files_that_are_no_model_are_refused() {
    let folder = Folder::new();
    let header = format!("{}{{\"a\":", "\u{7}\0\0\0\0\0\0\0");
    for (name, content) in [("text.pth", "no model"), ("empty.safetensors", ""), ("torn.safetensors", header.as_str())]
    {
        folder.write(name, content);
        for arguments in [&["models", "info", name][..], &["models", "convert", name, "out.safetensors"]] {
            let ran = folder.run(arguments);
            assert_eq!(ran.status, Some(1), "{arguments:?}");
            assert!(ran.stderr.contains(name), "{}", ran.stderr);
        }
    }
    assert!(!folder.path("out.safetensors").exists());
    assert!(folder.run(&["models", "info", "missing.pth"]).stderr.contains("cannot read model `missing.pth`"));
}

#[test]
fn fetched_models_pass_their_check() {
    let Some(ran) = Folder::new().run_with_models(&["models", "verify", "--stored", "--json"]) else { return };
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let values: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(values.iter().map(|value| value["name"].as_str().unwrap()).collect::<Vec<_>>(), NAMES);
    assert!(values.iter().all(|value| value["ok"] == true && value["checks"].as_array().unwrap().is_empty()));
}

/// What must hold for any potential holds for published ones and for files; those have no stored answers.
#[test]
fn models_and_files_are_measured() {
    let folder = Folder::new();
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures");
    let (mace, tensornet) =
        (format!("{fixtures}/mace/zbl_agnesi_two_heads.model"), format!("{fixtures}/tensornet/so3"));
    let ran = folder.run(&["models", "verify", &mace, &tensornet, "--json"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    for part in ["rotations", "no answers are stored", "level of theory pbe", "ok, all of", "mirror images"] {
        assert!(ran.stderr.contains(part), "{part} is not in\n{}", ran.stderr);
    }
    let reports: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((reports.len(), &reports[0]["name"], &reports[0]["modality"]), (2, &mace.into(), &"pbe".into()));
    for report in &reports {
        let checks = report["checks"].as_array().unwrap();
        assert!(checks.len() >= 29 && checks.iter().all(|check| check["ok"] == true), "{report}");
        assert!(checks.iter().all(|check| check["measured"].is_f64() && check["unit"].is_string()), "{report}");
    }
    let Some(ran) = folder.run_with_models(&["models", "verify", "chgnet-0.3.0", "--json"]) else { return };
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(report["findings"].as_array().unwrap().len() >= 3 && report["checks"].as_array().unwrap().len() >= 29);
}

/// A file that is none, one that is not there, a head that no model has: each is named, and the others are checked.
#[test]
fn what_cannot_be_verified_is_named_and_fails() {
    let folder = Folder::new();
    let mace = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/mace/zbl_agnesi_two_heads.model");
    folder.write("text.pth", "no model");
    let ran = folder.run(&["models", "verify", "text.pth", "missing.model", mace, "--stored"]);
    assert_eq!(ran.status, Some(1));
    for part in
        ["text.pth: FAILED", "missing.model: FAILED", "cannot read model `missing.model`", "two_heads.model: ok"]
    {
        assert!(ran.stderr.contains(part), "{part} is not in\n{}", ran.stderr);
    }
    let ran = folder.run(&["models", "verify", mace, "--head", "b3lyp"]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.contains("pbe, r2scan") && ran.stderr.contains("FAILED"), "{}", ran.stderr);
}

/// The checkpoint as chgnet publishes it is a model wherever one is asked for.
#[test]
fn a_checkpoint_of_chgnet_answers_as_the_fetched_model() {
    let Some(checkpoints) = checkpoints() else { return };
    let folder = Folder::new();
    folder.write("nacl.vasp", "NaCl\n5.6\n0 .5 .5\n.5 0 .5\n.5 .5 0\nNa Cl\n1 1\nDirect\n0 0 0\n.5 .48 .5\n");
    let energy = |model: &str| {
        let ran = folder.run_with_models(&["eval", "nacl.vasp", "--json", "--model", model])?;
        assert_eq!(ran.status, Some(0), "{model}: {}", ran.stderr);
        let row: Value = serde_json::from_str(ran.stdout.lines().next().unwrap()).unwrap();
        row["energy"].as_f64()
    };
    let checkpoint = checkpoints.join("chgnet-0.3.0.pth.tar");
    let found = energy(checkpoint.to_str().unwrap());
    assert!(found.is_some_and(|energy| energy < -5.0), "{found:?}");
    assert_eq!(found, energy("chgnet-0.3.0"));
}

#[test]
fn a_damaged_model_is_refused_and_fetched_again() {
    let Some(models) = models() else { return };
    let folder = Folder::new();
    let home = folder.path("home");
    fs::create_dir(&home).unwrap();
    fs::copy(models.join("sevennet-0.sha256"), home.join("sevennet-0.sha256")).unwrap();
    let mut bytes = fs::read(models.join("sevennet-0.safetensors")).unwrap();
    let good = bytes.clone();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(home.join("sevennet-0.safetensors"), bytes).unwrap();
    let schur = |arguments: &[&str]| {
        let mut command = folder.schur(arguments);
        offer_wheel(command.env("SCHUR_HOME", &home));
        ran(&mut command)
    };
    let info = schur(&["models", "info", "sevennet-0"]);
    assert_eq!(info.status, Some(1));
    assert!(info.stderr.contains("is damaged") && info.stderr.contains("pull --force"), "{}", info.stderr);
    let verify = schur(&["models", "verify"]);
    assert_eq!(verify.status, Some(1));
    assert!(verify.stderr.contains("FAILED"), "{}", verify.stderr);
    let pull = schur(&["models", "pull", "--force", "sevennet-0"]);
    assert_eq!(pull.status, Some(0), "{}", pull.stderr);
    assert_eq!(fs::read(home.join("sevennet-0.safetensors")).unwrap(), good);
}

/// Intact bytes of the wrong weights: only the reference values can tell.
#[test]
fn another_model_under_a_name_fails_its_check() {
    let Some(models) = models() else { return };
    let folder = Folder::new();
    let home = folder.path("home");
    fs::create_dir(&home).unwrap();
    fs::copy(models.join("sevennet-0-may.safetensors"), home.join("sevennet-0.safetensors")).unwrap();
    let ran = ran(folder.schur(["models", "verify", "--stored", "--json"]).env("SCHUR_HOME", &home));
    assert_eq!(ran.status, Some(1));
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["ok"], false);
    assert!(ran.stderr.contains("none was recorded") && ran.stderr.contains("FAILED"), "{}", ran.stderr);
}

#[test]
fn cards_tell_origin_and_licence() {
    let folder = Folder::new();
    let Some(text) = folder.run_with_models(&["models", "info", "sevennet-0"]) else { return };
    assert_eq!(text.status, Some(0), "{}", text.stderr);
    for part in [
        "5 Å",
        "XPLOR from 4.5 Å",
        "89: H He Li",
        "MIT",
        "7052cb42b7b3be42b40b97fa0d21077a48c54b5548948fc4dcf346629f813c36",
    ] {
        assert!(text.stdout.contains(part), "{part} is not in\n{}", text.stdout);
    }
    let chgnet = folder.run_with_models(&["models", "info", "chgnet-0.3.0"]).unwrap();
    for part in [
        "chgnet",
        "6 Å",
        "magnetic moments",
        "modified BSD",
        "d14ab7c0f093efe64b60a7bcd540bca10e74fb7f46c86108a079af60524659d1",
    ] {
        assert!(chgnet.stdout.contains(part), "{part} is not in\n{}{}", chgnet.stdout, chgnet.stderr);
    }
    let json = folder.run_with_models(&["models", "info", "sevennet-mf-0", "--modality", "PBE", "--json"]).unwrap();
    let card: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(card["modalities"].as_array().unwrap().len(), 2);
    assert_eq!(card["cutoff_function"]["kind"], "xplor");
}

/// Metadata are what the maker of a file wrote.
#[test]
fn a_card_shows_control_characters_instead_of_obeying_them() {
    let Some(models) = models() else { return };
    let folder = Folder::new();
    let mut model =
        schur_io::safetensors::ModelFile::from_bytes(&fs::read(models.join("sevennet-0.safetensors")).unwrap());
    let file = model.as_mut().unwrap();
    file.metadata.insert("licence\u{1b}[8m".to_owned(), "free\n\u{1b}]0;title\u{7}".to_owned());
    folder.write("odd.safetensors", file.to_bytes().unwrap());
    let ran = folder.run(&["models", "info", "odd.safetensors"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.chars().all(|c| c == '\n' || !c.is_control()), "{:?}", ran.stdout);
    assert!(ran.stdout.contains("licence\\u{1b}[8m") && ran.stdout.contains("free\\n"), "{}", ran.stdout);
}
