//! `schur relax`: atoms and cell to a minimum of the enthalpy.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use schur_atoms::{Structure, Value, files::extxyz};
use schur_dynamics::relax::{CellMode, Optimizer, Relaxation, RelaxationOptions, Status as Progression, StepReport};
use schur_dynamics::units::GIGAPASCAL;
use serde::Serialize;

use crate::args::{GlobalArgs, OptimizerName, RelaxArgs};
use crate::exit::{Status, UsageError};
use crate::interrupt::Interrupt;
use crate::report::{Column, Reporter, Table};
use crate::session::Session;
use crate::{inputs, outputs, report};

/// The distance (Å) within which the space group to keep is looked for.
const SYMMETRY_TOLERANCE: f64 = schur_dynamics::relax::DEFAULT_SYMMETRY_TOLERANCE;

const TABLE: Table = Table {
    columns: &[
        Column::new("step", "", 0, 5),
        Column::new("energy", "eV", 6, 15),
        Column::new("fmax", "eV/Å", 5, 12),
        Column::new("max stress", "GPa", 4, 12),
        Column::new("volume", "Å^3", 3, 12),
    ],
};

/// The result for machines.
#[derive(Debug, Serialize)]
struct Summary<'a> {
    file: &'a Path,
    output: &'a Path,
    converged: bool,
    interrupted: bool,
    steps: u64,
    n_atoms: usize,
    /// eV.
    energy: f64,
    /// eV/Å.
    fmax: f64,
    /// eV/Å^3, Voigt order xx yy zz yz xz xy, tension positive; null without a periodic cell.
    stress: Option<[f64; 6]>,
    pressure_gpa: Option<f64>,
    max_stress_gpa: Option<f64>,
    /// Å^3.
    volume: Option<f64>,
    initial_volume: Option<f64>,
    space_group: Option<String>,
    model: &'a str,
    /// What was added to the model; absent without.
    #[serde(skip_serializing_if = "Option::is_none")]
    dispersion: Option<String>,
}

/// Relaxes one structure.
///
/// # Errors
/// If the model cannot be had, the structure not be read, evaluated or written, or the relaxation runs away.
pub fn run(args: &RelaxArgs, options: &GlobalArgs, reporter: &Reporter) -> Result<Status> {
    let output = args.output.clone().unwrap_or_else(|| outputs::beside(&args.file, "-relaxed.extxyz"));
    outputs::format_of(&output)?;
    if let Some(trajectory) = &args.trajectory {
        if outputs::is_same_file(trajectory, &output) {
            bail!(UsageError("--trajectory and --output name the same file".to_owned()));
        }
        if outputs::is_same_file(trajectory, &args.file) {
            bail!(UsageError("the trajectory would overwrite the input; give another --trajectory".to_owned()));
        }
    }
    let structure = inputs::one(&args.file, args.format, args.frame)?;
    let relaxation = Relaxation::new(structure, meant(args)).with_context(|| advice(args))?;
    let mut run = Run {
        session: Session::open(options, reporter)?,
        interrupt: Interrupt::install()?,
        reporter,
        relaxation,
        initial_volume: None,
        failure: None,
    };
    run.announce(args);
    match &args.trajectory {
        Some(path) => outputs::write_whole(path, |out| run.steps(Some(out)))?,
        None => run.steps(None::<&mut Vec<u8>>)?,
    }
    match run.failure.take() {
        Some(error) => Err(error.context(format!("{}", args.file.display()))),
        None => run.finish(args, output),
    }
}

/// The options as the relaxation understands them.
fn meant(args: &RelaxArgs) -> RelaxationOptions {
    RelaxationOptions {
        fmax: args.fmax,
        max_steps: args.steps,
        cell: match (args.fixed_cell, args.isotropic) {
            (true, _) => CellMode::Fixed,
            (false, true) => CellMode::Isotropic,
            (false, false) => CellMode::Full,
        },
        pressure: args.pressure.unwrap_or(0.0) / GIGAPASCAL,
        optimizer: match args.optimizer {
            OptimizerName::Lbfgs => Optimizer::Lbfgs,
            OptimizerName::Fire => Optimizer::Fire,
        },
        symmetry: args.keep_symmetry.then_some(SYMMETRY_TOLERANCE),
        ..RelaxationOptions::default()
    }
}

fn advice(args: &RelaxArgs) -> String {
    let hint = if args.fixed_cell { "" } else { " (--fixed-cell moves the atoms only)" };
    format!("{} cannot be relaxed as asked{hint}", args.file.display())
}

struct Run<'a> {
    session: Session,
    interrupt: Interrupt,
    reporter: &'a Reporter,
    relaxation: Relaxation,
    initial_volume: Option<f64>,
    /// What stopped the steps; kept aside so that the trajectory up to it is still written.
    failure: Option<anyhow::Error>,
}

