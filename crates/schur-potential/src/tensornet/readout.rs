//! From the invariants of an atom to its energy, and back.
//!
//! $$ e = v \, \sigma(g), \qquad (v, g) = \text{two networks of } L \, \mathrm{norm}(n) + b $$

use schur_tensor::{Aligned, Real, sigmoid};

use crate::layers::{Dense, LayerNorm, Perceptron, PerceptronScratch};

/// What is made of the weights.
#[derive(Debug)]
pub(super) struct ReadoutPlan<T> {
    pub norm: LayerNorm<T>,
    pub linear: Dense<T>,
    pub value: Perceptron<T>,
    pub gate: Perceptron<T>,
}

/// Memory of one thread.
#[derive(Debug, Default)]
pub(super) struct ReadoutScratch<T> {
    /// What is read, `[atom][3 channels]`; the reverse pass leaves its cotangent in `gradient`.
    pub invariants: Aligned<T>,
    pub gradient: Aligned<T>,
    normed: Aligned<T>,
    mixed: Aligned<T>,
    mixed_gradient: Aligned<T>,
    kept: [Aligned<T>; 2],
    results: [Aligned<T>; 2],
    pub layers: PerceptronScratch<T>,
}

impl<T: Real> ReadoutPlan<T> {
    /// Energies of atoms, without scale and shift, from `scratch.invariants`.
    pub fn forward(&self, energies: &mut [f64], scratch: &mut ReadoutScratch<T>) {
        let rows = energies.len();
        scratch.normed.resize(scratch.invariants.as_slice().len());
        self.norm.forward(scratch.invariants.as_slice(), scratch.normed.as_mut_slice());
        scratch.mixed.resize(rows * self.linear.outputs());
        self.linear.apply(rows, scratch.normed.as_slice(), scratch.mixed.as_mut_slice());
        for (index, network) in [&self.value, &self.gate].into_iter().enumerate() {
            scratch.kept[index].resize(rows * network.kept());
            let kept = scratch.kept[index].as_mut_slice();
            network.forward(rows, scratch.mixed.as_slice(), kept, &mut scratch.layers);
            std::mem::swap(&mut scratch.results[index], &mut scratch.layers.values);
        }
        let width = self.value.outputs();
        for (row, energy) in energies.iter_mut().enumerate() {
            let [value, gate] = [0, 1].map(|i| scratch.results[i].as_slice()[row * width].to_f64());
            *energy = value * sigmoid(gate);
        }
    }

    /// The reverse pass after [`forward`](Self::forward): the cotangent of the invariants if that of energies is `scale`.
    pub fn backward(&self, rows: usize, scale: f64, scratch: &mut ReadoutScratch<T>) {
        let width = self.value.outputs();
        for row in 0..rows {
            let [value, gate] = [0, 1].map(|i| scratch.results[i].as_slice()[row * width].to_f64());
            let share = sigmoid(gate);
            for (i, cotangent) in [share, value * share * (1.0 - share)].into_iter().enumerate() {
                let result = &mut scratch.results[i].as_mut_slice()[row * width..(row + 1) * width];
                result.fill(T::ZERO);
                result[0] = T::from_f64(scale * cotangent);
            }
        }
        scratch.mixed_gradient.resize(rows * self.linear.outputs());
        for (index, network) in [&self.value, &self.gate].into_iter().enumerate() {
            let (kept, gradient) = (scratch.kept[index].as_mut_slice(), scratch.results[index].as_slice());
            let input = (scratch.mixed_gradient.as_mut_slice(), index > 0);
            network.backward(rows, kept, gradient, input, &mut scratch.layers);
        }
        scratch.gradient.resize(rows * self.linear.inputs());
        let (mixed, gradient) = (scratch.mixed_gradient.as_slice(), scratch.gradient.as_mut_slice());
        self.linear.transpose(rows, mixed, gradient, false);
        self.norm.backward(scratch.invariants.as_slice(), gradient);
    }
}
