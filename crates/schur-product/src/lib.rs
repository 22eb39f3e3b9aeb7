//! Named equivariant maps: what networks are assembled from.
//!
//! Each function states the representation of its inputs and outputs; the kernels that run it live in
//! `schur-multilinear` and `schur-tensor`.
#![forbid(unsafe_code)]

mod channel_mode;
mod convolution;
mod error;
mod escn;
// The chapter lies outside of the package, so what is published does without.
#[cfg(any(all(doc, not(docsrs)), doctest))]
pub mod for_e3nn_users;
mod gate;
mod harmonics;
mod irreps_layout;
mod irreps_linear;
mod layout;
mod linear;
mod norm;
mod normalization;
pub mod products;
mod symmetric_contraction;
mod tensor_product;

pub use channel_mode::{
    ChannelMode, ChannelProduct, ChannelProductCotangents, ChannelProductWorkspace, ChannelWeights,
};
pub use convolution::{Convolution, ConvolutionPath};
pub use error::ProductError;
pub use escn::{EdgeFrame, Escn, EscnOptions, EscnPath, EscnWeights, So2Weight};
pub use gate::{Activation, ActivationKind, Gated};
pub use harmonics::{ManyHarmonics, harmonics_circuit};
pub use irreps_layout::{IrrepsBlock, IrrepsLayout};
pub use irreps_linear::{IrrepsLinear, LinearPath};
pub use layout::{Block, Layout};
pub use linear::{Linear, LinearBlock};
pub use norm::Norm;
pub use normalization::{Instruction, Variances, path_factors};
pub use symmetric_contraction::{
    ContractionElement, ContractionTerm, SymmetricContraction, SymmetricContractionOptions,
};
pub use tensor_product::{TensorProduct, TensorProductOptions, TensorProductWeights, TensorProductWorkspace};
