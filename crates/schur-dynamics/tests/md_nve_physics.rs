//! Newton's equations: energy, momentum, reversibility, and a motion known in closed form.

#[path = "systems/argon.rs"]
mod argon;

use argon::{fcc, long_ranged, trajectory};
use schur_atoms::{Cell, Structure};
use schur_dynamics::DynamicsError;
use schur_dynamics::md::{Ensemble, Simulation, SimulationOptions};
use schur_dynamics::units::MASS_VELOCITY_SQUARED;
use schur_potential::{Evaluation, Potential, PotentialError, Request};

fn options(timestep: f64, temperature: f64) -> SimulationOptions {
    SimulationOptions { timestep, temperature, ensemble: Ensemble::Nve, seed: 7 }
}

/// Velocity Verlet keeps a shadow energy that differs from the true one by the time step squared.
#[test]
fn energy_fluctuates_as_the_square_of_the_time_step() {
    let spread = |timestep: f64, steps: usize| {
        let energies = trajectory(fcc(2, 5.3), options(timestep, 60.0), &mut long_ranged(), (0, steps), |s| s.total);
        let mean = energies.iter().sum::<f64>() / steps as f64;
        (energies.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / steps as f64).sqrt()
    };
    let [long, middle, short] = [(20.0, 250), (10.0, 500), (5.0, 1000)].map(|(dt, n)| spread(dt, n));
    for ratio in [long / middle, middle / short] {
        assert!((ratio - 4.0).abs() < 1.0, "halving the step divides the fluctuation by {ratio}");
    }
}

#[test]
fn momentum_stays_zero() {
    let mut potential = long_ranged();
    let mut simulation = Simulation::new(fcc(2, 5.3), options(5.0, 100.0), &mut potential).unwrap();
    for _ in 0..200 {
        simulation.step(&mut potential).unwrap();
    }
    for axis in 0..3 {
        let velocities = simulation.structure().velocities.as_ref().unwrap();
        let momentum: f64 = velocities.iter().zip(simulation.masses()).map(|(v, m)| m * v[axis]).sum();
        let scale: f64 = velocities.iter().zip(simulation.masses()).map(|(v, m)| m * v[axis].abs()).sum();
        // 200 sums of 32 forces, each rounded.
        assert!(momentum.abs() < 1e-13 * scale, "{momentum:e} of {scale:e}");
    }
}

#[test]
fn motion_runs_backwards() {
    let mut potential = long_ranged();
    let mut simulation = Simulation::new(fcc(2, 5.3), options(5.0, 60.0), &mut potential).unwrap();
    let start = simulation.structure().clone();
    for _ in 0..100 {
        simulation.step(&mut potential).unwrap();
    }
    let mut turned = simulation.structure().clone();
    turned.velocities.iter_mut().flatten().flatten().for_each(|v| *v = -*v);
    let mut simulation = Simulation::new(turned, options(5.0, 60.0), &mut potential).unwrap();
    for _ in 0..100 {
        simulation.step(&mut potential).unwrap();
    }
    let end = simulation.structure();
    for (a, b) in start.positions.as_flattened().iter().zip(end.positions.as_flattened()) {
        // Rounding, 1e-16 of 10 Å, grown for one picosecond.
        assert!((a - b).abs() < 1e-10);
    }
}

/// A spring between two atoms.
struct Spring {
    stiffness: f64,
    length: f64,
}

impl Potential for Spring {
    fn evaluate(&mut self, s: &Structure, _: Request, out: &mut Evaluation) -> Result<(), PotentialError> {
        let stretch = s.positions[1][0] - s.positions[0][0] - self.length;
        out.energy = 0.5 * self.stiffness * stretch * stretch;
        out.forces = vec![[self.stiffness * stretch, 0.0, 0.0], [-self.stiffness * stretch, 0.0, 0.0]];
        Ok(())
    }
}

