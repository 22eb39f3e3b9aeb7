//! Products of matrices, Cartesian tensors, vector signals and CP forms against their definitions.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use schur_group::{Irrep, Irreps, Parity};
use schur_product::ProductError;
use schur_product::products::{
    CartesianOptions, CgForm, CgOptions, CpOptions, GauntOptions, MatrixOptions, Mode, PRODUCT_NAMES, PathSums,
    Product, Symmetry, Task, VectorKind, VectorSignalOptions, all_products, cartesian, clebsch_gordan, cp, cp_by_pairs,
    cp_by_quadrature, equivariance_defect, gaunt_grid, interactability, matrix_product, named_product, vector_signal,
};
use schur_testkit::{Random, assert_close};

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(7)
}

fn irreps(text: &str) -> Irreps {
    text.parse().unwrap()
}

fn even(l_max: usize) -> Irreps {
    Irreps::new((0..=l_max).map(|l| (1, Irrep::new(l, Parity::Even))))
}

fn assert_equivariant(product: &Product) {
    let defect = equivariance_defect(product, 6, &mut rng()).unwrap();
    assert!(defect.largest_result > 0.0, "{}: nothing comes out", product.name());
    assert!(defect.relative < 1e-10, "{}: {defect:?}", product.name());
}

/// The matrix of a scalar, a vector and a traceless symmetric tensor, written out.
fn tensor(x: &[f64]) -> [[f64; 3]; 3] {
    let (s, r2, r6) = (x[0] / 3.0_f64.sqrt(), 0.5_f64.sqrt(), (1.0 / 6.0_f64).sqrt());
    let [vx, vy, vz] = [x[1] * r2, x[2] * r2, x[3] * r2];
    let [xz, xy, yz] = [x[4] * r2, x[5] * r2, x[7] * r2];
    let (along, across) = (x[6] * r6, x[8] * r2);
    [
        [s - along - across, xy + vz, xz - vy],
        [xy - vz, s + 2.0 * along, yz + vx],
        [xz + vy, yz - vx, s - along + across],
    ]
}

fn times(a: &[[f64; 3]; 3], b: &[[f64; 3]; 3]) -> [[f64; 3]; 3] {
    std::array::from_fn(|i| std::array::from_fn(|k| (0..3).map(|j| a[i][j] * b[j][k]).sum()))
}

#[test]
fn cartesian_products_are_products_of_matrices() {
    let mut random = Random::new(2);
    let (x, y) = (random.normals(9), random.normals(9));
    let (forth, back) = (times(&tensor(&x), &tensor(&y)), times(&tensor(&y), &tensor(&x)));
    for (symmetry, other) in [(Symmetry::O3, back), (Symmetry::So3, forth)] {
        let options = CartesianOptions { symmetry, ..CartesianOptions::default() };
        let product = cartesian(&irreps("0e+1o+2e"), &irreps("0e+1o+2e"), &options).unwrap();
        let z = tensor(&product.evaluate(&x, &y, &[]).unwrap());
        let expected: Vec<f64> = forth.iter().flatten().zip(other.iter().flatten()).map(|(a, b)| a + b).collect();
        assert_close("tensor", z.as_flattened(), &expected, 1e-13, 1e-13);
        assert_equivariant(&product);
    }
    let error = cartesian(&irreps("1e"), &irreps("1o"), &CartesianOptions::default()).unwrap_err();
    assert!(matches!(error, ProductError::NoSignal { .. }), "{error}");
    // The anticommutator of vectors is symmetric, so the cross product is missing.
    let curl = CartesianOptions { output: Some(irreps("1o")), ..CartesianOptions::default() };
    let product = cartesian(&irreps("1o"), &irreps("1o"), &curl);
    assert!(matches!(product, Err(ProductError::NoPath { .. })), "{product:?}");
}

