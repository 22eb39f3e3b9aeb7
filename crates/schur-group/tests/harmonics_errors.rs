//! Unusual and bad input of the spherical harmonics.
#![allow(clippy::unwrap_used, reason = "a failed call is a failed test")]

use schur_group::{GroupError, Normalization, SphericalHarmonics};
use schur_testkit::assert_close;

fn values_and_gradient(l_max: usize, vector: [f64; 3]) -> (Vec<f64>, Vec<[f64; 3]>) {
    let harmonics = SphericalHarmonics::new(l_max, Normalization::Component).unwrap();
    let n = harmonics.n_harmonics();
    let (mut values, mut gradient) = (vec![7.0; n], vec![[7.0; 3]; n]);
    harmonics.evaluate_with_gradient_into(vector, &mut values, &mut gradient).unwrap();
    (values, gradient)
}

#[test]
fn zero_vector_has_no_direction() {
    for l_max in [2, 5] {
        let (values, gradient) = values_and_gradient(l_max, [0.0, -0.0, 0.0]);
        assert_eq!(values[0], 1.0);
        assert!(values[1..].iter().all(|&y| y == 0.0), "{values:?}");
        assert!(gradient.as_flattened().iter().all(|&g| g == 0.0), "{gradient:?}");
    }
}

#[test]
fn length_does_not_matter_however_extreme() {
    for l_max in [3, 6] {
        let (expected, slope) = values_and_gradient(l_max, [1.0, -2.0, 3.0]);
        for exponent in [-1060, -700, -480, 480, 700, 1020] {
            // Powers of two scale without rounding; the lowest one is subnormal and keeps 12 bits.
            let scale = 2.0_f64.powi(exponent / 2) * 2.0_f64.powi(exponent - exponent / 2);
            let (values, gradient) = values_and_gradient(l_max, [scale, -2.0 * scale, 3.0 * scale]);
            assert_close(&format!("2^{exponent}"), &values, &expected, 0.0, 1e-14);
            assert!(gradient.as_flattened().iter().all(|g| !g.is_nan()));
            if (-1000..1000).contains(&exponent) {
                let scaled: Vec<f64> = gradient.as_flattened().iter().map(|g| g * scale).collect();
                assert_close(&format!("gradient at 2^{exponent}"), &scaled, slope.as_flattened(), 0.0, 1e-13);
            }
        }
    }
}

#[test]
fn not_a_number_stays_visible() {
    for l_max in [1, 4] {
        for bad in [f64::NAN, f64::INFINITY] {
            let (values, _) = values_and_gradient(l_max, [0.0, bad, 1.0]);
            assert!(values[1..4].iter().all(|y| y.is_nan()), "{bad}: {values:?}");
        }
    }
}

#[test]
fn f32_is_the_rounded_f64() {
    for l_max in [3, 7] {
        let harmonics = SphericalHarmonics::new(l_max, Normalization::Integral).unwrap();
        let n = harmonics.n_harmonics();
        let (mut single, mut double) = (vec![0.0_f32; n], vec![0.0_f64; n]);
        harmonics.evaluate_into([0.1, 0.2, -0.3], &mut single).unwrap();
        harmonics.evaluate_into([0.1, 0.2, -0.3], &mut double).unwrap();
        assert_eq!(single, double.iter().map(|&y| y as f32).collect::<Vec<_>>());
    }
}

#[test]
fn wrong_lengths_are_errors() {
    let harmonics = SphericalHarmonics::new(2, Normalization::Norm).unwrap();
    let error = harmonics.evaluate_into([1.0; 3], &mut [0.0; 8]).unwrap_err();
    assert_eq!(error, GroupError::Length { what: "values", expected: 9, found: 8 });
    let error = harmonics.evaluate_with_gradient_into([1.0; 3], &mut [0.0; 9], &mut [[0.0; 3]; 10]).unwrap_err();
    assert_eq!(error.to_string(), "gradient: 9 elements needed, 10 given");
}

#[test]
fn too_large_a_degree_is_an_error() {
    let error = SphericalHarmonics::new(33, Normalization::Norm).unwrap_err();
    assert_eq!(error.to_string(), "spherical harmonics of degree 33 asked for, but at most degree 32 is supported");
}
