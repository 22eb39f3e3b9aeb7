//! `schur logic`, as typed.

use std::path::PathBuf;

use clap::Args;

use crate::exit;

/// Runs a program of tensor logic: facts and rules, tensor equations, learning, queries.
///
/// The answers to its queries go to stdout, what it learned to stderr. Tables and tensors that it reads `from` files lie
/// relative to the program's own folder: .npy files, and text with a row a line. docs/tensor-logic.md is a guide to the
/// language, and examples/logic holds programs to begin with.
///
/// With --json, one record for each training (minimized, losses, last) and one for each query (query, answer).
#[derive(Debug, Args)]
#[command(after_help = exit::HELP)]
pub struct LogicArgs {
    /// The program; `-` reads it from stdin, and its files from the current folder.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}
