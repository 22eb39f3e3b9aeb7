//! Decompositions against their definition, and what they refuse.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_linalg::{LinalgError, Positive, orthonormal, svd, symmetric_eigen};
use schur_tensor::Tensor;
use schur_testkit::Random;

/// `u * diagonal(s) * v^T`, entry by entry.
fn rebuilt(u: &Tensor<f64>, s: &[f64], v: &Tensor<f64>) -> Vec<f64> {
    let entry = |i: usize, j: usize| -> f64 {
        s.iter().enumerate().map(|(k, s)| u.get(&[i, k]).unwrap() * s * v.get(&[j, k]).unwrap()).sum()
    };
    (0..u.shape()[0]).flat_map(|i| (0..v.shape()[0]).map(move |j| (i, j))).map(|(i, j)| entry(i, j)).collect()
}

fn assert_orthonormal(columns: &Tensor<f64>) {
    let [rows, count] = columns.shape()[..] else { panic!("not a matrix") };
    for (a, b) in (0..count).flat_map(|a| (0..count).map(move |b| (a, b))) {
        let product: f64 = (0..rows).map(|i| columns.get(&[i, a]).unwrap() * columns.get(&[i, b]).unwrap()).sum();
        assert!((product - f64::from(u8::from(a == b))).abs() < 1e-13, "columns {a} and {b}: {product}");
    }
}

fn assert_near(found: &[f64], expected: &[f64], scale: f64) {
    assert_eq!(found.len(), expected.len());
    let worst = found.iter().zip(expected).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
    assert!(worst <= 1e-13 * scale, "{worst} at scale {scale}");
}

#[test]
fn singular_values_rebuild_any_matrix_at_any_scale() {
    let mut random = Random::new(3);
    for (rows, columns) in [(1, 1), (7, 3), (3, 7), (20, 20), (1, 9)] {
        for scale in [1e-200, 1.0, 1e200] {
            let matrix = Tensor::from_fn(&[rows, columns], |_| scale * random.normal()).unwrap();
            let found = svd(&matrix).unwrap();
            assert_orthonormal(&found.u);
            assert_orthonormal(&found.v);
            assert!(found.s.windows(2).all(|pair| pair[0] >= pair[1]) && found.s.iter().all(|s| *s >= 0.0));
            assert_near(&rebuilt(&found.u, &found.s, &found.v), matrix.data(), 20.0 * scale);
        }
    }
}

#[test]
fn singular_values_of_a_product_of_vectors_are_its_norm_and_zeros() {
    let matrix = Tensor::from_fn(&[5, 4], |i| (i[0] + 1) as f64 * (2.0 - i[1] as f64)).unwrap();
    let found = svd(&matrix).unwrap();
    assert_near(&found.s, &[330.0_f64.sqrt(), 0.0, 0.0, 0.0], 20.0);
    assert_near(&svd(&Tensor::filled(&[3, 3], 0.0).unwrap()).unwrap().s, &[0.0; 3], 1.0);
}

#[test]
fn eigenvalues_rebuild_symmetric_matrices() {
    let mut random = Random::new(5);
    for size in [1, 2, 9, 24] {
        for scale in [1e-200, 1.0, 1e200] {
            let half = Tensor::from_fn(&[size, size], |_| scale * random.normal()).unwrap();
            let matrix =
                Tensor::from_fn(&[size, size], |i| half.get(i).unwrap() / 2.0 + half.get(&[i[1], i[0]]).unwrap() / 2.0)
                    .unwrap();
            let found = symmetric_eigen(&matrix).unwrap();
            assert_orthonormal(&found.u);
            assert!(found.values.windows(2).all(|pair| pair[0] <= pair[1]));
            assert_near(&rebuilt(&found.u, &found.values, &found.u), matrix.data(), 30.0 * scale);
        }
    }
}

#[test]
fn what_has_no_decomposition_is_refused() {
    let tensor = |shape: &[usize], data: &[f64]| Tensor::new(shape, data.to_vec()).unwrap();
    let infinite = svd(&tensor(&[2, 2], &[0.0, 1.0, f64::INFINITY, 2.0])).unwrap_err();
    assert_eq!(
        infinite.to_string(),
        "the singular value decomposition needs finite entries, but entry (1, 0) of a matrix of shape [2, 2] is inf"
    );
    assert!(matches!(symmetric_eigen(&tensor(&[1, 1], &[f64::NAN])), Err(LinalgError::NotFinite { .. })));
    assert!(matches!(svd(&tensor(&[2], &[1.0, 2.0])), Err(LinalgError::Shape { expected: "a matrix", .. })));
    let oblong = symmetric_eigen(&tensor(&[1, 2], &[1.0, 2.0]));
    assert!(matches!(oblong, Err(LinalgError::Shape { expected: "a square matrix", .. })));
    assert!(svd(&tensor(&[0, 3], &[])).unwrap().s.is_empty());
}

#[test]
fn orthonormal_columns_rebuild_any_matrix_at_any_scale() {
    let mut random = Random::new(4);
    for (rows, columns) in [(1, 1), (7, 3), (3, 7), (20, 20)] {
        for scale in [1e-200, 1.0, 1e200] {
            let matrix = Tensor::from_fn(&[rows, columns], |_| scale * random.normal()).unwrap();
            let found = orthonormal(&matrix).unwrap();
            assert_orthonormal(&found.q);
            let k = rows.min(columns);
            assert!((0..k).all(|i| (0..i.min(columns)).all(|j| found.r.data()[i * columns + j] == 0.0)));
            let transposed = found.r.view().permuted(&[1, 0]).unwrap().to_tensor();
            assert_near(&rebuilt(&found.q, &vec![1.0; k], &transposed), matrix.data(), 20.0 * scale);
        }
    }
}

#[test]
fn positive_equations_are_solved_singular_or_not() {
    let mut random = Random::new(5);
    for (n, rank) in [(1, 1), (6, 6), (6, 4), (3, 0)] {
        let half = Tensor::from_fn(&[n, rank], |index| 10_f64.powi(3 * index[0] as i32) * random.normal()).unwrap();
        let entry = |i: usize, j: usize| -> f64 {
            (0..rank).map(|k| half.data()[i * rank + k] * half.data()[j * rank + k]).sum()
        };
        let matrix = Tensor::from_fn(&[n, n], |index| entry(index[0], index[1])).unwrap();
        let positive = Positive::new(&matrix).unwrap();
        assert_eq!(positive.is_singular(), rank < n, "{n} {rank}");
        let x: Vec<f64> = (0..n).map(|_| random.normal()).collect();
        let product = |x: &[f64]| -> Vec<f64> { (0..n).map(|j| (0..n).map(|i| x[i] * entry(i, j)).sum()).collect() };
        let b = product(&x);
        let mut solved = b.clone();
        positive.solve_rows(&mut solved).unwrap();
        // A singular matrix has other solutions; all of them have the same product.
        let again = product(&solved);
        for (j, (found, expected)) in again.iter().zip(&b).enumerate() {
            let size: f64 = entry(j, j).sqrt() * half.data().iter().fold(0.0, |a: f64, x| a.max(x.abs()));
            assert!((found - expected).abs() <= 1e-9 * size, "{n} {rank} {j}: {found} {expected}");
        }
    }
    let positive = Positive::new(&Tensor::new(&[2, 2], vec![1.0, 0.0, 0.0, 1.0]).unwrap()).unwrap();
    assert_eq!(positive.solve_rows(&mut [1.0; 3]), Err(LinalgError::Rows { columns: 2, found: 3 }));
}
