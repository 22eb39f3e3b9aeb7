//! `schur eval`, as typed.

use std::path::PathBuf;

use clap::Args;

use super::FormatName;
use crate::exit;

/// Computes energy, forces and stress of every structure in the given files.
///
/// Written frames keep everything that the input says, except what another calculation has left: energy, free_energy,
/// energies, forces, stress, stresses, virial, virials, converged, model, modality and dispersion.
#[derive(Debug, Args)]
#[command(after_help = exit::HELP)]
pub struct EvalArgs {
    /// Structure files; extended XYZ may hold many frames and is streamed. `-` is stdin and needs --format.
    #[arg(required = true, value_name = "FILES")]
    pub files: Vec<PathBuf>,
    /// Models to compare, instead of one --model: each frame gets every answer, their mean, and the spread, the root of
    /// the mean squared deviation from the mean; written frames hold the mean, `energy_spread` (eV) and, for each atom,
    /// `force_spread` (eV/Å). NAME@MODALITY asks for a level of theory or head. Energies of different levels of theory
    /// may differ by constants.
    #[arg(long, value_name = "NAME|FILE,..", value_delimiter = ',', conflicts_with_all = ["model", "modality"])]
    pub models: Vec<String>,
    /// Extended XYZ file to write: energy (eV), energies (eV), forces (eV/Å), stress (eV/Å^3, tension positive).
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Also write the virial of each atom: `virials`, nine numbers in eV whose sum is -volume * stress.
    #[arg(long)]
    pub virials: bool,
    /// Format of the input [default: told by the file's name].
    #[arg(long, value_enum)]
    pub format: Option<FormatName>,
}
