//! Once a CHGNet has seen a structure, evaluating it again takes no memory, as long as the neighbour list is kept.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "models/chgnet.rs"]
mod chgnet;
#[path = "models/nequip.rs"]
mod models;

use std::alloc::System;

use chgnet::random_chgnet;
use models::{SMALL_CELL, plain, pool, random_structure};
use schur_potential::{Evaluation, Precision, Request};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, Stats, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Evaluations before the count: buffers change places, and all of them must have grown.
const BEFORE: usize = 4;
/// Evaluations that are counted, all atoms moved in each.
const COUNTED: usize = 5;
/// How far, Å: so little that no bond becomes near, since more angles at an atom take more memory.
const MOVE: f64 = 0.0002;

/// A single test: the allocator counts what all threads of the process take.
#[test]
fn evaluations_take_no_memory_while_the_neighbour_list_is_kept() {
    // One pool until the end, and one thread: see `nequip_steady_state.rs`.
    let pool = pool(1);
    let structure = random_structure(14, SMALL_CELL, [true; 3], 0.8, 12);
    for normalized in [false, true] {
        for precision in [Precision::F32, Precision::F64] {
            let mut potential = random_chgnet(normalized).potential(&plain(precision, false), pool.clone()).unwrap();
            let mut out = Evaluation::default();
            let mut moved = structure.clone();
            let mut step = |number: usize| {
                for (i, position) in moved.positions.iter_mut().enumerate() {
                    position[(i + number) % 3] += if i % 2 == 0 { MOVE } else { -MOVE };
                }
                potential.evaluate(&moved, Request::ALL, &mut out).unwrap();
            };
            // Within the pool: its queue for work from outside takes memory now and then.
            let taken = pool.install(|| {
                (0..BEFORE).for_each(&mut step);
                let region = Region::new(ALLOCATOR);
                (BEFORE..BEFORE + COUNTED).for_each(&mut step);
                region.change()
            });
            assert_eq!(taken, Stats::default(), "normalized {normalized}, {precision:?}");
        }
    }
}
