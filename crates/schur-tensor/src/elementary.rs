//! Elementary functions on lanes.

use pulp::Simd;

/// `1 / (1 + exp(-x))` of one number, without overflow at either end.
///
/// # Examples
/// ```
/// assert_eq!(schur_tensor::sigmoid(0.0), 0.5);
/// assert_eq!(schur_tensor::sigmoid(-1000.0), 0.0);
/// ```
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Beyond this magnitude `exp` leaves the range of normal `f32` numbers.
const EXPONENT_LIMIT: f32 = 87.0;
/// Adding this rounds to a whole number `n` and leaves `n + 127`, the biased exponent, in the low bits.
const ROUND_AND_BIAS: f32 = 12_582_912.0 + 127.0;
/// ln 2 split so that `n * LN2_HIGH` is exact for every exponent.
const LN2_HIGH: f32 = 0.693_359_375;
const LN2_LOW: f32 = -2.121_944_4e-4;
/// `exp(f) = 1 + f + f^2 * p(f)` on |f| <= ln(2)/2: minimax coefficients of p, highest first (Cephes, expf).
const EXP_POLYNOMIAL: [f32; 6] = [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];

/// The sigmoid of `f32` lanes: `exp` by range reduction and a polynomial of degree seven, error below 2 ulp.
#[inline(always)]
pub(crate) fn sigmoid_f32<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let splat = |value| simd.splat_f32s(value);
    let limit = splat(EXPONENT_LIMIT);
    let x = simd.min_f32s(simd.max_f32s(simd.neg_f32s(x), simd.neg_f32s(limit)), limit);
    let shifted = simd.mul_add_e_f32s(x, splat(std::f32::consts::LOG2_E), splat(ROUND_AND_BIAS));
    let whole = simd.sub_f32s(shifted, splat(ROUND_AND_BIAS));
    let bits = simd.wrapping_dyn_shl_u32s(simd.transmute_u32s_f32s(shifted), simd.splat_u32s(23));
    let power = simd.transmute_f32s_u32s(bits);
    let fraction = simd.mul_add_e_f32s(whole, splat(-LN2_HIGH), x);
    let fraction = simd.mul_add_e_f32s(whole, splat(-LN2_LOW), fraction);
    let mut p = splat(EXP_POLYNOMIAL[0]);
    for &coefficient in &EXP_POLYNOMIAL[1..] {
        p = simd.mul_add_e_f32s(p, fraction, splat(coefficient));
    }
    let square = simd.mul_f32s(fraction, fraction);
    let exponential = simd.mul_add_e_f32s(p, square, simd.add_f32s(fraction, splat(1.0)));
    let denominator = simd.mul_add_e_f32s(exponential, power, splat(1.0));
    simd.div_f32s(splat(1.0), denominator)
}

/// The sigmoid of `f64` lanes, number by number: double precision is asked for where exactness counts.
#[inline(always)]
pub(crate) fn sigmoid_f64<S: Simd>(_simd: S, x: S::f64s) -> S::f64s {
    let mut lanes = x;
    for value in pulp::bytemuck::cast_slice_mut::<S::f64s, f64>(std::slice::from_mut(&mut lanes)) {
        *value = sigmoid(*value);
    }
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Real;

    struct Sigmoid<'a>(&'a mut [f32]);

    impl pulp::WithSimd for Sigmoid<'_> {
        type Output = ();
        fn with_simd<S: Simd>(self, simd: S) {
            for chunk in self.0.chunks_exact_mut(f32::lanes::<S>()) {
                // SAFETY: the chunk holds exactly one register.
                unsafe { f32::store::<S>(chunk.as_mut_ptr(), sigmoid_f32(simd, f32::load::<S>(chunk.as_ptr()))) };
            }
        }
    }

    #[test]
    fn lanes_agree_with_double_precision() {
        let inputs: Vec<f32> = (-1600..1600).map(|i| i as f32 * 0.0625).collect();
        for arch in crate::instruction_sets() {
            let mut values = inputs.clone();
            arch.dispatch(Sigmoid(&mut values));
            for (&x, &value) in inputs.iter().zip(&values) {
                let exact = sigmoid(f64::from(x));
                let error = (f64::from(value) - exact).abs();
                assert!(error <= 3e-7 * exact + 1e-37, "{arch:?}: sigmoid({x}) = {value}, not {exact}");
            }
        }
    }
}
