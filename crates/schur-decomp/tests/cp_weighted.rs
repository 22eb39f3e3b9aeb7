//! Weighted fits and tensors with gaps: against equations written out, errors that fall, input that cannot be taken.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_decomp::DecompError;
use schur_decomp::cp::{Acceleration, AlsOptions, Cp, WeightedOptions, als, weighted};
use schur_decomp::dense::Dense;
use schur_decomp::fit::{Stopping, unobserved};
use schur_decomp::random::{normals, stream, unit, units};
use schur_tensor::Tensor;

fn planted(shape: &[usize], rank: usize) -> Cp<f64> {
    let mut rng = stream(3, 0);
    let factors = shape.iter().map(|&size| normals(&[size, rank], &mut rng).unwrap()).collect();
    Cp::new(vec![1.0; rank], factors).unwrap()
}

fn options(rank: usize, iterations: usize) -> WeightedOptions {
    WeightedOptions { rank, stopping: Stopping { iterations, tolerance: 0.0 }, seed: 4, ridge: 0.0 }
}

/// Each element is known with this probability.
fn mask(shape: &[usize], share: f64) -> Tensor<f64> {
    let mut rng = stream(5, 0);
    Tensor::from_fn(shape, |_| f64::from(u8::from(unit(&mut rng) < share))).unwrap()
}

#[test]
fn planted_models_are_found_when_most_elements_are_missing() {
    for (shape, rank, share) in [(vec![14, 12, 13], 2, 0.3), (vec![8, 7, 6, 9], 2, 0.25), (vec![30, 25], 2, 0.5)] {
        let model = planted(&shape, rank);
        let mut tensor = model.to_tensor().unwrap();
        let full = tensor.clone();
        let known = mask(&shape, share);
        let missing = known.data().iter().map(|&weight| weight == 0.0);
        tensor.data_mut().iter_mut().zip(missing).filter(|(_, missing)| *missing).for_each(|(x, _)| *x = f64::NAN);
        // Some beginnings end in a local minimum.
        let fits = (0..6).map(|seed| {
            let options = WeightedOptions { seed, ..options(rank, 300) };
            weighted(&tensor, &known, &options, &mut unobserved).unwrap()
        });
        let best = fits.min_by(|(_, a), (_, b)| a.relative_error.total_cmp(&b.relative_error));
        let (found, fit) = best.unwrap();
        assert!(fit.relative_error < 1e-8, "{shape:?} {}", fit.relative_error);
        assert!(fit.history.windows(2).all(|pair| pair[1] <= pair[0] * (1.0 + 1e-9) + 1e-13), "{shape:?}");
        let values = found.to_tensor().unwrap();
        let off = values.data().iter().zip(full.data()).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
        assert!(off < 1e-5, "{shape:?}: what was missing is off by {off}");
    }
}

#[test]
fn with_all_weights_equal_it_is_alternating_least_squares() {
    let mut tensor = planted(&[6, 7, 5], 3).to_tensor().unwrap();
    let noise: Tensor<f64> = normals(&[6, 7, 5], &mut stream(9, 0)).unwrap();
    tensor.data_mut().iter_mut().zip(noise.data()).for_each(|(x, y)| *x += 0.3 * y);
    let weights = Tensor::filled(&[6, 7, 5], 0.7).unwrap();
    let (_, fit) = weighted(&tensor, &weights, &options(3, 30), &mut unobserved).unwrap();
    let stopping = Stopping { iterations: 30, tolerance: 0.0 };
    let others = AlsOptions { rank: 3, stopping, seed: 4, acceleration: Acceleration::None, ..Default::default() };
    let expected = als(&Dense::new(&tensor).unwrap(), &others, &mut unobserved).unwrap().1;
    for (found, expected) in fit.history.iter().zip(&expected.history) {
        assert!((found - expected).abs() < 1e-9, "{found} {expected}");
    }
}

