//! Once a potential has seen a structure, evaluating it again takes no memory, as long as the neighbour list is kept.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "models/nequip.rs"]
mod models;

use std::alloc::System;
use std::sync::Arc;

use models::{SMALL_CELL, Variant, pool, random_structure};
use schur_atoms::{Cell, Structure};
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

/// Memory taken by evaluations in the steady state.
fn taken(
    variant: Variant,
    precision: Precision,
    exact: bool,
    structure: &Structure,
    pool: &Arc<rayon::ThreadPool>,
) -> Stats {
    let mut potential = variant.model().potential(&variant.options(precision, exact), pool.clone()).unwrap();
    let mut out = Evaluation::default();
    let mut moved = structure.clone();
    let mut step = |number: usize| {
        for (i, position) in moved.positions.iter_mut().enumerate() {
            position[(i + number) % 3] += if i % 2 == 0 { MOVE } else { -MOVE };
        }
        potential.evaluate(&moved, Request::ALL, &mut out).unwrap();
    };
    // Within the pool: its queue for work from outside takes memory now and then.
    pool.install(|| {
        (0..BEFORE).for_each(&mut step);
        let region = Region::new(ALLOCATOR);
        (BEFORE..BEFORE + COUNTED).for_each(&mut step);
        region.change()
    })
}

/// A single test: the allocator counts what all threads of the process take.
#[test]
fn evaluations_take_no_memory_while_the_neighbour_list_is_kept() {
    // One pool until the end: threads that stop give back memory when they like. And one thread: each of several takes
    // memory until it has met the largest block of atoms, which the others may have done in its place.
    let pool = pool(1);
    let crystal = random_structure(5, SMALL_CELL, [true; 3], 1.2, 12);
    let wide = Cell::new([[11.0, 0.0, 0.0], [0.0, 11.0, 0.0], [0.0, 0.0, 11.0]]);
    let molecules = random_structure(60, wide, [true, false, true], 1.2, 3);
    for variant in Variant::ALL {
        for (precision, exact) in [(Precision::F32, false), (Precision::F64, true)] {
            for structure in [&crystal, &molecules] {
                let found = taken(variant, precision, exact, structure, &pool);
                assert_eq!(found, Stats::default(), "{variant:?} {precision:?} exact {exact}");
            }
        }
    }
}
