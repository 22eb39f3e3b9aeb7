//! What a simulation can be told.

use serde::{Deserialize, Serialize};

use crate::DynamicsError;

/// Friction of Langevin's bath in 1/fs, where nothing is known better.
pub const DEFAULT_FRICTION: f64 = 0.005;
/// Relaxation time of a thermostat in fs, where nothing is known better.
pub const DEFAULT_THERMOSTAT_TIME: f64 = 100.0;
/// Relaxation time of a barostat in fs, where nothing is known better.
pub const DEFAULT_BAROSTAT_TIME: f64 = 1000.0;

/// Which components of the cell the barostat moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellCoupling {
    /// The volume alone.
    #[default]
    Isotropic,
    /// Stretches along x, y and z; a cell with right angles along the axes keeps them.
    Axes,
    /// All six strains, without rotation.
    ///
    /// For solids: a liquid offers no resistance to shear, and its cell would flatten in time.
    Full,
}

/// What is held constant.
///
/// # Units
/// Times fs, friction 1/fs, pressure eV/Å^3.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ensemble {
    /// Energy and volume: Newton's equations alone.
    #[default]
    Nve,
    /// Temperature, by friction and noise on every atom.
    Langevin {
        /// Friction in 1/fs.
        friction: f64,
    },
    /// Temperature, by stochastic rescaling of all velocities.
    ///
    /// Canonical, and hardly disturbs the motion.
    Csvr {
        /// Relaxation time of the kinetic energy in fs.
        time: f64,
    },
    /// Temperature, by a chain of three deterministic thermostats.
    NoseHoover {
        /// Period of the first thermostat over 2π, in fs.
        time: f64,
    },
    /// Temperature and pressure.
    ///
    /// CSVR for the atoms, a barostat with friction and noise for the cell. Volumes fluctuate as they should, `P(V) ∝ V^N exp(-PV/kT)` for an ideal gas; no compressibility is asked for.
    Npt {
        /// Pressure in eV/Å^3, positive compresses.
        pressure: f64,
        /// Relaxation time of the atoms' kinetic energy in fs.
        thermostat_time: f64,
        /// Time of the cell's motion and of its damping in fs.
        ///
        /// The period in an ideal gas is about 2π times as long, in a solid shorter.
        barostat_time: f64,
        /// Which components of the cell move.
        coupling: CellCoupling,
    },
}

impl Ensemble {
    /// Whether the total momentum is a constant of the motion.
    pub(super) fn conserves_momentum(&self) -> bool {
        !matches!(self, Self::Langevin { .. })
    }

    /// Whether a bath acts by rescaling velocities, which cannot set atoms at rest in motion.
    pub(super) fn only_rescales(&self) -> bool {
        matches!(self, Self::Csvr { .. } | Self::NoseHoover { .. } | Self::Npt { .. })
    }
}

/// The options of a simulation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimulationOptions {
    /// Time step in fs.
    pub timestep: f64,
    /// Temperature of the baths and of drawn velocities, in K.
    pub temperature: f64,
    /// What is held constant.
    pub ensemble: Ensemble,
    /// Seed of all random numbers.
    pub seed: u64,
}

impl Default for SimulationOptions {
    fn default() -> Self {
        Self { timestep: 1.0, temperature: 300.0, ensemble: Ensemble::Nve, seed: 0 }
    }
}

impl SimulationOptions {
    /// Checks every option against its range.
    ///
    /// # Errors
    /// [`DynamicsError::Option`] naming the first one outside.
    pub fn validate(&self) -> Result<(), DynamicsError> {
        positive("timestep", self.timestep)?;
        if !(self.temperature.is_finite() && self.temperature >= 0.0) {
            let requirement = "it must be a finite number, zero or more";
            return Err(DynamicsError::Option { name: "temperature", value: self.temperature, requirement });
        }
        match self.ensemble {
            Ensemble::Nve => return Ok(()),
            Ensemble::Langevin { friction } => positive("friction", friction)?,
            Ensemble::Csvr { time } => positive("time", time)?,
            Ensemble::NoseHoover { time } => positive("time", time)?,
            Ensemble::Npt { pressure, thermostat_time, barostat_time, .. } => {
                positive("thermostat_time", thermostat_time)?;
                positive("barostat_time", barostat_time)?;
                if !pressure.is_finite() {
                    let requirement = "it must be a finite number";
                    return Err(DynamicsError::Option { name: "pressure", value: pressure, requirement });
                }
            }
        }
        positive("temperature", self.temperature)
    }
}

fn positive(name: &'static str, value: f64) -> Result<(), DynamicsError> {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    Err(DynamicsError::Option { name, value, requirement: "it must be a finite number above zero" })
}
