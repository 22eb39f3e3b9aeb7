//! Canonical sampling through velocity rescaling.
//!
//! All velocities are multiplied by one factor, chosen so that the kinetic energy follows the stochastic process whose
//! stationary distribution is the canonical one, exactly and for any time step.
//!
//! # Source
//! Bussi, Donadio and Parrinello, "Canonical sampling through velocity rescaling", J. Chem. Phys. 126, 014101 (2007),
//! eqs. (A7) and (A8).

use rand::Rng;
use rand_distr::{ChiSquared, Distribution, StandardNormal};
use schur_potential::Potential;

use super::{Simulation, motion};
use crate::DynamicsError;
use crate::units::BOLTZMANN;

impl Simulation {
    pub(super) fn csvr(&mut self, relaxation: f64, potential: &mut dyn Potential) -> Result<(), DynamicsError> {
        self.verlet(potential)?;
        self.remove_momentum();
        self.rescale_stochastically(self.options.timestep, relaxation);
        Ok(())
    }

    /// Lets the kinetic energy follow its bath for `time`.
    pub(super) fn rescale_stochastically(&mut self, time: f64, relaxation: f64) {
        let kinetic = self.kinetic_energy();
        let half_kt = 0.5 * BOLTZMANN * self.options.temperature;
        let factor = scaling(kinetic, half_kt, self.freedom.count, time / relaxation, &mut self.state.rng);
        motion::rescale(&mut self.state.structure, factor);
        self.state.heat += (factor * factor - 1.0) * kinetic;
    }
}

/// The factor for all velocities; `half_kt` is the mean energy of one of `count` degrees of freedom.
fn scaling<R: Rng>(kinetic: f64, half_kt: f64, count: usize, damping: f64, rng: &mut R) -> f64 {
    let first: f64 = StandardNormal.sample(rng);
    // The others' squares sum to chi-squared; for no others the sum is empty.
    let others = ChiSquared::new(count as f64 - 1.0).map_or(0.0, |distribution| distribution.sample(rng));
    if kinetic <= 0.0 {
        return 1.0;
    }
    let kept = (-damping).exp();
    let share = -(-damping).exp_m1() * half_kt / kinetic;
    let squared = kept + share * (first * first + others) + 2.0 * first * (kept * share).sqrt();
    let sign = if first + (kept / share).sqrt() < 0.0 { -1.0 } else { 1.0 };
    sign * squared.max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha12Rng;

    /// A single velocity follows its Ornstein-Uhlenbeck process, sign included: on average it decays with half the rate.
    #[test]
    fn one_velocity_forgets_its_sign() {
        let mut rng = ChaCha12Rng::seed_from_u64(2);
        let (damping, draws) = (3.0f64, 100_000);
        let mean = (0..draws).map(|_| scaling(0.5, 0.5, 1, damping, &mut rng)).sum::<f64>() / f64::from(draws);
        // The factors' variance is 1 - e^-3.
        assert!((mean - (-0.5 * damping).exp()).abs() < 4.0 / f64::from(draws).sqrt(), "{mean}");
    }
}
