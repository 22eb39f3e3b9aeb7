//! Trains of dense tensors: ranks, errors, arithmetic and rounding against the full tensors.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use schur_decomp::fit::Warning;
use schur_decomp::modes::{Means, Sketch, mode_triangle};
use schur_decomp::random::{normals, stream};
use schur_decomp::train::{TensorTrain, TrainOptions, tt_svd};
use schur_decomp::{DecompError, Scalar};
use schur_tensor::Tensor;

const MEANS: [Means; 3] = [Means::Gram, Means::Qr, Means::Randomized(Sketch { oversampling: 4, power_steps: 1 })];

fn random<T: Scalar>(shape: &[usize], rank: usize, seed: u64) -> TensorTrain<T> {
    let mut rng = stream(seed, 0);
    let last = shape.len() - 1;
    let bond = |k: usize| if k == 0 || k == last + 1 { 1 } else { rank };
    let cores = shape.iter().enumerate().map(|(k, &n)| normals(&[bond(k), n, bond(k + 1)], &mut rng).unwrap());
    TensorTrain::new(cores.collect()).unwrap()
}

fn norm<T: Scalar>(tensor: &Tensor<T>) -> f64 {
    tensor.data().iter().map(|x| x.to_f64().powi(2)).sum::<f64>().sqrt()
}

fn distance<T: Scalar>(a: &Tensor<T>, b: &Tensor<T>) -> f64 {
    assert_eq!(a.shape(), b.shape());
    a.data().iter().zip(b.data()).map(|(x, y)| (x.to_f64() - y.to_f64()).powi(2)).sum::<f64>().sqrt() / norm(a)
}

/// Smooth, with singular values that fall slowly enough to be cut anywhere.
fn smooth(shape: &[usize]) -> Tensor<f64> {
    Tensor::from_fn(shape, |i| 1.0 / (1.0 + i.iter().enumerate().map(|(k, &i)| (i * (k + 1)) as f64).sum::<f64>()))
        .unwrap()
}

fn assert_right_orthonormal(train: &TensorTrain<f64>) {
    for core in &train.cores()[1..] {
        let [r, width] = [core.shape()[0], core.shape()[1] * core.shape()[2]];
        for (a, b) in (0..r).flat_map(|a| (0..=a).map(move |b| (a, b))) {
            let rows = core.data()[a * width..][..width].iter().zip(&core.data()[b * width..][..width]);
            let product: f64 = rows.map(|(x, y)| x * y).sum();
            assert!((product - f64::from(u8::from(a == b))).abs() < 1e-10, "rows {a} and {b}: {product}");
        }
    }
}

#[test]
fn planted_trains_are_recovered_by_any_means() {
    for (shape, rank) in [(vec![9, 8, 7, 10], 3), (vec![2; 12], 4), (vec![70, 3, 40], 3), (vec![5, 6], 4), (vec![6], 1)]
    {
        let planted = random::<f64>(&shape, rank, 2);
        let tensor = planted.to_tensor().unwrap();
        let exact = planted.rounded(1e-13, usize::MAX).unwrap().ranks();
        for means in MEANS {
            for options in [TrainOptions::tolerance(1e-6), TrainOptions::max_rank(rank.max(2))] {
                let (train, fit) = tt_svd(&tensor, &TrainOptions { means, ..options }).unwrap();
                assert!(fit.relative_error < 1e-12, "{means:?} {shape:?}: {fit:?}");
                assert!(distance(&tensor, &train.to_tensor().unwrap()) < 1e-12);
                assert_eq!(train.ranks(), exact, "{means:?} {shape:?}");
                assert_right_orthonormal(&train);
                let last: Vec<usize> = shape.iter().map(|n| n - 1).collect();
                assert!((train.get(&last).unwrap() - tensor.get(&last).unwrap()).abs() < 1e-11 * norm(&tensor));
                assert_eq!(train.get(&shape), None);
            }
        }
    }
}

#[test]
fn errors_stay_below_tolerance_and_the_sum_of_what_every_cut_must_drop() {
    for shape in [vec![12, 11, 10, 9], vec![4; 6], vec![2; 13]] {
        let tensor = smooth(&shape);
        for (means, tolerance) in MEANS.into_iter().flat_map(|means| [1e-1, 1e-2, 1e-4].map(|t| (means, t))) {
            let (train, fit) = tt_svd(&tensor, &TrainOptions { means, ..TrainOptions::tolerance(tolerance) }).unwrap();
            let error = distance(&tensor, &train.to_tensor().unwrap());
            assert!((fit.relative_error - error).abs() < 1e-9 && error <= tolerance, "{means:?} {tolerance}: {error}");
            if matches!(means, Means::Randomized(_)) {
                continue;
            }
            // The best approximation drops at least the tail of each unfolding.
            let tails: Vec<f64> = (1..shape.len())
                .map(|cut| {
                    let columns = shape[cut..].iter().product();
                    let unfolded =
                        Tensor::new(&[tensor.data().len() / columns, columns], tensor.data().to_vec()).unwrap();
                    let found = schur_linalg::svd(&mode_triangle(&unfolded, 1).unwrap()).unwrap().s;
                    found[train.ranks()[cut - 1]..].iter().map(|s| s * s).sum::<f64>()
                })
                .collect();
            let squared = (error * norm(&tensor)).powi(2);
            let (most, sum) = (tails.iter().copied().fold(0.0, f64::max), tails.iter().sum::<f64>());
            assert!(squared >= most - 1e-12 && squared <= sum + 1e-12, "{means:?}: {most} {squared} {sum}");
        }
    }
}

