//! Derivatives of polynomials drawn at random against finite differences and against each other.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/inner_product.rs"]
mod inner_product;
#[path = "support/random_map.rs"]
mod random_map;
#[path = "support/random_polynomial.rs"]
mod random_polynomial;

use inner_product::dot;
use proptest::prelude::*;
use random_map::{numbers, slices};
use random_polynomial::polynomial;
use schur_multilinear::{Polynomial, PolynomialError};
use schur_testkit::{Random, assert_close};

/// Sums of a few hundred products of numbers of order one, in another order.
const ROUNDING: f64 = 1e-11;

struct Case {
    random: Random,
    polynomial: Polynomial,
    /// Every other input, at least one.
    active: Vec<usize>,
    x: Vec<Vec<f64>>,
}

fn draw(seed: u64) -> Case {
    let mut random = Random::new(seed);
    let polynomial = polynomial(&mut random);
    let x = numbers(&mut random, polynomial.inputs());
    let start = random.below(2).min(x.len() - 1);
    Case { active: (start..x.len()).step_by(2).collect(), random, polynomial, x }
}

impl Case {
    fn tangents(&mut self) -> Vec<Vec<f64>> {
        let operands: Vec<_> = self.active.iter().map(|&input| self.polynomial.inputs()[input].clone()).collect();
        numbers(&mut self.random, &operands)
    }

    fn cotangents(&mut self) -> Vec<Vec<f64>> {
        numbers(&mut self.random, self.polynomial.outputs())
    }

    /// The point moved by `step` times the tangents.
    fn moved(&self, tangents: &[Vec<f64>], step: f64) -> Vec<Vec<f64>> {
        let mut x = self.x.clone();
        for (&input, tangent) in self.active.iter().zip(tangents) {
            x[input].iter_mut().zip(tangent).for_each(|(x, t)| *x += step * t);
        }
        x
    }
}

fn evaluate(polynomial: &Polynomial, parts: &[&[Vec<f64>]]) -> Vec<Vec<f64>> {
    polynomial.evaluate(&slices(&parts.concat())).unwrap()
}

fn flat(values: &[Vec<f64>]) -> Vec<f64> {
    values.concat()
}

fn close(found: f64, expected: f64, terms: usize) -> bool {
    (found - expected).abs() <= ROUNDING * (1.0 + expected.abs()) * (1.0 + terms as f64)
}

