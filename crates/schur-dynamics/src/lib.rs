//! Moving atoms: relaxation to a minimum of the energy and molecular dynamics, with any [`Potential`].
//!
//! Both are objects that the caller steps, so that the caller decides what is printed, written and when to stop.
//! Nothing here prints, reads a clock or draws entropy: the same input gives the same bits.
//!
//! Units are eV, Å, fs, amu and K; pressures are eV/Å^3, see [`units`].
//!
//! [`Potential`]: schur_potential::Potential
#![forbid(unsafe_code)]

mod error;
mod matrix3;
pub mod md;
pub mod relax;
pub mod symmetry;
pub mod units;

pub use error::DynamicsError;

use schur_atoms::Structure;
use schur_potential::{Evaluation, Potential, Request};

/// Asks for energy, forces and virial, and lets only finite answers for all atoms through.
fn evaluate(
    potential: &mut dyn Potential,
    structure: &Structure,
    out: &mut Evaluation,
    step: u64,
) -> Result<(), DynamicsError> {
    potential.evaluate(structure, Request::FORCES, out).map_err(|source| DynamicsError::Potential { step, source })?;
    let (expected, found) = (structure.len(), out.forces.len());
    if found != expected {
        return Err(DynamicsError::ForceCount { step, expected, found });
    }
    let answers: [(&'static str, &[f64]); 3] =
        [("energy", &[out.energy]), ("force", out.forces.as_flattened()), ("virial", out.virial.as_flattened())];
    for (quantity, values) in answers {
        if let Some(&value) = values.iter().find(|x| !x.is_finite()) {
            return Err(DynamicsError::NotFinite { step, quantity, value });
        }
    }
    Ok(())
}
