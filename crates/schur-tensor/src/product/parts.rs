//! Work in parts that the problem fixes, so that results have the same bits for any number of threads.

use std::{
    ops::Range,
    sync::atomic::{AtomicUsize, Ordering},
};

use rayon::prelude::*;

/// Multiply-adds, or elements moved, that are worth waking a thread for.
///
/// Waking one takes some 5 microseconds; a core moves or multiplies some 2^16 numbers in ten times that.
const PARALLEL_WORK: usize = 1 << 17;

/// The work of one part: some tens of microseconds.
const PART_WORK: usize = 1 << 16;

/// The work of one part where work that is worth threads follows at once, which waits for them anyway.
const FIRST_WORK: usize = 1 << 12;

/// Whether work should be shared between threads.
pub(super) fn worth_threads(work: usize) -> bool {
    work >= PARALLEL_WORK && rayon::current_num_threads() > 1
}

/// Runs independent units of equal work, a range of them at a time, in the threads of the current pool.
pub(super) fn in_parts(units: usize, work_of_unit: usize, run: impl Fn(Range<usize>) + Sync) {
    in_parts_before(0, units, work_of_unit, run);
}

/// Like [`in_parts`], where so much work for threads follows at once.
pub(super) fn in_parts_before(following: usize, units: usize, work_of_unit: usize, run: impl Fn(Range<usize>) + Sync) {
    let part = if worth_threads(following) { FIRST_WORK } else { PART_WORK };
    let work = units.saturating_mul(work_of_unit);
    if work <= part || !worth_threads(work.max(following)) {
        return run(0..units);
    }
    let length = (part / work_of_unit.max(1)).max(1);
    let parts = units.div_ceil(length);
    (0..parts).into_par_iter().for_each(|part| run(part * length..units.min((part + 1) * length)));
}

/// Packing space that threads divide.
pub(super) struct Room<R>(*mut R);

// SAFETY: each thread takes a part of its own.
unsafe impl<R: Send> Sync for Room<R> {}

impl<R> Room<R> {
    pub(super) const fn new(room: *mut R) -> Self {
        Self(room)
    }

    /// The part from an offset on.
    pub(super) const fn at(&self, offset: usize) -> *mut R {
        self.0.wrapping_add(offset)
    }
}

/// The most ranges that parts are divided into before they are run.
const MOST_HOMES: usize = 32;

/// Runs parts in any order, each thread with something of its own.
///
/// Neighbours often need the same packed panels, so each thread has a range to begin with, and then helps the others.
pub(super) fn in_workers<W>(
    parts: usize,
    threads: usize,
    own: impl Fn(usize) -> W + Sync,
    run: impl Fn(&mut W, usize) + Sync,
) {
    let threads = threads.min(parts);
    if threads <= 1 {
        let mut worker = own(0);
        return (0..parts).for_each(|part| run(&mut worker, part));
    }
    let homes = threads.min(MOST_HOMES);
    let first = |home: usize| home * parts / homes;
    let taken: [AtomicUsize; MOST_HOMES] = [const { AtomicUsize::new(0) }; MOST_HOMES];
    (0..threads).into_par_iter().with_max_len(1).for_each(|thread| {
        let mut worker = own(thread);
        for home in (thread..thread + homes).map(|home| home % homes) {
            loop {
                let part = first(home) + taken[home].fetch_add(1, Ordering::Relaxed);
                if part >= first(home + 1) {
                    break;
                }
                run(&mut worker, part);
            }
        }
    });
}
