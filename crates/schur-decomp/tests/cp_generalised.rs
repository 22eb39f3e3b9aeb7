//! Losses other than squares, and least squares on samples.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_decomp::DecompError;
use schur_decomp::cp::{
    AlsOptions, Cp, GeneralisedOptions, Loss, RandomisedOptions, WeightedOptions, als, generalised, randomised,
    weighted,
};
use schur_decomp::dense::Dense;
use schur_decomp::fit::{Fit, Stopping, unobserved};
use schur_decomp::random::{normal, normals, stream, unit, units};
use schur_tensor::Tensor;

fn planted(shape: &[usize], rank: usize) -> Cp<f64> {
    let mut rng = stream(3, 0);
    let factors = shape.iter().map(|&size| normals(&[size, rank], &mut rng).unwrap()).collect();
    Cp::new(vec![1.0; rank], factors).unwrap()
}

fn options(rank: usize, loss: Loss, iterations: usize) -> GeneralisedOptions {
    GeneralisedOptions { rank, loss, stopping: Stopping { iterations, tolerance: 0.0 }, seed: 2 }
}

fn falls(fit: &Fit) -> bool {
    fit.history.windows(2).all(|pair| pair[1] <= pair[0] + 1e-12)
}

#[test]
fn the_loss_of_squares_gives_the_model_of_least_squares() {
    let mut tensor = planted(&[7, 6, 5], 2).to_tensor().unwrap();
    let mut rng = stream(4, 0);
    tensor.data_mut().iter_mut().for_each(|x| *x += 0.2 * normal(&mut rng));
    let (found, fit) = generalised(&tensor, None, &options(2, Loss::Gaussian, 2000), &mut unobserved).unwrap();
    let plain = AlsOptions { rank: 2, stopping: Stopping { iterations: 2000, tolerance: 0.0 }, ..Default::default() };
    let (expected, _) = als(&Dense::new(&tensor).unwrap(), &plain, &mut unobserved).unwrap();
    assert!(found.match_score(&expected).unwrap() > 1.0 - 1e-5, "{}", found.match_score(&expected).unwrap());
    assert!(falls(&fit));
    let known = Tensor::from_fn(tensor.shape(), |i| if (i[0] + i[1] + i[2]) % 3 == 0 { 0.0 } else { 1.0 }).unwrap();
    let (found, _) = generalised(&tensor, Some(&known), &options(2, Loss::Gaussian, 2000), &mut unobserved).unwrap();
    let stopping = Stopping { iterations: 2000, tolerance: 0.0 };
    let others = WeightedOptions { rank: 2, stopping, seed: 1, ridge: 0.0 };
    let (expected, _) = weighted(&tensor, &known, &others, &mut unobserved).unwrap();
    assert!(found.match_score(&expected).unwrap() > 1.0 - 1e-5, "{}", found.match_score(&expected).unwrap());
}

#[test]
fn counts_zeros_and_ones_and_outliers_are_explained() {
    let mut rng = stream(5, 0);
    let means: Cp<f64> = {
        let factors = [12, 11, 10].iter().map(|&n| units(&[n, 2], &mut rng).unwrap()).collect();
        Cp::new(vec![30.0; 2], factors).unwrap()
    };
    let mean = means.to_tensor().unwrap();
    // Counts of a Poisson distribution, by waiting times.
    let mut poisson = |mean: f64| {
        let (mut count, mut time) = (0.0, -unit(&mut rng).ln_1p());
        time = time.abs() - (1.0 - unit(&mut rng)).ln();
        while time < mean {
            count += 1.0;
            time -= (1.0 - unit(&mut rng)).ln();
        }
        count
    };
    let counts = Tensor::new(mean.shape(), mean.data().iter().map(|&m| poisson(m)).collect()).unwrap();
    let (model, fit) = generalised(&counts, None, &options(2, Loss::Poisson, 500), &mut unobserved).unwrap();
    assert!(falls(&fit) && model.factors().iter().all(|f| f.data().iter().all(|&x| x >= 0.0)));
    assert!(model.match_score(&means).unwrap() > 0.85, "{}", model.match_score(&means).unwrap());
    let (low, high) = (generalised(&mean, None, &options(2, Loss::Poisson, 2000), &mut unobserved).unwrap().1, fit);
    assert!(low.relative_error < 1e-5 && high.relative_error < 0.5, "{} {}", low.relative_error, high.relative_error);

    let odds = planted(&[12, 11, 10], 1).to_tensor().unwrap();
    let coins = Tensor::from_fn(odds.shape(), |i| f64::from(u8::from(*odds.get(i).unwrap() > 0.0))).unwrap();
    let (model, fit) = generalised(&coins, None, &options(1, Loss::Bernoulli, 200), &mut unobserved).unwrap();
    assert!(falls(&fit) && fit.relative_error < 0.05, "{}", fit.relative_error);
    let signs = model.to_tensor().unwrap();
    assert!(signs.data().iter().zip(coins.data()).all(|(m, x)| (*m > 0.0) == (*x > 0.5)));

    let clean = planted(&[9, 8, 7], 2);
    let mut spoilt = clean.to_tensor().unwrap();
    spoilt.data_mut().iter_mut().step_by(29).for_each(|x| *x += 30.0);
    let score = |loss| {
        let found = generalised(&spoilt, None, &options(2, loss, 1000), &mut unobserved).unwrap().0;
        found.match_score(&clean).unwrap()
    };
    assert!(score(Loss::Huber(0.05)) > 0.95, "{}", score(Loss::Huber(0.05)));
    assert!(score(Loss::Gaussian) < 0.9, "{}", score(Loss::Gaussian));
}

