//! `schur eval --models`: what several models say of the same structures, in one run.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use schur_atoms::{Array, Structure, Value, files::extxyz};
use schur_potential::{Evaluation, Request};
use serde::Serialize;

use super::consensus::{Consensus, Spread};
use crate::args::{EvalArgs, GlobalArgs};
use crate::exit::{Interrupted, Status, UsageError};
use crate::interrupt::Interrupt;
use crate::models::locate;
use crate::report::{Column, Reporter, Table};
use crate::session::{self, Dispersion, Session};
use crate::{inputs, outputs, report};

const TABLE: Table = Table {
    columns: &[
        Column::new("frame", "", 0, 6),
        Column::new("atoms", "", 0, 6),
        Column::text("model", 24),
        Column::new("energy/atom", "eV", 6, 12),
        Column::new("fmax", "eV/Å", 4, 11),
        Column::new("pressure", "GPa", 3, 11),
    ],
};

/// What stands between a model and the level of theory asked of it.
const AT: char = '@';

/// What one model says.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    modality: Option<&'a str>,
    /// eV.
    energy: f64,
    /// eV/Å.
    forces: &'a [[f64; 3]],
    /// eV/Å^3, as in [`Record`](super::Record).
    stress: Option<[f64; 6]>,
    /// Bohr magnetons; absent where the model has none.
    #[serde(skip_serializing_if = "<[f64]>::is_empty")]
    magnetic_moments: &'a [f64],
}

impl<'a> Answer<'a> {
    fn new(model: &'a str, modality: Option<&'a str>, found: &'a Evaluation, structure: &Structure) -> Self {
        let Evaluation { energy, ref forces, ref magnetic_moments, .. } = *found;
        Self { model, modality, energy, forces, stress: found.stress(structure), magnetic_moments }
    }
}

/// One frame's results for machines.
#[derive(Debug, Serialize)]
struct Record<'a> {
    file: &'a Path,
    frame: usize,
    n_atoms: usize,
    models: Vec<Answer<'a>>,
    /// What was added to every model; absent without.
    #[serde(skip_serializing_if = "Option::is_none")]
    dispersion: Option<String>,
    mean: Answer<'a>,
    spread: &'a Spread,
}

/// Evaluates every structure with every model.
///
/// # Errors
/// If fewer than two models are named, one cannot be had, or a structure not be read, evaluated or written.
pub fn run(args: &EvalArgs, options: &GlobalArgs, reporter: &Reporter) -> Result<Status> {
    if args.models.len() < 2 {
        bail!(UsageError("--models compares two models or more; name a single one with --model".to_owned()));
    }
    let inputs = args.files.iter().map(|file| Ok((file.as_path(), inputs::structures(file, args.format)?)));
    let inputs = inputs.collect::<Result<Vec<_>>>()?;
    let pool = session::pool(options)?;
    let dispersion = Dispersion::asked(options, reporter)?;
    let sessions = args.models.iter().map(|named| {
        let (model, modality) = split(named);
        let loaded = locate::load(model, &session::unsaid(options), reporter)?;
        let options = session::potential_options_with(options, modality);
        Session::with_options(loaded, options, dispersion.clone(), pool.clone())
    });
    let sessions: Vec<_> = sessions.collect::<Result<_>>()?;
    let answers = vec![Evaluation::default(); sessions.len()];
    let labels: Vec<_> = sessions.iter().map(label).collect();
    let label = format!("mean of {}", labels.join(", "));
    let request = Request { forces: true, virials: args.virials };
    let interrupt = Interrupt::install()?;
    let mut run = Run { sessions, answers, labels, label, dispersion, request, interrupt, reporter };
    match &args.output {
        Some(path) => outputs::write_whole(path, |out| run.all(inputs, Some(out)))?,
        None => run.all(inputs, None::<&mut Vec<u8>>)?,
    }
    Ok(Status::Success)
}

/// Takes `MODEL@MODALITY` apart, unless a file has this very name.
fn split(named: &str) -> (&str, Option<&str>) {
    match named.rsplit_once(AT) {
        Some((model, modality)) if !Path::new(named).exists() => (model, Some(modality)),
        _ => (named, None),
    }
}

