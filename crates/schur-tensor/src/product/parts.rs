//! Work in parts that the problem fixes, so that results have the same bits for any number of threads.

use std::ops::Range;

use rayon::prelude::*;

/// Multiply-adds, or elements moved, that are worth waking a thread for.
///
/// Waking one takes some 5 microseconds; a core moves or multiplies some 2^16 numbers in ten times that.
const PARALLEL_WORK: usize = 1 << 17;

/// The work of one part: some tens of microseconds.
const PART_WORK: usize = 1 << 16;

/// Whether work should be shared between threads.
pub(super) fn worth_threads(work: usize) -> bool {
    work >= PARALLEL_WORK && rayon::current_num_threads() > 1
}

/// Runs independent units of equal work, a range of them at a time, in the threads of the current pool.
pub(super) fn in_parts(units: usize, work_of_unit: usize, run: impl Fn(Range<usize>) + Sync) {
    if !worth_threads(units.saturating_mul(work_of_unit)) {
        return run(0..units);
    }
    let length = (PART_WORK / work_of_unit.max(1)).max(1);
    let parts = units.div_ceil(length);
    (0..parts).into_par_iter().for_each(|part| run(part * length..units.min((part + 1) * length)));
}
