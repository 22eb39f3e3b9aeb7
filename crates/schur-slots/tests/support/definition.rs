//! Values of contractions by their definition.

use schur_einsum::{Contraction, reference};
use schur_tensor::semiring::{Semiring, SemiringError};
use schur_tensor::{Tensor, View};

/// Real numbers, without anything fast.
struct Numbers;

impl Semiring for Numbers {
    type Element = f64;

    fn name(&self) -> &'static str {
        "numbers"
    }

    fn zero(&self) -> f64 {
        0.0
    }

    fn one(&self) -> f64 {
        1.0
    }

    fn add(&self, a: &f64, b: &f64) -> Result<f64, SemiringError> {
        Ok(a + b)
    }

    fn multiply(&self, a: &f64, b: &f64) -> Result<f64, SemiringError> {
        Ok(a * b)
    }
}

/// The value of a contraction by its definition.
pub fn value(contraction: &Contraction, operands: &[Tensor<f64>]) -> Tensor<f64> {
    let views: Vec<View<'_, f64>> = operands.iter().map(Tensor::view).collect();
    reference::contract(&Numbers, contraction, &views).unwrap()
}
