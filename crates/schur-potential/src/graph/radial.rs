//! The radial side of an edge: Bessel functions, the cut-off function and the network that makes weights of them.

use schur_tensor::{Aligned, PackedMatrix, Real, RowLayout, padded, pulp::Arch, sigmoid};

use super::CutoffFunction;

/// Functions of an edge's length, which a network makes weights of.
pub(crate) trait RadialFunctions {
    /// How many there are.
    fn count(&self) -> usize;

    /// Values and derivatives of all functions at `r`, Å; `edge` counts the distances that are asked for together.
    fn evaluate<T: Real>(&self, edge: usize, r: f64, values: &mut [T], derivatives: &mut [T]);

    /// A factor of all weights at `r`, and its derivative; none if the functions themselves end at the cut-off.
    fn envelope(&self, _r: f64) -> Option<(f64, f64)> {
        None
    }
}

/// The Bessel functions of a NequIP model times its cut-off function:
/// $b_n(r) = \tfrac{2}{r_c} \tfrac{\sin k_n r}{r} f_c(r)$ with trained $k_n$.
#[derive(Debug, Clone)]
pub(crate) struct Bessel {
    pub frequencies: Vec<f64>,
    pub cutoff: f64,
    pub function: CutoffFunction,
}

/// Below this distance (Å) the limits of `sin(kr)/r` are used.
const NEAR_ZERO: f64 = 1e-6;

impl RadialFunctions for Bessel {
    fn count(&self) -> usize {
        self.frequencies.len()
    }

    fn evaluate<T: Real>(&self, _edge: usize, r: f64, values: &mut [T], derivatives: &mut [T]) {
        let (f, df) = self.function.evaluate(r, self.cutoff);
        let scale = 2.0 / self.cutoff;
        for ((value, derivative), &k) in values.iter_mut().zip(derivatives).zip(&self.frequencies) {
            let (b, db) = if r < NEAR_ZERO {
                (k, 0.0)
            } else {
                let (sin, cos) = (k * r).sin_cos();
                (sin / r, (k * cos - sin / r) / r)
            };
            *value = T::from_f64(scale * b * f);
            *derivative = T::from_f64(scale * (db * f + b * df));
        }
    }
}

/// A network of dense layers with SiLU between, for many distances at once.
#[derive(Debug, Clone)]
pub(crate) struct RadialNetwork<T> {
    arch: Arch,
    layers: Vec<PackedMatrix<T>>,
    activation_scale: f64,
}

/// Memory for the rows that pass through a network.
#[derive(Debug, Default)]
pub(crate) struct RadialScratch<T> {
    /// Weights and their derivatives in turn, `[distance][2][width]`, and two rows of zeros behind the last: the form
    /// in which `SplinePoint::direct` reads them.
    pub rows: Aligned<T>,
    values: Aligned<T>,
    tangents: Aligned<T>,
    next_values: Aligned<T>,
    next_tangents: Aligned<T>,
}

impl<T: Real> RadialNetwork<T> {
    /// Packs `[input][output]` matrices, normalisation included.
    pub fn new(arch: Arch, layers: &[(Vec<f64>, usize, usize)], activation_scale: f64) -> Self {
        let pack =
            |(weights, inputs, outputs): &(Vec<f64>, usize, usize)| PackedMatrix::new(weights, *inputs, *outputs);
        Self { arch, layers: layers.iter().map(pack).collect(), activation_scale }
    }

    /// Numbers in an output row, padding included.
    pub fn width(&self) -> usize {
        self.layers.last().map_or(0, PackedMatrix::outputs)
    }

    /// The rows of [`evaluate`](Self::evaluate) without padding behind the last, `[distance][2][width]`.
    pub fn rows(&self, basis: &impl RadialFunctions, distances: &[f64]) -> Vec<T> {
        let mut scratch = RadialScratch::default();
        self.evaluate(basis, distances, &mut scratch);
        scratch.rows.as_slice()[..2 * distances.len() * self.width()].to_vec()
    }

