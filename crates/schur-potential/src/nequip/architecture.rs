//! What a NequIP model is made of, as data: stored as JSON in a model file.

use serde::{Deserialize, Serialize};

use schur_product::{Convolution, Layout};

use crate::limits::{MAX_DEGREE, POWERS, WIDTHS, require, require_cutoff, require_species};
use crate::{CutoffFunction, ModelError};

/// The architecture of a NequIP model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NequipArchitecture {
    /// Atomic number of each species, in the order of the model's weights.
    pub species: Vec<u8>,
    /// Cut-off radius in Å.
    pub cutoff: f64,
    /// How edges are switched off.
    pub cutoff_function: CutoffFunction,
    /// Number of Bessel functions.
    pub radial_functions: usize,
    /// Widths of the hidden layers of the radial network.
    pub radial_hidden: Vec<usize>,
    /// Largest degree of the harmonics.
    pub max_harmonic: usize,
    /// Whether harmonics are those of the direction; if not, they are solid: $r^l Y_l$.
    pub normalized_harmonics: bool,
    /// Features before the first, between and behind the last layer: `[degree, channels]` blocks of even parity.
    pub features: Vec<Vec<[usize; 2]>>,
    /// Width of the readout's hidden layer.
    pub readout_hidden: usize,
    /// The activation is `activation_scale * x * sigmoid(x)`.
    pub activation_scale: f64,
    /// Names of the modalities (levels of theory), empty if there is one.
    pub modalities: Vec<String>,
}

impl NequipArchitecture {
    /// Number of layers.
    pub fn layers(&self) -> usize {
        self.features.len().saturating_sub(1)
    }

    /// All features, as irreps.
    pub(crate) fn feature_names(&self) -> Vec<String> {
        let irreps = |blocks: &Vec<[usize; 2]>| {
            blocks.iter().map(|[l, channels]| format!("{channels}x{l}e")).collect::<Vec<_>>().join("+")
        };
        self.features.iter().map(irreps).collect()
    }

    /// The features before layer `t` (or behind the last).
    pub fn layout(&self, t: usize) -> Layout {
        Layout::new(self.features[t].iter().map(|&[degree, channels]| (degree, channels)))
    }

    /// What the gate of layer `t` reads: scalars and gates, then the gated blocks.
    pub fn gate_layout(&self, t: usize) -> Layout {
        let out = self.layout(t + 1);
        let channels: usize = out.blocks().iter().map(|b| b.channels).sum();
        let gated = out.blocks().iter().filter(|b| b.degree > 0).map(|b| (b.degree, b.channels));
        Layout::new(std::iter::once((0, channels)).chain(gated))
    }

    /// The convolution of layer `t`.
    ///
    /// # Errors
    /// [`ModelError`] only if the coefficients do not fit.
    pub fn convolution(&self, t: usize) -> Result<Convolution, ModelError> {
        let max_result = self.features[t + 1].iter().map(|b| b[0]).max().unwrap_or(0);
        Ok(Convolution::new(&self.layout(t), self.max_harmonic, max_result)?)
    }

    /// Checks that the parts fit together and that there are kernels for them.
    ///
    /// # Errors
    /// [`ModelError::Architecture`] naming what does not fit.
    pub fn validate(&self) -> Result<(), ModelError> {
        require_species(&self.species)?;
        require_cutoff(self.cutoff)?;
        let sound = match self.cutoff_function {
            CutoffFunction::Xplor { onset } => onset > 0.0 && onset < self.cutoff,
            CutoffFunction::Polynomial { power } => POWERS.contains(&power),
            CutoffFunction::Cosine => true,
        };
        require(sound, "the cut-off function fits the cut-off", &self.cutoff_function)?;
        let sound = self.activation_scale.is_finite() && self.activation_scale > 0.0;
        require(sound, "the activation has a positive factor", &self.activation_scale)?;
        require(self.max_harmonic <= MAX_DEGREE, "harmonics go up to degree 3", &self.max_harmonic)?;
        let widths = [self.radial_functions, self.readout_hidden, self.layers()];
        let sound = widths.iter().chain(&self.radial_hidden).all(|width| WIDTHS.contains(width));
        require(sound, "there are 1 to 4096 layers, radial functions and hidden neurons", &widths)?;
        self.validate_features()
    }

    fn validate_features(&self) -> Result<(), ModelError> {
        let sound = |blocks: &Vec<[usize; 2]>| {
            let ascending = blocks.windows(2).all(|pair| pair[0][0] < pair[1][0]);
            let fits = |&[degree, channels]: &[usize; 2]| {
                degree <= MAX_DEGREE && WIDTHS.contains(&channels) && channels.is_multiple_of(16)
            };
            ascending && blocks.iter().all(fits) && blocks.first().is_some_and(|b| b[0] == 0)
        };
        let ends_are_scalar = [self.features.first(), self.features.last()];
        let what = "features are blocks of ascending degree 0 to 3 in multiples of 16 channels";
        require(self.features.iter().all(sound), what, &self.features)?;
        let sound = ends_are_scalar.iter().flatten().all(|blocks| blocks.len() == 1);
        require(sound, "the first and the last features are scalars", &self.features)
    }
}
