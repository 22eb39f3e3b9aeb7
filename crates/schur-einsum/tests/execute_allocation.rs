//! No allocation once a workspace is there.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::alloc::System;

use schur_einsum::language::{Expression, Sizes};
use schur_einsum::order::Options;
use schur_einsum::{Einsum, EinsumWorkspace};
use schur_tensor::semiring::{Arithmetic, MaxPlus, Semiring};
use schur_tensor::{Tensor, View};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn check<S: Semiring<Element = f64>>(semiring: &S, text: &str, operands: &[View<'_, f64>]) {
    let shapes: Vec<&[usize]> = operands.iter().map(View::shape).collect();
    let strides: Vec<Vec<isize>> = operands.iter().map(|view| view.strides().to_vec()).collect();
    let bound = Expression::parse(text).unwrap().bind(&shapes, &Sizes::new()).unwrap();
    let einsum = Einsum::with_strides(&bound, &strides, &Options::default(), &|| false).unwrap();
    let mut result = vec![0.0; einsum.output_shape().iter().product()];
    let mut workspace = EinsumWorkspace::default();
    einsum.run(semiring, operands, &mut result, &mut workspace).unwrap();
    // The harness of tests allocates in a thread of its own now and then: of several runs the quietest counts.
    let least = (0..5).map(|_| {
        let region = Region::new(ALLOCATOR);
        einsum.run(semiring, operands, &mut result, &mut workspace).unwrap();
        let change = region.change();
        change.allocations + change.reallocations
    });
    assert_eq!(least.min(), Some(0), "{text} in {}", semiring.name());
}

#[test]
fn a_second_run_allocates_nothing() {
    let matrix = Tensor::from_fn(&[40, 40], |index| (index[0] * 3 + index[1]) as f64).unwrap();
    let row = Tensor::filled(&[1, 40], 2.0).unwrap();
    let (plain, turned) = (matrix.view(), matrix.view().permuted(&[1, 0]).unwrap());
    let every_third = View::new(matrix.data(), 3, &[13, 40], &[120, 1]).unwrap();
    for (text, operands) in [
        ("ij,jk,kl->il", [&plain, &turned, &plain].map(Clone::clone).as_slice()),
        ("(ij,jk->ki),kl->il", &[plain.clone(), row.view(), plain.clone()]),
        ("ij,ij->", &[every_third.clone(), every_third]),
        ("ii,ij->j", &[turned, plain]),
    ] {
        check(&Arithmetic::<f64>::new(), text, operands);
        check(&MaxPlus::<f64>::new(), text, operands);
    }
}
