//! PARAFAC2: planted models come back, and what makes them unique holds; bad ones are refused.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_decomp::DecompError;
use schur_decomp::fit::{Stopping, unobserved};
use schur_decomp::matrix::gram;
use schur_decomp::parafac2::{Parafac2, Parafac2Options, parafac2};
use schur_decomp::random::{normals, stream, unit};
use schur_linalg::orthonormal;
use schur_tensor::Tensor;

fn random(shape: &[usize], seed: u64) -> Tensor<f64> {
    normals(shape, &mut stream(seed, 0)).unwrap()
}

fn planted(rows: &[usize], columns: usize, rank: usize, seed: u64) -> Parafac2<f64> {
    let projection = |(k, &rows): (usize, &usize)| orthonormal(&random(&[rows, rank], seed + 10 + k as u64)).unwrap().q;
    let mut rng = stream(seed, 1);
    // Components that are not nearly parallel: those take any number of iterations.
    let mut shared = random(&[rank, rank], seed);
    shared.data_mut().iter_mut().for_each(|entry| *entry *= 0.3);
    shared.data_mut().iter_mut().step_by(rank + 1).for_each(|entry| *entry += 1.0);
    Parafac2 {
        projections: rows.iter().enumerate().map(projection).collect(),
        shared,
        weights: Tensor::from_fn(&[rows.len(), rank], |_| 0.5 + unit(&mut rng)).unwrap(),
        columns: random(&[columns, rank], seed + 1),
    }
}

#[test]
fn a_planted_parafac2_is_recovered_and_its_cross_products_are_constant() {
    for (rows, rank) in [(&[6, 9, 7, 8, 6, 10][..], 2), (&[8, 9, 7, 12, 10, 8, 9], 3)] {
        let truth = planted(rows, 10, rank, 2);
        let matrices: Vec<Tensor<f64>> = (0..rows.len()).map(|k| truth.matrix(k).unwrap()).collect();
        let fit = |seed| {
            let stopping = Stopping { iterations: 1500, tolerance: 1e-14 };
            let options = Parafac2Options { stopping, seed, ..Parafac2Options::rank(rank) };
            parafac2(&matrices, &options, &mut unobserved).unwrap()
        };
        let found: Vec<_> = (0..4).map(fit).collect();
        let errors: Vec<f64> = found.iter().map(|(_, fit)| fit.relative_error).collect();
        let found = found.into_iter().find(|(_, fit)| fit.relative_error < 1e-8);
        let (form, fit) = found.unwrap_or_else(|| panic!("rank {rank}: {errors:?}"));
        assert!(fit.history.windows(2).all(|pair| pair[1] <= pair[0] + 1e-10));
        let shared = gram(&form.shared).unwrap();
        for (k, &rows) in rows.iter().enumerate() {
            let own = form.rows(k).unwrap();
            assert_eq!(own.shape(), [rows, rank]);
            let cross = gram(&own).unwrap();
            let close = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-10 * shared.data()[0].abs();
            assert!(cross.data().iter().zip(shared.data()).all(close), "B^T B is H^T H");
        }
        // The columns come back up to order, sign and scale.
        for r in 0..rank {
            let best = (0..rank).map(|s| cosine(&form.columns, r, &truth.columns, s)).fold(0.0, f64::max);
            assert!(best > 1.0 - 1e-6, "{best}");
        }
    }
}

fn cosine(a: &Tensor<f64>, r: usize, b: &Tensor<f64>, s: usize) -> f64 {
    let column =
        |x: &Tensor<f64>, k: usize| x.data().iter().skip(k).step_by(x.shape()[1]).copied().collect::<Vec<f64>>();
    let (a, b) = (column(a, r), column(b, s));
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    dot(&a, &b).abs() / (dot(&a, &a) * dot(&b, &b)).sqrt()
}

#[test]
fn parafac2_refuses_what_does_not_fit() {
    let run = |matrices: &[Tensor<f64>], options: Parafac2Options| parafac2(matrices, &options, &mut unobserved);
    let (a, b) = (random(&[4, 5], 0), random(&[3, 5], 1));
    let pair = [a.clone(), b.clone()];
    assert!(matches!(run(&pair, Parafac2Options::rank(4)), Err(DecompError::Rank { most: 3, .. })));
    assert!(matches!(run(&pair[..1], Parafac2Options::rank(1)), Err(DecompError::Count { .. })));
    assert!(matches!(
        run(&[a.clone(), random(&[4, 6], 0)], Parafac2Options::rank(1)),
        Err(DecompError::Mismatch { .. })
    ));
    let zeros = [Tensor::filled(&[4, 5], 0.0).unwrap(), Tensor::filled(&[3, 5], 0.0).unwrap()];
    assert!(matches!(run(&zeros, Parafac2Options::rank(1)), Err(DecompError::AllZero)));
    let idle = Parafac2Options { sweeps: 0, ..Parafac2Options::rank(1) };
    assert!(matches!(run(&pair, idle), Err(DecompError::Option { .. })));
    assert_eq!(run(&pair, Parafac2Options::rank(2)).unwrap(), run(&pair, Parafac2Options::rank(2)).unwrap());
}
