//! The names by which command lines know semirings.

use std::{fmt, str::FromStr};

use thiserror::Error;

use super::Modular;

/// A semiring by name: those whose elements are numbers that files of arrays can hold.
///
/// # Examples
/// ```
/// use schur_tensor::semiring::Named;
///
/// assert_eq!("max-plus".parse(), Ok(Named::MaxPlus));
/// let error = "maxplus".parse::<Named>().unwrap_err();
/// assert!(error.to_string().starts_with("`maxplus` is no semiring; did you mean `max-plus`?"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Named {
    /// Real numbers, `f32` or `f64` as the tensors are.
    Real,
    /// Complex numbers.
    Complex,
    /// [`Integer`](super::Integer).
    Integer,
    /// [`Counting`](super::Counting).
    Counting,
    /// [`Boolean`](super::Boolean).
    Boolean,
    /// [`Gf2`](super::Gf2).
    Gf2,
    /// [`Modular`] with its modulus, which is two or more: `modulo-7`.
    Modular(u64),
    /// [`MaxPlus`](super::MaxPlus).
    MaxPlus,
    /// [`MinPlus`](super::MinPlus).
    MinPlus,
    /// [`MaxTimes`](super::MaxTimes).
    MaxTimes,
    /// [`LogSumExp`](super::LogSumExp).
    LogSumExp,
}

/// Every name with a line about it, in the order in which help lists them.
pub const NAMES: [(&str, &str); 11] = [
    ("real", "real numbers"),
    ("complex", "complex numbers"),
    ("integer", "64-bit integers; overflow is an error"),
    ("counting", "integers of any size"),
    ("boolean", "true and false: or, and"),
    ("gf2", "bits modulo two: exclusive or, and"),
    ("modulo-M", "integers modulo M, as in modulo-7"),
    ("max-plus", "max and +: longest paths, best scores"),
    ("min-plus", "min and +: shortest paths, least costs"),
    ("max-times", "max and * of numbers that are not negative: most probable explanations"),
    ("log-sum-exp", "logarithms of numbers that are added and multiplied"),
];

/// No semiring has this name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{name}` is no semiring{}; known are {}", hint(.name, .suggestion), listed())]
pub struct UnknownSemiring {
    /// The name given.
    pub name: String,
    /// The known name nearest to it, if one is near.
    pub suggestion: Option<&'static str>,
}

fn hint(name: &str, suggestion: &Option<&str>) -> String {
    if name.starts_with("modulo-") {
        return ": the modulus must be a whole number from 2 on, as in `modulo-7`".to_owned();
    }
    suggestion.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

fn listed() -> String {
    NAMES.map(|(name, _)| name).join(", ")
}

impl FromStr for Named {
    type Err = UnknownSemiring;

    fn from_str(name: &str) -> Result<Self, UnknownSemiring> {
        let modulus = || Modular::new(name.strip_prefix("modulo-")?.parse().ok()?).ok();
        Ok(match name {
            "real" => Self::Real,
            "complex" => Self::Complex,
            "integer" => Self::Integer,
            "counting" => Self::Counting,
            "boolean" => Self::Boolean,
            "gf2" => Self::Gf2,
            "max-plus" => Self::MaxPlus,
            "min-plus" => Self::MinPlus,
            "max-times" => Self::MaxTimes,
            "log-sum-exp" => Self::LogSumExp,
            _ => match modulus() {
                Some(modular) => Self::Modular(modular.modulus()),
                None => return Err(UnknownSemiring { name: name.to_owned(), suggestion: nearest(name) }),
            },
        })
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Real => "real",
            Self::Complex => "complex",
            Self::Integer => "integer",
            Self::Counting => "counting",
            Self::Boolean => "boolean",
            Self::Gf2 => "gf2",
            Self::Modular(modulus) => return write!(f, "modulo-{modulus}"),
            Self::MaxPlus => "max-plus",
            Self::MinPlus => "min-plus",
            Self::MaxTimes => "max-times",
            Self::LogSumExp => "log-sum-exp",
        })
    }
}

/// The known name that begins as a given one, or has the fewest changes from it if they are few for its length.
fn nearest(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    if let Some((known, _)) = NAMES.iter().find(|(known, _)| name.len() > 2 && known.starts_with(&name)) {
        return Some(known);
    }
    let distances = NAMES.map(|(known, _)| (strsim::levenshtein(&name, known), known));
    let (changes, known) = distances.into_iter().min()?;
    (changes <= known.len() / 3).then_some(known)
}
