//! Every thermostat against the canonical distribution of the kinetic energy, and its conserved quantity.
//!
//! The kinetic energy of `f` degrees of freedom is Gamma distributed with shape `f/2` and scale `kT`.

#[path = "systems/argon.rs"]
mod argon;

use argon::{IdealGas, assert_gamma, fcc, gas, kolmogorov_smirnov, mean_and_error, short_ranged, trajectory};
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use schur_dynamics::md::{Ensemble, Simulation, SimulationOptions, draw_velocities};
use schur_dynamics::units::{BOLTZMANN, MASS_VELOCITY_SQUARED};

const TEMPERATURE: f64 = 120.0;
const KT: f64 = BOLTZMANN * TEMPERATURE;

fn options(timestep: f64, ensemble: Ensemble) -> SimulationOptions {
    SimulationOptions { timestep, temperature: TEMPERATURE, ensemble, seed: 11 }
}

const THERMOSTATS: [Ensemble; 3] =
    [Ensemble::Langevin { friction: 0.01 }, Ensemble::Csvr { time: 40.0 }, Ensemble::NoseHoover { time: 40.0 }];

/// The mean potential energy does not depend on the thermostat, nor on how it counts degrees of freedom.
#[test]
fn kinetic_energy_is_canonical_and_potential_energy_the_same() {
    let means = THERMOSTATS.map(|ensemble| {
        let both = trajectory(fcc(2, 5.6), options(4.0, ensemble), &mut short_ranged(), (2000, 20_000), |s| {
            (s.kinetic, s.potential)
        });
        let (kinetic, potential): (Vec<f64>, Vec<f64>) = both.into_iter().unzip();
        let degrees = if matches!(ensemble, Ensemble::Langevin { .. }) { 96.0 } else { 93.0 };
        println!("{ensemble:?}");
        // The step biases the kinetic energy by (ω dt / 2)^2 with ω about 0.02/fs.
        assert_gamma(&kinetic, 0.5 * degrees, KT, 0.002);
        mean_and_error(&potential)
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
        let spreads = |timestep: f64, steps: usize| {
            let options = options(timestep, ensemble);
            let seen = trajectory(fcc(2, 5.6), options, &mut short_ranged(), (200, steps), |s| [s.total, s.conserved]);
            [0, 1].map(|k| {
                let values = seen.iter().map(|both| both[k]);
                values.clone().fold(f64::MIN, f64::max) - values.fold(f64::MAX, f64::min)
            })
        };
        let ([_, coarse], [total, fine]) = (spreads(8.0, 1000), spreads(4.0, 2000));
        println!("{ensemble:?}: total {total:.4}, conserved {fine:.6} and {coarse:.6} with twice the step");
        assert!(fine < 0.02 * total);
        assert!(fine < 0.5 * coarse, "second order divides by four");
    }
}

/// After the temperature of the bath has been doubled, that of the atoms follows.
#[test]
fn atoms_follow_a_new_temperature() {
    for ensemble in THERMOSTATS {
        let mut potential = short_ranged();
        let mut simulation = Simulation::new(fcc(2, 5.6), options(4.0, ensemble), &mut potential).unwrap();
        simulation.set_temperature(2.0 * TEMPERATURE).unwrap();
        assert!(simulation.set_temperature(-1.0).is_err());
        let mut seen = Vec::new();
        for step in 0..6000 {
            simulation.step(&mut potential).unwrap();
            if step >= 1000 {
                seen.push(simulation.statistics().temperature);
            }
        }
        let (mean, error) = mean_and_error(&seen);
        println!("{ensemble:?}: {mean} +- {error}");
        assert!((mean - 2.0 * TEMPERATURE).abs() < 4.0 * error + 0.005 * TEMPERATURE && error < 0.05 * TEMPERATURE);
    }
}

/// Kinetic energies of drawn velocities, component by component.
#[test]
fn drawn_velocities_follow_maxwell_and_boltzmann() {
    let mut structure = fcc(4, 5.3);
    draw_velocities(&mut structure, TEMPERATURE, &mut ChaCha12Rng::seed_from_u64(3)).unwrap();
    let masses = structure.masses().unwrap();
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
