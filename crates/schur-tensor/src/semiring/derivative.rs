//! Derivatives of products and sums of semirings whose results move with their operands.
//!
//! A semiring that chooses has a derivative wherever one term is ahead of all others; where several attain the result,
//! the first in the row-major order of the inner indices counts and no other, so that a derivative is one of the
//! functions that meet there, and always the same.

use std::convert::Infallible;

use super::{Semiring, SemiringError};
use crate::{
    Real,
    product::{Mode, Product, Reduction, Strided, at, each},
};

/// A semiring whose results have derivatives with respect to the operands.
///
/// Cotangents and tangents are held in the type of the elements, but are ordinary numbers: they add and scale as such.
/// Where a result was summed over several steps, `result` is that of the one step asked about, not the whole.
pub trait Differentiable: Semiring {
    /// Adds to the gradients of the operands of a product what the cotangent of its result hands back.
    ///
    /// $$ \bar a \mathrel{+}= \sum_{\text{terms}} \frac{\partial c}{\partial a} \bar c $$
    ///
    /// # Shapes
    /// The cotangent lies as the result, each gradient as its operand; one that is not asked for is `None`.
    ///
    /// # Errors
    /// Those of [`Semiring::multiply`].
    ///
    /// # Panics
    /// If a slice is shorter than the strides reach.
    fn product_backward(
        &self,
        product: &Product,
        operands: [&[Self::Element]; 2],
        result: &[Self::Element],
        cotangent: &[Self::Element],
        gradients: [Option<&mut [Self::Element]>; 2],
    ) -> Result<(), SemiringError>;

    /// Computes how the result of a product moves with its operands.
    ///
    /// $$ \dot c \mathrel{(+)=} \sum_{\text{terms}} \frac{\partial c}{\partial a} \dot a
    ///    + \frac{\partial c}{\partial b} \dot b $$
    ///
    /// # Shapes
    /// Each tangent lies as its operand, `None` for one at rest; that of the result as the result.
    ///
    /// # Errors
    /// Those of [`Semiring::multiply`].
    ///
    /// # Panics
    /// If a slice is shorter than the strides reach.
    fn product_tangent(
        &self,
        product: &Product,
        operands: [&[Self::Element]; 2],
        result: &[Self::Element],
        tangents: [Option<&[Self::Element]>; 2],
        tangent: (&mut [Self::Element], Mode),
    ) -> Result<(), SemiringError>;

    /// Adds to the gradient of the source of a sum what the cotangent of its result hands back.
    ///
    /// # Errors
    /// None of the semirings here has any.
    ///
    /// # Panics
    /// If a slice is shorter than the strides reach.
    fn reduce_backward(
        &self,
        reduction: &Reduction,
        source: &[Self::Element],
        result: &[Self::Element],
        cotangent: &[Self::Element],
        gradient: &mut [Self::Element],
    ) -> Result<(), SemiringError>;

    /// Computes how the result of a sum moves with its source.
    ///
    /// # Errors
    /// None of the semirings here has any.
    ///
    /// # Panics
    /// If a slice is shorter than the strides reach.
    fn reduce_tangent(
        &self,
        reduction: &Reduction,
        source: &[Self::Element],
        result: &[Self::Element],
        tangent: &[Self::Element],
        tangent_of_result: (&mut [Self::Element], Mode),
    ) -> Result<(), SemiringError>;
}

/// A semiring of real numbers that knows its derivatives term by term, which makes it [`Differentiable`].
///
/// # Examples
/// Of the two ways from a beginning to an end the longer one counts, and it alone has a derivative:
///
/// ```
/// use schur_tensor::{
///     product::{Mode, Product, ProductAxis},
///     semiring::{Differentiable, MaxPlus, Semiring},
/// };
///
/// let ways = Product::new(&[ProductAxis { size: 2, left: Some(1), right: Some(1), result: None }])?;
/// let (semiring, a, b) = (MaxPlus::<f64>::new(), [1.0, 5.0], [2.0, 0.5]);
/// let mut longest = [0.0];
/// semiring.product(&ways, [&a, &b], &mut longest, Mode::Overwrite, &mut Vec::new())?;
/// assert_eq!(longest, [5.5]);
///
/// let mut gradient = [0.0; 2];
/// semiring.product_backward(&ways, [&a, &b], &longest, &[1.0], [Some(&mut gradient), None])?;
/// assert_eq!(gradient, [0.0, 1.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Slopes: Semiring<Element: Real> {
    /// Whether addition chooses one of its terms, the first that attains the sum, and all others have slope zero.
    const CHOOSES: bool;

    /// The derivatives of a sum with respect to `a` and `b`, through its term `a * b`.
    fn term_slopes(&self, a: Self::Element, b: Self::Element, sum: Self::Element) -> [Self::Element; 2];

    /// The derivative of a sum with respect to one of its elements.
    fn element_slope(&self, element: Self::Element, sum: Self::Element) -> Self::Element;
}

