//! Wigner matrices against e3nn 0.6.0; the generator stands beside the fixture.
#![allow(clippy::unwrap_used, reason = "a failed call is a failed test")]

use schur_group::{Irrep, Parity, WignerD};
use schur_testkit::assert_close;
use serde::Deserialize;

/// e3nn takes matrix exponentials, which cost it a few digits.
const ATOL: f64 = 2e-14;

#[derive(Deserialize)]
struct Fixture {
    rotations: Vec<Rotation>,
}

#[derive(Deserialize)]
struct Rotation {
    angles: [f64; 3],
    quaternion: [f64; 4],
    matrix: [[f64; 3]; 3],
    d: Vec<Vec<f64>>,
}

#[test]
fn matrices_equal_e3nn_from_all_three_descriptions() {
    let fixture: Fixture = serde_json::from_str(include_str!("fixtures/e3nn.json")).unwrap();
    assert_eq!(fixture.rotations.len(), 5);
    for Rotation { angles, quaternion, matrix, d } in fixture.rotations {
        let descriptions = [
            ("angles", WignerD::from_angles(4, angles).unwrap()),
            ("quaternion", WignerD::from_quaternion(4, quaternion).unwrap()),
            ("matrix", WignerD::from_matrix(4, &matrix).unwrap()),
        ];
        for (name, actual) in descriptions {
            for (l, expected) in d.iter().enumerate() {
                for parity in [Parity::Even, Parity::Odd] {
                    let matrix = actual.to_matrix(Irrep::new(l, parity)).unwrap();
                    assert_close(&format!("{name} {angles:?}, degree {l}"), &matrix, expected, 0.0, ATOL);
                }
            }
        }
    }
}
