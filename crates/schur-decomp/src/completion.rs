//! Tensors with gaps: models fitted to the elements that were observed, and what they say of the others.
//!
//! [`Observed`] holds coordinates and values, as a sparse tensor does, but the elements that are not there are unknown
//! and not zero, and a place may have been observed several times. [`complete`] fits
//!
//! $$ y_{i_1 \dots i_N} \approx \mu + \sum_n b^{(n)}_{i_n} + \text{a model of low rank} $$
//!
//! by alternating least squares over the rows of factors, with a ridge for each row and, for modes whose indices are
//! ordered, a penalty on the second differences of neighbouring rows. The first two terms, the additive main effects,
//! are what any tensor method must beat; fitting the model to what they leave makes it easy. [`validation`] measures
//! errors on elements held out and chooses among models by them.
//!
//! Everything is computed in f64: observations are few, and what is predicted from them rests on small differences.
//!
//! # Source
//! Zhou, Wilkinson, Schreiber and Pan, "Large-scale parallel collaborative filtering for the Netflix prize", 2008 (rows
//! with a ridge each); Yokota, Zhao and Cichocki, "Smooth PARAFAC decomposition for tensor completion", 2016 (penalties
//! on differences).

mod band;
mod blocks;
mod course;
mod observed;
mod offsets;
mod prediction;
mod rows;
pub mod validation;

use crate::DecompError;
use crate::fit::{Fit, Observer, Stopping};

pub use observed::Observed;
pub use offsets::MainEffects;
pub use prediction::{Completed, Errors, Model};

/// The model of low rank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// None: main effects alone.
    Additive,
    /// A sum of so many rank-one tensors.
    Cp {
        /// Their number.
        rank: usize,
    },
    /// A core of these sizes, multiplied by a factor for each mode.
    Tucker {
        /// The size of the core in each mode.
        ranks: Vec<usize>,
    },
    /// A tensor train.
    Train {
        /// The sizes of the bonds, one fewer than modes.
        ranks: Vec<usize>,
    },
}

/// How a tensor with gaps is completed.
#[derive(Debug, Clone, PartialEq)]
pub struct CompletionOptions {
    /// The model of low rank.
    pub form: Form,
    /// Whether main effects are fitted too.
    pub offsets: bool,
    /// Whether the factors of a CP model have no negative entries.
    pub nonnegative: bool,
    /// What the squares of the model's entries cost.
    pub ridge: f64,
    /// What the squares of second differences of factor rows cost, a number a mode; none for modes without order.
    pub smoothness: Vec<f64>,
    /// What the squares of main effects cost.
    pub offset_ridge: f64,
    /// What the squares of second differences of main effects cost, a number a mode; none for modes without order.
    pub offset_smoothness: Vec<f64>,
    /// When it ends.
    pub stopping: Stopping,
    /// Where random numbers come from.
    pub seed: u64,
}

impl Default for CompletionOptions {
    fn default() -> Self {
        Self {
            form: Form::Cp { rank: 1 },
            offsets: true,
            nonnegative: false,
            ridge: 0.1,
            smoothness: Vec::new(),
            offset_ridge: 0.1,
            offset_smoothness: Vec::new(),
            stopping: Stopping { iterations: 100, tolerance: 1e-6 },
            seed: 0,
        }
    }
}

/// Fits a model to the elements observed.
///
/// # Errors
/// [`DecompError::EmptySlice`] for a slice without observations where neither ridge nor smoothness says what its row
/// should be, [`DecompError::Option`] for negative penalties or a nonnegative form other than CP, [`DecompError::Rank`]
/// and [`DecompError::Count`] for ranks that do not fit the shape, [`DecompError::AllZero`].
/// # Cost
/// An iteration takes `w^2` operations an observation and mode, with `w` numbers in a row: the rank of a CP model, a
/// mode's size of a core, the product of the bonds on both sides of a train's mode. Reading a core of `p` numbers takes
/// `p^2` more. Rows of a smooth mode are solved together, `4 w^3` operations a row.
/// # Examples
/// ```
/// use schur_decomp::completion::{CompletionOptions, Form, Observed, complete};
/// use schur_decomp::fit::unobserved;
///
/// // Half of a table of products.
/// let (mut indices, mut values) = (vec![vec![]; 2], vec![]);
/// for place in (0..36_u32).filter(|place| place % 5 != 1) {
///     indices[0].push(place / 6);
///     indices[1].push(place % 6);
///     values.push(f64::from((place / 6 + 1) * (place % 6 + 2)));
/// }
/// let observed = Observed::new(&[6, 6], indices, values)?;
/// let options = CompletionOptions { form: Form::Cp { rank: 1 }, offsets: false, ridge: 1e-9, ..Default::default() };
/// let (completed, _) = complete(&observed, &options, &mut unobserved)?;
/// assert!((completed.predict(&[1, 0]).ok_or("inside")? - 4.0).abs() < 1e-3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn complete(
    observed: &Observed,
    options: &CompletionOptions,
    observer: Observer<'_>,
) -> Result<(Completed, Fit), DecompError> {
    course::run(observed, options, observer)
}
