//! `schur tensor cp`: a sum of rank-one tensors.

use anyhow::{Result, bail};
use schur_decomp::cp::{AlsOptions, Cp, CpTensor, NonnegativeOptions, als, nonnegative};
use schur_decomp::dense::Dense;
use schur_decomp::fit::{Progress, Stopping};
use schur_decomp::{Fit, Scalar};
use serde_json::json;

use super::delivery::{Part, Watch, check_memory, deliver};
use super::input::{Data, sparse};
use crate::args::CpArgs;
use crate::exit::Status;
use crate::report::Reporter;

/// Fits, reports, writes.
///
/// # Errors
/// If the file cannot be read, the fit is refused, or results cannot be written.
pub fn run(args: &CpArgs, reporter: &Reporter) -> Result<Status> {
    let data = Data::read(&args.input)?;
    let watch = Watch::start(reporter, Some(u64::from(args.iteration.iterations)))?;
    let run = Run { args, bytes: data.bytes(), watch: &watch };
    match data {
        Data::Single(tensor) => run.fit(&Dense::new(&tensor)?),
        Data::Double(tensor) => run.fit(&Dense::new(&tensor)?),
        Data::Sparse(found) => run.fit(&sparse(found)?),
    }
}

struct Run<'a> {
    args: &'a CpArgs,
    /// Of the tensor.
    bytes: u64,
    watch: &'a Watch<'a>,
}

impl Run<'_> {
    fn fit<T: Scalar>(&self, tensor: &impl CpTensor<T>) -> Result<Status> {
        let (form, fit) = match (self.args.rank, self.args.tolerance) {
            (Some(rank), _) => self.of_rank(tensor, rank as usize)?,
            (None, Some(tolerance)) => self.of_error(tensor, tolerance)?,
            // The arguments demand one of the two.
            (None, None) => bail!("either --rank or --tolerance is needed"),
        };
        let weights = Part::list("weights", form.weights());
        let parts: Vec<Part> = std::iter::once(weights).chain(Part::numbered("factor", form.factors())).collect();
        let weights: Vec<f64> = form.weights().iter().map(|weight| weight.to_f64()).collect();
        let extra = json!({ "weights": weights, "parameters": form.parameters() });
        deliver(self.watch, &self.args.output, ("CP", &[form.rank()], &fit), &parts, extra)
    }

    fn of_rank<T: Scalar>(&self, tensor: &impl CpTensor<T>, rank: usize) -> Result<(Cp<T>, Fit)> {
        let factors: usize = tensor.shape().iter().map(|&size| size * rank).sum();
        let beside = tensor.products_bytes(rank) + (4 * factors * size_of::<T>()) as u64;
        check_memory(self.args.input.memory, [self.bytes, beside], self.watch.reporter())?;
        let iteration = &self.args.iteration;
        let stopping = Stopping { iterations: iteration.iterations as usize, tolerance: iteration.change };
        let seed = iteration.seed;
        let mut observer = |progress: &Progress| self.watch.observe(progress);
        Ok(if self.args.nonnegative {
            let options = NonnegativeOptions { rank, stopping, seed, ..NonnegativeOptions::default() };
            nonnegative(tensor, &options, &mut observer)?
        } else {
            als(tensor, &AlsOptions { rank, stopping, seed, ..AlsOptions::default() }, &mut observer)?
        })
    }

    /// The fewest components that reach an error: doubled until they do, then halved in between.
    fn of_error<T: Scalar>(&self, tensor: &impl CpTensor<T>, tolerance: f64) -> Result<(Cp<T>, Fit)> {
        let (mut short, mut rank) = (0, 1);
        let mut best = loop {
            let (form, fit) = self.of_rank(tensor, rank)?;
            self.watch.reporter().line(format_args!("rank {rank}: relative error {:.6e}", fit.relative_error));
            if fit.relative_error <= tolerance || self.watch.is_stopped() {
                break (form, fit);
            }
            (short, rank) = (rank, 2 * rank);
        };
        while rank - short > 1 && !self.watch.is_stopped() {
            let middle = usize::midpoint(short, rank);
            let found = self.of_rank(tensor, middle)?;
            self.watch.reporter().line(format_args!("rank {middle}: relative error {:.6e}", found.1.relative_error));
            if found.1.relative_error <= tolerance {
                (rank, best) = (middle, found);
            } else {
                short = middle;
            }
        }
        Ok(best)
    }
}
