//! `schur eval`: energy, forces and stress of every structure in some files.

mod consensus;
mod several;

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use schur_atoms::{Structure, files::extxyz};
use schur_potential::{Evaluation, Request};
use serde::Serialize;

use crate::args::{EvalArgs, GlobalArgs};
use crate::exit::{Interrupted, Status, UsageError};
use crate::interrupt::Interrupt;
use crate::report::{Column, Progress, Reporter, Table};
use crate::session::Session;
use crate::{inputs, outputs, report};

const TABLE: Table = Table {
    columns: &[
        Column::new("frame", "", 0, 6),
        Column::new("atoms", "", 0, 6),
        Column::new("energy", "eV", 6, 16),
        Column::new("energy/atom", "eV", 6, 12),
        Column::new("fmax", "eV/Å", 4, 11),
        Column::new("pressure", "GPa", 3, 11),
    ],
};

/// One frame's results for machines.
#[derive(Debug, Serialize)]
struct Record<'a> {
    file: &'a Path,
    frame: usize,
    n_atoms: usize,
    /// eV.
    energy: f64,
    /// eV.
    energies: &'a [f64],
    /// eV/Å.
    forces: &'a [[f64; 3]],
    /// eV/Å^3, Voigt order xx yy zz yz xz xy, tension positive; null without a periodic cell.
    stress: Option<[f64; 6]>,
    /// eV.
    #[serde(skip_serializing_if = "Option::is_none")]
    virials: Option<&'a [[[f64; 3]; 3]]>,
    /// Bohr magnetons; absent where the model has none.
    #[serde(skip_serializing_if = "<[f64]>::is_empty")]
    magnetic_moments: &'a [f64],
    /// What was added to the model; absent without.
    #[serde(skip_serializing_if = "Option::is_none")]
    dispersion: Option<String>,
}

/// Evaluates every structure.
///
/// # Errors
/// If the model cannot be had, or a structure not be read, evaluated or written.
pub fn run(args: &EvalArgs, options: &GlobalArgs, reporter: &Reporter) -> Result<Status> {
    refuse_other_formats(args.output.as_deref())?;
    if !args.models.is_empty() {
        return several::run(args, options, reporter);
    }
    // Files first: a misspelt name should not wait for a model to be fetched.
    let inputs = args.files.iter().map(|file| Ok((file.as_path(), inputs::structures(file, args.format)?)));
    let inputs = inputs.collect::<Result<Vec<_>>>()?;
    let mut run = Run {
        session: Session::open(options, reporter)?,
        request: Request { forces: true, virials: args.virials },
        interrupt: Interrupt::install()?,
        reporter,
        progress: reporter.progress(None),
        evaluation: Evaluation::default(),
        frames: 0,
    };
    match &args.output {
        Some(path) => outputs::write_whole(path, |out| run.all(inputs, Some(out)))?,
        None => run.all(inputs, None::<&mut Vec<u8>>)?,
    }
    drop(run.progress);
    if let Some(path) = &args.output {
        reporter.line(format_args!("{} structures -> {}", run.frames, path.display()));
    }
    Ok(Status::Success)
}

fn refuse_other_formats(output: Option<&Path>) -> Result<()> {
    use schur_atoms::files::Format;
    match output.map(outputs::format_of).transpose()? {
        None | Some(Format::ExtendedXyz | Format::Xyz) => Ok(()),
        Some(_) => bail!(UsageError("results are written as extended XYZ only; call the output .extxyz".to_owned())),
    }
}

struct Run<'a> {
    session: Session,
    request: Request,
    interrupt: Interrupt,
    reporter: &'a Reporter,
    progress: Progress,
    evaluation: Evaluation,
    frames: u64,
}

impl Run<'_> {
    fn all(&mut self, inputs: Vec<(&Path, inputs::Structures)>, mut out: Option<&mut impl Write>) -> Result<()> {
        for (file, structures) in inputs {
            self.reporter.line(format_args!("{}\n{}", file.display(), TABLE.header()));
            for (frame, structure) in structures.enumerate() {
                if self.interrupt.is_raised() {
                    bail!(Interrupted);
                }
                let mut structure = structure?;
                self.one(&structure, file, frame)?;
                if let Some(out) = &mut out {
                    outputs::attach(&mut structure, &self.evaluation, &self.session);
                    extxyz::write_frame(out, &structure)?;
                }
            }
        }
        Ok(())
    }

    fn one(&mut self, structure: &Structure, file: &Path, frame: usize) -> Result<()> {
        let found = &mut self.evaluation;
        let evaluated = self.session.potential.evaluate(structure, self.request, found);
        evaluated.with_context(|| format!("{}: frame {frame}", file.display()))?;
        let stress = found.stress(structure);
        self.reporter.json(&Record {
            file,
            frame,
            n_atoms: structure.len(),
            energy: found.energy,
            energies: &found.energies,
            forces: &found.forces,
            stress,
            virials: self.request.virials.then_some(&found.virials),
            magnetic_moments: &found.magnetic_moments,
            dispersion: self.session.dispersion.as_ref().map(ToString::to_string),
        })?;
        let values = [
            Some(frame as f64),
            Some(structure.len() as f64),
            Some(found.energy),
            Some(found.energy / structure.len() as f64),
            Some(report::largest_force(&found.forces)),
            stress.map(report::pressure_gpa),
        ];
        self.progress.line(self.reporter, format_args!("{}", TABLE.row(&values)));
        self.frames += 1;
        self.progress.set(self.frames);
        Ok(())
    }
}
