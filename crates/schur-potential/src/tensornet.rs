//! TensorNet: features that are 3x3 matrices, taken apart into trace, antisymmetric and symmetric traceless part.
//!
//! Source: Simeon and De Fabritiis, "TensorNet: Cartesian tensor representations for efficient learning of molecular
//! potentials", NeurIPS 2023 (arXiv 2306.06482), in the forms that matgl and torchmd-net train.
//!
//! ```text
//! X = s(|X'|) * mix X',  X'_i = sum_j Z_ij (f_I Id + f_A [r]x + f_S (r r^T - Id/3))       embedding
//! X <- X / (|X|^2 + 1);  Y = mix X;  M_i = sum_j f(r_ij) Y_j;  P = Y M + M Y  (SO(3): 2 Y M)
//! D = mix P / (|P|^2 + 1);  X <- X + D + D D                                              each layer
//! E_i = value(n) sigmoid(gate(n)),  n = linear norm(|I|^2, |A|^2, |S|^2)                  readout of matgl
//! E_i = network(norm(|I|^2, |A|^2, |S|^2))                                                readout of torchmd-net
//! ```
//!
//! A matrix is stored as its nine components in an orthonormal basis of matrices whose parts are irreps of degree 0, 1
//! and 2 in the order of our harmonics (`matrices.rs`). So mixing of channels is a linear layer on irreps, messages are
//! an edge product without harmonics, and the products of matrices are circuits.
//!
//! The radial functions of the embedding are linear in a few functions of the distance. They are summed over the
//! neighbours of one species first (`embedding.rs`), and only these sums meet channels.
//!
//! In torchmd-net each atom is its own neighbour besides: constants of its species and of each layer (`own.rs`).

mod architecture;
mod backward;
mod embedding;
mod expansion;
mod filled;
mod forward;
mod matrices;
mod own;
mod plan;
mod potential;
mod radial;
mod readout;

pub use architecture::{MatrixSymmetry, RadialExpansion, TensornetArchitecture, TensornetReadout};
pub(crate) use plan::Plan;
pub(crate) use potential::TensornetNetwork;
