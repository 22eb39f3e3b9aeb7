//! `schur logic`: a program of tensor equations in, answers out.

mod answer;
mod files;

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use schur_logic::{Outcome, Program};
use serde_json::json;

use crate::args::{GlobalArgs, LogicArgs};
use crate::exit::Status;
use crate::report::Reporter;
use crate::session;

/// The name that stands for stdin.
const STDIN: &str = "-";

/// Runs a program.
///
/// # Errors
/// If the program or a file that it names cannot be read, the program has no meaning, or its run ends without a result.
pub fn run(args: &LogicArgs, options: &GlobalArgs, reporter: &Reporter) -> Result<Status> {
    let (name, source) = (args.file.display(), read_program(&args.file)?);
    let folder = args.file.parent().unwrap_or(Path::new("")).to_owned();
    // The error shows lines of the program, and speaks for itself behind the program's name.
    let outcome = session::pool(options)?
        .install(|| Program::parse(&source)?.run(&mut |file| files::read(&folder.join(file))))
        .map_err(|error| anyhow!("{name}: {error}"))?;
    report(&outcome, reporter)?;
    Ok(Status::Success)
}

fn read_program(path: &Path) -> Result<String> {
    if path.as_os_str() == STDIN {
        let mut source = String::new();
        std::io::stdin().lock().read_to_string(&mut source).context("cannot read the program from stdin")?;
        return Ok(source);
    }
    std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))
}

fn report(outcome: &Outcome, reporter: &Reporter) -> Result<()> {
    for training in &outcome.trainings {
        let (first, steps) = (training.values.first().copied().unwrap_or(training.last), training.values.len());
        reporter.line(format_args!("{}: {first:.6} -> {:.6} in {steps} steps", training.loss, training.last));
        reporter.json(&json!({ "minimized": training.loss, "losses": training.values, "last": training.last }))?;
    }
    for found in &outcome.answers {
        if reporter.is_json() {
            reporter.json(&json!({ "query": found.query, "answer": answer::record(&found.value) }))?;
        } else {
            reporter.text(format_args!("{}", answer::text(&found.query, &found.value)))?;
        }
    }
    Ok(())
}
