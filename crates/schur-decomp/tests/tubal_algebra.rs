//! Tensors of tubes: the algebra of their product, singular tubes, completion, and descent from a small start.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use schur_decomp::DecompError;
use schur_decomp::fit::{Stopping, unobserved};
use schur_decomp::random::{normals, stream, unit};
use schur_decomp::tubal::{
    CompleteOptions, DescentOptions, complete, descend, t_identity, t_product, t_svd, t_transpose,
};
use schur_tensor::Tensor;

fn random(shape: &[usize], seed: u64) -> Tensor<f64> {
    normals(shape, &mut stream(seed, 0)).unwrap()
}

fn far(a: &Tensor<f64>, b: &Tensor<f64>) -> f64 {
    assert_eq!(a.shape(), b.shape());
    let squares = |data: &[f64]| data.iter().map(|x| x * x).sum::<f64>();
    let distance = a.data().iter().zip(b.data()).map(|(x, y)| (x - y).powi(2)).sum::<f64>();
    (distance / squares(b.data()).max(f64::MIN_POSITIVE)).sqrt()
}

/// The product by its definition.
fn convolved(left: &Tensor<f64>, right: &Tensor<f64>) -> Tensor<f64> {
    let [rows, inner, tube] = left.shape().try_into().unwrap();
    Tensor::from_fn(&[rows, right.shape()[1], tube], |i| {
        let terms = (0..inner).flat_map(|l| (0..tube).map(move |s| (l, s)));
        let term = |(l, s)| left.get(&[i[0], l, s]).unwrap() * right.get(&[l, i[1], (i[2] + tube - s) % tube]).unwrap();
        terms.map(term).sum()
    })
    .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_product_is_convolution_and_associative(m in 1..4_usize, k in 1..4_usize, p in 1..4_usize, n in 1..7_usize, seed in 0..1000_u64) {
        let (a, b, c) = (random(&[m, k, n], seed), random(&[k, p, n], seed + 1), random(&[p, m, n], seed + 2));
        let ab = t_product(&a, &b).unwrap();
        prop_assert!(far(&ab, &convolved(&a, &b)) < 1e-12);
        let (left, right) = (t_product(&ab, &c).unwrap(), t_product(&a, &t_product(&b, &c).unwrap()).unwrap());
        prop_assert!(far(&left, &right) < 1e-12);
        let turned = t_product(&t_transpose(&b).unwrap(), &t_transpose(&a).unwrap()).unwrap();
        prop_assert!(far(&t_transpose(&ab).unwrap(), &turned) < 1e-12);
        prop_assert!(far(&t_product(&a, &t_identity(k, n).unwrap()).unwrap(), &a) < 1e-12);
    }

    #[test]
    fn singular_tubes_are_orthogonal_and_the_error_is_true(m in 2..5_usize, k in 2..5_usize, n in 1..7_usize, seed in 0..1000_u64) {
        let tensor = random(&[m, k, n], seed);
        for rank in 1..=m.min(k) {
            let (parts, fit) = t_svd(&tensor, rank).unwrap();
            for factor in [&parts.u, &parts.v] {
                let product = t_product(&t_transpose(factor).unwrap(), factor).unwrap();
                prop_assert!(far(&product, &t_identity(rank, n).unwrap()) < 1e-12);
            }
            let error = far(&parts.to_tensor().unwrap(), &tensor);
            prop_assert!((error - fit.relative_error).abs() < 1e-9, "{error} {}", fit.relative_error);
            prop_assert!(rank < m.min(k) || error < 1e-12);
        }
    }
}

fn of_tubal_rank(shape: [usize; 3], rank: usize, seed: u64) -> Tensor<f64> {
    let [rows, columns, tube] = shape;
    t_product(&random(&[rows, rank, tube], seed), &random(&[rank, columns, tube], seed + 1)).unwrap()
}

#[test]
fn planted_tubal_ranks_are_seen_and_none_is_nearer() {
    let tensor = of_tubal_rank([7, 6, 5], 2, 1);
    assert!(t_svd(&tensor, 2).unwrap().1.relative_error < 1e-12);
    let best = t_svd(&tensor, 1).unwrap().1.relative_error;
    assert!(best > 1e-2);
    for seed in 0..20 {
        // Any other of rank one, scaled as well as can be.
        let other = of_tubal_rank([7, 6, 5], 1, 100 + seed);
        let inner: f64 = other.data().iter().zip(tensor.data()).map(|(a, b)| a * b).sum();
        let scale = inner / other.data().iter().map(|a| a * a).sum::<f64>();
        let scaled = Tensor::new(other.shape(), other.data().iter().map(|a| scale * a).collect()).unwrap();
        assert!(far(&scaled, &tensor) >= best);
    }
}

