//! The functions of an edge's length and the cut-off function of a TensorNet model.

use std::f64::consts::PI;

use super::{RadialExpansion, TensornetArchitecture};
use crate::CutoffFunction;

/// Below this argument the limits of `sin(x)/x` are used.
const NEAR_ZERO: f64 = 1e-6;
/// How often the argument of exponential functions falls to 1/e between the two cut-offs.
const EXPONENTIAL_DECAY: f64 = 5.0;

/// Functions of the distance, ready to evaluate.
#[derive(Debug, Clone)]
pub(crate) struct Expansion {
    cutoff: f64,
    /// Edges are switched off below this distance too, if it is above zero, Å.
    inner: f64,
    functions: Functions,
}

#[derive(Debug, Clone)]
enum Functions {
    /// Coefficients of $\sin(k \pi r / r_c) / (k \pi r / r_c)$, `[function][k - 1]`.
    Bessel(Vec<Vec<f64>>),
    Gaussian {
        centers: Vec<f64>,
        width: f64,
    },
    ExponentialNormal {
        centers: Vec<f64>,
        widths: Vec<f64>,
    },
}

impl Expansion {
    /// Prepares the functions of a model with the `centers` and `widths` among its weights, as far as it has such.
    pub fn new(it: &TensornetArchitecture, centers: Vec<f64>, widths: Vec<f64>) -> Self {
        let functions = match it.radial {
            RadialExpansion::SmoothBessel { count } => Functions::Bessel(smooth_bessel(count, it.cutoff)),
            RadialExpansion::Gaussian { width, .. } => Functions::Gaussian { centers, width },
            RadialExpansion::ExponentialNormal { .. } => Functions::ExponentialNormal { centers, widths },
        };
        Self { cutoff: it.cutoff, inner: it.inner_cutoff, functions }
    }

    /// Number of functions.
    pub fn count(&self) -> usize {
        match &self.functions {
            Functions::Bessel(rows) => rows.len(),
            Functions::Gaussian { centers, .. } | Functions::ExponentialNormal { centers, .. } => centers.len(),
        }
    }

    /// The cut-off function and its derivative.
    pub fn switch(&self, r: f64) -> (f64, f64) {
        if self.inner <= 0.0 {
            return CutoffFunction::Cosine.evaluate(r, self.cutoff);
        }
        if r <= self.inner || r >= self.cutoff {
            return (0.0, 0.0);
        }
        let wave = 2.0 * PI / (self.cutoff - self.inner);
        let (sin, cos) = (wave * (r - self.inner)).sin_cos();
        (0.5 * (1.0 - cos), 0.5 * wave * sin)
    }

    /// Values and derivatives of all functions, without the cut-off function.
    pub fn evaluate(&self, r: f64, values: &mut [f64], derivatives: &mut [f64]) {
        match &self.functions {
            Functions::Bessel(rows) => {
                values.fill(0.0);
                derivatives.fill(0.0);
                for k in 0..=rows.len() {
                    let wave = (k + 1) as f64 * PI / self.cutoff;
                    let (value, slope) = sinc(wave * r);
                    for (n, row) in rows.iter().enumerate() {
                        values[n] += row[k] * value;
                        derivatives[n] += row[k] * wave * slope;
                    }
                }
            }
            Functions::Gaussian { centers, width } => {
                for ((value, derivative), center) in values.iter_mut().zip(derivatives).zip(centers) {
                    let difference = r - center;
                    *value = (-width * difference * difference).exp();
                    *derivative = -2.0 * width * difference * *value;
                }
            }
            Functions::ExponentialNormal { centers, widths } => {
                let (f, df) = CutoffFunction::Cosine.evaluate(r, self.cutoff);
                let decay = EXPONENTIAL_DECAY / (self.cutoff - self.inner);
                let near = (decay * (self.inner - r)).exp();
                for (n, (center, width)) in centers.iter().zip(widths).enumerate() {
                    let difference = near - center;
                    let bell = (-width * difference * difference).exp();
                    values[n] = f * bell;
                    derivatives[n] = (df + f * 2.0 * width * difference * decay * near) * bell;
                }
            }
        }
    }

