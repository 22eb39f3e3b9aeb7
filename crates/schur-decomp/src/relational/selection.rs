//! How many groups there are: the most that come out the same from disturbed data.

use rayon::prelude::*;
use schur_tensor::Tensor;

use super::alignment::{Columns, align, silhouettes};
use super::stack::Stack;
use super::updates::Updates;
use super::{Rescal, RescalOptions, Unknown, check_rank, fit};
use crate::fit::{Stopping, unobserved};
use crate::random::{stream, units};
use crate::{DecompError, Scalar};

/// How the number of groups is chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct SelectionOptions {
    /// The numbers of groups that are tried.
    pub ranks: Vec<usize>,
    /// Disturbed copies of the data for each.
    pub copies: usize,
    /// Random starts for each copy, of which the best counts: one that got stuck looks like an unstable group.
    pub starts: usize,
    /// Each element is multiplied with a number drawn evenly from `[1 - noise, 1 + noise)`.
    pub noise: f64,
    /// Groups count as stable if the least of their silhouettes is this or more.
    pub threshold: f64,
    /// What a NaN in the data means.
    pub unknown: Unknown,
    /// When a fit ends.
    pub stopping: Stopping,
    /// Where random numbers come from.
    pub seed: u64,
}

impl Default for SelectionOptions {
    fn default() -> Self {
        Self {
            ranks: (1..=8).collect(),
            copies: 10,
            starts: 3,
            noise: 0.03,
            threshold: 0.75,
            unknown: Unknown::default(),
            stopping: Stopping { iterations: 1000, tolerance: 1e-6 },
            seed: 0,
        }
    }
}

/// What one number of groups gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The number of groups.
    pub rank: usize,
    /// The least mean silhouette of a group.
    pub least_silhouette: f64,
    /// The mean silhouette of all.
    pub mean_silhouette: f64,
    /// `|data - model| / |data|` of the median model on the undisturbed data.
    pub relative_error: f64,
    /// Medians of the groups, with relations fitted to them.
    pub model: Rescal,
}

/// All candidates, and which is chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// In the order asked for.
    pub candidates: Vec<Candidate>,
    /// The place of the largest that is stable; none if none is.
    pub chosen: Option<usize>,
}

/// Fits each number of groups to disturbed copies and chooses the largest number that is stable.
///
/// # Shapes
/// `tensor: [entities, entities, relations]`.
/// # Errors
/// Those of [`rescal`](super::rescal), and [`DecompError::Option`] for fewer than two copies, no start, or noise outside `[0, 1)`.
/// # Cost
/// `copies * starts` fits for each number of groups, in the threads of the current pool.
pub fn select<T: Scalar>(tensor: &Tensor<T>, options: &SelectionOptions) -> Result<Selection, DecompError> {
    if options.copies < 2 {
        let value = options.copies as f64;
        return Err(DecompError::Option { option: "copies", value, expected: "two or more" });
    }
    if options.starts == 0 {
        return Err(DecompError::Option { option: "starts", value: 0.0, expected: "one or more" });
    }
    if !(0.0..1.0).contains(&options.noise) {
        return Err(DecompError::Option { option: "noise", value: options.noise, expected: "from 0 to below 1" });
    }
    let stack = Stack::new(tensor, options.unknown)?;
    options.ranks.iter().try_for_each(|&rank| check_rank(&stack, rank))?;
    let candidates: Result<Vec<Candidate>, DecompError> =
        options.ranks.iter().map(|&rank| candidate(&stack, rank, options)).collect();
    let candidates = candidates?;
    let stable = (0..candidates.len()).filter(|&at| candidates[at].least_silhouette >= options.threshold);
    let chosen = stable.max_by_key(|&at| candidates[at].rank);
    Ok(Selection { candidates, chosen })
}

fn candidate(stack: &Stack, rank: usize, options: &SelectionOptions) -> Result<Candidate, DecompError> {
    // Each copy has streams of random numbers of its own: its noise and its starts.
    let draw = |copy: usize, which: usize| ((1 + options.starts) * (rank * options.copies + copy) + which) as u64;
    let fitted: Result<Columns, DecompError> = (0..options.copies)
        .into_par_iter()
        .map(|copy| {
            let disturbed = stack.disturbed(options.noise, (options.seed, draw(copy, 0)))?;
            let rescal =
                RescalOptions { rank, stopping: options.stopping, seed: options.seed, unknown: options.unknown };
            let (mut model, mut report) = fit(&disturbed, &rescal, draw(copy, 1), &mut unobserved)?;
            for start in 2..=options.starts {
                let other = fit(&disturbed, &rescal, draw(copy, start), &mut unobserved)?;
                if other.1.relative_error < report.relative_error {
                    (model, report) = other;
                }
            }
            Ok((0..rank)
                .map(|group| model.entities.data().iter().skip(group).step_by(rank).copied().collect())
                .collect())
        })
        .collect();
    let mut columns = fitted?;
    let centres = align(&mut columns);
    let silhouettes = silhouettes(&columns);
    let entities = Tensor::from_fn(&[stack.entities, rank], |index| centres[index[1]][index[0]])?;
    let model = with_relations(stack, entities, options)?;
    Ok(Candidate {
        rank,
        least_silhouette: silhouettes.iter().copied().fold(f64::INFINITY, f64::min),
        mean_silhouette: silhouettes.iter().sum::<f64>() / rank as f64,
        relative_error: stack.relative_error(&model),
        model,
    })
}

/// Fits the relations of given groups.
fn with_relations(stack: &Stack, entities: Tensor<f64>, options: &SelectionOptions) -> Result<Rescal, DecompError> {
    let rank = entities.shape()[1];
    let relations = units(&[stack.relations, rank, rank], &mut stream(options.seed, u64::MAX))?;
    let mut updates = Updates::new(stack, Rescal { entities, relations })?;
    for _ in 0..options.stopping.iterations {
        updates.relations()?;
        updates.estimate()?;
    }
    updates.normalised()
}
