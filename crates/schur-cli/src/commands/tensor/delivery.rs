//! What every fit hands over: a report, factors, a plot.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use schur_decomp::fit::{End, Progress, Warning};
use schur_decomp::{Fit, Scalar};
use schur_io::npy::Numbers;
use schur_io::npz;
use schur_tensor::Tensor;
use serde_json::{Value, json};

use super::input::numbers;
use crate::args::OutputArgs;
use crate::exit::Status;
use crate::interrupt::Interrupt;
use crate::outputs::write_whole;
use crate::report::{self, Chart, Line, Reporter, human};

/// A fit that runs: its clock, its progress, and whether somebody asked it to end.
pub struct Watch<'a> {
    reporter: &'a Reporter,
    interrupt: Interrupt,
    progress: report::Progress,
    start: Instant,
}

impl<'a> Watch<'a> {
    /// Starts the clock.
    ///
    /// # Errors
    /// If the system refuses signal handlers.
    pub fn start(reporter: &'a Reporter, iterations: Option<u64>) -> Result<Self> {
        let (interrupt, progress) = (Interrupt::install()?, reporter.progress(iterations));
        Ok(Self { reporter, interrupt, progress, start: Instant::now() })
    }

    /// Shows how far a fit has come; ends it when a signal has come.
    pub fn observe(&self, progress: &Progress) -> ControlFlow<()> {
        self.progress.set(progress.iteration as u64);
        self.progress.message(format!("relative error {:.6e}", progress.relative_error));
        if self.interrupt.is_raised() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Whether somebody asked for the end.
    pub fn is_stopped(&self) -> bool {
        self.interrupt.is_raised()
    }

    /// Seconds since the start.
    pub fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    /// Whom to tell.
    pub fn reporter(&self) -> &'a Reporter {
        self.reporter
    }
}

/// An array of a file of factors.
pub struct Part {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its elements, row-major.
    pub numbers: Numbers,
}

impl Part {
    /// A tensor by its name.
    pub fn new<T: Scalar>(name: &str, tensor: &Tensor<T>) -> Self {
        Self { name: name.to_owned(), shape: tensor.shape().to_vec(), numbers: numbers(tensor.data()) }
    }

    /// A list of numbers by its name.
    pub fn list<T: Scalar>(name: &str, list: &[T]) -> Self {
        Self { name: name.to_owned(), shape: vec![list.len()], numbers: numbers(list) }
    }

    /// Tensors that are numbered from zero behind their name.
    pub fn numbered<T: Scalar>(name: &str, tensors: &[Tensor<T>]) -> impl Iterator<Item = Self> {
        tensors.iter().enumerate().map(move |(place, tensor)| Self::new(&format!("{name}_{place}"), tensor))
    }
}

/// Reports a fit, writes what was asked for, and says how the run ended.
///
/// # Errors
/// If a file or stdout takes no more.
pub fn deliver(
    watch: &Watch<'_>,
    output: &OutputArgs,
    (name, ranks, fit): (&str, &[usize], &Fit),
    parts: &[Part],
    extra: Value,
) -> Result<Status> {
    let (seconds, reporter) = (watch.seconds(), watch.reporter());
    for warning in &fit.warnings {
        reporter.warning(format_args!("{warning}"));
    }
    let sweeps = if fit.end == End::Direct { String::new() } else { format!(" after {} sweeps", fit.iterations) };
    reporter.line(format_args!(
        "{name} of ranks {ranks:?}: relative error {:.6e}{sweeps}, {seconds:.3} s",
        fit.relative_error
    ));
    if let Some(path) = &output.output {
        write_parts(path, parts)?;
        reporter.line(format_args!("wrote {}", path.display()));
    }
    if let Some(path) = &output.plot {
        write_chart(path, &history(name, ranks, fit))?;
        reporter.line(format_args!("wrote {}", path.display()));
    }
    let mut object = json!({
        "relative_error": fit.relative_error,
        "ranks": ranks,
        "iterations": fit.iterations,
        "converged": matches!(fit.end, End::Converged | End::Direct),
        "seconds": seconds,
        "peak_memory_bytes": peak_memory(),
        "workspace_bytes": fit.workspace_bytes,
        "warnings": fit.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "history": fit.history,
    });
    if let (Value::Object(object), Value::Object(extra)) = (&mut object, extra) {
        object.extend(extra);
    }
    reporter.json(&object)?;
    Ok(match fit.end {
        End::Stopped => Status::Interrupted,
        _ if fit.warnings.iter().any(|warning| matches!(warning, Warning::NotConverged { .. })) => Status::NotConverged,
        _ => Status::Success,
    })
}

/// Writes arrays into one .npz file.
///
/// # Errors
/// If it cannot be written; the file is as it was then.
pub fn write_parts(path: &Path, parts: &[Part]) -> Result<()> {
    // A zip file needs seeking, which a file that appears whole is written without.
    let mut file = std::io::Cursor::new(Vec::new());
    npz::write(&mut file, parts.iter().map(|part| (part.name.as_str(), &part.shape[..], &part.numbers)))?;
    write_whole(path, |out| Ok(std::io::Write::write_all(out, file.get_ref())?))
}

/// Writes a chart as SVG.
///
/// # Errors
/// If it cannot be written; the file is as it was then.
pub fn write_chart(path: &Path, chart: &Chart) -> Result<()> {
    write_whole(path, |out| Ok(std::io::Write::write_all(out, chart.svg().as_bytes())?))
}

fn history(name: &str, ranks: &[usize], fit: &Fit) -> Chart {
    let errors = if fit.history.is_empty() { vec![fit.relative_error] } else { fit.history.clone() };
    let points = errors.iter().zip(1_u32..).map(|(&error, sweep)| [f64::from(sweep), error]).collect();
    Chart {
        title: format!("{name} of ranks {ranks:?}"),
        axes: ["sweep", "relative error"],
        is_logarithmic: true,
        lines: vec![Line { name: name.to_owned(), points }],
    }
}

/// Refuses a fit that would take more memory than allowed, bytes of the tensor and of the fit, before it starts.
///
/// # Errors
/// If it would.
pub fn check_memory(limit: Option<u64>, [tensor, beside]: [u64; 2], reporter: &Reporter) -> Result<()> {
    let needed = tensor.saturating_add(beside);
    let (own, other) = (human(tensor as f64), human(beside as f64));
    reporter.line(format_args!("memory: the tensor takes {own}, the fit about {other}"));
    match limit {
        Some(limit) if needed > limit => anyhow::bail!(
            "the tensor takes {own} and the fit about {other}, more than the {} that --memory allows",
            human(limit as f64)
        ),
        _ => Ok(()),
    }
}

/// The most memory that this process has held, where the system says.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}
