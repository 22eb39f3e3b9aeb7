//! House tasks, run as `cargo xtask TASK`: what people and the machine check, with the same commands.
//!
//! `test` passes the whole suite on a machine with nothing but a Rust toolchain and Python's pip; `tidy` holds the
//! house rules that no compiler knows; `ci` is both and the linters. Each tool that `ci` needs is installed below
//! `target/`, never into the machine.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line program for the people of the house")]

mod ci;
mod models;
mod step;
mod suite;
mod tidy;
mod tools;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result};

const USAGE: &str = "\
usage: cargo xtask TASK

  test   the whole test suite, doc tests included; fetches the published models that tests read
  tidy   the rules of the house: dependency arrows, file sizes and names, unsafe code, fixtures
  ci     everything: format, tidy, spelling, clippy, documentation, dependencies, test

With CI=true a test that was skipped is a failure.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let task: fn(&Path) -> Result<bool> = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["test"] => suite::run,
        ["tidy"] => tidy::run,
        ["ci"] => ci::run,
        ["--help" | "-h" | "help"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match root().and_then(|root| task(&root)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The root of the workspace: the folder above this crate's.
fn root() -> Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    Ok(here.parent().context("xtask lies in a folder of the workspace")?.to_owned())
}

/// Whether a machine runs this, so that a skipped test counts as a failure.
fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true")
}
