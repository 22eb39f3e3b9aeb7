//! How the channels of two operands meet, in e3nn's letters, for any product.
//!
//! A product acts on components and says nothing of channels. Here it runs on channels that are paired up first and summed
//! up or mixed by weights afterwards:
//!
//! | mode | result | weights |
//! |---|---|---|
//! | `uuu` | $z_u = w_u\, x_u y_u$ | none or $w_u$ |
//! | `uvuv` | $z_{uv} = w_{uv}\, x_u y_v$ | none or $w_{uv}$ |
//! | `uvu` | $z_u = \sum_v w_{uv}\, x_u y_v$ | none or $w_{uv}$ |
//! | `uvv` | $z_v = \sum_u w_{uv}\, x_u y_v$ | none or $w_{uv}$ |
//! | `uvw` | $z_w = \sum_{uv} w_{uvw}\, x_u y_v$ | $w_{uvw}$ |
//! | `uuw` | $z_w = \sum_u w_{uw}\, x_u y_u$ | $w_{uw}$ |
//!
//! Weights are those of the product: one for each of its weighted paths and each combination of channels. In the modes
//! that end in `w` the weights of a layer are packed into dense matrices; in the others they are an argument.
//!
//! All of these act on channels alone, so the result is as equivariant as the product.

mod dense;
mod run;

use schur_multilinear::{Argument, ChannelwisePlan, ChannelwiseWorkspace, Factored, Weighting};
use schur_tensor::{Real, padded, pulp::Arch};

use crate::ProductError;
use dense::Dense;

/// Which channels meet. See the module's documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChannelMode {
    /// One to one.
    Uuu,
    /// All pairs, kept.
    Uvuv,
    /// All pairs, summed over the second argument.
    Uvu,
    /// All pairs, summed over the first argument.
    Uvv,
    /// All pairs, mixed.
    Uvw,
    /// One to one, mixed.
    Uuw,
}

impl ChannelMode {
    /// Whether each channel of one argument meets each of the other.
    pub fn pairs_all(self) -> bool {
        !matches!(self, Self::Uuu | Self::Uuw)
    }

    /// Whether the result's channels are mixtures by dense weights.
    pub fn mixes(self) -> bool {
        matches!(self, Self::Uvw | Self::Uuw)
    }

    /// Pairs of channels that one channel of the result is a sum over: e3nn's `num_elements`.
    pub fn summed(self, [left, right, _]: [usize; 3]) -> usize {
        match self {
            Self::Uuu | Self::Uvuv => 1,
            Self::Uvu => right,
            Self::Uvv | Self::Uuw => left,
            Self::Uvw => left.saturating_mul(right),
        }
    }

    /// Whether arguments and result may have these channels.
    pub fn accepts(self, [left, right, result]: [usize; 3]) -> bool {
        match self {
            Self::Uuu => left == right && left == result,
            Self::Uuw => left == right,
            Self::Uvuv => left.checked_mul(right) == Some(result),
            Self::Uvu => left == result,
            Self::Uvv => right == result,
            Self::Uvw => true,
        }
    }
}

/// The weights of a [`ChannelProduct`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ChannelWeights<'a> {
    /// The product has none.
    None,
    /// An argument, `[item][path][combination of channels]`: `u` or `u v`.
    PerItem,
    /// An argument that all items share, `[path][combination of channels]`.
    Shared,
    /// Those of a layer, for modes that mix: `[path][u][v][w]`, or `[path][u][w]`.
    Dense(&'a [f64]),
}

/// A product with channels in one of the modes. See the module's documentation.
///
/// # Examples
/// Every pair of two vectors with two channels, dotted and mixed to one number:
/// ```
/// use schur_product::products::{CgOptions, PathSums, clebsch_gordan};
/// use schur_product::{ChannelMode, ChannelProduct, ChannelProductWorkspace, ChannelWeights};
/// use schur_tensor::pulp::Arch;
///
/// let options = CgOptions { output: Some("0e".parse()?), ..CgOptions::default() };
/// let dot = clebsch_gordan(&"1o".parse()?, &"1o".parse()?, &options)?;
/// let weights = ChannelWeights::Dense(&[1.0, 0.0, 0.0, 10.0]);
/// let product = ChannelProduct::<f64>::new(Arch::new(), dot.map(), ChannelMode::Uvw, [2, 2, 1], weights)?;
/// let (x, y) = ([1., 2., 0., 0., 0., 0.], [3., 5., 0., 0., 0., 0.]); // [component][channel]
/// let mut z = [0.0];
/// product.forward(1, &[&x, &y], &mut z, &mut ChannelProductWorkspace::default())?;
/// assert!((z[0] - (1. * 3. + 10. * 2. * 5.) / 3.0_f64.sqrt()).abs() < 1e-14);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ChannelProduct<T> {
    mode: ChannelMode,
    /// Of the arguments and the result.
    channels: [usize; 3],
    /// Components of the arguments and the result.
    rows: [usize; 3],
    /// Channels that the plan runs on; padded for dense weights.
    pairs: usize,
    /// Whether each argument is written out for all pairs before the plan runs.
    expanded: [bool; 2],
    plan: ChannelwisePlan<T>,
    /// Rows of the plan's result.
    path_rows: usize,
    dense: Option<Dense<T>>,
    weighted: bool,
}

