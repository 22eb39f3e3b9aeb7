//! Whole numbers of 64 bits that refuse to overflow.

use super::{
    Semiring, SemiringError,
    tiles::{self, Terms},
    walk::{MOST_AXES, Walk, at, count},
};
use crate::product::{Mode, Product, Strided, product_reference};

/// The ring of whole numbers, held in 64 bits; a result beyond them is an error.
///
/// # Examples
/// ```
/// use schur_tensor::semiring::{Integer, Semiring};
///
/// assert_eq!(Integer.multiply(&-6, &7)?, -42);
/// let error = Integer.add(&i64::MAX, &1).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "9223372036854775807 + 1 overflows integer; use `counting`, whose numbers have any size"
/// );
/// # Ok::<(), schur_tensor::semiring::SemiringError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Integer;

/// An error that names both numbers.
fn overflow(a: i64, sign: char, b: i64) -> SemiringError {
    SemiringError::Overflow {
        semiring: "integer",
        operation: format!("{a} {sign} {b}"),
        way_out: "use `counting`, whose numbers have any size",
    }
}

/// The operations without a check, for products that cannot overflow.
#[derive(Clone, Copy)]
struct Unchecked;

impl Terms for Unchecked {
    type Element = i64;

    #[inline(always)]
    fn zero(self) -> i64 {
        0
    }
    #[inline(always)]
    fn one(self) -> i64 {
        1
    }
    #[inline(always)]
    fn step(self, sum: i64, a: i64, b: i64) -> i64 {
        sum.wrapping_add(a.wrapping_mul(b))
    }
}

/// The largest magnitude that each operand of a product contributes; none where it is beyond counting.
fn largest(product: &Product, operands: [&[i64]; 2]) -> Option<[u64; 2]> {
    let over = |elements: &[i64], side: usize, own: &[Strided<2>]| {
        let counts = [count(&product.batch)?, count(own)?, count(&product.inner)?];
        let most = product.batch.len().max(own.len()).max(product.inner.len());
        (most <= MOST_AXES).then_some(())?;
        let mut largest = 0;
        let mut batch = Walk::new(&product.batch, 0);
        for _ in 0..counts[0] {
            let mut row = Walk::new(own, 0);
            for _ in 0..counts[1] {
                let start = batch.offsets()[side] + row.offsets()[0];
                let mut inner = Walk::new(&product.inner, 0);
                for _ in 0..counts[2] {
                    largest = elements[at(start + inner.offsets()[side])].unsigned_abs().max(largest);
                    inner.advance();
                }
                row.advance();
            }
            batch.advance();
        }
        Some(largest)
    };
    Some([over(operands[0], 0, &product.rows)?, over(operands[1], 1, &product.columns)?])
}

/// Whether no partial sum of a product can leave the range, whatever the signs.
fn is_safe(product: &Product, operands: [&[i64]; 2]) -> bool {
    let bound = || {
        let [left, right] = largest(product, operands)?;
        left.checked_mul(right)?.checked_mul(count(&product.inner)?.try_into().ok()?)
    };
    bound().is_some_and(|bound| bound <= i64::MAX.unsigned_abs())
}

impl Semiring for Integer {
    type Element = i64;

    fn name(&self) -> &'static str {
        "integer"
    }
    fn zero(&self) -> i64 {
        0
    }
    fn one(&self) -> i64 {
        1
    }
    fn add(&self, a: &i64, b: &i64) -> Result<i64, SemiringError> {
        a.checked_add(*b).ok_or_else(|| overflow(*a, '+', *b))
    }
    fn multiply(&self, a: &i64, b: &i64) -> Result<i64, SemiringError> {
        a.checked_mul(*b).ok_or_else(|| overflow(*a, '*', *b))
    }

    /// Without checks where the largest elements of both operands show that nothing can overflow.
    fn product(
        &self,
        product: &Product,
        operands: [&[i64]; 2],
        result: &mut [i64],
        mode: Mode,
        scratch: &mut Vec<i64>,
    ) -> Result<(), SemiringError> {
        // What is added to has elements of its own, of which nothing is known.
        if mode == Mode::Overwrite && is_safe(product, operands) {
            return tiles::product((self, Unchecked), product, operands, result, mode, scratch);
        }
        product_reference(self, product, operands, result, mode)
    }
}
