//! `schur completions`: a script for the user's shell.

use std::io::Write;

use anyhow::Result;
use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::args::Cli;
use crate::exit::Status;

/// Prints the completions of a shell.
///
/// # Errors
/// If stdout takes no more.
pub fn run(shell: Shell) -> Result<Status> {
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "schur", &mut script);
    std::io::stdout().lock().write_all(&script)?;
    Ok(Status::Success)
}
