//! Relaxation: follows the forces (and the stress) to a minimum of the energy (or of the enthalpy).
//!
//! [`Relaxation`] is stepped by the caller. Coordinates are the positions and, if the cell moves, the logarithm of its
//! deformation ([`CellMode`]); they are moved by [`Optimizer`], and what the space group or fixed atoms forbid is taken
//! out of the forces first.

mod cell_filter;
mod fire;
mod lbfgs;
mod options;

use schur_atoms::Structure;
use schur_potential::{Evaluation, Potential};

use crate::DynamicsError;
use crate::symmetry::SpaceGroup;
use cell_filter::CellFilter;
use fire::Fire;
use lbfgs::Lbfgs;

pub use options::{CellMode, DEFAULT_SYMMETRY_TOLERANCE, Optimizer, RelaxationOptions};

/// Energy (eV per atom) above the initial one at which a relaxation is given up: no step downhill gets there.
const LARGEST_RISE: f64 = 10.0;
/// Norm of the logarithmic strain beyond which the cell is given up: volumes change by more than a factor of ten.
const LARGEST_STRAIN: f64 = 2.5;

/// Where a relaxation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Forces are still larger than asked for.
    Running,
    /// Every force (and the cell's) is below the limit.
    Converged,
    /// The largest number of steps has been taken without converging.
    OutOfSteps,
}

/// What one step of a relaxation found.
///
/// # Units
/// eV, eV/Å, Å^3, eV/Å^3.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepReport {
    /// Steps taken; 0 is the initial structure.
    pub step: u64,
    /// Energy in eV.
    pub energy: f64,
    /// The largest force on an atom or on a row of the cell's coordinates, in eV/Å.
    pub fmax: f64,
    /// The largest component of stress plus target pressure, in eV/Å^3.
    ///
    /// `None` without a volume.
    pub max_stress: Option<f64>,
    /// Volume in Å^3; `None` without one.
    pub volume: Option<f64>,
    /// Pressure in eV/Å^3, positive under compression; `None` without a volume.
    pub pressure: Option<f64>,
    /// Whether to go on.
    pub status: Status,
}

/// A relaxation under way.
///
/// # Examples
/// ```
/// use schur_atoms::{Cell, Structure};
/// use schur_dynamics::relax::{Relaxation, RelaxationOptions, Status};
/// use schur_potential::pair::LennardJones;
///
/// let mut argon = LennardJones::new(0.0104, 3.4, 8.5)?;
/// let pair = Structure::new(vec![18; 2], vec![[0.0; 3], [4.1, 0.0, 0.0]], Cell::default(), [false; 3]);
/// let options = RelaxationOptions { fmax: 1e-6, ..RelaxationOptions::default() };
/// let mut relaxation = Relaxation::new(pair, options)?;
/// let last = loop {
///     let report = relaxation.step(&mut argon)?;
///     if report.status != Status::Running {
///         break report;
///     }
/// };
/// assert_eq!(last.status, Status::Converged);
/// assert!((last.energy + 0.0104).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Relaxation {
    options: RelaxationOptions,
    structure: Structure,
    symmetry: Option<SpaceGroup>,
    filter: CellFilter,
    coordinates: Vec<[f64; 3]>,
    forces: Vec<[f64; 3]>,
    method: Method,
    evaluation: Evaluation,
    report: Option<StepReport>,
    initial_objective: f64,
    /// Steps begun; one more than the report's while a step is failing.
    step: u64,
}

#[derive(Debug, Clone)]
enum Method {
    Lbfgs(Lbfgs),
    Fire(Fire),
}

impl Relaxation {
    /// Prepares to relax `structure`.
    ///
    /// With a symmetry to keep, the structure is made exactly symmetric first.
    ///
    /// # Errors
    /// [`DynamicsError`] if the structure or an option is unusable, no space group is found, or fixed atoms break it.
    pub fn new(mut structure: Structure, options: RelaxationOptions) -> Result<Self, DynamicsError> {
        options.validate()?;
        structure.validate()?;
        if (options.cell != CellMode::Fixed || options.symmetry.is_some()) && structure.pbc != [true; 3] {
            return Err(DynamicsError::NotPeriodic { pbc: structure.pbc });
        }
        let symmetry = match options.symmetry {
            Some(tolerance) => Some(symmetrized(&mut structure, tolerance)?),
            None => None,
        };
        let filter = CellFilter::new(&structure, options.cell, options.pressure);
        let coordinates = filter.coordinates(&structure);
        let method = match options.optimizer {
            Optimizer::Lbfgs => Method::Lbfgs(Lbfgs::new(options.max_displacement)),
            Optimizer::Fire => Method::Fire(Fire::new(options.max_displacement)),
        };
        Ok(Self {
            options,
            structure,
            symmetry,
            filter,
            coordinates,
            forces: Vec::new(),
            method,
            evaluation: Evaluation::default(),
            report: None,
            initial_objective: 0.0,
            step: 0,
        })
    }

