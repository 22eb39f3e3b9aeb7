//! Identities of the 3j symbols up to the largest degree.

use schur_group::{ExactTensor, GroupError, Irrep, WignerD, wigner_3j};
use schur_testkit::{assert_close, rotation};

/// All degrees up to `l_max` that couple.
fn coupled(l_max: usize) -> impl Iterator<Item = [usize; 3]> {
    (0..=l_max).flat_map(move |l1| {
        (0..=l_max).flat_map(move |l2| (l1.abs_diff(l2)..=(l1 + l2).min(l_max)).map(move |l3| [l1, l2, l3]))
    })
}

/// The overlap of the last axis with itself, which Schur's lemma makes a multiple of the identity.
fn check_orthogonality(three_j: &ExactTensor) {
    let [l1, l2, l3] = three_j.degrees();
    let n = 2 * l3 + 1;
    let mut overlap = vec![0.0; n * n];
    let dense = three_j.to_dense();
    for row in dense.chunks_exact(n) {
        for (i, a) in row.iter().enumerate() {
            row.iter().enumerate().for_each(|(j, b)| overlap[i * n + j] += a * b);
        }
    }
    let expected: Vec<f64> = (0..n * n).map(|at| if at % (n + 1) == 0 { 1.0 / n as f64 } else { 0.0 }).collect();
    // Each element is right to the last place, so only this sum rounds.
    assert_close(&format!("({l1}, {l2}, {l3})"), &overlap, &expected, 0.0, 1e-15);
}

#[test]
fn columns_are_orthogonal() {
    for [l1, l2, l3] in coupled(6) {
        check_orthogonality(&wigner_3j(l1, l2, l3).unwrap());
    }
    for [l1, l2, l3] in [[16, 16, 16], [16, 15, 1], [16, 16, 0], [12, 11, 9], [7, 12, 10], [8, 8, 16], [5, 12, 12]] {
        check_orthogonality(&wigner_3j(l1, l2, l3).unwrap());
    }
}

#[test]
fn every_triple_fits_the_arithmetic() {
    // Denominators grow with the degrees, so the largest degree stands for the ones below it beyond 10.
    let sorted = coupled(ExactTensor::MAX_DEGREE).filter(|l| l[0] <= l[1] && l[1] <= l[2]);
    for [l1, l2, l3] in sorted.filter(|l| l[2] <= 10 || l[2] == ExactTensor::MAX_DEGREE) {
        let three_j = wigner_3j(l1, l2, l3).unwrap();
        for entry in three_j.entries() {
            assert!(entry.value.numerator().unsigned_abs().max(entry.value.denominator()) < 1 << 53, "{entry:?}");
        }
        let square: f64 = three_j.iter().map(|(_, value)| value * value).sum();
        assert_close(&format!("({l1}, {l2}, {l3})"), &[square], &[1.0], 0.0, 1e-14);
    }
}

#[test]
fn exchanges_give_the_parity_of_the_sum() {
    for l @ [l1, l2, l3] in coupled(5) {
        let three_j = wigner_3j(l1, l2, l3).unwrap();
        let odd = (l1 + l2 + l3) % 2 == 1;
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            let (mut other, mut moved) = (l, three_j.entries().to_vec());
            other.swap(a, b);
            for entry in &mut moved {
                entry.index.swap(a, b);
                entry.value = if odd { entry.value.negated() } else { entry.value };
            }
            moved.sort_by_key(|entry| entry.index);
            // Exact numbers, so equal means equal.
            assert_eq!(wigner_3j(other[0], other[1], other[2]).unwrap().entries(), moved, "{l:?} {a} {b}");
        }
    }
}

#[test]
fn tensors_are_invariant_under_rotation() {
    let d = WignerD::from_matrix(5, &rotation(8)).unwrap();
    for [l1, l2, l3] in coupled(5) {
        let three_j = wigner_3j(l1, l2, l3).unwrap();
        let [d1, d2, d3] = [l1, l2, l3].map(|l| d.to_matrix(Irrep::harmonic(l)).unwrap());
        let [n1, n2, n3] = three_j.shape();
        let mut turned = vec![0.0; n1 * n2 * n3];
        for ([a, b, c], value) in three_j.iter() {
            for (i, j) in (0..n1).flat_map(|i| (0..n2).map(move |j| (i, j))) {
                let factor = value * d1[i * n1 + a] * d2[j * n2 + b];
                (0..n3).for_each(|k| turned[(i * n2 + j) * n3 + k] += factor * d3[k * n3 + c]);
            }
        }
        assert_close(&format!("({l1}, {l2}, {l3})"), &turned, &three_j.to_dense(), 0.0, 1e-14);
    }
}

#[test]
fn published_values_are_exact() {
    // Varshalovich et al., table 8.1, in the real basis: C(2 0 2 0 | 2 0) = -sqrt(2/7), divided by sqrt(5).
    let three_j = wigner_3j(2, 2, 2).unwrap();
    let middle = three_j.entries().iter().find(|entry| entry.index == [2, 2, 2]).unwrap();
    // The change of basis turns (-i)^(2 + 2 - 2) = -1.
    assert_eq!(middle.value.to_string(), "1/35 sqrt(70)");
    // C(1 0 1 0 | 2 0) = sqrt(2/3), divided by sqrt(5), with i^0.
    let three_j = wigner_3j(1, 1, 2).unwrap();
    let middle = three_j.entries().iter().find(|entry| entry.index == [1, 1, 2]).unwrap();
    assert_eq!(middle.value.to_string(), "1/15 sqrt(30)");
}

#[test]
fn degrees_that_do_not_couple_are_errors() {
    for (l1, l2, l3) in [(1, 1, 3), (0, 1, 2), (5, 2, 2)] {
        assert_eq!(wigner_3j(l1, l2, l3).unwrap_err(), GroupError::Triangle { l1, l2, l3 });
    }
    let message = wigner_3j(1, 2, 4).unwrap_err().to_string();
    assert_eq!(message, "degrees 1, 2, 4 do not couple: the third must lie in 1..=3");
    for l in [17, usize::MAX] {
        let error = wigner_3j(l, l, 0).unwrap_err();
        assert_eq!(error, GroupError::DegreeTooLarge { what: "Wigner 3j symbols", l, max: 16 });
    }
}
