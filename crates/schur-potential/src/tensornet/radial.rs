//! The radial networks of the layers: dense layers of the functions of the distance, times the cut-off function.

use schur_multilinear::{SplinePiece, SplineTable};
use schur_tensor::{Aligned, Real, padded, pulp::Arch};

use super::expansion::Expansion;
use crate::layers::{Activation, Dense, DenseWeights};

/// A network with an activation behind each layer.
#[derive(Debug, Clone)]
pub(super) struct RadialNetwork<T> {
    layers: Vec<Dense<T>>,
    activation: Activation,
}

/// Memory for the rows that pass through a network.
#[derive(Debug, Default)]
pub(super) struct NetworkScratch<T> {
    /// Weights and their derivatives in turn, `[distance][2][width]`, and two rows of zeros behind the last: the form
    /// in which `SplinePoint::direct` reads them.
    pub rows: Aligned<T>,
    values: Aligned<T>,
    tangents: Aligned<T>,
    next_values: Aligned<T>,
    next_tangents: Aligned<T>,
    functions: [Vec<f64>; 2],
}

impl<T: Real> RadialNetwork<T> {
    /// Packs the layers; there is at least one.
    pub fn new(arch: Arch, layers: &[DenseWeights], activation: Activation) -> Self {
        Self { layers: layers.iter().map(|weights| Dense::new(arch, weights)).collect(), activation }
    }

    /// Numbers in an output row, padding included.
    pub fn width(&self) -> usize {
        self.layers.last().map_or(0, Dense::outputs)
    }

    /// The rows of [`evaluate`](Self::evaluate) without padding behind the last, `[distance][2][width]`.
    pub fn rows(&self, expansion: &Expansion, distances: &[f64]) -> Vec<T> {
        let mut scratch = NetworkScratch::default();
        self.evaluate(expansion, distances, &mut scratch);
        scratch.rows.as_slice()[..2 * distances.len() * self.width()].to_vec()
    }

    /// Weights and their derivatives for each distance; the results are `scratch.rows`.
    pub fn evaluate(&self, expansion: &Expansion, distances: &[f64], scratch: &mut NetworkScratch<T>) {
        let count = distances.len();
        fill(expansion, distances, scratch);
        for layer in &self.layers {
            scratch.next_values.resize(count * layer.outputs());
            scratch.next_tangents.resize(count * layer.outputs());
            layer.apply(count, scratch.values.as_slice(), scratch.next_values.as_mut_slice());
            layer.apply_linear(count, scratch.tangents.as_slice(), scratch.next_tangents.as_mut_slice());
            std::mem::swap(&mut scratch.values, &mut scratch.next_values);
            std::mem::swap(&mut scratch.tangents, &mut scratch.next_tangents);
            activate(self.activation, scratch);
        }
        let width = self.width();
        scratch.rows.resize((2 * count + 2) * width);
        let rows = scratch.rows.as_mut_slice();
        rows[2 * count * width..].fill(T::ZERO);
        for (n, (pair, &r)) in rows.chunks_exact_mut(2 * width).zip(distances).enumerate() {
            let (values, derivatives) = pair.split_at_mut(width);
            let (f, df) = expansion.switch(r);
            for u in 0..width {
                let (value, tangent) =
                    (scratch.values.as_slice()[n * width + u], scratch.tangents.as_slice()[n * width + u]);
                values[u] = T::from_f64(value.to_f64() * f);
                derivatives[u] = T::from_f64(tangent.to_f64() * f + value.to_f64() * df);
            }
        }
    }
}

/// The functions of each distance, and their derivatives.
fn fill<T: Real>(expansion: &Expansion, distances: &[f64], scratch: &mut NetworkScratch<T>) {
    let (n, width) = (expansion.count(), padded(expansion.count()));
    scratch.values.resize(distances.len() * width);
    scratch.tangents.resize(distances.len() * width);
    scratch.values.as_mut_slice().fill(T::ZERO);
    scratch.tangents.as_mut_slice().fill(T::ZERO);
    let [functions, slopes] = &mut scratch.functions;
    functions.resize(n, 0.0);
    slopes.resize(n, 0.0);
    let rows = scratch.values.as_mut_slice().chunks_exact_mut(width);
    for ((values, tangents), &r) in rows.zip(scratch.tangents.as_mut_slice().chunks_exact_mut(width)).zip(distances) {
        expansion.evaluate(r, functions, slopes);
        for u in 0..n {
            (values[u], tangents[u]) = (T::from_f64(functions[u]), T::from_f64(slopes[u]));
        }
    }
}

fn activate<T: Real>(activation: Activation, scratch: &mut NetworkScratch<T>) {
    for (value, tangent) in scratch.values.as_mut_slice().iter_mut().zip(scratch.tangents.as_mut_slice()) {
        let (result, slope) = activation.evaluate(value.to_f64());
        *value = T::from_f64(result);
        *tangent = T::from_f64(slope * tangent.to_f64());
    }
}

/// Tabulates the functions themselves with the constant behind them, each times the cut-off function.
pub(super) fn tabulate_functions<T: Real>(pieces: &[SplinePiece], expansion: &Expansion) -> SplineTable<T> {
    let columns = expansion.count() + 1;
    SplineTable::interpolate(pieces, columns, |nodes, values, slopes| {
        let mut derivatives = vec![0.0; columns];
        for (k, (values, &r)) in values.chunks_exact_mut(columns).zip(nodes).enumerate() {
            expansion.switched(r, values, &mut derivatives);
            if k == 0 {
                slopes[0].clone_from(&derivatives);
            }
        }
        slopes[1] = derivatives;
    })
}
