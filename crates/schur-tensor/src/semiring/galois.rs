//! The field of two elements.

use super::{
    Semiring, SemiringError,
    tiles::{self, Terms},
};
use crate::product::{Mode, Product, Reduction};

/// The field of two elements: sums and products of bits modulo two.
///
/// `false` is zero and `true` is one, so addition is "exclusive or" and every element is its own opposite.
///
/// # Examples
/// ```
/// use schur_tensor::semiring::{Gf2, Semiring};
///
/// assert!(!Gf2.add(&true, &true)?, "one and one is zero");
/// assert!(Gf2.multiply(&true, &true)?);
/// # Ok::<(), schur_tensor::semiring::SemiringError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Gf2;

impl Terms for Gf2 {
    type Element = bool;

    #[inline(always)]
    fn zero(self) -> bool {
        false
    }
    #[inline(always)]
    fn one(self) -> bool {
        true
    }
    #[inline(always)]
    fn step(self, sum: bool, a: bool, b: bool) -> bool {
        sum ^ (a & b)
    }
}

impl Semiring for Gf2 {
    type Element = bool;

    fn name(&self) -> &'static str {
        "gf2"
    }
    fn zero(&self) -> bool {
        false
    }
    fn one(&self) -> bool {
        true
    }
    fn add(&self, a: &bool, b: &bool) -> Result<bool, SemiringError> {
        Ok(a ^ b)
    }
    fn multiply(&self, a: &bool, b: &bool) -> Result<bool, SemiringError> {
        Ok(a & b)
    }

    fn product(
        &self,
        product: &Product,
        operands: [&[bool]; 2],
        result: &mut [bool],
        mode: Mode,
        scratch: &mut Vec<bool>,
    ) -> Result<(), SemiringError> {
        tiles::product((self, *self), product, operands, result, mode, scratch)
    }

    fn reduce(
        &self,
        reduction: &Reduction,
        source: &[bool],
        result: &mut [bool],
        mode: Mode,
    ) -> Result<(), SemiringError> {
        tiles::reduce((self, *self), reduction, source, result, mode)
    }
}