    /// Weights and their derivatives for each distance; the results are `scratch.rows`.
    pub fn evaluate(&self, basis: &impl RadialFunctions, distances: &[f64], scratch: &mut RadialScratch<T>) {
        let count = distances.len();
        let width = padded(basis.count());
        scratch.values.resize(count * width);
        scratch.tangents.resize(count * width);
        scratch.values.as_mut_slice().fill(T::ZERO);
        scratch.tangents.as_mut_slice().fill(T::ZERO);
        let values = scratch.values.as_mut_slice().chunks_exact_mut(width);
        let tangents = scratch.tangents.as_mut_slice().chunks_exact_mut(width);
        for (edge, ((values, tangents), &r)) in values.zip(tangents).zip(distances).enumerate() {
            basis.evaluate(edge, r, values, tangents);
        }
        let Some((last, hidden)) = self.layers.split_last() else { return };
        for layer in hidden {
            let to = dense(layer.outputs());
            scratch.next_values.resize(count * layer.outputs());
            scratch.next_tangents.resize(count * layer.outputs());
            let from = dense(layer.inputs());
            let (values, tangents) = (scratch.values.as_slice(), scratch.tangents.as_slice());
            layer.multiply(self.arch, count, (values, from), (scratch.next_values.as_mut_slice(), to), false);
            layer.multiply(self.arch, count, (tangents, from), (scratch.next_tangents.as_mut_slice(), to), false);
            std::mem::swap(&mut scratch.values, &mut scratch.next_values);
            std::mem::swap(&mut scratch.tangents, &mut scratch.next_tangents);
            self.activate(scratch);
        }
        self.finish(last, count, scratch);
        let rows = scratch.rows.as_mut_slice().chunks_exact_mut(2 * self.width());
        for (row, &r) in rows.zip(distances) {
            let Some((f, df)) = basis.envelope(r) else { break };
            let (values, derivatives) = row.split_at_mut(self.width());
            for (value, derivative) in values.iter_mut().zip(derivatives) {
                let (w, dw) = (value.to_f64(), derivative.to_f64());
                *value = T::from_f64(w * f);
                *derivative = T::from_f64(dw * f + w * df);
            }
        }
    }

    /// The last layer writes values and derivatives in turn.
    fn finish(&self, layer: &PackedMatrix<T>, count: usize, scratch: &mut RadialScratch<T>) {
        let (width, from) = (layer.outputs(), dense(layer.inputs()));
        scratch.rows.resize((2 * count + 2) * width);
        let rows = scratch.rows.as_mut_slice();
        rows[2 * count * width..].fill(T::ZERO);
        for (offset, source) in [(0, &scratch.values), (width, &scratch.tangents)] {
            let to = RowLayout { offset, node_stride: 2 * width, components: 1, component_stride: width };
            layer.multiply(self.arch, count, (source.as_slice(), from), (&mut *rows, to), false);
        }
    }

    fn activate(&self, scratch: &mut RadialScratch<T>) {
        let scale = self.activation_scale;
        for (value, tangent) in scratch.values.as_mut_slice().iter_mut().zip(scratch.tangents.as_mut_slice()) {
            let x = value.to_f64();
            let sigma = sigmoid(x);
            *value = T::from_f64(scale * x * sigma);
            *tangent = T::from_f64(scale * sigma * (1.0 + x * (1.0 - sigma)) * tangent.to_f64());
        }
    }
}

/// Rows one behind the other.
const fn dense(width: usize) -> RowLayout {
    RowLayout { offset: 0, node_stride: width, components: 1, component_stride: width }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tangents_of_the_network_match_differences() {
        let numbers = |n: usize, seed: f64| (0..n).map(|i| 0.4 * (seed + 1.3 * i as f64).sin()).collect::<Vec<_>>();
        let layers = [(numbers(8 * 24, 0.1), 8, 24), (numbers(24 * 40, 0.2), 24, 40)];
        let network = RadialNetwork::<f64>::new(Arch::new(), &layers, 1.7);
        let frequencies = (1..=8).map(|n| 0.6 * f64::from(n)).collect();
        let basis = Bessel { frequencies, cutoff: 5.0, function: CutoffFunction::Xplor { onset: 4.5 } };
        let mut scratch = RadialScratch::default();
        let h = 1e-5;
        network.evaluate(&basis, &[2.0, 2.0 + h, 2.0 - h], &mut scratch);
        let (rows, width) = (scratch.rows.as_slice(), network.width());
        for c in 0..40 {
            let difference = (rows[2 * width + c] - rows[4 * width + c]) / (2.0 * h);
            assert!((rows[width + c] - difference).abs() < 1e-8);
        }
    }
}
