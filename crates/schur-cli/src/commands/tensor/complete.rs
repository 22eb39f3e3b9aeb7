//! `schur tensor complete`: models of what is observed, and predictions of the rest.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::{Context, Result, bail};
use schur_decomp::Scalar;
use schur_decomp::completion::{
    Completed, CompletionOptions, Errors, Form, Model, Observed, complete, validation::parts,
};
use schur_decomp::fit::{Progress, Stopping};
use schur_io::npy;
use schur_tensor::Tensor;
use serde_json::json;

use super::delivery::{Part, Watch, check_memory, deliver};
use super::input::{Data, numbers};
use crate::args::{CompleteArgs, FormName};
use crate::exit::{Status, UsageError};
use crate::outputs::write_whole;
use crate::report::Reporter;

/// Fits, measures on elements held out, reports, writes.
///
/// # Errors
/// If a file cannot be read, the fit is refused, or results cannot be written.
pub fn run(args: &CompleteArgs, reporter: &Reporter) -> Result<Status> {
    let data = Data::read(&args.input)?;
    let (options, bytes) = (options(args, data.shape())?, data.bytes());
    let observed = observed(args, data)?;
    let watch = Watch::start(reporter, Some(u64::from(args.iteration.iterations)))?;
    // A row of each factor, the equations of each thread, and the observations sorted by every mode.
    let listed = observed.values().len() * 8 * (observed.shape().len() + 1);
    check_memory(args.input.memory, [bytes, listed as u64], reporter)?;
    let mut observer = |progress: &Progress| watch.observe(progress);
    let held_out = held_out(args, &observed, &options, &mut observer)?;
    if let Some(Errors { rmse, mae }) = held_out {
        reporter.line(format_args!("elements held out: RMSE {rmse:.6e}, MAE {mae:.6e}"));
    }
    let (completed, fit) = complete(&observed, &options, &mut observer)?;
    let Errors { rmse, mae } = completed.errors(&observed)?;
    if let Some(path) = &args.filled {
        let full = completed.to_tensor()?;
        write_whole(path, |out| Ok(npy::write(out, full.shape(), &numbers(full.data()))?))?;
        reporter.line(format_args!("wrote {}", path.display()));
    }
    let extra = json!({
        "observed": observed.values().len(),
        "rmse": rmse,
        "mae": mae,
        "held_out_rmse": held_out.map(|errors| errors.rmse),
        "held_out_mae": held_out.map(|errors| errors.mae),
    });
    deliver(&watch, &args.output, ("completion", &ranks(&options.form), &fit), &factors(&completed), extra)
}

/// The observations of a sparse file, or the elements of a dense one that are known.
fn observed(args: &CompleteArgs, data: Data) -> Result<Observed> {
    let mask = args.mask.as_deref().map(|path| mask(path, data.shape())).transpose()?;
    Ok(match data {
        Data::Single(tensor) => known(&tensor, mask)?,
        Data::Double(tensor) => known(&tensor, mask)?,
        Data::Sparse(_) if mask.is_some() => {
            bail!(UsageError("--mask is for dense files; what a .tns file lists is what is observed".to_owned()))
        }
        Data::Sparse(found) => Observed::new(&found.shape, found.indices, found.values)?,
    })
}

fn known<T: Scalar>(tensor: &Tensor<T>, mask: Option<Tensor<bool>>) -> Result<Observed> {
    let is_known = tensor.data().iter().map(|x| !x.to_f64().is_nan());
    let both = match mask {
        Some(mask) => is_known.zip(mask.data()).map(|(known, &wanted)| known && wanted).collect(),
        None => is_known.collect(),
    };
    Ok(Observed::masked(tensor, &Tensor::new(tensor.shape(), both)?)?)
}

