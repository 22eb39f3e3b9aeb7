//! What makes one order better than another.

use serde::{Deserialize, Serialize};

/// What an order is chosen for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Objective {
    /// As few multiply-adds as possible.
    Operations,
    /// The largest tensor as small as possible, then few operations.
    Largest,
    /// As few elements written as possible.
    Written,
    /// Operations, and elements written times a weight: what memory costs beside arithmetic.
    Combined {
        /// Multiply-adds that take as long as writing an element.
        weight: f64,
    },
}

/// Multiply-adds in the time of writing one element, as `cotengra` has it by default ("combo-64").
const USUAL_WEIGHT: f64 = 64.0;

impl Default for Objective {
    fn default() -> Self {
        Self::Combined { weight: USUAL_WEIGHT }
    }
}

impl Objective {
    /// What an operation and an element written count; nothing where the largest tensor alone counts.
    pub(super) fn weights(self) -> (f64, f64) {
        match self {
            Self::Operations => (1.0, 0.0),
            Self::Largest => (0.0, 0.0),
            Self::Written => (0.0, 1.0),
            Self::Combined { weight } => (1.0, weight),
        }
    }
}

/// A step whose result is too large counts this power of two more for each power of two of its size beyond the limit.
///
/// An index sliced to make it smaller doubles all steps that do not know the index. One was better than a half on the
/// networks tried, at limits from 2^20 to 2^48 elements.
const EXCESS: f64 = 1.0;

/// What a search is for: an objective, and sizes that need no slicing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Aim {
    pub objective: Objective,
    /// The logarithm of the most elements of a tensor; larger ones are made dearer, not forbidden.
    pub most: f64,
}

impl Aim {
    /// What to add to the logarithm of the operations of a step with a result of this size.
    #[inline(always)]
    pub fn excess(self, size: f64) -> f64 {
        EXCESS * (size - self.most).max(0.0)
    }
}

/// A sum of powers of two whose exponents may be beyond what an `f64` holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogSum {
    scale: f64,
    sum: f64,
}

impl LogSum {
    pub const ZERO: Self = Self { scale: f64::NEG_INFINITY, sum: 0.0 };

    /// Adds `factor * 2^exponent`.
    pub fn add(&mut self, factor: f64, exponent: f64) {
        if factor <= 0.0 || exponent == f64::NEG_INFINITY {
            return;
        }
        if exponent > self.scale {
            self.sum *= (self.scale - exponent).exp2();
            self.scale = exponent;
        }
        self.sum += factor * (exponent - self.scale).exp2();
    }

    /// The binary logarithm; minus infinity for nothing.
    pub fn log2(self) -> f64 {
        if self.sum > 0.0 { self.scale + self.sum.log2() } else { f64::NEG_INFINITY }
    }
}

/// How good an order is, the less the better: what is asked for first, then what decides between equals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Score(pub f64, pub f64);

impl Score {
    /// Whether this is better, by more than rounding in sums of different order.
    pub fn beats(self, other: Self) -> bool {
        const ROUNDING: f64 = 1e-10;
        self.0 < other.0 - ROUNDING || (self.0 < other.0 + ROUNDING && self.1 < other.1 - ROUNDING)
    }
}

/// Adds up the steps of an order to its score.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tally {
    aim: Aim,
    operations: LogSum,
    written: LogSum,
    largest: f64,
}

impl Tally {
    pub fn new(aim: Aim) -> Self {
        Self { aim, operations: LogSum::ZERO, written: LogSum::ZERO, largest: f64::NEG_INFINITY }
    }

    /// Adds a pair, given binary logarithms of its operations and of the elements of its result.
    pub fn add(&mut self, operations: f64, size: f64) {
        self.operations.add(1.0, operations + self.aim.excess(size));
        self.written.add(1.0, size);
        self.largest = self.largest.max(size);
    }

    /// The score of all pairs added.
    pub fn score(self) -> Score {
        let (operations, written) = (self.operations.log2(), self.written.log2());
        match self.aim.objective {
            Objective::Operations => Score(operations, written),
            Objective::Largest => Score(self.largest, operations),
            Objective::Written => Score(written, operations),
            Objective::Combined { weight } => {
                let mut both = LogSum::ZERO;
                both.add(1.0, operations);
                both.add(weight, written);
                Score(both.log2(), self.largest)
            }
        }
    }
}