    /// Values and derivatives of all functions and of the constant one behind them, each times the cut-off function.
    pub fn switched(&self, r: f64, values: &mut [f64], derivatives: &mut [f64]) {
        let n = self.count();
        self.evaluate(r, &mut values[..n], &mut derivatives[..n]);
        (values[n], derivatives[n]) = (1.0, 0.0);
        let (f, df) = self.switch(r);
        for (value, derivative) in values.iter_mut().zip(derivatives) {
            *derivative = *derivative * f + *value * df;
            *value *= f;
        }
    }
}

/// `sin(x)/x` and its derivative.
fn sinc(x: f64) -> (f64, f64) {
    if x.abs() < NEAR_ZERO {
        return (1.0, 0.0);
    }
    let (sin, cos) = x.sin_cos();
    (sin / x, (cos - sin / x) / x)
}

/// Kocer's functions as combinations of `sin(kx)/(kx)`: sums of two neighbours, made orthogonal one after the other.
fn smooth_bessel(count: usize, cutoff: f64) -> Vec<Vec<f64>> {
    let mut rows: Vec<Vec<f64>> = Vec::with_capacity(count);
    let mut previous = 1.0;
    for i in 0..count {
        let n = i as f64;
        let (a, b) = (n + 1.0, n + 2.0);
        let sign = if i % 2 == 0 { 1.0 } else { -1.0 };
        let factor = sign * 2f64.sqrt() * PI / cutoff.powf(1.5) * a * b / (a * a + b * b).sqrt();
        let mut row = vec![0.0; count + 1];
        (row[i], row[i + 1]) = (factor, factor);
        if let Some(before) = rows.last() {
            let e = n * n * b * b / (4.0 * a.powi(4) + 1.0);
            let d = 1.0 - e / previous;
            let share = (e / previous).sqrt();
            row = row.iter().zip(before).map(|(own, other)| (own + share * other) / d.sqrt()).collect();
            previous = d;
        }
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bessel(inner: f64) -> Expansion {
        Expansion { cutoff: 5.0, inner, functions: Functions::Bessel(smooth_bessel(4, 5.0)) }
    }

    #[test]
    fn derivatives_match_differences() {
        let centers = vec![0.0, 2.0, 6.0];
        let gaussian = Functions::Gaussian { centers: centers.clone(), width: 0.5 };
        let gaussian = Expansion { cutoff: 5.0, inner: 0.0, functions: gaussian };
        let normal = Functions::ExponentialNormal { centers: vec![0.1, 0.5, 0.9], widths: vec![2.0, 3.0, 4.0] };
        let normal = Expansion { cutoff: 5.0, inner: 0.8, functions: normal };
        for expansion in [bessel(0.0), bessel(0.3), gaussian, normal] {
            let n = expansion.count() + 1;
            let at = |r: f64| {
                let (mut values, mut derivatives) = (vec![0.0; n], vec![0.0; n]);
                expansion.switched(r, &mut values, &mut derivatives);
                (values, derivatives)
            };
            for r in [0.4, 2.3, 4.9] {
                let h = 1e-5;
                let (up, down) = (at(r + h).0, at(r - h).0);
                for c in 0..n {
                    assert!((at(r).1[c] - (up[c] - down[c]) / (2.0 * h)).abs() < 1e-8);
                }
            }
            assert!(at(5.0).0.iter().all(|&value| value == 0.0));
        }
    }

    #[test]
    fn smooth_functions_are_orthonormal_and_end_flat() {
        let expansion = bessel(0.0);
        let at = |r: f64| {
            let (mut values, mut derivatives) = ([0.0; 4], [0.0; 4]);
            expansion.evaluate(r, &mut values, &mut derivatives);
            (values, derivatives)
        };
        // Simpson's rule for the products with the weight r^2.
        let steps = 2000;
        for a in 0..4 {
            for b in 0..=a {
                let term = |k: usize| {
                    let r = 5.0 * k as f64 / steps as f64;
                    let weight = if k == 0 || k == steps {
                        1.0
                    } else if k % 2 == 1 {
                        4.0
                    } else {
                        2.0
                    };
                    let values = at(r).0;
                    weight * r * r * values[a] * values[b]
                };
                let integral = (0..=steps).map(term).sum::<f64>() * 5.0 / steps as f64 / 3.0;
                assert!((integral - f64::from(u8::from(a == b))).abs() < 1e-9, "{a} {b}: {integral}");
            }
        }
        let (values, derivatives) = at(5.0);
        assert!(values.iter().chain(&derivatives).all(|x| x.abs() < 1e-12), "{values:?} {derivatives:?}");
    }
}