#[test]
fn matrix_products_are_associative_and_equivariant() {
    // With one spin and all degrees, the product is that of an associative algebra.
    let all = even(4);
    let so3 = MatrixOptions { symmetry: Symmetry::So3, ..MatrixOptions::default() };
    let product = matrix_product(&all, &all, &so3).unwrap();
    assert_eq!(product.output(), &all);
    assert_eq!(product.map().bilinear().terms().len(), 125);
    let mut random = Random::new(4);
    let [x, y, z] = [(); 3].map(|()| random.normals(25));
    let multiply = |a: &[f64], b: &[f64]| product.evaluate(a, b, &[]).unwrap();
    assert_close("xyz", &multiply(&multiply(&x, &y), &z), &multiply(&x, &multiply(&y, &z)), 1e-11, 1e-11);
    assert_equivariant(&product);
    for l_max in 1..=5 {
        let harmonics = Irreps::spherical_harmonics(l_max);
        assert_equivariant(&matrix_product(&harmonics, &harmonics, &MatrixOptions::default()).unwrap());
        assert_equivariant(&matrix_product(&even(l_max), &even(l_max), &so3).unwrap());
    }
    let error = matrix_product(&irreps("0o"), &irreps("1o"), &MatrixOptions::default()).unwrap_err();
    assert!(matches!(error, ProductError::NoSignal { .. }), "{error}");
}

#[test]
fn vector_signals_hold_the_cross_product() {
    let vector = irreps("1o");
    let product = vector_signal(&vector, &vector, &VectorSignalOptions::default()).unwrap();
    let (x, y) = ([0.3, -1.0, 2.0], [1.5, 0.2, -0.7]);
    let z = product.evaluate(&x, &y, &[]).unwrap();
    let cross = [x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]];
    let factor = z[0] / cross[0];
    assert!(factor.abs() > 0.1, "{factor}");
    assert_close("cross product", &z[..3], &cross.map(|c| factor * c), 1e-12, 1e-12);
}

#[test]
fn vector_signals_are_equivariant_and_complete() {
    let so3 = VectorSignalOptions { symmetry: Symmetry::So3, ..VectorSignalOptions::default() };
    for l_max in 1..=5 {
        let product = vector_signal(
            &even(l_max),
            &even(l_max),
            &VectorSignalOptions { output: Some(even(l_max)), ..so3.clone() },
        );
        let product = product.unwrap();
        assert_equivariant(&product);
        let met = interactability(&product).unwrap();
        let missing: Vec<[usize; 3]> = met.missing().map(|one| one.irreps.map(|irrep| irrep.l)).collect();
        assert_eq!(missing, [[0, 0, 0]]);
        let weakest = met.interactions[1..].iter().map(|one| one.strength).fold(f64::INFINITY, f64::min);
        assert!(weakest > 0.02, "{weakest}");
    }
    for kinds in [[VectorKind::Polar, VectorKind::Polar], [VectorKind::Polar, VectorKind::Axial]] {
        let options = VectorSignalOptions { kinds, ..VectorSignalOptions::default() };
        assert_equivariant(&vector_signal(&irreps("0e+1o+2e+3o+4e"), &irreps("1o+2o+3e"), &options).unwrap());
    }
    let error = vector_signal(&irreps("0o"), &irreps("1o"), &VectorSignalOptions::default()).unwrap_err();
    assert!(matches!(error, ProductError::NoSignal { .. }), "{error}");
}

fn full_product(l_max: usize) -> Product {
    let options =
        CgOptions { output: Some(even(l_max)), sums: PathSums::Summed, form: CgForm::Sparse, ..CgOptions::default() };
    clebsch_gordan(&even(l_max), &even(l_max), &options).unwrap()
}