/// Memory that a run needs; it grows once and is used again.
#[derive(Debug, Default)]
pub struct ChannelProductWorkspace<T> {
    plan: ChannelwiseWorkspace<T>,
    /// Expanded arguments, the result before channels are summed, and their cotangents.
    expanded: [Vec<T>; 6],
}

/// Which cotangents of a [`ChannelProduct`] are wanted, and where they go; each is overwritten.
#[derive(Debug, Default)]
pub struct ChannelProductCotangents<'a, T> {
    /// Of the first argument.
    pub left: Option<&'a mut [T]>,
    /// Of the second argument.
    pub right: Option<&'a mut [T]>,
    /// Of the weights that are an argument, or of dense ones in the order in which they were given.
    pub weights: Option<&'a mut [T]>,
}

impl<T: Real> ChannelProduct<T> {
    /// Compiles a product for channels `[u, v, w]` of its arguments and its result.
    ///
    /// # Errors
    /// [`ProductError::Channels`] if channels or weights do not fit the mode, [`ProductError::Length`] if dense weights
    /// are not as many as needed.
    pub fn new(
        arch: Arch,
        map: &Factored,
        mode: ChannelMode,
        channels: [usize; 3],
        weights: ChannelWeights<'_>,
    ) -> Result<Self, ProductError> {
        let [left, right, result] = channels;
        let refuse = |problem| Err(ProductError::Channels { mode, channels, problem });
        if !mode.accepts(channels) {
            return refuse("channels of the arguments and the result do not fit");
        }
        let weighted = map.weighting().weights > 0;
        match weights {
            ChannelWeights::Dense(_) if !mode.mixes() => return refuse("only modes that mix take dense weights"),
            ChannelWeights::Dense(_) => {}
            _ if mode.mixes() => return refuse("a mode that mixes needs dense weights"),
            ChannelWeights::None if weighted => return refuse("the product has weights"),
            ChannelWeights::PerItem | ChannelWeights::Shared if !weighted => {
                return refuse("the product has no weights");
            }
            _ => {}
        }
        let Some(combinations) = (if mode.pairs_all() { left.checked_mul(right) } else { Some(left) }) else {
            return refuse("there are more pairs than fit into memory");
        };
        let (circuit, dense, path_rows) = match weights {
            ChannelWeights::Dense(values) => {
                let plain = without_weights(map, mode, channels)?;
                let dense = Dense::new(arch, map, [combinations, result], values)?;
                (plain.to_circuit(), Some(dense), map.path_rows())
            }
            _ => (map.to_circuit(), None, map.dims()[2]),
        };
        let pairs = if mode.mixes() { padded(combinations) } else { combinations };
        // An argument of one channel serves all pairs as it is, unless nothing else tells how many there are.
        let expanded = [left != pairs && (left != 1 || right == 1), right != pairs && right != 1];
        let width = |expanded: bool, channels: usize| Argument::per_item(if expanded { pairs } else { channels });
        let mut arguments = vec![width(expanded[0], left), width(expanded[1], right)];
        match weights {
            ChannelWeights::PerItem => arguments.push(Argument::per_item(combinations)),
            ChannelWeights::Shared => arguments.push(Argument::shared(combinations)),
            _ => {}
        }
        let plan = ChannelwisePlan::new(arch, &circuit, &arguments)?;
        let weighted = weighted && dense.is_none();
        Ok(Self { mode, channels, rows: map.dims(), pairs, expanded, plan, path_rows, dense, weighted })
    }

    /// Channels of the arguments and the result.
    pub fn channels(&self) -> [usize; 3] {
        self.channels
    }

    /// Components of the arguments and the result.
    pub fn components(&self) -> [usize; 3] {
        self.rows
    }

    /// Numbers of dense weights, or none.
    pub fn dense_weights(&self) -> Option<usize> {
        self.dense.as_ref().map(Dense::len)
    }
}

/// The map without the weights of its result, which dense matrices replace.
fn without_weights(map: &Factored, mode: ChannelMode, channels: [usize; 3]) -> Result<Factored, ProductError> {
    let Weighting { left, right, .. } = map.weighting();
    if left.is_some() || right.is_some() {
        let problem = "weights of the arguments cannot be mixed: only those of paths can";
        return Err(ProductError::Channels { mode, channels, problem });
    }
    let factors = |list: &[schur_multilinear::ComponentMatrix]| list.to_vec();
    Ok(Factored::new(factors(map.left()), factors(map.right()), map.bilinear().clone(), factors(map.result()))?)
}
