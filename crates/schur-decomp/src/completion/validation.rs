//! Errors on observations that the fit has not seen, and the choice among models by them.

use rayon::prelude::*;

use super::{CompletionOptions, Errors, Observed, complete};
use crate::DecompError;
use crate::fit::unobserved;
use crate::random::{below, stream};

/// What one candidate reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Errors on each part held out, of a fit to all others.
    pub folds: Vec<Errors>,
    /// The mean over the parts of the root of the mean square.
    pub rmse: f64,
    /// The mean over the parts of the mean absolute value.
    pub mae: f64,
}

/// Divides observations at random into parts whose sizes differ by one at most.
///
/// # Errors
/// [`DecompError::Option`] for fewer than two parts, or more than observations.
pub fn parts(observations: usize, count: usize, seed: u64) -> Result<Vec<Vec<usize>>, DecompError> {
    if count < 2 || count > observations {
        let expected = "between 2 and the number of observations";
        return Err(DecompError::Option { option: "folds", value: count as f64, expected });
    }
    let mut rng = stream(seed, 1);
    let mut order: Vec<usize> = (0..observations).collect();
    for place in (1..observations).rev() {
        order.swap(place, below(&mut rng, place + 1));
    }
    let part = |first: usize| {
        let mut part: Vec<usize> = order.iter().skip(first).step_by(count).copied().collect();
        part.sort_unstable();
        part
    };
    Ok((0..count).map(part).collect())
}

/// Fits to all parts but one, measures on that one, for each in turn.
///
/// # Errors
/// Those of [`parts`] and of [`complete`].
/// # Cost
/// `folds` fits, in the threads of the current pool.
pub fn cross_validate(
    observed: &Observed,
    options: &CompletionOptions,
    folds: usize,
    seed: u64,
) -> Result<Score, DecompError> {
    let parts = parts(observed.len(), folds, seed)?;
    let errors: Result<Vec<Errors>, DecompError> = (0..folds)
        .into_par_iter()
        .map(|held_out| {
            let mut others: Vec<usize> = Vec::with_capacity(observed.len());
            parts.iter().enumerate().filter(|(at, _)| *at != held_out).for_each(|(_, part)| others.extend(part));
            others.sort_unstable();
            let (completed, _) = complete(&observed.subset(&others)?, options, &mut unobserved)?;
            completed.errors(&observed.subset(&parts[held_out])?)
        })
        .collect();
    let folds = errors?;
    let mean = |of: &dyn Fn(&Errors) -> f64| folds.iter().map(of).sum::<f64>() / folds.len() as f64;
    Ok(Score { rmse: mean(&|errors| errors.rmse), mae: mean(&|errors| errors.mae), folds })
}

/// Cross-validates candidates; the place of the one with the least mean error, and the scores of all.
///
/// # Errors
/// [`DecompError::Count`] for no candidate, and those of [`cross_validate`].
/// # Examples
/// ```
/// use schur_decomp::completion::{CompletionOptions, Form, Observed, validation};
///
/// // Neither a product nor a sum: rank one with main effects fits best.
/// let element = |i: u32, j: u32| f64::from(i) + f64::from(i * i % 7) * f64::from(j * j % 5);
/// let places: Vec<(u32, u32)> = (0..144).map(|place| (place / 12, place % 12)).collect();
/// let indices = vec![places.iter().map(|p| p.0).collect(), places.iter().map(|p| p.1).collect()];
/// let observed = Observed::new(&[12, 12], indices, places.iter().map(|p| element(p.0, p.1)).collect())?;
/// let candidates = [Form::Additive, Form::Cp { rank: 1 }].map(|form| CompletionOptions { form, ..Default::default() });
/// let (best, scores) = validation::choose(&observed, &candidates, 4, 0)?;
/// assert_eq!(best, 1);
/// assert!(scores[1].rmse < 0.5 * scores[0].rmse);
/// # Ok::<(), schur_decomp::DecompError>(())
/// ```
pub fn choose(
    observed: &Observed,
    candidates: &[CompletionOptions],
    folds: usize,
    seed: u64,
) -> Result<(usize, Vec<Score>), DecompError> {
    let scores: Result<Vec<Score>, DecompError> =
        candidates.iter().map(|options| cross_validate(observed, options, folds, seed)).collect();
    let scores = scores?;
    let best = (0..scores.len()).min_by(|&a, &b| scores[a].rmse.total_cmp(&scores[b].rmse));
    let best = best.ok_or(DecompError::Count { what: "candidates", expected: 1, found: 0 })?;
    Ok((best, scores))
}
