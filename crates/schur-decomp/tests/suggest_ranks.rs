//! Suggested ranks: those that were planted, by each of the rules.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ops::ControlFlow;

use schur_decomp::DecompError;
use schur_decomp::cp::Cp;
use schur_decomp::fit::unobserved;
use schur_decomp::random::{normal, normals, stream};
use schur_decomp::suggest::{SuggestOptions, core_consistency, suggest};
use schur_tensor::Tensor;

fn planted(shape: &[usize], rank: usize, noise: f64, seed: u64) -> (Cp<f64>, Tensor<f64>) {
    let mut rng = stream(seed, 0);
    let factors = shape.iter().map(|&size| normals(&[size, rank], &mut rng).unwrap()).collect();
    let form = Cp::new(vec![1.0; rank], factors).unwrap();
    let mut tensor = form.to_tensor().unwrap();
    let size = (tensor.data().iter().map(|x| x * x).sum::<f64>() / tensor.data().len() as f64).sqrt();
    tensor.data_mut().iter_mut().for_each(|x| *x += noise * size * normal(&mut rng));
    (form, tensor)
}

#[test]
fn every_rule_finds_a_planted_rank_under_noise() {
    let (_, tensor) = planted(&[9, 10, 11], 3, 0.05, 1);
    let report = suggest(&tensor, &SuggestOptions { most: 5, ..Default::default() }, &mut unobserved).unwrap();
    assert_eq!((report.by_bic, report.by_consistency, report.by_error), (3, 3, 3), "{:?}", report.candidates);
    assert!(report.by_aic >= 3, "AIC is known to take too many, not too few: {}", report.by_aic);
    assert!(report.modes.iter().all(|mode| mode.gap == 3), "{:?}", report.modes);
    assert!(report.bonds.iter().all(|bond| bond.gap == 3));
    let errors: Vec<f64> = report.candidates.iter().map(|candidate| candidate.relative_error).collect();
    assert!(errors.windows(2).all(|pair| pair[1] < pair[0] + 1e-6), "{errors:?}");
    assert!((errors[2] - 0.05).abs() < 0.02);
}

#[test]
fn energies_and_gaps_are_those_of_the_singular_values() {
    // A diagonal tensor: the singular values of each unfolding are its elements.
    let diagonal = [8.0, 4.0, 2.0, 0.001];
    let tensor =
        Tensor::from_fn(&[4, 4, 4], |i| if i[0] == i[1] && i[1] == i[2] { diagonal[i[0]] } else { 0.0 }).unwrap();
    let report = suggest(&tensor, &SuggestOptions { most: 1, ..Default::default() }, &mut unobserved).unwrap();
    for spectrum in report.modes.iter().chain(&report.bonds) {
        assert!(spectrum.values.iter().zip(diagonal).all(|(a, b)| (a - b).abs() < 1e-9));
        // Squares 64, 16, 4: shares 0.762, 0.952, 1.
        assert_eq!((spectrum.energy, spectrum.gap), ([2, 3, 3], 3));
        assert!((spectrum.fall - 2000.0).abs() < 1e-2);
    }
    assert_eq!(report.bonds[1].modes, [0, 1]);
}

#[test]
fn the_core_of_exact_factors_is_consistent() {
    let (form, tensor) = planted(&[6, 5, 7, 4], 2, 0.0, 3);
    assert!((core_consistency(&tensor, form.factors()).unwrap().unwrap() - 100.0).abs() < 1e-8);
    let wrong = &form.factors()[..3];
    assert!(matches!(core_consistency(&tensor, wrong), Err(DecompError::Mismatch { .. })));
    let (large, tensor) = planted(&[3, 3, 3], 200, 0.0, 3);
    assert_eq!(core_consistency(&tensor, large.factors()).unwrap(), None);
}

#[test]
fn the_observer_and_bad_options_end_it() {
    let (_, tensor) = planted(&[4, 4, 4], 1, 0.0, 0);
    let report = suggest(&tensor, &SuggestOptions::default(), &mut |_| ControlFlow::Break(())).unwrap();
    assert_eq!(report.candidates.len(), 1);
    let none = SuggestOptions { most: 0, ..Default::default() };
    assert!(matches!(suggest(&tensor, &none, &mut unobserved), Err(DecompError::Option { .. })));
    let vector = Tensor::filled(&[3], 1.0).unwrap();
    assert!(matches!(suggest(&vector, &SuggestOptions::default(), &mut unobserved), Err(DecompError::Order { .. })));
}
