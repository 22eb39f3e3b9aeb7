//! Symmetric tensors: planted powers come back without being told how many there are.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ops::ControlFlow;

use schur_decomp::DecompError;
use schur_decomp::fit::{End, unobserved};
use schur_decomp::random::{normals, stream};
use schur_decomp::symmetric::{PowerOptions, SymmetricCp, SymmetricTensor, subspace_power};

fn planted(size: usize, order: usize, rank: usize, seed: u64) -> SymmetricCp<f64> {
    let mut vectors = normals::<f64>(&[size, rank], &mut stream(seed, 0)).unwrap();
    for r in 0..rank {
        let column = || (0..size).map(|i| i * rank + r);
        let norm = column().map(|place| vectors.data()[place].powi(2)).sum::<f64>().sqrt();
        column().for_each(|place| vectors.data_mut()[place] /= norm);
    }
    let weights = (0..rank).map(|r| if r % 3 == 0 { -1.0 } else { 1.0 + r as f64 / rank as f64 }).collect();
    SymmetricCp::new(order, weights, vectors).unwrap()
}

#[test]
fn planted_powers_are_recovered_of_any_order() {
    // A third of the square of the size is the paper's own case of order four, (20, 4, 120) that of its programs;
    // 28 = 36 - 8 is the most there can be.
    let cases = [(8, 4, 20), (8, 4, 28), (20, 4, 120), (24, 4, 192), (6, 6, 30), (7, 3, 6), (6, 5, 12), (4, 4, 1)];
    for (size, order, rank) in cases {
        let truth = planted(size, order, rank, 3);
        let tensor = truth.to_symmetric_tensor().unwrap();
        let (form, fit) = subspace_power(&tensor, &PowerOptions::default(), &mut unobserved).unwrap();
        assert_eq!(form.rank(), rank, "size {size} order {order}");
        assert!(fit.relative_error < 1e-8, "size {size} order {order} rank {rank}: {}", fit.relative_error);
        let score = form.to_cp().unwrap().match_score(&truth.to_cp().unwrap()).unwrap();
        assert!((score - 1.0).abs() < 1e-6, "size {size} order {order}: {score}");
        assert!(fit.warnings.is_empty(), "{:?}", fit.warnings);
        for r in 0..rank {
            let best = (0..rank).map(|s| cosine(&form, r, &truth, s)).fold(0.0, f64::max);
            assert!(best > 1.0 - 1e-8, "size {size} order {order} rank {rank}: vector {r}, {best}");
        }
    }
}

fn cosine(a: &SymmetricCp<f64>, r: usize, b: &SymmetricCp<f64>, s: usize) -> f64 {
    let size = a.vectors().shape()[0];
    let entry = |form: &SymmetricCp<f64>, i: usize, k: usize| form.vectors().data()[i * form.rank() + k];
    (0..size).map(|i| entry(a, i, r) * entry(b, i, s)).sum::<f64>().abs()
}

#[test]
fn the_error_is_that_of_the_dense_tensor_and_noise_shows_in_it() {
    let truth = planted(6, 4, 5, 1);
    let mut tensor = truth.to_symmetric_tensor().unwrap();
    let mut noise = 0.37_f64;
    for value in tensor.data_mut() {
        noise = (noise * 97.0).fract();
        *value += 1e-4 * (noise - 0.5);
    }
    let options = PowerOptions { rank: Some(5), ..Default::default() };
    let (form, fit) = subspace_power(&tensor, &options, &mut unobserved).unwrap();
    let (a, b) = (form.to_cp().unwrap().to_tensor().unwrap(), tensor.to_dense().unwrap());
    let distance = a.data().iter().zip(b.data()).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
    let norm = b.data().iter().map(|b| b * b).sum::<f64>();
    assert!((fit.relative_error - (distance / norm).sqrt()).abs() < 1e-12);
    assert!((1e-6..1e-2).contains(&fit.relative_error), "{}", fit.relative_error);
    let again = subspace_power(&tensor, &options, &mut unobserved).unwrap();
    assert_eq!(again.0, form);
}

#[test]
fn what_cannot_be_decomposed_is_refused() {
    let run = |tensor: &SymmetricTensor<f64>, options: PowerOptions| {
        subspace_power(tensor, &options, &mut unobserved).map(|found| found.0.rank())
    };
    let usual = PowerOptions::default();
    let full = SymmetricTensor::from_fn(4, 4, |i| ((i[0] * 3 + i[1] * i[2] + 7 * i[3]) as f64).sin()).unwrap();
    assert!(matches!(run(&full, usual), Err(DecompError::Rank { most: 6, .. })));
    assert!(matches!(run(&full, PowerOptions { rank: Some(0), ..usual }), Err(DecompError::Rank { .. })));
    assert!(matches!(run(&full, PowerOptions { starts: 0, ..usual }), Err(DecompError::Option { .. })));
    let matrix = SymmetricTensor::from_fn(4, 2, |_| 1.0).unwrap();
    assert!(matches!(run(&matrix, usual), Err(DecompError::Order { least: 3, .. })));
    assert!(matches!(run(&SymmetricTensor::from_fn(3, 4, |_| 0.0).unwrap(), usual), Err(DecompError::AllZero)));
    assert!(matches!(
        run(&SymmetricTensor::from_fn(0, 4, |_| 0.0).unwrap(), usual),
        Err(DecompError::EmptyMode { .. })
    ));
    let holed = SymmetricTensor::from_fn(3, 4, |i| if i[3] == 2 { f64::NAN } else { 1.0 }).unwrap();
    let Err(DecompError::NotFinite { index, .. }) = run(&holed, usual) else { panic!("accepted") };
    assert_eq!(index, [0, 0, 0, 2]);
}

#[test]
fn the_observer_stops_after_a_power() {
    let tensor = planted(6, 4, 5, 2).to_symmetric_tensor().unwrap();
    let mut seen = 0;
    let mut observer = |progress: &schur_decomp::fit::Progress| {
        seen = progress.iterations;
        ControlFlow::Break(())
    };
    let (form, fit) = subspace_power(&tensor, &PowerOptions::default(), &mut observer).unwrap();
    assert_eq!((form.rank(), fit.end, seen), (1, End::Stopped, 5));
    assert!(fit.relative_error > 1e-3);
}
