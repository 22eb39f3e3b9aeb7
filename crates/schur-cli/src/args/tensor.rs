//! `schur tensor`, as typed.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::memory::bytes;
use super::number::{not_negative, positive};
use crate::exit;

/// Decomposes and completes tensors: .npy, .npz, .tns or .mat in, factors as .npz out.
///
/// Dense arrays come as .npy, .npz or .mat; sparse ones as .tns (one line an entry: indices, then the value; what is not
/// listed is zero). Every fit prints its true relative error and warns where factors should not be trusted. With --json
/// stdout is one object: relative_error, ranks, iterations, seconds, peak_memory_bytes, warnings and what the command
/// adds. The same seed gives the same factors, for any number of threads.
#[derive(Debug, Args)]
#[command(after_help = exit::HELP)]
pub struct TensorArgs {
    #[command(subcommand)]
    pub command: TensorCommand,
}

/// What to do with a tensor.
#[derive(Debug, Subcommand)]
pub enum TensorCommand {
    /// Says what a file holds: shape, zeros, gaps, norm, and the memory that fits take.
    Info(InfoArgs),
    /// Fits a sum of rank-one tensors (CP, also called CANDECOMP or PARAFAC).
    Cp(CpArgs),
    /// Fits a core and one factor a mode (Tucker, also called higher-order SVD).
    Tucker(TuckerArgs),
    /// Fits a tensor train (also called matrix product state).
    Tt(TtArgs),
    /// Fills gaps: fits the observed elements only and predicts the others.
    Complete(CompleteArgs),
    /// Suggests ranks: spectra of the unfoldings, core consistency, information criteria.
    Rank(RankArgs),
}

/// Which tensor.
#[derive(Debug, Args)]
pub struct InputArgs {
    /// The tensor: .npy, .npz, .tns or .mat.
    pub file: PathBuf,
    /// Which array of an .npz or .mat file [default: the only one].
    #[arg(long, value_name = "NAME")]
    pub key: Option<String>,
    /// What indices of a .tns file count from [default: 0 if one of them is 0, else 1].
    #[arg(long, value_name = "0|1", value_parser = clap::value_parser!(u8).range(0..=1))]
    pub base: Option<u8>,
    /// Sizes of the modes of a .tns file, where the largest indices are smaller.
    #[arg(long, value_name = "SIZES", value_delimiter = ',')]
    pub shape: Option<Vec<usize>>,
    /// Memory that the fit may take beside the tensor, as 500MB or 4GB; more is refused before it starts.
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub memory: Option<u64>,
}

/// Where results go.
#[derive(Debug, Args)]
pub struct OutputArgs {
    /// File for the factors: one array each, as numpy.load reads them.
    #[arg(short, long, value_name = "FILE.npz")]
    pub output: Option<PathBuf>,
    /// File for a plot of the fit.
    #[arg(long, value_name = "FILE.svg")]
    pub plot: Option<PathBuf>,
}

/// How long to iterate, and from where.
#[derive(Debug, Args)]
pub struct IterationArgs {
    /// Sweeps at most.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    pub iterations: u32,
    /// It has converged when the relative error changes by less than this in a sweep.
    #[arg(long, value_name = "X", default_value_t = 1e-8, value_parser = not_negative)]
    pub change: f64,
    /// Seed of the first factors.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

/// Describes a tensor.
#[derive(Debug, Args)]
pub struct InfoArgs {
    #[command(flatten)]
    pub input: InputArgs,
}

/// Arguments of a canonical polyadic fit.
#[derive(Debug, Args)]
pub struct CpArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// Components.
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u32).range(1..), required_unless_present = "tolerance")]
    pub rank: Option<u32>,
    /// Take the fewest components whose relative error is at most this.
    #[arg(long, value_name = "E", value_parser = positive, conflicts_with = "rank")]
    pub tolerance: Option<f64>,
    /// Factors without negative numbers.
    #[arg(long)]
    pub nonnegative: bool,
    #[command(flatten)]
    pub iteration: IterationArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Arguments of a Tucker fit.
