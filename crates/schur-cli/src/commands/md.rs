//! `schur md`: molecular dynamics that can be stopped at any moment and continued to the same bytes.

mod ensemble;
mod growing;
mod record;
mod saved;

use std::ffi::OsStr;
use std::fs;
use std::io::{BufReader, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use schur_atoms::Structure;
use schur_atoms::files::{Format, extxyz};
use schur_dynamics::md::{Simulation, SimulationOptions, Statistics};
use schur_io::sha256;
use schur_potential::Precision;
use serde::Serialize;

use crate::args::{GlobalArgs, MdArgs};
use crate::exit::{Status, UsageError};
use crate::interrupt::Interrupt;
use crate::report::{Progress, Reporter};
use crate::session::Session;
use crate::{inputs, outputs};
use growing::Growing;
use saved::{Binding, Header, Saved};

/// The program that writes, for checkpoints.
const PROGRAM: &str = concat!("schur ", env!("CARGO_PKG_VERSION"));

/// The result for machines.
#[derive(Debug, Serialize)]
struct Summary<'a> {
    file: &'a Path,
    trajectory: &'a Path,
    statistics_file: &'a Path,
    checkpoint: &'a Path,
    interrupted: bool,
    n_atoms: usize,
    /// Steps taken by this process.
    steps_taken: u64,
    atom_steps_per_second: f64,
    ns_per_day: f64,
    /// The last state: eV, fs, K, Å^3, g/cm^3, eV/Å^3.
    last: Statistics,
    model: &'a str,
    /// What was added to the model; absent without.
    #[serde(skip_serializing_if = "Option::is_none")]
    dispersion: Option<String>,
}

/// Runs or continues a simulation.
///
/// # Errors
/// If the model cannot be had, the structure not be read or evaluated, the motion becomes unstable, a file cannot be
/// written, or a checkpoint belongs to another run.
pub fn run(args: &MdArgs, options: &GlobalArgs, reporter: &Reporter) -> Result<Status> {
    let simulation = ensemble::meant(args)?;
    let files = Files::of(args)?;
    let input = inputs::one(&args.file, args.format, args.frame)?;
    if input.velocities.is_none() && args.temperature.is_none() {
        bail!(UsageError("the structure has no velocities: say at which --temperature to draw them".to_owned()));
    }
    let saved = files.saved(args)?;
    let session = Session::open(options, reporter)?;
    let binding = binding(args, &session, &input, simulation)?;
    let interrupt = Interrupt::install()?;
    let run = match saved {
        Some(saved) => Run::resume(saved, binding, input, files, session, reporter),
        None => Run::begin(binding, input, files, session, reporter),
    };
    run.with_context(|| format!("{}", args.file.display()))?.go(args, &interrupt)
}

fn binding(args: &MdArgs, session: &Session, input: &Structure, simulation: SimulationOptions) -> Result<Binding> {
    let mut frame = Vec::new();
    extxyz::write_frame(&mut frame, input)?;
    let precision = match session.options.precision {
        Precision::F32 => "f32",
        Precision::F64 => "f64",
    };
    Ok(Binding {
        model_sha256: session.model_sha256.clone(),
        precision: precision.to_owned(),
        exact_radial: session.options.exact_radial,
        modality: session.options.modality.clone(),
        dispersion: session.dispersion.as_ref().map(|it| format!("{it} within {} Å", it.cutoffs.dispersion)),
        unsaid: session.unsaid.clone(),
        structure_sha256: sha256(&frame),
        every: args.every,
        simulation,
    })
}

/// The files of a run, side by side.
#[derive(Debug)]
struct Files {
    trajectory: PathBuf,
    statistics: PathBuf,
    checkpoint: PathBuf,
}

impl Files {
    fn of(args: &MdArgs) -> Result<Self> {
        let trajectory = args.output.clone().unwrap_or_else(|| outputs::beside(&args.file, "-md.extxyz"));
        if !matches!(outputs::format_of(&trajectory)?, Format::ExtendedXyz | Format::Xyz) {
            bail!(UsageError("trajectories are written as extended XYZ only; call the output .extxyz".to_owned()));
        }
        if outputs::is_same_file(&trajectory, &args.file) {
            bail!(UsageError("the trajectory would overwrite the input; give another name with --output".to_owned()));
        }
        let (statistics, checkpoint) =
            (named_after(&trajectory, "-stats.dat"), named_after(&trajectory, ".checkpoint"));
        Ok(Self { trajectory, statistics, checkpoint })
    }

