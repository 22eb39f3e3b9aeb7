//! The convolution of NequIP: features of a neighbour times harmonics of the edge, weighted by its length.
//!
//! Input: features in a [`Layout`] of degrees $l_1$; harmonics of degrees $0 \dots l_\max$ (component normalisation).
//! Output: for every path $(l_1, l_2) \to l_3$ as many channels of degree $l_3$ as $l_1$ has, paths of one $l_3$ side by
//! side, so that a linear layer sees them as one block. Each path and channel has its own weight (`uvu` in e3nn).
//!
//! Source: Batzner et al., "E(3)-equivariant graph neural networks ...", Nat. Commun. 13 (2022) 2453, eq. 7, with
//! e3nn's path normalisation `component`/`element`: coefficients are $\sqrt{2l_3+1}$ times the 3j symbol of unit
//! Frobenius norm.

use schur_group::wigner_3j;
use schur_multilinear::{Multilinear, Operand, Path, SegmentLayout};

use crate::{Layout, ProductError};

/// One path $(l_1, l_2) \to l_3$ and where its weights begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvolutionPath {
    /// Degrees of features, harmonics and result.
    pub degrees: [usize; 3],
    /// Channels, those of the features.
    pub channels: usize,
    /// First weight of the path among those of an edge.
    pub weight: usize,
}

/// The convolution as a [`Multilinear`] with the places of its operands.
#[derive(Debug, Clone)]
pub struct Convolution {
    /// The map: features, harmonics, weights to result.
    pub map: Multilinear,
    /// The paths in the order of their weights.
    pub paths: Vec<ConvolutionPath>,
    /// Where the features' segments lie.
    pub features: Vec<SegmentLayout>,
    /// Where each path's result lies in [`Self::output`].
    pub results: Vec<SegmentLayout>,
    /// The result: all paths of one degree form one block.
    pub output: Layout,
}

impl Convolution {
    /// Lists the paths from `features` and harmonics up to `max_harmonic` to degrees up to `max_result`.
    ///
    /// Weights are ordered by $l_1$, then $l_2$, then $l_3$.
    ///
    /// # Errors
    /// [`ProductError`] if a degree is larger than the exact 3j symbols go.
    pub fn new(features: &Layout, max_harmonic: usize, max_result: usize) -> Result<Self, ProductError> {
        Self::select(features, max_harmonic, max_result, |_| true)
    }

    /// Lists only the paths whose degrees have an even sum: those that parity allows where all irreps are like
    /// harmonics, `0e`, `1o`, `2e` and so on.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub fn with_parity(features: &Layout, max_harmonic: usize, max_result: usize) -> Result<Self, ProductError> {
        Self::select(features, max_harmonic, max_result, |degrees| degrees.iter().sum::<usize>().is_multiple_of(2))
    }

    fn select(
        features: &Layout,
        max_harmonic: usize,
        max_result: usize,
        keep: impl Fn([usize; 3]) -> bool,
    ) -> Result<Self, ProductError> {
        let paths = list_paths(features, max_harmonic, max_result, keep);
        let degrees = 0..=max_result;
        let channels =
            |degree: usize| paths.iter().filter(|p| p.degrees[2] == degree).map(|p| p.channels).sum::<usize>();
        let output = Layout::new(degrees.map(|degree| (degree, channels(degree))).filter(|&(_, c)| c > 0));
        let results = place_results(&paths, &output);
        let terms = paths.iter().enumerate().map(|(index, path)| {
            let [l1, l2, l3] = path.degrees;
            let scale = ((2 * l3 + 1) as f64).sqrt();
            let coefficients = wigner_3j(l1, l2, l3)?.to_dense().iter().map(|c| scale * c).collect();
            let block = features.blocks().iter().position(|b| b.degree == l1).unwrap_or(0);
            Ok(Path { segments: vec![block, l2, index, index], coefficients })
        });
        let terms = terms.collect::<Result<Vec<_>, ProductError>>()?;
        let operands = vec![
            Operand::new(features.blocks().iter().map(|b| (b.dim(), b.channels))),
            Operand::new((0..=max_harmonic).map(|l| (2 * l + 1, 1))),
            Operand::new(paths.iter().map(|p| (1, p.channels))),
            Operand::new(paths.iter().map(|p| (2 * p.degrees[2] + 1, p.channels))),
        ];
        let map = Multilinear::new(operands, terms)?;
        let features = features.blocks().iter().map(|b| b.segment()).collect();
        Ok(Self { map, paths, features, results, output })
    }

    /// Weights of an edge.
    pub fn weights(&self) -> usize {
        self.paths.iter().map(|p| p.channels).sum()
    }
}

fn list_paths(
    features: &Layout,
    max_harmonic: usize,
    max_result: usize,
    keep: impl Fn([usize; 3]) -> bool,
) -> Vec<ConvolutionPath> {
    let mut paths = Vec::new();
    let mut weight = 0;
    for block in features.blocks() {
        for l2 in 0..=max_harmonic {
            let l1 = block.degree;
            for l3 in (l1.abs_diff(l2)..=(l1 + l2).min(max_result)).filter(|&l3| keep([l1, l2, l3])) {
                paths.push(ConvolutionPath { degrees: [l1, l2, l3], channels: block.channels, weight });
                weight += block.channels;
            }
        }
    }
    paths
}

/// Paths of one degree side by side, in their order.
fn place_results(paths: &[ConvolutionPath], output: &Layout) -> Vec<SegmentLayout> {
    let mut used = vec![0; output.blocks().len()];
    let place = |path: &ConvolutionPath| {
        let index = output.blocks().iter().position(|b| b.degree == path.degrees[2]).unwrap_or(0);
        let block = output.blocks()[index];
        let layout = SegmentLayout { offset: block.offset + used[index], stride: block.channels };
        used[index] += path.channels;
        layout
    };
    paths.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_sizes_are_those_of_sevennet() {
        let features = Layout::new([(0, 128), (1, 64), (2, 32)]);
        let convolution = Convolution::new(&features, 2, 2).unwrap();
        assert_eq!((convolution.paths.len(), convolution.weights()), (15, 960));
        let channels: Vec<usize> = convolution.output.blocks().iter().map(|b| b.channels).collect();
        assert_eq!((channels, convolution.output.len()), (vec![224, 384, 352], 3136));
        let last = Convolution::new(&features, 2, 0).unwrap();
        assert_eq!((last.paths.len(), last.weights()), (3, 224));
    }
}
