//! What a MACE model is made of, as data: stored as JSON in a model file.

use schur_group::Irreps;
use schur_product::products::Symmetry;
use schur_product::{Convolution, Layout, SymmetricContraction, SymmetricContractionOptions};
use schur_tensor::padded;
use serde::{Deserialize, Serialize};

use crate::limits::{MAX_DEGREE, POWERS, WIDTHS, require, require_cutoff, require_species};
use crate::{CutoffFunction, ModelError};

/// The functions of the distance that radial networks start from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
#[non_exhaustive]
pub enum RadialKind {
    /// $\sqrt{2/r_c}\, \sin(k_n x)/x$ with the frequencies of the weights.
    Bessel,
    /// $e^{c (x - \mu_n)^2}$ with the centres of the weights.
    Gaussian {
        /// The coefficient `c`, 1/Å² where distances are not transformed.
        coefficient: f64,
    },
    /// $T_n(x)$ for `n` from 1.
    Chebyshev,
}

/// What replaces a distance before radial functions see it; it depends on the radii of both elements.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
#[non_exhaustive]
pub enum DistanceTransform {
    /// $1/(1 + a x^q/(1 + x^{q-p}))$ with $x = r/r_0$ and half the sum of the radii for $r_0$.
    Agnesi {
        /// The power `q`.
        q: f64,
        /// The power `p`, at least `q`.
        p: f64,
        /// The factor `a`.
        a: f64,
    },
    /// $p_0 + (r - p_0)(1 + \tanh(\alpha (r - m)/(p_1 - p_0)))/2$ with $p_0 = 3/4$ and $p_1 = 4/3$ of the sum of the radii
    /// and `m` between them.
    Soft {
        /// The steepness `alpha`.
        alpha: f64,
    },
}

/// What depends on the element besides the contraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum MaceSkip {
    /// Nothing.
    None,
    /// The message is mixed once more, by matrices of the receiver's element.
    Message,
    /// The features of the layer before are added, mixed by matrices of the element.
    Residual,
}

/// How energies are read out of the features behind a layer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
#[non_exhaustive]
pub enum MaceReadout {
    /// Not at all.
    None,
    /// A linear function of the scalars.
    Linear,
    /// A network with one hidden layer; each head has its own.
    Network {
        /// Neurons of a head.
        hidden: usize,
        /// The activation is this times `x * sigmoid(x)`.
        activation_scale: f64,
    },
}

/// One layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaceLayer {
    /// What neighbours send: `[degree, channels]`, ascending in degree, scalars first.
    pub sent: Vec<[usize; 2]>,
    /// Degrees of the features behind the layer, ascending from zero.
    pub degrees: Vec<usize>,
    /// The highest order of the contraction, 1 to 3.
    pub correlation: usize,
    /// Whether messages are divided by one plus a learned sum over the neighbours, and not by a constant.
    pub density: bool,
    /// What depends on the element besides the contraction.
    pub skip: MaceSkip,
    /// How energies are read out.
    pub readout: MaceReadout,
}

/// The architecture of a MACE model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaceArchitecture {
    /// Atomic number of each species, in the order of the model's weights.
    pub species: Vec<u8>,
    /// Cut-off radius in Å.
    pub cutoff: f64,
    /// How edges are switched off: a polynomial.
    pub cutoff_function: CutoffFunction,
    /// Whether the cut-off function multiplies the weights of an edge, and not the radial functions.
    pub cutoff_on_weights: bool,
    /// The radial functions.
    pub radial: RadialKind,
    /// Number of radial functions.
    pub radial_functions: usize,
    /// What replaces distances.
    pub distance_transform: Option<DistanceTransform>,
    /// Widths of the hidden layers of the radial networks.
    pub radial_hidden: Vec<usize>,
    /// The activation of the radial networks is this times `x * sigmoid(x)`.
    pub activation_scale: f64,
    /// Largest degree of the harmonics and of the messages.
    pub max_harmonic: usize,
    /// Whether features change sign as harmonics do under inversion; if not, they do not change.
    pub parity: bool,
    /// Channels of all features.
    pub channels: usize,
    /// Whether one contraction serves all elements.
    pub shared_contraction: bool,
    /// The layers.
    pub layers: Vec<MaceLayer>,
    /// The power of the envelope of the Ziegler-Biersack-Littmark repulsion, if there is one.
    pub pair_repulsion: Option<u32>,
    /// Names of the heads (levels of theory), empty if there is one.
    pub heads: Vec<String>,
}

/// Largest order of a contraction.
const MAX_CORRELATION: usize = 3;

impl MaceArchitecture {
    /// Number of heads.
    pub fn n_heads(&self) -> usize {
        self.heads.len().max(1)
    }

    /// The features before layer `t` (or behind the last), `[degree, channels]`.
    pub fn features(&self, t: usize) -> Vec<[usize; 2]> {
        match t.checked_sub(1).and_then(|before| self.layers.get(before)) {
            Some(layer) => layer.degrees.iter().map(|&l| [l, self.channels]).collect(),
            None => vec![[0, self.channels]],
        }
    }

    /// All features as irreps.
    pub(crate) fn feature_names(&self) -> Vec<String> {
        let name = |&[l, channels]: &[usize; 2]| format!("{channels}x{}", self.irrep(l));
        (0..=self.layers.len()).map(|t| self.features(t).iter().map(name).collect::<Vec<_>>().join("+")).collect()
    }

