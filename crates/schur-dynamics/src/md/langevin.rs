//! Langevin's bath: friction and noise on every component of every velocity.
//!
//! Between kicks and half drifts the velocities follow their Ornstein-Uhlenbeck process exactly,
//! $$ v \leftarrow c\, v + \sqrt{(1-c^2)\, kT/m}\; \xi, \qquad c = e^{-\gamma\,\Delta t} $$
//!
//! # Source
//! Leimkuhler and Matthews, "Rational construction of stochastic numerical methods for molecular sampling", Appl. Math.
//! Res. Express 2013, 34: the order BAOAB, whose averages of positions are the most accurate.

use rand_distr::{Distribution, StandardNormal};
use schur_potential::Potential;

use super::motion::{drift, fixed_components};
use super::velocities::thermal_velocity;
use super::{Simulation, State};
use crate::DynamicsError;

impl Simulation {
    pub(super) fn langevin(&mut self, friction: f64, potential: &mut dyn Potential) -> Result<(), DynamicsError> {
        let half = 0.5 * self.options.timestep;
        self.kick_before();
        drift(&mut self.state.structure, half, self.step + 1)?;
        let before = self.kinetic_energy();
        thermalize(&mut self.state, &self.masses, self.options.temperature, friction * self.options.timestep);
        self.state.heat += self.kinetic_energy() - before;
        drift(&mut self.state.structure, half, self.step + 1)?;
        self.evaluate(potential)?;
        self.kick_after();
        Ok(())
    }
}

/// The exact Ornstein-Uhlenbeck step; `damping` is friction times time.
fn thermalize(state: &mut State, masses: &[f64], temperature: f64, damping: f64) {
    let kept = (-damping).exp();
    let noise = (-(-2.0 * damping).exp_m1()).sqrt();
    let structure = &mut state.structure;
    let Some(velocities) = &mut structure.velocities else { return };
    for (atom, velocity) in velocities.iter_mut().enumerate() {
        let fixed = fixed_components(structure.fixed.as_deref(), atom);
        let width = noise * thermal_velocity(masses[atom], temperature);
        for axis in (0..3).filter(|&axis| !fixed[axis]) {
            let deviate: f64 = StandardNormal.sample(&mut state.rng);
            velocity[axis] = kept * velocity[axis] + width * deviate;
        }
    }
}
