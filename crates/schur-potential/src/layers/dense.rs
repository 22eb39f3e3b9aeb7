//! Dense layers with biases and activations, for the invariants of many atoms at once.

use schur_multilinear::Gate;
use schur_tensor::{Aligned, PackedMatrix, Real, RowLayout, pulp::Arch};

use super::Activation;
use crate::{Model, ModelError};

/// `x W + b`, packed for both directions.
#[derive(Debug, Clone)]
pub(crate) struct Dense<T> {
    arch: Arch,
    forward: PackedMatrix<T>,
    transposed: PackedMatrix<T>,
    bias: Aligned<T>,
}

/// The weights of a dense layer, `[input][output]` and `[output]`.
#[derive(Debug, Clone)]
pub(crate) struct DenseWeights {
    pub matrix: Vec<f64>,
    pub bias: Vec<f64>,
}

impl DenseWeights {
    /// Takes `name` and `name.bias` out of a model.
    pub fn read(model: &Model, name: &str, inputs: usize, outputs: usize) -> Result<Self, ModelError> {
        let matrix = model.weight(name, &[inputs, outputs])?;
        Ok(Self { matrix, bias: model.weight(&format!("{name}.bias"), &[outputs])? })
    }
}

/// Rows one behind the other.
pub(crate) const fn rows_of(width: usize) -> RowLayout {
    RowLayout { offset: 0, node_stride: width, components: 1, component_stride: width }
}

impl<T: Real> Dense<T> {
    /// Packs a layer; widths are padded with zeros.
    pub fn new(arch: Arch, weights: &DenseWeights) -> Self {
        let outputs = weights.bias.len();
        let inputs = weights.matrix.len() / outputs;
        let transposed: Vec<f64> =
            (0..inputs * outputs).map(|n| weights.matrix[n % inputs * outputs + n / inputs]).collect();
        let forward = PackedMatrix::new(&weights.matrix, inputs, outputs);
        let mut bias = weights.bias.clone();
        bias.resize(forward.outputs(), 0.0);
        let transposed = PackedMatrix::new(&transposed, outputs, inputs);
        Self { arch, forward, transposed, bias: Aligned::from_f64(&bias) }
    }

    /// Numbers in an input row, padding included.
    pub const fn inputs(&self) -> usize {
        self.forward.inputs()
    }

    /// Numbers in an output row, padding included.
    pub const fn outputs(&self) -> usize {
        self.forward.outputs()
    }

    /// Applies the layer to rows, `[row][inputs]` to `[row][outputs]`.
    pub fn apply(&self, rows: usize, from: &[T], to: &mut [T]) {
        let to = &mut to[..rows * self.outputs()];
        to.chunks_exact_mut(self.outputs()).for_each(|row| row.copy_from_slice(self.bias.as_slice()));
        self.forward.multiply(self.arch, rows, (from, rows_of(self.inputs())), (to, rows_of(self.outputs())), true);
    }

    /// Adds the product and the bias to rows.
    pub fn accumulate(&self, rows: usize, from: &[T], to: &mut [T]) {
        self.add(rows, from, to);
        for row in to.chunks_exact_mut(self.outputs()) {
            row.iter_mut().zip(self.bias.as_slice()).for_each(|(sum, &bias)| *sum += bias);
        }
    }

    /// Adds the product without the bias to rows.
    pub fn add(&self, rows: usize, from: &[T], to: &mut [T]) {
        self.forward.multiply(self.arch, rows, (from, rows_of(self.inputs())), (to, rows_of(self.outputs())), true);
    }

    /// As [`apply`](Self::apply), without the bias: what tangents see.
    pub fn apply_linear(&self, rows: usize, from: &[T], to: &mut [T]) {
        self.forward.multiply(self.arch, rows, (from, rows_of(self.inputs())), (to, rows_of(self.outputs())), false);
    }

    /// The transpose: the cotangent of the input from that of the output.
    pub fn transpose(&self, rows: usize, from: &[T], to: &mut [T], accumulate: bool) {
        let (from_layout, to_layout) = (rows_of(self.outputs()), rows_of(self.inputs()));
        self.transposed.multiply(self.arch, rows, (from, from_layout), (to, to_layout), accumulate);
    }
}

/// Dense layers with activations between them and, if asked for, behind the last.
#[derive(Debug, Clone)]
pub(crate) struct Perceptron<T> {
    layers: Vec<Dense<T>>,
    activations: Vec<Activated<T>>,
}

/// What stands behind a layer.
#[derive(Debug, Clone)]
enum Activated<T> {
    /// SiLU, in whole registers.
    Silu(Gate<T>),
    /// Any other function, number by number: published models have SiLU.
    Other(Activation),
}

impl<T: Real> Activated<T> {
    fn forward(&self, from: &[T], to: &mut [T]) {
        match self {
            Self::Silu(gate) => gate.forward(from, to),
            Self::Other(function) => {
                to.iter_mut().zip(from).for_each(|(y, x)| *y = T::from_f64(function.evaluate(x.to_f64()).0));
            }
        }
    }

    /// What was read becomes its cotangent.
    fn backward(&self, read: &mut [T], gradient: &[T]) {
        match self {
            Self::Silu(gate) => gate.backward(read, gradient),
            Self::Other(function) => {
                let slope = |x: T| T::from_f64(function.evaluate(x.to_f64()).1);
                read.iter_mut().zip(gradient).for_each(|(x, &g)| *x = slope(*x) * g);
            }
        }
    }
}

