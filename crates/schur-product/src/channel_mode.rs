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
//! | `uvu<v` | $z_{uv} = w_{uv}\, x_u y_v$ for $u < v$ | none or $w_{uv}$ |
//! | `u<vw` | $z_w = \sum_{u<v} w_{uvw}\, x_u y_v$ | $w_{uvw}$ |
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
    /// Each channel with the later ones of the other argument, kept: `uvu<v`.
    UvuLessV,
    /// Each channel with the later ones of the other argument, mixed: `u<vw`.
    ULessVw,
}

impl ChannelMode {
    /// All modes.
    pub const ALL: [Self; 8] =
        [Self::Uuu, Self::Uvuv, Self::Uvu, Self::Uvv, Self::Uvw, Self::Uuw, Self::UvuLessV, Self::ULessVw];

    /// The name that e3nn gives the mode.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uuu => "uuu",
            Self::Uvuv => "uvuv",
            Self::Uvu => "uvu",
            Self::Uvv => "uvv",
            Self::Uvw => "uvw",
            Self::Uuw => "uuw",
            Self::UvuLessV => "uvu<v",
            Self::ULessVw => "u<vw",
        }
    }

    /// Whether each channel of one argument meets each of the other.
    pub fn pairs_all(self) -> bool {
        matches!(self, Self::Uvuv | Self::Uvu | Self::Uvv | Self::Uvw)
    }

    /// Whether the result's channels are mixtures by dense weights.
    pub fn mixes(self) -> bool {
        matches!(self, Self::Uvw | Self::Uuw | Self::ULessVw)
    }

    /// Pairs of channels that meet; `None` if they cannot be counted.
    pub fn combinations(self, [left, right]: [usize; 2]) -> Option<usize> {
        match self {
            Self::Uuu | Self::Uuw => Some(left),
            Self::UvuLessV | Self::ULessVw => left.checked_mul(right.saturating_sub(1)).map(|twice| twice / 2),
            _ => left.checked_mul(right),
        }
    }

    /// Pairs of channels that one channel of the result is a sum over: e3nn's `num_elements`.
    pub fn summed(self, [left, right, _]: [usize; 3]) -> usize {
        match self {
            Self::Uuu | Self::Uvuv | Self::UvuLessV => 1,
            Self::Uvu => right,
            Self::Uvv | Self::Uuw => left,
            Self::Uvw | Self::ULessVw => self.combinations([left, right]).unwrap_or(usize::MAX),
        }
    }

    /// Whether arguments and result may have these channels.
    pub fn accepts(self, [left, right, result]: [usize; 3]) -> bool {
        match self {
            Self::Uuu => left == right && left == result,
            Self::Uuw | Self::ULessVw => left == right,
            Self::UvuLessV => left == right && self.combinations([left, right]) == Some(result),
            Self::Uvuv => left.checked_mul(right) == Some(result),
            Self::Uvu => left == result,
            Self::Uvv => right == result,
            Self::Uvw => true,
        }
    }
}

impl std::fmt::Display for ChannelMode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

impl std::str::FromStr for ChannelMode {
    type Err = ProductError;

    /// Reads e3nn's name of a mode.
    fn from_str(name: &str) -> Result<Self, ProductError> {
        let mode = Self::ALL.into_iter().find(|mode| mode.name() == name);
        mode.ok_or_else(|| ProductError::UnknownMode { name: name.to_owned() })
    }
}

/// The weights of a [`ChannelProduct`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ChannelWeights<'a> {
    /// The product has none.
    None,
    /// An argument, `[item][path][combination of channels]`: `u` or `u v`, the latter fastest.
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
    /// The channel of each argument in each pair.
    partners: [Vec<usize>; 2],
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
        let Some((combinations, partners)) = partners(mode, [left, right]) else {
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
        let expanded = match mode {
            ChannelMode::UvuLessV | ChannelMode::ULessVw => [true; 2],
            _ => [left != pairs && (left != 1 || right == 1), right != pairs && right != 1],
        };
        let width = |expanded: bool, channels: usize| Argument::per_item(if expanded { pairs } else { channels });
        let mut arguments = vec![width(expanded[0], left), width(expanded[1], right)];
        match weights {
            ChannelWeights::PerItem => arguments.push(Argument::per_item(combinations)),
            ChannelWeights::Shared => arguments.push(Argument::shared(combinations)),
            _ => {}
        }
        let plan = ChannelwisePlan::new(arch, &circuit, &arguments)?;
        let weighted = weighted && dense.is_none();
        Ok(Self { mode, channels, rows: map.dims(), pairs, partners, expanded, plan, path_rows, dense, weighted })
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

/// How many pairs of channels meet, and which; none if there is no memory to list them.
fn partners(mode: ChannelMode, [left, right]: [usize; 2]) -> Option<(usize, [Vec<usize>; 2])> {
    let combinations = mode.combinations([left, right])?;
    let mut lists = [Vec::new(), Vec::new()];
    for list in &mut lists {
        list.try_reserve_exact(combinations).ok()?;
    }
    for u in 0..left {
        let others = match mode {
            ChannelMode::Uuu | ChannelMode::Uuw => u..u + 1,
            ChannelMode::UvuLessV | ChannelMode::ULessVw => u + 1..right,
            _ => 0..right,
        };
        lists[0].extend(others.clone().map(|_| u));
        lists[1].extend(others);
    }
    Some((combinations, lists))
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
