//! Real and complex numbers, with the fastest kernels.

use std::marker::PhantomData;

use pulp::Arch;

use super::{Semiring, SemiringError};
use crate::product::{self, Mode, Number, Product, Reduction};

/// The field of real or complex numbers: `f32`, `f64`, `Complex<f32>` or `Complex<f64>`.
///
/// Sums are rounded in an order that the sizes and strides of a product fix, not the number of threads.
///
/// # Examples
/// ```
/// use schur_tensor::{
///     product::{Mode, Product, ProductAxis},
///     semiring::{Arithmetic, Semiring},
/// };
///
/// let axis = |left, right, result| ProductAxis { size: 2, left, right, result };
/// let square = Product::new(&[
///     axis(Some(2), None, Some(2)),
///     axis(None, Some(1), Some(1)),
///     axis(Some(1), Some(2), None),
/// ])?;
/// let (matrix, mut result) = ([1.0, 1.0, 1.0, 0.0], [0.0; 4]);
/// Arithmetic::<f64>::new().product(&square, [&matrix, &matrix], &mut result, Mode::Overwrite, &mut Vec::new())?;
/// assert_eq!(result, [2.0, 1.0, 1.0, 1.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Arithmetic<T> {
    arch: Arch,
    marker: PhantomData<T>,
}

impl<T: Number> Arithmetic<T> {
    /// With the best instructions that this machine has.
    pub fn new() -> Self {
        Self::with_instructions(Arch::new())
    }

    /// With the instructions given: tests force each set of them in turn.
    pub const fn with_instructions(arch: Arch) -> Self {
        Self { arch, marker: PhantomData }
    }
}

impl<T: Number> Default for Arithmetic<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// What is compiled here once for each kind of number, and not in every crate that multiplies.
macro_rules! impl_arithmetic {
    ($T:ty) => {
        impl Arithmetic<$T> {
            /// Multiplies and sums as [`Semiring::product`] does, where index zero lies at `starts` in left, right and
            /// result: so strides may be negative.
            ///
            /// # Panics
            /// If a slice is shorter than the strides reach.
            pub fn product_from(
                &self,
                starts: [usize; 3],
                product: &Product,
                operands: [&[$T]; 2],
                result: &mut [$T],
                (mode, scratch): (Mode, &mut Vec<$T>),
            ) {
                product::multiply(self.arch, (product, starts), operands, result, mode, scratch);
            }

            /// Sums as [`Semiring::reduce`] does, where index zero lies at `starts` in source and result: so strides
            /// may be negative.
            ///
            /// # Panics
            /// If a slice is shorter than the strides reach.
            pub fn reduce_from(
                &self,
                starts: [usize; 2],
                reduction: &Reduction,
                source: &[$T],
                result: &mut [$T],
                mode: Mode,
            ) {
                product::sum(self.arch, (reduction, starts), source, result, mode);
            }
        }

        impl Semiring for Arithmetic<$T> {
            type Element = $T;

            fn name(&self) -> &'static str {
                <$T as Number>::FIELD
            }
            fn zero(&self) -> $T {
                <$T as Number>::ZERO
            }
            fn one(&self) -> $T {
                <$T as Number>::ONE
            }
            #[inline]
            fn add(&self, a: &$T, b: &$T) -> Result<$T, SemiringError> {
                Ok(a + b)
            }
            #[inline]
            fn multiply(&self, a: &$T, b: &$T) -> Result<$T, SemiringError> {
                Ok(a * b)
            }

            fn product(
                &self,
                product: &Product,
                operands: [&[$T]; 2],
                result: &mut [$T],
                mode: Mode,
                scratch: &mut Vec<$T>,
            ) -> Result<(), SemiringError> {
                self.product_from([0; 3], product, operands, result, (mode, scratch));
                Ok(())
            }

            fn reduce(
                &self,
                reduction: &Reduction,
                source: &[$T],
                result: &mut [$T],
                mode: Mode,
            ) -> Result<(), SemiringError> {
                self.reduce_from([0; 2], reduction, source, result, mode);
                Ok(())
            }
        }
    };
}

impl_arithmetic!(f32);
impl_arithmetic!(f64);
impl_arithmetic!(pulp::num_complex::Complex<f32>);
impl_arithmetic!(pulp::num_complex::Complex<f64>);
