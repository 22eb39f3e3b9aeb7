//! The `schur` command: a structure in, energies, forces, a relaxed structure or a trajectory out.
//!
//! Arguments as they are typed stand in [`args`]; each command turns them into what is meant and does it. People's
//! text goes to stderr and what was asked for to stdout, all through [`report::Reporter`].
#![forbid(unsafe_code)]

mod args;
mod commands;
mod exit;
mod inputs;
mod interrupt;
mod models;
mod outputs;
mod report;
mod session;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = args::Cli::parse();
    let reporter = report::Reporter::new(&cli.global);
    match commands::run(&cli, &reporter) {
        Ok(status) => status.into(),
        // Whoever reads our output has read enough, as in `schur models list | head -1`.
        Err(error) if exit::is_broken_pipe(&error) => exit::Status::Success.into(),
        Err(error) => {
            reporter.error(&error);
            exit::status_of(&error).into()
        }
    }
}
