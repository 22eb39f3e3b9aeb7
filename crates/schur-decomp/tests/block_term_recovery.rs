//! Block terms: planted ones come back term by term.

use schur_decomp::DecompError;
use schur_decomp::block_term::{Block, block_terms, continue_block_terms};
use schur_decomp::einsum_model::{EinsumForm, EinsumModel, EinsumOptions};
use schur_decomp::fit::{Stopping, unobserved};
use schur_decomp::structure::spectrum_squared;
use schur_tensor::Tensor;

#[test]
fn planted_blocks_are_recovered_term_by_term() {
    let ranks = [("r", 2), ("a", 2)];
    let model = EinsumModel::new("ira,jra,kr->ijk", &ranks, &[8, 7, 6]).unwrap();
    let tensor = EinsumForm::<f64>::random(model, 4).unwrap().to_tensor().unwrap();
    let options =
        |seed| EinsumOptions { stopping: Stopping { iterations: 2000, tolerance: 1e-15 }, seed, ..Default::default() };
    let fit = |seed| block_terms(&tensor, 2, Block::MatrixVector(2), &options(seed), &mut unobserved).unwrap();
    let (form, fitted) = (0..4).map(fit).find(|(_, fit)| fit.relative_error < 1e-8).unwrap();
    let terms: Vec<Tensor<f64>> = (0..2).map(|term| form.term(term).unwrap()).collect();
    let sum = terms[0].data().iter().zip(terms[1].data()).map(|(a, b)| a + b);
    assert!(sum.zip(tensor.data()).all(|(a, b)| (a - b).abs() < 1e-6));
    // Such terms are unique, so each has multilinear rank (2, 2, 1).
    for term in &terms {
        let values = spectrum_squared(term, &[0]).unwrap();
        assert!(values[2] < 1e-12 * values[0] && values[1] > 1e-6 * values[0]);
    }
    assert!(matches!(form.term(2), Err(DecompError::Rank { .. })));
    let again = continue_block_terms(&tensor, form, &options(0), &mut unobserved).unwrap().1;
    assert!(again.relative_error <= fitted.relative_error * 1.01 + 1e-13);
}

#[test]
fn planted_cores_are_recovered() {
    let model =
        EinsumModel::new("ira,jrb,krc,rabc->ijk", &[("r", 2), ("a", 2), ("b", 2), ("c", 2)], &[8, 8, 8]).unwrap();
    let tensor = EinsumForm::<f64>::random(model, 6).unwrap().to_tensor().unwrap();
    let fit = |seed| {
        let stopping = Stopping { iterations: 2000, tolerance: 1e-15 };
        let options = EinsumOptions { stopping, seed, ..Default::default() };
        block_terms(&tensor, 2, Block::Core([2, 2, 2]), &options, &mut unobserved).unwrap().1.relative_error
    };
    let errors: Vec<f64> = (0..4).map(fit).collect();
    assert!(errors.iter().any(|&error| error < 1e-8), "{errors:?}");
    let flat = Tensor::filled(&[3, 3], 1.0).unwrap();
    let refused = block_terms(&flat, 1, Block::MatrixVector(1), &EinsumOptions::default(), &mut unobserved);
    assert!(matches!(refused, Err(DecompError::Count { .. })));
}
