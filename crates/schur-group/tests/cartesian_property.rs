//! Tensors of physics to irreps and back, and the bases that other libraries write irreps in.
#![allow(clippy::unwrap_used, reason = "a failed call is a failed test")]

use proptest::prelude::*;
use schur_group::{
    GroupError, HarmonicBasis, Irreps, Normalization, ReducedTensorBasis, SphericalHarmonics, Voigt, WignerD,
};
use schur_testkit::{Random, apply, assert_close, product, rotation, transpose};

const HABITS: [Voigt; 3] = [Voigt::Stress, Voigt::Strain, Voigt::Mandel];

fn six() -> impl Strategy<Value = [f64; 6]> {
    prop::array::uniform6(-10.0..10.0)
}

fn symmetric(rows: [[f64; 6]; 6]) -> [[f64; 6]; 6] {
    let mut matrix = rows;
    (0..6).for_each(|i| (0..6).for_each(|j| matrix[i][j] = 0.5 * (rows[i][j] + rows[j][i])));
    matrix
}

proptest! {
    #[test]
    fn matrices_come_back(components in six()) {
        let basis = ReducedTensorBasis::symmetric_matrices().unwrap();
        for habit in HABITS {
            let matrix = habit.unpack_matrix(components);
            assert_close("six", &habit.pack_matrix(&matrix), &components, 1e-15, 0.0);
            let features = basis.to_irreps(matrix.as_flattened()).unwrap();
            assert_close("matrix", &basis.to_tensor(&features).unwrap(), matrix.as_flattened(), 0.0, 1e-13);
        }
    }

    #[test]
    fn elastic_constants_come_back(rows in prop::array::uniform6(six())) {
        let matrix = symmetric(rows);
        let basis = ReducedTensorBasis::elasticity().unwrap();
        for habit in HABITS {
            let tensor = habit.unpack_tensor(&matrix);
            prop_assert!(basis.defect(&tensor).unwrap() < 1e-14);
            let features = basis.to_irreps(&tensor).unwrap();
            let back = habit.pack_tensor(&basis.to_tensor(&features).unwrap()).unwrap();
            // Numbers up to ten with 21 terms each.
            assert_close("6 x 6", back.as_flattened(), matrix.as_flattened(), 1e-14, 1e-13);
        }
    }

    #[test]
    fn strain_to_stress_is_one_law(rows in prop::array::uniform6(six()), strain in six()) {
        // sigma = C epsilon, as six numbers and as tensors.
        let (stiffness, epsilon) = (Voigt::Stress.unpack_tensor(&rows), Voigt::Strain.unpack_matrix(strain));
        let short = rows.map(|row| row.iter().zip(&strain).map(|(c, e)| c * e).sum::<f64>());
        let long: Vec<f64> = stiffness
            .chunks(9)
            .map(|block| block.iter().zip(epsilon.as_flattened()).map(|(c, e)| c * e).sum())
            .collect();
        assert_close("stress", Voigt::Stress.unpack_matrix(short).as_flattened(), &long, 1e-13, 1e-12);
        // Mandel's six numbers have the norm of the matrix.
        let norm = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>();
        let mandel = Voigt::Mandel.pack_matrix(&epsilon);
        assert_close("norm", &[norm(&mandel)], &[norm(epsilon.as_flattened())], 1e-14, 0.0);
    }
}

#[test]
fn features_of_a_matrix_turn_with_it() {
    let mut random = Random::new(2);
    let basis = ReducedTensorBasis::matrices().unwrap();
    assert_eq!(basis.irreps().to_string(), "1x0e+1x1e+1x2e");
    let matrix = [random.vector(), random.vector(), random.vector()];
    let r = rotation(4);
    let d = WignerD::from_matrix(2, &r).unwrap();
    let turned = product(&r, &product(&matrix, &transpose(&r)));
    let expected = d.apply(basis.irreps(), &basis.to_irreps(matrix.as_flattened()).unwrap()).unwrap();
    assert_close("turned", &basis.to_irreps(turned.as_flattened()).unwrap(), &expected, 0.0, 1e-14);
    // Degree 2 of v v^T is proportional to the harmonics of v, degree 1 of an antisymmetric matrix to its axis.
    let v = random.vector();
    let square = v.map(|x| v.map(|y| x * y));
    let harmonics = SphericalHarmonics::new(2, Normalization::Norm).unwrap();
    let mut y = [0.0; 9];
    harmonics.evaluate_into(v, &mut y).unwrap();
    let length = v.iter().map(|x| x * x).sum::<f64>();
    let degree_2: Vec<f64> = y[4..].iter().map(|y| (2.0_f64 / 3.0).sqrt() * length * y).collect();
    assert_close("v v^T", &basis.to_irreps(square.as_flattened()).unwrap()[4..], &degree_2, 0.0, 1e-14);
    let cross = [[0.0, -v[2], v[1]], [v[2], 0.0, -v[0]], [-v[1], v[0], 0.0]];
    let axis = &basis.to_irreps(cross.as_flattened()).unwrap()[1..4];
    let ratio = axis[0] / v[0];
    assert_close("axis", axis, &v.map(|x| ratio * x), 0.0, 1e-14);
    assert_close("length", &[ratio.abs()], &[2.0_f64.sqrt()], 1e-14, 0.0);
}

