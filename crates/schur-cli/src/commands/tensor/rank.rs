//! `schur tensor rank`: which ranks to try, and why.

use anyhow::{Result, bail};
use schur_decomp::Scalar;
use schur_decomp::fit::{Progress, Stopping};
use schur_decomp::structure::{CoreShape, core_shape};
use schur_decomp::suggest::{Candidate, Spectrum, SuggestOptions, Suggestions, suggest};
use schur_tensor::Tensor;
use serde_json::{Value, json};

use super::delivery::{Watch, write_chart};
use super::input::Data;
use crate::args::RankArgs;
use crate::exit::{Interrupted, Status};
use crate::report::{Chart, Line, Reporter};

/// Looks at the tensor and says what it found.
///
/// # Errors
/// If the file cannot be read, or nothing can be fitted.
pub fn run(args: &RankArgs, reporter: &Reporter) -> Result<Status> {
    match &Data::read(&args.input)? {
        Data::Single(tensor) => say(args, tensor, reporter),
        Data::Double(tensor) => say(args, tensor, reporter),
        Data::Sparse(_) => bail!(
            "ranks are suggested for dense tensors; for a .tns file compare fits of `schur tensor \
                                  complete --hold-out`"
        ),
    }
}

fn say<T: Scalar>(args: &RankArgs, tensor: &Tensor<T>, reporter: &Reporter) -> Result<Status> {
    let watch = Watch::start(reporter, Some(u64::from(args.most)))?;
    let iteration = &args.iteration;
    let stopping = Stopping { iterations: iteration.iterations as usize, tolerance: iteration.change };
    let options =
        SuggestOptions { most: args.most as usize, stopping, seed: iteration.seed, ..SuggestOptions::default() };
    let found = suggest(tensor, &options, &mut |progress: &Progress| watch.observe(progress))?;
    if watch.is_stopped() {
        bail!(Interrupted);
    }
    let shape = args.budget.map(|budget| core_shape(tensor, budget)).transpose()?;
    if let Some(path) = &args.plot {
        write_chart(path, &scree(&found))?;
        reporter.line(format_args!("wrote {}", path.display()));
    }
    if reporter.is_json() {
        reporter.json(&record(&found, shape.as_ref(), watch.seconds()))?;
    } else {
        tell(&found, shape.as_ref(), reporter)?;
    }
    Ok(Status::Success)
}

fn record(found: &Suggestions, shape: Option<&CoreShape>, seconds: f64) -> Value {
    let spectra = |list: &[Spectrum]| list.iter().map(spectrum).collect::<Vec<_>>();
    let candidate = |candidate: &Candidate| {
        json!({
            "rank": candidate.rank,
            "relative_error": candidate.relative_error,
            "core_consistency": candidate.core_consistency,
            "aic": candidate.aic,
            "bic": candidate.bic,
        })
    };
    let best = |shape: &CoreShape| json!({ "ranks": shape.ranks, "parameters": shape.parameters, "error_between": shape.error_between });
    json!({
        "modes": spectra(&found.modes),
        "bonds": spectra(&found.bonds),
        "cp": found.candidates.iter().map(candidate).collect::<Vec<_>>(),
        "suggested": {
            "error": found.by_error,
            "core_consistency": found.by_consistency,
            "aic": found.by_aic,
            "bic": found.by_bic,
        },
        "tucker_within_budget": shape.map(best),
        "seconds": seconds,
    })
}

fn tell(found: &Suggestions, shape: Option<&CoreShape>, reporter: &Reporter) -> Result<()> {
    for (title, list) in [("mode", &found.modes), ("bond", &found.bonds)] {
        reporter.text(format_args!("{title:<10}{:>10}{:>10}{:>10}  largest fall", "90 %", "99 %", "99.9 %"))?;
        for spectrum in list {
            let [low, middle, high] = spectrum.energy;
            let name = format!("{:?}", spectrum.modes);
            let fall = format!("after {} ({:.1e})", spectrum.gap, spectrum.fall);
            reporter.text(format_args!("{name:<10}{low:>10}{middle:>10}{high:>10}  {fall}"))?;
        }
    }
    reporter.text(format_args!("CP rank   {:>14}{:>12}{:>12}{:>12}", "error", "consistency", "AIC", "BIC"))?;
    for candidate in &found.candidates {
        let consistency = candidate.core_consistency.map_or("-".to_owned(), |value| format!("{value:.1}"));
        reporter.text(format_args!(
            "{:<10}{:>14.6e}{consistency:>12}{:>12.4e}{:>12.4e}",
            candidate.rank, candidate.relative_error, candidate.aic, candidate.bic
        ))?;
    }
    reporter.text(format_args!(
        "suggested CP rank: {} by error, {} by core consistency, {} by AIC, {} by BIC",
        found.by_error, found.by_consistency, found.by_aic, found.by_bic
    ))?;
    let Some(shape) = shape else { return Ok(()) };
    let [low, high] = shape.error_between;
    reporter.text(format_args!(
        "Tucker within the budget: ranks {:?}, {} numbers, relative error between {low:.2e} and {high:.2e}",
        shape.ranks, shape.parameters
    ))
}

fn spectrum(spectrum: &Spectrum) -> Value {
    json!({
        "modes": spectrum.modes,
        "singular_values": spectrum.values,
        "energy_ranks": spectrum.energy,
        "gap": spectrum.gap,
        "fall": spectrum.fall,
    })
}

fn scree(found: &Suggestions) -> Chart {
    let line = |spectrum: &Spectrum| {
        let largest = spectrum.values.first().copied().unwrap_or(1.0).max(f64::MIN_POSITIVE);
        let points = spectrum.values.iter().zip(1_u32..).map(|(&value, rank)| [f64::from(rank), value / largest]);
        Line { name: format!("mode {:?}", spectrum.modes), points: points.collect() }
    };
    Chart {
        title: "singular values of the unfoldings".to_owned(),
        axes: ["number", "relative to the largest"],
        is_logarithmic: true,
        lines: found.modes.iter().map(line).collect(),
    }
}
