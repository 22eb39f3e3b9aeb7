//! The commands, one file each.

mod completions;
mod einsum;
mod eval;
mod layer;
mod logic;
mod md;
mod models;
mod products;
mod relax;
mod tensor;

use anyhow::Result;

use crate::args::{Cli, Command};
use crate::exit::Status;
use crate::report::Reporter;

/// Does what the arguments ask for.
///
/// # Errors
/// Whatever stops the command; [`crate::exit::status_of`] says what it means to the calling program.
pub fn run(cli: &Cli, reporter: &Reporter) -> Result<Status> {
    match &cli.command {
        Command::Eval(args) => eval::run(args, &cli.global, reporter),
        Command::Relax(args) => relax::run(args, &cli.global, reporter),
        Command::Md(args) => md::run(args, &cli.global, reporter),
        Command::Models(args) => models::run(&args.command, &cli.global, reporter),
        Command::Products(args) => products::run(args, &cli.global, reporter),
        Command::Logic(args) => logic::run(args, &cli.global, reporter),
        Command::Einsum(args) => einsum::run(args, &cli.global, reporter),
        Command::Tensor(args) => tensor::run(args, &cli.global, reporter),
        Command::Layer(args) => layer::run(args, reporter),
        Command::Completions { shell } => completions::run(*shell),
    }
}