impl<S: Slopes> Differentiable for S {
    fn product_backward(
        &self,
        product: &Product,
        operands: [&[S::Element]; 2],
        result: &[S::Element],
        cotangent: &[S::Element],
        [mut left, mut right]: [Option<&mut [S::Element]>; 2],
    ) -> Result<(), SemiringError> {
        each_result(product, &mut |place, starts| {
            let terms = Terms { semiring: self, inner: &product.inner, operands, starts, sum: result[place] };
            terms.each(&mut |[l, r], slopes| {
                if let Some(gradient) = &mut left {
                    gradient[l] += slopes[0] * cotangent[place];
                }
                if let Some(gradient) = &mut right {
                    gradient[r] += slopes[1] * cotangent[place];
                }
            })
        })
    }

    fn product_tangent(
        &self,
        product: &Product,
        operands: [&[S::Element]; 2],
        result: &[S::Element],
        [left, right]: [Option<&[S::Element]>; 2],
        (tangent, mode): (&mut [S::Element], Mode),
    ) -> Result<(), SemiringError> {
        each_result(product, &mut |place, starts| {
            let mut total = if mode == Mode::Add { tangent[place] } else { S::Element::ZERO };
            let terms = Terms { semiring: self, inner: &product.inner, operands, starts, sum: result[place] };
            terms.each(&mut |[l, r], slopes| {
                total += left.map_or(S::Element::ZERO, |tangent| slopes[0] * tangent[l]);
                total += right.map_or(S::Element::ZERO, |tangent| slopes[1] * tangent[r]);
            })?;
            tangent[place] = total;
            Ok(())
        })
    }

    fn reduce_backward(
        &self,
        reduction: &Reduction,
        source: &[S::Element],
        result: &[S::Element],
        cotangent: &[S::Element],
        gradient: &mut [S::Element],
    ) -> Result<(), SemiringError> {
        each_sum(reduction, &mut |from, place| {
            each_element(self, &reduction.summed, source, (from, result[place]), &mut |position, slope| {
                gradient[position] += slope * cotangent[place];
            });
        });
        Ok(())
    }

    fn reduce_tangent(
        &self,
        reduction: &Reduction,
        source: &[S::Element],
        result: &[S::Element],
        tangent: &[S::Element],
        (moved, mode): (&mut [S::Element], Mode),
    ) -> Result<(), SemiringError> {
        each_sum(reduction, &mut |from, place| {
            let mut total = if mode == Mode::Add { moved[place] } else { S::Element::ZERO };
            each_element(self, &reduction.summed, source, (from, result[place]), &mut |position, slope| {
                total += slope * tangent[position];
            });
            moved[place] = total;
        });
        Ok(())
    }
}

/// Calls `action` with the place of each result of a product, and where its operands begin.
fn each_result(
    product: &Product,
    action: &mut dyn FnMut(usize, [isize; 2]) -> Result<(), SemiringError>,
) -> Result<(), SemiringError> {
    each(&product.batch, [0; 3], &mut |[lb, rb, zb]| {
        each(&product.rows, [lb, zb], &mut |[l, z]| {
            each(&product.columns, [rb, z], &mut |[r, z]| action(at(z), [l, r]))
        })
    })
}

/// Calls `action` with where the source of each sum begins, and the place of the sum.
fn each_sum(reduction: &Reduction, action: &mut dyn FnMut(isize, usize)) {
    let Ok(()) = each::<2, Infallible>(&reduction.kept, [0; 2], &mut |[from, to]| {
        action(from, at(to));
        Ok(())
    });
}

/// The terms of one result of a product.
struct Terms<'a, S: Slopes> {
    semiring: &'a S,
    inner: &'a [Strided<2>],
    operands: [&'a [S::Element]; 2],
    starts: [isize; 2],
    sum: S::Element,
}

impl<S: Slopes> Terms<'_, S> {
    /// Calls `action` with the places of both factors of each term that the result moves with, and its slopes.
    fn each(&self, action: &mut dyn FnMut([usize; 2], [S::Element; 2])) -> Result<(), SemiringError> {
        // Nothing leads to a result that is zero, and nothing is known of how it would leave it.
        if self.sum == self.semiring.zero() {
            return Ok(());
        }
        let walked = each(self.inner, self.starts, &mut |offsets| {
            let places = offsets.map(at);
            let (a, b) = (self.operands[0][places[0]], self.operands[1][places[1]]);
            if S::CHOOSES {
                match self.semiring.multiply(&a, &b) {
                    Err(error) => return Err(Some(error)),
                    Ok(term) if term != self.sum => return Ok(()),
                    Ok(_) => {}
                }
            }
            action(places, self.semiring.term_slopes(a, b, self.sum));
            // No error: the chosen term has been found.
            if S::CHOOSES { Err(None) } else { Ok(()) }
        });
        walked.or_else(|error| error.map_or(Ok(()), Err))
    }
}

/// Calls `action` with the position of each element that a sum moves with, and its slope.
fn each_element<S: Slopes>(
    semiring: &S,
    summed: &[Strided<1>],
    source: &[S::Element],
    (from, sum): (isize, S::Element),
    action: &mut dyn FnMut(usize, S::Element),
) {
    if sum == semiring.zero() {
        return;
    }
    let _ = each(summed, [from], &mut |[offset]| {
        let element = source[at(offset)];
        if S::CHOOSES && element != sum {
            return Ok(());
        }
        action(at(offset), semiring.element_slope(element, sum));
        if S::CHOOSES { Err(()) } else { Ok(()) }
    });
}
