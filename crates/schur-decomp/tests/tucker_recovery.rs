//! Tucker forms of planted tensors: found exactly, with honest errors, whatever the means.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_decomp::Scalar;
use schur_decomp::fit::{End, Stopping, unobserved};
use schur_decomp::matrix::gram;
use schur_decomp::modes::{Means, Sketch, mode_product};
use schur_decomp::random::{normals, stream, units};
use schur_decomp::tucker::{
    HooiOptions, HosvdOptions, NonnegativeOptions, Target, Tucker, hooi, mode_spectra, nonnegative, st_hosvd,
};
use schur_tensor::Tensor;

const MEANS: [Means; 3] = [Means::Gram, Means::Qr, Means::Randomized(Sketch { oversampling: 4, power_steps: 1 })];

fn planted<T: Scalar>(shape: &[usize], ranks: &[usize], seed: u64) -> Tensor<T> {
    let mut rng = stream(seed, 0);
    let factors = shape.iter().zip(ranks).map(|(&n, &r)| normals(&[n, r], &mut rng).unwrap()).collect();
    Tucker::new(normals(ranks, &mut rng).unwrap(), factors).unwrap().to_tensor().unwrap()
}

fn noisy(shape: &[usize], ranks: &[usize], noise: f64) -> Tensor<f64> {
    let mut tensor = planted::<f64>(shape, ranks, 3);
    let scale = norm(&tensor) / (tensor.data().len() as f64).sqrt() * noise;
    let rest = normals::<f64>(shape, &mut stream(9, 1)).unwrap();
    tensor.data_mut().iter_mut().zip(rest.data()).for_each(|(x, e)| *x += scale * e);
    tensor
}

fn norm<T: Scalar>(tensor: &Tensor<T>) -> f64 {
    tensor.data().iter().map(|x| x.to_f64().powi(2)).sum::<f64>().sqrt()
}

fn distance<T: Scalar>(a: &Tensor<T>, b: &Tensor<T>) -> f64 {
    a.data().iter().zip(b.data()).map(|(x, y)| (x.to_f64() - y.to_f64()).powi(2)).sum::<f64>().sqrt() / norm(a)
}

fn assert_orthonormal(form: &Tucker<f64>, within: f64) {
    for factor in form.factors() {
        let r = factor.shape()[1];
        for (place, x) in gram(factor).unwrap().data().iter().enumerate() {
            let expected = f64::from(u8::from(place % r == place / r));
            assert!((x - expected).abs() < within, "{place} of a Gram matrix is {x}");
        }
    }
}

#[test]
fn planted_tensors_are_recovered_by_any_means_and_their_ranks_found() {
    for (shape, ranks) in
        [(vec![14, 11, 17], vec![3, 2, 4]), (vec![40, 60], vec![3, 3]), (vec![7, 30, 5, 6], vec![2, 3, 2, 3])]
    {
        let tensor = planted::<f64>(&shape, &ranks, 1);
        for means in MEANS {
            for target in [Target::Ranks(ranks.clone()), Target::Tolerance(1e-6)] {
                let (form, fit) = st_hosvd(&tensor, &HosvdOptions { target, means, seed: 5 }).unwrap();
                assert_eq!(form.ranks(), ranks, "{means:?}");
                assert!(fit.relative_error < 1e-12, "{means:?}: {fit:?}");
                let full = form.to_tensor().unwrap();
                assert!(distance(&tensor, &full) < 1e-12);
                assert_orthonormal(&form, 1e-12);
                assert!((form.norm().unwrap() - norm(&tensor)).abs() < 1e-10 * norm(&tensor));
                let index: Vec<usize> = shape.iter().map(|n| n - 1).collect();
                assert!((form.get(&index).unwrap() - tensor.get(&index).unwrap()).abs() < 1e-10);
                assert_eq!(form.get(&shape), None);
            }
        }
    }
}

#[test]
fn single_precision_recovers_to_its_own_digits() {
    let tensor = planted::<f32>(&[20, 15, 18], &[3, 2, 4], 1);
    for means in MEANS {
        let options = HosvdOptions { means, ..HosvdOptions::ranks(&[3, 2, 4]) };
        let (form, fit) = st_hosvd(&tensor, &options).unwrap();
        let true_error = distance(&tensor, &form.to_tensor().unwrap());
        assert!(true_error < 3e-6 && (fit.relative_error - true_error).abs() < 1e-6, "{means:?}: {fit:?}");
    }
}

#[test]
fn errors_are_those_of_the_factors_and_within_the_bounds_of_the_spectra() {
    let tensor = noisy(&[18, 22, 20], &[4, 3, 5], 0.05);
    let spectra = mode_spectra(&tensor, Means::Qr).unwrap();
    let by_gram = mode_spectra(&tensor, Means::Gram).unwrap();
    let ranks = [4, 3, 5];
    let tail = |mode: usize| spectra[mode][ranks[mode]..].iter().map(|s| s * s).sum::<f64>();
    let (most, sum) = ((0..3).map(tail).fold(0.0, f64::max), (0..3).map(tail).sum::<f64>());
    for (a, b) in spectra.iter().flatten().zip(by_gram.iter().flatten()) {
        assert!((a - b).abs() < 1e-6 * spectra[0][0], "{a} is not {b}");
    }
    let mut best = f64::INFINITY;
    for means in MEANS {
        let (form, fit) = st_hosvd(&tensor, &HosvdOptions { means, ..HosvdOptions::ranks(&ranks) }).unwrap();
        let error = distance(&tensor, &form.to_tensor().unwrap());
        assert!((fit.relative_error - error).abs() < 1e-9, "{means:?}");
        let squared = (error * norm(&tensor)).powi(2);
        assert!(squared >= most * (1.0 - 1e-9), "{means:?}: below what any form can reach");
        if means != MEANS[2] {
            assert!(squared <= sum * (1.0 + 1e-9), "{means:?}: above the sum of what was dropped");
        }
        best = best.min(error);
    }
    let (form, fit) = hooi(&tensor, &HooiOptions::ranks(&ranks), &mut unobserved).unwrap();
    assert_eq!(fit.end, End::Converged);
    assert!(fit.relative_error <= best + 1e-12, "iteration made it worse: {} after {best}", fit.relative_error);
    assert!(fit.history.windows(2).all(|pair| pair[1] <= pair[0] + 1e-12), "{:?}", fit.history);
    assert!((fit.relative_error - distance(&tensor, &form.to_tensor().unwrap())).abs() < 1e-9);
    assert_orthonormal(&form, 1e-11);
}

