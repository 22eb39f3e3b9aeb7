//! Checkpoints into models, with the note of where they come from.

use anyhow::{Context, Result, bail};
use schur_io::torch::{Checkpoint, Kind};
use schur_io::{Data, Tensor, sha256};
use schur_potential::{Model, TorchmdNetOptions};

use super::{locate, registry};

/// Reads a checkpoint and notes its digest, and its origin if it is a published one.
///
/// # Errors
/// If it cannot be read or is of no kind that is supported, or options are given for what it says itself.
pub fn from_checkpoint(bytes: &[u8], unsaid: &TorchmdNetOptions) -> Result<Model> {
    let checkpoint = Checkpoint::read(bytes)?;
    let is_torchmd_net = is_torchmd_net(&checkpoint);
    if !is_torchmd_net {
        locate::says_enough("the checkpoint", unsaid)?;
    }
    // SevenNet, chgnet and torchmd-net save dictionaries; mace-torch the model itself, an object of a class of its own.
    let mut model = match checkpoint.root().kind()? {
        Kind::Unknown { .. } => Model::from_mace(&checkpoint)?,
        _ if is_torchmd_net => Model::from_torchmd_net(&checkpoint, unsaid)?,
        _ if is_chgnet(&checkpoint) => Model::from_chgnet(&checkpoint)?,
        _ => Model::from_sevennet(&checkpoint)?,
    };
    let digest = sha256(bytes);
    if let Some(entry) = registry::by_checkpoint(&digest) {
        for (key, value) in [
            ("name", entry.name),
            ("description", entry.description),
            ("package", entry.package),
            ("member", entry.member),
            ("licence", entry.licence),
        ] {
            model.metadata.insert(key.to_owned(), value.to_owned());
        }
    }
    model.metadata.insert("checkpoint_sha256".to_owned(), digest);
    model.metadata.insert("converted_by".to_owned(), concat!("schur ", env!("CARGO_PKG_VERSION")).to_owned());
    Ok(model)
}

/// Whether a checkpoint is laid out as Lightning writes those of torchmd-net.
fn is_torchmd_net(checkpoint: &Checkpoint<'_>) -> bool {
    let root = checkpoint.root();
    ["hyper_parameters", "state_dict"].iter().all(|name| matches!(root.find(name), Ok(Some(_))))
}

/// Whether a checkpoint is laid out as chgnet writes it.
fn is_chgnet(checkpoint: &Checkpoint<'_>) -> bool {
    let model = checkpoint.root().find("model").ok().flatten();
    model.is_some_and(|model| matches!(model.find("model_args"), Ok(Some(_))))
}

/// What is known of the potentials that matgl publishes: digest of the weights, name, description.
const MATGL: [(&str, &str, &str); 2] = [
    (
        "d2dfa51a65d23a47fd935eb0628177d2a1088584562091ef3350ce3a002fce6a",
        "tensornet-matpes-pbe",
        "TensorNet trained on MatPES, PBE, 89 elements",
    ),
    (
        "b1f87297bac09ada6f0e2f41d362d784f894ff0f1f031478187c55ec661b71ba",
        "tensornet-matpes-r2scan",
        "TensorNet trained on MatPES, r2SCAN, 89 elements",
    ),
];

/// From `LICENSE` in matgl's repository, which holds the weights and no other licence for them.
const MATGL_LICENCE: &str = "BSD-3-Clause, Copyright (c) 2022 Materials Virtual Lab";

/// Reads the two files of a potential that matgl has saved, and notes the digest of the weights and their origin.
///
/// # Errors
/// If they cannot be read or ask for what is not supported.
pub fn from_matgl(settings: &str, state: &[u8]) -> Result<Model> {
    let mut model = Model::from_matgl(settings, &Checkpoint::read(state)?)?;
    let digest = sha256(state);
    if let Some((_, name, description)) = MATGL.iter().find(|(known, ..)| *known == digest) {
        for (key, value) in [("name", *name), ("description", description), ("licence", MATGL_LICENCE)] {
            model.metadata.insert(key.to_owned(), value.to_owned());
        }
        exchange_ends_of_pairs(&mut model)?;
    }
    model.metadata.insert("checkpoint_sha256".to_owned(), digest);
    model.metadata.insert("converted_by".to_owned(), concat!("schur ", env!("CARGO_PKG_VERSION")).to_owned());
    Ok(model)
}

/// The weight of a TensorNet that reads the embeddings of both ends of an edge, one below the other.
const PAIR: &str = "embedding.pair";

/// Gives both ends of an edge to the weights in the order in which the published potentials were trained.
///
/// matgl 3 and 4 concatenate the embeddings the other way round, so that these files give them energies of compounds
/// that are wrong by electronvolts (MgO: -2.27 eV an atom, and -5.87 this way; elements are the same). Files of others
/// say nothing of the order and are taken as matgl takes them.
fn exchange_ends_of_pairs(model: &mut Model) -> Result<()> {
    let weight = model.weights.get_mut(PAIR).context("the potential has no weights of pairs")?;
    let shape = weight.shape().to_vec();
    let mut data = weight.data().clone();
    match &mut data {
        Data::F32(values) => exchange_halves(values),
        Data::F64(values) => exchange_halves(values),
        other => bail!("the weights of pairs are {:?}", other.dtype()),
    }
    *weight = Tensor::new(shape, data)?;
    model.metadata.insert("pairs".to_owned(), "ends exchanged: matgl 3 and 4 read them in reverse".to_owned());
    Ok(())
}

fn exchange_halves<T>(values: &mut [T]) {
    let half = values.len() / 2;
    values.rotate_left(half);
}

/// Writes a model as the bytes of a model file.
///
/// # Errors
/// If the model cannot be written.
pub fn to_bytes(model: &Model) -> Result<Vec<u8>> {
    model.to_file()?.to_bytes().context("the model cannot be written as a file")
}
