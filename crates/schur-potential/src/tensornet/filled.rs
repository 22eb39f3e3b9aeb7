//! Weights whose channels are filled up with zeros to whole registers.
//!
//! Features that are zero stay zero through every layer, so that what is filled up is never seen.

use schur_tensor::padded;

use crate::layers::DenseWeights;

/// The channels of a model, and as how many they are stored.
#[derive(Debug, Clone, Copy)]
pub(super) struct Channels {
    pub count: usize,
    pub width: usize,
}

impl Channels {
    pub const fn new(count: usize) -> Self {
        Self { count, width: padded(count) }
    }

    /// Fills up blocks of channels that lie behind each other, each channel being `unit` numbers.
    pub fn fill(self, values: Vec<f64>, unit: usize) -> Vec<f64> {
        if self.count == self.width {
            return values;
        }
        let (from, to) = (self.count * unit, self.width * unit);
        let mut filled = Vec::with_capacity(values.len() / from * to);
        for block in values.chunks_exact(from) {
            filled.extend_from_slice(block);
            filled.resize(filled.len() + to - from, 0.0);
        }
        filled
    }

    /// Fills up a dense layer whose inputs, outputs or both are blocks of channels.
    pub fn fill_dense(self, weights: DenseWeights, inputs: bool, outputs: bool) -> DenseWeights {
        let DenseWeights { mut matrix, mut bias } = weights;
        if inputs {
            matrix = self.fill(matrix, bias.len());
        }
        if outputs {
            (matrix, bias) = (self.fill(matrix, 1), self.fill(bias, 1));
        }
        DenseWeights { matrix, bias }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_gets_its_zeros() {
        let channels = Channels::new(2);
        assert_eq!(channels.width, 16);
        let filled = channels.fill(vec![1.0, 2.0, 3.0, 4.0], 1);
        assert_eq!((filled.len(), filled[1], filled[2], filled[16], filled[17]), (32, 2.0, 0.0, 3.0, 4.0));
        let weights = DenseWeights { matrix: vec![1.0, 2.0, 3.0, 4.0], bias: vec![5.0, 6.0] };
        let filled = channels.fill_dense(weights, true, true);
        assert_eq!((filled.matrix.len(), filled.bias.len()), (256, 16));
        assert_eq!((filled.matrix[16..18].to_vec(), filled.bias[..3].to_vec()), (vec![3.0, 4.0], vec![5.0, 6.0, 0.0]));
    }
}