#[test]
fn exact_cp_forms_are_exact() {
    let exact = full_product(3);
    let pairs = cp_by_pairs(&exact, false).unwrap();
    assert!(pairs.rank <= 16 * 16);
    assert_eq!(pairs.product.map().expand(), exact.map().expand());
    let options = GauntOptions { output: Some(even(2)), symmetry: Symmetry::So3, weights: false };
    let quadrature = cp_by_quadrature(&even(2), &even(2), &options).unwrap();
    assert_eq!(quadrature.rank, 28);
    let grid = gaunt_grid(&even(2), &even(2), &options).unwrap();
    let mut random = Random::new(8);
    let (x, y) = (random.normals(9), random.normals(9));
    let z = grid.evaluate(&x, &y, &[]).unwrap();
    assert_close("quadrature", &quadrature.product.evaluate(&x, &y, &[]).unwrap(), &z, 1e-12, 1e-12);
}

#[test]
fn cp_errors_fall_with_the_rank_and_stay_below_their_bounds() {
    let exact = full_product(2);
    let mut last = f64::INFINITY;
    for rank in [8, 28, 64] {
        let options = CpOptions { rank, sweeps: 60, tolerance: 1e-7, weight: true };
        let fitted = cp(&exact, &options, &mut rng()).unwrap();
        let defect = equivariance_defect(&fitted.product, 20, &mut rng()).unwrap();
        assert_eq!(fitted.product.weights(), 1);
        assert!(fitted.error < last, "{rank}: {} >= {last}", fitted.error);
        assert!(2.0 * fitted.error <= fitted.prior_bound, "{rank}: {} > {}", 2.0 * fitted.error, fitted.prior_bound);
        assert!(defect.absolute <= fitted.product.defect_bound(), "{rank}: {defect:?}");
        assert!(defect.absolute > 1e-3 * fitted.product.defect_bound(), "the bound says nothing: {defect:?}");
        last = fitted.error;
    }
    let none = CpOptions { rank: 0, ..CpOptions::of_degree(2) };
    assert!(matches!(cp(&exact, &none, &mut rng()), Err(ProductError::Option { .. })));
}

#[test]
fn every_listed_product_serves_its_tasks_within_its_bound() {
    for (l_max, mode) in [(1, Mode::Mimo), (2, Mode::Siso), (2, Mode::Simo), (3, Mode::Mimo), (4, Mode::Mimo)] {
        let mut task = Task::new(l_max, mode);
        task.cp.sweeps = 10;
        for (name, product) in all_products(&task, &mut rng()) {
            if name == "cartesian" && l_max > 2 {
                assert!(matches!(product, Err(ProductError::NoSignal { .. })));
                continue;
            }
            let product = product.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!((product.left(), product.output()), (&task.arguments(), &task.output()));
            let defect = equivariance_defect(&product, 6, &mut rng()).unwrap();
            assert!(defect.largest_result > 0.0, "{name}");
            let allowed = product.defect_bound() + 1e-10 * defect.largest_result;
            assert!(defect.absolute <= allowed, "{name} {l_max} {mode:?}: {defect:?} > {allowed}");
        }
    }
    let odd = named_product("gaunt-grid", &Task::new(3, Mode::Siso), &mut rng());
    assert!(matches!(odd, Err(ProductError::NoPath { .. })));
    let error = named_product("gent-grid", &Task::new(3, Mode::Siso), &mut rng()).unwrap_err();
    assert!(PRODUCT_NAMES.iter().all(|name| error.to_string().contains(name)), "{error}");
}

#[test]
fn cp_forms_of_enough_rank_are_exactly_equivariant() {
    for (l_max, rank) in [(1, 8), (2, 38), (2, 81)] {
        let exact = full_product(l_max);
        let options = CpOptions { rank, sweeps: 2000, tolerance: 0.0, weight: false };
        let fitted = cp(&exact, &options, &mut rng()).unwrap();
        assert!(fitted.error < 1e-12 * fitted.norm, "{l_max} {rank}: {}", fitted.error / fitted.norm);
        assert_equivariant(&fitted.product);
    }
}
