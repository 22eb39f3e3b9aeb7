//! The semirings that the rows of a relation have their weights in.

use schur_tensor::semiring::{MaxPlus, MaxTimes, MinPlus, Semiring, SemiringError};

/// Absolute and relative change of a weight below which a recursion in the real numbers has settled.
const SETTLED: f64 = 1e-13;

/// What the weights of a relation's rows are, and what "and" and "or" mean for them.
///
/// Rows that are not there have the semiring's zero. A Boolean relation has no weights: its rows are true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weights {
    Boolean,
    Real,
    MaxPlus,
    MaxTimes,
    MinPlus,
}

impl Weights {
    pub(crate) const ALL: [Self; 5] = [Self::Boolean, Self::Real, Self::MaxPlus, Self::MaxTimes, Self::MinPlus];

    /// The name in programs, the one that `schur einsum --semiring` knows as well.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Real => "real",
            Self::MaxPlus => "max-plus",
            Self::MaxTimes => "max-times",
            Self::MinPlus => "min-plus",
        }
    }

    /// The weight of a fact that has none written, and of a derivation from nothing.
    pub(crate) const fn one(self) -> f64 {
        match self {
            Self::Boolean | Self::Real | Self::MaxTimes => 1.0,
            Self::MaxPlus | Self::MinPlus => 0.0,
        }
    }

    /// The weight that is as good as no row.
    pub(crate) const fn zero(self) -> f64 {
        match self {
            Self::Boolean | Self::Real | Self::MaxTimes => 0.0,
            Self::MaxPlus => f64::NEG_INFINITY,
            Self::MinPlus => f64::INFINITY,
        }
    }

    /// Whether adding a derivation twice changes nothing.
    pub(crate) const fn is_idempotent(self) -> bool {
        !matches!(self, Self::Real)
    }

    /// Adds two derivations of one row.
    pub(crate) fn add(self, a: f64, b: f64) -> Result<f64, SemiringError> {
        match self {
            Self::Boolean => Ok(1.0),
            Self::Real => Ok(a + b),
            Self::MaxPlus => MaxPlus::new().add(&a, &b),
            Self::MaxTimes => MaxTimes::new().add(&a, &b),
            Self::MinPlus => MinPlus::new().add(&a, &b),
        }
    }

    /// Multiplies the weights of two conditions.
    pub(crate) fn multiply(self, a: f64, b: f64) -> Result<f64, SemiringError> {
        match self {
            Self::Boolean => Ok(1.0),
            Self::Real => Ok(a * b),
            Self::MaxPlus => MaxPlus::new().multiply(&a, &b),
            Self::MaxTimes => MaxTimes::new().multiply(&a, &b),
            Self::MinPlus => MinPlus::new().multiply(&a, &b),
        }
    }

    /// Whether a row may have this weight.
    pub(crate) fn holds(self, weight: f64) -> bool {
        match self {
            Self::Boolean => weight == 0.0 || weight == 1.0,
            Self::MaxTimes => weight.is_finite() && weight >= 0.0,
            Self::Real | Self::MaxPlus | Self::MinPlus => weight.is_finite(),
        }
    }

    /// Whether a weight has changed so little that a recursion may stop.
    pub(crate) fn is_settled(self, before: f64, after: f64) -> bool {
        match self {
            Self::Real => (after - before).abs() <= SETTLED * before.abs().max(after.abs()).max(1.0),
            _ => before == after,
        }
    }

    /// Whether weights of another relation can be multiplied into derivations in this semiring.
    pub(crate) fn takes(self, other: Self) -> bool {
        self == other || self == Self::Boolean || other == Self::Boolean
    }

    /// The weight of a row of another relation, seen from this semiring.
    pub(crate) fn convert(self, other: Self, weight: f64) -> f64 {
        if self == other { weight } else { self.one() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_and_one_are_neutral() {
        for weights in Weights::ALL {
            for value in [0.0, 0.5, 1.0, 3.0] {
                if weights == Weights::Boolean && value != 1.0 {
                    continue;
                }
                assert_eq!(weights.add(weights.zero(), value), Ok(value), "{}", weights.name());
                assert_eq!(weights.multiply(weights.one(), value), Ok(value), "{}", weights.name());
            }
        }
    }
}
