//! Relations between entities: what groups there are, and how they relate.
//!
//! Nonnegative RESCAL writes how much entity `i` relates to entity `j` in relation `r` through `k` groups,
//!
//! $$ x_{ijr} \approx \sum_{pq} a_{ip}\, r_{rpq}\, a_{jq}, \qquad a, r \ge 0, $$
//!
//! the same groups whether an entity is the one that relates or the one related to. How many groups there are,
//! [`selection`] says: the most that come out the same from data that are slightly disturbed.
//!
//! # Source
//! Nickel, Tresp and Kriegel, "A three-way model for collective learning on multi-relational data", 2011; Krompass,
//! Nickel, Jiang and Tresp, "Non-negative tensor factorization with RESCAL", 2013 (updates); Bhattarai, Boureima,
//! Skau, Nebgen, Djidjev, Rajopadhye, Smith and Alexandrov, "Distributed non-negative RESCAL with automatic model
//! selection for exascale data", 2023 (selection). Noise here is symmetric about the data; there it is not.

mod alignment;
pub mod selection;
mod stack;
mod updates;

use schur_tensor::Tensor;

use self::stack::Stack;
use self::updates::Updates;
use crate::fit::{Course, Fit, Observer, Stopping};
use crate::random::{stream, units};
use crate::{DecompError, Scalar};

/// Groups of entities, and how they relate.
#[derive(Debug, Clone, PartialEq)]
pub struct Rescal {
    /// `[entities, k]`, columns of norm one: how much each entity belongs to each group.
    pub entities: Tensor<f64>,
    /// `[relations, k, k]`: how the groups relate.
    pub relations: Tensor<f64>,
}

/// What a NaN in the data means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Unknown {
    /// A mistake: the data are refused.
    #[default]
    Refused,
    /// No relation, as in tables that leave out what did not happen.
    Zero,
    /// Nothing: the model is fitted to the other elements, and errors are over those.
    ///
    /// Unknown elements are estimated by the model after each iteration, so the error over the known ones never rises.
    Missing,
}

/// How nonnegative RESCAL runs.
#[derive(Debug, Clone, PartialEq)]
pub struct RescalOptions {
    /// The number of groups.
    pub rank: usize,
    /// What a NaN in the data means.
    pub unknown: Unknown,
    /// When it ends.
    pub stopping: Stopping,
    /// Where random numbers come from.
    pub seed: u64,
}

impl Default for RescalOptions {
    fn default() -> Self {
        let stopping = Stopping { iterations: 1000, tolerance: 1e-7 };
        Self { rank: 1, unknown: Unknown::default(), stopping, seed: 0 }
    }
}

impl Rescal {
    /// The number of groups.
    pub fn rank(&self) -> usize {
        self.entities.shape()[1]
    }

    /// Multiplies it out.
    ///
    /// # Shapes
    /// -> `[entities, entities, relations]`.
    /// # Errors
    /// [`DecompError::Shape`] if it cannot be held.
    pub fn to_tensor(&self) -> Result<Tensor<f64>, DecompError> {
        let (k, n, m) = (self.rank(), self.entities.shape()[0], self.relations.shape()[0]);
        let row = |i: usize| &self.entities.data()[i * k..][..k];
        let element = |index: &[usize]| -> f64 {
            let relation = &self.relations.data()[index[2] * k * k..][..k * k];
            let lines =
                relation.chunks_exact(k).map(|line| line.iter().zip(row(index[1])).map(|(r, a)| r * a).sum::<f64>());
            lines.zip(row(index[0])).map(|(line, a)| line * a).sum()
        };
        Ok(Tensor::from_fn(&[n, n, m], element)?)
    }
}

/// Fits groups and their relations by multiplicative updates.
///
/// # Shapes
/// `tensor: [entities, entities, relations]`.
/// # Errors
/// [`DecompError`] for a tensor of another order, of unequal first modes, with a negative or infinite element, a NaN where
/// [`Unknown`] does not say what it means, or no element that is not zero, or a rank above the number of entities.
/// # Cost
/// `4 n^2 m k` operations an iteration, and two copies of the data in f64; twice that with missing elements.
/// # Examples
/// ```
/// use schur_decomp::fit::unobserved;
/// use schur_decomp::relational::{RescalOptions, rescal};
/// use schur_tensor::Tensor;
///
/// // Two groups of two, who keep to themselves.
/// let tensor = Tensor::from_fn(&[4, 4, 1], |i| if i[0] / 2 == i[1] / 2 { 1.0 } else { 0.0 })?;
/// let (model, fit) = rescal(&tensor, &RescalOptions { rank: 2, ..Default::default() }, &mut unobserved)?;
/// assert!(fit.relative_error < 0.05);
/// assert_eq!(model.relations.shape(), [1, 2, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn rescal<T: Scalar>(
    tensor: &Tensor<T>,
    options: &RescalOptions,
    observer: Observer<'_>,
) -> Result<(Rescal, Fit), DecompError> {
    let stack = Stack::new(tensor, options.unknown)?;
    fit(&stack, options, 0, observer)
}

/// Fits to slices that are checked already; `draw` numbers the independent starts of a seed.
fn fit(
    stack: &Stack,
    options: &RescalOptions,
    draw: u64,
    observer: Observer<'_>,
) -> Result<(Rescal, Fit), DecompError> {
    check_rank(stack, options.rank)?;
    if options.stopping.iterations == 0 {
        return Err(DecompError::Option { option: "iterations", value: 0.0, expected: "one or more" });
    }
    let mut rng = stream(options.seed, draw);
    let entities = units(&[stack.entities, options.rank], &mut rng)?;
    let relations = units(&[stack.relations, options.rank, options.rank], &mut rng)?;
    let mut updates = Updates::new(stack, Rescal { entities, relations })?;
    let mut course = Course::new(options.stopping);
    let end = loop {
        updates.relations()?;
        updates.entities()?;
        updates.estimate()?;
        if let Some(end) = course.step(updates.relative_error()?, observer) {
            break end;
        }
    };
    let workspace = stack.bytes() + updates.bytes();
    let model = updates.normalised()?;
    let error = stack.relative_error(&model);
    Ok((model, course.finish(end, error, Vec::new(), workspace)))
}

fn check_rank(stack: &Stack, rank: usize) -> Result<(), DecompError> {
    if (1..=stack.entities).contains(&rank) {
        return Ok(());
    }
    Err(DecompError::Rank { what: "the number of groups".to_owned(), rank, most: stack.entities })
}
