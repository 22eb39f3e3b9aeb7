//! All that a simulation needs to go on, in bytes that can be trusted.
//!
//! The first line says what follows: `schur-md-checkpoint`, the version, the SHA-256 of the rest. The rest is JSON with
//! numbers in their shortest form that reads back to the same bits.

use rand_chacha::ChaCha12Rng;
use schur_atoms::{Array, Cell, Structure};
use schur_potential::Potential;
use serde::{Deserialize, Serialize};

use super::nose_hoover::Chain;
use super::{Simulation, SimulationOptions, State, check};
use crate::DynamicsError;
use crate::matrix3::Matrix3;

/// The version of the format that is written and read.
pub const CHECKPOINT_VERSION: u32 = 1;

const NAME: &str = "schur-md-checkpoint";
/// Difference in energy (eV per atom) that is no rounding, not even of single precision on another machine.
const SAME_ENERGY: f64 = 1e-4;

/// A simulation at rest between two steps.
///
/// Going on from it gives the same bits as never having stopped, since a potential's answer depends on the structure
/// alone. What files attached to the structure beyond masses and fixed atoms is not kept.
///
/// # Examples
/// ```
/// use schur_atoms::{Cell, Structure};
/// use schur_dynamics::md::{Checkpoint, Ensemble, Simulation, SimulationOptions};
/// use schur_potential::pair::LennardJones;
/// let mut potential = LennardJones::new(0.0104, 3.4, 8.5)?;
/// let pair = Structure::new(vec![18; 2], vec![[0.0; 3], [4.0, 0.0, 0.0]], Cell::default(), [false; 3]);
/// let ensemble = Ensemble::Langevin { friction: 0.01 };
/// let options = SimulationOptions { temperature: 20.0, ensemble, ..SimulationOptions::default() };
/// let mut simulation = Simulation::new(pair, options, &mut potential)?;
/// let bytes = simulation.checkpoint().to_bytes()?;
/// let mut resumed = Simulation::restore(Checkpoint::from_bytes(&bytes)?, &mut potential)?;
/// simulation.step(&mut potential)?;
/// resumed.step(&mut potential)?;
/// assert_eq!(simulation.structure(), resumed.structure());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    options: SimulationOptions,
    step: u64,
    energy: f64,
    heat: f64,
    chain: Chain,
    strain_rate: Matrix3,
    rng: ChaCha12Rng,
    cell: Matrix3,
    pbc: [bool; 3],
    numbers: Vec<u8>,
    masses: Vec<f64>,
    fixed: Option<Vec<[bool; 3]>>,
    positions: Vec<[f64; 3]>,
    velocities: Vec<[f64; 3]>,
}

/// Why bytes are no usable checkpoint.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// Something else.
    #[error("this is no checkpoint of a simulation: it does not begin with `{NAME}`")]
    NotACheckpoint,
    /// Written by another version.
    #[error("the checkpoint has version `{found}`; this program reads version {known}")]
    Version {
        /// The version found.
        found: String,
        /// The version known.
        known: u32,
    },
    /// Torn or edited.
    #[error(
        "the checkpoint is damaged: its content has the SHA-256 {found}, and {expected} was written; use an earlier one"
    )]
    Damaged {
        /// The digest in the first line.
        expected: String,
        /// The digest of the content.
        found: String,
    },
    /// Intact, but not what a checkpoint holds.
    #[error("the content of the checkpoint cannot be understood")]
    Content(#[from] serde_json::Error),
    /// A value that cannot be written so that it reads back.
    #[error("`{name}` is {value}: a checkpoint holds finite numbers only")]
    NotFinite {
        /// Which value.
        name: &'static str,
        /// What it is.
        value: f64,
    },
}

