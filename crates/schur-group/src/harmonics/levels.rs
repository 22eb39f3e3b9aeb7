//! Any degree: each level of harmonics from the ones before it.
//!
//! With the polar axis y and `A_m + i B_m = (z + i x)^m`, the harmonics of component normalisation are `P_l^m(y) A_m` for
//! `m >= 0` and `P_l^|m|(y) B_|m|` for `m < 0`. The `P` follow from the recurrence of the associated Legendre functions with
//! the norm absorbed, which is stable upwards in `l`. A derivative of a solid harmonic along an axis is a combination of at
//! most two solid harmonics of the next lower degree (the ladder), so that derivatives of any order need no new functions.

use super::{Normalization, Real, SphericalHarmonics};

const MAX: usize = SphericalHarmonics::MAX_DEGREE;

/// Room for one level, `m` from `-MAX - 1` to `MAX + 1`; elements beyond the level stay zero.
const WIDTH: usize = 2 * MAX + 3;
const CENTRE: usize = MAX + 1;

/// Where results go; slices of derivatives that were not asked for are empty.
pub(super) struct Outputs<'a, T> {
    pub(super) values: &'a mut [T],
    pub(super) gradient: &'a mut [[T; 3]],
    pub(super) hessian: &'a mut [[[T; 3]; 3]],
}

/// Coefficients of one `(l, m)`, `m >= 0`.
#[derive(Clone, Copy, Debug)]
struct Coefficients {
    /// Factors of `y P_{l-1}^m` and of `-P_{l-2}^m`; for `m = l` the first is that of `P_{l-1}^{l-1}`.
    value: [f64; 2],
    /// Factors of the harmonics `m`, `m - 1` and `m + 1` of degree `l - 1` in derivatives.
    ladder: [f64; 3],
}

/// The coefficients of all levels and the factors of the normalisation.
#[derive(Clone, Debug)]
pub(super) struct Levels {
    factors: Vec<f64>,
    coefficients: Vec<Vec<Coefficients>>,
}

/// The solid harmonics of one level and their derivatives, component normalisation, at a unit vector.
struct Level {
    values: [f64; WIDTH],
    gradient: [[f64; 3]; WIDTH],
}

impl Levels {
    pub(super) fn new(l_max: usize, normalization: Normalization) -> Self {
        let level = |l| (0..=l).map(|m| coefficients(l, m)).collect();
        Self {
            factors: (0..=l_max).map(|l| normalization.factor(l)).collect(),
            coefficients: (0..=l_max).map(level).collect(),
        }
    }

    /// Returns the factors from component normalisation, one a degree.
    pub(super) fn factors(&self) -> &[f64] {
        &self.factors
    }

    /// Evaluates values and `ORDER` derivatives at the unit vector `n`, for a vector of the given inverse length.
    pub(super) fn evaluate<const ORDER: usize, T: Real>(&self, n: [f64; 3], inverse: f64, out: &mut Outputs<'_, T>) {
        let powers = azimuthal_powers(n);
        // The recurrence counts on |n| = 1; without a direction only degree 0 is left.
        let has_direction = n != [0.0; 3];
        // P of the last two degrees; columns beyond m = l stay zero.
        let (mut last, mut before) = ([0.0; MAX + 2], [0.0; MAX + 2]);
        let mut lower = Level { values: [0.0; WIDTH], gradient: [[0.0; 3]; WIDTH] };
        for (l, (row, &factor)) in self.coefficients.iter().zip(&self.factors).enumerate() {
            let factor = if has_direction || l == 0 { factor } else { 0.0 };
            let mut legendre = [0.0; MAX + 2];
            let mut level = Level { values: [0.0; WIDTH], gradient: [[0.0; 3]; WIDTH] };
            for (m, c) in row.iter().enumerate() {
                let [up, down] = c.value;
                legendre[m] = match l {
                    0 => 1.0,
                    _ if m == l => up * last[l - 1],
                    _ => up * n[1] * last[m] - down * before[m],
                };
                level.values[CENTRE + m] = legendre[m] * powers[m][0];
                if m > 0 {
                    level.values[CENTRE - m] = legendre[m] * powers[m][1];
                }
            }
            for k in 0..=2 * l {
                let at = CENTRE + k - l;
                let value = level.values[at];
                out.values[l * l + k] = T::from_f64(factor * value);
                if ORDER > 0 {
                    level.gradient[at] = ladder(row, at, |i| lower.values[i]);
                    let tangent = surface_gradient(l, n, value, level.gradient[at]);
                    out.gradient[l * l + k] = tangent.map(|x| T::from_f64(factor * inverse * x));
                }
                if ORDER > 1 {
                    let solid = [0, 1, 2].map(|j| ladder(row, at, |i| lower.gradient[i][j]));
                    let curved = surface_hessian(l, n, (value, level.gradient[at]), solid);
                    let scale = factor * (inverse * inverse).min(f64::MAX);
                    out.hessian[l * l + k] = curved.map(|row| row.map(|x| T::from_f64(scale * x)));
                }
            }
            (before, last, lower) = (last, legendre, level);
        }
    }
}

