//! Maps drawn at random: transposes are adjoint, and other forms of a map have the same values.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/inner_product.rs"]
mod inner_product;
#[path = "support/random_map.rs"]
mod random_map;

use inner_product::dot;
use proptest::prelude::*;
use random_map::{map, numbers, slices};
use schur_multilinear::{Multilinear, MultilinearError};
use schur_testkit::{Random, assert_close};

/// Sums of at most a few hundred products of numbers of order one, in another order.
const ROUNDING: f64 = 1e-12;

/// Draws a map, and normal numbers for all its operands, the result included.
fn draw(seed: u64) -> (Multilinear, Vec<Vec<f64>>) {
    let mut random = Random::new(seed);
    let map = map(&mut random);
    let numbers = numbers(&mut random, map.operands());
    (map, numbers)
}

fn evaluate(map: &Multilinear, numbers: &[Vec<f64>]) -> Vec<f64> {
    map.evaluate(&slices(&numbers[..map.arguments()])).unwrap()
}

#[track_caller]
fn assert_same_values(name: &str, changed: &Multilinear, map: &Multilinear, numbers: &[Vec<f64>]) {
    assert_close(name, &evaluate(changed, numbers), &evaluate(map, numbers), ROUNDING, ROUNDING);
}

proptest! {
    #[test]
    fn transposes_are_adjoint_and_undo_themselves(seed: u64) {
        let (map, numbers) = draw(seed);
        let last = map.arguments();
        let expected = dot(&[evaluate(&map, &numbers)], &numbers[last..]);
        for argument in 0..last {
            let transposed = map.transpose(argument);
            let mut swapped = numbers.clone();
            swapped.swap(argument, last);
            let found = dot(&[evaluate(&transposed, &swapped)], &swapped[last..]);
            prop_assert!((found - expected).abs() <= ROUNDING * (1.0 + expected.abs()), "{found} {expected}");
            prop_assert_eq!(transposed.transpose(argument), map.clone());
        }
    }

    #[test]
    fn other_forms_have_the_same_values(seed: u64) {
        let (map, numbers) = draw(seed);
        assert_same_values("consolidate", &map.consolidate(), &map, &numbers);
        assert_same_values("canonical", &map.canonical(), &map, &numbers);
        assert_same_values("squeeze", &map.squeeze_modes(), &map, &numbers);
        let flat = map.flatten_components().unwrap();
        assert_same_values("flatten", &flat, &map, &numbers);
        prop_assert!(flat.paths().iter().all(|path| path.coefficients.len() == 1));
        prop_assert_eq!(flat.terms(), map.terms());
        let mut reversed = map.paths().to_vec();
        reversed.reverse();
        let reversed = Multilinear::with_modes(map.modes().clone(), map.operands().to_vec(), reversed).unwrap();
        prop_assert!(map.is_same_map(&reversed));
    }

    #[test]
    fn split_modes_have_the_same_values_and_merge_again(seed: u64) {
        let (map, numbers) = draw(seed);
        for letter in map.modes().letters() {
            let split = map.split_mode(letter, 'z', map.common_extent(letter)).unwrap();
            assert_same_values("split", &split, &map, &numbers);
            prop_assert_eq!(split.merge_modes('z', letter).unwrap(), map.clone());
            match map.uniform(letter) {
                Ok(uniform) => {
                    assert_same_values("uniform", &uniform, &map, &numbers);
                    let common = map.common_extent(letter);
                    prop_assert!(uniform.paths().iter().all(|path| [0, 1, common].contains(&uniform.extent(path, letter))));
                }
                Err(error) => prop_assert!(matches!(error, MultilinearError::NotContiguous { .. }), "{error}"),
            }
        }
    }

    #[test]
    fn equal_arguments_may_be_symmetrised_and_folded(seed: u64) {
        let (map, mut numbers) = draw(seed);
        for second in 1..map.arguments() {
            if !map.are_exchangeable(0, second) {
                prop_assert!(map.fold(&[0, second]).is_err());
                continue;
            }
            numbers[second] = numbers[0].clone();
            let symmetric = map.symmetrise(&[0, second]).unwrap();
            assert_same_values("symmetrise", &symmetric, &map, &numbers);
            let mut order: Vec<usize> = (0..map.operands().len()).collect();
            order.swap(0, second);
            prop_assert!(symmetric.reorder(&order).is_same_map(&symmetric));
            let folded = map.fold(&[0, second]).unwrap();
            assert_same_values("fold", &folded, &map, &numbers);
            prop_assert_eq!(symmetric.fold(&[second, 0]).unwrap(), folded.clone());
            prop_assert!(folded.terms() <= symmetric.terms());
        }
    }

    /// The inner map's result is cut like the argument it replaces, because it is the transpose of a map with it.
    #[test]
    fn a_map_in_the_place_of_an_argument_is_evaluated_first(seed: u64) {
        let (map, numbers) = draw(seed);
        for argument in 0..map.arguments() {
            let inner = map.transpose(argument);
            let mut inner_numbers = numbers.clone();
            inner_numbers.swap(argument, map.arguments());
            inner_numbers.truncate(map.arguments());
            let composed = match map.substitute(argument, &inner) {
                Ok(composed) => composed,
                Err(MultilinearError::Entangled { .. }) => continue,
                Err(error) => return Err(TestCaseError::fail(error.to_string())),
            };
            let mut outer_numbers = numbers[..map.arguments()].to_vec();
            outer_numbers[argument] = inner.evaluate(&slices(&inner_numbers)).unwrap();
            let expected = map.evaluate(&slices(&outer_numbers)).unwrap();
            let mut all = numbers[..map.arguments()].to_vec();
            all.splice(argument..=argument, inner_numbers);
            // Numbers grow with each factor, so the rounding of sums that cancel is that of their largest terms.
            let scale = expected.iter().fold(1.0, |scale: f64, x| scale.max(x.abs()));
            assert_close("substitute", &composed.evaluate(&slices(&all)).unwrap(), &expected, 0.0, 1e3 * ROUNDING * scale);
        }
    }
}
