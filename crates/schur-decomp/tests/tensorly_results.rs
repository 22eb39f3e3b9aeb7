//! The data sets that TensorLy ships: the same error as it reaches or a lower one, and the same components.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use schur_decomp::cp::{AlsOptions, Cp, NonnegativeOptions, WeightedOptions, als, nonnegative, weighted};
use schur_decomp::dense::Dense;
use schur_decomp::fit::{Fit, Stopping, unobserved};
use schur_decomp::tucker::{HooiOptions, hooi};
use schur_io::npz;
use schur_tensor::Tensor;

/// `benches/peers/decomp/tensorly_results.py` wrote it.
const RESULTS: &[u8] = include_bytes!("../../../fixtures/decompositions/tensorly.npz");

/// Errors of fits that ended by themselves differ by no more, in parts of them.
const SAME: f64 = 1e-4;

type Arrays = BTreeMap<String, Tensor<f64>>;

fn arrays() -> Arrays {
    let read = |(name, array): (String, schur_io::npy::Array)| {
        (name, Tensor::new(&array.shape, array.numbers.to_f64().unwrap()).unwrap())
    };
    npz::read(RESULTS).unwrap().into_iter().map(read).collect()
}

/// The best of a few starts.
fn best(fit: impl Fn(u64) -> (Cp<f64>, Fit)) -> (Cp<f64>, f64) {
    let fits = (0..5).map(fit).map(|(model, fit)| (model, fit.relative_error));
    fits.reduce(|a, b| if b.1 < a.1 { b } else { a }).unwrap()
}

/// Asks for TensorLy's error, and for its components if the error is no other.
///
/// Not for all digits of them: four components of these data lie in a valley along which the error hardly changes.
fn compare(arrays: &Arrays, name: &str, (model, error): (Cp<f64>, f64)) {
    let theirs = arrays[&format!("{name}_error")].data()[0];
    assert!(error <= theirs * (1.0 + SAME), "{name}: {error}, TensorLy {theirs}");
    let factors: Vec<Tensor<f64>> =
        (0..model.factors().len()).map(|mode| arrays[&format!("{name}_factor_{mode}")].clone()).collect();
    let other = Cp::new(vec![1.0; model.rank()], factors).unwrap();
    let score = model.match_score(&other).unwrap();
    assert!(score > 0.98 || error < theirs * (1.0 - SAME), "{name}: factor match score {score}");
}

const STOPPING: Stopping = Stopping { iterations: 2000, tolerance: 1e-9 };

#[test]
fn serology_is_fitted_as_well_and_by_the_same_components() {
    let arrays = arrays();
    let data = Dense::new(&arrays["covid"]).unwrap();
    for rank in [2, 4] {
        let fit = |seed| {
            let options = AlsOptions { rank, seed, stopping: STOPPING, ..Default::default() };
            als(&data, &options, &mut unobserved).unwrap()
        };
        compare(&arrays, &format!("covid_cp_{rank}"), best(fit));
    }
}

#[test]
fn responses_with_unknown_elements_are_fitted_as_well_and_by_the_same_components() {
    let arrays = arrays();
    let response = &arrays["response"];
    let known = Tensor::new(
        response.shape(),
        response.data().iter().map(|x| if x.is_nan() { 0.0 } else { 1.0 }).collect::<Vec<f64>>(),
    )
    .unwrap();
    assert_eq!(known.data().iter().filter(|&&weight| weight == 0.0).count(), 192);
    for rank in [2, 4] {
        let fit = |seed| {
            let options = WeightedOptions { rank, seed, stopping: STOPPING, ridge: 0.0 };
            weighted(response, &known, &options, &mut unobserved).unwrap()
        };
        compare(&arrays, &format!("response_cp_{rank}"), best(fit));
    }
}

#[test]
fn nonnegative_components_are_found_as_well() {
    let arrays = arrays();
    let response = &arrays["response"];
    let data = response.data().iter().map(|x| if x.is_nan() { 0.0 } else { x.max(0.0) }).collect();
    let data = Tensor::new(response.shape(), data).unwrap();
    let data = Dense::new(&data).unwrap();
    let fit = |seed| {
        let options = NonnegativeOptions { rank: 3, seed, stopping: STOPPING, ..Default::default() };
        nonnegative(&data, &options, &mut unobserved).unwrap()
    };
    compare(&arrays, "zeros_nonnegative_3", best(fit));
}

#[test]
fn a_tucker_form_is_as_near() {
    let arrays = arrays();
    let options = HooiOptions { stopping: STOPPING, ..HooiOptions::ranks(&[8, 4, 4]) };
    let (_, fit) = hooi(&arrays["covid"], &options, &mut unobserved).unwrap();
    let theirs = arrays["covid_tucker_8_4_4_error"].data()[0];
    assert!(fit.relative_error <= theirs * (1.0 + SAME), "{} TensorLy {theirs}", fit.relative_error);
}