/// Verlet's solution of a harmonic oscillator released at rest is `A cos(n φ)` with `cos φ = 1 - ω²dt²/2`.
#[test]
fn spring_oscillates_as_solved_by_hand() {
    let (stiffness, length, amplitude, timestep) = (5.0, 1.5, 0.1, 1.0);
    let mut molecule =
        Structure::new(vec![8, 6], vec![[0.0; 3], [length + amplitude, 0.0, 0.0]], Cell::default(), [false; 3]);
    molecule.velocities = Some(vec![[0.0; 3]; 2]);
    let m = molecule.masses().unwrap();
    let reduced = m[0] * m[1] / (m[0] + m[1]) * MASS_VELOCITY_SQUARED;
    let phase = (1.0 - 0.5 * stiffness / reduced * timestep * timestep).acos();
    let mut potential = Spring { stiffness, length };
    let mut simulation = Simulation::new(molecule, options(timestep, 0.0), &mut potential).unwrap();
    for n in 1..=500 {
        simulation.step(&mut potential).unwrap();
        let positions = &simulation.structure().positions;
        let expected = length + amplitude * (f64::from(n) * phase).cos();
        assert!((positions[1][0] - positions[0][0] - expected).abs() < 1e-12, "step {n}");
    }
}

#[test]
fn fixed_components_stay() {
    let mut structure = fcc(2, 5.3);
    let mut fixed = vec![[false; 3]; structure.len()];
    fixed[3] = [true; 3];
    fixed[5] = [false, true, false];
    structure.fixed = Some(fixed);
    let before = structure.positions.clone();
    for ensemble in [Ensemble::Nve, Ensemble::Langevin { friction: 0.01 }, Ensemble::Csvr { time: 50.0 }] {
        let mut potential = long_ranged();
        let options = SimulationOptions { ensemble, ..options(5.0, 60.0) };
        let mut simulation = Simulation::new(structure.clone(), options, &mut potential).unwrap();
        // 32 atoms, four components fixed, one along x, two along y, one along z: no momentum is conserved.
        assert_eq!(simulation.degrees_of_freedom(), 96 - 4);
        for _ in 0..50 {
            simulation.step(&mut potential).unwrap();
        }
        let after = &simulation.structure().positions;
        assert_eq!((after[3], after[5][1]), (before[3], before[5][1]));
        assert_ne!(after[5][0], before[5][0]);
    }
}

#[test]
fn instability_names_step_and_atom_and_leaves_the_last_good_state() {
    let mut potential = long_ranged();
    let mut simulation = Simulation::new(fcc(2, 5.3), options(400.0, 300.0), &mut potential).unwrap();
    let error = loop {
        let before = simulation.structure().clone();
        if let Err(error) = simulation.step(&mut potential) {
            assert_eq!(simulation.structure(), &before);
            break error;
        }
    };
    assert!(matches!(error, DynamicsError::Unstable { step, .. } if step == simulation.steps() + 1), "{error}");
}

#[test]
fn unusable_input_is_refused() {
    let refused = |structure: Structure, options: SimulationOptions| {
        Simulation::new(structure, options, &mut long_ranged()).unwrap_err()
    };
    let error = refused(fcc(1, 5.3), options(0.0, 10.0));
    assert!(matches!(error, DynamicsError::Option { name: "timestep", .. }));
    let cold = SimulationOptions { ensemble: Ensemble::Csvr { time: 10.0 }, ..options(1.0, 0.0) };
    assert!(matches!(refused(fcc(1, 5.3), cold.clone()), DynamicsError::Option { name: "temperature", .. }));
    let lonely = Structure::new(vec![18], vec![[0.0; 3]], Cell::default(), [false; 3]);
    let warm = SimulationOptions { temperature: 10.0, ..cold };
    assert!(matches!(refused(lonely, warm), DynamicsError::NothingMoves { atoms: 1 }));
    let mut torn = fcc(1, 5.3);
    torn.velocities = Some(vec![[f64::NAN; 3]; 4]);
    assert!(matches!(refused(torn, options(1.0, 10.0)), DynamicsError::Velocity { atom: 0, .. }));
}
