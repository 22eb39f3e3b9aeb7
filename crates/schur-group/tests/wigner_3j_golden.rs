//! 3j symbols against e3nn 0.6.0 and against the tables of e3nn 0.4.4; the generators stand beside the fixtures.
#![allow(clippy::unwrap_used, reason = "a failed call is a failed test")]

use schur_group::{Phase, wigner_3j, wigner_3j_with_phase};
use schur_testkit::assert_close;
use serde::Deserialize;

#[derive(Deserialize)]
struct Fixture {
    wigner_3j: Vec<Tensor>,
}

#[derive(Deserialize)]
struct Tensor {
    l: [usize; 3],
    entries: Vec<(usize, usize, usize, f64)>,
}

#[derive(Deserialize)]
struct OldSigns {
    negated: Vec<[usize; 3]>,
    equal: Vec<[usize; 3]>,
}

#[test]
fn elements_equal_e3nn() {
    let fixture: Fixture = serde_json::from_str(include_str!("fixtures/e3nn.json")).unwrap();
    assert!(fixture.wigner_3j.len() > 34, "all triples up to degree 3 and some more");
    for Tensor { l, entries } in fixture.wigner_3j {
        let three_j = wigner_3j(l[0], l[1], l[2]).unwrap();
        let indices: Vec<[usize; 3]> = three_j.iter().map(|(index, _)| index).collect();
        assert_eq!(indices, entries.iter().map(|&(i, j, k, _)| [i, j, k]).collect::<Vec<_>>(), "{l:?}");
        let values: Vec<f64> = three_j.iter().map(|(_, value)| value).collect();
        let expected: Vec<f64> = entries.iter().map(|entry| entry.3).collect();
        // e3nn rounds each product of the change of basis; elements are below 1.
        assert_close(&format!("{l:?}"), &values, &expected, 0.0, 2e-15);
    }
}

#[test]
fn old_tables_differ_by_the_known_signs() {
    let signs: OldSigns = serde_json::from_str(include_str!("fixtures/e3nn_0_4_signs.json")).unwrap();
    assert_eq!((signs.negated.len(), signs.equal.len()), (44, 159));
    let tagged = signs.negated.iter().map(|l| (l, -1.0)).chain(signs.equal.iter().map(|l| (l, 1.0)));
    for (&[l1, l2, l3], sign) in tagged {
        let orders = [(l1, l2, l3), (l1, l3, l2), (l2, l1, l3), (l2, l3, l1), (l3, l1, l2), (l3, l2, l1)];
        // Larger triples are checked in one order, which is enough for the sign and keeps the test short.
        let n_orders = if l3 <= 6 { 6 } else { 1 };
        for &(a, b, c) in &orders[..n_orders] {
            let new: Vec<f64> = wigner_3j(a, b, c).unwrap().iter().map(|(_, value)| sign * value).collect();
            let old = wigner_3j_with_phase(a, b, c, Phase::E3nn04).unwrap();
            assert_eq!(old.iter().map(|(_, value)| value).collect::<Vec<_>>(), new, "({a}, {b}, {c})");
        }
    }
}
