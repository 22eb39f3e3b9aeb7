//! The tensor contracted with the factors of all modes but one, for one mode after the other.

use schur_tensor::Tensor;

use crate::modes::mode_product;
use crate::{DecompError, Scalar};

/// What is done at each mode, with the tensor contracted with the factors of all others.
pub(super) type Leaf<'a, T> = &'a mut dyn FnMut(usize, &Tensor<T>, &mut [Tensor<T>]) -> Result<(), DecompError>;

/// Visits all modes in order, with products of halves of the modes shared between those of the other half.
///
/// The tensor is met twice a sweep whatever its order. A leaf may change the factor of its own mode.
///
/// # Source
/// Kaya, Ucar, Computing dense tensor decompositions with optimal dimension trees, 2019.
pub(super) fn sweep<T: Scalar>(
    tensor: &Tensor<T>,
    factors: &mut [Tensor<T>],
    leaf: Leaf<'_, T>,
) -> Result<(), DecompError> {
    branch(tensor, (0, factors.len()), factors, leaf)
}

fn branch<T: Scalar>(
    tensor: &Tensor<T>,
    (first, end): (usize, usize),
    factors: &mut [Tensor<T>],
    leaf: Leaf<'_, T>,
) -> Result<(), DecompError> {
    if end - first == 1 {
        return leaf(first, tensor, factors);
    }
    let middle = first.midpoint(end);
    let left = contract(tensor, (middle, end), factors)?;
    branch(&left, (first, middle), factors, leaf)?;
    drop(left);
    let right = contract(tensor, (first, middle), factors)?;
    branch(&right, (middle, end), factors, leaf)
}

/// Multiplies by factors of some modes: the first of them meets all elements, and is contiguous the longest.
fn contract<T: Scalar>(
    tensor: &Tensor<T>,
    (first, end): (usize, usize),
    factors: &[Tensor<T>],
) -> Result<Tensor<T>, DecompError> {
    let mut result = mode_product(tensor, first, &factors[first].view())?;
    for mode in first + 1..end {
        result = mode_product(&result, mode, &factors[mode].view())?;
    }
    Ok(result)
}
