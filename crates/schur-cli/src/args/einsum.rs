//! `schur einsum`, as typed.

use std::path::PathBuf;

use clap::Args;
use schur_tensor::semiring::Named;

use super::memory::bytes;
use crate::exit;

/// Contracts arrays: an einsum expression and .npy files in, a .npy file out.
///
/// The expression is NumPy's: `"ij,jk->ik"` multiplies matrices, `"ii"` is a trace, `"...ij->...ji"` transposes.
/// Beyond NumPy, an index may occur twice in the output, or in the output alone (with --size), an operand may be an
/// expression in parentheses, and indices may have names of several letters.
///
/// The order of pairs is chosen first: the best one for few operands, a searched one for many. --explain shows it
/// with its cost; with --shapes instead of files, nothing is read or computed. --memory limits what intermediate
/// results take: larger ones are sliced.
///
/// Without -o a result of up to 1000 elements goes to stdout; with --json it is one object: shape, elements (without
/// -o), operations, largest, peak_bytes, slices.
#[derive(Debug, Args)]
#[command(after_help = exit::HELP)]
pub struct EinsumArgs {
    /// What to contract, as in `"ij,jk->ik"`.
    pub expression: String,
    /// One .npy file for each operand.
    #[arg(value_name = "FILE.npy")]
    pub operands: Vec<PathBuf>,
    /// File for the result.
    #[arg(short, long, value_name = "FILE.npy")]
    pub output: Option<PathBuf>,
    /// What adding and multiplying mean: real, complex, integer, counting, boolean, gf2, modulo-M, max-plus, min-plus,
    /// max-times or log-sum-exp [default: as NumPy has it for the elements of the files].
    #[arg(long, value_name = "NAME")]
    pub semiring: Option<Named>,
    /// Memory for intermediate results, as 500MB or 4GB; without it, whatever the best order takes.
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub memory: Option<u64>,
    /// Seconds to search for an order of many operands [default: what a fixed effort takes].
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub search: Option<f64>,
    /// Seed of the search.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Print the order and what it costs.
    #[arg(long)]
    pub explain: bool,
    /// Shapes instead of files, as `10x20,20x30`; `1` alone is a vector, `-` a single number.
    #[arg(long, value_name = "SHAPES", conflicts_with_all = ["operands", "output"])]
    pub shapes: Option<String>,
    /// Size of an index that only the output has.
    #[arg(long = "size", value_name = "INDEX=N", value_parser = size)]
    pub sizes: Vec<(String, usize)>,
    /// Read the order from a file that --save-order wrote, instead of searching for one.
    #[arg(long, value_name = "FILE.json")]
    pub order: Option<PathBuf>,
    /// Write the order to a file.
    #[arg(long, value_name = "FILE.json")]
    pub save_order: Option<PathBuf>,
    /// Print the contraction as a program of additions, multiplications and rotations of vectors of N slots, as
    /// homomorphic encryption computes; nothing is read or computed.
    #[arg(long, value_name = "N", requires = "shapes", conflicts_with = "explain")]
    pub slots: Option<usize>,
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "write seconds as a number".to_owned())?;
    if seconds > 0.0 && seconds <= 1e6 {
        Ok(seconds)
    } else {
        Err("a search takes more than 0 and at most 1e6 seconds".to_owned())
    }
}

fn size(text: &str) -> Result<(String, usize), String> {
    let (index, size) = text.split_once('=').ok_or("write an index and its size as i=5")?;
    Ok((index.trim().to_owned(), size.trim().parse().map_err(|_| format!("`{size}` is no size"))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_and_its_size_are_separated_by_an_equals_sign() {
        assert_eq!(size("i=5"), Ok(("i".to_owned(), 5)));
        assert!(size("i").is_err() && size("i=x").is_err());
    }
}
