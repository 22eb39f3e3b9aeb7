//! The radial side of MACE: transformed distances, functions of them, the cut-off.

use schur_tensor::Real;

use super::{DistanceTransform, RadialKind};
use crate::CutoffFunction;
use crate::graph::RadialFunctions;

/// Below this argument the limit of `sin(k x)/x` is used.
const NEAR_ZERO: f64 = 1e-6;

/// The radial functions of a model for all pairs of its species.
#[derive(Debug, Clone)]
pub(crate) struct MaceRadial {
    pub kind: RadialKind,
    /// Frequencies of Bessel functions or centres of Gaussians, else any numbers; one a function.
    pub numbers: Vec<f64>,
    pub cutoff: f64,
    pub function: CutoffFunction,
    pub on_weights: bool,
    pub transform: Option<DistanceTransform>,
    /// Covalent radius of each species, Å; empty where nothing depends on it.
    pub radii: Vec<f64>,
}

/// The radial functions of a list of edges, each with its pair of species.
pub(crate) struct OfEdges<'a> {
    pub radial: &'a MaceRadial,
    pub pairs: &'a [[u8; 2]],
}

/// The radial functions of one pair of species.
pub(crate) struct OfPair<'a> {
    pub radial: &'a MaceRadial,
    pub pair: [u8; 2],
}

impl MaceRadial {
    /// Whether all pairs of species have the same functions.
    pub const fn is_common(&self) -> bool {
        self.transform.is_none()
    }

    /// Values and derivatives of all functions for a pair at `r`, Å.
    pub fn evaluate<T: Real>(&self, pair: [u8; 2], r: f64, values: &mut [T], derivatives: &mut [T]) {
        let (x, dx) = self.transformed(pair, r);
        let (f, df) = if self.on_weights { (1.0, 0.0) } else { self.function.evaluate(r, self.cutoff) };
        let mut chebyshev = Chebyshev::new(x);
        for ((value, derivative), &number) in values.iter_mut().zip(derivatives).zip(&self.numbers) {
            let (b, db) = match self.kind {
                RadialKind::Bessel => bessel(number, x, self.cutoff),
                RadialKind::Gaussian { coefficient } => {
                    let b = (coefficient * (x - number).powi(2)).exp();
                    (b, 2.0 * coefficient * (x - number) * b)
                }
                RadialKind::Chebyshev => chebyshev.next(),
            };
            *value = T::from_f64(b * f);
            *derivative = T::from_f64(db * dx * f + b * df);
        }
    }

    /// The factor of all weights, where the cut-off acts on them.
    pub fn envelope(&self, r: f64) -> Option<(f64, f64)> {
        self.on_weights.then(|| self.function.evaluate(r, self.cutoff))
    }

    /// The transformed distance and its derivative.
    fn transformed(&self, pair: [u8; 2], r: f64) -> (f64, f64) {
        let sum = || pair.iter().map(|&species| self.radii[usize::from(species)]).sum::<f64>();
        match self.transform {
            None => (r, 1.0),
            Some(DistanceTransform::Agnesi { q, p, a }) => {
                let r0 = 0.5 * sum();
                let x = r / r0;
                // a x^q / (1 + x^(q-p)), written so that it has a limit at zero.
                let below = 1.0 + x.powf(p - q);
                let g = a * x.powf(p) / below;
                let dg = a * (p * x.powf(p - 1.0) * below - (p - q) * x.powf(2.0 * p - q - 1.0)) / (below * below);
                let value = 1.0 / (1.0 + g);
                (value, -dg * value * value / r0)
            }
            Some(DistanceTransform::Soft { alpha }) => {
                let (p0, p1) = (0.75 * sum(), 4.0 / 3.0 * sum());
                let steepness = alpha / (p1 - p0);
                let tanh = (steepness * (r - 0.5 * (p0 + p1))).tanh();
                let s = 0.5 * (1.0 + tanh);
                (p0 + (r - p0) * s, s + (r - p0) * 0.5 * steepness * (1.0 - tanh * tanh))
            }
        }
    }
}

