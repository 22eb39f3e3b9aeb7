//! Classical pair potentials: exact and quick references for tests, teaching and noble gases.

mod lennard_jones;

pub use lennard_jones::{LennardJones, LennardJonesError};