#[test]
fn named_bases_have_the_published_sizes() {
    assert_eq!(ReducedTensorBasis::piezoelectricity().unwrap().irreps().to_string(), "2x1o+1x2o+1x3o");
    assert_eq!(ReducedTensorBasis::elasticity().unwrap().irreps().dim(), 21);
    assert_eq!(
        Voigt::Stress.pack_tensor(&[0.0; 9]).unwrap_err(),
        GroupError::Length { what: "tensor of rank 4", expected: 81, found: 9 }
    );
}

fn harmonics_of(v: [f64; 3], l: usize) -> Vec<f64> {
    let mut y = vec![0.0; (l + 1) * (l + 1)];
    SphericalHarmonics::new(l, Normalization::Component).unwrap().evaluate_into(v, &mut y).unwrap();
    y.split_off(l * l)
}

fn multiply(matrix: &[f64], vector: &[f64]) -> Vec<f64> {
    matrix.chunks(vector.len()).map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum()).collect()
}

#[test]
fn harmonics_about_z_are_those_of_the_tables() {
    let r @ [x, y, z] = apply(&rotation(3), [0.0, 0.0, 1.0]);
    let to_tables = |l| HarmonicBasis::PolarZ.change_from(HarmonicBasis::PolarY, l).unwrap();
    // The table of real harmonics on Wikipedia, degrees 1 to 3, times sqrt(4 pi).
    let (s3, s15, s5) = (3.0_f64.sqrt(), 15.0_f64.sqrt(), 5.0_f64.sqrt());
    let (s7, s105) = (7.0_f64.sqrt(), 105.0_f64.sqrt());
    let (a, b) = ((35.0_f64 / 8.0).sqrt(), (21.0_f64 / 8.0).sqrt());
    let tables: [Vec<f64>; 3] = [
        vec![s3 * y, s3 * z, s3 * x],
        vec![s15 * x * y, s15 * y * z, 0.5 * s5 * (3.0 * z * z - 1.0), s15 * x * z, 0.5 * s15 * (x * x - y * y)],
        vec![
            a * y * (3.0 * x * x - y * y),
            s105 * x * y * z,
            b * y * (5.0 * z * z - 1.0),
            0.5 * s7 * (5.0 * z * z * z - 3.0 * z),
            b * x * (5.0 * z * z - 1.0),
            0.5 * s105 * z * (x * x - y * y),
            a * x * (x * x - 3.0 * y * y),
        ],
    ];
    for (l, table) in (1..).zip(&tables) {
        assert_close(&format!("degree {l}"), &multiply(&to_tables(l), &harmonics_of(r, l)), table, 0.0, 1e-14);
    }
    for l in 0..=12 {
        let expected = harmonics_of([y, z, x], l);
        assert_close(&format!("degree {l}"), &multiply(&to_tables(l), &harmonics_of(r, l)), &expected, 0.0, 1e-12);
    }
}

#[test]
fn signs_and_orders_are_as_named() {
    let degree_1 =
        |basis: HarmonicBasis| multiply(&basis.change_from(HarmonicBasis::PolarY, 1).unwrap(), &[1.0, 2.0, 3.0]);
    assert_eq!(degree_1(HarmonicBasis::PolarY), [1.0, 2.0, 3.0]);
    assert_eq!(degree_1(HarmonicBasis::PolarZ), [2.0, 3.0, 1.0]);
    assert_eq!(degree_1(HarmonicBasis::PolarZCondonShortley), [-2.0, 3.0, -1.0]);
    assert_eq!(degree_1(HarmonicBasis::PolarZVectorsXyz), [1.0, 2.0, 3.0]);
    let all = [
        HarmonicBasis::PolarY,
        HarmonicBasis::PolarZ,
        HarmonicBasis::PolarZCondonShortley,
        HarmonicBasis::PolarZVectorsXyz,
    ];
    let mut random = Random::new(6);
    for (from, to) in all.iter().flat_map(|from| all.iter().map(move |to| (*from, *to))) {
        for l in 0..=6 {
            let x: Vec<f64> = (0..2 * l + 1).map(|_| random.vector()[0]).collect();
            let there = multiply(&to.change_from(from, l).unwrap(), &x);
            assert_close("back", &multiply(&from.change_from(to, l).unwrap(), &there), &x, 0.0, 1e-13);
        }
    }
    assert!(matches!(
        HarmonicBasis::PolarZ.change_from(HarmonicBasis::PolarY, 17),
        Err(GroupError::DegreeTooLarge { .. })
    ));
    assert_eq!(Irreps::vectors(2).to_string(), "2x1o");
}
