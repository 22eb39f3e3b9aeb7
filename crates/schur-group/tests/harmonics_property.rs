//! Identities that harmonics of every degree satisfy.
#![allow(clippy::unwrap_used, reason = "a failed call is a failed test")]

use schur_group::{Irreps, Normalization, SphericalHarmonics, WignerD};
use schur_testkit::{Equivariance, Random, assert_close, finite_difference_jacobian, o3_elements};

type Derivatives = (Vec<f64>, Vec<[f64; 3]>, Vec<[[f64; 3]; 3]>);

fn all(l_max: usize, normalization: Normalization, vector: [f64; 3]) -> Derivatives {
    let harmonics = SphericalHarmonics::new(l_max, normalization).unwrap();
    let n = harmonics.n_harmonics();
    let (mut values, mut gradient, mut hessian) = (vec![0.0; n], vec![[0.0; 3]; n], vec![[[0.0; 3]; 3]; n]);
    harmonics.evaluate_with_hessian_into(vector, &mut values, &mut gradient, &mut hessian).unwrap();
    (values, gradient, hessian)
}

/// Some vectors of no particular direction and length, then the axes, whose poles are where angles would fail.
fn vectors() -> Vec<[f64; 3]> {
    let mut random = Random::new(11);
    let mut vectors: Vec<[f64; 3]> = (0..6).map(|_| random.vector()).collect();
    vectors.extend([[0.0, 1.5, 0.0], [0.0, -0.5, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, -1.0], [1e-9, 1.0, 0.0]]);
    vectors
}

fn legendre(l: usize, x: f64) -> f64 {
    let (mut before, mut last) = (1.0, x);
    for k in 1..=l {
        let k = k as f64;
        (before, last) = (last, ((2.0 * k + 1.0) * x * last - k * before) / (k + 1.0));
    }
    before
}

#[test]
fn addition_theorem_holds_to_the_largest_degree() {
    let l_max = SphericalHarmonics::MAX_DEGREE;
    let vectors = vectors();
    for (a, b) in vectors.iter().flat_map(|a| vectors.iter().map(move |b| (*a, *b))) {
        let (ya, yb) = (all(l_max, Normalization::Component, a).0, all(l_max, Normalization::Component, b).0);
        let dot = |a: [f64; 3], b: [f64; 3]| a.iter().zip(&b).map(|(a, b)| a * b).sum::<f64>();
        let cosine = dot(a, b) / (dot(a, a) * dot(b, b)).sqrt();
        for l in 0..=l_max {
            let degree = l * l..(l + 1) * (l + 1);
            let sum: f64 = ya[degree.clone()].iter().zip(&yb[degree]).map(|(a, b)| a * b).sum();
            let width = (2 * l + 1) as f64;
            // The cosine is rounded, and the slope of P_l is at most l (l + 1) / 2.
            assert_close(
                &format!("l {l}"),
                &[sum / width],
                &[legendre(l, cosine)],
                0.0,
                2e-15 * width * width.max(4.0),
            );
        }
    }
}

#[test]
fn harmonics_turn_with_wigner_matrices() {
    let (l_max, elements) = (WignerD::MAX_DEGREE, o3_elements(21, 6));
    let irreps = Irreps::spherical_harmonics(l_max);
    let check = Equivariance { name: "harmonics", elements: &elements, tolerance: 1e-12 };
    check.assert(
        &[[0.3, -1.1, 0.7]],
        |v| all(l_max, Normalization::Component, v[0]).0,
        |g, values| WignerD::from_matrix(l_max, g).unwrap().apply(&irreps, values).unwrap(),
    );
}

#[test]
fn written_out_degrees_equal_the_recurrence() {
    for vector in vectors() {
        for normalization in [Normalization::Component, Normalization::Norm, Normalization::Integral] {
            let harmonics = SphericalHarmonics::new(3, normalization).unwrap();
            let (mut values, mut gradient) = ([0.0; 16], [[0.0; 3]; 16]);
            harmonics.evaluate_with_gradient_into(vector, &mut values, &mut gradient).unwrap();
            let (general, slopes, _) = all(5, normalization, vector);
            assert_close("values", &values, &general[..16], 0.0, 1e-14);
            // Of order l / |r|; the shortest vector is 0.5 long.
            assert_close("gradient", gradient.as_flattened(), slopes[..16].as_flattened(), 0.0, 1e-13);
        }
    }
}

#[test]
fn gradient_is_the_finite_difference() {
    for vector in vectors() {
        let (_, gradient, _) = all(12, Normalization::Component, vector);
        let values = |x: &[f64]| all(12, Normalization::Component, [x[0], x[1], x[2]]).0;
        let differences = finite_difference_jacobian(values, &vector, 1e-3);
        for (i, expected) in differences.iter().enumerate() {
            let actual: Vec<f64> = gradient.iter().map(|slope| slope[i]).collect();
            // Fifth derivatives are of order (l / |r|)^5 |Y|, with l = 12 and |r| >= 0.5 here, times h^4 / 5.
            assert_close(&format!("axis {i} at {vector:?}"), &actual, expected, 0.0, 2e-5);
            assert_close(&format!("axis {i} at {vector:?}"), &actual[..25], &expected[..25], 0.0, 1e-8);
        }
    }
}

#[test]
fn hessian_is_the_difference_of_the_gradient() {
    for vector in vectors() {
        let (_, _, hessian) = all(6, Normalization::Norm, vector);
        let slopes = |x: &[f64]| all(6, Normalization::Norm, [x[0], x[1], x[2]]).1.as_flattened().to_vec();
        for (j, expected) in finite_difference_jacobian(slopes, &vector, 5e-4).iter().enumerate() {
            let actual: Vec<f64> = hessian.iter().flat_map(|h| h.map(|row| row[j])).collect();
            assert_close(&format!("axis {j} at {vector:?}"), &actual, expected, 0.0, 2e-6);
        }
    }
}

#[test]
fn derivatives_satisfy_the_differential_equations() {
    for vector in vectors() {
        let square: f64 = vector.iter().map(|x| x * x).sum();
        let (values, gradient, hessian) = all(12, Normalization::Component, vector);
        for (k, value) in values.iter().enumerate() {
            let l = k.isqrt() as f64;
            let radial: f64 = (0..3).map(|i| vector[i] * gradient[k][i]).sum();
            let laplacian: f64 = (0..3).map(|i| hessian[k][i][i]).sum();
            // Harmonics do not change along the radius, and are eigenfunctions of the Laplacian on the sphere.
            assert_close(&format!("radial {k}"), &[radial], &[0.0], 0.0, 1e-13 * (1.0 + l * l));
            let expected = -l * (l + 1.0) * value / square;
            assert_close(&format!("laplacian {k}"), &[laplacian], &[expected], 0.0, 1e-12 * (1.0 + l * l) / square);
            for (i, j) in [(0, 1), (0, 2), (1, 2)] {
                assert_close("symmetry", &[hessian[k][i][j]], &[hessian[k][j][i]], 0.0, 1e-12 * (1.0 + l * l) / square);
            }
        }
    }
}
