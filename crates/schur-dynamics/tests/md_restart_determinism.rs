//! A simulation that was stopped goes on as if it had not been, bit for bit; damaged checkpoints are refused.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "systems/argon.rs"]
mod argon;

use argon::{EPSILON, SIGMA, fcc, long_ranged};
use proptest::prelude::*;
use schur_atoms::{Array, StructureError};
use schur_dynamics::DynamicsError;
use schur_dynamics::md::{CellCoupling, Checkpoint, CheckpointError, Ensemble, Simulation, SimulationOptions};
use schur_potential::pair::LennardJones;

fn ensembles() -> Vec<Ensemble> {
    let npt = |coupling| Ensemble::Npt { pressure: 0.001, thermostat_time: 40.0, barostat_time: 300.0, coupling };
    vec![
        Ensemble::Nve,
        Ensemble::Langevin { friction: 0.01 },
        Ensemble::Csvr { time: 40.0 },
        Ensemble::NoseHoover { time: 40.0 },
        npt(CellCoupling::Isotropic),
        npt(CellCoupling::Axes),
        npt(CellCoupling::Full),
    ]
}

fn simulation(ensemble: Ensemble, fixed: bool) -> Simulation {
    let mut structure = fcc(2, 5.4);
    if fixed {
        structure.fixed = Some((0..32).map(|i| [i == 3, i == 3 || i == 4, false]).collect());
    }
    let options = SimulationOptions { timestep: 4.0, temperature: 90.0, ensemble, seed: 1 };
    Simulation::new(structure, options, &mut long_ranged()).unwrap()
}

/// All bits of a simulation, by way of its checkpoint.
fn bits(simulation: &Simulation) -> Vec<u8> {
    simulation.checkpoint().to_bytes().unwrap()
}

fn run(simulation: &mut Simulation, steps: usize, potential: &mut LennardJones) {
    for _ in 0..steps {
        simulation.step(potential).unwrap();
    }
}

#[test]
fn stopping_at_any_step_changes_nothing() {
    const STEPS: usize = 12;
    for ensemble in ensembles() {
        for fixed in [false, true] {
            let mut potential = long_ranged();
            let mut unbroken = simulation(ensemble, fixed);
            let mut stops = vec![bits(&unbroken)];
            for _ in 0..STEPS {
                run(&mut unbroken, 1, &mut potential);
                stops.push(bits(&unbroken));
            }
            for (step, stop) in stops.iter().enumerate() {
                let mut potential = long_ranged();
                let mut resumed = Simulation::restore(Checkpoint::from_bytes(stop).unwrap(), &mut potential).unwrap();
                assert_eq!(&bits(&resumed), stop, "reading and writing changes nothing");
                run(&mut resumed, STEPS - step, &mut potential);
                assert_eq!(bits(&resumed), bits(&unbroken), "{ensemble:?} stopped at step {step}");
                assert_eq!(resumed.statistics(), unbroken.statistics());
                assert_eq!(resumed.structure(), unbroken.structure());
            }
        }
    }
}

#[test]
fn seeds_tell_simulations_apart() {
    let start = |seed| {
        let options = SimulationOptions { seed, ..SimulationOptions::default() };
        Simulation::new(fcc(2, 5.4), options, &mut long_ranged()).unwrap()
    };
    assert_eq!(bits(&start(1)), bits(&start(1)));
    assert_ne!(start(1).structure().velocities, start(2).structure().velocities);
}

#[test]
fn masses_of_the_structure_survive() {
    let mut structure = fcc(1, 5.4);
    let masses = vec![36.0, 38.0, 40.0, 39.948];
    structure.arrays.insert("masses".to_owned(), Array::scalars(&masses));
    let options = SimulationOptions::default();
    let simulation = Simulation::new(structure, options, &mut long_ranged()).unwrap();
    let resumed = Simulation::restore(Checkpoint::from_bytes(&bits(&simulation)).unwrap(), &mut long_ranged()).unwrap();
    assert_eq!(resumed.masses(), masses);
}

#[test]
fn a_column_of_masses_that_holds_none_is_refused() {
    let start = |column| {
        let mut structure = fcc(1, 5.4);
        structure.arrays.insert("masses".to_owned(), column);
        Simulation::new(structure, SimulationOptions::default(), &mut long_ranged())
    };
    let outcome = start(Array::vectors(&[[40.0; 3]; 4]));
    assert!(
        matches!(outcome, Err(DynamicsError::Structure(StructureError::Masses { found })) if found == "masses:R:3")
    );
    let outcome = start(Array::scalars(&[40.0, 40.0, 0.0, 40.0]));
    assert!(matches!(outcome, Err(DynamicsError::Structure(StructureError::Mass { atom: 2, mass: 0.0 }))));
    assert_eq!(start(Array::Integers { columns: 1, values: vec![40; 4] }).unwrap().masses(), [40.0; 4]);
}

#[test]
fn every_torn_checkpoint_is_refused() {
    let whole = bits(&simulation(Ensemble::Csvr { time: 40.0 }, false));
    for length in (0..whole.len()).step_by(7) {
        let outcome = Checkpoint::from_bytes(&whole[..length]);
        assert!(
            matches!(outcome, Err(CheckpointError::NotACheckpoint | CheckpointError::Damaged { .. })),
            "{length} of {} bytes",
            whole.len()
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_changed_byte_is_noticed(place in any::<prop::sample::Index>(), change in 1u8..) {
        let mut bytes = bits(&simulation(Ensemble::Nve, false));
        let place = place.index(bytes.len());
        bytes[place] ^= change;
        prop_assert!(Checkpoint::from_bytes(&bytes).is_err());
    }

    #[test]
    fn arbitrary_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Checkpoint::from_bytes(&bytes).is_err());
    }
}

#[test]
fn other_versions_and_other_potentials_are_named() {
    let bytes = bits(&simulation(Ensemble::Nve, false));
    let text = String::from_utf8(bytes.clone()).unwrap().replacen(" 1 ", " 7 ", 1);
    let outcome = Checkpoint::from_bytes(text.as_bytes());
    assert!(matches!(outcome, Err(CheckpointError::Version { found, known: 1 }) if found == "7"));
    let mut other = LennardJones::new(2.0 * EPSILON, SIGMA, 2.5 * SIGMA).unwrap();
    let outcome = Simulation::restore(Checkpoint::from_bytes(&bytes).unwrap(), &mut other);
    assert!(matches!(outcome, Err(DynamicsError::OtherPotential { .. })));
}