    /// The checkpoint to go on from, if that is asked for and there is one.
    fn saved(&self, args: &MdArgs) -> Result<Option<Saved>> {
        if args.overwrite {
            return Ok(None);
        }
        let saved = Saved::read(&self.checkpoint)?;
        let holds_a_run = saved.as_ref().is_none_or(|saved| saved.header.finished)
            && fs::metadata(&self.trajectory).is_ok_and(|file| file.len() > 0);
        match saved {
            _ if !args.resume && holds_a_run => bail!(UsageError(format!(
                "`{}` is there already: name another --output, go on with --resume and more --steps, or replace it with --overwrite",
                self.trajectory.display()
            ))),
            Some(saved) if !args.resume && !saved.header.finished => bail!(UsageError(format!(
                "`{}` is the checkpoint of an unfinished run at step {}: go on with --resume, or begin anew with --overwrite",
                self.checkpoint.display(),
                saved.checkpoint.steps()
            ))),
            None if args.resume && has_moved_on(&self.trajectory) => bail!(UsageError(format!(
                "`{}` holds frames of a run whose checkpoint `{}` is missing: bring it back, or begin anew with --overwrite",
                self.trajectory.display(),
                self.checkpoint.display()
            ))),
            saved => Ok(saved.filter(|_| args.resume)),
        }
    }

    /// Opens trajectory and statistics without their content.
    fn open_empty(&self) -> Result<(Growing, Growing)> {
        let (trajectory, statistics) = (Growing::open(&self.trajectory)?, Growing::open(&self.statistics)?);
        // An old checkpoint must not outlive the content it counts on, not even if the process dies right here.
        match fs::remove_file(&self.checkpoint) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove `{}`", self.checkpoint.display()))
            }
            _ => Ok((trajectory.keep(0)?, statistics.keep(0)?)),
        }
    }
}

/// The trajectory's path with another ending, never the same for two trajectories.
///
/// `.extxyz` is dropped and any other ending kept: `run.extxyz` has `run.checkpoint` and `run.xyz` has
/// `run.xyz.checkpoint`.
fn named_after(trajectory: &Path, ending: &str) -> PathBuf {
    let stem = trajectory.with_extension("");
    let is_free = trajectory.extension() == Some(OsStr::new("extxyz")) && Format::from_path(&stem).is_none();
    let mut name = if is_free { stem } else { trajectory.to_owned() }.into_os_string();
    name.push(ending);
    PathBuf::from(name)
}

/// Whether a trajectory holds more than the frame that a run writes before its first checkpoint.
fn has_moved_on(trajectory: &Path) -> bool {
    fs::File::open(trajectory).is_ok_and(|file| extxyz::Frames::new(BufReader::new(file)).flatten().nth(1).is_some())
}

struct Run<'a> {
    simulation: Simulation,
    binding: Binding,
    input: Structure,
    session: Session,
    files: Files,
    trajectory: Growing,
    statistics: Growing,
    reporter: &'a Reporter,
    /// The step of the last checkpoint.
    saved_at: Option<u64>,
}

impl<'a> Run<'a> {
    fn begin(
        binding: Binding,
        input: Structure,
        files: Files,
        mut session: Session,
        reporter: &'a Reporter,
    ) -> Result<Self> {
        let simulation = Simulation::new(input.clone(), binding.simulation.clone(), &mut *session.potential)?;
        let origin = if input.velocities.is_some() { "from the file" } else { "drawn" };
        reporter.line(format_args!("{} atoms, model {}, velocities {origin}", input.len(), session.label));
        let (trajectory, statistics) = files.open_empty()?;
        let mut run =
            Self { simulation, binding, input, session, files, trajectory, statistics, reporter, saved_at: None };
        record::write_header(&mut run.statistics)?;
        run.record()?;
        Ok(run)
    }

    fn resume(
        saved: Saved,
        binding: Binding,
        input: Structure,
        files: Files,
        mut session: Session,
        reporter: &'a Reporter,
    ) -> Result<Self> {
        saved.check_binding(&binding)?;
        let Saved { header, checkpoint } = saved;
        if header.written_by != PROGRAM {
            let by = &header.written_by;
            reporter.warning(format_args!("the checkpoint is by {by}, this is {PROGRAM}: later digits may differ"));
        }
        let step = checkpoint.steps();
        let simulation = Simulation::restore(checkpoint, &mut *session.potential)?;
        reporter.line(format_args!("{} atoms, model {}, resumed at step {step}", input.len(), session.label));
        let trajectory = Growing::open(&files.trajectory)?.keep(header.trajectory_bytes)?;
        let statistics = Growing::open(&files.statistics)?.keep(header.statistics_bytes)?;
        let saved_at = Some(step);
        Ok(Self { simulation, binding, input, session, files, trajectory, statistics, reporter, saved_at })
    }

    /// Steps to the end, or until a signal comes or the motion becomes unstable.
    fn go(mut self, args: &MdArgs, interrupt: &Interrupt) -> Result<Status> {
        let progress = self.reporter.progress(Some(args.steps));
        let pace = Pace::new(&self.simulation);
        self.reporter.line(format_args!("{}", record::SHOWN.header()));
        self.show(&progress);
        let status = loop {
            let step = self.simulation.steps();
            if step >= args.steps {
                break Status::Success;
            }
            if interrupt.is_raised() {
                break Status::Interrupted;
            }
            if step.is_multiple_of(args.checkpoint_every) {
                self.save(false)?;
            }
            self.step()?;
            if self.simulation.steps().is_multiple_of(args.every) {
                self.record()?;
                self.show(&progress);
            }
            progress.set(self.simulation.steps());
            progress.message(pace.text(&self.simulation));
        };
        self.save(status == Status::Success)?;
        drop(progress);
        self.report(args, &pace, status)
    }

