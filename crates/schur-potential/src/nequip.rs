//! NequIP and its descendants: convolutions over neighbours, gates and a linear readout.
//!
//! Source: Batzner et al., "E(3)-equivariant graph neural networks for data-efficient and accurate interatomic
//! potentials", Nat. Commun. 13 (2022) 2453; Park et al., "Scalable parallel algorithm for graph neural network
//! interatomic potentials in molecular dynamics simulations", J. Chem. Theory Comput. 20 (2024) 4857 (SevenNet).
//!
//! ```text
//! species -> x_0;  x_{t+1} = gate( L_out conv( L_in x_t, Y, w(r) ) + L_sc x_t );  E_i = scale * readout(x_T) + shift
//! ```

mod architecture;
mod backward;
mod forward;
mod plan;
mod potential;

pub use architecture::NequipArchitecture;
pub(crate) use plan::Plan;
pub(crate) use potential::NequipNetwork;