proptest! {
    /// Degrees go up to three, where a central difference with Richardson's extrapolation is exact.
    #[test]
    fn tangents_are_derivatives(seed: u64) {
        let mut case = draw(seed);
        let tangents = case.tangents();
        let difference = |step: f64| -> Vec<f64> {
            let [plus, minus] = [step, -step].map(|s| flat(&evaluate(&case.polynomial, &[&case.moved(&tangents, s)])));
            plus.iter().zip(&minus).map(|(p, m)| (p - m) / (2.0 * step)).collect()
        };
        let expected: Vec<f64> =
            difference(0.5).iter().zip(&difference(1.0)).map(|(fine, coarse)| (4.0 * fine - coarse) / 3.0).collect();
        let tangent = case.polynomial.tangent(&case.active).unwrap();
        let found = flat(&evaluate(&tangent, &[&case.x, &tangents]));
        let scale = expected.iter().fold(100.0, |scale: f64, x| scale.max(x.abs()));
        assert_close("tangent", &found, &expected, 0.0, ROUNDING * scale);
        prop_assert!(tangent.degree() <= case.polynomial.degree());
    }

    #[test]
    fn reverse_passes_are_adjoint_to_tangents(seed: u64) {
        let mut case = draw(seed);
        let (tangents, cotangents) = (case.tangents(), case.cotangents());
        let tangent = case.polynomial.tangent(&case.active).unwrap();
        let backward = case.polynomial.backward(&case.active).unwrap();
        let forward = dot(&evaluate(&tangent, &[&case.x, &tangents]), &cotangents);
        let reverse = dot(&evaluate(&backward, &[&case.x, &cotangents]), &tangents);
        prop_assert!(close(reverse, forward, 10), "{reverse} {forward}");
    }

    /// Forces are trained through the tangent of the reverse pass; the other way round gives the same numbers.
    #[test]
    fn second_derivatives_are_symmetric_and_commute(seed: u64) {
        let mut case = draw(seed);
        let (first, second, cotangents) = (case.tangents(), case.tangents(), case.cotangents());
        let backward = case.polynomial.backward(&case.active).unwrap();
        let hessian = backward.tangent(&case.active).unwrap();
        let one = dot(&evaluate(&hessian, &[&case.x, &cotangents, &first]), &second);
        let other = dot(&evaluate(&hessian, &[&case.x, &cotangents, &second]), &first);
        prop_assert!(close(one, other, 100), "{one} {other}");
        let tangent = case.polynomial.tangent(&case.active).unwrap();
        let reverse = tangent.backward(&case.active).unwrap();
        let reversed = dot(&evaluate(&reverse, &[&case.x, &first, &cotangents]), &second);
        prop_assert!(close(reversed, one, 100), "{reversed} {one}");
        let second_tangent = tangent.tangent(&case.active).unwrap();
        let forward = dot(&evaluate(&second_tangent, &[&case.x, &first, &second]), &cotangents);
        prop_assert!(close(forward, one, 100), "{forward} {one}");
    }

    #[test]
    fn other_forms_have_the_same_values_and_derivatives(seed: u64) {
        let mut case = draw(seed);
        let tangents = case.tangents();
        let expected = flat(&evaluate(&case.polynomial, &[&case.x]));
        let derivative = case.polynomial.tangent(&case.active).unwrap();
        let derivative = flat(&evaluate(&derivative, &[&case.x, &tangents]));
        for form in [case.polynomial.merge(), case.polynomial.fold(), case.polynomial.symmetrise()] {
            assert_close("value", &flat(&evaluate(&form, &[&case.x])), &expected, ROUNDING, ROUNDING);
            let tangent = form.tangent(&case.active).unwrap();
            assert_close("tangent", &flat(&evaluate(&tangent, &[&case.x, &tangents])), &derivative, ROUNDING, ROUNDING);
        }
        prop_assert!(case.polynomial.is_same_polynomial(&case.polynomial.merge()));
    }

    #[test]
    fn only_linear_polynomials_have_transposes(seed: u64) {
        let case = draw(seed);
        let linear = case.polynomial.terms().iter().all(|term| {
            term.inputs.iter().filter(|input| case.active.contains(input)).count() == 1
        });
        match case.polynomial.transpose(&case.active) {
            Ok(transposed) => prop_assert!(linear && transposed.outputs().len() == case.active.len()),
            Err(error) => prop_assert!(!linear && matches!(error, PolynomialError::NotLinear { .. }), "{error}"),
        }
    }

    #[test]
    fn selected_outputs_are_those_of_the_whole(seed: u64) {
        let case = draw(seed);
        let all = evaluate(&case.polynomial, &[&case.x]);
        let last = all.len() - 1;
        let selected = case.polynomial.select_outputs(&[last]).unwrap();
        prop_assert_eq!(&evaluate(&selected, &[&case.x]), &all[last..]);
        let used = selected.used_inputs();
        let x: Vec<Vec<f64>> = used.iter().map(|&input| case.x[input].clone()).collect();
        prop_assert_eq!(&evaluate(&selected.select_inputs(&used).unwrap(), &[&x]), &all[last..]);
        if let Some(&needed) = used.first() {
            let kept: Vec<usize> = used[1..].to_vec();
            let error = selected.select_inputs(&kept).unwrap_err();
            prop_assert!(matches!(error, PolynomialError::InUse { input, .. } if input == needed), "{error}");
        }
    }
}
