//! Real and complex numbers behind one trait.

use pulp::num_complex::Complex;

use crate::{Real, real::Sealed};

/// A number that kernels multiply: `f32`, `f64`, or a complex number of them.
///
/// Nobody else can implement it: kernels rely on a complex number being its two parts, one after the other.
pub trait Number:
    Sealed
    + Copy
    + PartialEq
    + std::fmt::Debug
    + Send
    + Sync
    + std::ops::Add<Output = Self>
    + std::ops::Mul<Output = Self>
    + 'static
{
    /// What it is made of.
    type Real: Real;
    /// How many of them.
    const PARTS: usize;
    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;
    /// The name of the field: `real` or `complex`.
    const FIELD: &'static str;

    /// The number with these real and imaginary parts; a real one has no use for the second.
    fn from_parts(re: Self::Real, im: Self::Real) -> Self;
    /// The real and the imaginary part.
    fn parts(self) -> [Self::Real; 2];
}

macro_rules! impl_number {
    ($R:ident) => {
        impl Number for $R {
            type Real = $R;
            const PARTS: usize = 1;
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const FIELD: &'static str = "real";

            #[inline(always)]
            fn from_parts(re: $R, _: $R) -> Self {
                re
            }
            #[inline(always)]
            fn parts(self) -> [$R; 2] {
                [self, 0.0]
            }
        }

        impl Sealed for Complex<$R> {}
        impl Number for Complex<$R> {
            type Real = $R;
            const PARTS: usize = 2;
            const ZERO: Self = Self::new(0.0, 0.0);
            const ONE: Self = Self::new(1.0, 0.0);
            const FIELD: &'static str = "complex";

            #[inline(always)]
            fn from_parts(re: $R, im: $R) -> Self {
                Self::new(re, im)
            }
            #[inline(always)]
            fn parts(self) -> [$R; 2] {
                [self.re, self.im]
            }
        }
    };
}

impl_number!(f32);
impl_number!(f64);
