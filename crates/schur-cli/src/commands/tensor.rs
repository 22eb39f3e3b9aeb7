//! `schur tensor`: decompositions of multiway data, from a file to factors.

mod complete;
mod cp;
mod delivery;
mod info;
mod input;
mod rank;
mod train;
mod tucker;

use anyhow::Result;

use crate::args::{GlobalArgs, TensorArgs, TensorCommand};
use crate::exit::Status;
use crate::report::Reporter;
use crate::session;

/// Does what the subcommand says.
///
/// # Errors
/// If the file cannot be read, the tensor has no such decomposition, it would take more memory than allowed, or results
/// cannot be written.
pub fn run(args: &TensorArgs, options: &GlobalArgs, reporter: &Reporter) -> Result<Status> {
    session::pool(options)?.install(|| match &args.command {
        TensorCommand::Info(args) => info::run(args, reporter),
        TensorCommand::Cp(args) => cp::run(args, reporter),
        TensorCommand::Tucker(args) => tucker::run(args, reporter),
        TensorCommand::Tt(args) => train::run(args, reporter),
        TensorCommand::Complete(args) => complete::run(args, reporter),
        TensorCommand::Rank(args) => rank::run(args, reporter),
    })
}
