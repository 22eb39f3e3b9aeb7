//! Velocities of a given temperature.

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use schur_atoms::Structure;

use super::motion::{self, Freedom};
use crate::DynamicsError;
use crate::units::{BOLTZMANN, MASS_VELOCITY_SQUARED};

/// Gives `structure` Maxwell-Boltzmann velocities of `temperature` (K).
///
/// Fixed components rest, and there is no momentum along axes without them. The kinetic energy is not scaled to its
/// mean: it fluctuates from draw to draw, as it does in the canonical ensemble.
///
/// # Errors
/// [`DynamicsError`] if the structure is unusable, or the temperature no finite number, zero or more.
pub fn draw_velocities<R: Rng>(structure: &mut Structure, temperature: f64, rng: &mut R) -> Result<(), DynamicsError> {
    if !(temperature.is_finite() && temperature >= 0.0) {
        let requirement = "it must be a finite number, zero or more";
        return Err(DynamicsError::Option { name: "temperature", value: temperature, requirement });
    }
    structure.validate()?;
    let masses = structure.masses()?;
    let conserved = Freedom::new(structure, true).conserved;
    structure.velocities = Some(draw(&masses, structure.fixed.as_deref(), conserved, temperature, rng));
    Ok(())
}

/// Draws velocities without momentum along the axes `still`.
pub(super) fn draw<R: Rng>(
    masses: &[f64],
    fixed: Option<&[[bool; 3]]>,
    still: [bool; 3],
    temperature: f64,
    rng: &mut R,
) -> Vec<[f64; 3]> {
    let mut velocities = vec![[0.0; 3]; masses.len()];
    for (atom, velocity) in velocities.iter_mut().enumerate() {
        let fixed = motion::fixed_components(fixed, atom);
        let width = thermal_velocity(masses[atom], temperature);
        for axis in (0..3).filter(|&axis| !fixed[axis]) {
            let deviate: f64 = StandardNormal.sample(rng);
            velocity[axis] = width * deviate;
        }
    }
    let total: f64 = masses.iter().sum();
    for axis in (0..3).filter(|&axis| still[axis]) {
        let momentum: f64 = velocities.iter().zip(masses).map(|(v, m)| m * v[axis]).sum();
        velocities.iter_mut().for_each(|v| v[axis] -= momentum / total);
    }
    velocities
}

/// The standard deviation of one component of the velocity, in Å/fs.
pub(super) fn thermal_velocity(mass: f64, temperature: f64) -> f64 {
    (BOLTZMANN * temperature / (mass * MASS_VELOCITY_SQUARED)).sqrt()
}
