//! The arguments as they are typed; what they mean together is decided in each command.

mod dispersion;
mod einsum;
mod eval;
mod layer;
mod logic;
mod md;
mod memory;
mod models;
mod number;
mod products;
mod relax;
mod tensor;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::exit;

pub use einsum::EinsumArgs;
pub use eval::EvalArgs;
pub use layer::LayerArgs;
pub use logic::LogicArgs;
pub use md::{CouplingName, EnsembleName, MdArgs, ThermostatName};
pub use models::{ModelsArgs, ModelsCommand};
pub use products::{ModeName, ProductsArgs};
pub use relax::{OptimizerName, RelaxArgs};
pub use tensor::{
    CompleteArgs, CpArgs, FormName, InfoArgs, InputArgs, OutputArgs, RankArgs, TensorArgs, TensorCommand, TtArgs,
    TuckerArgs,
};

/// Energies, forces, relaxed structures and trajectories from published interatomic potentials.
///
/// People's text goes to stderr; stdout carries only what was asked for: lists, cards, completions, and with --json
/// one JSON value a line.
#[derive(Debug, Parser)]
#[command(name = "schur", version, after_help = exit::HELP, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    pub global: GlobalArgs,
    #[command(subcommand)]
    pub command: Command,
}

/// More cores than any machine has; a slip of the finger should not start more threads than that.
const MOST_THREADS: i64 = 4096;

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Common options")]
pub struct GlobalArgs {
    /// Model: a name of `schur models list`, fetched when first used, a .safetensors, .pth, .model or .ckpt file, or a folder that matgl has saved.
    #[arg(long, global = true, value_name = "NAME|FILE", default_value = crate::models::DEFAULT)]
    pub model: String,
    /// Level of theory or head, for models trained on several (sevennet-mf-0: PBE or R2SCAN).
    #[arg(long, visible_alias = "head", global = true, value_name = "NAME")]
    pub modality: Option<String>,
    /// Units of a checkpoint of torchmd-net, which does not name them: an energy (eV, kcal/mol, kJ/mol, Hartree), a comma, a length (A, Bohr, nm); `models convert` keeps them.
    #[arg(long, global = true, value_name = "ENERGY,LENGTH")]
    pub units: Option<schur_potential::Units>,
    /// Total charge of every structure in elementary charges, for checkpoints of torchmd-net that know charges [default: 0].
    #[arg(long, global = true, value_name = "Q", allow_negative_numbers = true)]
    pub charge: Option<f64>,
    /// Arithmetic of the network; positions, cells, energies and sums over atoms are always f64.
    #[arg(long, global = true, value_enum, default_value = "f32")]
    pub precision: PrecisionName,
    /// Evaluate the radial network for every pair of atoms instead of its spline table (slower).
    #[arg(long, global = true)]
    pub exact_radial: bool,
    /// Add the dispersion correction D3(BJ) of a functional to the model, in eval, relax and md: pbe, r2scan, b3lyp and
    /// others, all of which a misspelt name brings up.
    #[arg(long, global = true, value_name = "FUNCTIONAL", value_parser = dispersion::functional)]
    pub dispersion: Option<String>,
    /// How far that correction reaches, Å; 21.167 is what mace_mp has [default: 31.75, which are 60 Bohr].
    #[arg(long, global = true, value_name = "Å", value_parser = dispersion::cutoff)]
    pub dispersion_cutoff: Option<f64>,
    /// Threads to compute with; results do not depend on it [default: all cores].
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=MOST_THREADS))]
    pub threads: Option<u16>,
    /// Say nothing but warnings and errors.
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Write results to stdout as JSON, one value a line.
    #[arg(long, global = true)]
    pub json: bool,
}

/// What to do; the help of a command is that of its arguments.
#[derive(Debug, Subcommand)]
pub enum Command {
    Eval(EvalArgs),
    Relax(RelaxArgs),
    Md(MdArgs),
    Models(ModelsArgs),
    Products(ProductsArgs),
    Logic(LogicArgs),
    Einsum(EinsumArgs),
    Tensor(TensorArgs),
    Layer(LayerArgs),
    /// Prints the completions of a shell, to be put where the shell looks for them.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// Arithmetic of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PrecisionName {
    /// Single precision.
    F32,
    /// Double precision.
    F64,
}

/// Format of a structure file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatName {
    /// Extended XYZ, also of many frames.
    Extxyz,
    /// XYZ, plain or extended.
    Xyz,
    /// VASP's POSCAR and CONTCAR.
    Poscar,
    /// Crystallographic information file.
    Cif,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn definitions_hold_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_argument_of_every_command_has_a_help_text() {
        fn check(command: &clap::Command) {
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }

    #[test]
    fn every_command_explains_itself() {
        for command in Cli::command().get_subcommands() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
        }
    }
}
