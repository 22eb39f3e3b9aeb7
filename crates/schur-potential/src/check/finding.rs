//! One measured property, and how bad it is.

use serde::Serialize;

use crate::PotentialError;

/// One measured property: the largest deviation met, against its tolerance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// What was done, such as `rotations`.
    pub check: &'static str,
    /// What was compared, such as `force`.
    pub quantity: &'static str,
    /// The deviation, in `unit`; not a number if there was no answer (`null` as JSON).
    pub measured: f64,
    /// Its unit; empty for a bare number.
    pub unit: &'static str,
    /// The largest deviation allowed; `None` where a figure is told that cannot be wrong.
    pub allowed: Option<f64>,
    /// Why it is allowed, or what the figure means.
    pub reason: &'static str,
    /// Where the deviation was met.
    pub place: String,
    /// Whether the property holds.
    pub ok: bool,
}

impl Finding {
    /// A property with nothing measured yet.
    pub(super) const fn new(
        check: &'static str,
        quantity: &'static str,
        unit: &'static str,
        reason: &'static str,
    ) -> Self {
        let place = String::new();
        Self { check, quantity, measured: 0.0, unit, allowed: Some(0.0), reason, place, ok: true }
    }

    /// A figure that cannot be wrong.
    pub(super) fn told(mut self, measured: f64, place: &str) -> Self {
        (self.measured, self.allowed, self.place) = (measured, None, place.to_owned());
        self
    }

    /// A structure that the potential did not answer.
    pub(super) fn refused(check: &'static str, error: &PotentialError) -> Self {
        let mut finding = Self::new(check, "answer", "", "every sound structure of known elements has an answer");
        finding.meet(f64::NAN, 0.0, &error.to_string());
        finding
    }

    /// Takes in a deviation; the one that is largest beside its tolerance stays.
    pub(super) fn meet(&mut self, measured: f64, allowed: f64, place: &str) {
        let before = self.allowed.unwrap_or_default();
        let is_worse = self.place.is_empty()
            || measured.is_nan()
            || measured * before > self.measured * allowed
            || (allowed == 0.0 && measured > self.measured);
        if is_worse {
            (self.measured, self.allowed, self.place) = (measured, Some(allowed), place.to_owned());
        }
        // Not a number is not within any tolerance.
        self.ok &= measured <= allowed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_stays_and_nan_is_the_worst() {
        let mut finding = Finding::new("rotations", "force", "eV/Å", "rounding");
        finding.meet(0.1, 1.0, "first");
        finding.meet(0.2, 4.0, "second");
        assert_eq!((finding.place.as_str(), finding.ok), ("first", true));
        finding.meet(3.0, 2.0, "third");
        assert_eq!((finding.place.as_str(), finding.measured, finding.ok), ("third", 3.0, false));
        finding.meet(f64::NAN, 2.0, "fourth");
        finding.meet(1e9, 1.0, "fifth");
        assert_eq!((finding.place.as_str(), finding.ok), ("fourth", false));
        assert_eq!(serde_json::to_value(&finding).unwrap()["measured"], serde_json::Value::Null);
    }
}
