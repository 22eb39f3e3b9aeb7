//! 3j symbols and Wigner matrices up to degree 12: against e3nn 0.6.0, identities, and the poles.
#![allow(clippy::unwrap_used, reason = "a failed call is a failed test")]

use proptest::prelude::*;
use schur_group::{
    GroupError, Irrep, Normalization, SphericalHarmonics, Surd, WignerD, WignerPlan, clebsch_gordan,
    rotation_from_angles, rotation_from_quaternion, wigner_3j,
};
use schur_testkit::{assert_close, orthogonal, product};
use serde::Deserialize;

const L_MAX: usize = 12;

#[derive(Deserialize)]
struct Fixture {
    wigner_3j: Vec<Tensor>,
    rotations: Vec<Rotation>,
}

#[derive(Deserialize)]
struct Tensor {
    l: [usize; 3],
    entries: Vec<(usize, usize, usize, f64)>,
}

/// Row, column and value.
type Element = (usize, usize, f64);

#[derive(Deserialize)]
struct Rotation {
    angles: [f64; 3],
    d: Vec<(usize, Vec<Element>)>,
}

fn fixture() -> Fixture {
    serde_json::from_str(include_str!("fixtures/e3nn_large.json")).unwrap()
}

#[test]
fn symbols_equal_e3nn() {
    let tensors = fixture().wigner_3j;
    assert_eq!(tensors.len(), 9);
    for Tensor { l, entries } in tensors {
        let three_j = wigner_3j(l[0], l[1], l[2]).unwrap();
        let actual: Vec<f64> = entries.iter().map(|&(i, j, k, _)| three_j.get([i, j, k]).to_f64()).collect();
        let expected: Vec<f64> = entries.iter().map(|entry| entry.3).collect();
        assert!(expected.len() >= 12, "{l:?}");
        assert_close(&format!("{l:?}"), &actual, &expected, 0.0, 2e-15);
    }
}

#[test]
fn matrices_equal_e3nn() {
    let rotations = fixture().rotations;
    assert_eq!(rotations.len(), 4);
    for Rotation { angles, d } in rotations {
        let ours = WignerD::from_angles(L_MAX, angles).unwrap();
        for (l, entries) in d {
            let matrix = ours.to_matrix(Irrep::harmonic(l)).unwrap();
            let actual: Vec<f64> = entries.iter().map(|&(i, j, _)| matrix[(2 * l + 1) * i + j]).collect();
            let expected: Vec<f64> = entries.iter().map(|entry| entry.2).collect();
            // e3nn multiplies three matrix exponentials of generators with elements up to l.
            assert_close(&format!("degree {l} {angles:?}"), &actual, &expected, 0.0, 1e-12);
        }
    }
}

#[test]
fn columns_are_orthogonal_to_degree_12() {
    for l1 in 0..=L_MAX {
        for l2 in l1..=L_MAX {
            for l3 in l2 - l1..=(l1 + l2).min(L_MAX) {
                let (three_j, n) = (wigner_3j(l1, l2, l3).unwrap(), 2 * l3 + 1);
                let mut overlap = vec![0.0; n * n];
                // Entries are in row-major order, so those of one pair (i, j) lie together.
                for row in three_j.entries().chunk_by(|a, b| a.index[..2] == b.index[..2]) {
                    for (a, b) in row.iter().flat_map(|a| row.iter().map(move |b| (a, b))) {
                        overlap[a.index[2] * n + b.index[2]] += n as f64 * a.value.to_f64() * b.value.to_f64();
                    }
                }
                let expected: Vec<f64> = (0..n * n).map(|at| if at % (n + 1) == 0 { 1.0 } else { 0.0 }).collect();
                assert_close(&format!("({l1}, {l2}, {l3})"), &overlap, &expected, 0.0, 1e-14);
            }
        }
    }
}

#[test]
fn outputs_of_all_degrees_are_complete() {
    // Sum rule over l3 and m3, with all degrees of the output within reach.
    for (l1, l2) in [(12, 4), (8, 8), (9, 7), (10, 3)] {
        let (n1, n2) = (2 * l1 + 1, 2 * l2 + 1);
        let mut squares = vec![0.0; n1 * n2];
        let mut mixed = vec![0.0; n1 * n2];
        for l3 in l1.abs_diff(l2)..=l1 + l2 {
            let c = clebsch_gordan(l1, l2, l3).unwrap();
            for ([i, j, k], value) in c.iter() {
                squares[i * n2 + j] += value * value;
                let other = [n1 - 1 - i, n2 - 1 - j, k];
                mixed[i * n2 + j] += if [i, j] == other[..2] { 0.0 } else { value * c.get(other).to_f64() };
            }
        }
        assert_close("squares", &squares, &vec![1.0; n1 * n2], 0.0, 1e-14);
        assert_close("mixed", &mixed, &vec![0.0; n1 * n2], 0.0, 1e-14);
    }
}

#[test]
fn one_scalar_makes_the_identity() {
    for l in 0..=L_MAX {
        let three_j = wigner_3j(l, 0, l).unwrap();
        assert_eq!(three_j.entries().len(), 2 * l + 1);
        for entry in clebsch_gordan(l, 0, l).unwrap().entries() {
            assert_eq!((entry.index[0], entry.value.to_string().as_str()), (entry.index[2], "1"));
        }
    }
}