#[test]
fn gaps_of_a_tensor_of_low_tubal_rank_are_filled() {
    let truth = of_tubal_rank([14, 15, 6], 1, 3);
    let mut rng = stream(9, 0);
    let known: Vec<bool> = truth.data().iter().map(|_| unit(&mut rng) < 0.6).collect();
    let mut holed = truth.clone();
    holed.data_mut().iter_mut().zip(&known).filter(|(_, known)| !**known).for_each(|(value, _)| *value = f64::NAN);
    let options = CompleteOptions { stopping: Stopping { iterations: 1500, tolerance: 1e-13 }, ..Default::default() };
    let (filled, fit) = complete(&holed, &known, &options, &mut unobserved).unwrap();
    assert!(far(&filled, &truth) < 1e-6, "{} {}", far(&filled, &truth), fit.relative_error);
    let kept = filled.data().iter().zip(truth.data()).zip(&known).filter(|(_, known)| **known);
    assert!(kept.into_iter().all(|((a, b), _)| a == b));
}

#[test]
fn descent_from_a_small_start_finds_the_tensor_and_from_a_large_one_does_not() {
    let (n, tube, rank) = (6, 3, 1);
    let factor = random(&[n, rank, tube], 1);
    let mut truth = t_product(&factor, &t_transpose(&factor).unwrap()).unwrap();
    let norm = truth.data().iter().map(|x| x * x).sum::<f64>().sqrt();
    truth.data_mut().iter_mut().for_each(|x| *x /= norm);
    // Fewer measurements than the tensor has elements.
    let count = 55;
    let measurements = random(&[count, n, n, tube], 2);
    let values: Vec<f64> = measurements
        .data()
        .chunks_exact(n * n * tube)
        .map(|row| row.iter().zip(truth.data()).map(|(a, x)| a * x).sum())
        .collect();
    let run = |start: f64, iterations: usize| {
        let stopping = Stopping { iterations, tolerance: 0.0 };
        let options = DescentOptions { columns: 6, start, stopping, ..Default::default() };
        let (form, fit) = descend(&measurements, &values, &options, &mut unobserved).unwrap();
        (far(&form.to_tensor().unwrap(), &truth), fit.relative_error)
    };
    let errors = [0.5, 1e-1, 1e-3, 1e-5].map(|start| run(start, 3000));
    assert!(errors.windows(2).all(|pair| pair[1].0 < pair[0].0), "the error falls with the start: {errors:?}");
    assert!(errors[0].0 > 0.1 && errors[3].0 < 1e-3, "{errors:?}");
    assert!(errors[0].1 < 0.05, "yet all measurements are met from a large start: {errors:?}");
}

#[test]
fn what_has_no_tubes_is_refused() {
    let tensor = random(&[3, 4, 5], 0);
    assert!(matches!(t_product(&tensor, &tensor), Err(DecompError::Mismatch { .. })));
    assert!(matches!(t_transpose(&random(&[3, 4], 0)), Err(DecompError::Order { .. })));
    assert!(matches!(t_transpose(&random(&[3, 4, 5, 2], 0)), Err(DecompError::Count { .. })));
    assert!(matches!(t_svd(&tensor, 4), Err(DecompError::Rank { most: 3, .. })));
    assert!(matches!(t_svd(&tensor, 0), Err(DecompError::Rank { .. })));
    assert!(matches!(t_svd(&Tensor::filled(&[2, 2, 0], 0.0).unwrap(), 1), Err(DecompError::EmptyMode { mode: 2, .. })));
    let options = CompleteOptions::default();
    assert!(matches!(complete(&tensor, &[true], &options, &mut unobserved), Err(DecompError::Count { .. })));
    let mut known = vec![true; 60];
    known[20..40].fill(false);
    let empty = complete(&tensor, &known, &options, &mut unobserved);
    assert!(matches!(empty, Err(DecompError::EmptySlice { mode: 0, index: 1 })));
    let bad = CompleteOptions { growth: 0.5, ..options };
    assert!(matches!(complete(&tensor, &[true; 60], &bad, &mut unobserved), Err(DecompError::Option { .. })));
    let square = random(&[2, 3, 3, 2], 0);
    let usual = DescentOptions::default();
    assert!(matches!(descend(&square, &[1.0], &usual, &mut unobserved), Err(DecompError::Mismatch { .. })));
    let long = DescentOptions { step: 1e6, start: 1.0, ..usual };
    assert!(matches!(descend(&square, &[1.0, 2.0], &long, &mut unobserved), Err(DecompError::Diverged { .. })));
}