fn bessel(k: f64, x: f64, cutoff: f64) -> (f64, f64) {
    let scale = (2.0 / cutoff).sqrt();
    if x < NEAR_ZERO {
        return (scale * k, 0.0);
    }
    let (sin, cos) = (k * x).sin_cos();
    (scale * sin / x, scale * (k * cos - sin / x) / x)
}

/// Chebyshev's polynomials of the first kind from order 1 on, one after the other, with their derivatives.
struct Chebyshev {
    x: f64,
    /// The last two values and the last two derivatives.
    last: [f64; 2],
    slopes: [f64; 2],
}

impl Chebyshev {
    const fn new(x: f64) -> Self {
        // Orders -1 and 0: T_{-1} = T_1 = x, T_0 = 1.
        Self { x, last: [x, 1.0], slopes: [1.0, 0.0] }
    }

    fn next(&mut self) -> (f64, f64) {
        let ([t0, t1], [d0, d1]) = (self.last, self.slopes);
        let t2 = 2.0 * self.x * t1 - t0;
        let d2 = 2.0 * (t1 + self.x * d1) - d0;
        self.last = [t1, t2];
        self.slopes = [d1, d2];
        (t2, d2)
    }
}

impl RadialFunctions for OfEdges<'_> {
    fn count(&self) -> usize {
        self.radial.numbers.len()
    }

    fn evaluate<T: Real>(&self, edge: usize, r: f64, values: &mut [T], derivatives: &mut [T]) {
        self.radial.evaluate(self.pairs[edge], r, values, derivatives);
    }

    fn envelope(&self, r: f64) -> Option<(f64, f64)> {
        self.radial.envelope(r)
    }
}

impl RadialFunctions for OfPair<'_> {
    fn count(&self) -> usize {
        self.radial.numbers.len()
    }

    fn evaluate<T: Real>(&self, _edge: usize, r: f64, values: &mut [T], derivatives: &mut [T]) {
        self.radial.evaluate(self.pair, r, values, derivatives);
    }

    fn envelope(&self, r: f64) -> Option<(f64, f64)> {
        self.radial.envelope(r)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every kind with every transform: the derivatives are those of the values, up to the closest contact.
    #[test]
    fn derivatives_match_differences() {
        let kinds = [RadialKind::Bessel, RadialKind::Gaussian { coefficient: -1.5 }, RadialKind::Chebyshev];
        let agnesi = DistanceTransform::Agnesi { q: 0.9183, p: 4.5791, a: 1.0805 };
        for (kind, transform) in kinds.iter().flat_map(|&kind| {
            [None, Some(agnesi), Some(DistanceTransform::Soft { alpha: 4.0 })].map(|transform| (kind, transform))
        }) {
            let numbers = (1..=5).map(|n| 0.6 * f64::from(n)).collect();
            let function = CutoffFunction::Polynomial { power: 5 };
            let radii = vec![0.31, 1.11];
            let radial = MaceRadial { kind, numbers, cutoff: 5.0, function, on_weights: false, transform, radii };
            let at = |r: f64| {
                let (mut values, mut slopes) = ([0.0_f64; 5], [0.0_f64; 5]);
                radial.evaluate([0, 1], r, &mut values, &mut slopes);
                (values, slopes)
            };
            let h = 1e-6;
            for r in [0.2, 0.9, 2.3, 4.7] {
                let (above, below) = (at(r + h).0, at(r - h).0);
                for (n, slope) in at(r).1.into_iter().enumerate() {
                    let difference = (above[n] - below[n]) / (2.0 * h);
                    assert!((slope - difference).abs() < 1e-6 * slope.abs().max(1.0), "{kind:?} {transform:?} {r} {n}");
                }
            }
            let (values, slopes) = at(0.0);
            assert!(values.iter().chain(&slopes).all(|x| x.is_finite()), "{kind:?} {transform:?}");
        }
    }

    #[test]
    fn chebyshev_is_the_cosine_of_multiples() {
        let mut polynomials = Chebyshev::new(0.3);
        for n in 1..9 {
            assert!((polynomials.next().0 - (f64::from(n) * 0.3_f64.acos()).cos()).abs() < 1e-14);
        }
    }
}
