//! Once a potential has seen a structure, evaluating it again takes no memory, as long as the neighbour list is kept.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "models/mace.rs"]
mod models;

use std::alloc::System;

use models::{MODELS, SMALL_CELL, cube, model, options, pool, random_structure};
use schur_potential::{Evaluation, Precision, Request};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, Stats, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Evaluations before the count: with exact radial networks two buffers change places, and both must have grown.
const BEFORE: usize = 3;
/// Evaluations that are counted, all atoms moved in each.
const COUNTED: usize = 5;
/// How far, Å: half of the skin for all of them together is 0.25 Å.
const MOVE: f64 = 0.005;

/// A single test: the allocator counts what all threads of the process take.
#[test]
fn evaluations_take_no_memory_while_the_neighbour_list_is_kept() {
    // One pool and one thread: each of several takes memory until it has met the largest block of atoms.
    let pool = pool(1);
    let structures = [random_structure(5, SMALL_CELL, 1.2, 12), random_structure(60, cube(11.0), 1.2, 3)];
    for name in MODELS {
        for (precision, exact) in [(Precision::F32, false), (Precision::F64, true)] {
            for structure in &structures {
                let model = model(name);
                let mut potential = model.potential(&options(&model, precision, exact), pool.clone()).unwrap();
                let mut out = Evaluation::default();
                let mut moved = structure.clone();
                let mut step = |number: usize| {
                    for (i, position) in moved.positions.iter_mut().enumerate() {
                        position[(i + number) % 3] += if i % 2 == 0 { MOVE } else { -MOVE };
                    }
                    potential.evaluate(&moved, Request::ALL, &mut out).unwrap();
                };
                // Within the pool: its queue for work from outside takes memory now and then.
                let found = pool.install(|| {
                    (0..BEFORE).for_each(&mut step);
                    let region = Region::new(ALLOCATOR);
                    (BEFORE..BEFORE + COUNTED).for_each(&mut step);
                    region.change()
                });
                assert_eq!(found, Stats::default(), "{name} {precision:?} exact {exact}");
            }
        }
    }
}
