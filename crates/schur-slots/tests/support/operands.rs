//! Random operands.

use schur_einsum::Contraction;
use schur_tensor::Tensor;
use schur_testkit::Random;

/// Operands of a contraction with elements from -1 to 1.
pub fn operands(contraction: &Contraction, seed: u64) -> Vec<Tensor<f64>> {
    let mut random = Random::new(seed);
    let shapes = (0..contraction.operands().len()).map(|operand| contraction.operand_shape(operand).unwrap());
    shapes.map(|shape| Tensor::from_fn(&shape, |_| random.between(-1.0, 1.0)).unwrap()).collect()
}
