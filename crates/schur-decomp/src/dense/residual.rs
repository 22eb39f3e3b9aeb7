//! What a model leaves of a dense tensor, element by element: exact where the identity of norms has lost all digits.

use rayon::prelude::*;
use schur_tensor::Tensor;
use schur_tensor::product::Mode;

use super::panel;
use crate::cp::Cp;
use crate::matrix::multiply_into;
use crate::{DecompError, Scalar};

/// Elements of the model that one task holds at a time.
const BLOCK: usize = 1 << 16;

/// The sum of `(x - model)^2` over all elements; the model is never held as a whole.
///
/// # Cost
/// `2 * rank` operations an element, one reading of the tensor; half a megabyte a thread.
pub(super) fn squared<T: Scalar>(tensor: &Tensor<T>, model: &Cp<T>) -> Result<f64, DecompError> {
    if model.shape() != tensor.shape() {
        let (expected, found) = (tensor.shape().to_vec(), model.shape());
        return Err(DecompError::Mismatch { what: "the model".to_owned(), expected, found });
    }
    let Some((last, others)) = model.factors().split_last() else { return Ok(0.0) };
    let others: Vec<&Tensor<T>> = others.iter().collect();
    let (columns, rank) = (last.shape()[0], model.rank());
    let transposed = last.view().permuted(&[1, 0])?;
    let rows = (BLOCK / columns).max(1);
    let part = |(place, x): (usize, &[T])| -> Result<f64, DecompError> {
        let count = x.len() / columns;
        let mut left = Tensor::filled(&[count, rank], T::from_f64(0.0))?;
        panel::fill(&others, model.weights(), place * rows..place * rows + count, left.data_mut());
        let mut full = vec![T::from_f64(0.0); x.len()];
        multiply_into(&left.view(), &transposed, &mut full, Mode::Overwrite)?;
        let square = |(&x, &y): (&T, &T)| (x.to_f64() - y.to_f64()).powi(2);
        Ok(x.iter().zip(&full).map(square).sum())
    };
    let parts: Vec<Result<f64, DecompError>> = tensor.data().par_chunks(rows * columns).enumerate().map(part).collect();
    parts.into_iter().sum()
}
