//! Functions of lengths and angles.
//!
//! All sines and cosines of one length or angle are taken together, in loops that fill registers: there are dozens of
//! them for every edge and angle, forward and in reverse.

use schur_tensor::{
    padded,
    pulp::{Arch, Simd, WithSimd},
};

use crate::CutoffFunction;

/// The Bessel functions of a length times the cut-off function:
/// $b_n(r) = \sqrt{2/r_c}\, \sin(f_n r / r_c) / r \; f_c(r)$ with trained $f_n$.
#[derive(Debug, Clone)]
pub(super) struct LengthBasis {
    arch: Arch,
    /// Over the cut-off, padded with zeros, whose functions are zero.
    wave_numbers: Vec<f64>,
    cutoff: f64,
    power: u32,
}

impl LengthBasis {
    /// From the trained frequencies.
    pub fn new(arch: Arch, frequencies: &[f64], cutoff: f64, power: u32) -> Self {
        let mut wave_numbers: Vec<f64> = frequencies.iter().map(|frequency| frequency / cutoff).collect();
        wave_numbers.resize(padded(frequencies.len()), 0.0);
        Self { arch, wave_numbers, cutoff, power }
    }

    /// Number of functions, padding included.
    pub fn width(&self) -> usize {
        self.wave_numbers.len()
    }

    /// Values and derivatives, as many as [`width`](Self::width).
    pub fn evaluate(&self, r: f64, values: &mut [f64], derivatives: &mut [f64]) {
        waves(self.arch, &self.wave_numbers, r, values, derivatives);
        let (f, df) = CutoffFunction::Polynomial { power: self.power }.evaluate(r, self.cutoff);
        let norm = (2.0 / self.cutoff).sqrt();
        let inverse = 1.0 / r;
        for ((value, derivative), k) in values.iter_mut().zip(derivatives).zip(&self.wave_numbers) {
            let (sin, cos) = (*value, *derivative);
            let (b, db) = (norm * sin * inverse, norm * (k * cos - sin * inverse) * inverse);
            *value = b * f;
            *derivative = db * f + b * df;
        }
    }
}

/// Sines and cosines of an angle with trained frequencies, and a constant.
#[derive(Debug, Clone)]
pub(super) struct AngleBasis {
    arch: Arch,
    /// How many are no padding.
    count: usize,
    frequencies: Vec<f64>,
}

/// Cosines are shrunk by this before the angle is taken, so that it has a derivative.
pub(super) const SHRINK: f64 = 1.0 - 1e-6;
/// One over the root of two as the models have it: in 32 bits.
const CONSTANT: f32 = std::f32::consts::FRAC_1_SQRT_2;

impl AngleBasis {
    /// From the trained frequencies.
    pub fn new(arch: Arch, mut frequencies: Vec<f64>) -> Self {
        let count = frequencies.len();
        frequencies.resize(padded(count), 0.0);
        Self { arch, count, frequencies }
    }

    /// Number of functions.
    pub fn count(&self) -> usize {
        2 * self.count + 1
    }

    /// Values and derivatives with respect to the cosine of the angle; `work` is memory.
    pub fn evaluate(&self, cosine: f64, values: &mut [f64], derivatives: &mut [f64], work: &mut [Vec<f64>; 2]) {
        let shrunk = cosine * SHRINK;
        let slope = -SHRINK / (1.0 - shrunk * shrunk).sqrt();
        let norm = std::f64::consts::PI.sqrt().recip();
        let [sines, cosines] = work;
        sines.resize(self.frequencies.len(), 0.0);
        cosines.resize(self.frequencies.len(), 0.0);
        waves(self.arch, &self.frequencies, shrunk.acos(), sines, cosines);
        (values[0], derivatives[0]) = (norm * f64::from(CONSTANT), 0.0);
        let n = self.count;
        for (m, ((frequency, sin), cos)) in self.frequencies.iter().zip(sines).zip(cosines).take(n).enumerate() {
            (values[1 + m], derivatives[1 + m]) = (norm * *sin, norm * frequency * *cos * slope);
            (values[1 + n + m], derivatives[1 + n + m]) = (norm * *cos, -norm * frequency * *sin * slope);
        }
    }
}

/// Sines and cosines of multiples of a number.
fn waves(arch: Arch, factors: &[f64], x: f64, sines: &mut [f64], cosines: &mut [f64]) {
    arch.dispatch(Waves { factors, x, sines, cosines });
}

struct Waves<'a> {
    factors: &'a [f64],
    x: f64,
    sines: &'a mut [f64],
    cosines: &'a mut [f64],
}

impl WithSimd for Waves<'_> {
    type Output = ();

    /// Plain loops: what matters is that they are compiled for the instruction set, and have no branches.
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for ((sin, cos), factor) in self.sines.iter_mut().zip(self.cosines).zip(self.factors) {
            (*sin, *cos) = sin_cos(factor * self.x);
        }
    }
}

