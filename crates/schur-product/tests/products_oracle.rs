//! Named products against 3j symbols, against e3nn, and against each other.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_group::{Irreps, Normalization, SphericalHarmonics, wigner_3j};
use schur_product::ProductError;
use schur_product::products::{
    CgForm, CgOptions, GauntOptions, IrrepNormalization, MatrixOptions, PathNormalization, PathSums, Product,
    SphereGrid, Symmetry, VectorSignalOptions, clebsch_gordan, clebsch_gordan_paths, gaunt_coefficients, gaunt_fourier,
    gaunt_grid, gaunt_power, matrix_product, vector_signal,
};
use schur_testkit::{Random, assert_close};
use serde_json::Value;

fn irreps(text: &str) -> Irreps {
    text.parse().unwrap()
}

fn so3(l_max: usize) -> Irreps {
    let even = schur_group::Parity::Even;
    Irreps::new((0..=l_max).map(|l| (1, schur_group::Irrep::new(l, even))))
}

fn rows(value: &Value) -> Vec<Vec<f64>> {
    let numbers = |row: &Value| row.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    value.as_array().unwrap().iter().map(numbers).collect()
}

fn assert_fixture(product: &Product, case: &Value, weights: &[f64]) {
    assert_eq!(product.output().to_string(), case["irreps"][2].as_str().unwrap());
    let arguments = rows(&case["x"]).into_iter().zip(rows(&case["y"]));
    for ((x, y), z) in arguments.zip(rows(&case["z"])) {
        // e3nn's own coefficients carry rounding of about 1e-15 each.
        assert_close(product.name(), &product.evaluate(&x, &y, weights).unwrap(), &z, 1e-13, 1e-13);
    }
}

fn fixture_irreps(case: &Value) -> [Irreps; 3] {
    [0, 1, 2].map(|operand: usize| irreps(case["irreps"][operand].as_str().unwrap()))
}

#[test]
fn clebsch_gordan_is_that_of_e3nn() {
    let fixture: Value = serde_json::from_str(include_str!("fixtures/e3nn_products.json")).unwrap();
    for case in fixture["full"].as_array().unwrap() {
        let [left, right, _] = fixture_irreps(case);
        let irrep_normalization = match case["irrep_normalization"].as_str().unwrap() {
            "norm" => IrrepNormalization::Norm,
            _ => IrrepNormalization::Component,
        };
        for form in [CgForm::Shared, CgForm::Sparse, CgForm::Dense] {
            let options = CgOptions { form, irrep_normalization, ..CgOptions::default() };
            assert_fixture(&clebsch_gordan(&left, &right, &options).unwrap(), case, &[]);
        }
    }
    for case in fixture["fully_connected"].as_array().unwrap() {
        let [left, right, output] = fixture_irreps(case);
        let path_normalization = match case["path_normalization"].as_str().unwrap() {
            "path" => PathNormalization::Path,
            _ => PathNormalization::Element,
        };
        let weights: Vec<f64> = case["weights"].as_array().unwrap().iter().map(|w| w.as_f64().unwrap()).collect();
        let options = CgOptions {
            output: Some(output),
            sums: PathSums::Summed,
            weights: true,
            path_normalization,
            ..CgOptions::default()
        };
        assert_fixture(&clebsch_gordan(&left, &right, &options).unwrap(), case, &weights);
    }
}

#[test]
fn all_forms_hold_the_three_j_symbols() {
    let (left, right) = (irreps("0e+1o+2e"), irreps("1o+2o"));
    for form in [CgForm::Shared, CgForm::Sparse, CgForm::Dense] {
        let raw = CgOptions { form, irrep_normalization: IrrepNormalization::Raw, ..CgOptions::default() };
        let product = clebsch_gordan(&left, &right, &raw).unwrap();
        let coefficients = product.map().expand().to_dense().unwrap();
        let paths = clebsch_gordan_paths(&left, &right, &raw).unwrap();
        assert_eq!(paths.len(), product.output().n_irreps());
        let mut order: Vec<usize> = (0..paths.len()).collect();
        order.sort_by_key(|&n| paths[n].irreps[2]);
        let (mut first3, width) = (0, product.output().dim());
        for path in order.into_iter().map(|n| paths[n]) {
            let [l1, l2, l3] = path.irreps.map(|irrep| irrep.l);
            let expected = wigner_3j(l1, l2, l3).unwrap().to_dense();
            for (n, expected) in expected.iter().enumerate() {
                let (m1, m2, m3) =
                    (n / path.irreps[2].dim() / (2 * l2 + 1), n / (2 * l3 + 1) % (2 * l2 + 1), n % (2 * l3 + 1));
                let place = ((path.first[0] + m1) * right.dim() + path.first[1] + m2) * width + first3 + m3;
                assert!((coefficients[place] - expected).abs() < 1e-15, "{path:?} {m1} {m2} {m3}");
            }
            first3 += 2 * l3 + 1;
        }
    }
}