proptest! {
    #[test]
    fn selection_rules_hold(l1 in 0..=L_MAX, l2 in 0..=L_MAX, l3 in 0..=L_MAX) {
        let coupled = l1.abs_diff(l2) <= l3 && l3 <= l1 + l2;
        let three_j = match wigner_3j(l1, l2, l3) {
            Err(error) => {
                prop_assert_eq!(error, GroupError::Triangle { l1, l2, l3 });
                prop_assert!(!coupled);
                return Ok(());
            }
            Ok(three_j) => three_j,
        };
        prop_assert!(coupled && !three_j.entries().is_empty());
        let [n1, n2, n3] = [l1, l2, l3].map(|l| l as i32);
        let mut largest = 0.0_f64;
        for entry in three_j.entries() {
            let [m1, m2, m3] = [entry.index[0] as i32 - n1, entry.index[1] as i32 - n2, entry.index[2] as i32 - n3];
            let sum_or_difference = [(m1.abs() + m2.abs()), (m1.abs() - m2.abs()).abs()].contains(&m3.abs());
            // An even sum of degrees wants an even number of sines, an odd one an odd number.
            let n_sines = [m1, m2, m3].iter().filter(|m| **m < 0).count();
            prop_assert!(sum_or_difference && (n_sines + l1 + l2 + l3).is_multiple_of(2), "{entry:?}");
            prop_assert!(entry.value != Surd::ZERO);
            largest = largest.max(entry.value.to_f64().abs());
        }
        prop_assert!(largest <= 1.0 / ((2 * l1.max(l2).max(l3) + 1) as f64).sqrt() + 1e-15);
    }
}

/// Rotations at, and next to, the poles of the angles: the polar axis y goes to itself or to its opposite.
fn near_poles() -> Vec<[[f64; 3]; 3]> {
    let pi = std::f64::consts::PI;
    let tilts = [0.0, 1e-300, 1e-15, 1e-9, 1e-5, 1e-3];
    let angles = tilts.into_iter().flat_map(|tilt| [[0.7, tilt, -1.9], [0.7, pi - tilt, -1.9], [0.0, tilt, 0.0]]);
    let mut elements: Vec<[[f64; 3]; 3]> = angles.map(|angles| rotation_from_angles(angles).unwrap()).collect();
    for small in [1e-200, 1e-9, 1e-4] {
        elements.push(rotation_from_quaternion([1.0, small, -small, 0.0]).unwrap());
        elements.push(rotation_from_quaternion([small, 1.0, 0.0, small]).unwrap());
    }
    elements.extend((0..6).map(orthogonal));
    elements
}

#[test]
fn harmonics_turn_with_the_matrices_near_poles_too() {
    let plan = WignerPlan::new(L_MAX).unwrap();
    assert_eq!(plan.l_max(), L_MAX);
    let harmonics = SphericalHarmonics::new(L_MAX, Normalization::Norm).unwrap();
    let n = harmonics.n_harmonics();
    for element in near_poles() {
        let d = plan.matrices(&element).unwrap();
        for v in [[0.0, 1.0, 0.0], [1e-8, -1.0, 1e-8], [0.3, -0.5, 0.8]] {
            let (mut before, mut after) = (vec![0.0; n], vec![0.0; n]);
            harmonics.evaluate_into(v, &mut before).unwrap();
            harmonics.evaluate_into(schur_testkit::apply(&element, v), &mut after).unwrap();
            let irreps = schur_group::Irreps::spherical_harmonics(L_MAX);
            assert_close(&format!("{element:?}"), &d.apply(&irreps, &before).unwrap(), &after, 0.0, 1e-12);
        }
    }
}

#[test]
fn products_go_to_products_near_poles_too() {
    let plan = WignerPlan::new(L_MAX).unwrap();
    let (irrep, n) = (Irrep::harmonic(L_MAX), 2 * L_MAX + 1);
    let elements = near_poles();
    for (a, b) in elements.iter().zip(elements.iter().rev()) {
        let [da, db, dab] = [*a, *b, product(a, b)].map(|g| plan.matrices(&g).unwrap().to_matrix(irrep).unwrap());
        let multiplied: Vec<f64> =
            (0..n * n).map(|at| (0..n).map(|k| da[at / n * n + k] * db[k * n + at % n]).sum()).collect();
        assert_close("D(a) D(b)", &multiplied, &dab, 0.0, 1e-12);
    }
}

#[test]
fn the_middle_element_is_a_legendre_polynomial() {
    let plan = WignerPlan::new(L_MAX).unwrap();
    for beta in [0.0, 1e-7, 0.4, 1.5, 2.9, 3.1] {
        let d = plan.matrices(&rotation_from_angles([1.1, beta, 0.2]).unwrap()).unwrap();
        let x = beta.cos();
        let (mut before, mut last) = (1.0, x);
        for l in 2..=L_MAX {
            let k = l as f64;
            (before, last) = (last, ((2.0 * k - 1.0) * x * last - (k - 1.0) * before) / k);
            let matrix = d.to_matrix(Irrep::harmonic(l)).unwrap();
            assert_close(&format!("degree {l}"), &[matrix[(2 * l + 1) * l + l]], &[last], 0.0, 1e-13);
        }
    }
}

#[test]
fn a_plan_refuses_what_has_no_matrices() {
    assert!(matches!(WignerPlan::new(17), Err(GroupError::DegreeTooLarge { l: 17, max: 16, .. })));
    let plan = WignerPlan::new(0).unwrap();
    assert!(matches!(plan.matrices(&[[1.0; 3]; 3]), Err(GroupError::NotOrthogonal { .. })));
    let identity = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    assert_eq!(plan.matrices(&identity).unwrap().l_max(), 0);
}
