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

/// Coefficients of one `(l, m)`, `m >= 0`, in component normalisation: what a kernel for many vectors is built from.
///
/// With the polar axis y and `A_m + i B_m = (z + i x)^m`, the harmonics are `P_l^m(y) A_m` for `m >= 0` and
/// `P_l^|m|(y) B_|m|` for `m < 0`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HarmonicRecurrence {
    /// Factors of `y P_{l-1}^m` and of `-P_{l-2}^m`; for `m = l` the first is that of `P_{l-1}^{l-1}`.
    pub value: [f64; 2],
    /// Factors of the harmonics `m`, `m - 1` and `m + 1` of degree `l - 1` in derivatives of the solid harmonic.
    pub ladder: [f64; 3],
}

/// The coefficients of all levels and the factors of the normalisation.
#[derive(Clone, Debug)]
pub(super) struct Levels {
    factors: Vec<f64>,
    coefficients: Vec<Vec<HarmonicRecurrence>>,
}

impl Levels {
    pub(super) fn new(l_max: usize, normalization: Normalization) -> Self {
        let level = |l| (0..=l).map(|m| coefficients(l, m)).collect();
        Self {
            factors: (0..=l_max).map(|l| normalization.factor(l)).collect(),
            coefficients: (0..=l_max).map(level).collect(),
        }
    }

    /// Returns the coefficients of one `(l, m)`.
    pub(super) fn recurrence(&self, l: usize, m: usize) -> HarmonicRecurrence {
        self.coefficients[l][m]
    }

    /// Returns the factors from component normalisation, one a degree.
    pub(super) fn factors(&self) -> &[f64] {
        &self.factors
    }

    /// Evaluates values and `ORDER` derivatives at the unit vector `n`, for a vector of the given inverse length.
    pub(super) fn evaluate<const ORDER: usize, T: Real>(&self, n: [f64; 3], inverse: f64, out: &mut Outputs<'_, T>) {
        if ORDER > 1 {
            self.climb::<ORDER, T>((n, inverse), &mut [[[0.0; 3]; WIDTH]; 2], out);
        } else {
            // Only second derivatives look at the slopes of the level below; clearing room for them takes time.
            self.climb::<ORDER, T>((n, inverse), &mut [], out);
        }
    }

    /// Goes from level to level. Of the two rows of room, a level overwrites all that the one two below it has written.
    fn climb<const ORDER: usize, T: Real>(
        &self,
        (n, inverse): ([f64; 3], f64),
        slopes: &mut [[[f64; 3]; WIDTH]],
        out: &mut Outputs<'_, T>,
    ) {
        // The recurrence counts on |n| = 1; without a direction only degree 0 is left.
        let has_direction = n != [0.0; 3];
        let (mut columns, mut values) = (Columns::new(), [[0.0; WIDTH]; 2]);
        for (l, (row, &factor)) in self.coefficients.iter().zip(&self.factors).enumerate() {
            let (this, below) = (l % 2, (l + 1) % 2);
            columns.raise(row, n);
            columns.write(l, &mut values[this]);
            let factor = if has_direction || l == 0 { factor } else { 0.0 };
            for (at, k) in (CENTRE - l..=CENTRE + l).zip(l * l..) {
                let value = values[this][at];
                out.values[k] = T::from_f64(factor * value);
                if ORDER == 0 {
                    continue;
                }
                let slope = ladder(row, at, |i| values[below][i]);
                let scale = factor * inverse;
                out.gradient[k] = surface_gradient(l, n, value, slope).map(|x| T::from_f64(scale * x));
                if ORDER == 1 {
                    continue;
                }
                slopes[this][at] = slope;
                let solid = [0, 1, 2].map(|j| ladder(row, at, |i| slopes[below][i][j]));
                let curvature = surface_hessian(l, n, (value, slope), solid);
                let scale = factor * (inverse * inverse).min(f64::MAX);
                out.hessian[k] = curvature.map(|row| row.map(|x| T::from_f64(scale * x)));
            }
        }
    }
}

/// What the recurrence carries from level to level, one column for each `m >= 0`.
struct Columns {
    /// `P_l^m` and `P_{l-1}^m`; zero for `m` beyond the degree.
    legendre: [[f64; 2]; MAX + 1],
    /// Real and imaginary parts of `(z + i x)^m`, up to the current degree.
    powers: [[f64; 2]; MAX + 1],
}

impl Columns {
    fn new() -> Self {
        Self { legendre: [[0.0; 2]; MAX + 1], powers: [[0.0; 2]; MAX + 1] }
    }

    /// Goes up by one degree, to that of the row of coefficients.
    fn raise(&mut self, row: &[HarmonicRecurrence], [x, y, z]: [f64; 3]) {
        let l = row.len() - 1;
        if l == 0 {
            (self.legendre[0], self.powers[0]) = ([1.0, 0.0], [1.0, 0.0]);
            return;
        }
        let [re, im] = self.powers[l - 1];
        self.powers[l] = [z * re - x * im, z * im + x * re];
        self.legendre[l] = [row[l].value[0] * self.legendre[l - 1][0], 0.0];
        for (column, c) in self.legendre.iter_mut().zip(&row[..l]) {
            let [last, before] = *column;
            *column = [c.value[0] * y * last - c.value[1] * before, last];
        }
    }

    /// Writes the harmonics of degree `l`.
    fn write(&self, l: usize, values: &mut [f64; WIDTH]) {
        for m in 0..=l {
            let (legendre, [cosine, sine]) = (self.legendre[m][0], self.powers[m]);
            values[CENTRE - m] = legendre * sine;
            values[CENTRE + m] = legendre * cosine;
        }
    }
}

/// Derivatives of the harmonic at position `at` along x, y and z from the level below.
#[inline]
fn ladder(row: &[HarmonicRecurrence], at: usize, lower: impl Fn(usize) -> f64) -> [f64; 3] {
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

fn coefficients(l: usize, m: usize) -> HarmonicRecurrence {
    if l == 0 {
        return HarmonicRecurrence { value: [0.0; 2], ladder: [0.0; 3] };
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
    HarmonicRecurrence { value, ladder: [same, if m == 0.0 { 0.0 } else { down }, up] }
}
