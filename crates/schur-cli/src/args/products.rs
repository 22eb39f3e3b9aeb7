//! `schur products`, as typed.

use clap::{Args, ValueEnum};
use schur_product::products::Mode;

use crate::exit;

/// The largest degree that products are compared at; beyond it they take minutes to make.
pub const MOST_LMAX: usize = 8;

/// Compares the named equivariant products on this machine and says which one to use.
///
/// Every product of two representations of rotations is made for the same task and run in f32, channel by channel:
/// siso takes degree L and degree L to degree L, simo takes them to the even degrees up to L, mimo takes all degrees
/// 0..L twice to all degrees 0..L. Time is the median of several runs after a first one, weights are shared by the
/// items; flops and bytes are those of one run, all items and channels. `maps` counts the dimensions that the weights
/// reach and `paths` the triples of degrees that meet, both of those that the symmetry allows. `equivariance` is the
/// largest relative error under rotations, in f64.
///
/// In mode mimo, escn stands beside them: it multiplies by the harmonics of a direction, the same for all channels,
/// and by nothing else.
///
/// With --json, one list of records: product, mode, lmax, seconds, flops, bytes, expressivity (the dimensions),
/// equivariance_error, interactability (the triples that meet), paths (those that may), weights, exact, and others.
#[derive(Debug, Args)]
#[command(after_help = exit::HELP)]
pub struct ProductsArgs {
    /// Largest degree, 0 to 8; `1..6` takes all from 1 to 6 and shows where one product overtakes another.
    #[arg(long, value_name = "L|A..B", default_value = "2", value_parser = degrees, allow_negative_numbers = true)]
    pub lmax: Degrees,
    /// Single or many degrees for the arguments and the result.
    #[arg(long, value_enum, default_value = "mimo")]
    pub mode: ModeName,
    /// Items of a run: edges or atoms.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub batch: u32,
    /// Channels, which meet one to one.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub channels: u32,
}

/// Degrees from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Degrees {
    /// The smallest.
    pub first: usize,
    /// The largest.
    pub last: usize,
}

/// Single or many degrees for the arguments and the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ModeName {
    /// Degree L and degree L to degree L.
    Siso,
    /// Degree L and degree L to the even degrees up to L.
    Simo,
    /// All degrees up to L, twice, to all degrees up to L.
    Mimo,
}

impl ModeName {
    /// The name as typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Siso => "siso",
            Self::Simo => "simo",
            Self::Mimo => "mimo",
        }
    }
}

impl From<ModeName> for Mode {
    fn from(name: ModeName) -> Self {
        match name {
            ModeName::Siso => Self::Siso,
            ModeName::Simo => Self::Simo,
            ModeName::Mimo => Self::Mimo,
        }
    }
}

/// Parses a degree or a range of degrees.
fn degrees(text: &str) -> Result<Degrees, String> {
    let refusal = || format!("it must be a degree from 0 to {MOST_LMAX} or a rising range of them such as 1..6");
    let degree = |text: &str| text.parse().ok().filter(|l| *l <= MOST_LMAX).ok_or_else(refusal);
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let degrees = Degrees { first: degree(first)?, last: degree(last)? };
    if degrees.first <= degrees.last { Ok(degrees) } else { Err(refusal()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_numbers_or_rising_ranges() {
        assert_eq!(degrees("3"), Ok(Degrees { first: 3, last: 3 }));
        assert_eq!(degrees("1..6"), Ok(Degrees { first: 1, last: 6 }));
        for text in ["", "-1", "9", "6..1", "1..", "..2", "1..2..3", "two", "1..9"] {
            assert!(degrees(text).is_err(), "{text}");
        }
    }
}
