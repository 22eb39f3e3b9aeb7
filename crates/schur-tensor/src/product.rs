//! Products of two strided tensors summed over shared axes, and sums of one: the steps every contraction is made of.
//!
//! The plans here say only where elements lie. [`Semiring::product`] and [`Semiring::reduce`] run them; the loops of
//! this module are those of any semiring, and the oracle of faster ones.
//!
//! [`Semiring::product`]: crate::semiring::Semiring::product
//! [`Semiring::reduce`]: crate::semiring::Semiring::reduce

mod arithmetic;
mod axes;
mod block;
mod dot;
mod elementwise;
mod gemm;
mod loops;
mod many;
mod multi_index;
mod number;
mod ordered;
mod pack;
mod parts;
mod permute;
mod plain;
mod stream;
mod tensors;
mod tile;
mod tiling;

pub(crate) use arithmetic::{multiply, sum};
pub use loops::{MultiplyAdd, product_with, reduce_with};
pub(crate) use multi_index::{at, each};
pub use number::Number;
use thiserror::Error;

use crate::semiring::{Semiring, SemiringError};

/// An axis of a product: its size, and the stride in each tensor that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProductAxis {
    /// How many values the index takes.
    pub size: usize,
    /// Stride in the left operand, in elements.
    pub left: Option<isize>,
    /// Stride in the right operand.
    pub right: Option<isize>,
    /// Stride in the result.
    pub result: Option<isize>,
}

/// Why axes are not those of a product.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProductError {
    /// An axis is in one tensor only: sum or repeat it before or after.
    #[error("axis {axis} of size {size} is in one of the three tensors only")]
    Lonely {
        /// Its position in the list.
        axis: usize,
        /// Its size.
        size: usize,
    },
    /// Elements of the result would share a place.
    #[error("axis {axis} of size {size} has stride 0 in the result")]
    Overlap {
        /// Its position in the list.
        axis: usize,
        /// Its size.
        size: usize,
    },
}

/// A size and the strides of an axis in those tensors of a group that have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strided<const N: usize> {
    /// How many values the index takes.
    pub size: usize,
    /// Strides, in elements.
    pub strides: [isize; N],
}

/// A product of two tensors: `result[b, m, n] = sum over k of left[b, m, k] * right[b, k, n]`.
///
/// Each letter is a group of axes, of any number and any stride. Axes of size one are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Product {
    /// In all three tensors; strides in left, right, result.
    pub batch: Vec<Strided<3>>,
    /// In left and result.
    pub rows: Vec<Strided<2>>,
    /// In right and result.
    pub columns: Vec<Strided<2>>,
    /// In left and right: summed over.
    pub inner: Vec<Strided<2>>,
}

impl Product {
    /// Sorts axes into the four groups, each in the order given.
    ///
    /// # Errors
    /// [`ProductError`] for an axis that only one of the three tensors has, or one along which results coincide.
    pub fn new(axes: &[ProductAxis]) -> Result<Self, ProductError> {
        let mut product = Self::default();
        for (axis, &ProductAxis { size, left, right, result }) in axes.iter().enumerate() {
            if size == 1 {
                continue;
            }
            if result == Some(0) {
                return Err(ProductError::Overlap { axis, size });
            }
            match (left, right, result) {
                (Some(l), Some(r), Some(z)) => product.batch.push(Strided { size, strides: [l, r, z] }),
                (Some(l), None, Some(z)) => product.rows.push(Strided { size, strides: [l, z] }),
                (None, Some(r), Some(z)) => product.columns.push(Strided { size, strides: [r, z] }),
                (Some(l), Some(r), None) => product.inner.push(Strided { size, strides: [l, r] }),
                _ => return Err(ProductError::Lonely { axis, size }),
            }
        }
        Ok(product)
    }
}

/// A sum of one tensor: `result[m] = sum over k of source[m, k]`; without `k` a copy in another order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reduction {
    /// In source and result.
    pub kept: Vec<Strided<2>>,
    /// In the source alone.
    pub summed: Vec<Strided<1>>,
}

/// Whether a step overwrites its result or adds to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The elements of the result that the step reaches are overwritten.
    Overwrite,
    /// The step's sums are added to them.
    Add,
}

/// Runs a product with the loops of any semiring, in a fixed order.
///
/// # Errors
/// Those of the semiring.
///
/// # Panics
/// If a slice is shorter than the strides reach.
pub fn product_reference<S: Semiring + ?Sized>(
    semiring: &S,
    product: &Product,
    operands: [&[S::Element]; 2],
    result: &mut [S::Element],
    mode: Mode,
) -> Result<(), SemiringError> {
    let [left, right] = operands;
    each(&product.batch, [0; 3], &mut |[lb, rb, zb]| {
        each(&product.rows, [lb, zb], &mut |[l, z]| {
            each(&product.columns, [rb, z], &mut |[r, z]| {
                let place = at(z);
                let mut sum = if mode == Mode::Add { result[place].clone() } else { semiring.zero() };
                each(&product.inner, [l, r], &mut |[l, r]| {
                    let term = semiring.multiply(&left[at(l)], &right[at(r)])?;
                    sum = semiring.add(&sum, &term)?;
                    Ok(())
                })?;
                result[place] = sum;
                Ok(())
            })
        })
    })
}

/// Runs a sum of one tensor with the loops of any semiring, in a fixed order.
///
/// # Errors
/// Those of the semiring.
///
/// # Panics
/// If a slice is shorter than the strides reach.
pub fn reduce_reference<S: Semiring + ?Sized>(
    semiring: &S,
    reduction: &Reduction,
    source: &[S::Element],
    result: &mut [S::Element],
    mode: Mode,
) -> Result<(), SemiringError> {
    each(&reduction.kept, [0; 2], &mut |[from, to]| {
        let mut sum = if mode == Mode::Add { result[at(to)].clone() } else { semiring.zero() };
        each(&reduction.summed, [from], &mut |[from]| {
            sum = semiring.add(&sum, &source[at(from)])?;
            Ok(())
        })?;
        result[at(to)] = sum;
        Ok(())
    })
}