/// The dense form has an entry for each triple of components of each path, and those of no coupling are zero.
#[test]
fn zeros_of_the_dense_form_are_exact() {
    let (left, right) = (irreps("0e+1o+2e"), irreps("1o+2e"));
    let product = |form| clebsch_gordan(&left, &right, &CgOptions { form, ..CgOptions::default() }).unwrap();
    let (dense, sparse) = (product(CgForm::Dense), product(CgForm::Sparse));
    let paths = clebsch_gordan_paths(&left, &right, &CgOptions::default()).unwrap();
    let triples: usize = paths.iter().map(|path| path.irreps.iter().map(|irrep| irrep.dim()).product::<usize>()).sum();
    let entries = dense.map().result()[0].entries();
    assert_eq!(entries.len(), triples);
    let smallest = entries.iter().map(|entry| entry.value.abs()).filter(|value| *value > 0.0).fold(1.0, f64::min);
    assert!(smallest > 0.01, "{smallest}");
    assert_eq!(dense.map().expand(), *sparse.map().bilinear());
    assert_eq!(dense.circuit().flops(), left.dim() * right.dim() + 2 * triples - dense.output().dim());
}

#[test]
fn masks_leave_paths_out_and_must_fit() {
    let vectors = irreps("0e+1o");
    let full = clebsch_gordan_paths(&vectors, &vectors, &CgOptions::default()).unwrap();
    let mask: Vec<bool> = full.iter().map(|path| path.irreps[2].l != 1).collect();
    let some = CgOptions { mask: Some(mask), ..CgOptions::default() };
    assert_eq!(clebsch_gordan(&vectors, &vectors, &some).unwrap().output().to_string(), "1x0e+1x0e+1x2e");
    let short = CgOptions { mask: Some(vec![true]), ..CgOptions::default() };
    let error = clebsch_gordan(&vectors, &vectors, &short).unwrap_err();
    assert_eq!(error.to_string(), "cg: mask length is 1, but it must be 6, the number of paths");
    let impossible = CgOptions { output: Some(irreps("0e+3e")), ..CgOptions::default() };
    let error = clebsch_gordan(&vectors, &vectors, &impossible).unwrap_err();
    assert!(matches!(error, ProductError::NoPath { irrep, .. } if irrep.l == 3), "{error}");
}

#[test]
fn the_three_gaunt_products_agree() {
    let mut random = Random::new(3);
    for (left, right, output) in [
        ("0e+1o+2e+3o+4e", "0e+1o+2e+3o+4e", None),
        ("0e+1o+2e+3o+4e+5o+6e", "0e+1o+2e", Some("0e+1o+3o")),
        ("1e+2o", "1o+3o", None),
        ("2e", "2e", Some("2e")),
        ("2x1o+0e", "1o", Some("0e+2x2e")),
    ] {
        let options = GauntOptions { output: output.map(irreps), weights: true, symmetry: Symmetry::O3 };
        let (left, right) = (irreps(left), irreps(right));
        let exact = gaunt_coefficients(&left, &right, &options).unwrap();
        let weights = random.normals(exact.weights());
        let (x, y) = (random.normals(left.dim()), random.normals(right.dim()));
        let expected = exact.evaluate(&x, &y, &weights).unwrap();
        assert!(expected.iter().all(|z| *z != 0.0));
        for make in [gaunt_grid, gaunt_fourier] {
            let product = make(&left, &right, &options).unwrap();
            assert_close(product.name(), &product.evaluate(&x, &y, &weights).unwrap(), &expected, 1e-12, 1e-11);
        }
    }
}

#[test]
fn gaunt_multiplies_values_at_points() {
    let (left, right) = (so3(3), so3(2));
    let options = GauntOptions { symmetry: Symmetry::So3, ..GauntOptions::default() };
    let product = gaunt_grid(&left, &right, &options).unwrap();
    let harmonics = SphericalHarmonics::new(5, Normalization::Component).unwrap();
    let mut random = Random::new(5);
    let (x, y) = (random.normals(16), random.normals(9));
    let z = product.evaluate(&x, &y, &[]).unwrap();
    for _ in 0..5 {
        let mut values = vec![0.0; 36];
        harmonics.evaluate_into(random.vector(), &mut values).unwrap();
        let at = |coefficients: &[f64]| coefficients.iter().zip(&values).map(|(a, b)| a * b).sum::<f64>();
        assert_close("value", &[at(&z)], &[at(&x) * at(&y)], 1e-12, 1e-11);
    }
}

