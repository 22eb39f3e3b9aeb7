//! Every named product commutes with its group.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use schur_group::{Irrep, Irreps, Parity};
use schur_product::ProductError;
use schur_product::products::{
    CgForm, CgOptions, GauntOptions, MatrixOptions, PathSums, Product, Symmetry, VectorSignalOptions, clebsch_gordan,
    equivariance_defect, gaunt_coefficients, gaunt_fourier, gaunt_grid, matrix_product, vector_signal,
};
use schur_testkit::Random;

fn assert_equivariant(product: &Product) {
    let defect = equivariance_defect(product, 6, &mut ChaCha8Rng::seed_from_u64(1)).unwrap();
    assert!(defect.largest_result > 0.0, "{}: nothing comes out", product.name());
    assert!(defect.relative < 1e-10, "{}: {defect:?}", product.name());
}

fn even(l_max: usize) -> Irreps {
    Irreps::new((0..=l_max).map(|l| (1, Irrep::new(l, Parity::Even))))
}

#[test]
fn clebsch_gordan_products_are_equivariant() {
    let (left, right) = ("0e+1o+2e+3o+4e".parse().unwrap(), "0e+1e+2x2o+5e".parse().unwrap());
    for form in [CgForm::Shared, CgForm::Sparse, CgForm::Dense] {
        for sums in [PathSums::Separate, PathSums::Summed] {
            let options = CgOptions { form, sums, weights: true, ..CgOptions::default() };
            assert_equivariant(&clebsch_gordan(&left, &right, &options).unwrap());
        }
    }
}

#[test]
fn gaunt_products_are_equivariant() {
    let harmonics = Irreps::spherical_harmonics(5);
    for make in [gaunt_grid, gaunt_fourier, gaunt_coefficients] {
        assert_equivariant(&make(&harmonics, &harmonics, &GauntOptions::default()).unwrap());
        let so3 = GauntOptions { symmetry: Symmetry::So3, output: Some(even(4)), weights: true };
        assert_equivariant(&make(&even(4), &even(4), &so3).unwrap());
    }
}

#[test]
fn a_broken_product_is_noticed() {
    // Transposing a vector's components is no rotation.
    let vector: Irreps = "1o".parse().unwrap();
    let map = schur_multilinear::Bilinear::pointwise(3).share();
    let product = Product::new("broken", [vector.clone(), vector.clone(), vector], Symmetry::So3, map).unwrap();
    let defect = equivariance_defect(&product, 4, &mut ChaCha8Rng::seed_from_u64(1)).unwrap();
    assert!(defect.relative > 0.1, "{defect:?}");
}

/// A few irreps up to degree 3 with copies, in no order.
fn random_irreps(random: &mut Random, parities: &[Parity]) -> Irreps {
    let blocks = 1 + random.below(3);
    let mut block = || (1 + random.below(2), Irrep::new(random.below(4), parities[random.below(parities.len())]));
    Irreps::new((0..blocks).map(|_| block()))
}

#[test]
fn products_of_any_irreps_are_equivariant() {
    let mut random = Random::new(11);
    let both = [Parity::Even, Parity::Odd];
    let mut made = [0; 4];
    for _ in 0..60 {
        let (left, right) = (random_irreps(&mut random, &both), random_irreps(&mut random, &both));
        let signals = VectorSignalOptions { weights: true, ..VectorSignalOptions::default() };
        let matrices = MatrixOptions { weights: true, ..MatrixOptions::default() };
        let gaunt = GauntOptions { weights: true, ..GauntOptions::default() };
        let products = [
            clebsch_gordan(&left, &right, &CgOptions::default()),
            gaunt_grid(&left, &right, &gaunt),
            vector_signal(&left, &right, &signals),
            matrix_product(&left, &right, &matrices),
        ];
        for (product, made) in products.into_iter().zip(&mut made) {
            match product {
                Ok(product) if product.output().dim() > 0 => {
                    assert_equivariant_unless_zero(&product);
                    *made += 1;
                }
                Ok(_) | Err(ProductError::NoSignal { .. }) => {}
                Err(error) => panic!("{left} and {right}: {error}"),
            }
        }
    }
    assert_eq!(made[0], 60);
    assert!(made[1..].iter().all(|&made| made >= 5), "{made:?}");
}

/// Fields may be parallel and matrices may not meet; such results are zero to rounding and have no direction.
fn assert_equivariant_unless_zero(product: &Product) {
    let defect = equivariance_defect(product, 4, &mut ChaCha8Rng::seed_from_u64(1)).unwrap();
    assert!(defect.absolute < 1e-11, "{}: {defect:?}", product.name());
}
