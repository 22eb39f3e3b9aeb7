//! Layer normalisation of the invariants of an atom.
//!
//! $$ y_u = w_u \hat x_u + b_u, \qquad \hat x = (x - \langle x \rangle) / \sqrt{\langle (x - \langle x \rangle)^2 \rangle + \epsilon} $$
//!
//! Source: Ba, Kiros and Hinton, "Layer normalization" (arXiv 1607.06450), with PyTorch's $\epsilon$.

use schur_tensor::{
    Aligned, Lanes, Real,
    pulp::{Arch, Simd, WithSimd},
};

/// Added to the variance.
const EPSILON: f64 = 1e-5;

/// A layer normalisation of rows of fixed width.
#[derive(Debug, Clone)]
pub(crate) struct LayerNorm<T> {
    arch: Arch,
    weight: Aligned<T>,
    bias: Aligned<T>,
    /// Numbers of a row that count; the others fill it up and are zero.
    count: usize,
}

impl<T: Real> LayerNorm<T> {
    /// Makes it from one factor and one shift a number; their count fills whole registers.
    pub fn new(arch: Arch, weight: &[f64], bias: &[f64]) -> Self {
        Self::filled_up(arch, weight, bias, weight.len())
    }

    /// Makes it for rows of which only `count` numbers count: the others are zero, and so are their factors and shifts.
    ///
    /// The reverse pass leaves arbitrary numbers as the cotangents of those.
    pub fn filled_up(arch: Arch, weight: &[f64], bias: &[f64], count: usize) -> Self {
        Self { arch, weight: Aligned::from_f64(weight), bias: Aligned::from_f64(bias), count }
    }

    /// Normalises rows one behind the other.
    pub fn forward(&self, from: &[T], to: &mut [T]) {
        self.arch.dispatch(Forward { norm: self, from, to });
    }

    /// The reverse pass: `from` is what the forward pass has read, `gradient` becomes its cotangent.
    pub fn backward(&self, from: &[T], gradient: &mut [T]) {
        self.arch.dispatch(Backward { norm: self, from, gradient });
    }
}

/// Mean, and one over the root of the variance, of the `count` numbers of a row; what fills it up is zero.
#[inline(always)]
fn moments<T: Real, S: Simd>(simd: S, row: &[Lanes<T, S>], count: usize) -> (Lanes<T, S>, Lanes<T, S>) {
    let zero = T::splat(simd, T::ZERO);
    let sum = row.iter().fold(zero, |sum, &x| T::plus(simd, sum, x));
    let share = 1.0 / count as f64;
    let mean_of_row = T::from_f64(T::reduce_sum(simd, sum).to_f64() * share);
    let mean = T::splat(simd, mean_of_row);
    let less = T::splat(simd, -T::ONE);
    let squares = row.iter().fold(zero, |sum, &x| {
        let d = T::mul_add(simd, less, mean, x);
        T::mul_add(simd, d, d, sum)
    });
    // Each zero that fills the row up lies one mean off it.
    let excess = (row.len() * T::lanes::<S>() - count) as f64 * mean_of_row.to_f64().powi(2);
    let variance = ((T::reduce_sum(simd, squares).to_f64() - excess) * share).max(0.0);
    (mean, T::splat(simd, T::from_f64(1.0 / (variance + EPSILON).sqrt())))
}

struct Forward<'a, T> {
    norm: &'a LayerNorm<T>,
    from: &'a [T],
    to: &'a mut [T],
}

impl<T: Real> WithSimd for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let width = self.norm.weight.as_slice().len();
        let (weight, bias) =
            (T::as_lanes::<S>(self.norm.weight.as_slice()).0, T::as_lanes::<S>(self.norm.bias.as_slice()).0);
        let less = T::splat(simd, -T::ONE);
        for (from, to) in self.from.chunks_exact(width).zip(self.to.chunks_exact_mut(width)) {
            let (from, to) = (T::as_lanes::<S>(from).0, T::as_lanes_mut::<S>(to).0);
            let (mean, root) = moments::<T, S>(simd, from, self.norm.count);
            for u in 0..from.len() {
                let unit = T::times(simd, T::mul_add(simd, less, mean, from[u]), root);
                to[u] = T::mul_add(simd, unit, weight[u], bias[u]);
            }
        }
    }
}