#[test]
fn a_tolerance_is_kept_and_not_overfulfilled() {
    let mut tensor = Tensor::from_fn(&[20, 20, 20], |i| 1.0 / (1 + i[0] + i[1] + i[2]) as f64).unwrap();
    for means in MEANS {
        for tolerance in [1e-1, 1e-3, 1e-5] {
            let (form, fit) = st_hosvd(&tensor, &HosvdOptions { means, ..HosvdOptions::tolerance(tolerance) }).unwrap();
            assert!(fit.relative_error <= tolerance, "{means:?} {tolerance}: {}", fit.relative_error);
            assert!(form.ranks().iter().all(|&r| r <= 8), "{means:?} {tolerance}: {:?}", form.ranks());
            assert!(fit.warnings.is_empty());
        }
    }
    // Below the square root of the precision only triangles can see.
    let options = |means| HosvdOptions { means, ..HosvdOptions::tolerance(1e-12) };
    let (_, fit) = st_hosvd(&tensor, &options(Means::Gram)).unwrap();
    assert_eq!(fit.warnings.len(), 1);
    let (form, fit) = st_hosvd(&tensor, &options(Means::Qr)).unwrap();
    assert!(fit.relative_error <= 1e-12 && fit.warnings.is_empty(), "{fit:?}");
    assert!(form.ranks().iter().all(|&r| r < 20), "{:?}", form.ranks());
    tensor.data_mut()[0] = 5.0;
    assert!(distance(&tensor, &form.to_tensor().unwrap()) > 0.1, "a test that could not fail");
}

#[test]
fn large_modes_take_the_iterative_way_to_the_same_subspace() {
    let tensor = noisy(&[150, 12, 20], &[5, 3, 4], 0.01);
    let (few, fit) = st_hosvd(&tensor, &HosvdOptions::ranks(&[5, 3, 4])).unwrap();
    let options = HosvdOptions { means: Means::Qr, ..HosvdOptions::ranks(&[5, 3, 4]) };
    let (_, complete) = st_hosvd(&tensor, &options).unwrap();
    assert!((fit.relative_error - complete.relative_error).abs() < 1e-9);
    assert_orthonormal(&few, 1e-12);
}

#[test]
fn nonnegative_forms_fit_nonnegative_data() {
    let mut rng = stream(4, 0);
    let factors = [12, 10, 11].iter().map(|&n| units::<f64>(&[n, 3], &mut rng).unwrap()).collect();
    let tensor = Tucker::new(units(&[3, 3, 3], &mut rng).unwrap(), factors).unwrap().to_tensor().unwrap();
    let stopping = Stopping { iterations: 500, tolerance: 1e-9 };
    let options = NonnegativeOptions { stopping, seed: 1, ..NonnegativeOptions::ranks(&[3, 3, 3]) };
    let (form, fit) = nonnegative(&tensor, &options, &mut unobserved).unwrap();
    assert!(fit.relative_error < 1e-2, "{}", fit.relative_error);
    assert!((fit.relative_error - distance(&tensor, &form.to_tensor().unwrap())).abs() < 1e-9);
    assert!(fit.history.windows(2).all(|pair| pair[1] <= pair[0] + 1e-9));
    assert!(form.core().data().iter().chain(form.factors().iter().flat_map(|f| f.data())).all(|&x| x >= 0.0));
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let tensor = noisy(&[70, 60, 50], &[4, 3, 5], 0.1);
    let fit = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let direct = MEANS
                .map(|means| st_hosvd(&tensor, &HosvdOptions { means, ..HosvdOptions::ranks(&[4, 3, 5]) }).unwrap());
            (direct, hooi(&tensor, &HooiOptions::ranks(&[4, 3, 5]), &mut unobserved).unwrap())
        })
    };
    assert_eq!(fit(1), fit(3));
}

#[test]
fn mode_products_of_the_form_are_those_of_the_tensor() {
    let tensor = planted::<f64>(&[4, 5, 6], &[2, 2, 2], 8);
    let matrix = normals::<f64>(&[3, 5], &mut stream(1, 1)).unwrap();
    let turned = matrix.view().permuted(&[1, 0]).unwrap();
    let product = mode_product(&tensor, 1, &turned).unwrap();
    for index in [[0, 0, 0], [3, 2, 5], [1, 1, 4]] {
        let [i, j, k] = index;
        let expected: f64 = (0..5).map(|m| matrix.get(&[j, m]).unwrap() * tensor.get(&[i, m, k]).unwrap()).sum();
        assert!((product.get(&index).unwrap() - expected).abs() < 1e-12);
    }
    assert!(mode_product(&tensor, 3, &turned).is_err() && mode_product(&tensor, 0, &turned).is_err());
}
