//! Alternating least squares on planted models, known tensors, and input that it cannot take.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ops::ControlFlow;

use schur_decomp::cp::{Acceleration, AlsOptions, Cp, Start, als, als_from};
use schur_decomp::dense::Dense;
use schur_decomp::fit::{End, Fit, Stopping, Warning, unobserved};
use schur_decomp::random::{normals, stream};
use schur_decomp::{DecompError, Scalar};
use schur_tensor::Tensor;

fn planted<T: Scalar>(shape: &[usize], rank: usize, seed: u64) -> Cp<T> {
    let mut rng = stream(seed, 0);
    let factors = shape.iter().map(|&size| normals(&[size, rank], &mut rng).unwrap()).collect();
    Cp::new((1..=rank).map(|r| T::from_f64(r as f64)).collect(), factors).unwrap()
}

fn options(rank: usize, iterations: usize, tolerance: f64) -> AlsOptions {
    AlsOptions { rank, stopping: Stopping { iterations, tolerance }, seed: 1, ..Default::default() }
}

fn residual<T: Scalar>(tensor: &Tensor<T>, model: &Cp<T>) -> f64 {
    let full = model.to_tensor().unwrap();
    let square = |x: f64| x * x;
    let missed: f64 = tensor.data().iter().zip(full.data()).map(|(x, y)| square(x.to_f64() - y.to_f64())).sum();
    (missed / tensor.data().iter().map(|x| square(x.to_f64())).sum::<f64>()).sqrt()
}

#[test]
fn planted_models_are_found_to_eight_digits() {
    for (shape, rank, start) in [
        (vec![8, 9], 1, Start::Random),
        (vec![10, 12, 9], 4, Start::Random),
        (vec![10, 12, 9], 4, Start::Sketch),
        (vec![6, 7, 5, 8], 3, Start::Random),
        (vec![6, 7, 5, 8], 3, Start::Sketch),
        (vec![4, 5, 4, 3, 5], 3, Start::Random),
    ] {
        let model = planted::<f64>(&shape, rank, 5);
        let tensor = model.to_tensor().unwrap();
        let fits = (1..=4).map(|seed| {
            let options = AlsOptions { start, seed, ..options(rank, 1000, 0.0) };
            let mut enough = |p: &schur_decomp::fit::Progress| {
                if p.relative_error < 1e-9 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            als(&Dense::new(&tensor).unwrap(), &options, &mut enough).unwrap()
        });
        // Some beginnings end in a local minimum.
        let best = fits.min_by(|(_, a), (_, b)| a.relative_error.total_cmp(&b.relative_error));
        let (found, fit) = best.unwrap();
        assert!(fit.relative_error < 1e-8, "{shape:?} {start:?}: {} {}", fit.relative_error, fit.iterations);
        let score = found.match_score(&model).unwrap();
        assert!(score > 1.0 - 1e-7, "{shape:?} {start:?}: {score}");
    }
}

#[test]
fn single_precision_finds_planted_models_as_far_as_it_can_see() {
    let model = planted::<f32>(&[10, 12, 9], 3, 6);
    let tensor = model.to_tensor().unwrap();
    let (found, fit) = als(&Dense::new(&tensor).unwrap(), &options(3, 500, 1e-9), &mut unobserved).unwrap();
    assert!(fit.relative_error < 1e-6, "{fit:?}");
    assert!((fit.relative_error - residual(&tensor, &found)).abs() < 1e-7);
    assert!(found.match_score(&model).unwrap() > 1.0 - 1e-5);
}

fn noisy(shape: &[usize], rank: usize, noise: f64) -> Tensor<f64> {
    let mut tensor = planted::<f64>(shape, rank, 7).to_tensor().unwrap();
    let others: Tensor<f64> = normals(shape, &mut stream(8, 0)).unwrap();
    tensor.data_mut().iter_mut().zip(others.data()).for_each(|(x, y)| *x += noise * y);
    tensor
}

#[test]
fn errors_are_true_fall_and_do_not_depend_on_threads() {
    let tensor = noisy(&[12, 10, 11], 4, 0.5);
    for acceleration in [Acceleration::None, Acceleration::Extrapolation] {
        let options = AlsOptions { acceleration, ..options(4, 60, 1e-9) };
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| als(&Dense::new(&tensor).unwrap(), &options, &mut unobserved).unwrap())
        };
        let (model, fit) = run(1);
        assert!(fit.history.windows(2).all(|pair| pair[1] <= pair[0] + 1e-12), "{:?}", fit.history);
        assert!((fit.relative_error - residual(&tensor, &model)).abs() < 1e-10, "{}", fit.relative_error);
        assert!((fit.history[fit.history.len() - 1] - fit.relative_error).abs() < 1e-10);
        assert_eq!((model, fit), run(2));
    }
}