struct Backward<'a, T> {
    norm: &'a LayerNorm<T>,
    from: &'a [T],
    gradient: &'a mut [T],
}

impl<T: Real> WithSimd for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let width = self.norm.weight.as_slice().len();
        let weight = T::as_lanes::<S>(self.norm.weight.as_slice()).0;
        let (zero, less) = (T::splat(simd, T::ZERO), T::splat(simd, -T::ONE));
        let average = |sum: Lanes<T, S>| T::from_f64(T::reduce_sum(simd, sum).to_f64() / self.norm.count as f64);
        for (from, gradient) in self.from.chunks_exact(width).zip(self.gradient.chunks_exact_mut(width)) {
            let (from, gradient) = (T::as_lanes::<S>(from).0, T::as_lanes_mut::<S>(gradient).0);
            let (mean, root) = moments::<T, S>(simd, from, self.norm.count);
            let (mut sum, mut overlap) = (zero, zero);
            for u in 0..from.len() {
                let unit = T::times(simd, T::mul_add(simd, less, mean, from[u]), root);
                gradient[u] = T::times(simd, gradient[u], weight[u]);
                sum = T::plus(simd, sum, gradient[u]);
                overlap = T::mul_add(simd, gradient[u], unit, overlap);
            }
            let (sum, overlap) = (T::splat(simd, -average(sum)), T::splat(simd, average(overlap)));
            for u in 0..from.len() {
                let unit = T::times(simd, T::mul_add(simd, less, mean, from[u]), root);
                let rest = T::negate_mul_add(simd, unit, overlap, T::plus(simd, gradient[u], sum));
                gradient[u] = T::times(simd, rest, root);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_match_the_definition_and_the_reverse_pass_is_the_gradient() {
        let numbers = |n: usize, seed: f64| (0..n).map(|i| 1.5 * (seed + 1.7 * i as f64).sin()).collect::<Vec<_>>();
        let (weight, bias, x) = (numbers(32, 0.1), numbers(32, 0.2), numbers(64, 0.3));
        let outer = numbers(64, 0.4);
        for arch in schur_tensor::instruction_sets() {
            let norm = LayerNorm::<f64>::new(arch, &weight, &bias);
            let mut y = vec![0.0; 64];
            norm.forward(&x, &mut y);
            for (row, out) in x.chunks(32).zip(y.chunks(32)) {
                let mean = row.iter().sum::<f64>() / 32.0;
                let variance = row.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 32.0;
                for u in 0..32 {
                    let expected = weight[u] * (row[u] - mean) / (variance + 1e-5).sqrt() + bias[u];
                    assert!((out[u] - expected).abs() < 1e-12);
                }
            }
            let value = |x: &[f64]| {
                let mut y = vec![0.0; 64];
                norm.forward(x, &mut y);
                y.iter().zip(&outer).map(|(a, b)| a * b).sum::<f64>()
            };
            let mut gradient = outer.clone();
            norm.backward(&x, &mut gradient);
            for (found, expected) in gradient.iter().zip(schur_testkit::finite_difference(value, &x, 1e-4)) {
                assert!((found - expected).abs() < 1e-7, "{found} {expected}");
            }
        }
    }
    /// Zeros at the end of a row change neither its values nor, where they belong to it, its cotangents.
    #[test]
    fn rows_that_are_filled_up_are_those_without() {
        let numbers = |seed: f64| (0..16).map(|i| 5.0 + (seed + 1.7 * i as f64).sin()).collect::<Vec<_>>();
        let fill = |row: &[f64]| [row, &[0.0; 16][..]].concat();
        let (weight, bias, x, outer) = (numbers(0.1), numbers(0.2), numbers(0.3), numbers(0.4));
        let plain = LayerNorm::<f64>::new(Arch::new(), &weight, &bias);
        let filled = LayerNorm::<f64>::filled_up(Arch::new(), &fill(&weight), &fill(&bias), 16);
        let (mut expected, mut found) = (vec![0.0; 16], vec![f64::NAN; 32]);
        plain.forward(&x, &mut expected);
        filled.forward(&fill(&x), &mut found);
        assert!(found[..16].iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-11) && found[16..] == [0.0; 16]);
        let (mut expected, mut found) = (outer.clone(), fill(&outer));
        plain.backward(&x, &mut expected);
        filled.backward(&fill(&x), &mut found);
        assert!(found[..16].iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-11));
    }
}
