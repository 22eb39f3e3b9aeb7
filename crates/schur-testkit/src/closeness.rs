//! Comparison of numbers with a message that names the worst element.

use std::fmt;

/// The element of two slices that differs most, measured in units of what is allowed.
///
/// # Examples
/// ```
/// let worst = schur_testkit::worst_element(&[1.0, 2.5], &[1.0, 2.0], 0.0, 0.1).unwrap();
/// assert_eq!((worst.index, worst.n_bad), (1, 1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mismatch {
    /// Position of the worst element.
    pub index: usize,
    /// What was computed there.
    pub actual: f64,
    /// What should have been computed there.
    pub expected: f64,
    /// The difference that `atol + rtol * |expected|` allows there.
    pub allowed: f64,
    /// How many elements differ by more than allowed.
    pub n_bad: usize,
    /// How many elements were compared.
    pub n_compared: usize,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { index, actual, expected, allowed, n_bad, n_compared } = *self;
        let difference = (actual - expected).abs();
        write!(f, "{n_bad} of {n_compared} elements differ; worst at [{index}]: ")?;
        write!(f, "actual {actual:.17e}, expected {expected:.17e}, ")?;
        write!(f, "difference {difference:.3e} > allowed {allowed:.3e} ({} ulps)", ulps_between(actual, expected))
    }
}

/// Checks that every element is within `atol + rtol * |expected|`.
///
/// Equal infinities agree; a NaN agrees with nothing, not even with a NaN, because a test that expects one should say so.
///
/// # Panics
/// If the lengths differ or an element is too far off; the message names `name`, the worst element and both values.
///
/// # Examples
/// ```
/// schur_testkit::assert_close("halves", &[0.1 + 0.2, 1.0], &[0.3, 1.0], 1e-15, 0.0);
/// ```
#[track_caller]
pub fn assert_close(name: &str, actual: &[f64], expected: &[f64], rtol: f64, atol: f64) {
    let (n_actual, n_expected) = (actual.len(), expected.len());
    assert!(n_actual == n_expected, "{name}: {n_actual} elements computed, {n_expected} expected");
    if let Some(mismatch) = worst_element(actual, expected, rtol, atol) {
        panic!("{name}: {mismatch} (rtol {rtol:e}, atol {atol:e})");
    }
}

/// Finds the element that exceeds `atol + rtol * |expected|` by the largest factor.
///
/// `None` means that all agree. Elements beyond the shorter slice are not looked at.
pub fn worst_element(actual: &[f64], expected: &[f64], rtol: f64, atol: f64) -> Option<Mismatch> {
    let mut worst: Option<(f64, Mismatch)> = None;
    let mut n_bad = 0;
    for (index, (&actual, &expected)) in actual.iter().zip(expected).enumerate() {
        let allowed = atol + rtol * expected.abs();
        let excess = excess(actual, expected, allowed);
        if excess <= 1.0 {
            continue;
        }
        n_bad += 1;
        if worst.is_none_or(|(most, _)| excess > most) {
            worst = Some((excess, Mismatch { index, actual, expected, allowed, n_bad: 0, n_compared: 0 }));
        }
    }
    let n_compared = actual.len().min(expected.len());
    worst.map(|(_, mismatch)| Mismatch { n_bad, n_compared, ..mismatch })
}

/// Difference in units of what is allowed; infinite where no tolerance could help.
fn excess(actual: f64, expected: f64, allowed: f64) -> f64 {
    if actual == expected {
        return 0.0;
    }
    let ratio = (actual - expected).abs() / allowed;
    // With an infinite `expected`, `allowed` is infinite too and must not excuse a finite `actual`.
    if ratio.is_nan() || !actual.is_finite() || !expected.is_finite() { f64::INFINITY } else { ratio }
}

/// Counts the representable numbers from `a` to `b`; `u64::MAX` if one is NaN.
///
/// # Examples
/// ```
/// assert_eq!(schur_testkit::ulps_between(1.0, 1.0 + f64::EPSILON), 1);
/// assert_eq!(schur_testkit::ulps_between(0.0, -0.0), 0);
/// ```
pub fn ulps_between(a: f64, b: f64) -> u64 {
    if a.is_nan() || b.is_nan() { u64::MAX } else { rank(a).abs_diff(rank(b)) }
}

/// Position of a number in the order of all floats, zero at zero.
fn rank(x: f64) -> i64 {
    // The bits of |x| count upwards from zero and always fit, as the sign bit is clear.
    let magnitude = x.abs().to_bits() as i64;
    if x.is_sign_negative() { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_worst_element() {
        let worst = worst_element(&[1.0, 5.0, 2.2], &[1.0, 4.0, 2.0], 0.0, 0.1).unwrap();
        assert_eq!((worst.index, worst.actual, worst.expected, worst.n_bad, worst.n_compared), (1, 5.0, 4.0, 2, 3));
        let message = worst.to_string();
        assert!(message.contains("at [1]") && message.contains("2 of 3"), "{message}");
    }

    #[test]
    fn nothing_agrees_with_nan() {
        for (a, b) in [(f64::NAN, 1.0), (1.0, f64::NAN), (f64::NAN, f64::NAN)] {
            assert!(worst_element(&[a], &[b], 1.0, 1e300).is_some(), "{a} {b}");
        }
    }

    #[test]
    fn infinities_agree_only_with_themselves() {
        let inf = f64::INFINITY;
        assert!(worst_element(&[inf, -inf], &[inf, -inf], 0.0, 0.0).is_none());
        for (a, b) in [(inf, -inf), (1.0, inf), (inf, 1.0)] {
            assert!(worst_element(&[a], &[b], 1.0, 1.0).is_some(), "{a} {b}");
        }
    }

    #[test]
    fn zero_tolerance_means_equal() {
        assert!(worst_element(&[0.0, 1.0], &[-0.0, 1.0], 0.0, 0.0).is_none());
        assert!(worst_element(&[1.0 + f64::EPSILON], &[1.0], 0.0, 0.0).is_some());
    }

    #[test]
    #[should_panic(expected = "forces: 2 elements computed, 3 expected")]
    fn lengths_must_match() {
        assert_close("forces", &[0.0; 2], &[0.0; 3], 1.0, 1.0);
    }

    #[test]
    fn ulps_count_across_zero() {
        assert_eq!(ulps_between(f64::from_bits(1), -f64::from_bits(1)), 2);
        assert_eq!(ulps_between(f64::INFINITY, f64::MAX), 1);
        assert_eq!(ulps_between(f64::NAN, 0.0), u64::MAX);
    }
}