#[test]
fn extrapolation_reaches_the_same_error_in_fewer_sweeps() {
    // Nearly collinear columns: the case that plain alternation crawls on.
    let mut rng = stream(11, 0);
    let columns = |size: usize, rng: &mut _| {
        let common: Tensor<f64> = normals(&[size, 1], rng).unwrap();
        let own: Tensor<f64> = normals(&[size, 4], rng).unwrap();
        Tensor::from_fn(&[size, 4], |i| common.data()[i[0]] + 0.5 * own.data()[4 * i[0] + i[1]]).unwrap()
    };
    let factors = (0..3).map(|_| columns(15, &mut rng)).collect();
    let tensor = Cp::new(vec![1.0; 4], factors).unwrap().to_tensor().unwrap();
    let sweeps = |acceleration| {
        let options = AlsOptions { acceleration, ..options(4, 3000, 0.0) };
        let mut enough = |p: &schur_decomp::fit::Progress| {
            if p.relative_error < 1e-5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        als(&Dense::new(&tensor).unwrap(), &options, &mut enough).unwrap().1.iterations
    };
    let (plain, extrapolated) = (sweeps(Acceleration::None), sweeps(Acceleration::Extrapolation));
    assert!(2 * extrapolated < plain, "{extrapolated} of {plain}");
}

#[test]
fn a_fit_is_never_worse_than_what_it_begins_with() {
    let tensor = noisy(&[7, 8, 6], 3, 0.2);
    let data = Dense::new(&tensor).unwrap();
    let (good, fit) = als(&data, &options(3, 300, 1e-10), &mut unobserved).unwrap();
    let (again, after) = als_from(&data, good.clone(), &options(1, 2, 0.0), &mut unobserved).unwrap();
    assert!(after.relative_error <= fit.relative_error + 1e-12);
    assert_eq!(again.rank(), 3);
    assert!(again.match_score(&good).unwrap() > 0.999);
    let other = planted::<f64>(&[7, 8, 5], 3, 1);
    assert!(matches!(als_from(&data, other, &options(3, 2, 0.0), &mut unobserved), Err(DecompError::Mismatch { .. })));
}

#[test]
fn a_tensor_without_a_best_approximation_is_called_degenerate() {
    // a b b + b a b + b b a has rank three, and is a limit of tensors of rank two.
    let tensor = Tensor::from_fn(&[2, 2, 2], |i| f64::from(u8::from(i.iter().sum::<usize>() == 1))).unwrap();
    let (_, fit) = als(&Dense::new(&tensor).unwrap(), &options(2, 3000, 0.0), &mut unobserved).unwrap();
    let degenerate = |warning: &Warning| matches!(warning, Warning::Degenerate { components: [0, 1], .. });
    assert!(fit.warnings.iter().any(degenerate), "{fit:?}");
    assert!(fit.relative_error < 0.1);
}

#[test]
fn ranks_beyond_the_modes_and_dependent_components_work_and_are_told() {
    let tensor = noisy(&[3, 4, 5], 2, 1.0);
    let (model, fit) = als(&Dense::new(&tensor).unwrap(), &options(8, 500, 1e-9), &mut unobserved).unwrap();
    assert_eq!(model.rank(), 8);
    assert!(fit.relative_error < 0.1, "{}", fit.relative_error);
    let exact = planted::<f64>(&[6, 5, 4], 1, 3).to_tensor().unwrap();
    let twice = planted::<f64>(&[6, 5, 4], 1, 4).into_parts().1;
    let doubled = |factor: &Tensor<f64>| Tensor::from_fn(&[factor.shape()[0], 2], |i| factor.data()[i[0]]).unwrap();
    let start = Cp::new(vec![1.0; 2], twice.iter().map(doubled).collect()).unwrap();
    let data = Dense::new(&exact).unwrap();
    let (_, fit) = als_from(&data, start, &options(2, 5, 0.0), &mut unobserved).unwrap();
    assert!(fit.warnings.iter().any(|warning| matches!(warning, Warning::Singular { .. })), "{fit:?}");
    assert!(fit.relative_error < 1e-12);
}

#[test]
fn numbers_of_any_scale_are_fitted() {
    let tensor = noisy(&[6, 7, 5], 2, 0.1);
    let fit = |factor: f64| -> Fit {
        let scaled = Tensor::new(tensor.shape(), tensor.data().iter().map(|x| factor * x).collect()).unwrap();
        als(&Dense::new(&scaled).unwrap(), &options(2, 50, 0.0), &mut unobserved).unwrap().1
    };
    let expected = fit(1.0).relative_error;
    for factor in [1e-140, 1e140] {
        assert!((fit(factor).relative_error - expected).abs() < 1e-6);
    }
    let large = Tensor::new(tensor.shape(), tensor.data().iter().map(|&x| 1e15 * x as f32).collect()).unwrap();
    let found = als(&Dense::new(&large).unwrap(), &options(2, 50, 0.0), &mut unobserved).unwrap().1;
    assert!((found.relative_error - expected).abs() < 1e-4);
}

#[test]
fn the_caller_may_stop_it() {
    let tensor = noisy(&[6, 7, 5], 2, 0.1);
    let mut stop = |p: &schur_decomp::fit::Progress| {
        if p.iteration == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let fit = als(&Dense::new(&tensor).unwrap(), &options(2, 50, 0.0), &mut stop).unwrap().1;
    assert_eq!((fit.end, fit.iterations), (End::Stopped, 3));
}

#[test]
fn bad_input_is_refused_with_a_reason() {
    let refused = |tensor: Tensor<f64>| Dense::new(&tensor).unwrap_err();
    let with = |value: f64| {
        let mut tensor = Tensor::filled(&[2, 3, 2], 1.0).unwrap();
        tensor.data_mut()[9] = value;
        refused(tensor)
    };
    let DecompError::NotFinite { index, .. } = with(f64::NAN) else { panic!("a NaN") };
    assert_eq!(index, [1, 1, 1]);
    assert!(matches!(with(f64::INFINITY), DecompError::NotFinite { .. }));
    assert!(matches!(with(1e200), DecompError::Option { .. }));
    assert!(matches!(refused(Tensor::filled(&[2, 3], 1e-200).unwrap()), DecompError::Option { .. }));
    assert_eq!(refused(Tensor::filled(&[2, 3], 0.0).unwrap()), DecompError::AllZero);
    assert!(matches!(refused(Tensor::filled(&[2, 0, 3], 0.0).unwrap()), DecompError::EmptyMode { mode: 1, .. }));
    assert!(matches!(refused(Tensor::filled(&[5], 1.0).unwrap()), DecompError::Order { least: 2, .. }));
    let tensor = noisy(&[3, 4, 2], 1, 0.1);
    let data = Dense::new(&tensor).unwrap();
    let run = |options: &AlsOptions| als(&data, options, &mut unobserved).unwrap_err();
    assert!(matches!(run(&options(0, 5, 0.0)), DecompError::Rank { most: 6, .. }));
    assert!(matches!(run(&options(7, 5, 0.0)), DecompError::Rank { rank: 7, .. }));
    assert!(matches!(run(&options(1, 0, 0.0)), DecompError::Option { .. }));
    assert!(matches!(run(&options(1, 5, f64::NAN)), DecompError::Option { .. }));
}
