//! Cross approximation of functions whose trains are known.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use schur_decomp::DecompError;
use schur_decomp::fit::{End, unobserved};
use schur_decomp::random::{below, stream};
use schur_decomp::train::{CrossOptions, TensorTrain, cross};

fn worst(train: &TensorTrain<f64>, function: impl Fn(&[usize]) -> f64) -> f64 {
    let mut rng = stream(77, 7);
    let shape = train.shape();
    let index = |_| shape.iter().map(|&n| below(&mut rng, n)).collect::<Vec<usize>>();
    let indices: Vec<Vec<usize>> = (0..3000).map(index).collect();
    indices.iter().map(|index| (train.get(index).unwrap() - function(index)).abs()).fold(0.0, f64::max)
}

#[test]
fn a_sum_of_sines_has_rank_two_and_few_values_are_asked_for() {
    let sine = |index: &[usize]| (0.3 * index.iter().sum::<usize>() as f64).sin();
    let asked = AtomicUsize::new(0);
    let counted = |index: &[usize]| {
        asked.fetch_add(1, Ordering::Relaxed);
        sine(index)
    };
    let (train, fit) = cross(&[20; 8], counted, &CrossOptions::default(), &mut unobserved).unwrap();
    assert_eq!(train.ranks(), [2; 7]);
    assert_eq!(fit.end, End::Converged);
    assert!(worst(&train, sine) < 1e-11);
    assert!(asked.load(Ordering::Relaxed) < 40_000, "{asked:?} of 20^8 values");
}

#[test]
fn a_smooth_function_is_met_to_its_tolerance() {
    let inverse = |index: &[usize]| 1.0 / (1.0 + index.iter().map(|&i| i as f64 / 10.0).sum::<f64>());
    for tolerance in [1e-4, 1e-8] {
        let options = CrossOptions { tolerance, ..CrossOptions::default() };
        let (train, fit) = cross(&[30, 31, 32], inverse, &options, &mut unobserved).unwrap();
        assert!(fit.relative_error <= tolerance, "{fit:?}");
        assert!(worst(&train, inverse) < 30.0 * tolerance);
        assert!(train.ranks().iter().all(|&r| r <= 9), "{:?}", train.ranks());
    }
}

#[test]
fn one_mode_single_precision_and_rank_limits_are_ordinary() {
    let (train, fit) = cross(&[5], |i| i[0] as f64 + 1.0, &CrossOptions::default(), &mut unobserved).unwrap();
    assert_eq!((train.get(&[3]), fit.relative_error), (Some(4.0), 0.0));
    let options = CrossOptions { tolerance: 1e-5, ..CrossOptions::default() };
    let (_, fit) = cross(&[9; 5], |i| (i.iter().sum::<usize>() as f32).cos(), &options, &mut unobserved).unwrap();
    assert!(fit.relative_error < 1e-5);
    let limited = CrossOptions { max_rank: 1, sweeps: 3, ..CrossOptions::default() };
    let (train, fit) = cross(&[9; 4], |i| (i.iter().sum::<usize>() as f64).cos(), &limited, &mut unobserved).unwrap();
    assert_eq!((train.ranks(), fit.end, fit.warnings.len()), (vec![1; 3], End::Iterations, 1));
    let mut stop = |_: &_| ControlFlow::Break(());
    let (_, fit) = cross(&[9; 4], |i| (i.iter().sum::<usize>() as f64).cos(), &limited, &mut stop).unwrap();
    assert_eq!((fit.end, fit.iterations), (End::Stopped, 1));
}

#[test]
fn bad_functions_and_options_are_named() {
    let refused = |function: fn(&[usize]) -> f64, shape: &[usize], options: &CrossOptions| {
        cross(shape, function, options, &mut unobserved).unwrap_err()
    };
    let usual = CrossOptions::default();
    assert!(matches!(refused(|_| f64::NAN, &[3, 3], &usual), DecompError::NotFinite { .. }));
    assert_eq!(refused(|_| 0.0, &[3, 3], &usual), DecompError::AllZero);
    assert!(matches!(refused(|_| 1.0, &[3, 0], &usual), DecompError::EmptyMode { mode: 1, .. }));
    assert!(matches!(refused(|_| 1.0, &[], &usual), DecompError::Order { .. }));
    assert!(matches!(refused(|_| 1.0, &[3], &CrossOptions { tolerance: 1.5, ..usual }), DecompError::Option { .. }));
    assert!(matches!(refused(|_| 1.0, &[3], &CrossOptions { max_rank: 0, ..usual }), DecompError::Rank { .. }));
}
