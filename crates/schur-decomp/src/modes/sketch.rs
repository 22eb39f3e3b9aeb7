//! Random combinations of the columns of an unfolding.

use schur_tensor::product::{Mode, Product, ProductAxis};
use schur_tensor::semiring::Semiring;
use schur_tensor::{Tensor, row_major};

use super::{mode_product, rounded, widened};
use crate::random::{normals, stream};
use crate::{DecompError, Scalar};

/// Orthonormal columns that nearly span the unfolding of a mode.
///
/// The combinations are column-wise products of one random matrix for each other mode: no matrix as long as the
/// unfolding is ever made, and no structure of ranks in the other modes can hide a direction.
///
/// # Shapes
/// `tensor: [.., n, ..]` -> `[n, width]`.
/// # Cost
/// `2 * width` operations an element.
/// # Source
/// Saibaba, Verma, Ballard, Randomized tensor decompositions using Khatri-Rao sketches, 2025.
pub(super) fn range<T: Scalar>(
    tensor: &Tensor<T>,
    mode: usize,
    width: usize,
    seed: u64,
) -> Result<Tensor<T>, DecompError> {
    let order = tensor.shape().len();
    let mut rng = stream(seed, mode as u64);
    let draws = (0..order).map(|other| normals::<T>(&[tensor.shape()[other], width], &mut rng));
    let draws = draws.collect::<Result<Vec<_>, _>>()?;
    // The first product meets all elements; along a last mode it is slower.
    let Some(first) = (0..order).find(|&other| other != mode) else {
        let image = widened(tensor)?;
        return rounded(&schur_linalg::orthonormal(&super::reshaped(image, &[tensor.shape()[0], 1])?)?.q);
    };
    let mut image = mode_product(tensor, first, &draws[first].view())?;
    for other in (0..order).filter(|&other| other != mode && other != first) {
        image = contract_paired(&image, (other, first), &draws[other])?;
    }
    // All other modes have size one by now.
    let (n, position) = (tensor.shape()[mode], usize::from(mode > first));
    let shape = if position == 1 { [width, n] } else { [n, width] };
    let image = super::reshaped(widened(&image)?, &shape)?;
    let image = if position == 1 { image.view().permuted(&[1, 0])?.to_tensor() } else { image };
    rounded(&schur_linalg::orthonormal(&image)?.q)
}

/// Sums a mode with the column of a matrix that the index of another mode names; the mode keeps size one.
///
/// # Shapes
/// `tensor: [.., n, .., width, ..]`, `matrix: [n, width]` -> `[.., 1, .., width, ..]`.
fn contract_paired<T: Scalar>(
    tensor: &Tensor<T>,
    (summed, paired): (usize, usize),
    matrix: &Tensor<T>,
) -> Result<Tensor<T>, DecompError> {
    let mut shape = tensor.shape().to_vec();
    shape[summed] = 1;
    let mut result = Tensor::filled(&shape, <T as schur_tensor::Real>::ZERO)?;
    let (from, to) = (row_major(tensor.shape()), row_major(&shape));
    let axes: Vec<ProductAxis> = (0..shape.len())
        .map(|axis| {
            let right =
                if axis == summed { Some(matrix.shape()[1].cast_signed()) } else { (axis == paired).then_some(1) };
            let result = (axis != summed).then_some(to[axis]);
            ProductAxis { size: tensor.shape()[axis], left: Some(from[axis]), right, result }
        })
        .collect();
    let product = Product::new(&axes).map_err(|_| DecompError::Mismatch {
        what: "a sketch".to_owned(),
        expected: shape.clone(),
        found: tensor.shape().to_vec(),
    })?;
    let operands = [tensor.data(), matrix.data()];
    T::arithmetic().product(&product, operands, result.data_mut(), Mode::Overwrite, &mut Vec::new())?;
    Ok(result)
}
