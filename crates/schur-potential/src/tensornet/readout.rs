//! From the invariants of an atom to its energy, and back.
//!
//! $$ e = v \, \sigma(g), \qquad (v, g) = \text{two networks of } L \, \mathrm{norm}(n) + b $$
//!
//! or, in torchmd-net, one network of $\mathrm{norm}(n)$.

use schur_tensor::{Aligned, Real, padded, sigmoid};

use crate::layers::{Dense, LayerNorm, Perceptron, PerceptronScratch};

/// What is made of the weights.
#[derive(Debug)]
pub(super) struct ReadoutPlan<T> {
    pub norm: LayerNorm<T>,
    pub head: Head<T>,
}

/// What reads the normalised invariants.
#[derive(Debug)]
pub(super) enum Head<T> {
    Gated { linear: Dense<T>, value: Perceptron<T>, gate: Perceptron<T> },
    Plain(Perceptron<T>),
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
        match &self.head {
            Head::Gated { linear, value, gate } => {
                scratch.mixed.resize(rows * linear.outputs());
                linear.apply(rows, scratch.normed.as_slice(), scratch.mixed.as_mut_slice());
                for (index, network) in [value, gate].into_iter().enumerate() {
                    let mixed = std::mem::take(&mut scratch.mixed);
                    scratch.run(index, network, rows, mixed.as_slice());
                    scratch.mixed = mixed;
                }
                for (row, energy) in energies.iter_mut().enumerate() {
                    let [value, gate] = scratch.gated(row, value.outputs());
                    *energy = value * sigmoid(gate);
                }
            }
            Head::Plain(network) => {
                let normed = std::mem::take(&mut scratch.normed);
                scratch.run(0, network, rows, normed.as_slice());
                scratch.normed = normed;
                let results = scratch.results[0].as_slice().chunks_exact(network.outputs());
                energies.iter_mut().zip(results).for_each(|(energy, row)| *energy = row[0].to_f64());
            }
        }
    }

    /// The reverse pass after [`forward`](Self::forward): the cotangent of the invariants if that of energies is `scale`.
    pub fn backward(&self, rows: usize, scale: f64, scratch: &mut ReadoutScratch<T>) {
        scratch.gradient.resize(scratch.invariants.as_slice().len());
        match &self.head {
            Head::Gated { linear, value, gate } => {
                for row in 0..rows {
                    let [value, gate] = scratch.gated(row, value.outputs());
                    let share = sigmoid(gate);
                    scratch.start(0, row, scale * share);
                    scratch.start(1, row, scale * value * share * (1.0 - share));
                }
                scratch.mixed_gradient.resize(rows * linear.outputs());
                for (index, network) in [value, gate].into_iter().enumerate() {
                    let (kept, gradient) = (scratch.kept[index].as_mut_slice(), scratch.results[index].as_slice());
                    let input = (scratch.mixed_gradient.as_mut_slice(), index > 0);
                    network.backward(rows, kept, gradient, input, &mut scratch.layers);
                }
                let (mixed, gradient) = (scratch.mixed_gradient.as_slice(), scratch.gradient.as_mut_slice());
                linear.transpose(rows, mixed, gradient, false);
            }
            Head::Plain(network) => {
                (0..rows).for_each(|row| scratch.start(0, row, scale));
                let (kept, gradient) = (scratch.kept[0].as_mut_slice(), scratch.results[0].as_slice());
                let input = (scratch.gradient.as_mut_slice(), false);
                network.backward(rows, kept, gradient, input, &mut scratch.layers);
            }
        }
        self.norm.backward(scratch.invariants.as_slice(), scratch.gradient.as_mut_slice());
    }
}

impl<T: Real> ReadoutScratch<T> {
    /// Runs network `index`, whose results are kept for the reverse pass.
    fn run(&mut self, index: usize, network: &Perceptron<T>, rows: usize, input: &[T]) {
        self.kept[index].resize(rows * network.kept());
        network.forward(rows, input, self.kept[index].as_mut_slice(), &mut self.layers);
        std::mem::swap(&mut self.results[index], &mut self.layers.values);
    }

    /// The value and the gate of an atom.
    fn gated(&self, row: usize, width: usize) -> [f64; 2] {
        [0, 1].map(|index: usize| self.results[index].as_slice()[row * width].to_f64())
    }

    /// Puts the cotangent of a network's result in its place; the numbers that fill up the row have none.
    fn start(&mut self, index: usize, row: usize, cotangent: f64) {
        let width = padded(1);
        let row = &mut self.results[index].as_mut_slice()[row * width..(row + 1) * width];
        row.fill(T::ZERO);
        row[0] = T::from_f64(cotangent);
    }
}
