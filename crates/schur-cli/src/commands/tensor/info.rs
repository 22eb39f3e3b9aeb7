//! `schur tensor info`: what a file holds.

use anyhow::Result;
use schur_tensor::{Real, Tensor};
use serde_json::json;

use super::input::Data;
use crate::args::InfoArgs;
use crate::exit::Status;
use crate::report::{Reporter, human};

/// What is said of a tensor.
struct Counts {
    elements: f64,
    listed: usize,
    zeros: usize,
    missing: usize,
    norm: f64,
    range: [f64; 2],
}

/// Reads and describes.
///
/// # Errors
/// If the file cannot be read or stdout takes no more.
pub fn run(args: &InfoArgs, reporter: &Reporter) -> Result<Status> {
    let data = Data::read(&args.input)?;
    let (kind, counts) = match &data {
        Data::Single(tensor) => ("dense, f32", dense(tensor)),
        Data::Double(tensor) => ("dense, f64", dense(tensor)),
        Data::Sparse(found) => ("sparse", count(data.shape(), found.values.iter().copied())),
    };
    let density = counts.listed as f64 / counts.elements.max(1.0);
    reporter.json(&json!({
        "shape": data.shape(),
        "kind": kind,
        "listed": counts.listed,
        "zeros": counts.zeros,
        "missing": counts.missing,
        "density": density,
        "norm": counts.norm,
        "least": counts.range[0],
        "largest": counts.range[1],
        "bytes": data.bytes(),
    }))?;
    if !reporter.is_json() {
        reporter.text(format_args!("shape    {:?} ({kind}, {})", data.shape(), human(data.bytes() as f64)))?;
        reporter.text(format_args!("listed   {} of {} elements ({:.3e})", counts.listed, counts.elements, density))?;
        reporter.text(format_args!("zeros    {} of them", counts.zeros))?;
        reporter.text(format_args!("missing  {} (not finite)", counts.missing))?;
        reporter.text(format_args!("norm     {:.6e}", counts.norm))?;
        reporter.text(format_args!("range    {} to {}", counts.range[0], counts.range[1]))?;
    }
    Ok(Status::Success)
}

fn dense<T: Real>(tensor: &Tensor<T>) -> Counts {
    count(tensor.shape(), tensor.data().iter().map(|x| x.to_f64()))
}

fn count(shape: &[usize], values: impl Iterator<Item = f64>) -> Counts {
    let elements = shape.iter().map(|&size| size as f64).product();
    let range = [f64::INFINITY, f64::NEG_INFINITY];
    let mut counts = Counts { elements, listed: 0, zeros: 0, missing: 0, norm: 0.0, range };
    let mut squares = 0.0;
    for value in values {
        counts.listed += 1;
        if value.is_finite() {
            squares += value * value;
            counts.zeros += usize::from(value == 0.0);
            counts.range = [counts.range[0].min(value), counts.range[1].max(value)];
        } else {
            counts.missing += 1;
        }
    }
    counts.norm = f64::sqrt(squares);
    counts
}
