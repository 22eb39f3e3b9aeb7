//! Products of two branches: `x sigma(x) sigma(y)`, as in gated networks.

use schur_tensor::{
    Lanes, Real,
    pulp::{Arch, Simd, WithSimd},
};

/// Multiplies the activations of two branches, number by number; the length fills whole registers.
pub(crate) fn gate<T: Real>(arch: Arch, core: &[T], shut: &[T], out: &mut [T]) {
    arch.dispatch(Forward { core, shut, out });
}

/// The reverse pass: the branches become their cotangents.
pub(crate) fn gate_backward<T: Real>(arch: Arch, core: &mut [T], shut: &mut [T], gradient: &[T]) {
    arch.dispatch(Backward { core, shut, gradient });
}

/// `x sigma(x)` with its derivative, and `sigma(y)`.
#[inline(always)]
fn parts<T: Real, S: Simd>(simd: S, x: Lanes<T, S>, y: Lanes<T, S>) -> [Lanes<T, S>; 3] {
    let one = T::splat(simd, T::ONE);
    let (open, share) = (T::sigmoid(simd, y), T::sigmoid(simd, x));
    let rest = T::mul_add(simd, T::splat(simd, -T::ONE), share, one);
    let slope = T::times(simd, share, T::mul_add(simd, x, rest, one));
    [T::times(simd, x, share), slope, open]
}

struct Forward<'a, T> {
    core: &'a [T],
    shut: &'a [T],
    out: &'a mut [T],
}

impl<T: Real> WithSimd for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (core, shut) = (T::as_lanes::<S>(self.core).0, T::as_lanes::<S>(self.shut).0);
        for ((out, &x), &y) in T::as_lanes_mut::<S>(self.out).0.iter_mut().zip(core).zip(shut) {
            let [value, _, open] = parts::<T, S>(simd, x, y);
            *out = T::times(simd, value, open);
        }
    }
}

struct Backward<'a, T> {
    core: &'a mut [T],
    shut: &'a mut [T],
    gradient: &'a [T],
}

impl<T: Real> WithSimd for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let gradient = T::as_lanes::<S>(self.gradient).0;
        let shut = T::as_lanes_mut::<S>(self.shut).0;
        for ((x, y), &g) in T::as_lanes_mut::<S>(self.core).0.iter_mut().zip(shut).zip(gradient) {
            let [value, slope, open] = parts::<T, S>(simd, *x, *y);
            let closed = T::mul_add(simd, T::splat(simd, -T::ONE), open, T::splat(simd, T::ONE));
            let through = T::times(simd, g, open);
            *x = T::times(simd, through, slope);
            *y = T::times(simd, T::times(simd, through, value), closed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_match_the_definition_and_the_reverse_pass_is_the_gradient() {
        let numbers = |seed: f64| (0..32).map(|i| 2.0 * (seed + 1.7 * i as f64).sin()).collect::<Vec<f64>>();
        let (x, outer) = ([numbers(0.1), numbers(0.2)].concat(), numbers(0.3));
        let sigma = |x: f64| 1.0 / (1.0 + (-x).exp());
        for arch in schur_tensor::instruction_sets() {
            let value = |x: &[f64]| {
                let mut out = vec![0.0; 32];
                gate(arch, &x[..32], &x[32..], &mut out);
                for (u, found) in out.iter().enumerate() {
                    assert!((found - x[u] * sigma(x[u]) * sigma(x[32 + u])).abs() < 1e-13);
                }
                out.iter().zip(&outer).map(|(a, b)| a * b).sum::<f64>()
            };
            let differences = schur_testkit::finite_difference(value, &x, 1e-4);
            let mut gradient = x.clone();
            let (core, shut) = gradient.split_at_mut(32);
            gate_backward(arch, core, shut, &outer);
            for (found, expected) in gradient.iter().zip(&differences) {
                assert!((found - expected).abs() < 1e-8, "{found} {expected}");
            }
        }
    }
}
