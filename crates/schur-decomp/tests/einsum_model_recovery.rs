//! Models written as einsums: planted ones come back, steps are those of least squares, bad ones are refused.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ops::ControlFlow;

use schur_decomp::einsum_model::{EinsumForm, EinsumModel, EinsumOptions, continue_einsum, fit_einsum};
use schur_decomp::fit::{End, Stopping, Warning, unobserved};
use schur_decomp::{DecompError, matrix};
use schur_linalg::Positive;
use schur_tensor::Tensor;

type Inner<'a> = &'a [(&'a str, usize)];

fn planted(text: &str, inner: Inner<'_>, shape: &[usize], seed: u64) -> Tensor<f64> {
    EinsumForm::random(EinsumModel::new(text, inner, shape).unwrap(), seed).unwrap().to_tensor().unwrap()
}

fn options(iterations: usize, tolerance: f64, seed: u64) -> EinsumOptions {
    EinsumOptions { stopping: Stopping { iterations, tolerance }, seed, ..Default::default() }
}

/// The least error of a few starts.
fn best(tensor: &Tensor<f64>, text: &str, inner: Inner<'_>) -> f64 {
    let fit = |seed| fit_einsum(tensor, text, inner, &options(1500, 1e-14, seed), &mut unobserved).unwrap().1;
    let mut least = f64::INFINITY;
    for seed in 0..4 {
        least = least.min(fit(seed).relative_error);
        if least < 1e-8 {
            break;
        }
    }
    least
}

#[test]
fn planted_models_are_recovered() {
    let cases: [(&str, Inner<'_>, &[usize]); 9] = [
        ("ir,jr,kr->ijk", &[("r", 3)], &[6, 7, 8]),
        ("ia,jb,kc,abc->ijk", &[("a", 2), ("b", 3), ("c", 2)], &[6, 7, 5]),
        ("ia,ajb,bkc,cl->ijkl", &[("a", 3), ("b", 4), ("c", 2)], &[5, 4, 5, 4]),
        ("aib,bjc,cka->ijk", &[("a", 2), ("b", 2), ("c", 3)], &[7, 7, 7]),
        ("iqr,pjr,pqk->ijk", &[("q", 2), ("r", 2), ("p", 2)], &[8, 8, 8]),
        ("iqr,pjr,pqk->ijk", &[("q", 2), ("r", 3), ("p", 2)], &[9, 8, 8]),
        // Block terms of multilinear rank (2, 2, 1).
        ("ira,jra,kr->ijk", &[("r", 2), ("a", 2)], &[7, 7, 6]),
        // Made up: a bond of three factors, and one of two.
        ("iap,jbp,kab,pl->ijkl", &[("a", 2), ("b", 2), ("p", 3)], &[6, 6, 5, 5]),
        // Made up: an index of the result in two factors, so each of its values has equations of its own.
        ("ir,jr,ik->ijk", &[("r", 2)], &[6, 5, 6]),
    ];
    for (text, inner, shape) in cases {
        let error = best(&planted(text, inner, shape, 11), text, inner);
        assert!(error < 1e-8, "{text}: {error}");
    }
}

#[test]
fn single_precision_is_as_good_as_its_digits() {
    let model = EinsumModel::new("ir,jr,kr->ijk", &[("r", 3)], &[6, 7, 8]).unwrap();
    let tensor = EinsumForm::<f32>::random(model, 3).unwrap().to_tensor().unwrap();
    let (_, fit) = fit_einsum(&tensor, "ir,jr,kr->ijk", &[("r", 3)], &options(300, 1e-9, 1), &mut unobserved).unwrap();
    assert!(fit.relative_error < 1e-5, "{}", fit.relative_error);
}

#[test]
fn a_canonical_text_gives_the_sweeps_of_canonical_least_squares() {
    let (shape, rank) = ([5, 6, 7], 4);
    let tensor = Tensor::from_fn(&shape, |i| ((3 * i[0] + 5 * i[1] * i[2] + i[2]) as f64).sin()).unwrap();
    let model = EinsumModel::new("ir,jr,kr->ijk", &[("r", rank)], &shape).unwrap();
    let start = EinsumForm::<f64>::random(model, 5).unwrap();
    let mut plain: Vec<Tensor<f64>> = start.factors().to_vec();
    let (fitted, fit) = continue_einsum(&tensor, start, &options(4, 0.0, 0), &mut unobserved).unwrap();
    for _ in 0..4 {
        for mode in 0..3 {
            plain[mode] = least_squares(&tensor, &plain, mode, rank);
        }
    }
    for (a, b) in fitted.factors().iter().zip(&plain) {
        let largest = b.data().iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
        assert!(a.data().iter().zip(b.data()).all(|(x, y)| (x - y).abs() < 1e-9 * largest));
    }
    assert_eq!(fit.iterations, 4);
}

/// One factor of a canonical model, by the full Khatri-Rao product of the others.
fn least_squares(tensor: &Tensor<f64>, factors: &[Tensor<f64>], mode: usize, rank: usize) -> Tensor<f64> {
    let others: Vec<&Tensor<f64>> =
        factors.iter().enumerate().filter(|&(n, _)| n != mode).map(|other| other.1).collect();
    let design = matrix::khatri_rao(&others, rank).unwrap();
    let axes: Vec<usize> = std::iter::once(mode).chain((0..3).filter(|&axis| axis != mode)).collect();
    let unfolded = tensor.view().permuted(&axes).unwrap().to_tensor().into_data();
    let unfolded = Tensor::new(&[tensor.shape()[mode], design.shape()[0]], unfolded).unwrap();
    let mut rows = matrix::multiply(&unfolded.view(), &design.view()).unwrap();
    Positive::new(&matrix::gram(&design).unwrap()).unwrap().solve_rows(rows.data_mut()).unwrap();
    rows
}

#[test]
fn errors_fall_are_honest_and_repeat_to_the_bit() {
    let tensor = Tensor::from_fn(&[6, 5, 7], |i| ((1 + 7 * i[0] + 3 * i[1] * i[2]) as f64).cos()).unwrap();
    let inner = [("q", 2), ("r", 2), ("p", 2)];
    for (ridge, proximal) in [(0.0, 0.0), (0.0, 0.5)] {
        let options = EinsumOptions { ridge, proximal, ..options(30, 0.0, 2) };
        let (form, fit) = fit_einsum(&tensor, "iqr,pjr,pqk->ijk", &inner, &options, &mut unobserved).unwrap();
        assert!(fit.history.windows(2).all(|pair| pair[1] <= pair[0] + 1e-12), "{:?}", fit.history);
        let full = form.to_tensor().unwrap();
        let distance = full.data().iter().zip(tensor.data()).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
        let norm = tensor.data().iter().map(|a| a * a).sum::<f64>().sqrt();
        assert!((fit.relative_error - distance / norm).abs() < 1e-13);
        assert!((fit.history.last().unwrap() - fit.relative_error).abs() < 1e-10);
        let again = fit_einsum(&tensor, "iqr,pjr,pqk->ijk", &inner, &options, &mut unobserved).unwrap();
        assert_eq!(again, (form, fit));
    }
}

#[test]
fn a_ridge_shrinks_factors_that_nothing_determines() {
    // Three components for a tensor of rank one: the equations are singular without a ridge, and say so.
    let tensor = planted("ir,jr,kr->ijk", &[("r", 1)], &[5, 5, 5], 4);
    let inner = [("r", 3)];
    let plain = fit_einsum(&tensor, "ir,jr,kr->ijk", &inner, &options(60, 0.0, 0), &mut unobserved).unwrap().1;
    assert!(plain.relative_error < 1e-8, "{}", plain.relative_error);
    assert!(plain.warnings.iter().any(|warning| matches!(warning, Warning::Singular { .. })), "{:?}", plain.warnings);
    let ridged = EinsumOptions { ridge: 1e-3, ..options(60, 0.0, 0) };
    let ridged = fit_einsum(&tensor, "ir,jr,kr->ijk", &inner, &ridged, &mut unobserved).unwrap().1;
    assert!(ridged.warnings.is_empty(), "{:?}", ridged.warnings);
    assert!(ridged.relative_error > plain.relative_error && ridged.relative_error < 1e-2);
}

#[test]
fn the_observer_stops_a_fit() {
    let tensor = planted("ir,jr->ij", &[("r", 2)], &[5, 5], 0);
    let mut stop = |progress: &schur_decomp::fit::Progress| {
        if progress.iteration == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let (_, fit) = fit_einsum(&tensor, "ir,jr->ij", &[("r", 1)], &options(50, 0.0, 0), &mut stop).unwrap();
    assert_eq!((fit.end, fit.iterations), (End::Stopped, 2));
}

#[test]
fn what_cannot_be_fitted_is_refused_with_its_reason() {
    let tensor = planted("ir,jr->ij", &[("r", 2)], &[4, 4], 0);
    let refused = |text: &str, inner: Inner<'_>| -> String {
        fit_einsum(&tensor, text, inner, &EinsumOptions::default(), &mut unobserved).unwrap_err().to_string()
    };
    for (text, inner, word) in [
        ("irr,jr->ij", &[("r", 2)][..], "twice in a factor"),
        ("ir,jr->ii", &[("r", 2), ("j", 4)], "twice in the result"),
        ("ir,r->ij", &[("r", 2)], "no factor"),
        ("irs,jr->ij", &[("r", 2), ("s", 2)], "one factor alone"),
        ("ir,jr->ij", &[], "no size"),
        ("ir,jr->ij", &[("r", 0)], "size 0"),
        ("ir,jr->ij", &[("r", 2), ("i", 4)], "leave it out"),
        ("ir,jr->ijr", &[], "one for each mode"),
        ("ij->ij", &[], "two or more"),
        ("i...,...j->ij", &[], "ellipsis"),
        ("(ir,jr->ij),ij->ij", &[("r", 2)], "nested"),
        ("ir,jr->i!", &[("r", 2)], "!"),
    ] {
        let message = refused(text, inner);
        assert!(message.contains(word), "{text}: {message}");
    }
    let bad = |options: EinsumOptions| fit_einsum(&tensor, "ir,jr->ij", &[("r", 2)], &options, &mut unobserved);
    assert!(matches!(bad(EinsumOptions { ridge: -1.0, ..Default::default() }), Err(DecompError::Option { .. })));
    assert!(matches!(bad(EinsumOptions { memory: 10, ..Default::default() }), Err(DecompError::Memory { .. })));
    assert!(matches!(bad(options(0, 0.0, 0)), Err(DecompError::Option { .. })));
    let nothing = Tensor::filled(&[4, 4], 0.0).unwrap();
    let nothing = fit_einsum(&nothing, "ir,jr->ij", &[("r", 2)], &EinsumOptions::default(), &mut unobserved);
    assert!(matches!(nothing, Err(DecompError::AllZero)));
    let other = EinsumForm::<f64>::random(EinsumModel::new("ir,jr->ij", &[("r", 2)], &[4, 5]).unwrap(), 0).unwrap();
    let other = continue_einsum(&tensor, other, &EinsumOptions::default(), &mut unobserved);
    assert!(matches!(other, Err(DecompError::Mismatch { .. })));
}
