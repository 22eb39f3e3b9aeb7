//! Named equivariant maps: what networks are assembled from.
//!
//! Each function states the representation of its inputs and outputs; the kernels that run it live in
//! `schur-multilinear` and `schur-tensor`.
#![forbid(unsafe_code)]

mod convolution;
mod error;
mod escn;
mod harmonics;
mod layout;
mod linear;
pub mod products;
mod symmetric_contraction;

pub use convolution::{Convolution, ConvolutionPath};
pub use error::ProductError;
pub use escn::{EdgeFrame, Escn, EscnOptions, EscnPath, EscnWeights, So2Weight};
pub use harmonics::{ManyHarmonics, harmonics_circuit};
pub use layout::{Block, Layout};
pub use linear::{Linear, LinearBlock};
pub use symmetric_contraction::{
    ContractionElement, ContractionTerm, SymmetricContraction, SymmetricContractionOptions,
};