impl Checkpoint {
    /// Writes the checkpoint as bytes; the caller brings them to a file whole.
    ///
    /// # Errors
    /// [`CheckpointError::NotFinite`] if a number is infinite or none.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CheckpointError> {
        self.check_finite()?;
        let content = serde_json::to_vec(self)?;
        let mut bytes = format!("{NAME} {CHECKPOINT_VERSION} {}\n", schur_io::sha256(&content)).into_bytes();
        bytes.extend(content);
        Ok(bytes)
    }

    /// Reads what [`Checkpoint::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`CheckpointError`] if the bytes are something else, of another version, torn or edited.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let end = bytes.iter().take(256).position(|&b| b == b'\n').ok_or(CheckpointError::NotACheckpoint)?;
        let (line, content) = (&bytes[..end], &bytes[end + 1..]);
        let line = std::str::from_utf8(line).map_err(|_| CheckpointError::NotACheckpoint)?;
        let mut words = line.split(' ');
        if words.next() != Some(NAME) {
            return Err(CheckpointError::NotACheckpoint);
        }
        let version = words.next().unwrap_or_default();
        if version != CHECKPOINT_VERSION.to_string() {
            return Err(CheckpointError::Version { found: version.to_owned(), known: CHECKPOINT_VERSION });
        }
        let (expected, found) = (words.next().unwrap_or_default(), schur_io::sha256(content));
        if expected != found {
            return Err(CheckpointError::Damaged { expected: expected.to_owned(), found });
        }
        Ok(serde_json::from_slice(content)?)
    }

    /// Steps taken when it was made.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// The options of the simulation.
    pub fn options(&self) -> &SimulationOptions {
        &self.options
    }

    /// The structure when it was made, velocities included.
    pub fn structure(&self) -> Structure {
        Structure {
            velocities: Some(self.velocities.clone()),
            fixed: self.fixed.clone(),
            ..Structure::new(self.numbers.clone(), self.positions.clone(), Cell::new(self.cell), self.pbc)
        }
    }

    fn check_finite(&self) -> Result<(), CheckpointError> {
        let scalars = [self.energy, self.heat];
        let values: [(&'static str, &[f64]); 7] = [
            ("energy or heat", &scalars),
            ("thermostat position", &self.chain.positions),
            ("thermostat velocity", &self.chain.velocities),
            ("strain rate", self.strain_rate.as_flattened()),
            ("cell", self.cell.as_flattened()),
            ("position", self.positions.as_flattened()),
            ("velocity", self.velocities.as_flattened()),
        ];
        for (name, values) in values {
            if let Some(&value) = values.iter().find(|x| !x.is_finite()) {
                return Err(CheckpointError::NotFinite { name, value });
            }
        }
        Ok(())
    }
}

impl Simulation {
    /// Everything needed to go on from here.
    pub fn checkpoint(&self) -> Checkpoint {
        let structure = &self.state.structure;
        Checkpoint {
            options: self.options.clone(),
            step: self.step,
            energy: self.evaluation.energy,
            heat: self.state.heat,
            chain: self.state.chain,
            strain_rate: self.state.strain_rate,
            rng: self.state.rng.clone(),
            cell: structure.cell.vectors(),
            pbc: structure.pbc,
            numbers: structure.numbers.clone(),
            masses: self.masses.clone(),
            fixed: structure.fixed.clone(),
            positions: structure.positions.clone(),
            velocities: self.state.velocities().to_vec(),
        }
    }

    /// Goes on from a checkpoint, with the potential that it was made with.
    ///
    /// # Errors
    /// [`DynamicsError`] if the content is unusable, or [`DynamicsError::OtherPotential`] if the potential gives the
    /// structure another energy.
    pub fn restore(checkpoint: Checkpoint, potential: &mut dyn Potential) -> Result<Self, DynamicsError> {
        let structure = checkpoint.structure();
        let Checkpoint { options, step, energy, heat, chain, strain_rate, rng, masses, .. } = checkpoint;
        let freedom = check(&structure, &options)?;
        let masses = schur_atoms::masses(&structure.numbers, Some(&Array::scalars(&masses)))?;
        let state = State { structure, rng, heat, chain, strain_rate };
        let simulation = Self::assemble(options, masses, freedom, step, state, potential)?;
        let found = simulation.evaluation.energy;
        if (found - energy).abs() > SAME_ENERGY * simulation.masses.len() as f64 {
            return Err(DynamicsError::OtherPotential { expected: energy, found });
        }
        Ok(simulation)
    }
}
