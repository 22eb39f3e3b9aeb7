//! Damaged and hostile checkpoints of torchmd-net are refused, with the place in the file, and nothing in them is run.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "models/torchmd_net.rs"]
mod torchmd_net;

use std::io::{Cursor, Read, Write};

use schur_io::torch::Checkpoint;
use schur_potential::{Model, ModelError, PotentialOptions, TorchmdNetOptions};
use torchmd_net::bytes;

/// What comes of a checkpoint, as text.
fn refusal(bytes: &[u8]) -> String {
    let checkpoint = match Checkpoint::read(bytes) {
        Ok(checkpoint) => checkpoint,
        Err(error) => return error.to_string(),
    };
    let options = TorchmdNetOptions { units: "eV,A".parse().ok(), charge: 0.0 };
    let pool = std::sync::Arc::new(rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap());
    let model = Model::from_torchmd_net(&checkpoint, &options);
    match model.and_then(|model| model.potential(&PotentialOptions::default(), pool).map(drop)) {
        Ok(()) => "accepted".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// The checkpoint with its pickle, or one of its storages, replaced.
fn with_member(name: &str, change: impl Fn(&str, Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes(name))).unwrap();
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).unwrap();
        let (name, mut content) = (member.name().unwrap().into_owned(), Vec::new());
        member.read_to_end(&mut content).unwrap();
        let content = change(&name, content);
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(&content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The checkpoint with a text of its pickle replaced by one of equal length, so that no length in it is wrong.
fn with_text(name: &str, from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    with_member(name, |member, mut content| {
        if member.ends_with("data.pkl") {
            let places = (0..=content.len() - from.len()).filter(|&at| content[at..].starts_with(from.as_bytes()));
            let places: Vec<usize> = places.collect();
            assert!(!places.is_empty(), "`{from}` is not in the pickle");
            places.into_iter().for_each(|at| content[at..at + to.len()].copy_from_slice(to.as_bytes()));
        }
        content
    })
}

/// An integer of a byte behind a text key.
fn with_count(name: &str, key: &str, value: u8) -> Vec<u8> {
    with_member(name, |member, mut content| {
        if member.ends_with("data.pkl") {
            let at = (0..content.len()).find(|&at| content[at..].starts_with(key.as_bytes())).unwrap() + key.len();
            // Behind the key stands how it is remembered (`q` and a byte), then `K` and the number.
            let place = (at..at + 8).find(|&place| content[place] == b'K').unwrap();
            content[place + 1] = value;
        }
        content
    })
}

#[test]
fn the_files_as_they_are_pass() {
    for (name, entry) in torchmd_net::references().as_object().unwrap() {
        let units = entry["units"].as_str().unwrap().parse().unwrap();
        let packed_again = with_member(name, |_, content| content);
        for bytes in [bytes(name), packed_again] {
            assert!(torchmd_net::read(&bytes, Some(units)).is_ok(), "{name}");
        }
    }
    // A prior says other units than the caller.
    assert!(refusal(&bytes("charges")).contains("`Coulomb` has units of"));
}

#[test]
fn units_must_be_named() {
    assert_eq!(torchmd_net::read(&bytes("mirrors"), None).err(), Some(ModelError::UnknownUnits));
    assert!(ModelError::UnknownUnits.to_string().contains("--units"));
}

#[test]
fn settings_that_are_not_supported_are_refused_by_name() {
    for (from, to, expected) in [
        ("tensornet", "transform", "hyper_parameters.model is `transform`"),
        ("Scalar", "Dipole", "hyper_parameters.output_model is `Dipole`"),
        ("expnorm", "fourier", "hyper_parameters.rbf_type is `fourier`"),
        ("O(3)", "E(3)", "hyper_parameters.equivariance_invariance_group is `E(3)`"),
        ("silu", "gelu", "hyper_parameters.activation is `gelu`"),
        ("add", "max", "hyper_parameters.reduce_op is `max`"),
        ("Atomref", "Another", "hyper_parameters.prior_model: `Another`"),
        ("cutoff_upper", "cutoff_utter", "cutoff_upper"),
    ] {
        let text = refusal(&with_text("mirrors", from, to));
        assert!(text.contains(expected), "{from} -> {to}: {text}");
    }
}

#[test]
fn settings_that_do_not_fit_the_weights_are_refused() {
    for (key, value, expected) in [
        ("embedding_dimension", 24, "shape"),
        ("embedding_dimension", 0, "channels"),
        ("num_layers", 3, "layers.2"),
        ("num_layers", 1, "belongs to nothing"),
        ("num_layers", 200, "layers"),
        ("num_rbf", 7, "shape"),
        ("max_z", 40, "shape"),
        ("max_z", 0, "species"),
    ] {
        let text = refusal(&with_count("mirrors", key, value));
        assert!(text.contains(expected), "{key} {value}: {text}");
    }
}

#[test]
fn missing_and_strange_weights_are_refused_by_name() {
    let names =
        ["model.representation_model.tensor_embedding.emb2.weight", "model.output_model.output_network.layers.2.bias"];
    for name in names {
        let text = refusal(&with_text("mirrors", name, &name.replace("model.", "other.")));
        assert!(text.contains(&name["model.".len()..]), "{text}");
    }
    // Not a number, and an infinite one, in every storage in turn.
    let storages = zip::ZipArchive::new(Cursor::new(bytes("mirrors"))).unwrap().file_names().count();
    for bad in [f64::NAN, f64::INFINITY] {
        let mut refused = 0;
        for storage in 0..storages {
            let damaged = with_member("mirrors", |member, mut content| {
                if member.ends_with(&format!("/data/{storage}")) && content.len() >= 8 {
                    content[..8].copy_from_slice(&bad.to_le_bytes());
                }
                content
            });
            let text = refusal(&damaged);
            // Energies of free atoms begin with that of no element, and the box is not read.
            assert!(text == "accepted" || text.contains("damaged") || text.contains("NaN"), "{storage}: {text}");
            refused += usize::from(text != "accepted");
        }
        assert!(refused > 30, "{refused} of {storages}");
    }
}

#[test]
fn truncated_checkpoints_are_refused_at_every_length() {
    let whole = bytes("no_layers");
    for share in 0..64 {
        assert_ne!(refusal(&whole[..whole.len() * share / 64]), "accepted", "{share}/64 of the file");
    }
}

/// A zip archive with one pickle.
fn archive(pickle: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in [("model/data.pkl", pickle), ("model/byteorder", b"little")] {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn pickles_that_would_run_something_are_data() {
    let marker = std::env::temp_dir().join(format!("schur-torchmd-net-payload-{}", std::process::id()));
    let payload = format!("cos\nsystem\n(S'touch {}'\ntR", marker.display());
    // As the root, as the hyper-parameters, and as one of them.
    let pickles = [
        format!("{payload}."),
        format!("(dS'hyper_parameters'\n{payload}sS'state_dict'\n(ds."),
        format!("(dS'hyper_parameters'\n(dS'model'\n{payload}ssS'state_dict'\n(ds."),
    ];
    for pickle in pickles {
        let text = refusal(&archive(pickle.as_bytes()));
        assert!(text.contains("system"), "{text}");
        assert!(!marker.exists(), "the payload was run");
    }
}