    /// Takes one step and says where it led.
    ///
    /// The first call only evaluates the initial structure (step 0). Once the status is not [`Status::Running`], further calls change nothing and repeat the last report.
    ///
    /// # Errors
    /// [`DynamicsError`] naming the step, if the potential refuses the structure or the relaxation diverges.
    pub fn step(&mut self, potential: &mut dyn Potential) -> Result<StepReport, DynamicsError> {
        match self.report {
            None => self.step = 0,
            Some(report) if report.status != Status::Running => return Ok(report),
            Some(report) => self.advance(&report)?,
        }
        self.evaluate(potential)?;
        let report = self.report_now();
        self.report = Some(report);
        Ok(report)
    }

    /// The structure as it is now; its velocities, if any, are left as they were.
    pub fn structure(&self) -> &Structure {
        &self.structure
    }

    /// Ends the relaxation and hands the structure over.
    pub fn into_structure(self) -> Structure {
        self.structure
    }

    /// The potential's answer for the structure as it is now.
    ///
    /// It is empty before the first step. Nothing is taken out of these forces and this virial: neither fixed atoms nor the symmetry.
    pub fn evaluation(&self) -> &Evaluation {
        &self.evaluation
    }

    /// The space group that is kept, if one is.
    pub fn symmetry(&self) -> Option<&SpaceGroup> {
        self.symmetry.as_ref()
    }

    /// The last report; `None` before the first step.
    pub fn report(&self) -> Option<&StepReport> {
        self.report.as_ref()
    }

    fn advance(&mut self, report: &StepReport) -> Result<(), DynamicsError> {
        self.step = report.step + 1;
        let objective = self.filter.objective(self.evaluation.energy, &self.structure);
        let displacement = match &mut self.method {
            Method::Lbfgs(lbfgs) => lbfgs.displacement(&self.coordinates, &self.forces, objective),
            Method::Fire(fire) => fire.displacement(&self.forces),
        };
        for (row, moved) in self.coordinates.iter_mut().zip(&displacement) {
            for axis in 0..3 {
                row[axis] += moved[axis];
            }
        }
        let strain = self.filter.apply(&self.coordinates, &mut self.structure);
        if strain.is_nan() || strain > LARGEST_STRAIN {
            return Err(DynamicsError::CellRunsAway { step: self.step, strain });
        }
        Ok(())
    }

    fn evaluate(&mut self, potential: &mut dyn Potential) -> Result<(), DynamicsError> {
        let step = self.step;
        crate::evaluate(potential, &self.structure, &mut self.evaluation, step)?;
        let objective = self.filter.objective(self.evaluation.energy, &self.structure);
        if step == 0 {
            self.initial_objective = objective;
        }
        let rise = (objective - self.initial_objective) / self.structure.len() as f64;
        if rise > LARGEST_RISE {
            return Err(DynamicsError::EnergyRises { step, rise });
        }
        let mut forces = self.evaluation.forces.clone();
        let mut virial = self.evaluation.virial;
        if let Some(symmetry) = &self.symmetry {
            symmetry.project_vectors(&mut forces);
            symmetry.project_tensor(&mut virial);
        }
        self.forces = self.filter.forces(forces, &virial, &self.structure)?;
        Ok(())
    }

    fn report_now(&self) -> StepReport {
        let fmax = largest_row(&self.forces);
        let stress = self.evaluation.stress(&self.structure);
        let volume = stress.map(|_| self.structure.cell.volume());
        let pressure = stress.map(|s| -(s[0] + s[1] + s[2]) / 3.0);
        let max_stress = stress.map(|s| {
            let residual = |(k, x): (usize, &f64)| (x + if k < 3 { self.options.pressure } else { 0.0 }).abs();
            s.iter().enumerate().map(residual).fold(0.0, f64::max)
        });
        let status = if fmax < self.options.fmax {
            Status::Converged
        } else if self.step >= self.options.max_steps {
            Status::OutOfSteps
        } else {
            Status::Running
        };
        StepReport { step: self.step, energy: self.evaluation.energy, fmax, max_stress, volume, pressure, status }
    }
}

/// Finds the space group, makes the structure obey it exactly and checks that the fixed atoms do.
fn symmetrized(structure: &mut Structure, tolerance: f64) -> Result<SpaceGroup, DynamicsError> {
    let symmetry = SpaceGroup::find(structure, tolerance)?;
    symmetry.symmetrize(structure)?;
    if let Some(fixed) = &structure.fixed {
        symmetry.check_constraints(fixed)?;
    }
    Ok(symmetry)
}

/// The length of the longest row.
fn largest_row(rows: &[[f64; 3]]) -> f64 {
    rows.iter().map(|r| r[0] * r[0] + r[1] * r[1] + r[2] * r[2]).fold(0.0, f64::max).sqrt()
}

/// The scalar product of two lists of rows.
fn dot(a: &[[f64; 3]], b: &[[f64; 3]]) -> f64 {
    a.as_flattened().iter().zip(b.as_flattened()).map(|(x, y)| x * y).sum()
}
