//! What acts between pairs of atoms: a classical potential, and what is added to networks.

mod coulomb;
mod d2;
mod lennard_jones;
mod prior;
mod sum;
mod zbl;

pub use lennard_jones::{LennardJones, LennardJonesError};
pub use prior::PairPrior;
pub(crate) use prior::PairPriors;
pub(crate) use zbl::Zbl;
