//! Checkpoints into models, with the note of where they come from.

use anyhow::{Context, Result};
use schur_io::sha256;
use schur_io::torch::Checkpoint;
use schur_potential::Model;

use super::registry;

/// Reads a checkpoint and notes its digest, and its origin if it is a published one.
///
/// # Errors
/// If it cannot be read or is of no kind that is supported.
pub fn from_checkpoint(bytes: &[u8]) -> Result<Model> {
    let mut model = Model::from_sevennet(&Checkpoint::read(bytes)?)?;
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

/// Writes a model as the bytes of a model file.
///
/// # Errors
/// If the model cannot be written.
pub fn to_bytes(model: &Model) -> Result<Vec<u8>> {
    model.to_file()?.to_bytes().context("the model cannot be written as a file")
}
