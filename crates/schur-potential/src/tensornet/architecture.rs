//! What a TensorNet model is made of, as data: stored as JSON in a model file.

use serde::{Deserialize, Serialize};

use schur_product::Layout;

use schur_tensor::padded;

use crate::limits::{MAX_LAYERS, WIDTHS, require, require_cutoff, require_species};
use crate::pair::PairPrior;
use crate::{Activation, ModelError};

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
    /// $\tfrac12 (\cos(\pi r / r_c) + 1) \exp(-w_n (e^{-\alpha (r - r_i)} - c_n)^2)$ with $\alpha = 5 / (r_c - r_i)$ and
    /// $r_i$ the inner cut-off; widths and centres are among the weights.
    ///
    /// Source: Unke and Meuwly, "PhysNet", J. Chem. Theory Comput. 15 (2019) 3678, as torchmd-net has it.
    ExponentialNormal {
        /// How many.
        count: usize,
    },
}

impl RadialExpansion {
    /// Number of functions.
    pub const fn count(&self) -> usize {
        match *self {
            Self::SmoothBessel { count } | Self::Gaussian { count, .. } | Self::ExponentialNormal { count } => count,
        }
    }
}

/// How the invariants of an atom become its energy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TensornetReadout {
    /// A linear layer, and a network times the sigmoid of another one: as in matgl.
    #[default]
    Gated,
    /// A network with activations between its layers: as in torchmd-net.
    Plain,
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
    /// Widths of the hidden layers of the readout's networks.
    pub readout_hidden: Vec<usize>,
    /// Edges are switched off below this distance too, in Å, by $\tfrac12 (1 - \cos(2 \pi u))$ with
    /// $u = (r - r_i) / (r_c - r_i)$; at zero they are not.
    #[serde(default, skip_serializing_if = "is_default")]
    pub inner_cutoff: f64,
    /// What stands between dense layers.
    #[serde(default, skip_serializing_if = "is_default")]
    pub activation: Activation,
    /// Whether each atom is its own neighbour besides, at no distance.
    #[serde(default, skip_serializing_if = "is_default")]
    pub self_edges: bool,
    /// How energies are read out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub readout: TensornetReadout,
    /// Whether the energy of a structure is the sum over its atoms divided by one more than their number, which is what
    /// torchmd-net takes for the mean.
    #[serde(default, skip_serializing_if = "is_default")]
    pub mean_of_atoms: bool,
    /// Total charge $q$ of the structures, which multiplies products of matrices by $1 + q/10$.
    #[serde(default, skip_serializing_if = "is_default")]
    pub charge: f64,
    /// What acts between pairs of atoms besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub priors: Vec<PairPrior>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Bound on charges in a file.
const MAX_CHARGE: f64 = 1000.0;

impl TensornetArchitecture {
    /// Degree of the harmonics that symmetric matrices are made of.
    pub const MAX_HARMONIC: usize = 2;

    /// The features of an atom: one block for each part of the matrices, channels filled up to whole registers.
    pub fn layout(&self) -> Layout {
        Layout::new((0..3).map(|degree| (degree, padded(self.channels))))
    }

    /// Checks that the parts fit together and that there are kernels for them.
    ///
    /// # Errors
    /// [`ModelError::Architecture`] naming what does not fit.
    pub fn validate(&self) -> Result<(), ModelError> {
        require_species(&self.species)?;
        require_cutoff(self.cutoff)?;
        require(self.priors.len() <= MAX_LAYERS, "there are up to 64 priors", &self.priors.len())?;
        self.priors.iter().try_for_each(|prior| prior.validate(self.species.len()))?;
        if let RadialExpansion::Gaussian { width, .. } = self.radial {
            require(width.is_finite() && width > 0.0, "the width of the Gaussians is positive", &width)?;
        }
        require(
            (0.0..self.cutoff).contains(&self.inner_cutoff),
            "the inner cut-off lies below the other one",
            &self.inner_cutoff,
        )?;
        require(self.charge.abs() <= MAX_CHARGE, "the total charge lies between -1000 and 1000", &self.charge)?;
        require(WIDTHS.contains(&self.channels), "there are 1 to 4096 channels", &self.channels)?;
        require(self.layers <= MAX_LAYERS, "there are up to 64 layers", &self.layers)?;
        let widths: Vec<usize> = self.readout_hidden.iter().copied().chain([self.radial.count()]).collect();
        let sound = widths.len() <= MAX_LAYERS && widths.iter().all(|width| WIDTHS.contains(width));
        require(sound, "there are 1 to 4096 radial functions and hidden neurons", &widths)
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