/// Memory for the rows that pass through.
#[derive(Debug, Default)]
pub(crate) struct PerceptronScratch<T> {
    /// The result of a forward pass.
    pub values: Aligned<T>,
    other: Aligned<T>,
}

impl<T: Real> Perceptron<T> {
    /// Packs the layers, of which there is at least one, with SiLU.
    pub fn new(arch: Arch, layers: &[DenseWeights], activate_last: bool) -> Self {
        Self::with_activation(arch, layers, activate_last, Activation::Silu)
    }

    /// Packs the layers, of which there is at least one.
    pub fn with_activation(arch: Arch, layers: &[DenseWeights], activate_last: bool, activation: Activation) -> Self {
        let layers: Vec<Dense<T>> = layers.iter().map(|weights| Dense::new(arch, weights)).collect();
        let activated = layers.len() - usize::from(!activate_last);
        let behind = |layer: &Dense<T>| match activation {
            Activation::Silu => Activated::Silu(Gate::new(arch, layer.outputs(), &[], 1.0)),
            other => Activated::Other(other),
        };
        Self { activations: layers[..activated].iter().map(behind).collect(), layers }
    }

    /// Numbers a row that a forward pass keeps for the reverse one.
    pub fn kept(&self) -> usize {
        self.layers.iter().map(Dense::outputs).sum()
    }

    /// Numbers in a result row, padding included.
    pub fn outputs(&self) -> usize {
        self.layers.last().map_or(0, Dense::outputs)
    }

    /// Applies the layers to rows; the result is `scratch.values`.
    ///
    /// `kept` receives what activations read, `[layer][row][outputs]`.
    pub fn forward(&self, rows: usize, input: &[T], kept: &mut [T], scratch: &mut PerceptronScratch<T>) {
        let mut rest = kept;
        for (t, layer) in self.layers.iter().enumerate() {
            let (own, tail) = std::mem::take(&mut rest).split_at_mut(rows * layer.outputs());
            rest = tail;
            let from = if t == 0 { input } else { scratch.values.as_slice() };
            layer.apply(rows, from, own);
            scratch.values.resize(own.len());
            match self.activations.get(t) {
                Some(activation) => activation.forward(own, scratch.values.as_mut_slice()),
                None => scratch.values.as_mut_slice().copy_from_slice(own),
            }
        }
    }

    /// The result of a forward pass again, into `scratch.values`, from what it has kept.
    pub fn replay(&self, rows: usize, kept: &[T], scratch: &mut PerceptronScratch<T>) {
        let last = &kept[kept.len() - rows * self.outputs()..];
        scratch.values.resize(last.len());
        match self.activations.get(self.layers.len() - 1) {
            Some(activation) => activation.forward(last, scratch.values.as_mut_slice()),
            None => scratch.values.as_mut_slice().copy_from_slice(last),
        }
    }

    /// The reverse pass: from the cotangent of the result to that of the input, onto it if `accumulate`.
    ///
    /// `kept` becomes the cotangents of what it held.
    pub fn backward(
        &self,
        rows: usize,
        kept: &mut [T],
        gradient: &[T],
        (input, accumulate): (&mut [T], bool),
        scratch: &mut PerceptronScratch<T>,
    ) {
        let mut rest = kept;
        for (t, layer) in self.layers.iter().enumerate().rev() {
            let at = rest.len() - rows * layer.outputs();
            let (head, own) = std::mem::take(&mut rest).split_at_mut(at);
            rest = head;
            let from = if t + 1 == self.layers.len() { gradient } else { scratch.values.as_slice() };
            match self.activations.get(t) {
                Some(activation) => activation.backward(own, from),
                None => own.copy_from_slice(from),
            }
            if t == 0 {
                layer.transpose(rows, own, input, accumulate);
            } else {
                scratch.other.resize(rows * layer.inputs());
                layer.transpose(rows, own, scratch.other.as_mut_slice(), false);
                std::mem::swap(&mut scratch.values, &mut scratch.other);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reverse_pass_is_the_gradient() {
        let numbers = |n: usize, seed: f64| (0..n).map(|i| 0.5 * (seed + 1.7 * i as f64).sin()).collect::<Vec<_>>();
        let dense = |inputs: usize, outputs: usize, seed: f64| DenseWeights {
            matrix: numbers(inputs * outputs, seed),
            bias: numbers(outputs, seed + 0.5),
        };
        for (activate_last, activation) in
            [(false, Activation::Silu), (true, Activation::Silu), (true, Activation::Mish)]
        {
            let layers = [dense(16, 20, 0.1), dense(20, 7, 0.2)];
            let network = Perceptron::<f64>::with_activation(Arch::new(), &layers, activate_last, activation);
            let rows = 3;
            let mut scratch = PerceptronScratch::default();
            let mut kept = vec![0.0; rows * network.kept()];
            let weights = numbers(rows * 16, 0.9);
            let mut value = |x: &[f64]| {
                network.forward(rows, x, &mut kept, &mut scratch);
                scratch.values.as_slice().iter().zip(&weights).map(|(v, w)| v * w).sum::<f64>()
            };
            let x = numbers(rows * 16, 0.4);
            let differences = schur_testkit::finite_difference(&mut value, &x, 1e-4);
            value(&x);
            let mut gradient = vec![f64::NAN; x.len()];
            network.backward(rows, &mut kept, &weights, (&mut gradient, false), &mut scratch);
            for (found, expected) in gradient.iter().zip(&differences) {
                assert!((found - expected).abs() < 1e-8, "{found} {expected}");
            }
        }
    }
}
