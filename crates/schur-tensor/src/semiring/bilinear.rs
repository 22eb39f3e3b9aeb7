//! Derivatives over the real and the complex numbers: products like the one that is derived.

use pulp::num_complex::Complex;

use super::{Arithmetic, Differentiable, Semiring, SemiringError};
use crate::product::{Mode, Product, Reduction, Strided, product_reference, reduce_reference};

/// Axes with the tensors that their strides are of in another sequence.
fn reordered<const N: usize>(axes: &[Strided<N>], places: [usize; N]) -> Vec<Strided<N>> {
    axes.iter().map(|axis| Strided { size: axis.size, strides: places.map(|place| axis.strides[place]) }).collect()
}

/// The product that takes the cotangent of the result and the right operand to the gradient of the left one.
fn towards_left(product: &Product) -> Product {
    Product {
        batch: reordered(&product.batch, [2, 1, 0]),
        rows: reordered(&product.rows, [1, 0]),
        columns: reordered(&product.inner, [1, 0]),
        inner: reordered(&product.columns, [1, 0]),
    }
}

/// The product that takes the left operand and the cotangent of the result to the gradient of the right one.
fn towards_right(product: &Product) -> Product {
    Product {
        batch: reordered(&product.batch, [0, 2, 1]),
        rows: product.inner.clone(),
        columns: reordered(&product.columns, [1, 0]),
        inner: product.rows.clone(),
    }
}

/// Adds a product to a gradient. An operand that repeats itself, with stride zero, gets the sum of its repetitions.
fn add<S: Semiring>(
    semiring: &S,
    product: &Product,
    operands: [&[S::Element]; 2],
    gradient: &mut [S::Element],
) -> Result<(), SemiringError> {
    let repeats = product.batch.iter().any(|axis| axis.strides[2] == 0)
        || product.rows.iter().chain(&product.columns).any(|axis| axis.strides[1] == 0);
    if repeats {
        return product_reference(semiring, product, operands, gradient, Mode::Add);
    }
    semiring.product(product, operands, gradient, Mode::Add, &mut Vec::new())
}

macro_rules! impl_differentiable {
    ($T:ty) => {
        /// Derivatives of a complex product are those of a polynomial: nothing is conjugated.
        impl Differentiable for Arithmetic<$T> {
            fn product_backward(
                &self,
                product: &Product,
                [a, b]: [&[$T]; 2],
                _result: &[$T],
                cotangent: &[$T],
                [left, right]: [Option<&mut [$T]>; 2],
            ) -> Result<(), SemiringError> {
                if let Some(gradient) = left {
                    add(self, &towards_left(product), [cotangent, b], gradient)?;
                }
                if let Some(gradient) = right {
                    add(self, &towards_right(product), [a, cotangent], gradient)?;
                }
                Ok(())
            }

            fn product_tangent(
                &self,
                product: &Product,
                [a, b]: [&[$T]; 2],
                _result: &[$T],
                [left, right]: [Option<&[$T]>; 2],
                (tangent, mode): (&mut [$T], Mode),
            ) -> Result<(), SemiringError> {
                let mut scratch = Vec::new();
                match (left, right) {
                    (Some(left), Some(right)) => {
                        self.product(product, [left, b], tangent, mode, &mut scratch)?;
                        self.product(product, [a, right], tangent, Mode::Add, &mut scratch)
                    }
                    (Some(left), None) => self.product(product, [left, b], tangent, mode, &mut scratch),
                    (None, Some(right)) => self.product(product, [a, right], tangent, mode, &mut scratch),
                    // Zero times what is there, which leaves zeros or adds nothing.
                    (None, None) => {
                        self.product(product, [&vec![self.zero(); a.len()], b], tangent, mode, &mut scratch)
                    }
                }
            }

            fn reduce_backward(
                &self,
                reduction: &Reduction,
                _source: &[$T],
                _result: &[$T],
                cotangent: &[$T],
                gradient: &mut [$T],
            ) -> Result<(), SemiringError> {
                let mut spread = Reduction { kept: reordered(&reduction.kept, [1, 0]), ..Reduction::default() };
                for &Strided { size, strides: [from] } in &reduction.summed {
                    spread.kept.push(Strided { size, strides: [0, from] });
                }
                if spread.kept.iter().any(|axis| axis.strides[1] == 0) {
                    return reduce_reference(self, &spread, cotangent, gradient, Mode::Add);
                }
                self.reduce(&spread, cotangent, gradient, Mode::Add)
            }

            fn reduce_tangent(
                &self,
                reduction: &Reduction,
                _source: &[$T],
                _result: &[$T],
                tangent: &[$T],
                (moved, mode): (&mut [$T], Mode),
            ) -> Result<(), SemiringError> {
                self.reduce(reduction, tangent, moved, mode)
            }
        }
    };
}

impl_differentiable!(f32);
impl_differentiable!(f64);
impl_differentiable!(Complex<f32>);
impl_differentiable!(Complex<f64>);
