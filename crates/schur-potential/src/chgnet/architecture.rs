//! What a CHGNet model is made of, as data: stored as JSON in a model file.

use serde::{Deserialize, Serialize};

use crate::ModelError;

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
}

/// Largest cut-off in Å.
const MAX_CUTOFF: f64 = 20.0;
/// Bound on widths, far above any published model.
const MAX_WIDTH: usize = 4096;
/// Bound on layers.
const MAX_LAYERS: usize = 64;

impl ChgnetArchitecture {
    /// Checks that the parts fit together and that there are kernels for them.
    ///
    /// # Errors
    /// [`ModelError::Architecture`] naming what does not fit.
    pub fn validate(&self) -> Result<(), ModelError> {
        let fail = |what: &'static str, found: String| Err(ModelError::Architecture { what, found });
        let twice = |(i, z)| self.species[..i].contains(z);
        let unknown = self.species.iter().any(|z| !(1..=118).contains(z));
        if self.species.is_empty() || unknown || self.species.iter().enumerate().any(twice) {
            return fail("species are atomic numbers 1 to 118, at most one each", format!("{:?}", self.species));
        }
        let ordered = self.angle_cutoff > 0.0 && self.angle_cutoff <= self.cutoff && self.cutoff <= MAX_CUTOFF;
        if !ordered {
            let found = format!("{} Å and {} Å", self.angle_cutoff, self.cutoff);
            return fail("the cut-offs of angles and bonds ascend from 0 to 20 Å", found);
        }
        if !(2..=64).contains(&self.cutoff_power) {
            return fail("the power of the cut-off function is 2 to 64", self.cutoff_power.to_string());
        }
        if !((1..=MAX_WIDTH).contains(&self.channels) && self.channels.is_multiple_of(16)) {
            return fail("channels are a multiple of 16 up to 4096", self.channels.to_string());
        }
        if !(2..=MAX_LAYERS).contains(&self.layers) || self.readout_hidden.len() > MAX_LAYERS {
            return fail("there are 2 to 64 layers", self.layers.to_string());
        }
        let widths = [self.radial_functions, self.angular_functions];
        if widths.iter().chain(&self.readout_hidden).any(|w| !(1..=MAX_WIDTH).contains(w)) {
            return fail("there are 1 to 4096 functions and hidden neurons", format!("{widths:?}"));
        }
        Ok(())
    }

    /// The features before the first, between and behind the last update of atoms.
    pub(crate) fn feature_names(&self) -> Vec<String> {
        vec![format!("{}x0e", self.channels); self.layers + 1]
    }
}