/// Added to a number below 2^51 it leaves the nearest whole number in the low bits: 1.5 times 2^52.
const TO_WHOLE: f64 = 6_755_399_441_055_744.0;
/// A quarter turn: its leading 33 bits, so that products with small whole numbers are exact, and the rest.
const QUARTER: [f64; 2] = [1.570_796_326_734_125_6, 6.077_100_506_506_192e-11];
/// Coefficients of $(\sin y - y) / y^3$ and $(\cos y - 1 + y^2/2) / y^4$ in powers of $y^2$, highest first, up to an
/// eighth of a turn (FreeBSD's msun, `k_sin.c` and `k_cos.c`).
const SINE: [f64; 6] = [
    1.589_690_995_211_55e-10,
    -2.505_076_025_340_686_3e-8,
    2.755_731_370_707_006_8e-6,
    -1.984_126_982_985_795e-4,
    8.333_333_333_322_49e-3,
    -1.666_666_666_666_663_2e-1,
];
const COSINE: [f64; 6] = [
    -1.135_964_755_778_819_5e-11,
    2.087_572_321_298_175e-9,
    -2.755_731_435_139_066_3e-7,
    2.480_158_728_947_673e-5,
    -1.388_888_888_887_411e-3,
    4.166_666_666_666_66e-2,
];

/// Sine and cosine without branches, to the last place or the one before it for magnitudes up to a million.
///
/// Source: Cody and Waite, "Software manual for the elementary functions", 1980, chapter 8: the distance to the nearest
/// multiple of a quarter turn, and polynomials of it.
#[inline(always)]
fn sin_cos(x: f64) -> (f64, f64) {
    let shifted = x * std::f64::consts::FRAC_2_PI + TO_WHOLE;
    let quarters = shifted - TO_WHOLE;
    let y = (x - quarters * QUARTER[0]) - quarters * QUARTER[1];
    let z = y * y;
    let polynomial = |coefficients: &[f64; 6]| coefficients[1..].iter().fold(coefficients[0], |sum, c| sum * z + c);
    let sine = y + y * z * polynomial(&SINE);
    let half = 0.5 * z;
    let rough = 1.0 - half;
    let cosine = rough + ((1.0 - rough - half) + z * z * polynomial(&COSINE));
    let quadrant = shifted.to_bits();
    let [a, b] = if quadrant & 1 == 1 { [cosine, sine] } else { [sine, cosine] };
    let sign = |of: u64| (of & 2) << 62;
    (f64::from_bits(a.to_bits() ^ sign(quadrant)), f64::from_bits(b.to_bits() ^ sign(quadrant.wrapping_add(1))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sines_and_cosines_are_those_of_the_library() {
        let factors: Vec<f64> = (0..32).map(|i| 3.3 * f64::from(i)).collect();
        let (mut sines, mut cosines) = ([0.0; 32], [0.0; 32]);
        for step in 0..2000 {
            let x = 1e-3 * f64::from(step * step) - 300.0;
            for arch in schur_tensor::instruction_sets() {
                waves(arch, &factors, x, &mut sines, &mut cosines);
                for ((factor, sin), cos) in factors.iter().zip(sines).zip(cosines) {
                    let exact = (factor * x).sin_cos();
                    let error = (sin - exact.0).abs().max((cos - exact.1).abs());
                    assert!(error <= 2.3e-16, "{factor} {x}: {sin} {cos}, not {exact:?}");
                }
            }
        }
    }

    /// Values and derivatives at a place.
    type Sampled<'a> = &'a mut dyn FnMut(f64) -> (Vec<f64>, Vec<f64>);

    #[test]
    fn derivatives_match_differences() {
        let length = LengthBasis::new(Arch::new(), &[3.1, 6.4, 9.3], 6.0, 6);
        let angle = AngleBasis::new(Arch::new(), vec![1.0, 2.1]);
        let mut work = Default::default();
        let mut of_length = |x: f64| {
            let (mut values, mut slopes) = (vec![0.0; length.width()], vec![0.0; length.width()]);
            length.evaluate(x, &mut values, &mut slopes);
            (values, slopes)
        };
        let mut of_cosine = |x: f64| {
            let (mut values, mut slopes) = (vec![0.0; 5], vec![0.0; 5]);
            angle.evaluate(x, &mut values, &mut slopes, &mut work);
            (values, slopes)
        };
        let functions: [(Sampled<'_>, f64); 2] = [(&mut of_length, 2.3), (&mut of_cosine, -0.4)];
        for (function, x) in functions {
            let (above, below, slopes) = (function(x + 1e-6).0, function(x - 1e-6).0, function(x).1);
            for ((above, below), slope) in above.iter().zip(below).zip(slopes) {
                assert!(((above - below) / 2e-6 - slope).abs() < 1e-8, "{above} {slope}");
            }
        }
    }
}
