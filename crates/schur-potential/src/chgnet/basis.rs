//! Functions of lengths and angles.

use crate::CutoffFunction;

/// The Bessel functions of a length times the cut-off function:
/// $b_n(r) = \sqrt{2/r_c}\, \sin(f_n r / r_c) / r \; f_c(r)$ with trained $f_n$.
#[derive(Debug, Clone)]
pub(super) struct LengthBasis {
    pub frequencies: Vec<f64>,
    pub cutoff: f64,
    pub power: u32,
}

impl LengthBasis {
    /// Values and derivatives.
    pub fn evaluate(&self, r: f64, values: &mut [f64], derivatives: &mut [f64]) {
        let (f, df) = CutoffFunction::Polynomial { power: self.power }.evaluate(r, self.cutoff);
        let norm = (2.0 / self.cutoff).sqrt();
        for ((value, derivative), frequency) in values.iter_mut().zip(derivatives).zip(&self.frequencies) {
            let k = frequency / self.cutoff;
            let (sin, cos) = (k * r).sin_cos();
            let (b, db) = (norm * sin / r, norm * (k * cos - sin / r) / r);
            *value = b * f;
            *derivative = db * f + b * df;
        }
    }
}

/// Sines and cosines of an angle with trained frequencies, and a constant.
#[derive(Debug, Clone)]
pub(super) struct AngleBasis {
    pub frequencies: Vec<f64>,
}

/// Cosines are shrunk by this before the angle is taken, so that it has a derivative.
pub(super) const SHRINK: f64 = 1.0 - 1e-6;
/// One over the root of two as the models have it: in 32 bits.
const CONSTANT: f32 = std::f32::consts::FRAC_1_SQRT_2;

impl AngleBasis {
    /// Number of functions.
    pub fn count(&self) -> usize {
        2 * self.frequencies.len() + 1
    }

    /// Values and derivatives with respect to the cosine of the angle.
    pub fn evaluate(&self, cosine: f64, values: &mut [f64], derivatives: &mut [f64]) {
        let shrunk = cosine * SHRINK;
        let angle = shrunk.acos();
        let slope = -SHRINK / (1.0 - shrunk * shrunk).sqrt();
        let norm = std::f64::consts::PI.sqrt().recip();
        let n = self.frequencies.len();
        (values[0], derivatives[0]) = (norm * f64::from(CONSTANT), 0.0);
        for (m, &frequency) in self.frequencies.iter().enumerate() {
            let (sin, cos) = (frequency * angle).sin_cos();
            (values[1 + m], derivatives[1 + m]) = (norm * sin, norm * frequency * cos * slope);
            (values[1 + n + m], derivatives[1 + n + m]) = (norm * cos, -norm * frequency * sin * slope);
        }
    }
}
