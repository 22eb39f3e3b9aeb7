//! Linear layers on irreps: channels of one degree mix among themselves, the same way for every component.
//!
//! Input and output are features in a [`Layout`]; by Schur's lemma there is nothing else (over the reals, for O(3)).

use schur_tensor::{PackedMatrix, Real, pulp::Arch};

use crate::Layout;

/// The matrix of one degree, `[input channel][output channel]`, row-major, normalisation included.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearBlock {
    /// Degree.
    pub degree: usize,
    /// `[input channel][output channel]`.
    pub weights: Vec<f64>,
}

/// A linear layer, packed for both directions.
#[derive(Debug, Clone)]
pub struct Linear<T> {
    arch: Arch,
    blocks: Vec<PackedBlock<T>>,
    inputs: Layout,
    outputs: Layout,
}

#[derive(Debug, Clone)]
struct PackedBlock<T> {
    degree: usize,
    forward: PackedMatrix<T>,
    transposed: PackedMatrix<T>,
}

impl<T: Real> Linear<T> {
    /// Packs the matrices of a layer; degrees without a matrix are zero in the result.
    ///
    /// # Panics
    /// If a block's degree is missing in either layout or its weights have another size.
    pub fn new(arch: Arch, inputs: &Layout, outputs: &Layout, blocks: &[LinearBlock]) -> Self {
        let pack = |block: &LinearBlock| {
            let channels = |layout: &Layout| layout.block(block.degree).map_or(0, |b| b.channels);
            let (rows, columns) = (channels(inputs), channels(outputs));
            assert_eq!(block.weights.len(), rows * columns, "a {rows} x {columns} block of degree {}", block.degree);
            let transposed: Vec<f64> =
                (0..rows * columns).map(|n| block.weights[n % rows * columns + n / rows]).collect();
            PackedBlock {
                degree: block.degree,
                forward: PackedMatrix::new(&block.weights, rows, columns),
                transposed: PackedMatrix::new(&transposed, columns, rows),
            }
        };
        let blocks = blocks.iter().map(pack).collect();
        Self { arch, blocks, inputs: inputs.clone(), outputs: outputs.clone() }
    }

    /// Applies the layer to nodes one after the other, onto `y` if `accumulate`, else into it.
    ///
    /// # Shapes
    /// `x`: `[node][inputs]`, `y`: `[node][outputs]`.
    ///
    /// # Panics
    /// If a slice is too short for `nodes`.
    ///
    /// # Cost
    /// `nodes * (2l+1) * inputs * outputs` multiply-adds for each degree.
    pub fn forward(&self, nodes: usize, x: &[T], y: &mut [T], accumulate: bool) {
        if !accumulate {
            self.clear_unreached(nodes, y, &self.outputs);
        }
        for block in &self.blocks {
            self.multiply(block, &block.forward, nodes, (x, &self.inputs), (y, &self.outputs), accumulate);
        }
    }

    /// The transpose: the cotangent of the input from that of the output.
    ///
    /// # Shapes
    /// `gradient`: `[node][outputs]`, `x`: `[node][inputs]`.
    ///
    /// # Panics
    /// If a slice is too short for `nodes`.
    pub fn backward(&self, nodes: usize, gradient: &[T], x: &mut [T], accumulate: bool) {
        if !accumulate {
            self.clear_unreached(nodes, x, &self.inputs);
        }
        for block in &self.blocks {
            self.multiply(block, &block.transposed, nodes, (gradient, &self.outputs), (x, &self.inputs), accumulate);
        }
    }

    /// Zeroes the degrees that no matrix writes: the memory may hold what an earlier use left.
    fn clear_unreached(&self, nodes: usize, to: &mut [T], layout: &Layout) {
        for block in layout.blocks().iter().filter(|b| self.blocks.iter().all(|matrix| matrix.degree != b.degree)) {
            for node in to.chunks_exact_mut(layout.len()).take(nodes) {
                node[block.offset..block.offset + block.dim() * block.channels].fill(T::ZERO);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "both directions meet here, each with its slice and layout")]
    fn multiply(
        &self,
        block: &PackedBlock<T>,
        matrix: &PackedMatrix<T>,
        nodes: usize,
        (from, from_layout): (&[T], &Layout),
        (to, to_layout): (&mut [T], &Layout),
        accumulate: bool,
    ) {
        let rows = |layout: &Layout| layout.block(block.degree).map(|b| b.rows(layout.len()));
        if let (Some(a), Some(c)) = (rows(from_layout), rows(to_layout)) {
            matrix.multiply(self.arch, nodes * a.components, (from, a), (to, c), accumulate);
        }
    }

    /// Multiply-adds for one node in one direction.
    pub fn multiply_adds(&self) -> usize {
        let count = |b: &PackedBlock<T>| (2 * b.degree + 1) * b.forward.inputs() * b.forward.outputs();
        self.blocks.iter().map(count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_do_not_mix_and_the_transpose_is_adjoint() {
        let (inputs, outputs) = (Layout::new([(0, 32), (1, 16)]), Layout::new([(0, 16), (1, 32)]));
        let weights = |n: usize, seed: f64| (0..n).map(|i| (seed + i as f64).sin()).collect::<Vec<_>>();
        let blocks = [
            LinearBlock { degree: 0, weights: weights(32 * 16, 0.1) },
            LinearBlock { degree: 1, weights: weights(16 * 32, 0.7) },
        ];
        let layer = Linear::<f64>::new(Arch::new(), &inputs, &outputs, &blocks);
        let (x, g) = (weights(2 * inputs.len(), 0.3), weights(2 * outputs.len(), 0.9));
        let (mut y, mut gx) = (vec![0.0; g.len()], vec![0.0; x.len()]);
        layer.forward(2, &x, &mut y, false);
        layer.backward(2, &g, &mut gx, false);
        // Component 2 of channel 5 of degree 1 in node 1, by the definition.
        let expected: f64 = (0..16).map(|u| x[80 + 32 + 2 * 16 + u] * blocks[1].weights[u * 32 + 5]).sum();
        assert!((y[112 + 16 + 2 * 32 + 5] - expected).abs() < 1e-13);
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(p, q)| p * q).sum::<f64>();
        assert!((dot(&y, &g) - dot(&gx, &x)).abs() < 1e-10);
        assert_eq!(layer.multiply_adds(), 32 * 16 + 3 * 16 * 32);
    }

    #[test]
    fn degrees_without_a_matrix_are_zero_whatever_was_there() {
        let (inputs, outputs) = (Layout::new([(0, 16), (1, 16)]), Layout::new([(0, 16), (2, 16)]));
        let blocks = [LinearBlock { degree: 0, weights: vec![1.0; 256] }];
        let layer = Linear::<f64>::new(Arch::new(), &inputs, &outputs, &blocks);
        let (mut y, mut gx) = (vec![f64::NAN; 2 * outputs.len()], vec![f64::NAN; 2 * inputs.len()]);
        layer.forward(2, &vec![1.0; 2 * inputs.len()], &mut y, false);
        layer.backward(2, &vec![1.0; 2 * outputs.len()], &mut gx, false);
        for (values, len) in [(&y, outputs.len()), (&gx, inputs.len())] {
            assert!(values.iter().enumerate().all(|(i, &v)| v == if i % len < 16 { 16.0 } else { 0.0 }));
        }
    }
}
