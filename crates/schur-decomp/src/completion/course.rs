//! Sweeps over main effects and blocks until the error settles.

use super::blocks::Blocks;
use super::prediction::{Completed, Model};
use super::{CompletionOptions, Form, MainEffects, Observed};
use crate::DecompError;
use crate::fit::{Course, Fit, Observer};

/// Sweeps over the main effects alone before the model is fitted to what they leave.
const OFFSET_SWEEPS: usize = 4;

pub(super) fn run(
    observed: &Observed,
    options: &CompletionOptions,
    observer: Observer<'_>,
) -> Result<(Completed, Fit), DecompError> {
    let norm = norm(observed)?;
    check(observed, options)?;
    let mut offsets = options.offsets.then(|| MainEffects::new(observed));
    let mut model = vec![0.0; observed.len()];
    for _ in 0..OFFSET_SWEEPS {
        offsets.iter_mut().for_each(|offsets| offsets.sweep(observed, &model, options));
    }
    let mut base = base(observed, offsets.as_ref());
    let left = missed(observed, &base, &model);
    let spread = (left / observed.len() as f64).sqrt();
    let mut blocks = Blocks::random(observed.shape(), options, if spread > 0.0 { spread } else { 1.0 })?;
    let mut course = Course::new(options.stopping);
    let end = loop {
        blocks.sweep(observed, &base, options);
        model = blocks.elements(observed);
        if let Some(offsets) = &mut offsets {
            offsets.sweep(observed, &model, options);
            base = self::base(observed, Some(offsets));
        }
        let error = (missed(observed, &base, &model)).sqrt() / norm;
        if !error.is_finite() {
            let iteration = course.iterations() + 1;
            return Err(DecompError::Diverged { method: "completion", iteration });
        }
        if let Some(end) = course.step(error, observer) {
            break end;
        }
    };
    let error = missed(observed, &base, &model).sqrt() / norm;
    let workspace = blocks.bytes() + observed.bytes() + 16 * observed.len() as u64;
    let completed =
        Completed { shape: observed.shape().to_vec(), offsets, model: Model::new(blocks, observed.shape())? };
    Ok((completed, course.finish(end, error, Vec::new(), workspace)))
}

/// The main effects at each observation.
fn base(observed: &Observed, offsets: Option<&MainEffects>) -> Vec<f64> {
    let at = |element: usize| offsets.map_or(0.0, |offsets| offsets.at(|mode| observed.index(mode, element)));
    (0..observed.len()).map(at).collect()
}

fn missed(observed: &Observed, base: &[f64], model: &[f64]) -> f64 {
    let parts = observed.values().iter().zip(base).zip(model);
    parts.map(|((value, base), model)| (value - base - model).powi(2)).sum()
}

fn norm(observed: &Observed) -> Result<f64, DecompError> {
    let squares: f64 = observed.values().iter().map(|value| value * value).sum();
    if squares > 0.0 { Ok(squares.sqrt()) } else { Err(DecompError::AllZero) }
}

fn check(observed: &Observed, options: &CompletionOptions) -> Result<(), DecompError> {
    let order = observed.shape().len();
    for (what, list) in [("smoothness", &options.smoothness), ("offset smoothness", &options.offset_smoothness)] {
        if !list.is_empty() && list.len() != order {
            return Err(DecompError::Count { what, expected: order, found: list.len() });
        }
    }
    let ridges = [("ridge", options.ridge), ("offset_ridge", options.offset_ridge)];
    let smoothness = options.smoothness.iter().map(|&value| ("smoothness", value));
    let offset_smoothness = options.offset_smoothness.iter().map(|&value| ("offset_smoothness", value));
    for (option, value) in ridges.into_iter().chain(smoothness).chain(offset_smoothness) {
        if !(value.is_finite() && value >= 0.0) {
            return Err(DecompError::Option { option, value, expected: "zero or more" });
        }
    }
    if options.stopping.iterations == 0 {
        return Err(DecompError::Option { option: "iterations", value: 0.0, expected: "one or more" });
    }
    if options.nonnegative && !matches!(options.form, Form::Cp { .. }) {
        return Err(DecompError::Option { option: "nonnegative", value: 1.0, expected: "0 for forms other than CP" });
    }
    if options.form == Form::Additive && !options.offsets {
        return Err(DecompError::Option { option: "offsets", value: 0.0, expected: "1 for the additive form" });
    }
    for mode in 0..order {
        let alone = |ridge: f64, smoothness: &[f64]| ridge == 0.0 && smoothness.get(mode).is_none_or(|&s| s == 0.0);
        let rows = options.form != Form::Additive && alone(options.ridge, &options.smoothness);
        let offsets = options.offsets && alone(options.offset_ridge, &options.offset_smoothness);
        if let Some(index) = observed.empty_slice(mode).filter(|_| rows || offsets) {
            return Err(DecompError::EmptySlice { mode, index });
        }
    }
    Ok(())
}
