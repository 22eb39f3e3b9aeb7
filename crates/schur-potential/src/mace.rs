//! MACE: messages over neighbours, polynomials of them with a weight for each chemical element, and readouts.
//!
//! Source: Batatia et al., "MACE: Higher order equivariant message passing neural networks for fast and accurate force
//! fields", NeurIPS 2022, eqs. 6 to 13.
//!
//! ```text
//! A_i = L_t sum_j conv( U_t h_j, Y, w_t(r) ) / n          (n: average number of neighbours, or 1 + a sum over them)
//! h'_i = P_t B_{z_i}(A_i) + S_{z_i} h_i                    (B: symmetric contraction; S: first and last block may lack it)
//! E_i = scale * ( sum_t readout_t(h'_i) + pair_i ) + shift + E_0(z_i)
//! ```
//!
//! Atoms of one element lie side by side, so whatever has a weight for each element runs over ranges of atoms. What
//! depends on elements or pairs of them is made for those that occur, when they first do.

mod architecture;
mod backward;
mod density;
mod elements;
mod first_layer;
mod forward;
mod gathering;
mod pair_tables;
mod plan;
mod potential;
mod radial;
mod readout;

pub use architecture::{DistanceTransform, MaceArchitecture, MaceLayer, MaceReadout, MaceSkip, RadialKind};
pub(crate) use plan::Plan;
pub(crate) use potential::MaceNetwork;
