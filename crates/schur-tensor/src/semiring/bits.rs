//! Semirings of truth values: whether anything fits, and how much does, modulo two.

use super::{
    Semiring, SemiringError,
    tiles::{Terms, tiled},
};

/// Writes a semiring of truth values with "and" as multiplication down to its addition.
macro_rules! bits_semiring {
    ($(#[$doc:meta])* $name:ident, $text:literal, $add:tt) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct $name;

        impl Terms for $name {
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
                sum $add (a & b)
            }
        }

        impl Semiring for $name {
            type Element = bool;

            fn name(&self) -> &'static str {
                $text
            }
            fn zero(&self) -> bool {
                false
            }
            fn one(&self) -> bool {
                true
            }
            fn add(&self, a: &bool, b: &bool) -> Result<bool, SemiringError> {
                Ok(a $add b)
            }
            fn multiply(&self, a: &bool, b: &bool) -> Result<bool, SemiringError> {
                Ok(a & b)
            }

            tiled!(bool, |semiring| Some(*semiring));
        }
    };
}

bits_semiring!(
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
    Boolean, "boolean", |
);

bits_semiring!(
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
    Gf2, "gf2", ^
);
