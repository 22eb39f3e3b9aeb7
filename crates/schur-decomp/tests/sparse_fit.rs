//! Alternating least squares on sparse tensors: planted models come back, with an honest error.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_decomp::cp::{AlsOptions, Cp, als};
use schur_decomp::dense::Dense;
use schur_decomp::fit::{Stopping, unobserved};
use schur_decomp::random::{below, normal, stream};
use schur_decomp::sparse::{Duplicates, Sparse};
use schur_tensor::Tensor;

/// A model whose factors have few entries that are not zero, so that its tensor has few, too.
fn planted(shape: &[usize], rank: usize, one_in: usize) -> Cp<f64> {
    let mut rng = stream(21, 0);
    let mut entry = |_: &[usize]| if below(&mut rng, one_in) == 0 { 1.0 + normal(&mut rng).abs() } else { 0.0 };
    let factors = shape.iter().map(|&size| Tensor::from_fn(&[size, rank], &mut entry).unwrap()).collect();
    Cp::new(vec![1.0; rank], factors).unwrap()
}

fn options(rank: usize, iterations: usize, seed: u64) -> AlsOptions {
    AlsOptions { rank, stopping: Stopping { iterations, tolerance: 1e-13 }, seed, ..Default::default() }
}

#[test]
fn a_sparse_model_of_low_rank_is_recovered() {
    for shape in [&[40, 30, 35][..], &[25, 22, 24, 23]] {
        let model = planted(shape, 3, 4);
        let sparse = Sparse::from_dense(&model.to_tensor().unwrap()).unwrap();
        assert!(sparse.stored() * 10 < shape.iter().product(), "{} stored", sparse.stored());
        let fits = (0..4).map(|seed| als(&sparse, &options(3, 2000, seed), &mut unobserved).unwrap());
        let (found, fit) = fits.min_by(|a, b| a.1.relative_error.total_cmp(&b.1.relative_error)).unwrap();
        assert!(fit.relative_error < 1e-8, "{shape:?}: {:e}", fit.relative_error);
        let score = found.match_score(&model).unwrap();
        assert!(score > 1.0 - 1e-6, "{shape:?}: {score}");
    }
}

#[test]
fn sparse_and_dense_fits_are_the_same() {
    let model = planted(&[12, 9, 10], 4, 2);
    let dense = model.to_tensor().unwrap();
    let sparse = Sparse::from_dense(&dense).unwrap();
    let (a, fit_a) = als(&sparse, &options(2, 30, 5), &mut unobserved).unwrap();
    let (b, fit_b) = als(&Dense::new(&dense).unwrap(), &options(2, 30, 5), &mut unobserved).unwrap();
    assert!((fit_a.relative_error - fit_b.relative_error).abs() < 1e-10);
    assert!(a.match_score(&b).unwrap() > 1.0 - 1e-6);
    let (error, floor) = sparse.relative_error(&a).unwrap();
    assert!((error - fit_a.relative_error).abs() <= 1e-10 + floor);
}

#[test]
fn the_bits_of_a_fit_are_the_same_for_any_number_of_threads() {
    let mut rng = stream(3, 0);
    let mut list = |size: usize| (0..30_000).map(|_| below(&mut rng, size) as u32).collect::<Vec<u32>>();
    let indices = vec![list(300), list(20), list(500)];
    let sparse = Sparse::new(&[300, 20, 500], indices, vec![1.0_f32; 30_000], Duplicates::Sum).unwrap();
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| als(&sparse, &options(5, 4, 1), &mut unobserved).unwrap())
    };
    assert_eq!(run(1), run(3));
}
