//! The weights of a network as features: what exchanging its hidden neurons does to them.

use schur_diagram::Group;

use crate::{Feature, LayerError, Sort, Space};

/// Weights and biases of a network of layers, whose hidden neurons may be exchanged.
///
/// The axes of hidden neurons are of sorts that all permutations act on; inputs and outputs of the network are channels.
///
/// # Examples
/// ```
/// use schur_layer::{Activation, Feature, Stack, WeightSpace};
///
/// // Networks from 2 numbers over two hidden layers to 1.
/// let weights = WeightSpace::mlp(&[2, 8, 6, 1])?;
/// let axes: Vec<&[usize]> = weights.features().iter().map(|feature| &feature.axes[..]).collect();
/// assert_eq!(axes, [&[0][..], &[0], &[1, 0], &[1], &[1], &[]]);
/// // A number that does not change when hidden neurons are exchanged.
/// let functional = Stack::new(weights.space(), weights.features())?
///     .linear(&weights.hidden(4))?
///     .activation(Activation::Relu)?
///     .linear(&[Feature::new(&[], 1)])?;
/// assert!(functional.parameter_len() > 0);
/// # Ok::<(), schur_layer::LayerError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightSpace {
    space: Space,
    features: Vec<Feature>,
}

impl WeightSpace {
    /// The weights of layers between these numbers of neurons: those of each layer, then its biases.
    ///
    /// # Shapes
    /// Weights are `[out, in]`; those of the last layer, whose outputs are channels, `[in, out]`.
    /// # Errors
    /// [`LayerError::Widths`] for fewer than two numbers, or a zero.
    pub fn mlp(sizes: &[usize]) -> Result<Self, LayerError> {
        Self::tied(sizes, &(0..sizes.len().saturating_sub(2)).collect::<Vec<_>>())
    }

    /// As [`mlp`](Self::mlp), where hidden layers of the same sort have to be permuted alike, as a recurrence or a residual
    /// connection between them demands. Sorts are numbered from zero.
    ///
    /// # Errors
    /// [`LayerError::Widths`], also if layers of the same sort differ in width, or not each has a sort.
    pub fn tied(sizes: &[usize], sorts: &[usize]) -> Result<Self, LayerError> {
        let wrong = || LayerError::Widths { sizes: sizes.to_vec(), sorts: sorts.to_vec() };
        if sizes.len() < 2 || sorts.len() != sizes.len() - 2 || sizes.contains(&0) {
            return Err(wrong());
        }
        let mut widths: Vec<Option<usize>> = vec![None; sorts.len()];
        for (&sort, &width) in sorts.iter().zip(&sizes[1..]) {
            match widths.get_mut(sort) {
                Some(own) if own.is_none_or(|own| own == width) => *own = Some(width),
                _ => return Err(wrong()),
            }
        }
        let groups: Vec<Sort> = widths.iter().map_while(|n| n.map(|n| Sort { group: Group::Symmetric, n })).collect();
        if widths.iter().flatten().count() > groups.len() {
            return Err(wrong());
        }
        let axis = |layer: usize| layer.checked_sub(1).and_then(|hidden| sorts.get(hidden)).copied();
        let mut features = Vec::new();
        for layer in 1..sizes.len() {
            // The network's own inputs and outputs have no axis but channels.
            let axes: Vec<usize> = axis(layer).into_iter().chain(axis(layer - 1)).collect();
            let channels = |layer: usize| if axis(layer).is_none() { sizes[layer] } else { 1 };
            features.push(Feature { axes, channels: channels(layer) * channels(layer - 1) });
            features.push(Feature { axes: axis(layer).into_iter().collect(), channels: channels(layer) });
        }
        Ok(Self { space: Space::new(&groups)?, features })
    }

    /// The sorts of neurons.
    pub const fn space(&self) -> &Space {
        &self.space
    }

    /// Weights and biases, layer by layer.
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// Features with the same axes and this many channels each.
    pub fn hidden(&self, channels: usize) -> Vec<Feature> {
        self.features.iter().map(|feature| Feature::new(&feature.axes, channels)).collect()
    }
}