    fn irrep(&self, l: usize) -> String {
        let parity = if self.parity && !l.is_multiple_of(2) { 'o' } else { 'e' };
        format!("{l}{parity}")
    }

    /// The convolution of layer `t`; with `filled_up`, channels fill registers as they do in memory.
    ///
    /// # Errors
    /// [`ModelError`] only if the coefficients do not fit.
    pub fn convolution(&self, t: usize, filled_up: bool) -> Result<Convolution, ModelError> {
        let channels = |channels: usize| if filled_up { padded(channels) } else { channels };
        let sent = Layout::new(self.layers[t].sent.iter().map(|&[l, c]| (l, channels(c))));
        let most = self.max_harmonic;
        Ok(match self.parity {
            true => Convolution::with_parity(&sent, most, most)?,
            false => Convolution::new(&sent, most, most)?,
        })
    }

    /// The symmetric contraction of layer `t`.
    ///
    /// # Errors
    /// [`ModelError`] only if it is too large.
    pub fn contraction(&self, t: usize) -> Result<SymmetricContraction, ModelError> {
        let irreps = |degrees: &mut dyn Iterator<Item = usize>| -> Result<Irreps, ModelError> {
            let names = degrees.map(|l| self.irrep(l)).collect::<Vec<_>>().join("+");
            names.parse().map_err(|error| ModelError::Product(schur_product::ProductError::Group(error)))
        };
        let options = SymmetricContractionOptions {
            inputs: irreps(&mut (0..=self.max_harmonic))?,
            outputs: irreps(&mut self.layers[t].degrees.iter().copied())?,
            correlation: self.layers[t].correlation,
            symmetry: if self.parity { Symmetry::O3 } else { Symmetry::So3 },
        };
        Ok(SymmetricContraction::new(&options)?)
    }

    /// Checks that the parts fit together and that there are kernels for them.
    ///
    /// # Errors
    /// [`ModelError::Architecture`] naming what does not fit.
    pub fn validate(&self) -> Result<(), ModelError> {
        require_species(&self.species)?;
        require_cutoff(self.cutoff)?;
        let sound = matches!(self.cutoff_function, CutoffFunction::Polynomial { power: 2..=64 });
        require(sound, "the cut-off function is a polynomial of power 2 to 64", &self.cutoff_function)?;
        let sound = self.pair_repulsion.is_none_or(|power| POWERS.contains(&power));
        require(sound, "the envelope of the repulsion has a power of 2 to 64", &self.pair_repulsion)?;
        let sound = self.activation_scale.is_finite() && self.activation_scale > 0.0;
        require(sound, "the activation has a positive factor", &self.activation_scale)?;
        require(self.max_harmonic <= MAX_DEGREE, "harmonics go up to degree 3", &self.max_harmonic)?;
        self.validate_radial()?;
        let widths = [self.radial_functions, self.channels, self.layers.len(), self.n_heads()];
        let sound = widths.iter().chain(&self.radial_hidden).all(|w| WIDTHS.contains(w));
        require(sound, "there are 1 to 4096 layers, heads, channels and neurons", &widths)?;
        self.layers.iter().try_for_each(|layer| self.validate_layer(layer))
    }

    fn validate_radial(&self) -> Result<(), ModelError> {
        if let RadialKind::Gaussian { coefficient } = self.radial {
            require(coefficient.is_finite(), "Gaussians have a width", &coefficient)?;
        }
        match self.distance_transform {
            Some(DistanceTransform::Agnesi { q, p, a }) => {
                let sound = a.is_finite() && p.is_finite() && q > 0.0 && p >= q && p >= 1.0;
                require(sound, "Agnesi's powers are p >= q > 0 and p >= 1", &[q, p, a])
            }
            Some(DistanceTransform::Soft { alpha }) => require(alpha.is_finite(), "a steepness", &alpha),
            None => Ok(()),
        }
    }

    fn validate_layer(&self, layer: &MaceLayer) -> Result<(), ModelError> {
        let ascending = |degrees: &[usize]| {
            degrees.first() == Some(&0)
                && degrees.windows(2).all(|pair| pair[0] < pair[1])
                && degrees.iter().all(|&l| l <= MAX_DEGREE)
        };
        let sent: Vec<usize> = layer.sent.iter().map(|block| block[0]).collect();
        let sound = ascending(&sent) && layer.sent.iter().all(|block| WIDTHS.contains(&block[1]));
        require(sound, "what is sent has ascending degrees 0 to 3", &layer.sent)?;
        require(ascending(&layer.degrees), "features have ascending degrees from 0 to 3", &layer.degrees)?;
        let sound = (1..=MAX_CORRELATION).contains(&layer.correlation);
        require(sound, "contractions have an order of 1 to 3", &layer.correlation)?;
        let sound = match layer.readout {
            MaceReadout::Network { hidden, activation_scale } => {
                WIDTHS.contains(&hidden) && activation_scale.is_finite()
            }
            MaceReadout::Linear | MaceReadout::None => true,
        };
        require(sound, "readouts have 1 to 4096 neurons", &layer.readout)
    }
}