impl Run<'_> {
    fn announce(&self, args: &RelaxArgs) {
        let structure = self.relaxation.structure();
        let label = &self.session.label;
        self.reporter.line(format_args!("{}: {} atoms, model {label}", args.file.display(), structure.len()));
        if let Some(group) = self.relaxation.symmetry() {
            self.reporter.line(format_args!("keeping space group {}", space_group(group)));
        }
        self.reporter.line(format_args!("{}", TABLE.header()));
    }

    /// Steps until there is a reason to stop; fails only if the trajectory cannot be written.
    fn steps(&mut self, mut trajectory: Option<&mut impl Write>) -> Result<()> {
        let progress = self.reporter.progress(None);
        loop {
            let report = match self.relaxation.step(&mut *self.session.potential) {
                Ok(report) => report,
                Err(error) => {
                    self.failure = Some(error.into());
                    return Ok(());
                }
            };
            if report.step == 0 {
                self.initial_volume = report.volume;
            }
            progress.line(self.reporter, format_args!("{}", TABLE.row(&row(&report))));
            progress.set(report.step);
            if let Some(out) = &mut trajectory {
                extxyz::write_frame(out, &self.result(&report))?;
            }
            if report.status != Progression::Running || self.interrupt.is_raised() {
                return Ok(());
            }
        }
    }

    /// The structure as it is now, with what was found for it.
    fn result(&self, report: &StepReport) -> Structure {
        let mut structure = self.relaxation.structure().clone();
        outputs::attach(&mut structure, self.relaxation.evaluation(), &self.session);
        let converged = report.status == Progression::Converged;
        structure.info.insert("converged".to_owned(), Value::Bool(converged));
        structure
    }

    fn finish(&self, args: &RelaxArgs, output: PathBuf) -> Result<Status> {
        let report = self.relaxation.report().context("no step was taken")?;
        let result = self.result(report);
        outputs::write_structure(&output, &result)?;
        let converged = report.status == Progression::Converged;
        let status = match report.status {
            Progression::Converged => Status::Success,
            Progression::Running => Status::Interrupted,
            Progression::OutOfSteps => Status::NotConverged,
        };
        self.reporter.json(&Summary {
            file: &args.file,
            output: &output,
            converged,
            interrupted: status == Status::Interrupted,
            steps: report.step,
            n_atoms: result.len(),
            energy: report.energy,
            fmax: report.fmax,
            stress: self.relaxation.evaluation().stress(&result),
            pressure_gpa: report.pressure.map(|pressure| pressure * GIGAPASCAL),
            max_stress_gpa: report.max_stress.map(|stress| stress * GIGAPASCAL),
            volume: report.volume,
            initial_volume: self.initial_volume,
            space_group: self.relaxation.symmetry().map(space_group),
            model: &self.session.label,
            dispersion: self.session.dispersion.as_ref().map(ToString::to_string),
        })?;
        self.tell(args, report, &result, status);
        self.reporter.line(format_args!("written: {}", output.display()));
        Ok(status)
    }

    fn tell(&self, args: &RelaxArgs, report: &StepReport, result: &Structure, status: Status) {
        let StepReport { step, fmax, energy, .. } = *report;
        let line = |text: std::fmt::Arguments<'_>| self.reporter.line(text);
        match status {
            Status::Success => line(format_args!("converged in {step} steps: fmax {fmax:.5} eV/Å")),
            Status::Interrupted => line(format_args!("interrupted after {step} steps: fmax {fmax:.5} eV/Å")),
            _ => self.reporter.warning(format_args!(
                "not converged in {step} steps: fmax {fmax:.5} eV/Å is not below {} eV/Å; raise --steps or go on from the result",
                args.fmax
            )),
        }
        line(format_args!("energy  {energy:.6} eV, {:.6} eV/atom", energy / result.len() as f64));
        if let (Some(before), Some(after)) = (self.initial_volume, report.volume) {
            let change = 100.0 * (after / before - 1.0);
            line(format_args!("volume  {before:.3} -> {after:.3} Å^3 ({change:+.2} %)"));
            let ([a, b, c], [alpha, beta, gamma]) = result.cell.parameters();
            line(format_args!("cell    {a:.4} {b:.4} {c:.4} Å, {alpha:.3} {beta:.3} {gamma:.3}°"));
        }
        if let Some(pressure) = self.relaxation.evaluation().stress(result).map(report::pressure_gpa) {
            line(format_args!("pressure {pressure:.4} GPa"));
        }
    }
}

fn row(report: &StepReport) -> [Option<f64>; 5] {
    let max_stress = report.max_stress.map(|stress| stress * GIGAPASCAL);
    [Some(report.step as f64), Some(report.energy), Some(report.fmax), max_stress, report.volume]
}

fn space_group(group: &schur_dynamics::symmetry::SpaceGroup) -> String {
    format!("{} ({})", group.symbol(), group.number())
}