#[test]
fn signals_need_one_parity_and_results_a_path() {
    let mixed = gaunt_grid(&irreps("0e+1e"), &irreps("1o"), &GauntOptions::default()).unwrap_err();
    assert!(mixed.to_string().starts_with("gaunt: `1x0e+1x1e` is no signal"), "{mixed}");
    let curl = GauntOptions { output: Some(irreps("1e")), ..GauntOptions::default() };
    for make in [gaunt_grid, gaunt_fourier, gaunt_coefficients] {
        let error = make(&irreps("1o"), &irreps("1o"), &curl).unwrap_err();
        assert!(matches!(error, ProductError::NoPath { .. }), "{error}");
    }
}

#[test]
fn grids_go_forth_and_back() {
    for l_max in [0, 1, 4, 9] {
        let (irreps, grid) = (so3(l_max), SphereGrid::exact(2 * l_max));
        let mut random = Random::new(1);
        let x = random.normals(irreps.dim());
        let chain = grid.synthesis(&irreps).unwrap();
        let values = chain.iter().fold(x.clone(), |v, matrix| matrix.apply(&v));
        let harmonics = SphericalHarmonics::new(l_max, Normalization::Component).unwrap();
        for (point, value) in grid.points().iter().zip(&values) {
            let mut y = vec![0.0; irreps.dim()];
            harmonics.evaluate_into(point.direction, &mut y).unwrap();
            let expected: f64 = x.iter().zip(&y).map(|(a, b)| a * b).sum();
            assert_close("value at a point", &[*value], &[expected], 1e-12, 1e-11);
        }
        let back = grid.analysis(&irreps).unwrap().iter().fold(values, |v, matrix| matrix.apply(&v));
        assert_close("round trip", &back, &x, 1e-12, 1e-12);
    }
}

#[test]
fn gaunt_products_agree_at_degree_twelve() {
    let signals = so3(12);
    let options = GauntOptions { output: Some(so3(12)), symmetry: Symmetry::So3, weights: false };
    let mut random = Random::new(12);
    let (x, y) = (random.normals(signals.dim()), random.normals(signals.dim()));
    let exact = gaunt_coefficients(&signals, &signals, &options).unwrap().evaluate(&x, &y, &[]).unwrap();
    for make in [gaunt_grid, gaunt_fourier] {
        let product = make(&signals, &signals, &options).unwrap();
        assert_close(product.name(), &product.evaluate(&x, &y, &[]).unwrap(), &exact, 1e-10, 1e-10);
    }
}

#[test]
fn powers_are_repeated_products() {
    let (signal, output) = (irreps("0e+1o+2e"), irreps("0e+1o+2e+3o"));
    let x = Random::new(6).normals(9);
    let square = gaunt_coefficients(&signal, &signal, &GauntOptions::default()).unwrap();
    let last = GauntOptions { output: Some(output.clone()), ..GauntOptions::default() };
    let cube = gaunt_coefficients(square.output(), &signal, &last).unwrap();
    let expected = cube.evaluate(&square.evaluate(&x, &x, &[]).unwrap(), &x, &[]).unwrap();
    let power = gaunt_power(&signal, 3, &output, Symmetry::O3).unwrap();
    assert_close("cube", &power.evaluate(&[&x]).unwrap(), &expected, 1e-12, 1e-11);
    assert!(matches!(gaunt_power(&signal, 0, &output, Symmetry::O3), Err(ProductError::Option { .. })));
    assert!(matches!(gaunt_power(&signal, 2, &irreps("1e"), Symmetry::O3), Err(ProductError::NoPath { .. })));
}

#[test]
fn degrees_out_of_reach_are_refused_before_any_work() {
    let (far, near) = (irreps("9223372036854775806e"), irreps("0e"));
    let refused = |product: Result<Product, ProductError>| {
        assert!(matches!(product, Err(ProductError::Group(_))), "{product:?}");
    };
    for (left, right) in [(&far, &near), (&near, &far)] {
        refused(clebsch_gordan(left, right, &CgOptions::default()));
        refused(gaunt_grid(left, right, &GauntOptions::default()));
        refused(gaunt_fourier(left, right, &GauntOptions::default()));
        refused(gaunt_coefficients(left, right, &GauntOptions::default()));
        refused(vector_signal(left, right, &VectorSignalOptions::default()));
        refused(matrix_product(left, right, &MatrixOptions::default()));
    }
    assert!(gaunt_power(&far, 2, &near, Symmetry::So3).is_err());
}
