//! Nonnegative canonical polyadic models: planted ones, conditions of optimality, input that cannot be taken.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_decomp::cp::{Acceleration, Cp, CpTensor, NonnegativeOptions, Start, nonnegative, nonnegative_from};
use schur_decomp::dense::Dense;
use schur_decomp::fit::{Stopping, unobserved};
use schur_decomp::matrix::{gram, multiply};
use schur_decomp::random::{normals, stream, units};
use schur_decomp::{DecompError, Scalar};
use schur_tensor::Tensor;

fn planted(shape: &[usize], rank: usize, seed: u64) -> Cp<f64> {
    let mut rng = stream(seed, 0);
    let sparse = |numbers: Tensor<f64>| {
        let data = numbers.data().iter().map(|&x| (x - 0.4).max(0.0)).collect();
        Tensor::new(numbers.shape(), data).unwrap()
    };
    let factors = shape.iter().map(|&size| sparse(units(&[size, rank], &mut rng).unwrap())).collect();
    Cp::new(vec![1.0; rank], factors).unwrap()
}

fn options(rank: usize, iterations: usize) -> NonnegativeOptions {
    let stopping = Stopping { iterations, tolerance: 0.0 };
    NonnegativeOptions { rank, stopping, seed: 2, ..Default::default() }
}

fn is_nonnegative<T: Scalar>(model: &Cp<T>) -> bool {
    model.factors().iter().all(|factor| factor.data().iter().all(|x| x.to_f64() >= 0.0))
        && model.weights().iter().all(|weight| weight.to_f64() >= 0.0)
}

#[test]
fn planted_models_are_found() {
    for (shape, rank, start) in [
        (vec![12, 10, 11], 3, Start::Random),
        (vec![12, 10, 11], 3, Start::Sketch),
        (vec![7, 8, 6, 9], 4, Start::Random),
    ] {
        let model = planted(&shape, rank, 3);
        let tensor = model.to_tensor().unwrap();
        let options = NonnegativeOptions { start, ..options(rank, 600) };
        let (found, fit) = nonnegative(&Dense::new(&tensor).unwrap(), &options, &mut unobserved).unwrap();
        assert!(fit.relative_error < 1e-6, "{shape:?} {start:?}: {}", fit.relative_error);
        assert!(found.match_score(&model).unwrap() > 1.0 - 1e-4);
        assert!(is_nonnegative(&found));
    }
}

/// A model of nonnegative numbers and noise of both signs.
fn noisy() -> Tensor<f64> {
    let mut tensor = planted(&[8, 9, 7], 3, 4).to_tensor().unwrap();
    let noise: Tensor<f64> = normals(&[8, 9, 7], &mut stream(1, 0)).unwrap();
    tensor.data_mut().iter_mut().zip(noise.data()).for_each(|(x, y)| *x += 0.03 * y);
    tensor
}

#[test]
fn the_error_falls_to_a_point_where_no_factor_can_be_better() {
    let tensor = noisy();
    let data = Dense::new(&tensor).unwrap();
    for acceleration in [Acceleration::None, Acceleration::Extrapolation] {
        let options = NonnegativeOptions { acceleration, ..options(3, 2000) };
        let (model, fit) = nonnegative(&data, &options, &mut unobserved).unwrap();
        assert!(fit.history.windows(2).all(|pair| pair[1] <= pair[0] + 1e-12), "{:?}", fit.history);
        assert!(is_nonnegative(&model));
        let mut products = data.products(3).unwrap();
        let mut zeros = 0;
        for mode in 0..3 {
            let factor = &model.factors()[mode];
            let mut product = vec![0.0; factor.data().len()];
            products.product(model.factors(), mode, &mut product).unwrap();
            let mut others = Tensor::filled(&[3, 3], 1.0).unwrap();
            for other in (0..3).filter(|&other| other != mode) {
                let gram = gram(&model.factors()[other]).unwrap();
                others.data_mut().iter_mut().zip(gram.data()).for_each(|(x, y)| *x *= y);
            }
            let weighted = Tensor::from_fn(factor.shape(), |i| factor.data()[3 * i[0] + i[1]] * model.weights()[i[1]]);
            let weighted = weighted.unwrap();
            let left = multiply(&weighted.view(), &others.view()).unwrap();
            for ((slope, target), &x) in left.data().iter().zip(&product).zip(weighted.data()) {
                zeros += usize::from(x == 0.0);
                let slope = slope - target;
                assert!(if x > 0.0 { slope.abs() < 1e-6 } else { slope > -1e-6 }, "{x} {slope}");
            }
        }
        assert!(zeros > 0, "the bound was met nowhere");
    }
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    let tensor = noisy();
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| nonnegative(&Dense::new(&tensor).unwrap(), &options(3, 20), &mut unobserved).unwrap())
    };
    assert_eq!(run(1), run(2));
}

#[test]
fn what_is_negative_at_the_start_counts_as_zero_and_bad_options_are_refused() {
    let tensor = noisy();
    let data = Dense::new(&tensor).unwrap();
    let factors = [8, 9, 7].iter().map(|&n| normals(&[n, 2], &mut stream(5, 0)).unwrap()).collect();
    let start = Cp::new(vec![1.0, 1.0], factors).unwrap();
    let (model, fit) = nonnegative_from(&data, start, &options(2, 50), &mut unobserved).unwrap();
    assert!(is_nonnegative(&model) && fit.relative_error < 1.0);
    let none = NonnegativeOptions { passes: 0, ..options(2, 5) };
    assert!(matches!(nonnegative(&data, &none, &mut unobserved), Err(DecompError::Option { .. })));
    assert!(matches!(nonnegative(&data, &options(0, 5), &mut unobserved), Err(DecompError::Rank { .. })));
}
