//! Degrees 0 to 3 written out: the ones that run for every pair of neighbours.

use super::Real;

/// Largest degree written out.
pub(super) const MAX_DEGREE: usize = 3;

const N: usize = (MAX_DEGREE + 1) * (MAX_DEGREE + 1);

// Component normalisation: the roots are those of the squares named.
const SQRT_3: f64 = 1.732_050_807_568_877_2;
const SQRT_5: f64 = 2.236_067_977_499_789_7;
const SQRT_7_HALF: f64 = 1.322_875_655_532_295_3; // sqrt(7) / 2
const SQRT_15: f64 = 3.872_983_346_207_416_9;
const SQRT_21_8: f64 = 1.620_185_174_601_965; // sqrt(21 / 8)
const SQRT_35_8: f64 = 2.091_650_066_335_188_9; // sqrt(35 / 8)
const SQRT_105: f64 = 10.246_950_765_959_598;

/// Writes the harmonics of a unit vector.
#[inline]
pub(super) fn values<T: Real>(n: [f64; 3], factors: &[f64], out: &mut [T]) {
    match *factors {
        [f0, f1] => write_values([f0, f1], n, out),
        [f0, f1, f2] => write_values([f0, f1, f2], n, out),
        [f0, f1, f2, f3] => write_values([f0, f1, f2, f3], n, out),
        _ => out[0] = T::from_f64(factors[0]),
    }
}

/// Writes the harmonics of a unit vector and their gradient for a vector of the given inverse length.
#[inline]
pub(super) fn values_and_gradient<T: Real>(
    direction: ([f64; 3], f64),
    factors: &[f64],
    out: &mut [T],
    gradient: &mut [[T; 3]],
) {
    match *factors {
        [f0, f1] => write_gradient([f0, f1], direction, out, gradient),
        [f0, f1, f2] => write_gradient([f0, f1, f2], direction, out, gradient),
        [f0, f1, f2, f3] => write_gradient([f0, f1, f2, f3], direction, out, gradient),
        _ => write_gradient([factors[0]], direction, out, gradient),
    }
}

/// Knows the number of degrees when it is compiled, so that the loops unroll and polynomials not needed vanish.
#[inline]
fn write_values<T: Real, const L: usize>(factors: [f64; L], n: [f64; 3], out: &mut [T]) {
    let (y, out) = (solid(n), &mut out[..L * L]);
    for l in 0..L {
        for k in l * l..(l + 1) * (l + 1) {
            out[k] = T::from_f64(factors[l] * y[k]);
        }
    }
}

/// As [`write_values`], with the gradient.
#[inline]
fn write_gradient<T: Real, const L: usize>(
    factors: [f64; L],
    (n, inverse): ([f64; 3], f64),
    out: &mut [T],
    gradient: &mut [[T; 3]],
) {
    let (y, g) = (solid(n), solid_gradient(n));
    let (out, gradient) = (&mut out[..L * L], &mut gradient[..L * L]);
    for l in 0..L {
        let scale = factors[l] * inverse;
        for k in l * l..(l + 1) * (l + 1) {
            out[k] = T::from_f64(factors[l] * y[k]);
            let radial = l as f64 * y[k];
            for i in 0..3 {
                gradient[k][i] = T::from_f64(scale * (g[k][i] - radial * n[i]));
            }
        }
    }
}

/// Solid harmonics up to degree 3 at a unit vector; zeros beyond degree 0 at the zero vector.
#[inline]
fn solid([x, y, z]: [f64; 3]) -> [f64; N] {
    let (xx, yy, zz) = (x * x, y * y, z * z);
    let (xz, ring, difference) = (x * z, xx + zz, zz - xx);
    let outer = 4.0 * yy - ring;
    [
        1.0,
        SQRT_3 * x,
        SQRT_3 * y,
        SQRT_3 * z,
        SQRT_15 * xz,
        SQRT_15 * x * y,
        SQRT_5 * (yy - 0.5 * ring),
        SQRT_15 * y * z,
        0.5 * SQRT_15 * difference,
        SQRT_35_8 * x * (3.0 * zz - xx),
        SQRT_105 * xz * y,
        SQRT_21_8 * x * outer,
        SQRT_7_HALF * y * (2.0 * yy - 3.0 * ring),
        SQRT_21_8 * z * outer,
        0.5 * SQRT_105 * y * difference,
        SQRT_35_8 * z * (zz - 3.0 * xx),
    ]
}

/// Gradients of the polynomials of [`solid`].
#[inline]
fn solid_gradient([x, y, z]: [f64; 3]) -> [[f64; 3]; N] {
    let (xx, yy, zz) = (x * x, y * y, z * z);
    let (xy, yz, xz) = (x * y, y * z, x * z);
    let (a, b, c, d) = (SQRT_35_8, SQRT_105, SQRT_21_8, SQRT_7_HALF);
    [
        [0.0, 0.0, 0.0],
        [SQRT_3, 0.0, 0.0],
        [0.0, SQRT_3, 0.0],
        [0.0, 0.0, SQRT_3],
        [SQRT_15 * z, 0.0, SQRT_15 * x],
        [SQRT_15 * y, SQRT_15 * x, 0.0],
        [-SQRT_5 * x, 2.0 * SQRT_5 * y, -SQRT_5 * z],
        [0.0, SQRT_15 * z, SQRT_15 * y],
        [-SQRT_15 * x, 0.0, SQRT_15 * z],
        [3.0 * a * (zz - xx), 0.0, 6.0 * a * xz],
        [b * yz, b * xz, b * xy],
        [c * (4.0 * yy - 3.0 * xx - zz), 8.0 * c * xy, -2.0 * c * xz],
        [-6.0 * d * xy, d * (6.0 * yy - 3.0 * (xx + zz)), -6.0 * d * yz],
        [-2.0 * c * xz, 8.0 * c * yz, c * (4.0 * yy - xx - 3.0 * zz)],
        [-b * xy, 0.5 * b * (zz - xx), b * yz],
        [-6.0 * a * xz, 0.0, 3.0 * a * (zz - xx)],
    ]
}
