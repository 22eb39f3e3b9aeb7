//! A chain of three Nosé-Hoover thermostats.
//!
//! $$ \dot v = F/m - \dot\xi_1 v,\quad Q_1\ddot\xi_1 = 2K - f kT - Q_1\dot\xi_1\dot\xi_2,\quad
//!    Q_k\ddot\xi_k = Q_{k-1}\dot\xi_{k-1}^2 - kT - Q_k\dot\xi_k\dot\xi_{k+1} $$
//!
//! with `Q_1 = f kT τ²`, `Q_k = kT τ²` for `f` degrees of freedom. Conserved is the energy plus
//! $\sum_k \tfrac12 Q_k\dot\xi_k^2 + f kT \xi_1 + kT(\xi_2+\xi_3)$.
//!
//! # Source
//! Martyna, Tuckerman, Tobias and Klein, "Explicit reversible integrators for extended systems dynamics", Mol. Phys. 87,
//! 1117 (1996), with the fourth-order weights of Suzuki and Yoshida.

use schur_potential::Potential;
use serde::{Deserialize, Serialize};

use super::{Ensemble, Simulation, motion};
use crate::DynamicsError;
use crate::units::BOLTZMANN;

/// Thermostats in the chain.
const LENGTH: usize = 3;
/// 1 / (2 - 2^(1/3)): the outer two of three weights that sum to one.
const OUTER_WEIGHT: f64 = 1.351_207_191_959_657_6;
const WEIGHTS: [f64; 3] = [OUTER_WEIGHT, 1.0 - 2.0 * OUTER_WEIGHT, OUTER_WEIGHT];

/// Positions (no unit) and velocities (1/fs) of the thermostats.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Chain {
    pub(super) positions: [f64; LENGTH],
    pub(super) velocities: [f64; LENGTH],
}

/// What the chain is made for.
struct Bath {
    kt: f64,
    count: f64,
    /// `kT τ²` in eV fs².
    mass: f64,
}

impl Bath {
    fn mass(&self, k: usize) -> f64 {
        if k == 0 { self.count * self.mass } else { self.mass }
    }

    fn acceleration(&self, chain: &Chain, k: usize, kinetic: f64) -> f64 {
        if k == 0 {
            return (2.0 * kinetic - self.count * self.kt) / self.mass(0);
        }
        (self.mass(k - 1) * chain.velocities[k - 1].powi(2) - self.kt) / self.mass(k)
    }
}

impl Simulation {
    pub(super) fn nose_hoover(&mut self, period: f64, potential: &mut dyn Potential) -> Result<(), DynamicsError> {
        let half = 0.5 * self.options.timestep;
        self.follow_chain(period, half);
        self.verlet(potential)?;
        self.remove_momentum();
        self.follow_chain(period, half);
        Ok(())
    }

    /// The energy of the chain in eV; zero in other ensembles.
    pub(super) fn chain_energy(&self) -> f64 {
        let Ensemble::NoseHoover { time } = self.options.ensemble else { return 0.0 };
        let (bath, chain) = (self.bath(time), &self.state.chain);
        let kinetic: f64 = (0..LENGTH).map(|k| 0.5 * bath.mass(k) * chain.velocities[k].powi(2)).sum();
        let [first, others @ ..] = chain.positions;
        kinetic + bath.kt * (bath.count * first + others.iter().sum::<f64>())
    }

    fn bath(&self, period: f64) -> Bath {
        let kt = BOLTZMANN * self.options.temperature;
        Bath { kt, count: self.freedom.count as f64, mass: kt * period * period }
    }

    fn follow_chain(&mut self, period: f64, time: f64) {
        let bath = self.bath(period);
        let mut kinetic = self.kinetic_energy();
        let mut scale = 1.0;
        for weight in WEIGHTS {
            let factor = advance(&mut self.state.chain, &bath, kinetic, weight * time);
            scale *= factor;
            kinetic *= factor * factor;
        }
        motion::rescale(&mut self.state.structure, scale);
    }
}

/// One symmetric step of the chain; returns the factor for the velocities.
fn advance(chain: &mut Chain, bath: &Bath, mut kinetic: f64, time: f64) -> f64 {
    let accelerate = |chain: &mut Chain, k: usize, kinetic: f64| {
        let drag = if k + 1 < LENGTH { (-0.25 * time * chain.velocities[k + 1]).exp() } else { 1.0 };
        let gain = 0.5 * time * bath.acceleration(chain, k, kinetic);
        chain.velocities[k] = drag * (drag * chain.velocities[k] + gain);
    };
    for k in (0..LENGTH).rev() {
        accelerate(chain, k, kinetic);
    }
    let factor = (-time * chain.velocities[0]).exp();
    kinetic *= factor * factor;
    for k in 0..LENGTH {
        chain.positions[k] += time * chain.velocities[k];
    }
    for k in 0..LENGTH {
        accelerate(chain, k, kinetic);
    }
    factor
}