    fn step(&mut self) -> Result<()> {
        let stepped = self.simulation.step(&mut *self.session.potential);
        if stepped.is_err() {
            // The frames before the failure tell the reason; they go out before the error does.
            self.trajectory.sync()?;
            self.statistics.sync()?;
        }
        Ok(stepped?)
    }

    /// Writes a frame and a row.
    fn record(&mut self) -> Result<()> {
        record::write_frame(&mut self.trajectory, &self.input, &self.simulation, &self.session)?;
        record::write_row(&mut self.statistics, &self.simulation.statistics(), self.input.len())
    }

    fn show(&self, progress: &Progress) {
        let row = record::shown_row(&self.simulation.statistics(), self.input.len());
        progress.line(self.reporter, format_args!("{row}"));
    }

    /// Writes a checkpoint, after everything it counts on is on the disk.
    fn save(&mut self, finished: bool) -> Result<()> {
        let step = self.simulation.steps();
        if self.saved_at == Some(step) && !finished {
            return Ok(());
        }
        let header = Header {
            binding: self.binding.clone(),
            trajectory_bytes: self.trajectory.sync()?,
            statistics_bytes: self.statistics.sync()?,
            finished,
            written_by: PROGRAM.to_owned(),
        };
        Saved { header, checkpoint: self.simulation.checkpoint() }.write(&self.files.checkpoint)?;
        self.saved_at = Some(step);
        Ok(())
    }

    fn report(&self, args: &MdArgs, pace: &Pace, status: Status) -> Result<Status> {
        let Files { trajectory, statistics, checkpoint } = &self.files;
        let (atom_steps_per_second, ns_per_day) = pace.rates(&self.simulation);
        self.reporter.json(&Summary {
            file: &args.file,
            trajectory,
            statistics_file: statistics,
            checkpoint,
            interrupted: status == Status::Interrupted,
            n_atoms: self.input.len(),
            steps_taken: pace.steps(&self.simulation),
            atom_steps_per_second,
            ns_per_day,
            last: self.simulation.statistics(),
            model: &self.session.label,
            dispersion: self.session.dispersion.as_ref().map(ToString::to_string),
        })?;
        let step = self.simulation.steps();
        if status == Status::Interrupted {
            self.reporter.line(format_args!("interrupted at step {step}; the same command with --resume goes on"));
        }
        self.reporter.line(format_args!("{}", pace.text(&self.simulation)));
        let (trajectory, statistics) = (trajectory.display(), statistics.display());
        self.reporter.line(format_args!("written: {trajectory}, {statistics}, {}", checkpoint.display()));
        Ok(status)
    }
}

/// How fast a run is.
#[derive(Debug)]
struct Pace {
    begun: Instant,
    first_step: u64,
}

impl Pace {
    fn new(simulation: &Simulation) -> Self {
        Self { begun: Instant::now(), first_step: simulation.steps() }
    }

    fn steps(&self, simulation: &Simulation) -> u64 {
        simulation.steps() - self.first_step
    }

    /// Atom-steps a second and simulated nanoseconds a day.
    fn rates(&self, simulation: &Simulation) -> (f64, f64) {
        const SECONDS_A_DAY: f64 = 86_400.0;
        const FEMTOSECONDS_A_NANOSECOND: f64 = 1e6;
        // Never zero, so that a run of no steps has the rate zero.
        let seconds = self.begun.elapsed().as_secs_f64().max(f64::MIN_POSITIVE);
        let steps_a_second = self.steps(simulation) as f64 / seconds;
        let ns_a_step = simulation.options().timestep / FEMTOSECONDS_A_NANOSECOND;
        (steps_a_second * simulation.structure().len() as f64, steps_a_second * ns_a_step * SECONDS_A_DAY)
    }

    fn text(&self, simulation: &Simulation) -> String {
        let (atom_steps, ns) = self.rates(simulation);
        format!("{atom_steps:.0} atom-steps/s, {ns:.3} ns/day")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_trajectories_share_a_checkpoint() {
        let name = |trajectory: &str| named_after(trajectory.as_ref(), ".checkpoint");
        assert_eq!(name("a/run.extxyz"), Path::new("a/run.checkpoint"));
        assert_eq!(name("a/run.xyz"), Path::new("a/run.xyz.checkpoint"));
        let outputs = ["run.extxyz", "run.xyz", "run.EXTXYZ", "run.Xyz", "run.xyz.extxyz", "run.extxyz.extxyz"];
        let mut names: Vec<_> = outputs.iter().map(|output| name(output)).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), outputs.len(), "{names:?}");
    }
}
