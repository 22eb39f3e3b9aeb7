//! What one run of a circuit takes: time, operations, bytes.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use schur_multilinear::{Argument, ChannelwisePlan, ChannelwiseWorkspace, Circuit};
use schur_tensor::pulp::Arch;

use crate::exit::UsageError;

/// Fewest and most runs that a median is taken of.
const RUNS: RangeInclusive<usize> = 3..=15;

/// Shorter runs are timed several at once.
const SHORTEST: Duration = Duration::from_micros(200);

/// No further run begins after this time, if there were enough.
const BUDGET: Duration = Duration::from_millis(300);

/// Most numbers that a run may hold: half a gigabyte.
const MOST_NUMBERS: usize = 1 << 27;

/// How much is computed in a run.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Items.
    pub batch: usize,
    /// Channels.
    pub channels: usize,
}

/// What one run took, all items and channels.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Median time of a run.
    pub seconds: f64,
    /// Multiplications and additions.
    pub flops: usize,
    /// Bytes of all arguments and the result, each moved once.
    pub bytes: usize,
}

impl Size {
    /// Checks that a run on arguments and a result of so many components in all fits into memory.
    ///
    /// # Errors
    /// [`UsageError`] if it does not.
    pub fn check(self, components: usize) -> Result<()> {
        let Self { batch, channels } = self;
        let numbers = batch.saturating_mul(channels).saturating_mul(components);
        if numbers > MOST_NUMBERS {
            bail!(UsageError(format!(
                "--batch {batch} --channels {channels} takes {numbers} numbers, more than {MOST_NUMBERS}; take fewer"
            )));
        }
        Ok(())
    }
}

/// Runs a circuit forward in f32 on the current pool of threads.
///
/// # Errors
/// None for arguments that fit the circuit.
pub fn time(circuit: &Circuit, arguments: &[Argument], size: Size) -> Result<Timing> {
    let plan = ChannelwisePlan::<f32>::new(Arch::new(), circuit, arguments)?;
    let lengths: Vec<usize> = (0..arguments.len())
        .map(|n| plan.argument_len(n).saturating_mul(if arguments[n].shared { 1 } else { size.batch }))
        .collect();
    let result = plan.result_len().saturating_mul(size.batch);
    let numbers = lengths.iter().fold(result, |sum, len| sum.saturating_add(*len));
    let values: Vec<Vec<f32>> =
        lengths.iter().enumerate().map(|(n, len)| scattered(n, *len).map(|value| value as f32).collect()).collect();
    let slices: Vec<&[f32]> = values.iter().map(Vec::as_slice).collect();
    let (mut result, mut workspace) = (vec![0.0; result], ChannelwiseWorkspace::default());
    let seconds = median_seconds(|| Ok(plan.forward(size.batch, &slices, &mut result, &mut workspace)?))?;
    Ok(Timing { seconds, flops: plan.flops().saturating_mul(size.batch), bytes: numbers * size_of::<f32>() })
}

/// Numbers between -1 and 1 without a pattern: multiples of the golden ratio, modulo one.
pub fn scattered(seed: usize, n: usize) -> impl Iterator<Item = f64> {
    let start = 0.1 + 0.37 * seed as f64;
    (0..n).map(move |k| 2.0 * (start + 0.618_033_988_749_894_9 * k as f64).fract() - 1.0)
}

fn median_seconds(mut run: impl FnMut() -> Result<()>) -> Result<f64> {
    // The first run takes memory and fills the caches; the second tells how many are timed at once.
    run()?;
    let begin = Instant::now();
    run()?;
    let once = begin.elapsed().max(Duration::from_nanos(100));
    let together = SHORTEST.div_duration_f64(once).ceil().max(1.0) as u32;
    let begin = Instant::now();
    let mut times = Vec::with_capacity(*RUNS.end());
    while times.len() < *RUNS.start() || (times.len() < *RUNS.end() && begin.elapsed() < BUDGET) {
        let start = Instant::now();
        (0..together).try_for_each(|_| run())?;
        times.push(start.elapsed().as_secs_f64() / f64::from(together));
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}
