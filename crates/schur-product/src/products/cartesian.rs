//! Cartesian tensors of rank two: a scalar, a vector and a traceless symmetric tensor as one 3x3 matrix.
//!
//! $$ X = I + A + S, \qquad P = Y M + M Y \ \text{(O(3))}, \qquad P = 2\, Y M \ \text{(SO(3))} $$
//!
//! with `I` a multiple of the identity, `A` antisymmetric and `S` symmetric and traceless. Inversion transposes a matrix
//! (`0e+1o+2e`: the vector is a polar one), which the anticommutator respects and the product alone does not. The three
//! parts are unit vectors for the scalar product of matrices, so e.g. the scalar is `trace / sqrt(3)`; TensorNet scales
//! them by weights of its own.
//!
//! Source: Simeon and De Fabritiis, "TensorNet", NeurIPS 2023, and the interaction layer of TorchMD-Net.

use schur_group::{Irrep, Irreps};

use super::{
    Product, Symmetry, irrep_weighting,
    matrix::{MatrixTerm, Space},
};
use crate::ProductError;

const NAME: &str = "cartesian";

/// What a product of Cartesian tensors gives.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CartesianOptions {
    /// Irreps of the result; `None` means all that come out.
    pub output: Option<Irreps>,
    /// Whether each irrep of the arguments and the result has a weight, in this order.
    pub weights: bool,
    /// O(3): the anticommutator; SO(3): twice the product.
    pub symmetry: Symmetry,
}

/// Makes TensorNet's product of 3x3 matrices.
///
/// # Errors
/// [`ProductError::NoSignal`] if an irrep is not one of `0e`, `1o`, `2e` (for SO(3): of degree 2 at most),
/// [`ProductError::NoPath`] if a result cannot come out.
///
/// # Examples
/// ```
/// use schur_product::products::{CartesianOptions, cartesian};
/// let tensor = "0e+1o+2e".parse()?;
/// let product = cartesian(&tensor, &tensor, &CartesianOptions::default())?;
/// let mut identity = [0.0; 9];
/// identity[0] = 3.0_f64.sqrt();
/// let tensor: Vec<f64> = (0..9).map(f64::from).collect();
/// let z = product.evaluate(&identity, &tensor, &[])?;
/// assert!(z.iter().zip(&tensor).all(|(z, t)| (z - 2.0 * t).abs() < 1e-14));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn cartesian(left: &Irreps, right: &Irreps, options: &CartesianOptions) -> Result<Product, ProductError> {
    let natural = |irrep: Irrep| match options.symmetry {
        Symmetry::O3 => irrep.l <= 2 && irrep == Irrep::harmonic(irrep.l),
        Symmetry::So3 => irrep.l <= 2,
    };
    for irreps in [left, right].into_iter().chain(&options.output) {
        if irreps.iter().any(|(_, irrep)| !natural(irrep)) {
            let requirement = "a Cartesian tensor holds 0e, 1o and 2e";
            return Err(ProductError::NoSignal { product: NAME, irreps: irreps.clone(), requirement });
        }
    }
    // The block of spin 1 is even, so inversion is left to the anticommutator.
    let space = Space { name: NAME, spins: vec![1], symmetry: Symmetry::So3 };
    let operands = match (&options.output, options.symmetry) {
        (output, Symmetry::So3) => space.operands(left, right, output.as_ref())?,
        (None, Symmetry::O3) => [left.clone(), right.clone(), anticommutators(left, right)],
        (Some(output), Symmetry::O3) => {
            let reached = anticommutators(left, right);
            if let Some((_, irrep)) = output.iter().find(|(_, irrep)| reached.count(*irrep) == 0) {
                return Err(ProductError::NoPath { product: NAME, left: left.clone(), right: right.clone(), irrep });
            }
            [left.clone(), right.clone(), output.clone()]
        }
    };
    let terms = match options.symmetry {
        Symmetry::O3 => [MatrixTerm::Product, MatrixTerm::Reversed],
        Symmetry::So3 => [MatrixTerm::Product, MatrixTerm::Product],
    };
    let mut map = space.product(&operands, &terms)?;
    if options.weights {
        map = map.with_weights(irrep_weighting(&operands))?;
    }
    Product::new(NAME, operands, options.symmetry, map)
}

/// The irreps that the anticommutator reaches: those with an even sum of degrees.
fn anticommutators(left: &Irreps, right: &Irreps) -> Irreps {
    let reaches = |l3: usize| left.iter().any(|(_, a)| right.iter().any(|(_, b)| a.couples(b, Irrep::harmonic(l3))));
    (0..=2).filter(|&l| reaches(l)).map(|l| (1, Irrep::harmonic(l))).collect()
}