fn label(session: &Session) -> String {
    match &session.options.modality {
        Some(modality) => format!("{}{AT}{modality}", session.label),
        None => session.label.clone(),
    }
}

struct Run<'a> {
    sessions: Vec<Session>,
    answers: Vec<Evaluation>,
    labels: Vec<String>,
    /// What the mean is called.
    label: String,
    /// What was added to every model.
    dispersion: Option<Dispersion>,
    request: Request,
    interrupt: Interrupt,
    reporter: &'a Reporter,
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
                let Consensus { mean, spread } = self.one(&structure, file, frame)?;
                if let Some(out) = &mut out {
                    outputs::attach_as(&mut structure, &mean, &self.label, (None, self.dispersion.as_ref()));
                    structure.info.insert("energy_spread".to_owned(), Value::Real(spread.energy));
                    structure.arrays.insert("force_spread".to_owned(), Array::scalars(&spread.forces));
                    extxyz::write_frame(out, &structure)?;
                }
            }
        }
        Ok(())
    }

    fn one(&mut self, structure: &Structure, file: &Path, frame: usize) -> Result<Consensus> {
        for (session, found) in self.sessions.iter_mut().zip(&mut self.answers) {
            let evaluated = session.potential.evaluate(structure, self.request, found);
            evaluated.with_context(|| format!("{}: frame {frame}: model {}", file.display(), session.label))?;
        }
        let consensus = Consensus::of(&self.answers, structure);
        let named = self.sessions.iter().zip(&self.answers);
        let models = named
            .map(|(session, found)| Answer::new(&session.label, session.options.modality.as_deref(), found, structure));
        self.reporter.json(&Record {
            file,
            frame,
            n_atoms: structure.len(),
            models: models.collect(),
            dispersion: self.dispersion.as_ref().map(ToString::to_string),
            mean: Answer::new(&self.label, None, &consensus.mean, structure),
            spread: &consensus.spread,
        })?;
        self.tell(structure, frame, &consensus);
        Ok(consensus)
    }

    fn tell(&self, structure: &Structure, frame: usize, Consensus { mean, spread }: &Consensus) {
        let atoms = structure.len() as f64;
        let row = |name: &str, numbers: [Option<f64>; 3]| {
            let cell = |(number, digits): (Option<f64>, usize)| match number {
                Some(number) => format!("{number:.digits$}"),
                None => "-".to_owned(),
            };
            let numbers = numbers.into_iter().zip([6, 4, 3]).map(cell);
            let first = [frame.to_string(), structure.len().to_string(), name.to_owned()];
            let cells: Vec<_> = first.into_iter().chain(numbers).collect();
            self.reporter.line(format_args!("{}", TABLE.cells(&cells)));
        };
        let of = |found: &Evaluation| {
            let pressure = found.stress(structure).map(report::pressure_gpa);
            [Some(found.energy / atoms), Some(report::largest_force(&found.forces)), pressure]
        };
        for (label, found) in self.labels.iter().zip(&self.answers) {
            row(label, of(found));
        }
        row("mean", of(mean));
        let pressures = self.answers.iter().map(|found| found.stress(structure).map(report::pressure_gpa));
        let pressure = pressures.collect::<Option<Vec<_>>>().map(|all| deviation(&all));
        row("spread", [Some(spread.energy / atoms), spread.forces.iter().copied().reduce(f64::max), pressure]);
    }
}

/// The root of the mean squared deviation from the mean.
fn deviation(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_of_theory_stands_behind_the_last_at_sign() {
        assert_eq!(split("sevennet-0"), ("sevennet-0", None));
        assert_eq!(split("sevennet-mf-0@PBE"), ("sevennet-mf-0", Some("PBE")));
        assert_eq!(split("a@b/model.pth@head"), ("a@b/model.pth", Some("head")));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("me@home.model");
        std::fs::write(&path, "").unwrap();
        assert_eq!(split(path.to_str().unwrap()), (path.to_str().unwrap(), None));
    }
}
