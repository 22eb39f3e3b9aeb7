//! Rings of planted tensors.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_decomp::DecompError;
use schur_decomp::fit::{Stopping, unobserved};
use schur_decomp::modes::Means;
use schur_decomp::random::{normals, stream};
use schur_decomp::ring::{RingOptions, RingSvdOptions, TensorRing, tr_als, tr_svd};
use schur_tensor::Tensor;

fn random(shape: &[usize], ranks: &[usize], seed: u64) -> TensorRing<f64> {
    let mut rng = stream(seed, 0);
    let d = shape.len();
    let cores = (0..d).map(|k| normals(&[ranks[k], shape[k], ranks[(k + 1) % d]], &mut rng).unwrap());
    TensorRing::new(cores.collect()).unwrap()
}

fn distance(a: &Tensor<f64>, b: &Tensor<f64>) -> f64 {
    let norm: f64 = a.data().iter().map(|x| x * x).sum();
    (a.data().iter().zip(b.data()).map(|(x, y)| (x - y).powi(2)).sum::<f64>() / norm).sqrt()
}

#[test]
fn elements_are_traces() {
    let ring = random(&[3, 4, 5], &[2, 3, 2], 1);
    let full = ring.to_tensor().unwrap();
    for index in [[0, 0, 0], [2, 3, 4], [1, 0, 3]] {
        assert!((ring.get(&index).unwrap() - full.get(&index).unwrap()).abs() < 1e-12);
        let core = |k: usize, a: usize, b: usize| *ring.cores()[k].get(&[a, index[k], b]).unwrap();
        let mut trace = 0.0;
        for (a, b, c) in (0..2).flat_map(|a| (0..3).flat_map(move |b| (0..2).map(move |c| (a, b, c)))) {
            trace += core(0, a, b) * core(1, b, c) * core(2, c, a);
        }
        assert!((trace - full.get(&index).unwrap()).abs() < 1e-12);
    }
    assert_eq!(ring.get(&[3, 0, 0]), None);
    assert_eq!(random(&[4], &[2], 1).to_tensor().unwrap().shape(), [4]);
}

#[test]
fn singular_values_keep_the_tolerance() {
    let tensor = random(&[8, 7, 6, 5], &[2, 3, 2, 3], 3).to_tensor().unwrap();
    for means in [Means::Gram, Means::Qr] {
        for tolerance in [0.3, 1e-2, 1e-6] {
            let (ring, fit) =
                tr_svd(&tensor, &RingSvdOptions { tolerance, means, ..RingSvdOptions::default() }).unwrap();
            let error = distance(&tensor, &ring.to_tensor().unwrap());
            assert!(error <= tolerance && (fit.relative_error - error).abs() < 1e-12, "{tolerance}: {error}");
        }
    }
    let matrix = random(&[6, 7], &[1, 3], 4).to_tensor().unwrap();
    let (ring, fit) = tr_svd(&matrix, &RingSvdOptions::default()).unwrap();
    assert!(fit.relative_error < 1e-12 && ring.parameters() == 3 * 13, "{:?}", ring.ranks());
}

#[test]
fn least_squares_recovers_planted_rings() {
    let tensor = random(&[9, 8, 7], &[2, 2, 2], 5).to_tensor().unwrap();
    let stopping = Stopping { iterations: 2000, tolerance: 1e-13 };
    let best = (0..3).map(|seed| {
        let options = RingOptions { stopping, seed, ..RingOptions::ranks(&[2, 2, 2]) };
        let (ring, fit) = tr_als(&tensor, &options, &mut unobserved).unwrap();
        assert!((fit.relative_error - distance(&tensor, &ring.to_tensor().unwrap())).abs() < 1e-12);
        assert!(fit.history.windows(2).all(|pair| pair[1] <= pair[0] + 1e-7), "the error grew");
        fit.relative_error
    });
    assert!(best.fold(1.0, f64::min) < 1e-8);
}

#[test]
fn bad_input_is_named() {
    let ones = Tensor::filled(&[3, 4], 1.0).unwrap();
    let fit = |ranks: &[usize]| tr_als(&ones, &RingOptions::ranks(ranks), &mut unobserved).unwrap_err();
    assert!(matches!(fit(&[1]), DecompError::Count { expected: 2, .. }));
    assert!(matches!(fit(&[0, 1]), DecompError::Rank { rank: 0, .. }));
    assert!(matches!(fit(&[3, 3]), DecompError::Rank { rank: 9, .. }));
    let vector = Tensor::filled(&[3], 1.0).unwrap();
    assert!(matches!(tr_svd(&vector, &RingSvdOptions::default()), Err(DecompError::Order { least: 2, .. })));
    let options = RingSvdOptions { tolerance: -1.0, ..RingSvdOptions::default() };
    assert!(matches!(tr_svd(&ones, &options), Err(DecompError::Option { .. })));
    assert!(TensorRing::<f64>::new(vec![]).is_err());
    assert!(TensorRing::new(vec![Tensor::filled(&[2, 3, 1], 1.0).unwrap()]).is_err(), "ends that do not meet");
}
