//! The barostat against what is known of volumes and pressures.
//!
//! For an ideal gas of `N` atoms `P(V) ∝ V^N exp(-PV/kT)`: a Gamma distribution with shape `N+1` and scale `kT/P`.

#[path = "systems/argon.rs"]
mod argon;

use argon::{IdealGas, assert_gamma, fcc, gas, mean_and_error, short_ranged, trajectory};
use schur_dynamics::DynamicsError;
use schur_dynamics::md::{CellCoupling, Ensemble, Simulation, SimulationOptions};
use schur_dynamics::units::BOLTZMANN;

const TEMPERATURE: f64 = 100.0;
const KT: f64 = BOLTZMANN * TEMPERATURE;
const COUPLINGS: [CellCoupling; 3] = [CellCoupling::Isotropic, CellCoupling::Axes, CellCoupling::Full];

fn options(timestep: f64, pressure: f64, barostat_time: f64, coupling: CellCoupling) -> SimulationOptions {
    let ensemble = Ensemble::Npt { pressure, thermostat_time: 50.0, barostat_time, coupling };
    SimulationOptions { timestep, temperature: TEMPERATURE, ensemble, seed: 5 }
}

#[test]
fn ideal_gas_has_the_right_volumes() {
    let (atoms, volume) = (9, 1000.0);
    let pressure = (atoms as f64 + 1.0) * KT / volume;
    for coupling in COUPLINGS {
        let options = options(2.0, pressure, 100.0, coupling);
        let volumes = trajectory(gas(atoms, volume), options, &mut IdealGas, (1000, 200_000), |s| s.volume.unwrap());
        println!("{coupling:?}");
        // Strains of a few per cent a step leave an error of their square.
        assert_gamma(&volumes, atoms as f64 + 1.0, KT / pressure, 0.003);
    }
}

/// Temperature, pressure and volume of a crystal under pressure, for every coupling.
#[test]
fn crystal_has_the_pressure_and_temperature_asked_for() {
    let pressure = 0.004;
    let mut volumes = Vec::new();
    for coupling in COUPLINGS {
        let options = options(4.0, pressure, 300.0, coupling);
        // The centre of mass at rest exerts no pressure; see `Statistics::pressure`.
        let seen = trajectory(fcc(2, 5.3), options, &mut short_ranged(), (1000, 8000), |s| {
            [s.pressure.unwrap() + KT / s.volume.unwrap(), s.temperature, s.volume.unwrap()]
        });
        let [pressures, temperatures, volume] =
            [0, 1, 2].map(|k| mean_and_error(&seen.iter().map(|all| all[k]).collect::<Vec<_>>()));
        println!("{coupling:?}: pressure {pressures:.6?}, temperature {temperatures:.3?}, volume {volume:.3?}");
        let (mean, error) = pressures;
        assert!(error < 0.05 * pressure && (mean - pressure).abs() < 4.0 * error);
        let (mean, error) = temperatures;
        assert!(error < 1.5 && (mean - TEMPERATURE).abs() < 4.0 * error + 0.002 * TEMPERATURE);
        volumes.push(volume.0);
    }
    for volume in &volumes[1..] {
        assert!((volume / volumes[0] - 1.0).abs() < 0.01, "shape fluctuations change the mean volume by little");
    }
}

#[test]
fn conserved_quantity_is_conserved() {
    for coupling in COUPLINGS {
        let spreads = |timestep: f64, steps: usize| {
            let options = options(timestep, 0.004, 300.0, coupling);
            let seen = trajectory(fcc(2, 5.3), options, &mut short_ranged(), (200, steps), |s| [s.total, s.conserved]);
            [0, 1].map(|k| {
                let values = seen.iter().map(|both| both[k]);
                values.clone().fold(f64::MIN, f64::max) - values.fold(f64::MAX, f64::min)
            })
        };
        let ([_, coarse], [total, fine]) = (spreads(8.0, 1000), spreads(4.0, 2000));
        println!("{coupling:?}: total {total:.4}, conserved {fine:.6} and {coarse:.6} with twice the step");
        assert!(fine < 0.02 * total);
        assert!(fine < 0.5 * coarse, "second order divides by four");
    }
}

#[test]
fn couplings_move_only_their_components() {
    let mut potential = short_ranged();
    for coupling in COUPLINGS {
        let mut simulation = Simulation::new(fcc(2, 5.3), options(4.0, 0.0, 300.0, coupling), &mut potential).unwrap();
        for _ in 0..200 {
            simulation.step(&mut potential).unwrap();
        }
        let (lengths, angles) = simulation.structure().cell.parameters();
        let cubic = (lengths[0] - lengths[1]).abs() < 1e-10 && (lengths[0] - lengths[2]).abs() < 1e-10;
        let right = angles.iter().all(|a| (a - 90.0).abs() < 1e-10);
        assert_eq!((cubic, right), (coupling == CellCoupling::Isotropic, coupling != CellCoupling::Full));
    }
}

#[test]
fn statistics_are_in_their_units() {
    let simulation = Simulation::new(fcc(2, 5.3), options(4.0, 0.0, 300.0, CellCoupling::Full), &mut IdealGas).unwrap();
    let statistics = simulation.statistics();
    let volume = 10.6f64.powi(3);
    assert!((statistics.volume.unwrap() - volume).abs() < 1e-9);
    // 32 argon atoms of 39.948 amu; 1 amu/Å^3 = 1.660539 g/cm^3.
    assert!((statistics.density.unwrap() - 32.0 * 39.948 / volume * 1.660_539_04).abs() < 1e-9);
    let pressure = 2.0 * statistics.kinetic / (3.0 * volume);
    assert!((statistics.pressure.unwrap() - pressure).abs() < 1e-15);
    assert!((statistics.pressure_gpa().unwrap() - pressure * 160.217_662_08).abs() < 1e-12);
}

#[test]
fn unusable_input_is_refused() {
    let mut slab = fcc(2, 5.3);
    slab.pbc[2] = false;
    let outcome = Simulation::new(slab, options(4.0, 0.0, 300.0, CellCoupling::Isotropic), &mut short_ranged());
    assert!(matches!(outcome, Err(DynamicsError::NotPeriodic { .. })));
    let violent = options(4.0, 0.0, 0.1, CellCoupling::Isotropic);
    let mut simulation = Simulation::new(fcc(2, 5.3), violent, &mut short_ranged()).unwrap();
    let outcome = (0..100).try_for_each(|_| simulation.step(&mut short_ranged()));
    assert!(matches!(outcome, Err(DynamicsError::UnstableCell { .. })), "{outcome:?}");
}
