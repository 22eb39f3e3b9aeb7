//! Whole numbers of 64 bits that refuse to overflow.

use super::{
    Semiring, SemiringError,
    tiles::{self, Terms},
    walk::count,
};
use crate::product::{Mode, Product, Strided};

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

/// To look at so many elements costs less than a term whose sum and product are checked.
const ELEMENTS_A_TERM: usize = 4;

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
struct Unchecked {
    /// No partial sum is larger.
    bound: i64,
}

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
        // The minimum changes nothing, but keeps the compiler from putting terms beside each other in lanes, which it
        // would have to shuffle for; columns belong there.
        sum.wrapping_add(a.wrapping_mul(b)).min(self.bound)
    }
}

/// The largest magnitude among the elements between the first and the last that axes reach.
///
/// Elements in between that they pass over are looked at too, as it is faster than to leave them out; none where there
/// are more of them than `most`, or where the axes count backwards.
fn largest(elements: &[i64], most: usize, axes: impl Iterator<Item = (usize, isize)>) -> Option<u64> {
    let mut last = 0_usize;
    for (size, stride) in axes {
        last = usize::try_from(stride).ok()?.checked_mul(size.checked_sub(1)?)?.checked_add(last)?;
    }
    let reached = if last < most { elements.get(..=last)? } else { return None };
    Some(reached.iter().fold(0, |largest, element| largest.max(element.unsigned_abs())))
}

/// The sizes of axes and their strides in one tensor.
fn along<const N: usize>(axes: &[Strided<N>], tensor: usize) -> impl Iterator<Item = (usize, isize)> {
    axes.iter().map(move |axis| (axis.size, axis.strides[tensor]))
}

/// A bound of the partial sums of a product, whatever the signs; none where they could leave the range.
fn bound(product: &Product, [left, right]: [&[i64]; 2]) -> Option<i64> {
    let Product { batch, rows, columns, inner } = product;
    let terms = count(inner)?;
    let work = [count(batch)?, count(rows)?, count(columns)?].into_iter().try_fold(terms, usize::checked_mul)?;
    let most = work.saturating_mul(ELEMENTS_A_TERM);
    let left = largest(left, most, along(batch, 0).chain(along(rows, 0)).chain(along(inner, 0)))?;
    let right = largest(right, most, along(batch, 1).chain(along(columns, 0)).chain(along(inner, 1)))?;
    left.checked_mul(right)?.checked_mul(terms.try_into().ok()?)?.try_into().ok()
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
        let bound = if mode == Mode::Overwrite { bound(product, operands) } else { None };
        let unchecked = bound.map(|bound| Unchecked { bound });
        tiles::product((self, unchecked), product, operands, result, mode, scratch)
    }
}
