//! CHGNet: features of atoms, bonds and angles that inform each other, all of them invariants.
//!
//! Source: Deng et al., "CHGNet as a pretrained universal neural network potential for charge-informed atomistic
//! modelling", Nat. Mach. Intell. 5 (2023) 1031.
//!
//! ```text
//! a_i <- a_i + L sum_j  w_ij        G[a_i, b_ij, a_j]            all neighbours j
//! b_ij <- b_ij + L sum_k w'_ij w'_ik G[b_ij, b_ik, c_ijk, a_i]   near neighbours, seen from both ends of the bond
//! c_ijk <- c_ijk + G[b_ij, b_ik, c_ijk, a_i]                     G[x]: silu(norm(.)) sigmoid(norm(.)) of two networks of x
//! E_i = network(norm(a_i)) + shift of the element
//! m_i = |w a_i + bias|                                           a_i before the last update
//! ```
//!
//! A bond is kept twice, once for each atom that it belongs to, with equal bits: so each atom's row has all it needs, and
//! what one end sends to the other is a gather.

mod angles;
mod architecture;
mod atoms;
mod basis;
mod plan;
mod potential;

pub use architecture::ChgnetArchitecture;
pub(crate) use plan::Plan;
pub(crate) use potential::ChgnetNetwork;
