//! `schur relax`, as typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{FormatName, number};
use crate::exit;

/// Relaxes atoms and cell to a minimum of the enthalpy.
///
/// The result carries `converged=T` or `converged=F`; not converging is exit status 3, and the file is written all the same.
#[derive(Debug, Args)]
#[command(after_help = exit::HELP)]
pub struct RelaxArgs {
    /// Structure file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Largest force that counts as relaxed, eV/Å; the cell's share is measured on the same scale.
    #[arg(long, value_name = "eV/Å", default_value = "0.01", value_parser = number::positive)]
    pub fmax: f64,
    /// Most steps.
    #[arg(long, value_name = "N", default_value = "500")]
    pub steps: u64,
    /// Keep the cell; only the atoms move.
    #[arg(long, conflicts_with_all = ["isotropic", "pressure"])]
    pub fixed_cell: bool,
    /// Keep the shape of the cell; only its volume changes.
    #[arg(long)]
    pub isotropic: bool,
    /// Pressure to relax under, GPa; positive compresses [default: 0].
    #[arg(long, value_name = "GPa", allow_negative_numbers = true, value_parser = number::finite)]
    pub pressure: Option<f64>,
    /// Which optimizer walks downhill.
    #[arg(long, value_enum, default_value = "lbfgs")]
    pub optimizer: OptimizerName,
    /// Keep the space group of the input.
    #[arg(long)]
    pub keep_symmetry: bool,
    /// Extended XYZ file to write every step to.
    #[arg(long, value_name = "FILE")]
    pub trajectory: Option<PathBuf>,
    /// File to write; its name tells the format: extended XYZ, POSCAR or CIF [default: NAME-relaxed.extxyz here].
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Which structure of a file that holds several, from 0; negative counts from the end.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub frame: Option<i64>,
    /// Format of the input [default: told by the file's name].
    #[arg(long, value_enum)]
    pub format: Option<FormatName>,
}

/// Which optimizer walks downhill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OptimizerName {
    /// Limited-memory BFGS.
    Lbfgs,
    /// Fast inertial relaxation engine.
    Fire,
}
