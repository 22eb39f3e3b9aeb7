//! What every fit asks of its data before it begins.

use schur_tensor::Tensor;

use crate::fit::Stopping;
use crate::{DecompError, Scalar};

/// Checks a dense tensor and returns the sum of the squares of its elements.
pub(crate) fn dense<T: Scalar>(method: &'static str, least: usize, tensor: &Tensor<T>) -> Result<f64, DecompError> {
    let shape = tensor.shape();
    if shape.len() < least {
        return Err(DecompError::Order { method, least, shape: shape.to_vec() });
    }
    if let Some(mode) = shape.iter().position(|&size| size == 0) {
        return Err(DecompError::EmptyMode { mode, shape: shape.to_vec() });
    }
    let mut squares = 0.0;
    for (place, value) in tensor.data().iter().map(|value| value.to_f64()).enumerate() {
        if !value.is_finite() {
            return Err(DecompError::NotFinite { index: index_of(place, shape), value });
        }
        squares += value * value;
    }
    if squares == 0.0 { Err(DecompError::AllZero) } else { Ok(squares) }
}

/// Checks that at least one iteration is allowed, and that the tolerance is one.
pub(crate) fn stopping(stopping: &Stopping) -> Result<(), DecompError> {
    if stopping.iterations == 0 {
        return Err(DecompError::Option { option: "iterations", value: 0.0, expected: "one or more" });
    }
    not_negative("tolerance", stopping.tolerance)
}

/// Checks an option that must be a number from zero up.
pub(crate) fn not_negative(option: &'static str, value: f64) -> Result<(), DecompError> {
    let fits = value.is_finite() && value >= 0.0;
    if fits { Ok(()) } else { Err(DecompError::Option { option, value, expected: "zero or more" }) }
}

/// The multi-index of a place in row-major order.
pub(crate) fn index_of(mut place: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (i, &size) in index.iter_mut().zip(shape).rev() {
        *i = place % size;
        place /= size;
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensors_that_cannot_be_decomposed_are_refused() {
        let tensor = |shape: &[usize], value: f64| Tensor::filled(shape, value).unwrap();
        assert_eq!(dense("it", 2, &tensor(&[2, 3], 2.0)).unwrap(), 24.0);
        assert!(matches!(dense("it", 2, &tensor(&[4], 1.0)), Err(DecompError::Order { least: 2, .. })));
        assert!(matches!(dense("it", 2, &tensor(&[2, 0], 1.0)), Err(DecompError::EmptyMode { mode: 1, .. })));
        assert!(matches!(dense("it", 2, &tensor(&[2, 2], 0.0)), Err(DecompError::AllZero)));
        let mut holed = tensor(&[2, 3], 1.0);
        holed.data_mut()[5] = f64::NAN;
        let Err(DecompError::NotFinite { index, .. }) = dense("it", 2, &holed) else { panic!("accepted") };
        assert_eq!(index, [1, 2]);
        assert!(stopping(&Stopping { iterations: 0, tolerance: 0.0 }).is_err());
        assert!(stopping(&Stopping { iterations: 1, tolerance: f64::NAN }).is_err());
    }
}
