//! A run of a plan allocates nothing once its workspace has grown.

use std::alloc::System;

use schur_multilinear::{Argument, Bilinear, BilinearTerm, ChannelwisePlan, ChannelwiseWorkspace};
use schur_tensor::pulp::Arch;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static GLOBAL: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn runs_allocate_nothing() {
    let term = |result, left, right| BilinearTerm { result, left, right, coefficient: 1.0 + result as f64 };
    let map = Bilinear::new([3, 3, 2], [term(0, 0, 0), term(0, 1, 1), term(0, 2, 2), term(1, 0, 1)]).unwrap();
    let arguments = [Argument::per_item(20), Argument::shared(20)];
    let plan = ChannelwisePlan::<f32>::new(Arch::new(), &map.share().to_circuit(), &arguments).unwrap();
    let items = 50;
    let (x, y) = (vec![0.5; items * plan.argument_len(0)], vec![0.25; plan.argument_len(1)]);
    let (mut z, mut gx, mut gy) = (vec![0.0; items * plan.result_len()], x.clone(), y.clone());
    let mut workspace = ChannelwiseWorkspace::default();
    let mut run = || {
        plan.forward(items, &[&x, &y], &mut z, &mut workspace).unwrap();
        let mut cotangents = [Some(gx.as_mut_slice()), Some(gy.as_mut_slice())];
        plan.backward(items, &[&x, &y], &z, &mut cotangents, &mut workspace).unwrap();
    };
    run();
    // The harness of tests allocates in a thread of its own now and then: of several runs the quietest counts.
    let least = (0..20).map(|_| {
        let region = Region::new(GLOBAL);
        run();
        region.change().allocations
    });
    assert_eq!(least.min(), Some(0));
}
