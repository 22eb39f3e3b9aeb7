//! Spherical harmonics against e3nn 0.6.0; the generator stands beside the fixture.
#![allow(clippy::unwrap_used, reason = "a failed call is a failed test")]

use schur_group::{Normalization, SphericalHarmonics};
use schur_testkit::assert_close;
use serde::Deserialize;

/// Both sides are sums of at most a dozen products of numbers below 100.
const ATOL: f64 = 1e-13;

#[derive(Deserialize)]
struct Fixture {
    vectors: Vec<[f64; 3]>,
    component: Vec<Vec<f64>>,
    few_vectors: Vec<[f64; 3]>,
    norm: Vec<Vec<f64>>,
    integral: Vec<Vec<f64>>,
    gradient: Vec<Vec<[f64; 3]>>,
}

fn fixture() -> Fixture {
    serde_json::from_str(include_str!("fixtures/e3nn.json")).unwrap()
}

fn evaluate(l_max: usize, normalization: Normalization, vector: [f64; 3]) -> Vec<f64> {
    let harmonics = SphericalHarmonics::new(l_max, normalization).unwrap();
    let mut values = vec![0.0; harmonics.n_harmonics()];
    harmonics.evaluate_into(vector, &mut values).unwrap();
    values
}

#[test]
fn every_degree_equals_e3nn() {
    let fixture = fixture();
    for (&vector, expected) in fixture.vectors.iter().zip(&fixture.component) {
        for l_max in 0..=8 {
            let values = evaluate(l_max, Normalization::Component, vector);
            assert_close(&format!("l_max {l_max} at {vector:?}"), &values, &expected[..values.len()], 0.0, ATOL);
        }
    }
}

#[test]
fn normalizations_equal_e3nn() {
    let fixture = fixture();
    for (k, &vector) in fixture.few_vectors.iter().enumerate() {
        for l_max in [3, 4] {
            let n = (l_max + 1) * (l_max + 1);
            let norm = evaluate(l_max, Normalization::Norm, vector);
            assert_close("norm", &norm, &fixture.norm[k][..n], 0.0, ATOL);
            let integral = evaluate(l_max, Normalization::Integral, vector);
            assert_close("integral", &integral, &fixture.integral[k][..n], 0.0, ATOL);
        }
    }
}

#[test]
fn gradients_equal_automatic_differentiation() {
    let fixture = fixture();
    for (&vector, expected) in fixture.few_vectors.iter().zip(&fixture.gradient) {
        for l_max in [2, 3, 4] {
            let harmonics = SphericalHarmonics::new(l_max, Normalization::Component).unwrap();
            let n = harmonics.n_harmonics();
            let (mut values, mut gradient) = (vec![0.0; n], vec![[0.0; 3]; n]);
            harmonics.evaluate_with_gradient_into(vector, &mut values, &mut gradient).unwrap();
            assert_eq!(values, evaluate(l_max, Normalization::Component, vector));
            let expected = expected[..n].as_flattened();
            assert_close(&format!("l_max {l_max} at {vector:?}"), gradient.as_flattened(), expected, 0.0, ATOL);
        }
    }
}