#[test]
fn a_factor_solves_its_weighted_equations() {
    // Of a matrix and rank one everything can be written out: a = sum w x b / sum w b^2 in each row.
    let mut rng = stream(6, 0);
    let tensor: Tensor<f64> = normals(&[5, 4], &mut rng).unwrap();
    let weights: Tensor<f64> = units(&[5, 4], &mut rng).unwrap();
    let (model, fit) = weighted(&tensor, &weights, &options(1, 4000), &mut unobserved).unwrap();
    let (a, b) = (model.factors()[0].data(), model.factors()[1].data());
    for i in 0..5 {
        let sum = |f: &dyn Fn(usize) -> f64| (0..4).map(|j| weights.data()[4 * i + j] * f(j)).sum::<f64>();
        let expected = sum(&|j| tensor.data()[4 * i + j] * b[j]) / sum(&|j| b[j] * b[j]);
        assert!((model.weights()[0] * a[i] - expected).abs() < 1e-7, "{i}");
    }
    let square = |f: &dyn Fn(usize) -> f64| (0..20).map(|p| weights.data()[p] * f(p).powi(2)).sum::<f64>();
    let value = |p: usize| model.weights()[0] * a[p / 4] * b[p % 4];
    let error = (square(&|p| tensor.data()[p] - value(p)) / square(&|p| tensor.data()[p])).sqrt();
    assert!((fit.relative_error - error).abs() < 1e-12);
}

#[test]
fn bits_do_not_depend_on_threads_and_single_precision_works() {
    let tensor = planted(&[9, 8, 7], 2).to_tensor().unwrap();
    let known = mask(&[9, 8, 7], 0.6);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| weighted(&tensor, &known, &options(2, 20), &mut unobserved).unwrap().0)
    };
    assert_eq!(run(1), run(2));
    let single = |t: &Tensor<f64>| Tensor::new(t.shape(), t.data().iter().map(|&x| x as f32).collect()).unwrap();
    let (_, fit) = weighted(&single(&tensor), &single(&known), &options(2, 200), &mut unobserved).unwrap();
    assert!(fit.relative_error < 1e-5, "{}", fit.relative_error);
}

#[test]
fn bad_input_is_refused_with_a_reason() {
    let tensor = planted(&[3, 4, 2], 1).to_tensor().unwrap();
    let ones = Tensor::filled(&[3, 4, 2], 1.0).unwrap();
    let run = |tensor: &Tensor<f64>, weights: &Tensor<f64>, options: &WeightedOptions| {
        weighted(tensor, weights, options, &mut unobserved)
    };
    let with = |tensor: &Tensor<f64>, place: usize, value: f64| {
        let mut tensor = tensor.clone();
        tensor.data_mut()[place] = value;
        tensor
    };
    let five = options(1, 5);
    let small = Tensor::filled(&[3, 4], 1.0).unwrap();
    assert!(matches!(run(&tensor, &small, &five), Err(DecompError::Mismatch { .. })));
    assert!(matches!(run(&tensor, &with(&ones, 5, -1.0), &five), Err(DecompError::Negative { .. })));
    assert!(matches!(run(&tensor, &with(&ones, 5, f64::NAN), &five), Err(DecompError::NotFinite { .. })));
    assert!(matches!(run(&with(&tensor, 5, f64::NAN), &ones, &five), Err(DecompError::NotFinite { .. })));
    let mut gap = ones.clone();
    gap.data_mut()[8..16].fill(0.0);
    assert!(matches!(run(&tensor, &gap, &five), Err(DecompError::EmptySlice { mode: 0, index: 1 })));
    assert!(run(&tensor, &gap, &WeightedOptions { ridge: 1e-6, ..five.clone() }).is_ok());
    let zeros = Tensor::filled(&[3, 4, 2], 0.0).unwrap();
    assert!(matches!(run(&zeros, &ones, &five), Err(DecompError::AllZero)));
    assert!(matches!(run(&tensor, &ones, &options(0, 5)), Err(DecompError::Rank { .. })));
    assert!(matches!(run(&tensor, &ones, &WeightedOptions { ridge: -1.0, ..five }), Err(DecompError::Option { .. })));
}
