//! Whole numbers of any size, for counting.

use num_bigint::BigInt;

use super::{Semiring, SemiringError};

/// The ring of whole numbers of any size: nothing overflows, and large ones take memory.
///
/// A contraction counts the ways to choose a value for every summed index. Numbers may be negative, so this is also the
/// way out when [`Integer`](super::Integer) overflows.
///
/// # Examples
/// ```
/// use schur_tensor::semiring::{BigInt, Counting, Semiring};
///
/// let most = BigInt::from(u64::MAX);
/// assert_eq!(Counting.multiply(&most, &most)?.to_string(), "340282366920938463426481119284349108225");
/// # Ok::<(), schur_tensor::semiring::SemiringError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counting;

impl Semiring for Counting {
    type Element = BigInt;

    fn name(&self) -> &'static str {
        "counting"
    }
    fn zero(&self) -> BigInt {
        BigInt::ZERO
    }
    fn one(&self) -> BigInt {
        BigInt::from(1)
    }
    fn add(&self, a: &BigInt, b: &BigInt) -> Result<BigInt, SemiringError> {
        Ok(a + b)
    }
    fn multiply(&self, a: &BigInt, b: &BigInt) -> Result<BigInt, SemiringError> {
        Ok(a * b)
    }
}
