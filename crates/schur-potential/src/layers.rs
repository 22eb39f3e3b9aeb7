//! Layers on invariants, for many atoms, edges or angles at once: dense ones with SiLU, layer normalisation, gates.

mod dense;
mod gated;
mod layer_norm;

pub(crate) use dense::{Dense, DenseWeights, Perceptron, PerceptronScratch};
pub(crate) use gated::{gate, gate_backward};
pub(crate) use layer_norm::LayerNorm;