/// Real and imaginary parts of `(z + i x)^m`.
fn azimuthal_powers([x, _, z]: [f64; 3]) -> [[f64; 2]; MAX + 1] {
    let mut powers = [[1.0, 0.0]; MAX + 1];
    for m in 1..=MAX {
        let [re, im] = powers[m - 1];
        powers[m] = [z * re - x * im, z * im + x * re];
    }
    powers
}

/// Derivatives of the harmonic at position `at` along x, y and z from the level below.
#[inline]
fn ladder(row: &[Coefficients], at: usize, lower: impl Fn(usize) -> f64) -> [f64; 3] {
    let m = at.abs_diff(CENTRE);
    let [same, down, up] = row[m].ladder;
    let (cosine, sine) = (|m: usize| lower(CENTRE + m), |m: usize| if m == 0 { 0.0 } else { lower(CENTRE - m) });
    let along_y = same * lower(at);
    if m == 0 {
        return [-up * sine(1), along_y, -up * cosine(1)];
    }
    if at > CENTRE {
        let along_x = -down * sine(m - 1) - up * sine(m + 1);
        [along_x, along_y, down * cosine(m - 1) - up * cosine(m + 1)]
    } else {
        let along_x = down * cosine(m - 1) + up * cosine(m + 1);
        [along_x, along_y, down * sine(m - 1) - up * sine(m + 1)]
    }
}

/// Gradient of the harmonic for unit length from that of the solid harmonic.
#[inline]
fn surface_gradient(l: usize, n: [f64; 3], value: f64, solid: [f64; 3]) -> [f64; 3] {
    [0, 1, 2].map(|i| solid[i] - l as f64 * value * n[i])
}

/// Hessian of the harmonic for unit length from that of the solid harmonic.
#[inline]
fn surface_hessian(l: usize, n: [f64; 3], (value, slope): (f64, [f64; 3]), solid: [[f64; 3]; 3]) -> [[f64; 3]; 3] {
    let degree = l as f64;
    [0, 1, 2].map(|i| {
        [0, 1, 2].map(|j| {
            let mixed = n[i] * slope[j] + n[j] * slope[i];
            let diagonal = if i == j { value } else { 0.0 };
            solid[i][j] - degree * (mixed + diagonal) + degree * (degree + 2.0) * value * n[i] * n[j]
        })
    })
}

fn coefficients(l: usize, m: usize) -> Coefficients {
    if l == 0 {
        return Coefficients { value: [0.0; 2], ladder: [0.0; 3] };
    }
    let (l, m) = (l as f64, m as f64);
    let width = 2.0 * l + 1.0;
    let value = if m == l {
        // sqrt(2) enters once, between m = 0 and m = 1, where the cosine and the sine part.
        [if l == 1.0 { 3.0_f64.sqrt() } else { (width / (2.0 * l)).sqrt() }, 0.0]
    } else {
        let both = (l - m) * (l + m);
        let up = (width * (2.0 * l - 1.0) / both).sqrt();
        let down = (width * (l + m - 1.0) * (l - m - 1.0) / ((2.0 * l - 3.0) * both)).sqrt();
        // For m = l - 1 the level two below has no such column; at l = 1 the formula would give 0 / -1.
        [up, if m == l - 1.0 { 0.0 } else { down }]
    };
    let ratio = width / (2.0 * l - 1.0);
    let same = (ratio * (l - m) * (l + m)).sqrt();
    let down = (ratio * (l + m) * (l + m - 1.0)).sqrt() * if m == 1.0 { 0.5_f64.sqrt() } else { 0.5 };
    let up = (ratio * (l - m) * (l - m - 1.0)).sqrt() * if m == 0.0 { 0.5_f64.sqrt() } else { 0.5 };
    Coefficients { value, ladder: [same, if m == 0.0 { 0.0 } else { down }, up] }
}
