//! Files that are damaged, hostile, or use what is not supported: refused with the name of what is wrong.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "models/answers.rs"]
mod answers;
#[path = "models/mace.rs"]
mod mace;

use std::io::{Cursor, Read, Write};

use answers::pool;
use mace::{bytes, model, options};
use schur_io::torch::Checkpoint;
use schur_io::{Data, Tensor};
use schur_potential::{Model, ModelError, PotentialOptions, Precision};

/// The smallest file, with every part that files have.
const SMALL: &str = "one_layer";

/// The members of an archive.
fn members(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut member = archive.by_index(index).unwrap();
            let mut content = Vec::new();
            member.read_to_end(&mut content).unwrap();
            (member.name().unwrap().into_owned(), content)
        })
        .collect()
}

fn archive(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, content) in members {
        archive.start_file(name.as_str(), stored).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn read(bytes: &[u8]) -> Result<Model, String> {
    let checkpoint = Checkpoint::read(bytes).map_err(|error| error.to_string())?;
    Model::from_mace(&checkpoint).map_err(|error| error.to_string())
}

fn replaced(content: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut content = content.to_vec();
    let places: Vec<usize> =
        (0..content.len() - from.len()).filter(|&i| content[i..].starts_with(from.as_bytes())).collect();
    assert!(!places.is_empty(), "{from} does not occur");
    for place in places {
        content[place..place + to.len()].copy_from_slice(to.as_bytes());
    }
    content
}

#[test]
fn what_is_not_supported_is_named() {
    for (file, from, to) in [
        ("ell1", "RealAgnosticResidualInteractionBlock", "RealAgnosticAttResidualInteraction_B"),
        (SMALL, "RealAgnosticInteractionBlock", "RealAgnosticInteractionOther"),
        (SMALL, "BesselBasis", "OtherBasis_"),
        (SMALL, "PolynomialCutoff", "CosineCutoff____"),
        (SMALL, "silu", "tanh"),
        (SMALL, "LinearReadoutBlock", "DipoleReadoutBlock"),
        (SMALL, "ScaleShiftMACE", "PolarisedMACE_"),
        (SMALL, "EquivariantProductBasisBlock", "EquivariantProductOtherBlock"),
        (SMALL, "FullyConnectedTensorProduct", "FullyConnectedTensorProduce"),
        (SMALL, "component", "integral_"),
        (SMALL, "reshape_irreps", "reshape_others"),
    ] {
        let mut content = members(&bytes(file));
        let pickle = content.iter_mut().find(|(name, _)| name.ends_with("data.pkl")).unwrap();
        pickle.1 = replaced(&pickle.1, from, to);
        let found = read(&archive(&content));
        if from == "reshape_irreps" {
            // The class of what only reshapes does not matter.
            assert!(found.is_ok());
            continue;
        }
        let error = found.unwrap_err();
        let named = if from == "component" { "normalisation" } else { to };
        assert!(error.contains(named), "{to}: {error}");
    }
}

/// Every member missing, cut, or full of NaN: an error, or a member that nothing is read from.
#[test]
fn damaged_members_are_refused_or_never_read() {
    let expected = model(SMALL);
    let content = members(&bytes(SMALL));
    let mut refused = 0;
    for (index, (name, member)) in content.iter().enumerate() {
        let nan = f64::NAN.to_le_bytes().repeat(member.len() / 8);
        for (what, with) in [("missing", None), ("cut", Some(member[..member.len() / 2].to_vec())), ("nan", Some(nan))]
        {
            let mut changed = content.clone();
            match with {
                Some(with) if with == *member => continue,
                Some(with) => changed[index].1 = with,
                None => drop(changed.remove(index)),
            }
            match read(&archive(&changed)) {
                Err(_) => refused += 1,
                Ok(found) => assert!(found == expected, "{name} {what}: the model is another one"),
            }
        }
    }
    assert!(refused > 60, "only {refused} changes were refused");
}

#[test]
fn truncated_files_and_other_objects_are_refused() {
    let whole = bytes(SMALL);
    for share in 0..40 {
        assert!(read(&whole[..whole.len() * share / 40]).is_err(), "{share}/40 of the file");
    }
    let names = members(&whole);
    let prefix = names[0].0.split('/').next().unwrap().to_owned();
    // What would run a command if it were unpickled, a dictionary, a number, and a module without content.
    for pickle in [
        &b"cposix\nsystem\n(Vtrue\ntR."[..],
        b"c__builtin__\neval\n(V1\ntRp0\n.",
        b"}.",
        b"I1\n.",
        b"cmace.modules.models\nScaleShiftMACE\n.",
        b"cmace.modules.models\nScaleShiftMACE\n)\x81}b.",
    ] {
        let file = archive(&[(format!("{prefix}/data.pkl"), pickle.to_vec())]);
        assert!(read(&file).is_err(), "{pickle:?}");
    }
}

/// Whatever a byte of the description becomes, reading ends with a model or an error.
#[test]
fn changed_bytes_never_panic() {
    let content = members(&bytes(SMALL));
    let place = content.iter().position(|(name, _)| name.ends_with("data.pkl")).unwrap();
    let length = content[place].1.len();
    for step in 0..120 {
        let mut changed = content.clone();
        let at = (step * 7919 + 31) % length;
        changed[place].1[at] ^= 1 << (step % 8);
        if let Ok(model) = read(&archive(&changed)) {
            assert!(model.architecture.validate().is_ok());
        }
    }
}

/// Weights that are missing, have another shape or are no numbers, in a model file of ours.
#[test]
fn every_weight_is_checked() {
    for name in ["zbl_agnesi_two_heads", "density_throughout"] {
        let whole = model(name);
        let options = options(&whole, Precision::F64, true);
        let error = |model: &Model| model.potential(&options, pool(1)).err();
        for key in whole.weights.keys() {
            let mut changed = whole.clone();
            changed.weights.remove(key);
            assert!(matches!(error(&changed), Some(ModelError::MissingWeight { .. })), "{key}");
            let shape = whole.weights[key].shape().to_vec();
            let mut values = whole.weights[key].to_f64();
            let longer = Tensor::new(vec![values.len() + 1], Data::F64(vec![1.0; values.len() + 1])).unwrap();
            changed.weights.insert(key.clone(), longer);
            assert!(matches!(error(&changed), Some(ModelError::WeightShape { .. })), "{key}");
            *values.last_mut().unwrap() = f64::NAN;
            changed.weights.insert(key.clone(), Tensor::new(shape, Data::F64(values)).unwrap());
            assert!(matches!(error(&changed), Some(ModelError::WeightNotFinite { .. })), "{key}");
        }
    }
}

#[test]
fn heads_are_named_by_those_there_are() {
    let model = model("zbl_agnesi_two_heads");
    let with = |head: Option<&str>| PotentialOptions { modality: head.map(str::to_owned), ..Default::default() };
    assert!(model.potential(&with(Some("R2SCAN")), pool(1)).is_ok());
    for head in [None, Some("b3lyp")] {
        let error = model.potential(&with(head), pool(1)).err().unwrap().to_string();
        assert!(error.contains("pbe, r2scan"), "{error}");
    }
}
