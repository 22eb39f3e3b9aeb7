//! Semirings: what "add" and "multiply" mean in a contraction.
//!
//! A contraction needs no more than a commutative semiring: an addition with a zero, a multiplication with a one that
//! distributes over it, and zero times anything is zero. So the same plan counts paths, finds shortest ones, or
//! multiplies matrices.

use thiserror::Error;

use crate::product::{Mode, Product, Reduction, product_reference, reduce_reference};

/// Why an operation of a semiring has no result.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SemiringError {
    /// The result does not fit the element type.
    #[error("{operation} overflows {semiring}; {way_out}")]
    Overflow {
        /// The semiring, by name.
        semiring: &'static str,
        /// What was computed, with its arguments.
        operation: String,
        /// What to do about it.
        way_out: &'static str,
    },
    /// An element is not one of the semiring's, as a NaN among logarithms.
    #[error("{element} is not an element of {semiring}")]
    Foreign {
        /// The semiring, by name.
        semiring: &'static str,
        /// The element.
        element: String,
    },
}

/// A commutative semiring.
///
/// It is a value, so that one may carry what its elements share: a modulus, a number of variables.
/// Operations that cannot fail return `Ok` always, which the compiler sees and removes.
pub trait Semiring: Sync {
    /// What tensors hold.
    type Element: Clone + PartialEq + std::fmt::Debug + Send + Sync;

    /// The name that users know, as in `schur einsum --semiring NAME`.
    fn name(&self) -> &'static str;
    /// The neutral element of addition, which multiplication turns everything into.
    fn zero(&self) -> Self::Element;
    /// The neutral element of multiplication.
    fn one(&self) -> Self::Element;
    /// `a + b`.
    ///
    /// # Errors
    /// [`SemiringError::Overflow`] where the elements are bounded.
    fn add(&self, a: &Self::Element, b: &Self::Element) -> Result<Self::Element, SemiringError>;
    /// `a * b`.
    ///
    /// # Errors
    /// [`SemiringError::Overflow`] where the elements are bounded.
    fn multiply(&self, a: &Self::Element, b: &Self::Element) -> Result<Self::Element, SemiringError>;

    /// Whether tensors may hold this element.
    ///
    /// # Errors
    /// [`SemiringError::Foreign`].
    fn check(&self, _element: &Self::Element) -> Result<(), SemiringError> {
        Ok(())
    }

    /// Multiplies two tensors and sums over their inner axes.
    ///
    /// Strides count from the beginning of each slice. Whatever the number of threads of the pool that it runs in, the
    /// result has the same bits.
    ///
    /// # Errors
    /// Those of [`add`](Self::add) and [`multiply`](Self::multiply).
    ///
    /// # Panics
    /// If a slice is shorter than the strides reach.
    fn product(
        &self,
        product: &Product,
        operands: [&[Self::Element]; 2],
        result: &mut [Self::Element],
        mode: Mode,
        _scratch: &mut Vec<Self::Element>,
    ) -> Result<(), SemiringError> {
        product_reference(self, product, operands, result, mode)
    }

    /// Sums a tensor over some of its axes and copies the rest.
    ///
    /// # Errors
    /// Those of [`add`](Self::add).
    ///
    /// # Panics
    /// If a slice is shorter than the strides reach.
    fn reduce(
        &self,
        reduction: &Reduction,
        source: &[Self::Element],
        result: &mut [Self::Element],
        mode: Mode,
    ) -> Result<(), SemiringError> {
        reduce_reference(self, reduction, source, result, mode)
    }
}
