//! Molecular dynamics: Newton's equations, with baths of heat and pressure, that can be continued bit for bit.
//!
//! [`Simulation`] is stepped by the caller; [`Statistics`] says where it stands, [`Checkpoint`] holds all it needs to go
//! on. Each [`Ensemble`] is a symmetric product of exactly solvable flows around one evaluation of the forces a step:
//!
//! | ensemble | one step | source |
//! |---|---|---|
//! | NVE | kick ½, drift, kick ½ (velocity Verlet) | Swope et al., J. Chem. Phys. 76, 637 (1982) |
//! | Langevin | kick ½, drift ½, bath, drift ½, kick ½ (BAOAB) | Leimkuhler and Matthews, Appl. Math. Res. Express 2013, 34 |
//! | CSVR | NVE, then stochastic velocity rescaling | Bussi, Donadio and Parrinello, J. Chem. Phys. 126, 014101 (2007) |
//! | Nosé-Hoover | chain ½, NVE, chain ½ | Martyna, Tuckerman, Tobias and Klein, Mol. Phys. 87, 1117 (1996) |
//! | NPT | baths ½, strain rate ½, kick ½, flow, kick ½, strain rate ½, baths ½ | Bussi, Zykova-Timan and Parrinello, J. Chem. Phys. 130, 074101 (2009) |
//!
//! A conserved quantity exists for all of them ([`Statistics::conserved`]): its drift measures the time step.
//!
//! # Degrees of freedom
//! Temperatures count the components that may move, less one for each axis along which no atom is fixed, since the
//! momentum along it is conserved: `3N - 3` without fixed atoms. Langevin's bath conserves no momentum: `3N`. With a bath
//! that conserves momentum, the initial momentum and what the rounding of forces adds to it is taken out; NVE is
//! left alone, where a drift of the whole counts as heat.

mod barostat;
mod checkpoint;
mod csvr;
mod langevin;
mod motion;
mod nose_hoover;
mod options;
mod statistics;
mod velocities;

use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use schur_atoms::Structure;
use schur_potential::{Evaluation, Potential};

use crate::DynamicsError;
use crate::matrix3::{Matrix3, ZERO};
use motion::Freedom;
use nose_hoover::Chain;

pub use checkpoint::{CHECKPOINT_VERSION, Checkpoint, CheckpointError};
pub use options::{
    CellCoupling, DEFAULT_BAROSTAT_TIME, DEFAULT_FRICTION, DEFAULT_THERMOSTAT_TIME, Ensemble, SimulationOptions,
};
pub use statistics::Statistics;
pub use velocities::draw_velocities;

/// A simulation under way.
///
/// # Examples
/// ```
/// use schur_atoms::{Cell, Structure};
/// use schur_dynamics::md::{Ensemble, Simulation, SimulationOptions};
/// use schur_potential::pair::LennardJones;
///
/// let mut potential = LennardJones::new(0.0104, 3.4, 8.5)?;
/// let pair = Structure::new(vec![18; 2], vec![[0.0; 3], [4.0, 0.0, 0.0]], Cell::default(), [false; 3]);
/// let ensemble = Ensemble::Csvr { time: 100.0 };
/// let options = SimulationOptions { temperature: 20.0, ensemble, ..SimulationOptions::default() };
/// let mut simulation = Simulation::new(pair, options, &mut potential)?;
/// let before = simulation.statistics().conserved;
/// for _ in 0..100 {
///     simulation.step(&mut potential)?;
/// }
/// assert!((simulation.statistics().conserved - before).abs() < 1e-5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Simulation {
    options: SimulationOptions,
    masses: Vec<f64>,
    freedom: Freedom,
    step: u64,
    state: State,
    evaluation: Evaluation,
    /// The state before the step under way, for when it fails.
    before: State,
    next_evaluation: Evaluation,
}

/// All that one step changes.
#[derive(Debug, Clone)]
struct State {
    structure: Structure,
    rng: ChaCha12Rng,
    /// Energy received from the baths, in eV.
    heat: f64,
    chain: Chain,
    /// Rate of the cell's strain, in 1/fs; symmetric.
    strain_rate: Matrix3,
}

impl State {
    /// Copies what a step changes, reusing memory.
    fn copy_from(&mut self, other: &Self) {
        self.structure.positions.clone_from(&other.structure.positions);
        self.structure.velocities.clone_from(&other.structure.velocities);
        self.structure.cell = other.structure.cell;
        self.rng.clone_from(&other.rng);
        self.heat = other.heat;
        self.chain = other.chain;
        self.strain_rate = other.strain_rate;
    }

    fn velocities(&self) -> &[[f64; 3]] {
        self.structure.velocities.as_deref().unwrap_or_default()
    }
}

impl Simulation {
    /// Prepares to simulate `structure` and evaluates it.
    ///
    /// Velocities are taken from the structure; if it has none (or a bath that only rescales would meet atoms at rest)
    /// they are drawn from the Maxwell-Boltzmann distribution, without momentum along axes that conserve it. Masses are
    /// those of [`Structure::masses`].
    ///
    /// # Errors
    /// [`DynamicsError`] if the structure or an option is unusable or the potential refuses the structure.
    pub fn new(
        mut structure: Structure,
        options: SimulationOptions,
        potential: &mut dyn Potential,
    ) -> Result<Self, DynamicsError> {
        let freedom = check(&structure, &options)?;
        let masses = structure.masses()?;
        let mut rng = ChaCha12Rng::seed_from_u64(options.seed);
        let at_rest = structure.velocities.iter().flatten().flatten().all(|&v| v == 0.0);
        if structure.velocities.is_none() || (at_rest && options.ensemble.only_rescales()) {
            let conserved = Freedom::new(&structure, true).conserved;
            structure.velocities =
                Some(velocities::draw(&masses, structure.fixed.as_deref(), conserved, options.temperature, &mut rng));
        }
        motion::stop_fixed(&mut structure);
        if options.ensemble.only_rescales() {
            motion::remove_momentum(&mut structure, &masses, freedom.conserved);
        }
        let state = State { structure, rng, heat: 0.0, chain: Chain::default(), strain_rate: ZERO };
        Self::assemble(options, masses, freedom, 0, state, potential)
    }

