//! Once a potential has seen a structure, evaluating it again takes no memory, as long as the neighbour list is kept.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "models/families.rs"]
mod families;

use std::alloc::System;
use std::sync::Arc;

use families::structures::{SMALL_CELL, cube};
use families::{Subject, small};
use schur_atoms::Structure;
use schur_potential::{Evaluation, PotentialOptions, Precision, Request};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, Stats, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Evaluations that are counted, all atoms moved in each.
const COUNTED: usize = 5;

/// How a family is brought to its steady state: evaluations before the count, and how far atoms move in each, Å.
///
/// Buffers change places, and all of them must have grown. Half of the skin for all steps together is 0.25 Å; in CHGNet
/// no bond may become near either, since more angles at an atom take more memory.
fn before_and_move(subject: &Subject) -> (usize, f64) {
    match subject.model.architecture.family() {
        "chgnet" => (4, 0.0002),
        "tensornet" => (4, 0.005),
        _ => (3, 0.005),
    }
}

/// Memory taken by evaluations in the steady state.
fn taken(subject: &Subject, options: &PotentialOptions, structure: &Structure, pool: &Arc<rayon::ThreadPool>) -> Stats {
    let mut potential = subject.model.potential(options, pool.clone()).unwrap();
    let (before, distance) = before_and_move(subject);
    let mut out = Evaluation::default();
    let mut moved = structure.clone();
    let mut step = |number: usize| {
        for (i, position) in moved.positions.iter_mut().enumerate() {
            position[(i + number) % 3] += if i % 2 == 0 { distance } else { -distance };
        }
        potential.evaluate(&moved, Request::ALL, &mut out).unwrap();
    };
    // Within the pool: its queue for work from outside takes memory now and then.
    pool.install(|| {
        (0..before).for_each(&mut step);
        let region = Region::new(ALLOCATOR);
        (before..before + COUNTED).for_each(&mut step);
        region.change()
    })
}

/// A single test: the allocator counts what all threads of the process take.
#[test]
fn evaluations_take_no_memory_while_the_neighbour_list_is_kept() {
    // One pool until the end: threads that stop give back memory when they like. And one thread: each of several takes
    // memory until it has met the largest block of atoms, which the others may have done in its place.
    let pool = Arc::new(rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap());
    for subject in small() {
        let structures = [
            subject.structure(5, SMALL_CELL, [true; 3], 1.2, 12),
            subject.structure(14, SMALL_CELL, [true; 3], 0.8, 12),
            subject.structure(60, cube(11.0), [true, false, true], 1.2, 3),
        ];
        for (precision, exact) in [(Precision::F32, false), (Precision::F64, true)] {
            for structure in &structures {
                let found = taken(&subject, &subject.options(precision, exact), structure, &pool);
                assert_eq!(found, Stats::default(), "{}: {}", subject.named(precision, exact), structure.len());
            }
        }
    }
}