#[test]
fn elements_that_a_loss_has_no_use_for_are_refused() {
    let tensor = planted(&[3, 4, 2], 1).to_tensor().unwrap();
    let run = |tensor: &Tensor<f64>, options: &GeneralisedOptions| {
        generalised(tensor, None, options, &mut unobserved).unwrap_err()
    };
    assert!(matches!(run(&tensor, &options(1, Loss::Poisson, 5)), DecompError::Option { .. }));
    assert!(matches!(run(&tensor, &options(1, Loss::Bernoulli, 5)), DecompError::Option { .. }));
    assert!(matches!(run(&tensor, &options(1, Loss::Huber(0.0), 5)), DecompError::Option { .. }));
    assert!(matches!(run(&tensor, &options(0, Loss::Gaussian, 5)), DecompError::Rank { .. }));
    let constant = Tensor::filled(&[3, 4], 2.0).unwrap();
    assert!(matches!(run(&constant, &options(1, Loss::Gaussian, 5)), DecompError::AllZero));
    let mut gap = tensor.clone();
    gap.data_mut()[3] = f64::NAN;
    assert!(matches!(run(&gap, &options(1, Loss::Gaussian, 5)), DecompError::NotFinite { .. }));
    let mut known = Tensor::filled(&[3, 4, 2], 1.0).unwrap();
    known.data_mut()[3] = 0.0;
    assert!(generalised(&gap, Some(&known), &options(1, Loss::Gaussian, 5), &mut unobserved).is_ok());
    let small = Tensor::filled(&[3, 4], 1.0).unwrap();
    let mismatch = generalised(&tensor, Some(&small), &options(1, Loss::Gaussian, 5), &mut unobserved);
    assert!(matches!(mismatch, Err(DecompError::Mismatch { .. })));
}

#[test]
fn samples_find_planted_models_and_tell_the_true_error_of_noisy_ones() {
    let clean = planted(&[30, 28, 32], 3);
    let mut tensor = clean.to_tensor().unwrap();
    let run = |tensor: &Tensor<f64>, samples: Option<usize>| {
        let options = RandomisedOptions { rank: 3, seed: 1, samples, ..Default::default() };
        randomised(&Dense::new(tensor).unwrap(), &options, &mut unobserved)
    };
    let (found, fit) = run(&tensor, None).unwrap();
    assert!(fit.relative_error < 1e-3 && found.match_score(&clean).unwrap() > 0.999, "{}", fit.relative_error);
    let mut rng = stream(6, 0);
    tensor.data_mut().iter_mut().for_each(|x| *x += 0.1 * normal(&mut rng));
    let (found, fit) = run(&tensor, Some(200)).unwrap();
    let full = found.to_tensor().unwrap();
    let missed: f64 = tensor.data().iter().zip(full.data()).map(|(x, y)| (x - y).powi(2)).sum();
    let error = (missed / tensor.data().iter().map(|x| x * x).sum::<f64>()).sqrt();
    assert!((fit.relative_error - error).abs() < 1e-9 && error < 0.12, "{error}");
    assert_eq!(run(&tensor, Some(200)).unwrap(), (found, fit));
    assert!(matches!(run(&tensor, Some(2)), Err(DecompError::Option { .. })));
}
