//! Layers on invariants, for many atoms, edges or angles at once: dense ones with activations, layer normalisation, gates.

mod activation;
mod dense;
mod gated;
mod layer_norm;

pub use activation::Activation;
pub(crate) use dense::{Dense, DenseWeights, Perceptron, PerceptronScratch};
pub(crate) use gated::{gate, gate_backward};
pub(crate) use layer_norm::LayerNorm;
