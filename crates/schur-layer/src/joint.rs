//! Layers between lists of features: every output from every input.

use schur_tensor::Real;
use schur_tensor::semiring::Scalar;

use crate::{EquivariantLinear, Feature, LayerError, LayerWorkspace, Space};

/// A linear layer from several features to several others that commutes with the groups of all sorts.
///
/// The weights are those of an [`EquivariantLinear`] for each output and input, outputs outermost, then the biases of the
/// outputs.
#[derive(Debug, Clone)]
pub(crate) struct JointLinear {
    /// `[output][input]`.
    blocks: Vec<Vec<EquivariantLinear>>,
    /// What each weight is multiplied by: one over the number of terms that its map sums.
    scales: Vec<f64>,
    /// The spread of weights that keeps the size of numbers.
    spreads: Vec<f64>,
}

impl JointLinear {
    pub fn new(space: &Space, inputs: &[Feature], outputs: &[Feature]) -> Result<Self, LayerError> {
        let block = |to: &Feature, from: &Feature| {
            EquivariantLinear::with_sorts(space, &from.axes, &to.axes, from.channels, to.channels)
        };
        let row = |to: &Feature| inputs.iter().map(|from| block(to, from)).collect::<Result<Vec<_>, _>>();
        let blocks: Vec<Vec<EquivariantLinear>> = outputs.iter().map(row).collect::<Result<_, _>>()?;
        let (mut scales, mut spreads) = (Vec::new(), Vec::new());
        for (row, to) in blocks.iter().zip(outputs) {
            let terms: usize = row.iter().zip(inputs).map(|(block, from)| block.maps().len() * from.channels).sum();
            for (block, from) in row.iter().zip(inputs) {
                for map in block.maps() {
                    let own = vec![1.0 / map.summed(space) as f64; from.channels * to.channels];
                    scales.extend(own);
                }
                spreads.resize(scales.len(), 1.0 / (terms as f64).sqrt());
            }
        }
        let bias: usize = blocks.iter().filter_map(|row| row.first()).map(EquivariantLinear::bias_len).sum();
        scales.resize(scales.len() + bias, 1.0);
        spreads.resize(scales.len(), 0.0);
        Ok(Self { blocks, scales, spreads })
    }

    /// How many weights and biases there are.
    pub const fn len(&self) -> usize {
        self.scales.len()
    }

    /// The spread of each parameter at the beginning: zero for biases.
    pub fn spreads(&self) -> &[f64] {
        &self.spreads
    }

    /// Adds up the outputs of all blocks; parts are features one after the other.
    pub fn forward<T: Scalar>(
        &self,
        parameters: &[T],
        inputs: &[Vec<T>],
        outputs: &mut [Vec<T>],
        memory: &mut JointMemory<T>,
    ) -> Result<(), LayerError> {
        memory.load(parameters, &self.scales);
        let (mut weights, mut bias) = memory.scaled.split_at(self.weight_len());
        for (row, output) in self.blocks.iter().zip(outputs) {
            for (place, (block, input)) in row.iter().zip(inputs).enumerate() {
                let own = take(&mut weights, block.weight_len());
                if place == 0 {
                    let bias = take(&mut bias, block.bias_len());
                    block.forward(own, Some(bias), input, output, &mut memory.workspace)?;
                } else {
                    memory.part.resize(output.len(), <T as Real>::ZERO);
                    block.forward(own, None, input, &mut memory.part, &mut memory.workspace)?;
                    output.iter_mut().zip(&memory.part).for_each(|(sum, &x)| *sum += x);
                }
            }
        }
        Ok(())
    }

    /// Takes cotangents of the outputs to those of the inputs and to the gradient; both are overwritten.
    pub fn backward<T: Scalar>(
        &self,
        parameters: &[T],
        inputs: &[Vec<T>],
        d_outputs: &[Vec<T>],
        (d_inputs, gradient): (&mut [Vec<T>], &mut [T]),
        memory: &mut JointMemory<T>,
    ) -> Result<(), LayerError> {
        memory.load(parameters, &self.scales);
        d_inputs.iter_mut().for_each(|part| part.fill(<T as Real>::ZERO));
        let mut weights = &memory.scaled[..self.weight_len()];
        let (mut d_weights, mut d_bias) = gradient.split_at_mut(self.weight_len());
        for (row, output) in self.blocks.iter().zip(d_outputs) {
            for (place, (block, input)) in row.iter().zip(inputs).enumerate() {
                let own = take(&mut weights, block.weight_len());
                memory.part.resize(input.len(), <T as Real>::ZERO);
                block.transposed(own, output, &mut memory.part, &mut memory.workspace)?;
                d_inputs[place].iter_mut().zip(&memory.part).for_each(|(sum, &x)| *sum += x);
                let d_own = take_mut(&mut d_weights, block.weight_len());
                let d_bias = (place == 0).then(|| take_mut(&mut d_bias, block.bias_len()));
                block.gradient(input, output, d_own, d_bias, &mut memory.workspace)?;
            }
        }
        for (slope, &scale) in gradient.iter_mut().zip(&self.scales) {
            *slope *= T::from_f64(scale);
        }
        Ok(())
    }

    fn weight_len(&self) -> usize {
        self.blocks.iter().flatten().map(EquivariantLinear::weight_len).sum()
    }
}

/// Memory of joint layers.
#[derive(Debug, Clone)]
pub(crate) struct JointMemory<T> {
    scaled: Vec<T>,
    part: Vec<T>,
    workspace: LayerWorkspace<T>,
}

impl<T> Default for JointMemory<T> {
    fn default() -> Self {
        Self { scaled: Vec::new(), part: Vec::new(), workspace: LayerWorkspace::default() }
    }
}

impl<T: Scalar> JointMemory<T> {
    fn load(&mut self, parameters: &[T], scales: &[f64]) {
        self.scaled.clear();
        self.scaled.extend(parameters.iter().zip(scales).map(|(&own, &scale)| own * T::from_f64(scale)));
    }
}

/// Cuts the first elements off a slice.
fn take<'a, T>(slice: &mut &'a [T], count: usize) -> &'a [T] {
    let (first, rest) = slice.split_at(count);
    *slice = rest;
    first
}

fn take_mut<'a, T>(slice: &mut &'a mut [T], count: usize) -> &'a mut [T] {
    let (first, rest) = std::mem::take(slice).split_at_mut(count);
    *slice = rest;
    first
}
