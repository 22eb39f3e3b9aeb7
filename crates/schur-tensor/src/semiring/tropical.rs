//! Semirings whose addition chooses: the largest or the smallest of its terms.

use std::marker::PhantomData;

use super::{
    Semiring, SemiringError, Slopes,
    tiles::{Terms, tiled},
};
use crate::Real;

/// Writes a semiring that chooses down to its zero, one, product, preference, elements and slopes.
macro_rules! choosing_semiring {
    ($(#[$doc:meta])* $name:ident, $text:literal, $sign:literal, zero: $zero:expr, one: $one:expr, $product:expr,
     beats: $beats:expr, elements: $expected:literal, $is_element:expr, slopes: $slopes:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct $name<T>(PhantomData<T>);

        impl<T> $name<T> {
            /// The semiring; it holds nothing.
            pub const fn new() -> Self {
                Self(PhantomData)
            }
        }

        impl<T: Real> $name<T> {
            #[inline(always)]
            fn choose(a: T, b: T) -> T {
                if $beats(b, a) { b } else { a }
            }
        }

        impl<T: Real> Terms for $name<T> {
            type Element = T;
            const NEEDS_FINISH: bool = true;

            #[inline(always)]
            fn zero(self) -> T {
                T::from_f64($zero)
            }
            #[inline(always)]
            fn one(self) -> T {
                T::from_f64($one)
            }
            #[inline(always)]
            fn step(self, sum: T, a: T, b: T) -> T {
                Self::choose(sum, $product(a, b))
            }
            #[inline(always)]
            fn fits(self, sum: T) -> bool {
                $is_element(sum)
            }
        }

        impl<T: Real> Semiring for $name<T> {
            type Element = T;

            fn name(&self) -> &'static str {
                $text
            }
            fn zero(&self) -> T {
                T::from_f64($zero)
            }
            fn one(&self) -> T {
                T::from_f64($one)
            }
            fn add(&self, a: &T, b: &T) -> Result<T, SemiringError> {
                Ok(Self::choose(*a, *b))
            }
            fn multiply(&self, a: &T, b: &T) -> Result<T, SemiringError> {
                let value = $product(*a, *b);
                if $is_element(value) {
                    return Ok(value);
                }
                Err(SemiringError::Overflow {
                    semiring: $text,
                    operation: format!(concat!("{:?} ", $sign, " {:?}"), a, b),
                    way_out: "use f64 if this is f32, and scale the operands",
                })
            }
            fn check(&self, element: &T) -> Result<(), SemiringError> {
                if $is_element(*element) {
                    return Ok(());
                }
                let element = format!("{element:?}");
                Err(SemiringError::Foreign { semiring: $text, element, expected: $expected })
            }

            tiled!(T, |semiring| Some(*semiring));
        }

        impl<T: Real> Slopes for $name<T> {
            const CHOOSES: bool = true;

            fn term_slopes(&self, a: T, b: T, _sum: T) -> [T; 2] {
                $slopes(a, b)
            }
            fn element_slope(&self, _element: T, _sum: T) -> T {
                T::ONE
            }
        }
    };
}

/// Below every number; a NaN is not.
#[inline(always)]
fn is_below_infinity<T: Real>(value: T) -> bool {
    value < T::from_f64(f64::INFINITY)
}

/// Above every number's opposite; a NaN is not.
#[inline(always)]
fn is_above_minus_infinity<T: Real>(value: T) -> bool {
    value > T::from_f64(f64::NEG_INFINITY)
}

#[inline(always)]
fn is_finite_and_not_negative<T: Real>(value: T) -> bool {
    value >= T::ZERO && is_below_infinity(value)
}

choosing_semiring!(
    /// Numbers with the maximum as addition and `+` as multiplication: longest paths, best scores, ground states.
    ///
    /// Its zero is -inf, "no way at all". Infinity is not an element, since infinity times zero would have to be zero.
    /// A product beyond the range of `T` is an error; one below it is zero, as in other arithmetic of floats.
    ///
    /// # Examples
    /// ```
    /// use schur_tensor::semiring::{MaxPlus, Semiring};
    ///
    /// let semiring = MaxPlus::<f64>::new();
    /// assert_eq!(semiring.add(&2.0, &3.0)?, 3.0);
    /// assert_eq!(semiring.multiply(&2.0, &3.0)?, 5.0);
    /// assert!(semiring.check(&f64::INFINITY).is_err());
    /// # Ok::<(), schur_tensor::semiring::SemiringError>(())
    /// ```
    MaxPlus, "max-plus", "+", zero: f64::NEG_INFINITY, one: 0.0, |a, b| a + b,
    beats: |new, old| new > old, elements: "finite numbers and -inf", is_below_infinity,
    slopes: |_, _| [T::ONE; 2]
);

choosing_semiring!(
    /// Numbers with the minimum as addition and `+` as multiplication: shortest paths, least costs.
    ///
    /// Its zero is infinity, "no way at all". Minus infinity is not an element, since minus infinity times zero would
    /// have to be zero. A product below the range of `T` is an error; one beyond it is zero, that is infinity.
    ///
    /// # Examples
    /// ```
    /// use schur_tensor::semiring::{MinPlus, Semiring};
    ///
    /// let semiring = MinPlus::<f32>::new();
    /// assert_eq!(semiring.add(&2.0, &3.0)?, 2.0);
    /// assert_eq!(semiring.multiply(&2.0, &3.0)?, 5.0);
    /// # Ok::<(), schur_tensor::semiring::SemiringError>(())
    /// ```
    MinPlus, "min-plus", "+", zero: f64::INFINITY, one: 0.0, |a, b| a + b,
    beats: |new, old| new < old, elements: "finite numbers and inf", is_above_minus_infinity,
    slopes: |_, _| [T::ONE; 2]
);

choosing_semiring!(
    /// Numbers that are not negative, with the maximum as addition: the most probable explanation.
    ///
    /// Infinity is not an element, since infinity times zero would have to be zero. A product beyond the range of `T`
    /// is an error; one too small for it is zero.
    ///
    /// # Examples
    /// ```
    /// use schur_tensor::semiring::{MaxTimes, Semiring};
    ///
    /// let semiring = MaxTimes::<f64>::new();
    /// assert_eq!(semiring.add(&0.25, &0.5)?, 0.5);
    /// assert_eq!(semiring.multiply(&0.25, &0.5)?, 0.125);
    /// assert!(semiring.check(&-0.5).is_err());
    /// # Ok::<(), schur_tensor::semiring::SemiringError>(())
    /// ```
    MaxTimes, "max-times", "*", zero: 0.0, one: 1.0, |a, b| a * b,
    beats: |new, old| new > old, elements: "finite numbers that are not negative", is_finite_and_not_negative,
    slopes: |a, b| [b, a]
);
