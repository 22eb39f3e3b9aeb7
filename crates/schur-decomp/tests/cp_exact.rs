//! Exact decompositions of published rank: matrix multiplication with seven and with twenty-three products.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_decomp::DecompError;
use schur_decomp::cp::{AlsOptions, BoundedOptions, als, bounded};
use schur_decomp::dense::Dense;
use schur_decomp::fit::{Stopping, unobserved};
use schur_tensor::Tensor;

/// The tensor of the product of two `n` by `n` matrices.
fn matrix_multiplication(n: usize) -> Tensor<f64> {
    Tensor::from_fn(&[n * n; 3], |i| {
        let ([a, b], [c, d], [e, f]) = ([i[0] / n, i[0] % n], [i[1] / n, i[1] % n], [i[2] / n, i[2] % n]);
        f64::from(u8::from(b == c && d == f && a == e))
    })
    .unwrap()
}

fn error(tensor: &Tensor<f64>, rank: usize, seed: u64) -> f64 {
    let options = BoundedOptions { rank, seed, ..Default::default() };
    bounded(&Dense::new(tensor).unwrap(), &options, &mut unobserved).unwrap().1.relative_error
}

#[test]
fn two_by_two_matrices_multiply_with_seven_products_and_not_with_six() {
    // Strassen 1969; Winograd 1971 for the lower bound.
    let tensor = matrix_multiplication(2);
    let best = |rank: usize| (0..4).map(|seed| error(&tensor, rank, seed)).fold(f64::INFINITY, f64::min);
    assert!(best(7) < 1e-10, "{}", best(7));
    assert!(best(6) > 0.1, "rank six is impossible: {}", best(6));
    let options = |seed: u64| AlsOptions {
        rank: 7,
        seed,
        stopping: Stopping { iterations: 1000, tolerance: 1e-9 },
        ..Default::default()
    };
    let data = Dense::new(&tensor).unwrap();
    let plain = (0..12).map(|seed| als(&data, &options(seed), &mut unobserved).unwrap().1.relative_error);
    assert!(plain.fold(f64::INFINITY, f64::min) < 1e-3);
}

#[test]
fn three_by_three_matrices_multiply_with_twenty_three_products() {
    // Laderman 1976. One start in some twenty arrives, and this is one that does.
    let tensor = matrix_multiplication(3);
    let options = BoundedOptions { rank: 23, seed: 11, ..Default::default() };
    let (model, fit) = bounded(&Dense::new(&tensor).unwrap(), &options, &mut unobserved).unwrap();
    assert!(fit.relative_error < 1e-9, "{}", fit.relative_error);
    let full = model.to_tensor().unwrap();
    let worst = full.data().iter().zip(tensor.data()).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-8, "{worst}");
    assert!(fit.warnings.iter().all(|w| !matches!(w, schur_decomp::fit::Warning::Degenerate { .. })), "{fit:?}");
}

#[test]
fn the_fit_does_not_depend_on_scale_and_its_options_are_checked() {
    let tensor = matrix_multiplication(2);
    let scaled = Tensor::new(tensor.shape(), tensor.data().iter().map(|x| 1e6 * x).collect()).unwrap();
    let options = BoundedOptions { rank: 7, seed: 1, ..Default::default() };
    let run = |tensor: &Tensor<f64>, options: &BoundedOptions| {
        bounded(&Dense::new(tensor).unwrap(), options, &mut unobserved).map(|found| found.1)
    };
    assert!(run(&scaled, &options).unwrap().relative_error < 1e-10);
    let refused = |options: BoundedOptions| run(&tensor, &options).unwrap_err();
    for bound in [0.0, -1.0, f64::NAN] {
        assert!(matches!(refused(BoundedOptions { bound, ..options.clone() }), DecompError::Option { .. }));
        assert!(matches!(refused(BoundedOptions { knee: bound, ..options.clone() }), DecompError::Option { .. }));
    }
    assert!(matches!(refused(BoundedOptions { weight: -1.0, ..options.clone() }), DecompError::Option { .. }));
    assert!(matches!(refused(BoundedOptions { rank: 17, ..options.clone() }), DecompError::Rank { most: 16, .. }));
    assert!(run(&tensor, &BoundedOptions { bound: f64::INFINITY, ..options }).is_ok());
}
