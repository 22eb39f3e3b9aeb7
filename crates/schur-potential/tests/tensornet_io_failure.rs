//! Damaged and hostile files of matgl are refused, with the place in the file, and nothing in them is run.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "models/tensornet.rs"]
mod tensornet;

use std::io::{Cursor, Write};

use schur_io::torch::{Checkpoint, TorchError};
use schur_potential::{Model, ModelError};
use tensornet::tensornet_fixtures;

fn settings() -> String {
    std::fs::read_to_string(tensornet_fixtures().join("so3/model.json")).unwrap()
}

fn state() -> Vec<u8> {
    std::fs::read(tensornet_fixtures().join("so3/state.pt")).unwrap()
}

/// What comes of the two files, as text.
fn refusal(settings: &str, state: &[u8]) -> String {
    let checkpoint = match Checkpoint::read(state) {
        Ok(checkpoint) => checkpoint,
        Err(error) => return error.to_string(),
    };
    match Model::from_matgl(settings, &checkpoint) {
        Ok(_) => "accepted".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// The settings with one entry replaced, or removed.
fn with(pointer: &str, value: Option<serde_json::Value>) -> String {
    let mut content: serde_json::Value = serde_json::from_str(&settings()).unwrap();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = content.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => parent.insert(name.to_owned(), value),
        None => parent.remove(name),
    };
    content.to_string()
}

#[test]
fn the_files_as_they_are_pass() {
    assert_eq!(refusal(&settings(), &state()), "accepted");
}

#[test]
fn settings_that_are_not_supported_are_refused_by_name() {
    let state = state();
    for (pointer, value) in [
        ("/@class", "Relaxer".into()),
        ("/@model_version", 4.into()),
        ("/kwargs/model/@class", "M3GNet".into()),
        ("/kwargs/model/@module", "os".into()),
        ("/kwargs/model/@model_version", 3.into()),
        ("/kwargs/calc_repuls", true.into()),
        ("/kwargs/model/init_args/is_intensive", true.into()),
        ("/kwargs/model/init_args/include_state", true.into()),
        ("/kwargs/model/init_args/ntargets", 2.into()),
        ("/kwargs/model/init_args/activation_type", "tanh".into()),
        ("/kwargs/model/init_args/rbf_type", "ExpNorm".into()),
        ("/kwargs/model/init_args/equivariance_invariance_group", "E(3)".into()),
        ("/kwargs/model/init_args/element_types", vec!["Si", "Xx"].into()),
        ("/kwargs/model/init_args/units", "many".into()),
        ("/kwargs/model/init_args/cutoff", serde_json::Value::Null),
    ] {
        let text = refusal(&with(pointer, Some(value)), &state);
        let name = pointer.rsplit('/').next().unwrap();
        assert!(text.contains(name) || (name == "@module" && text.contains("module os")), "{pointer}: {text}");
        if !["/kwargs/calc_repuls", "/kwargs/model/init_args/include_state", "/kwargs/model/init_args/ntargets"]
            .contains(&pointer)
        {
            let text = refusal(&with(pointer, None), &state);
            assert!(text.contains(name), "{pointer} removed: {text}");
        }
    }
}

/// Sizes that the weights do not have, sizes beyond bounds, and species that occur twice.
#[test]
fn settings_that_do_not_fit_the_weights_are_refused() {
    let state = state();
    let of = |name: &str| format!("/kwargs/model/init_args/{name}");
    for (name, value, expected) in [
        ("units", 48.into(), "shape"),
        ("units", 33.into(), "shape"),
        ("units", 1_000_000_000_000_u64.into(), "channels"),
        ("nblocks", 2.into(), "model.layers.1"),
        ("nblocks", 0.into(), "layer"),
        ("nblocks", u64::MAX.into(), "layers"),
        ("num_rbf", 7.into(), "shape"),
        ("cutoff", 0.0.into(), "cut-off"),
        ("cutoff", 1e9.into(), "cut-off"),
        ("width", (-1.0).into(), "width"),
        ("element_types", vec!["Si", "H", "Cu"].into(), "shape"),
        ("element_types", vec!["Si", "H", "Cu", "Si"].into(), "at most one each"),
        ("element_types", Vec::<&str>::new().into(), "species"),
    ] {
        let text = refusal(&with(&of(name), Some(value)), &state);
        assert!(text.contains(expected), "{name}: {text}");
    }
    for text in ["", "{", "[]", "null", "{\"@class\": {}}"] {
        assert!(refusal(text, &state).contains("model.json"), "{text}");
    }
}

#[test]
fn truncated_weights_are_refused_at_every_length() {
    let (settings, state) = (settings(), state());
    for share in 0..64 {
        let text = refusal(&settings, &state[..state.len() * share / 64]);
        assert_ne!(text, "accepted", "{share}/64 of the file");
    }
}

/// A zip archive with one pickle.
fn archive(pickle: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in [("state/data.pkl", pickle), ("state/byteorder", b"little")] {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn pickles_that_would_run_something_are_data() {
    let marker = std::env::temp_dir().join(format!("schur-tensornet-payload-{}", std::process::id()));
    let command = format!("touch {}", marker.display());
    // As the root, and as the value of a weight that is asked for.
    let root = format!("cos\nsystem\n(S'{command}'\ntR.");
    let weight = format!("(dS'model.bond_expansion.rbf.centers'\ncos\nsystem\n(S'{command}'\ntRs.");
    for pickle in [root, weight] {
        let bytes = archive(pickle.as_bytes());
        let text = refusal(&settings(), &bytes);
        assert!(text.contains("system"), "{text}");
        assert!(!marker.exists(), "the payload was run");
    }
}

#[test]
fn other_checkpoints_are_refused() {
    let bytes = archive(b"(dS'model.tensor_embedding.emb.weight'\nI3\ns.");
    let text = refusal(&settings(), &bytes);
    assert!(text.contains("model.bond_expansion.rbf.centers"), "{text}");
    assert!(matches!(Checkpoint::read(b"PK and so on"), Err(TorchError::Archive(_))));
    let checkpoint = Checkpoint::read(&bytes).unwrap();
    assert!(matches!(Model::from_matgl(&settings(), &checkpoint), Err(ModelError::Checkpoint { .. })));
}
