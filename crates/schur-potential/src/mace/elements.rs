//! What a layer has for each chemical element: folded coefficients of the contraction, and mixing matrices.
//!
//! Models know up to 89 elements and structures have a few, so these are made for the elements that occur.

use schur_multilinear::ComponentMatrix;
use schur_product::{Layout, Linear, LinearBlock};
use schur_tensor::{Aligned, Real, padded, pulp::Arch};

/// The weights of a layer that differ between elements, as the model has them.
#[derive(Debug)]
pub(crate) struct ElementWeights {
    /// Of the contraction, `[species, or one for all][polynomial][channel]`.
    pub contraction: Vec<f64>,
    pub shared: bool,
    pub polynomials: usize,
    pub channels: usize,
    /// From weights to folded coefficients.
    pub fold: ComponentMatrix,
    /// Mixing matrices by degree, `[input][species][output]`, normalisation included.
    pub mixing: Vec<(usize, Vec<f64>)>,
    /// What the mixing reads and writes.
    pub inputs: Layout,
    pub outputs: Layout,
    /// Features before the first layer, `[species][channel]`, if the mixing reads those.
    pub first: Option<Vec<f64>>,
    pub species: usize,
}

/// A layer's part of one element.
#[derive(Debug)]
pub(crate) struct ElementLayer<T> {
    /// Folded coefficients, `[place][channel]`.
    pub coefficients: Aligned<T>,
    pub mixing: Option<Linear<T>>,
    /// What mixing makes of the features before the first layer, which depend on the element alone.
    pub constant: Option<Vec<T>>,
}

impl ElementWeights {
    /// Makes a layer's part of one element.
    pub fn of<T: Real>(&self, arch: Arch, species: usize) -> ElementLayer<T> {
        let coefficients = self.coefficients(species);
        let mixing = (!self.mixing.is_empty()).then(|| {
            let block = |(degree, weights): &(usize, Vec<f64>)| self.block(*degree, weights, species);
            let blocks: Vec<LinearBlock> = self.mixing.iter().map(block).collect();
            Linear::new(arch, &self.inputs, &self.outputs, &blocks)
        });
        let Some(first) = &self.first else { return ElementLayer { coefficients, mixing, constant: None } };
        let mut row = Aligned::zeros(self.inputs.len());
        for (target, &x) in row.as_mut_slice().iter_mut().zip(&first[species * self.channels..][..self.channels]) {
            *target = T::from_f64(x);
        }
        let mut constant = vec![T::ZERO; self.outputs.len()];
        if let Some(mixing) = &mixing {
            mixing.forward(1, row.as_slice(), &mut constant, false);
        }
        ElementLayer { coefficients, mixing: None, constant: Some(constant) }
    }

    fn coefficients<T: Real>(&self, species: usize) -> Aligned<T> {
        let first = if self.shared { 0 } else { species } * self.polynomials * self.channels;
        let weights = &self.contraction[first..first + self.polynomials * self.channels];
        let width = padded(self.channels);
        let mut folded = Aligned::zeros(self.fold.rows() * width);
        for channel in 0..self.channels {
            let column: Vec<f64> = (0..self.polynomials).map(|p| weights[p * self.channels + channel]).collect();
            for (place, value) in self.fold.apply(&column).into_iter().enumerate() {
                folded.as_mut_slice()[place * width + channel] = T::from_f64(value);
            }
        }
        folded
    }

    fn block(&self, degree: usize, weights: &[f64], species: usize) -> LinearBlock {
        let channels = |layout: &Layout| layout.block(degree).map_or(0, |block| block.channels);
        let (rows, columns) = (channels(&self.inputs), channels(&self.outputs));
        let c = self.channels;
        let mut matrix = vec![0.0; rows * columns];
        for (input, target) in matrix.chunks_exact_mut(columns).take(c).enumerate() {
            target[..c].copy_from_slice(&weights[(input * self.species + species) * c..][..c]);
        }
        LinearBlock { degree, weights: matrix }
    }
}
