//! `schur tensor tt`: a tensor train.

use anyhow::{Result, bail};
use schur_decomp::Scalar;
use schur_decomp::train::{TrainOptions, tt_svd};
use schur_tensor::Tensor;
use serde_json::json;

use super::delivery::{Part, Watch, check_memory, deliver};
use super::input::Data;
use crate::args::TtArgs;
use crate::exit::Status;
use crate::report::Reporter;

/// Decomposes, reports, writes.
///
/// # Errors
/// If the file cannot be read, the fit is refused, or results cannot be written.
pub fn run(args: &TtArgs, reporter: &Reporter) -> Result<Status> {
    let data = Data::read(&args.input)?;
    let watch = Watch::start(reporter, None)?;
    match &data {
        Data::Single(tensor) => fit(args, &data, tensor, &watch),
        Data::Double(tensor) => fit(args, &data, tensor, &watch),
        Data::Sparse(_) => bail!(
            "a tensor train of a sparse tensor is not read from .tns files; use `schur tensor \
                                  complete --form tt` if absent elements are unknown"
        ),
    }
}

fn fit<T: Scalar>(args: &TtArgs, data: &Data, tensor: &Tensor<T>, watch: &Watch<'_>) -> Result<Status> {
    let rank = args.rank.map_or(usize::MAX, |rank| rank as usize);
    // The first truncation keeps the share that the largest rank is of the last mode.
    let last = tensor.shape().last().copied().unwrap_or(1).max(1);
    let kept = data.bytes() / last as u64 * rank.min(last) as u64;
    check_memory(args.input.memory, [data.bytes(), kept], watch.reporter())?;
    let options = TrainOptions { tolerance: args.tolerance.unwrap_or(0.0), max_rank: rank, ..TrainOptions::default() };
    let (train, fit) = tt_svd(tensor, &options)?;
    let parts: Vec<Part> = Part::numbered("core", train.cores()).collect();
    let extra = json!({ "parameters": train.parameters() });
    deliver(watch, &args.output, ("tensor train", &train.ranks(), &fit), &parts, extra)
}