#[derive(Debug, Args)]
pub struct TuckerArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// Rank of each mode.
    #[arg(long, value_name = "A,B,..", value_delimiter = ',', required_unless_present = "tolerance")]
    pub ranks: Option<Vec<usize>>,
    /// Take the smallest ranks whose relative error is at most this.
    #[arg(long, value_name = "E", value_parser = positive, conflicts_with = "ranks")]
    pub tolerance: Option<f64>,
    /// Core and factors without negative numbers; takes --ranks.
    #[arg(long, conflicts_with = "tolerance")]
    pub nonnegative: bool,
    #[command(flatten)]
    pub iteration: IterationArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Arguments of a tensor train.
#[derive(Debug, Args)]
pub struct TtArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// The largest rank of a bond between neighbouring modes.
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u32).range(1..), required_unless_present = "tolerance")]
    pub rank: Option<u32>,
    /// Take the smallest ranks whose relative error is at most this; with --rank, but no larger ones.
    #[arg(long, value_name = "E", value_parser = positive)]
    pub tolerance: Option<f64>,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// The form of a model of what is observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormName {
    /// A sum of rank-one tensors.
    Cp,
    /// A core and one factor a mode.
    Tucker,
    /// A tensor train.
    Tt,
}

/// Arguments of a completion.
#[derive(Debug, Args)]
pub struct CompleteArgs {
    /// The tensor: entries of a .tns file are what is observed; of a dense file, what is not NaN and, with --mask, not
    /// zero in the mask.
    #[command(flatten)]
    pub input: InputArgs,
    /// Array of the same shape with zero where an element is not observed.
    #[arg(long, value_name = "FILE.npy")]
    pub mask: Option<PathBuf>,
    /// The form of the model.
    #[arg(long, value_enum, default_value = "cp")]
    pub form: FormName,
    /// Components, or rank of every mode or bond.
    #[arg(long, value_name = "R", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub rank: u32,
    /// Penalty on the squares of the model's entries.
    #[arg(long, value_name = "X", default_value_t = 0.1, value_parser = not_negative)]
    pub ridge: f64,
    /// Fit the model alone, without a mean and an effect of every slice beside it.
    #[arg(long)]
    pub no_offsets: bool,
    /// Penalty on bends along a mode whose indices are ordered, as 2=10 for the third mode.
    #[arg(long = "smooth", value_name = "MODE=X", value_parser = smoothness)]
    pub smooth: Vec<(usize, f64)>,
    /// Factors without negative numbers; takes --form cp.
    #[arg(long)]
    pub nonnegative: bool,
    /// Share of the observed elements to hold out, to report the error of predictions on.
    #[arg(long, value_name = "X", default_value_t = 0.1, value_parser = not_negative)]
    pub hold_out: f64,
    /// File for the completed tensor.
    #[arg(long, value_name = "FILE.npy")]
    pub filled: Option<PathBuf>,
    #[command(flatten)]
    pub iteration: IterationArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Arguments of suggestions.
#[derive(Debug, Args)]
pub struct RankArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// Components of CP at most.
    #[arg(long, value_name = "R", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
    pub most: u32,
    /// Numbers that a Tucker form may take, core and factors together: suggests the best ranks within it.
    #[arg(long, value_name = "N")]
    pub budget: Option<usize>,
    #[command(flatten)]
    pub iteration: IterationArgs,
    /// File for a plot of the spectra.
    #[arg(long, value_name = "FILE.svg")]
    pub plot: Option<PathBuf>,
}

fn smoothness(text: &str) -> Result<(usize, f64), String> {
    let (mode, penalty) = text.split_once('=').ok_or("write a mode and its penalty as 2=10")?;
    Ok((mode.trim().parse().map_err(|_| format!("`{mode}` is no mode"))?, not_negative(penalty.trim())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_and_its_penalty_are_separated_by_an_equals_sign() {
        assert_eq!(smoothness("2=10"), Ok((2, 10.0)));
        for text in ["2", "x=1", "2=-1", "2="] {
            assert!(smoothness(text).is_err(), "{text}");
        }
    }
}