#[test]
fn triangles_see_what_gram_matrices_cannot() {
    let tensor = smooth(&[8, 8, 8, 8]);
    let (_, fit) = tt_svd(&tensor, &TrainOptions { means: Means::Qr, ..TrainOptions::tolerance(1e-12) }).unwrap();
    assert!(fit.relative_error <= 1e-12 && fit.warnings.is_empty(), "{fit:?}");
    let (_, fit) = tt_svd(&tensor, &TrainOptions::tolerance(1e-12)).unwrap();
    assert!(matches!(fit.warnings[..], [Warning::Precision { .. }]) && fit.relative_error < 1e-6, "{fit:?}");
}

#[test]
fn single_precision_and_given_ranks() {
    let tensor = random::<f32>(&[8, 9, 10, 7], 3, 5).to_tensor().unwrap();
    for means in MEANS {
        let (train, fit) = tt_svd(&tensor, &TrainOptions { means, ..TrainOptions::max_rank(3) }).unwrap();
        let error = distance(&tensor, &train.to_tensor().unwrap());
        assert!(error < 5e-6 && (fit.relative_error - error).abs() < 1e-6, "{means:?}: {fit:?}");
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let mut tensor = smooth(&[16, 16, 16, 16]);
    let noise = normals::<f64>(&[16, 16, 16, 16], &mut stream(1, 1)).unwrap();
    tensor.data_mut().iter_mut().zip(noise.data()).for_each(|(x, e)| *x += 1e-3 * e);
    let fit = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            MEANS.map(|means| tt_svd(&tensor, &TrainOptions { means, ..TrainOptions::max_rank(6) }).unwrap())
        })
    };
    assert_eq!(fit(1), fit(3));
}

#[test]
fn bad_input_is_named() {
    let ones = Tensor::filled(&[3, 4], 1.0).unwrap();
    for tolerance in [-0.1, 1.0, f64::NAN] {
        assert!(matches!(tt_svd(&ones, &TrainOptions::tolerance(tolerance)), Err(DecompError::Option { .. })));
        assert!(random::<f64>(&[3, 4], 2, 0).rounded(tolerance, 5).is_err());
    }
    assert!(matches!(tt_svd(&ones, &TrainOptions::max_rank(0)), Err(DecompError::Rank { rank: 0, .. })));
    assert!(random::<f64>(&[3, 4], 2, 0).rounded(0.1, 0).is_err());
    let (train, _) = tt_svd(&ones, &TrainOptions::max_rank(100)).unwrap();
    assert_eq!(train.ranks(), [1], "ranks that no unfolding has are not made");
    let nan = Tensor::new(&[1, 2], vec![1.0, f64::NAN]).unwrap();
    assert!(
        matches!(tt_svd(&nan, &TrainOptions::default()), Err(DecompError::NotFinite { index, .. }) if index == [0, 1])
    );
    let zeros = Tensor::filled(&[2, 2], 0.0).unwrap();
    assert_eq!(tt_svd(&zeros, &TrainOptions::default()).unwrap_err(), DecompError::AllZero);
    assert!(matches!(tt_svd(&Tensor::scalar(1.0), &TrainOptions::default()), Err(DecompError::Order { .. })));
    assert!(TensorTrain::<f64>::new(vec![]).is_err());
    assert!(TensorTrain::new(vec![Tensor::filled(&[1, 2, 2], 1.0).unwrap()]).is_err(), "an end that is open");
    let (a, b) = (random::<f64>(&[3, 4], 2, 0), random::<f64>(&[3, 5], 2, 0));
    assert!(a.sum(&b).is_err() && a.hadamard(&b).is_err() && a.dot(&b).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn arithmetic_is_that_of_the_full_tensors(shape in prop::collection::vec(1_usize..5, 1..6), ranks in (1_usize..4, 1_usize..4), seed in 0_u64..1000) {
        let (a, b) = (random::<f64>(&shape, ranks.0, seed), random::<f64>(&shape, ranks.1, seed + 1));
        let (x, y) = (a.to_tensor().unwrap(), b.to_tensor().unwrap());
        let pairs = || x.data().iter().zip(y.data());
        let scale = norm(&x) * norm(&y) + norm(&x) + norm(&y);
        let check = |train: &TensorTrain<f64>, expected: Vec<f64>| {
            let full = train.to_tensor().unwrap();
            full.data().iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-11 * scale)
        };
        prop_assert!(check(&a.sum(&b).unwrap(), pairs().map(|(x, y)| x + y).collect()));
        prop_assert!(check(&a.hadamard(&b).unwrap(), pairs().map(|(x, y)| x * y).collect()));
        prop_assert!(check(&a.clone().scaled(-2.5), x.data().iter().map(|x| -2.5 * x).collect()));
        prop_assert!((a.dot(&b).unwrap() - pairs().map(|(x, y)| x * y).sum::<f64>()).abs() < 1e-11 * scale);
        prop_assert!((a.norm().unwrap() - norm(&x)).abs() < 1e-11 * scale);
        let double = a.sum(&a).unwrap();
        let rounded = double.rounded(1e-10, usize::MAX).unwrap();
        prop_assert!(check(&rounded, x.data().iter().map(|x| 2.0 * x).collect()));
        prop_assert!(rounded.ranks().iter().all(|&r| r <= ranks.0));
        assert_right_orthonormal(&rounded);
        let short = a.sum(&b).unwrap().rounded(0.2, usize::MAX).unwrap().to_tensor().unwrap();
        let error: f64 = pairs().zip(short.data()).map(|((x, y), z)| (x + y - z).powi(2)).sum::<f64>().sqrt();
        let whole = pairs().map(|(x, y)| (x + y).powi(2)).sum::<f64>().sqrt();
        prop_assert!(error <= 0.2 * whole + 1e-10 * scale);
    }
}
