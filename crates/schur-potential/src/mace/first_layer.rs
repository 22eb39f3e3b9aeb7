//! Layer 0 with the hidden neurons of its radial network in place of channels.
//!
//! What an atom sends there depends on its species $s$ alone, and the weights of an edge are linear in the network's
//! last hidden neurons $h_n$. So what an atom gathers,
//! $$ A_{lmk} = \sum_s x_{sk} \sum_n W_{n,lk} \sum_{j \in s} h_n(r_{ij})\, Y_{lm}(\hat r_{ij}), $$
//! needs sums over neighbours for neurons, of which there are fewer than channels, and a matrix for each species that
//! all behind is multiplied into, the linear layer on messages too.

use schur_multilinear::{EdgeProduct, Multilinear, Operand, Path};
use schur_product::{Convolution, ConvolutionPath, Layout, Linear, LinearBlock, ProductError};
use schur_tensor::{Real, padded, pulp::Arch};

use super::plan::Dense;
use crate::ModelError;
use crate::graph::RadialNetwork;

/// The most numbers, neurons times species of a structure, for each channel: more matrices cost more than they save.
const MOST_NEURONS: usize = 2;

/// Sums over neighbours for neurons, and what makes a target of them.
#[derive(Debug)]
pub(crate) struct FirstLayer<T> {
    arch: Arch,
    /// One row of ones: neurons have no factors.
    pub sent: Layout,
    pub message: Layout,
    pub product: EdgeProduct<T>,
    /// The network up to its last hidden layer.
    pub exact_network: RadialNetwork<f64>,
    /// Neurons, filled up to whole registers.
    pub neurons: usize,
    /// The network's last layer, `[neuron][weight]`.
    last: Dense,
    paths: Vec<ConvolutionPath>,
    /// The linear layer on messages of channels, and its results.
    gather: Vec<LinearBlock>,
    target: Layout,
}

impl<T: Real> FirstLayer<T> {
    /// None where channels are no more than neurons.
    pub fn new(
        arch: Arch,
        convolution: &Convolution,
        (radial, activation_scale): (&[Dense], f64),
        (gather, target): (Vec<LinearBlock>, &Layout),
    ) -> Result<Option<Self>, ModelError> {
        let Some((last, hidden)) = radial.split_last() else { return Ok(None) };
        let neurons = padded(last.1);
        if convolution.paths.iter().any(|path| path.degrees[0] != 0 || path.channels <= neurons) {
            return Ok(None);
        }
        let sent = Layout::new([(0, neurons)]);
        let message = Layout::new(convolution.paths.iter().map(|path| (path.degrees[2], neurons)));
        let results: Vec<_> = message.blocks().iter().map(|block| block.segment()).collect();
        let map = with_neurons(convolution, neurons)?;
        let product =
            EdgeProduct::new(arch, &map, (&[sent.blocks()[0].segment()], sent.len()), (&results, message.len()))?;
        let mut layers = hidden.to_vec();
        layers.push(identity(last.1, neurons));
        Ok(Some(Self {
            arch,
            sent,
            message,
            product,
            exact_network: RadialNetwork::new(arch, &layers, activation_scale),
            neurons,
            last: last.clone(),
            paths: convolution.paths.clone(),
            gather,
            target: target.clone(),
        }))
    }

    /// Whether a structure of so many species is cheaper this way.
    pub fn pays(&self, species: usize) -> bool {
        let channels = self.paths.iter().map(|path| path.channels).min().unwrap_or(0);
        species * self.neurons <= MOST_NEURONS * channels
    }

    /// From the sums over neighbours of a species, which sends this row, to the target.
    pub fn gather_from(&self, sent: &[T]) -> Linear<T> {
        let (weights, neurons, columns) = &self.last;
        let blocks = self.gather.iter().filter_map(|gather| {
            // Each degree has one path: that of the harmonics of this degree.
            let path = self.paths.iter().find(|path| path.degrees[2] == gather.degree)?;
            let width = gather.weights.len() / path.channels;
            let mut matrix = vec![0.0; self.neurons * width];
            for (row, weights) in matrix.chunks_exact_mut(width).zip(weights.chunks_exact(*columns)).take(*neurons) {
                for (k, x) in sent.iter().enumerate().take(path.channels) {
                    let factor = weights[path.weight + k] * x.to_f64();
                    let mixed = &gather.weights[k * width..][..width];
                    row.iter_mut().zip(mixed).for_each(|(sum, w)| *sum += factor * w);
                }
            }
            Some(LinearBlock { degree: gather.degree, weights: matrix })
        });
        let blocks: Vec<LinearBlock> = blocks.collect();
        Linear::new(self.arch, &self.message, &self.target, &blocks)
    }
}

/// The convolution with neurons in place of channels, which all paths read the same weights for.
fn with_neurons(convolution: &Convolution, neurons: usize) -> Result<Multilinear, ModelError> {
    let row = || Operand::new([(1, neurons)]);
    let results = convolution.paths.iter().map(|path| (2 * path.degrees[2] + 1, neurons));
    let operands = vec![row(), convolution.map.operands()[1].clone(), row(), Operand::new(results)];
    let paths = convolution.map.paths().iter().enumerate().map(|(index, path)| {
        let segments = vec![0, path.segments[1], 0, index];
        Path { segments, coefficients: path.coefficients.clone() }
    });
    Ok(Multilinear::new(operands, paths.collect()).map_err(ProductError::from)?)
}

/// A layer that hands neurons on, and fills up.
fn identity(rows: usize, columns: usize) -> Dense {
    let mut weights = vec![0.0; rows * columns];
    (0..rows).for_each(|i| weights[i * columns + i] = 1.0);
    (weights, rows, columns)
}
