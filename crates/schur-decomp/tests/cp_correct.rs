//! Error preserving correction: what the sensitivity is, that it falls, and that the bound holds.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_decomp::DecompError;
use schur_decomp::cp::{Acceleration, AlsOptions, CorrectionOptions, Cp, als, correct};
use schur_decomp::dense::Dense;
use schur_decomp::fit::{Stopping, unobserved};
use schur_decomp::random::{normal, normals, stream};
use schur_tensor::Tensor;

/// A degenerate model: of rank two for a tensor of rank three that such models come near to, with some noise.
fn degenerate() -> (Tensor<f64>, Cp<f64>) {
    let mut rng = stream(2, 0);
    let pairs: Vec<Tensor<f64>> = (0..3).map(|_| normals(&[6, 2], &mut rng).unwrap()).collect();
    let tensor = Tensor::from_fn(&[6, 6, 6], |i| {
        let at = |mode: usize, which: usize| pairs[mode].data()[2 * i[mode] + which];
        let terms = (0..3).map(|b| (0..3).map(|mode| at(mode, usize::from(mode == b))).product::<f64>());
        terms.sum::<f64>() + 0.02 * normal(&mut rng)
    })
    .unwrap();
    let stopping = Stopping { iterations: 3000, tolerance: 0.0 };
    let options = AlsOptions { rank: 2, stopping, seed: 1, acceleration: Acceleration::None, ..Default::default() };
    let model = als(&Dense::new(&tensor).unwrap(), &options, &mut unobserved).unwrap().0;
    (tensor, model)
}

/// The mean squared change of the tensor when factors get noise, over the variance of the noise.
fn measured_sensitivity(factors: &[Tensor<f64>], draws: usize) -> f64 {
    let rank = factors[0].shape()[1];
    let full = |factors: Vec<Tensor<f64>>| Cp::new(vec![1.0; rank], factors).unwrap().to_tensor().unwrap();
    let clean = full(factors.to_vec());
    let deviation = 1e-6;
    let sum: f64 = (0..draws)
        .map(|draw| {
            let mut rng = stream(100, draw as u64);
            let mut moved = factors.to_vec();
            moved.iter_mut().for_each(|f| f.data_mut().iter_mut().for_each(|x| *x += deviation * normal(&mut rng)));
            full(moved).data().iter().zip(clean.data()).map(|(x, y)| (x - y).powi(2)).sum::<f64>()
        })
        .sum();
    sum / draws as f64 / (deviation * deviation)
}

/// Factors with the weights spread evenly.
fn spread(model: &Cp<f64>) -> Vec<Tensor<f64>> {
    let root = |r: usize| model.weights()[r].cbrt();
    let scaled =
        |f: &Tensor<f64>| Tensor::from_fn(f.shape(), |i| f.data()[i[0] * f.shape()[1] + i[1]] * root(i[1])).unwrap();
    model.factors().iter().map(scaled).collect()
}

#[test]
fn the_sensitivity_falls_and_the_error_keeps_to_its_bound() {
    let (tensor, model) = degenerate();
    let data = Dense::new(&tensor).unwrap();
    let full = model.to_tensor().unwrap();
    let square = |(x, y): (&f64, &f64)| (x - y) * (x - y);
    let missed: f64 = tensor.data().iter().zip(full.data()).map(square).sum();
    let own = (missed / tensor.data().iter().map(|x| x * x).sum::<f64>()).sqrt();
    let options = CorrectionOptions { bound: Some(1.05 * own), ..Default::default() };
    let (corrected, fit) = correct(&data, &model, &options, &mut unobserved).unwrap();
    assert!(fit.relative_error <= 1.05 * own * (1.0 + 1e-6), "{} {own}", fit.relative_error);
    assert!(fit.history.windows(2).all(|pair| pair[1] <= pair[0] * (1.0 + 1e-9)), "{:?}", fit.history);
    let last = fit.history[fit.history.len() - 1];
    assert!(last < 0.9, "{last}");
    let (before, after) = (measured_sensitivity(&spread(&model), 200), measured_sensitivity(&spread(&corrected), 200));
    assert!((after / before / last - 1.0).abs() < 0.2, "{after} of {before}, not {last}");
    assert!(corrected.weights()[0] < model.weights()[0]);
}

/// What `benches/peers/decomp/correction.py` finds for the same tensor and bound, all factors at once.
const LEAST_SENSITIVITY: f64 = 1_183.488_708;

#[test]
fn the_sensitivity_falls_to_the_least_that_the_bound_allows() {
    let column = |mode: usize, which: usize, row: usize| {
        let bend = (which * (1 + row % 2)) as f64;
        let (mode, row) = (mode as f64, row as f64);
        (1.0 + 2.3 * mode + (1.7 + 0.4 * mode) * row + 4.1 * bend).sin()
    };
    let tensor = Tensor::from_fn(&[6, 6, 6], |i| {
        let term = |b: usize| (0..3).map(|mode| column(mode, usize::from(mode == b), i[mode])).product::<f64>();
        let noise = 12.9898 * i[0] as f64 + 78.233 * i[1] as f64 + 37.719 * i[2] as f64;
        (0..3).map(term).sum::<f64>() + 0.02 * noise.sin()
    })
    .unwrap();
    let data = Dense::new(&tensor).unwrap();
    // Some starts end elsewhere, at an error of 0.148.
    let fits = (0..6).map(|seed| {
        let stopping = Stopping { iterations: 3000, tolerance: 0.0 };
        als(&data, &AlsOptions { rank: 2, stopping, seed, ..Default::default() }, &mut unobserved).unwrap()
    });
    let (model, fit) = fits.reduce(|a, b| if b.1.relative_error < a.1.relative_error { b } else { a }).unwrap();
    assert!(fit.relative_error < 0.017, "{}", fit.relative_error);
    let sensitivity = |model: &Cp<f64>| {
        let norms: Vec<f64> = model.weights().iter().map(|weight| weight.powf(4.0 / 3.0)).collect();
        3.0 * 6.0 * norms.iter().sum::<f64>()
    };
    let options = CorrectionOptions { bound: Some(0.02), stopping: Stopping { iterations: 2000, tolerance: 1e-10 } };
    let (corrected, fit) = correct(&data, &model, &options, &mut unobserved).unwrap();
    assert!(fit.relative_error <= 0.02 * (1.0 + 1e-9), "{}", fit.relative_error);
    assert!(sensitivity(&model) > 2.0 * LEAST_SENSITIVITY, "{}", sensitivity(&model));
    let reached = sensitivity(&corrected) / LEAST_SENSITIVITY;
    assert!((1.0 - 1e-6..1.01).contains(&reached), "{reached}");
}

#[test]
fn a_bound_that_cannot_be_met_and_models_that_do_not_fit_are_refused() {
    let (tensor, model) = degenerate();
    let data = Dense::new(&tensor).unwrap();
    let run = |bound: f64| {
        correct(&data, &model, &CorrectionOptions { bound: Some(bound), ..Default::default() }, &mut unobserved)
    };
    assert!(matches!(run(1e-9), Err(DecompError::Option { .. })));
    assert!(matches!(run(f64::NAN), Err(DecompError::Option { .. })));
    let other = Cp::new(vec![1.0], vec![Tensor::filled(&[6, 1], 1.0).unwrap(); 2]).unwrap();
    assert!(matches!(
        correct(&data, &other, &CorrectionOptions::default(), &mut unobserved),
        Err(DecompError::Mismatch { .. })
    ));
}