    fn assemble(
        options: SimulationOptions,
        masses: Vec<f64>,
        freedom: Freedom,
        step: u64,
        state: State,
        potential: &mut dyn Potential,
    ) -> Result<Self, DynamicsError> {
        for (atom, &velocity) in state.velocities().iter().enumerate() {
            if velocity.iter().any(|v| !v.is_finite()) {
                return Err(DynamicsError::Velocity { atom, velocity });
            }
        }
        let mut evaluation = Evaluation::default();
        crate::evaluate(potential, &state.structure, &mut evaluation, step)?;
        let before = state.clone();
        let next_evaluation = Evaluation::default();
        Ok(Self { options, masses, freedom, step, state, evaluation, before, next_evaluation })
    }

    /// Takes one time step.
    ///
    /// # Errors
    /// [`DynamicsError`] naming the step, if the potential refuses the structure or the motion becomes unstable; the
    /// simulation is then as it was before the step, and can still be written to a checkpoint.
    pub fn step(&mut self, potential: &mut dyn Potential) -> Result<(), DynamicsError> {
        self.before.copy_from(&self.state);
        let outcome = match self.options.ensemble {
            Ensemble::Nve => self.verlet(potential),
            Ensemble::Langevin { friction } => self.langevin(friction, potential),
            Ensemble::Csvr { time } => self.csvr(time, potential),
            Ensemble::NoseHoover { time } => self.nose_hoover(time, potential),
            Ensemble::Npt { .. } => self.npt(potential),
        };
        if let Err(error) = outcome {
            self.state.copy_from(&self.before);
            return Err(error);
        }
        std::mem::swap(&mut self.evaluation, &mut self.next_evaluation);
        self.step += 1;
        Ok(())
    }

    /// Changes the temperature of the baths from the next step on.
    ///
    /// [`Statistics::conserved`] goes on without a jump in the ensembles with random baths at constant volume; in the
    /// others the energies of thermostat and barostat change with the temperature, and so does it.
    ///
    /// # Errors
    /// [`DynamicsError::Option`] unless the temperature is finite and above zero (or zero, without a bath).
    pub fn set_temperature(&mut self, temperature: f64) -> Result<(), DynamicsError> {
        let options = SimulationOptions { temperature, ..self.options.clone() };
        options.validate()?;
        self.options = options;
        Ok(())
    }

    /// Steps taken since the simulation began, restarts included.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// The options of the simulation, with the temperature of now.
    pub fn options(&self) -> &SimulationOptions {
        &self.options
    }

    /// The structure as it is now, velocities included.
    ///
    /// Positions are not wrapped into the cell.
    pub fn structure(&self) -> &Structure {
        &self.state.structure
    }

    /// The potential's answer for the structure as it is now.
    pub fn evaluation(&self) -> &Evaluation {
        &self.evaluation
    }

    /// The mass of each atom in amu.
    pub fn masses(&self) -> &[f64] {
        &self.masses
    }

    /// How many components of momentum share the kinetic energy.
    pub fn degrees_of_freedom(&self) -> usize {
        self.freedom.count
    }

    /// Evaluates the structure after a drift; the answer becomes current when the step succeeds.
    fn evaluate(&mut self, potential: &mut dyn Potential) -> Result<(), DynamicsError> {
        crate::evaluate(potential, &self.state.structure, &mut self.next_evaluation, self.step + 1)
    }

    /// Half a step of acceleration by the forces from before the drift.
    fn kick_before(&mut self) {
        motion::kick(&mut self.state.structure, &self.evaluation.forces, &self.masses, 0.5 * self.options.timestep);
    }

    /// Half a step of acceleration by the forces from after the drift.
    fn kick_after(&mut self) {
        motion::kick(
            &mut self.state.structure,
            &self.next_evaluation.forces,
            &self.masses,
            0.5 * self.options.timestep,
        );
    }

    fn verlet(&mut self, potential: &mut dyn Potential) -> Result<(), DynamicsError> {
        self.kick_before();
        motion::drift(&mut self.state.structure, self.options.timestep, self.step + 1)?;
        self.evaluate(potential)?;
        self.kick_after();
        Ok(())
    }

    fn kinetic_energy(&self) -> f64 {
        motion::kinetic_energy(self.state.velocities(), &self.masses)
    }

    fn remove_momentum(&mut self) {
        motion::remove_momentum(&mut self.state.structure, &self.masses, self.freedom.conserved);
    }
}

/// Checks structure and options together and counts what is free to move.
fn check(structure: &Structure, options: &SimulationOptions) -> Result<Freedom, DynamicsError> {
    options.validate()?;
    structure.validate()?;
    if matches!(options.ensemble, Ensemble::Npt { .. }) && structure.pbc != [true; 3] {
        return Err(DynamicsError::NotPeriodic { pbc: structure.pbc });
    }
    let freedom = Freedom::new(structure, options.ensemble.conserves_momentum());
    if freedom.count == 0 && options.ensemble != Ensemble::Nve {
        return Err(DynamicsError::NothingMoves { atoms: structure.len() });
    }
    Ok(freedom)
}
