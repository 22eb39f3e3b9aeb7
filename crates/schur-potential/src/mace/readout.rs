//! Energies from the scalars behind a layer, and their gradient.

use schur_product::{Layout, Linear, LinearBlock};
use schur_tensor::{Aligned, Real, padded, pulp::Arch, sigmoid};

/// A readout of one head, normalisation included.
#[derive(Debug)]
pub(crate) enum Readout<T> {
    /// No energy here.
    None,
    /// A factor for each scalar.
    Linear(Vec<f64>),
    /// A hidden layer.
    Network(Network<T>),
}

/// A readout with one hidden layer.
#[derive(Debug)]
pub(crate) struct Network<T> {
    first: Linear<T>,
    second: Vec<f64>,
    scalars: usize,
    neurons: usize,
    activation_scale: f64,
}

impl<T: Real> Network<T> {
    /// Packs `first`, `[scalar][neuron]` with as many scalars as lie in memory, and `second`, `[neuron]`.
    pub fn new(arch: Arch, first: &[f64], second: &[f64], scalars: usize, activation_scale: f64) -> Self {
        let hidden = second.len();
        let neurons = padded(hidden);
        let mut weights = vec![0.0; scalars * neurons];
        for (target, row) in weights.chunks_exact_mut(neurons).zip(first.chunks_exact(hidden)) {
            target[..hidden].copy_from_slice(row);
        }
        let (inputs, outputs) = (Layout::new([(0, scalars)]), Layout::new([(0, neurons)]));
        let first = Linear::new(arch, &inputs, &outputs, &[LinearBlock { degree: 0, weights }]);
        Self { first, second: second.to_vec(), scalars, neurons, activation_scale }
    }

    /// Adds the energies of atoms and fills the gradients by their scalars; `rows` are `width` numbers apart.
    ///
    /// # Shapes
    /// `rows`: `[atom][width]` beginning with the scalars; `energies`: `[atom]`; `gradients`: `[atom][scalar]`.
    pub fn run(
        &self,
        rows: &[T],
        width: usize,
        energies: &mut [f64],
        gradients: &mut [T],
        scratch: &mut [Aligned<T>; 2],
    ) {
        let n = energies.len();
        let [scalars, hidden] = scratch;
        scalars.resize(n * self.scalars);
        hidden.resize(n * self.neurons);
        for (target, row) in scalars.as_mut_slice().chunks_exact_mut(self.scalars).zip(rows.chunks_exact(width)) {
            target.copy_from_slice(&row[..self.scalars]);
        }
        self.first.forward(n, scalars.as_slice(), hidden.as_mut_slice(), false);
        for (energy, row) in energies.iter_mut().zip(hidden.as_mut_slice().chunks_exact_mut(self.neurons)) {
            let (used, unused) = row.split_at_mut(self.second.len());
            for (value, &weight) in used.iter_mut().zip(&self.second) {
                let x = value.to_f64();
                let sigma = sigmoid(x);
                let factor = weight * self.activation_scale * sigma;
                *energy += factor * x;
                *value = T::from_f64(factor * (1.0 + x * (1.0 - sigma)));
            }
            unused.fill(T::ZERO);
        }
        self.first.backward(n, hidden.as_slice(), gradients, false);
    }
}
