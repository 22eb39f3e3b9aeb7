//! Where an alternating fit begins.

use schur_linalg::orthonormal;
use schur_tensor::{Real, Tensor};

use super::{Cp, CpTensor};
use crate::random::{normals, stream, units};
use crate::{DecompError, Scalar};

/// Factors to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Start {
    /// Independent random numbers: normal ones, or uniform ones in `[0, 1)` for nonnegative factors.
    #[default]
    Random,
    /// Orthonormal columns near the leading left singular vectors of each unfolding.
    ///
    /// They span a sketch, the unfolding times a Khatri-Rao product of random matrices: one product a mode, and no
    /// unfolding is decomposed. Columns beyond the size of a mode are random.
    Sketch,
}

/// Makes the first model.
pub(super) fn model<T: Scalar>(
    tensor: &dyn CpTensor<T>,
    (start, rank, seed): (Start, usize, u64),
    nonnegative: bool,
) -> Result<Cp<T>, DecompError> {
    rank_of(tensor.shape(), rank)?;
    let mut factors = Vec::new();
    for (mode, &size) in tensor.shape().iter().enumerate() {
        let mut rng = stream(seed, mode as u64);
        let numbers = if nonnegative { units(&[size, rank], &mut rng)? } else { normals(&[size, rank], &mut rng)? };
        factors.push(numbers);
    }
    if start == Start::Sketch {
        factors = sketch(tensor, &factors, nonnegative)?;
    }
    Cp::new(vec![<T as Real>::ONE; rank], factors)
}

/// Refuses ranks that no tensor of a shape needs: all modes but the largest multiplied are enough for any.
pub(super) fn rank_of(shape: &[usize], rank: usize) -> Result<(), DecompError> {
    let largest = shape.iter().copied().max().unwrap_or(1).max(1);
    let most = shape.iter().fold(1_usize, |product, &size| product.saturating_mul(size)) / largest;
    if (1..=most).contains(&rank) {
        return Ok(());
    }
    Err(DecompError::Rank { what: format!("a tensor of shape {shape:?}"), rank, most })
}

fn sketch<T: Scalar>(
    tensor: &dyn CpTensor<T>,
    random: &[Tensor<T>],
    nonnegative: bool,
) -> Result<Vec<Tensor<T>>, DecompError> {
    let rank = random[0].shape()[1];
    let mut products = tensor.products(rank)?;
    let mut factors = Vec::new();
    for (mode, &size) in tensor.shape().iter().enumerate() {
        let mut product = vec![<T as Real>::ZERO; size * rank];
        products.product(random, mode, &mut product)?;
        let doubles = product.iter().map(|x| x.to_f64()).collect();
        let q = orthonormal(&Tensor::new(&[size, rank], doubles)?)?.q;
        let columns = q.shape()[1];
        let mut factor = random[mode].clone();
        for (place, entry) in factor.data_mut().iter_mut().enumerate() {
            if place % rank < columns {
                let x = q.data()[place / rank * columns + place % rank];
                *entry = T::from_f64(if nonnegative { x.abs() } else { x });
            }
        }
        factors.push(factor);
    }
    Ok(factors)
}
