//! Integers modulo a number.

use super::{
    Semiring, SemiringError,
    tiles::{Terms, tiled},
};

/// Above this modulus sums of products are reduced one by one, in 128 bits.
const LARGEST_LAZY: u64 = 1 << 31;

/// The ring of integers modulo a number, held as remainders from zero on.
///
/// # Examples
/// ```
/// use schur_tensor::semiring::{Modular, Semiring};
///
/// let seven = Modular::new(7)?;
/// assert_eq!(seven.multiply(&3, &5)?, 1, "three and five are inverses of each other");
/// assert_eq!(seven.remainder(-1), 6);
/// assert!(Modular::new(0).is_err());
/// # Ok::<(), schur_tensor::semiring::SemiringError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Modular {
    modulus: u64,
}

impl Modular {
    /// The integers modulo a number of two or more; a prime one makes a field of them.
    ///
    /// # Errors
    /// [`SemiringError::Modulus`] for zero and one.
    pub const fn new(modulus: u64) -> Result<Self, SemiringError> {
        if modulus < 2 { Err(SemiringError::Modulus { modulus }) } else { Ok(Self { modulus }) }
    }

    /// The modulus.
    pub const fn modulus(&self) -> u64 {
        self.modulus
    }

    /// The element that an integer, negative ones included, is equal to.
    #[expect(clippy::cast_possible_truncation, reason = "a remainder is below the modulus")]
    pub fn remainder(&self, integer: i64) -> u64 {
        i128::from(integer).rem_euclid(i128::from(self.modulus)) as u64
    }
}

/// Sums are kept below the square of the modulus, so that no term costs a division.
#[derive(Clone, Copy)]
struct Lazy {
    modulus: u64,
}

impl Terms for Lazy {
    type Element = u64;
    const NEEDS_FINISH: bool = true;

    #[inline(always)]
    fn zero(self) -> u64 {
        0
    }
    #[inline(always)]
    fn one(self) -> u64 {
        1
    }
    #[inline(always)]
    fn step(self, sum: u64, a: u64, b: u64) -> u64 {
        let (square, sum) = (self.modulus * self.modulus, sum.wrapping_add(a.wrapping_mul(b)));
        if sum >= square { sum - square } else { sum }
    }
    #[inline(always)]
    fn finish(self, sum: u64) -> u64 {
        sum % self.modulus
    }
}

impl Semiring for Modular {
    type Element = u64;

    fn name(&self) -> &'static str {
        "modular"
    }
    fn zero(&self) -> u64 {
        0
    }
    fn one(&self) -> u64 {
        1
    }
    #[expect(clippy::cast_possible_truncation, reason = "a remainder is below the modulus")]
    fn add(&self, a: &u64, b: &u64) -> Result<u64, SemiringError> {
        Ok(((u128::from(*a) + u128::from(*b)) % u128::from(self.modulus)) as u64)
    }
    #[expect(clippy::cast_possible_truncation, reason = "a remainder is below the modulus")]
    fn multiply(&self, a: &u64, b: &u64) -> Result<u64, SemiringError> {
        Ok((u128::from(*a) * u128::from(*b) % u128::from(self.modulus)) as u64)
    }
    fn check(&self, element: &u64) -> Result<(), SemiringError> {
        if *element < self.modulus {
            return Ok(());
        }
        let element = format!("{element} (modulo {})", self.modulus);
        Err(SemiringError::Foreign { semiring: "modular", element, expected: "whole numbers below the modulus" })
    }

    tiled!(u64, |modular| (modular.modulus <= LARGEST_LAZY).then_some(Lazy { modulus: modular.modulus }));
}
