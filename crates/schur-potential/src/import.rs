//! Published checkpoints as models: names, orders and signs of their weights are brought into ours.

mod chgnet;
mod mace;
mod sevennet;
mod tensornet;
mod torchmd_net;
mod transfer;

pub use torchmd_net::TorchmdNetOptions;

use crate::ModelError;

/// A checkpoint that cannot be used, with the reason.
fn refused(what: String) -> ModelError {
    ModelError::Checkpoint { what }
}
