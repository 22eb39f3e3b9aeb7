//! What Tucker decompositions refuse, by name.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_decomp::DecompError;
use schur_decomp::fit::unobserved;
use schur_decomp::modes::{Means, mode_gram, mode_triangle};
use schur_decomp::tucker::{
    HooiOptions, HosvdOptions, NonnegativeOptions, Tucker, hooi, mode_spectra, nonnegative, st_hosvd,
};
use schur_tensor::Tensor;

fn ones(shape: &[usize]) -> Tensor<f64> {
    Tensor::filled(shape, 1.0).unwrap()
}

#[test]
fn ranks_that_no_unfolding_has_are_refused() {
    let refused = |ranks: &[usize]| st_hosvd(&ones(&[4, 5, 6]), &HosvdOptions::ranks(ranks)).unwrap_err();
    assert!(matches!(refused(&[5, 1, 1]), DecompError::Rank { rank: 5, most: 1, .. }));
    assert!(matches!(refused(&[2, 0, 2]), DecompError::Rank { rank: 0, .. }));
    assert!(matches!(refused(&[4, 1, 2]), DecompError::Rank { rank: 4, most: 2, .. }), "above all others together");
    assert!(matches!(refused(&[2, 2]), DecompError::Count { expected: 3, found: 2, .. }));
    let mut idle = HooiOptions::ranks(&[1, 1]);
    idle.stopping.iterations = 0;
    assert!(matches!(hooi(&ones(&[4, 5]), &idle, &mut unobserved), Err(DecompError::Option { .. })));
    let error = hooi(&ones(&[4, 5]), &HooiOptions::ranks(&[9, 9]), &mut unobserved).unwrap_err();
    assert!(error.to_string().contains("mode 0"), "{error}");
}

#[test]
fn tolerances_outside_their_range_are_refused() {
    for tolerance in [-1e-3, 1.0, 2.0, f64::NAN, f64::INFINITY] {
        let error = st_hosvd(&ones(&[2, 2]), &HosvdOptions::tolerance(tolerance)).unwrap_err();
        assert!(matches!(error, DecompError::Option { option: "tolerance", .. }), "{error}");
    }
}

#[test]
fn data_that_cannot_be_decomposed_are_refused() {
    let mut tensor = ones(&[2, 3, 2]);
    tensor.data_mut()[7] = f64::NAN;
    let options = HosvdOptions::ranks(&[1, 1, 1]);
    assert!(matches!(st_hosvd(&tensor, &options), Err(DecompError::NotFinite { index, .. }) if index == [1, 0, 1]));
    assert!(matches!(mode_spectra(&tensor, Means::Gram), Err(DecompError::NotFinite { .. })));
    let zeros = Tensor::filled(&[2, 3, 2], 0.0).unwrap();
    assert_eq!(st_hosvd(&zeros, &options).unwrap_err(), DecompError::AllZero);
    let empty = Tensor::<f64>::new(&[2, 0, 2], vec![]).unwrap();
    assert!(matches!(st_hosvd(&empty, &options), Err(DecompError::EmptyMode { mode: 1, .. })));
    let negative = Tensor::new(&[2, 2], vec![1.0, 2.0, -3.0, 4.0]).unwrap();
    let refused = nonnegative(&negative, &NonnegativeOptions::ranks(&[1, 1]), &mut unobserved).unwrap_err();
    assert!(matches!(refused, DecompError::Negative { index, .. } if index == [1, 0]));
    assert!(mode_gram(&negative, 2).is_err() && mode_triangle(&negative, 2).is_err());
}

#[test]
fn forms_whose_parts_do_not_fit_are_refused() {
    assert!(matches!(Tucker::new(ones(&[2, 2]), vec![ones(&[3, 2])]), Err(DecompError::Count { .. })));
    let factors = vec![ones(&[3, 2]), ones(&[3, 1])];
    assert!(matches!(Tucker::new(ones(&[2, 2]), factors), Err(DecompError::Mismatch { .. })));
}

#[test]
fn vectors_and_modes_of_size_one_are_ordinary() {
    let vector = Tensor::new(&[3], vec![1.0, 2.0, 2.0]).unwrap();
    let (form, fit) = st_hosvd(&vector, &HosvdOptions::tolerance(1e-9)).unwrap();
    assert_eq!(form.ranks(), [1]);
    assert!(fit.relative_error < 1e-12 && (form.norm().unwrap() - 3.0).abs() < 1e-12);
    let thin = Tensor::from_fn(&[1, 5, 1, 4], |i| (1 + i[1] * 7 + i[3] * i[1]) as f64).unwrap();
    let (form, fit) = hooi(&thin, &HooiOptions::ranks(&[1, 2, 1, 2]), &mut unobserved).unwrap();
    assert!(fit.relative_error < 1e-10, "{fit:?}");
    assert_eq!(form.shape(), [1, 5, 1, 4]);
}
