//! Functions that switch an edge off at the cut-off.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

/// The function that switches an edge off smoothly at the cut-off.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
#[non_exhaustive]
pub enum CutoffFunction {
    /// One up to `onset` (Å), then
    /// $(r_c^2-r^2)^2 (r_c^2+2r^2-3r_o^2)/(r_c^2-r_o^2)^3$; its second derivative jumps at both ends.
    Xplor {
        /// Where it begins to fall, Å.
        onset: f64,
    },
    /// $1 - \tfrac{(p+1)(p+2)}{2}u^p + p(p+2)u^{p+1} - \tfrac{p(p+1)}{2}u^{p+2}$ with $u = r/r_c$.
    Polynomial {
        /// The power `p`, at least 2.
        power: u32,
    },
    /// $\tfrac12 (\cos(\pi u) + 1)$ with $u = r/r_c$; its second derivative jumps at the cut-off.
    Cosine,
}

impl CutoffFunction {
    /// The factor and its derivative at distance `r`, for cut-off radius `rc`; zero from there on.
    pub(crate) fn evaluate(&self, r: f64, rc: f64) -> (f64, f64) {
        if r >= rc {
            return (0.0, 0.0);
        }
        match *self {
            Self::Xplor { onset } if r < onset => (1.0, 0.0),
            Self::Xplor { onset } => {
                let (r2, rc2, on2) = (r * r, rc * rc, onset * onset);
                let cube = (rc2 - on2).powi(3);
                let value = (rc2 - r2).powi(2) * (rc2 + 2.0 * r2 - 3.0 * on2) / cube;
                (value, 12.0 * r * (rc2 - r2) * (on2 - r2) / cube)
            }
            Self::Polynomial { power } => polynomial(power, r / rc, rc),
            Self::Cosine => {
                let (sin, cos) = (PI * r / rc).sin_cos();
                (0.5 * (cos + 1.0), -0.5 * PI / rc * sin)
            }
        }
    }

    /// Where the function's second derivative jumps inside the cut-off, Å.
    pub(crate) const fn kink(&self) -> Option<f64> {
        match *self {
            Self::Xplor { onset } => Some(onset),
            Self::Polynomial { .. } | Self::Cosine => None,
        }
    }
}

/// The polynomial as $(1-u)^3 \sum_{j<p} \binom{j+2}{2} u^j$: the expanded form loses all digits near the cut-off.
fn polynomial(power: u32, u: f64, rc: f64) -> (f64, f64) {
    let p = f64::from(power);
    let mut sum = 0.0;
    for j in (0..power).rev() {
        sum = sum * u + f64::from((j + 1) * (j + 2)) / 2.0;
    }
    let rest = 1.0 - u;
    let slope = -p * (p + 1.0) * (p + 2.0) / 2.0 * u.powf(p - 1.0) * rest * rest;
    (rest.powi(3) * sum, slope / rc)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cutoffs_match_their_definitions_and_differences() {
        let expanded = |u: f64| 1.0 - 28.0 * u.powi(6) + 48.0 * u.powi(7) - 21.0 * u.powi(8);
        let (xplor, polynomial) = (CutoffFunction::Xplor { onset: 4.5 }, CutoffFunction::Polynomial { power: 6 });
        assert_eq!(xplor.evaluate(4.0, 5.0), (1.0, 0.0));
        for r in [0.3, 2.0, 4.6, 4.9, 4.999] {
            assert!((polynomial.evaluate(r, 5.0).0 - expanded(r / 5.0)).abs() < 1e-13);
            for function in [xplor, polynomial, CutoffFunction::Cosine] {
                let h = 1e-5;
                let difference = (function.evaluate(r + h, 5.0).0 - function.evaluate(r - h, 5.0).0) / (2.0 * h);
                assert!((function.evaluate(r, 5.0).1 - difference).abs() < 1e-8, "{function:?} at {r}");
            }
        }
        assert_eq!(xplor.evaluate(5.0, 5.0), (0.0, 0.0));
    }
}
