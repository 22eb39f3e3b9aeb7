//! What is known of a simulation at one step.

use serde::Serialize;

use super::{Simulation, motion};
use crate::units::{BOLTZMANN, GIGAPASCAL, GRAM_PER_CUBIC_CENTIMETRE};

/// The state of a simulation in numbers.
///
/// # Units
/// fs, eV, K, Å^3, g/cm^3, eV/Å^3.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Statistics {
    /// Steps taken, restarts included.
    pub step: u64,
    /// Simulated time in fs.
    pub time: f64,
    /// Potential energy in eV.
    pub potential: f64,
    /// Kinetic energy in eV.
    pub kinetic: f64,
    /// Temperature in K: twice the kinetic energy for each degree of freedom.
    ///
    /// What counts as one says [`md`](super).
    pub temperature: f64,
    /// Potential plus kinetic energy in eV.
    pub total: f64,
    /// What the exact equations of the ensemble leave unchanged, in eV.
    ///
    /// It is the total energy and that of thermostat and barostat, less the heat received from random baths.
    pub conserved: f64,
    /// Volume in Å^3; `None` where there is none.
    pub volume: Option<f64>,
    /// Mass density in g/cm^3; `None` without a volume.
    pub density: Option<f64>,
    /// Pressure in eV/Å^3 with the part of the motion, positive under compression.
    ///
    /// `None` without a volume. It is `(2K + tr 𝒲) / 3V` as in ASE and LAMMPS. At constant pressure its mean lies `kT <1/V>` below the pressure
    /// asked for, since the centre of mass is kept from moving and exerts none.
    pub pressure: Option<f64>,
    /// Stress in eV/Å^3 with the part of the motion, positive under tension.
    ///
    /// Voigt order xx yy zz yz xz xy; `None` without a volume.
    pub stress: Option<[f64; 6]>,
}

impl Statistics {
    /// The pressure in GPa.
    pub fn pressure_gpa(&self) -> Option<f64> {
        self.pressure.map(|p| p * GIGAPASCAL)
    }
}

impl Simulation {
    /// The state of the simulation in numbers.
    pub fn statistics(&self) -> Statistics {
        let kinetic = self.kinetic_energy();
        let potential = self.evaluation.energy;
        let total = potential + kinetic;
        let stress = self.stress();
        let volume = stress.map(|_| self.state.structure.cell.volume());
        let mass: f64 = self.masses.iter().sum();
        let temperature = match self.freedom.count {
            0 => 0.0,
            count => 2.0 * kinetic / (count as f64 * BOLTZMANN),
        };
        Statistics {
            step: self.step,
            time: self.step as f64 * self.options.timestep,
            potential,
            kinetic,
            temperature,
            total,
            conserved: total + self.chain_energy() + self.barostat_energy() - self.state.heat,
            volume,
            density: volume.map(|v| mass / v * GRAM_PER_CUBIC_CENTIMETRE),
            pressure: stress.map(|s| -(s[0] + s[1] + s[2]) / 3.0),
            stress,
        }
    }

    fn stress(&self) -> Option<[f64; 6]> {
        let stress = self.evaluation.stress(&self.state.structure)?;
        let volume = self.state.structure.cell.volume();
        let moving = motion::kinetic_tensor(self.state.velocities(), &self.masses);
        let voigt = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)];
        Some(std::array::from_fn(|k| stress[k] - moving[voigt[k].0][voigt[k].1] / volume))
    }
}
