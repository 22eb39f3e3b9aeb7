//! Every thermostat against the canonical distribution of the kinetic energy, and its conserved quantity.
//!
//! The kinetic energy of `f` degrees of freedom is Gamma distributed with shape `f/2` and scale `kT`.

#[path = "systems/argon.rs"]
mod argon;

use argon::{IdealGas, assert_gamma, fcc, gas, kolmogorov_smirnov, mean_and_error, short_ranged, trajectory};
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use schur_dynamics::md::{Ensemble, SimulationOptions, draw_velocities, masses};
use schur_dynamics::units::{BOLTZMANN, MASS_VELOCITY_SQUARED};

const TEMPERATURE: f64 = 120.0;
const KT: f64 = BOLTZMANN * TEMPERATURE;

fn options(timestep: f64, ensemble: Ensemble) -> SimulationOptions {
    SimulationOptions { timestep, temperature: TEMPERATURE, ensemble, seed: 11 }
}

const THERMOSTATS: [Ensemble; 3] =
    [Ensemble::Langevin { friction: 0.01 }, Ensemble::Csvr { time: 40.0 }, Ensemble::NoseHoover { time: 40.0 }];

#[test]
fn kinetic_energy_is_canonical() {
    for ensemble in THERMOSTATS {
        let kinetic =
            trajectory(fcc(2, 5.6), options(4.0, ensemble), &mut short_ranged(), (1000, 20_000), |s| s.kinetic);
        let degrees = if matches!(ensemble, Ensemble::Langevin { .. }) { 96.0 } else { 93.0 };
        println!("{ensemble:?}");
        // The step biases the kinetic energy by (ω dt / 2)^2 with ω about 0.02/fs.
        assert_gamma(&kinetic, 0.5 * degrees, KT, 0.002);
    }
}

/// The mean potential energy does not depend on the thermostat.
#[test]
fn thermostats_agree_on_the_potential_energy() {
    let means = THERMOSTATS.map(|ensemble| {
        let energies =
            trajectory(fcc(2, 5.6), options(4.0, ensemble), &mut short_ranged(), (2000, 20_000), |s| s.potential);
        mean_and_error(&energies)
    });
    for (mean, error) in &means[1..] {
        let width = (error * error + means[0].1 * means[0].1).sqrt();
        println!("{mean} against {} +- {width}", means[0].0);
        assert!((mean - means[0].0).abs() < 4.0 * width);
    }
}

/// Three free atoms have six degrees of freedom: `P(K < x kT) = 1 - e^-x (1 + x + x²/2)`, far from a normal law.
#[test]
fn rescaling_is_exact_for_few_atoms_and_any_time_step() {
    for time in [0.1, 30.0] {
        let ensemble = Ensemble::Csvr { time };
        let kinetic = trajectory(gas(3, 1000.0), options(10.0, ensemble), &mut IdealGas, (10, 60_000), |s| s.kinetic);
        let independent: Vec<f64> = kinetic.iter().step_by(if time < 1.0 { 6 } else { 30 }).copied().collect();
        let distance = kolmogorov_smirnov(&independent, |k| {
            let x = k / KT;
            1.0 - (-x).exp() * (1.0 + x + 0.5 * x * x)
        });
        assert!(distance < 1.95, "{distance}");
    }
}

#[test]
fn langevin_is_exact_for_free_atoms() {
    let ensemble = Ensemble::Langevin { friction: 0.1 };
    let kinetic = trajectory(gas(2, 1000.0), options(10.0, ensemble), &mut IdealGas, (10, 40_000), |s| s.kinetic);
    let independent: Vec<f64> = kinetic.iter().step_by(8).copied().collect();
    let distance = kolmogorov_smirnov(&independent, |k| {
        let x = k / KT;
        1.0 - (-x).exp() * (1.0 + x + 0.5 * x * x)
    });
    assert!(distance < 1.95, "{distance}");
}

/// The conserved quantity stays within the error of the integrator while the total energy wanders by `kT √f`.
#[test]
fn conserved_quantities_are_conserved() {
    for ensemble in THERMOSTATS {
        let spread = |timestep: f64, steps: usize, see: fn(&schur_dynamics::md::Statistics) -> f64| {
            let seen = trajectory(fcc(2, 5.6), options(timestep, ensemble), &mut short_ranged(), (200, steps), see);
            let (low, high) = seen.iter().fold((f64::MAX, f64::MIN), |(l, h), &x| (l.min(x), h.max(x)));
            high - low
        };
        let total = spread(4.0, 2000, |s| s.total);
        let [coarse, fine] = [(8.0, 1000), (4.0, 2000)].map(|(dt, n)| spread(dt, n, |s| s.conserved));
        println!("{ensemble:?}: total {total:.4}, conserved {fine:.6} and {coarse:.6} with twice the step");
        assert!(fine < 0.02 * total);
        assert!(fine < 0.5 * coarse, "second order divides by four");
    }
}

/// Kinetic energies of drawn velocities, component by component.
#[test]
fn drawn_velocities_follow_maxwell_and_boltzmann() {
    let mut structure = fcc(4, 5.3);
    draw_velocities(&mut structure, TEMPERATURE, &mut ChaCha12Rng::seed_from_u64(3)).unwrap();
    let masses = masses(&structure).unwrap();
    let velocities = structure.velocities.unwrap();
    let momentum: f64 = velocities.iter().zip(&masses).map(|(v, m)| m * v[0]).sum();
    assert!(momentum.abs() < 1e-12);
    let energies: Vec<f64> = velocities
        .iter()
        .zip(&masses)
        .map(|(v, m)| 0.5 * MASS_VELOCITY_SQUARED * m * v.iter().map(|x| x * x).sum::<f64>())
        .collect();
    // The centre of mass takes one atom's share out of 256.
    assert_gamma(&energies, 1.5, KT, 1.0 / 256.0);
}
