//! What a CHGNet model is made of, as data: stored as JSON in a model file.

use serde::{Deserialize, Serialize};

use crate::ModelError;
use crate::limits::{MAX_CUTOFF, MAX_LAYERS, POWERS, WIDTHS, require, require_channels, require_species};

/// The architecture of a CHGNet model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChgnetArchitecture {
    /// Atomic number of each species, in the order of the model's weights.
    pub species: Vec<u8>,
    /// Cut-off radius of bonds in Å.
    pub cutoff: f64,
    /// Cut-off radius of the bonds that form angles, Å.
    pub angle_cutoff: f64,
    /// Power of the polynomial that switches both off.
    pub cutoff_power: u32,
    /// Number of Bessel functions of a length.
    pub radial_functions: usize,
    /// Number of sines of an angle; there are as many cosines.
    pub angular_functions: usize,
    /// Width of all features.
    pub channels: usize,
    /// Number of updates of atoms; bonds have one less, angles two less.
    pub layers: usize,
    /// Whether the branches of gated networks and the last features are normalised.
    pub normalized: bool,
    /// Widths of the hidden layers of the readout.
    pub readout_hidden: Vec<usize>,
    /// Whether there are weights for magnetic moments; model files of before there were have none.
    #[serde(default)]
    pub magnetic_moments: bool,
}

impl ChgnetArchitecture {
    /// Checks that the parts fit together and that there are kernels for them.
    ///
    /// # Errors
    /// [`ModelError::Architecture`] naming what does not fit.
    pub fn validate(&self) -> Result<(), ModelError> {
        require_species(&self.species)?;
        let ascending = self.angle_cutoff > 0.0 && self.angle_cutoff <= self.cutoff && self.cutoff <= MAX_CUTOFF;
        let cutoffs = [self.angle_cutoff, self.cutoff];
        require(ascending, "the cut-offs of angles and bonds ascend from 0 to 20 Å", &cutoffs)?;
        let sound = POWERS.contains(&self.cutoff_power);
        require(sound, "the power of the cut-off function is 2 to 64", &self.cutoff_power)?;
        require_channels(self.channels)?;
        let sound = (2..=MAX_LAYERS).contains(&self.layers) && self.readout_hidden.len() <= MAX_LAYERS;
        require(sound, "there are 2 to 64 layers", &self.layers)?;
        let widths = [self.radial_functions, self.angular_functions];
        let sound = widths.iter().chain(&self.readout_hidden).all(|width| WIDTHS.contains(width));
        require(sound, "there are 1 to 4096 functions and hidden neurons", &widths)
    }

    /// The features before the first, between and behind the last update of atoms.
    pub(crate) fn feature_names(&self) -> Vec<String> {
        vec![format!("{}x0e", self.channels); self.layers + 1]
    }
}
