//! What a TensorNet model is made of, as data: stored as JSON in a model file.

use serde::{Deserialize, Serialize};

use schur_product::Layout;

use crate::ModelError;

/// Which matrices a layer multiplies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum MatrixSymmetry {
    /// `Y M + M Y`: mirror images have the same energy.
    #[serde(rename = "o3")]
    O3,
    /// `2 Y M`: only turned copies have.
    #[serde(rename = "so3")]
    So3,
}

/// The functions of an edge's length that the radial networks read.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum RadialExpansion {
    /// Orthogonal combinations of $\sin(k \pi r / r_c) / r$ whose first two derivatives vanish at the cut-off.
    ///
    /// Source: Kocer, Mason and Erturk, "A novel approach to describe chemical environments in high-dimensional neural
    /// network potentials", J. Chem. Phys. 150 (2019) 154102.
    SmoothBessel {
        /// How many.
        count: usize,
    },
    /// $\exp(-w (r - c)^2)$ with the centres among the weights.
    Gaussian {
        /// How many.
        count: usize,
        /// The factor `w`, Å^-2.
        width: f64,
    },
}

impl RadialExpansion {
    /// Number of functions.
    pub const fn count(&self) -> usize {
        match *self {
            Self::SmoothBessel { count } | Self::Gaussian { count, .. } => count,
        }
    }
}

/// The architecture of a TensorNet model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TensornetArchitecture {
    /// Atomic number of each species, in the order of the model's weights.
    pub species: Vec<u8>,
    /// Cut-off radius in Å; edges are switched off by $\tfrac12 (\cos(\pi r / r_c) + 1)$.
    pub cutoff: f64,
    /// Functions of the distance.
    pub radial: RadialExpansion,
    /// Channels, each of them a matrix.
    pub channels: usize,
    /// Number of interaction layers.
    pub layers: usize,
    /// Which symmetry the layers keep.
    pub symmetry: MatrixSymmetry,
    /// Widths of the hidden layers of the readout's two networks.
    pub readout_hidden: Vec<usize>,
}

/// Largest cut-off in Å: published models have 4 to 12, and neighbours grow with its cube.
const MAX_CUTOFF: f64 = 20.0;
/// Bound on the channels, functions and layers of a file, far above any published model.
const MAX_WIDTH: usize = 4096;
/// Bound on the layers of a file.
const MAX_LAYERS: usize = 64;

impl TensornetArchitecture {
    /// Degree of the harmonics that symmetric matrices are made of.
    pub const MAX_HARMONIC: usize = 2;

    /// The features of an atom: one block for each part of the matrices.
    pub fn layout(&self) -> Layout {
        Layout::new((0..3).map(|degree| (degree, self.channels)))
    }

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
        if !(self.cutoff > 0.0 && self.cutoff <= MAX_CUTOFF) {
            return fail("the cut-off lies between 0 and 20 Å", format!("{} Å", self.cutoff));
        }
        if let RadialExpansion::Gaussian { width, .. } = self.radial
            && !(width.is_finite() && width > 0.0)
        {
            return fail("the width of the Gaussians is positive", width.to_string());
        }
        let channels = (1..=MAX_WIDTH).contains(&self.channels) && self.channels.is_multiple_of(16);
        if !channels {
            return fail("channels are a multiple of 16 up to 4096", self.channels.to_string());
        }
        if !(1..=MAX_LAYERS).contains(&self.layers) {
            return fail("there are 1 to 64 layers", self.layers.to_string());
        }
        let widths: Vec<usize> = self.readout_hidden.iter().copied().chain([self.radial.count()]).collect();
        if widths.len() > MAX_LAYERS || widths.iter().any(|w| !(1..=MAX_WIDTH).contains(w)) {
            return fail("there are 1 to 4096 radial functions and hidden neurons", format!("{widths:?}"));
        }
        Ok(())
    }

    /// The features before the first, between and behind the last layer, as irreps.
    pub(crate) fn feature_names(&self) -> Vec<String> {
        let n = self.channels;
        // An antisymmetric matrix made of the edge's vector changes sign with it: in O(3) it is a vector.
        let name = match self.symmetry {
            MatrixSymmetry::O3 => format!("{n}x0e+{n}x1o+{n}x2e"),
            MatrixSymmetry::So3 => format!("{n}x0+{n}x1+{n}x2"),
        };
        vec![name; self.layers + 1]
    }
}
