//! `schur md`, as typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{FormatName, number};
use crate::exit;

/// Runs molecular dynamics.
///
/// With `-o run.extxyz` it writes the trajectory run.extxyz, statistics in run-stats.dat and, every so many steps and at
/// SIGINT or SIGTERM, a checkpoint in run.checkpoint (with `-o run.xyz`: run.xyz-stats.dat, run.xyz.checkpoint). The same command with --resume goes on after any kind of end: the
/// files continue to the same bytes that a run without interruption would have written.
#[derive(Debug, Args)]
#[command(after_help = exit::HELP)]
pub struct MdArgs {
    /// Structure file; velocities in it are used, otherwise they are drawn at --temperature.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What is held fixed: energy (nve), temperature (nvt), temperature and pressure (npt).
    #[arg(long, value_enum)]
    pub ensemble: EnsembleName,
    /// Temperature, K; for nve only that of the velocities to begin with.
    #[arg(long, value_name = "K", value_parser = number::not_negative)]
    pub temperature: Option<f64>,
    /// Pressure for npt, GPa; positive compresses [default: 0].
    #[arg(long, value_name = "GPa", allow_negative_numbers = true, value_parser = number::finite)]
    pub pressure: Option<f64>,
    /// Time step, fs.
    #[arg(long, value_name = "fs", value_parser = number::positive)]
    pub timestep: f64,
    /// Steps to run in all, those before a --resume included.
    #[arg(long, value_name = "N")]
    pub steps: u64,
    /// How the temperature is held in nvt [default: csvr]; npt always uses csvr.
    #[arg(long, value_enum)]
    pub thermostat: Option<ThermostatName>,
    /// Friction of langevin, 1/fs [default: 0.005].
    #[arg(long, value_name = "1/fs", value_parser = number::positive)]
    pub friction: Option<f64>,
    /// Relaxation time of csvr and nose-hoover, fs [default: 100].
    #[arg(long, value_name = "fs", value_parser = number::positive)]
    pub thermostat_time: Option<f64>,
    /// Relaxation time of the barostat of npt, fs [default: 1000].
    #[arg(long, value_name = "fs", value_parser = number::positive)]
    pub barostat_time: Option<f64>,
    /// What the barostat of npt moves [default: isotropic].
    #[arg(long, value_enum, value_name = "COUPLING")]
    pub cell: Option<CouplingName>,
    /// Seed of all random numbers; the same seed gives the same trajectory.
    #[arg(long, value_name = "S", default_value = "0")]
    pub seed: u64,
    /// Extended XYZ file for the trajectory [default: NAME-md.extxyz here].
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Steps between two frames and two rows of statistics, beginning with step 0.
    #[arg(long, value_name = "K", default_value = "100", value_parser = clap::value_parser!(u64).range(1..))]
    pub every: u64,
    /// Steps between two checkpoints.
    #[arg(long, value_name = "N", default_value = "1000", value_parser = clap::value_parser!(u64).range(1..))]
    pub checkpoint_every: u64,
    /// Begin anew although the output holds a run, finished or not.
    #[arg(long, conflicts_with = "resume")]
    pub overwrite: bool,
    /// Continue from the checkpoint; start from the beginning if there is none yet.
    #[arg(long)]
    pub resume: bool,
    /// Which structure of a file that holds several, from 0; negative counts from the end.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub frame: Option<i64>,
    /// Format of the input [default: told by the file's name].
    #[arg(long, value_enum)]
    pub format: Option<FormatName>,
}

/// What is held fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EnsembleName {
    /// Energy.
    Nve,
    /// Temperature.
    Nvt,
    /// Temperature and pressure.
    Npt,
}

/// What the barostat moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CouplingName {
    /// The volume alone.
    Isotropic,
    /// Stretches along x, y and z.
    Axes,
    /// All six strains; for solids.
    Full,
}

/// How the temperature is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ThermostatName {
    /// Friction and noise on every atom.
    Langevin,
    /// Stochastic velocity rescaling (Bussi).
    Csvr,
    /// A chain of Nosé-Hoover thermostats.
    NoseHoover,
}
