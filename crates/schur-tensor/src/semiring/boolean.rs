//! Truth values: whether anything fits, not how much.

use super::{
    Semiring, SemiringError,
    tiles::{self, Terms},
};
use crate::product::{Mode, Product, Reduction};

/// Truth values with "or" as addition and "and" as multiplication.
///
/// A product of relations is their join; a sum over an index asks whether any value of it will do.
///
/// # Examples
/// ```
/// use schur_tensor::semiring::{Boolean, Semiring};
///
/// assert!(Boolean.add(&true, &true)?, "there is no more than true");
/// assert!(!Boolean.multiply(&true, &false)?);
/// # Ok::<(), schur_tensor::semiring::SemiringError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Boolean;

impl Terms for Boolean {
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
        sum | (a & b)
    }
}

impl Semiring for Boolean {
    type Element = bool;

    fn name(&self) -> &'static str {
        "boolean"
    }
    fn zero(&self) -> bool {
        false
    }
    fn one(&self) -> bool {
        true
    }
    fn add(&self, a: &bool, b: &bool) -> Result<bool, SemiringError> {
        Ok(a | b)
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
