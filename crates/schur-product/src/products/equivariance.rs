//! How far a product is from commuting with its group, measured.

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use schur_group::{WignerD, rotation_from_quaternion};

use super::{Product, Symmetry};
use crate::ProductError;

/// Largest deviations found by [`equivariance_defect`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct EquivarianceDefect {
    /// Largest `|P(gx, gy) - g P(x, y)| / (|x| |y|)`; comparable with [`Product::defect_bound`].
    pub absolute: f64,
    /// Largest `|P(gx, gy) - g P(x, y)| / |P(x, y)|`.
    pub relative: f64,
    /// Largest `|P(x, y)| / (|x| |y|)`; zero means that nothing has been tested.
    pub largest_result: f64,
}

/// Measures the equivariance of a product, all weights being one.
///
/// Each sample draws two normal arguments and one element of the group; for O(3) every other one is improper.
///
/// # Errors
/// [`ProductError::Group`] if a degree is beyond the Wigner matrices.
///
/// # Cost
/// Two evaluations a sample.
pub fn equivariance_defect<R: Rng>(
    product: &Product,
    samples: usize,
    rng: &mut R,
) -> Result<EquivarianceDefect, ProductError> {
    let operands = [product.left(), product.right(), product.output()];
    let l_max = operands.iter().filter_map(|irreps| irreps.l_max()).max().unwrap_or(0);
    let weights = vec![1.0; product.weights()];
    let mut worst = EquivarianceDefect::default();
    for sample in 0..samples {
        let mut rotation = rotation_from_quaternion([(); 4].map(|()| StandardNormal.sample(rng)))?;
        if product.symmetry() == Symmetry::O3 && sample % 2 == 1 {
            rotation = rotation.map(|row| row.map(|element| -element));
        }
        let d = WignerD::from_matrix(l_max, &rotation)?;
        let mut draw = |n: usize| (0..n).map(|_| StandardNormal.sample(rng)).collect::<Vec<f64>>();
        let (x, y) = (draw(operands[0].dim()), draw(operands[1].dim()));
        let z = product.evaluate(&x, &y, &weights)?;
        let turned = product.evaluate(&d.apply(operands[0], &x)?, &d.apply(operands[1], &y)?, &weights)?;
        let difference: Vec<f64> = d.apply(operands[2], &z)?.iter().zip(&turned).map(|(a, b)| a - b).collect();
        let (scale, size) = (norm(&x) * norm(&y), norm(&z));
        worst.absolute = worst.absolute.max(norm(&difference) / scale);
        worst.relative = worst.relative.max(norm(&difference) / size);
        worst.largest_result = worst.largest_result.max(size / scale);
    }
    Ok(worst)
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>().sqrt()
}
