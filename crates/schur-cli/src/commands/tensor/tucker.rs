//! `schur tensor tucker`: a core and one factor a mode.

use anyhow::{Result, bail};
use schur_decomp::fit::{Progress, Stopping};
use schur_decomp::tucker::{HooiOptions, HosvdOptions, NonnegativeOptions, Tucker, hooi, nonnegative, st_hosvd};
use schur_decomp::{Fit, Scalar};
use schur_tensor::Tensor;
use serde_json::json;

use super::delivery::{Part, Watch, check_memory, deliver};
use super::input::Data;
use crate::args::TuckerArgs;
use crate::exit::Status;
use crate::report::Reporter;

/// Fits, reports, writes.
///
/// # Errors
/// If the file cannot be read, the fit is refused, or results cannot be written.
pub fn run(args: &TuckerArgs, reporter: &Reporter) -> Result<Status> {
    let data = Data::read(&args.input)?;
    let watch = Watch::start(reporter, Some(u64::from(args.iteration.iterations)))?;
    match &data {
        Data::Single(tensor) => fit(args, &data, tensor, &watch),
        Data::Double(tensor) => fit(args, &data, tensor, &watch),
        Data::Sparse(_) => bail!(
            "a Tucker form of a sparse tensor is not read from .tns files; use `schur tensor cp`, \
                                  or `schur tensor complete --form tucker` if absent elements are unknown"
        ),
    }
}

fn fit<T: Scalar>(args: &TuckerArgs, data: &Data, tensor: &Tensor<T>, watch: &Watch<'_>) -> Result<Status> {
    check_memory(args.input.memory, [data.bytes(), estimate(tensor, args.ranks.as_deref())], watch.reporter())?;
    let (form, fit) = decompose(args, tensor, watch)?;
    let core = Part::new("core", form.core());
    let parts: Vec<Part> = std::iter::once(core).chain(Part::numbered("factor", form.factors())).collect();
    let extra = json!({ "parameters": form.parameters() });
    deliver(watch, &args.output, ("Tucker", form.ranks(), &fit), &parts, extra)
}

fn decompose<T: Scalar>(args: &TuckerArgs, tensor: &Tensor<T>, watch: &Watch<'_>) -> Result<(Tucker<T>, Fit)> {
    let (iteration, mut observer) = (&args.iteration, |progress: &Progress| watch.observe(progress));
    let stopping = Stopping { iterations: iteration.iterations as usize, tolerance: iteration.change };
    Ok(match (&args.ranks, args.tolerance) {
        (Some(ranks), _) if args.nonnegative => {
            let options = NonnegativeOptions { stopping, seed: iteration.seed, ..NonnegativeOptions::ranks(ranks) };
            nonnegative(tensor, &options, &mut observer)?
        }
        (Some(ranks), _) => {
            let options = HooiOptions { stopping, seed: iteration.seed, ..HooiOptions::ranks(ranks) };
            hooi(tensor, &options, &mut observer)?
        }
        (None, Some(tolerance)) => {
            st_hosvd(tensor, &HosvdOptions { seed: iteration.seed, ..HosvdOptions::tolerance(tolerance) })?
        }
        // The arguments demand one of the two.
        (None, None) => bail!("either --ranks or --tolerance is needed"),
    })
}

/// Bytes beside the tensor: the first truncated tensor, and the largest Gram matrix.
fn estimate<T: Scalar>(tensor: &Tensor<T>, ranks: Option<&[usize]>) -> u64 {
    let shape = tensor.shape();
    let elements = tensor.data().len() as f64;
    let share = |(mode, &size): (usize, &usize)| {
        let rank = ranks.and_then(|ranks| ranks.get(mode)).copied().unwrap_or(size);
        rank.min(size) as f64 / size.max(1) as f64
    };
    let kept = shape.iter().enumerate().map(share).fold(1.0, f64::min);
    let largest = shape.iter().copied().max().unwrap_or(0) as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of bytes that exist")]
    {
        (elements * kept * size_of::<T>() as f64 + 3.0 * largest * largest * 8.0) as u64
    }
}
