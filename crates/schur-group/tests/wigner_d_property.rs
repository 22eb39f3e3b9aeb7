//! Wigner matrices are a representation of O(3).

use proptest::prelude::*;
use schur_group::{GroupError, Irrep, Irreps, Parity, WignerD, rotation_from_angles};
use schur_testkit::{assert_close, orthogonal, product, transpose};

const L_MAX: usize = 6;

fn multiply(n: usize, a: &[f64], b: &[f64]) -> Vec<f64> {
    (0..n * n).map(|at| (0..n).map(|k| a[at / n * n + k] * b[k * n + at % n]).sum()).collect()
}

fn irreps(l_max: usize) -> impl Iterator<Item = Irrep> {
    (0..=l_max).flat_map(|l| [Irrep::new(l, Parity::Even), Irrep::new(l, Parity::Odd)])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn products_go_to_products(a in 0_u64..1000, b in 0_u64..1000) {
        let (a, b) = (orthogonal(a), orthogonal(b));
        let [da, db, dab] = [a, b, product(&a, &b)].map(|g| WignerD::from_matrix(L_MAX, &g).unwrap());
        for irrep in irreps(L_MAX) {
            let [ma, mb, mab] = [&da, &db, &dab].map(|d| d.to_matrix(irrep).unwrap());
            assert_close(&irrep.to_string(), &multiply(irrep.dim(), &ma, &mb), &mab, 0.0, 1e-13);
        }
    }

    #[test]
    fn inverses_are_transposes(seed in 0_u64..1000) {
        let g = orthogonal(seed);
        let (d, inverse) = (WignerD::from_matrix(L_MAX, &g).unwrap(), WignerD::from_matrix(L_MAX, &transpose(&g)).unwrap());
        for irrep in irreps(L_MAX) {
            let (n, m, back) = (irrep.dim(), d.to_matrix(irrep).unwrap(), inverse.to_matrix(irrep).unwrap());
            let transposed: Vec<f64> = (0..n * n).map(|at| m[at % n * n + at / n]).collect();
            assert_close(&irrep.to_string(), &back, &transposed, 0.0, 1e-13);
        }
    }

    #[test]
    fn angles_compose_as_documented(alpha in -7.0..7.0, beta in -7.0..7.0, gamma in -7.0..7.0) {
        let turn = |angles| rotation_from_angles(angles).unwrap();
        let (first, second, third) = (turn([gamma, 0.0, 0.0]), turn([0.0, beta, 0.0]), turn([alpha, 0.0, 0.0]));
        let expected = product(&third, &product(&second, &first));
        assert_close("angles", turn([alpha, beta, gamma]).as_flattened(), expected.as_flattened(), 0.0, 1e-15);
    }
}

#[test]
fn largest_degree_is_still_orthogonal() {
    let d = WignerD::from_matrix(WignerD::MAX_DEGREE, &orthogonal(3)).unwrap();
    let irrep = Irrep::harmonic(WignerD::MAX_DEGREE);
    let (n, m) = (irrep.dim(), d.to_matrix(irrep).unwrap());
    let transposed: Vec<f64> = (0..n * n).map(|at| m[at % n * n + at / n]).collect();
    let identity: Vec<f64> = (0..n * n).map(|at| if at % (n + 1) == 0 { 1.0 } else { 0.0 }).collect();
    assert_close("D D^T", &multiply(n, &m, &transposed), &identity, 0.0, 1e-13);
}

#[test]
fn inversion_is_the_parity() {
    let inversion = [[-1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]];
    let d = WignerD::from_matrix(3, &inversion).unwrap();
    assert!(d.is_improper());
    let irreps: Irreps = "2x0e+1x0o+1x1o+1x2e".parse().unwrap();
    let x: Vec<f64> = (1..=irreps.dim()).map(|k| k as f64).collect();
    let expected = [1.0, 2.0, -3.0, -4.0, -5.0, -6.0, 7.0, 8.0, 9.0, 10.0, 11.0];
    assert_close("inverted", &d.apply(&irreps, &x).unwrap(), &expected, 0.0, 1e-14);
}

#[test]
fn blocks_keep_the_order_of_multiplicity_and_component() {
    // A quarter turn about y takes z to x and x to -z.
    let d = WignerD::from_angles(1, [std::f64::consts::FRAC_PI_2, 0.0, 0.0]).unwrap();
    let irreps: Irreps = "1x0e+2x1o".parse().unwrap();
    let turned = d.apply(&irreps, &[9.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
    assert_close("turned", &turned, &[9.0, 3.0, 2.0, -1.0, 6.0, 5.0, -4.0], 0.0, 1e-14);
}

#[test]
fn bad_elements_are_errors() {
    let stretched = [[1.0, 0.0, 0.0], [0.0, 1.1, 0.0], [0.0, 0.0, 1.0]];
    assert!(
        matches!(WignerD::from_matrix(2, &stretched), Err(GroupError::NotOrthogonal { defect, .. }) if defect > 0.2)
    );
    assert!(matches!(WignerD::from_matrix(2, &[[f64::NAN; 3]; 3]), Err(GroupError::NotOrthogonal { .. })));
    for quaternion in [[0.0; 4], [f64::NAN, 0.0, 0.0, 0.0], [f64::INFINITY, 0.0, 0.0, 1.0]] {
        assert!(
            matches!(WignerD::from_quaternion(2, quaternion), Err(GroupError::BadQuaternion { .. })),
            "{quaternion:?}"
        );
    }
    assert!(WignerD::from_quaternion(2, [1e-300, 0.0, 0.0, 1e-300]).is_ok());
    assert!(matches!(WignerD::from_angles(2, [0.0, f64::INFINITY, 0.0]), Err(GroupError::BadAngles { .. })));
    assert!(matches!(WignerD::from_angles(17, [0.0; 3]), Err(GroupError::DegreeTooLarge { l: 17, max: 16, .. })));
}

#[test]
fn features_must_fit_the_representation() {
    let d = WignerD::from_angles(1, [0.1, 0.2, 0.3]).unwrap();
    let irreps: Irreps = "1x2e".parse().unwrap();
    assert_eq!(
        d.apply(&irreps, &[0.0; 4]).unwrap_err(),
        GroupError::Length { what: "features", expected: 5, found: 4 }
    );
    let error = d.apply(&irreps, &[0.0; 5]).unwrap_err();
    assert_eq!(error.to_string(), "irrep 2e asked for, but the matrices were made up to degree 1");
}
