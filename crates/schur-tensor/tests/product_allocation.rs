//! No allocation once scratch is there.

use std::alloc::System;

use schur_tensor::{
    product::Mode,
    pulp::num_complex::Complex,
    semiring::{Arithmetic, Semiring},
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[path = "product_threads/cases.rs"]
mod cases;

use cases::{numbers, pool, products, transposition};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn a_second_run_allocates_nothing() {
    for threads in [1, 2] {
        pool(threads).unwrap().install(|| {
            for (product, lengths) in products() {
                let complex = |count, seed| -> Vec<_> {
                    numbers(count, seed).into_iter().map(|re| Complex::new(re as f32, 0.5)).collect()
                };
                let [left, right, mut result] = [0, 1, 2].map(|which| complex(lengths[which], which as u64));
                let (arithmetic, mut scratch) = (Arithmetic::<Complex<f32>>::new(), Vec::new());
                let mut run = || {
                    arithmetic.product(&product, [&left, &right], &mut result, Mode::Overwrite, &mut scratch).unwrap();
                };
                run();
                // The harness of tests allocates in a thread of its own now and then: of several runs the quietest counts.
                let least = (0..5).map(|_| {
                    let region = Region::new(ALLOCATOR);
                    run();
                    let change = region.change();
                    change.allocations + change.reallocations
                });
                assert_eq!(least.min(), Some(0), "{threads} threads: {product:?}");
            }
            let (source, mut result) = (numbers(600_000, 1), vec![0.0; 600_000]);
            let (reduction, arithmetic) = (transposition(300, 400, 5), Arithmetic::<f64>::new());
            let least = (0..5).map(|_| {
                let region = Region::new(ALLOCATOR);
                arithmetic.reduce(&reduction, &source, &mut result, Mode::Overwrite).unwrap();
                region.change().allocations
            });
            assert_eq!(least.min(), Some(0));
        });
    }
}