fn mask(path: &Path, shape: &[usize]) -> Result<Tensor<bool>> {
    let context = || format!("cannot read `{}`", path.display());
    let array = npy::read(BufReader::new(File::open(path).with_context(context)?)).with_context(context)?;
    if array.shape != shape {
        bail!("the mask in `{}` has shape {:?}, but the tensor has {shape:?}", path.display(), array.shape);
    }
    let Some(numbers) = array.numbers.to_f64() else {
        bail!("the mask in `{}` holds `{}`, but truth values are needed", path.display(), array.numbers.descr());
    };
    Ok(Tensor::new(shape, numbers.into_iter().map(|x| x != 0.0).collect())?)
}

fn options(args: &CompleteArgs, shape: &[usize]) -> Result<CompletionOptions> {
    let rank = args.rank as usize;
    let form = match args.form {
        FormName::Cp => Form::Cp { rank },
        FormName::Tucker => Form::Tucker { ranks: shape.iter().map(|&size| rank.min(size)).collect() },
        FormName::Tt => Form::Train { ranks: vec![rank; shape.len().saturating_sub(1)] },
    };
    if args.nonnegative && args.form != FormName::Cp {
        bail!(UsageError("--nonnegative takes --form cp".to_owned()));
    }
    let mut smoothness = if args.smooth.is_empty() { Vec::new() } else { vec![0.0; shape.len()] };
    for &(mode, penalty) in &args.smooth {
        let Some(place) = smoothness.get_mut(mode) else {
            let last = shape.len().saturating_sub(1);
            bail!(UsageError(format!("--smooth {mode}={penalty}: modes count from 0 to {last}")));
        };
        *place = penalty;
    }
    let iteration = &args.iteration;
    Ok(CompletionOptions {
        form,
        offsets: !args.no_offsets,
        nonnegative: args.nonnegative,
        ridge: args.ridge,
        offset_ridge: args.ridge,
        offset_smoothness: smoothness.clone(),
        smoothness,
        stopping: Stopping { iterations: iteration.iterations as usize, tolerance: iteration.change },
        seed: iteration.seed,
    })
}

/// The errors of a fit to most of the observations on the rest of them.
fn held_out(
    args: &CompleteArgs,
    observed: &Observed,
    options: &CompletionOptions,
    observer: schur_decomp::fit::Observer<'_>,
) -> Result<Option<Errors>> {
    if args.hold_out == 0.0 {
        return Ok(None);
    }
    if args.hold_out > 0.5 {
        bail!(UsageError(format!("--hold-out {} leaves too little to fit to; at most 0.5", args.hold_out)));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "one over a number up to a half")]
    let count = (1.0 / args.hold_out).round().min(observed.values().len() as f64) as usize;
    let folds = parts(observed.values().len(), count, args.iteration.seed)?;
    let rest: Vec<usize> = folds[1..].iter().flatten().copied().collect();
    let (completed, _) = complete(&observed.subset(&rest)?, options, observer)?;
    Ok(Some(completed.errors(&observed.subset(&folds[0])?)?))
}

fn ranks(form: &Form) -> Vec<usize> {
    match form {
        Form::Additive => Vec::new(),
        Form::Cp { rank } => vec![*rank],
        Form::Tucker { ranks } | Form::Train { ranks } => ranks.clone(),
    }
}

fn factors(completed: &Completed) -> Vec<Part> {
    let mut parts: Vec<Part> = match completed.model() {
        Model::Additive => Vec::new(),
        Model::Cp(form) => {
            let weights = Part::list("weights", form.weights());
            std::iter::once(weights).chain(Part::numbered("factor", form.factors())).collect()
        }
        Model::Tucker { core, factors } => {
            std::iter::once(Part::new("core", core)).chain(Part::numbered("factor", factors)).collect()
        }
        Model::Train(cores) => Part::numbered("core", cores).collect(),
    };
    if let Some(offsets) = completed.offsets() {
        parts.push(Part::new("mean", &Tensor::scalar(offsets.mean)));
        for (mode, effects) in offsets.effects.iter().enumerate() {
            parts.push(Part::list(&format!("effect_{mode}"), effects));
        }
    }
    parts
}
