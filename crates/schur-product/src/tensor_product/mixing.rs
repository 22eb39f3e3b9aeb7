//! Mixing of channels by weights that each item has its own of, where there is no matrix to pack.

use std::ops::Range;

use schur_tensor::Real;

/// Rows of one path, the rows of the result that they go to, and its weights `[pair][output]`.
#[derive(Debug, Clone)]
pub(super) struct MixedPath {
    pub from: usize,
    pub to: usize,
    pub rows: usize,
    pub weights: Range<usize>,
}

/// The paths of a group.
#[derive(Debug, Clone)]
pub(super) struct Mixing {
    pub paths: Vec<MixedPath>,
    pub pairs: usize,
    pub outputs: usize,
    /// Rows of all paths.
    pub path_rows: usize,
    /// Rows of the result.
    pub rows: usize,
    /// Weights of an item, those of other groups among them.
    pub item_weights: usize,
}

impl Mixing {
    /// Adds mixtures of pairs to the result.
    pub fn forward<T: Real>(&self, pairs: &[T], weights: &[T], z: &mut [T]) {
        self.for_each_row(pairs.len(), |pair, output, weight| {
            let z = &mut z[output];
            for (&x, w) in pairs[pair].iter().zip(weights[weight].chunks_exact(z.len())) {
                z.iter_mut().zip(w).for_each(|(sum, &w)| *sum += x * w);
            }
        });
    }

    /// Writes the cotangents of the pairs.
    pub fn backward<T: Real>(&self, cotangent: &[T], weights: &[T], pairs: &mut [T]) {
        self.for_each_row(pairs.len(), |pair, output, weight| {
            let g = &cotangent[output];
            for (x, w) in pairs[pair].iter_mut().zip(weights[weight].chunks_exact(g.len())) {
                let mut sum = T::ZERO;
                g.iter().zip(w).for_each(|(&g, &w)| sum += g * w);
                *x = sum;
            }
        });
    }

    /// Adds the cotangents of the weights.
    pub fn weight_cotangent<T: Real>(&self, pairs: &[T], cotangent: &[T], weights: &mut [T]) {
        self.for_each_row(pairs.len(), |pair, output, weight| {
            let g = &cotangent[output];
            for (&x, w) in pairs[pair].iter().zip(weights[weight].chunks_exact_mut(g.len())) {
                w.iter_mut().zip(g).for_each(|(sum, &g)| *sum += x * g);
            }
        });
    }

    /// Goes through the rows of all paths of all items: pairs, outputs, and the weights between them.
    fn for_each_row(&self, numbers: usize, mut row: impl FnMut(Range<usize>, Range<usize>, Range<usize>)) {
        let range = |index: usize, len: usize| index * len..(index + 1) * len;
        for item in 0..numbers / (self.path_rows * self.pairs).max(1) {
            for path in &self.paths {
                let weights =
                    item * self.item_weights + path.weights.start..item * self.item_weights + path.weights.end;
                for m in 0..path.rows {
                    let from = range(item * self.path_rows + path.from + m, self.pairs);
                    let to = range(item * self.rows + path.to + m, self.outputs);
                    row(from, to, weights.clone());
                }
            }
        }
    }
}
