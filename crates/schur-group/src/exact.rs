//! Exact numbers of the form `n/d sqrt(r)`, which is what coupling coefficients are.

use std::fmt;

/// An exact real number `numerator / denominator * sqrt(radicand)`.
///
/// Always in lowest terms: the fraction is reduced and the radicand has no square factor, so equal numbers are equal
/// structures.
///
/// # Examples
/// ```
/// let three_j = schur_group::wigner_3j(1, 1, 0)?;
/// let value = three_j.entries()[0].value;
/// assert_eq!(value.to_string(), "1/3 sqrt(3)");
/// assert_eq!(value.to_f64(), (1.0_f64 / 3.0).sqrt());
/// # Ok::<(), schur_group::GroupError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Surd {
    numerator: i128,
    denominator: u128,
    radicand: u128,
}

impl Surd {
    /// The number 0.
    pub const ZERO: Surd = Surd { numerator: 0, denominator: 1, radicand: 1 };

    /// Returns the signed numerator of the rational factor.
    pub fn numerator(&self) -> i128 {
        self.numerator
    }

    /// Returns the positive denominator of the rational factor.
    pub fn denominator(&self) -> u128 {
        self.denominator
    }

    /// Returns the number under the root, without square factors.
    pub fn radicand(&self) -> u128 {
        self.radicand
    }

    /// Rounds to a float, right to the last place while numerator and denominator are below 2^53.
    pub fn to_f64(&self) -> f64 {
        let (n, d, r) = (self.numerator as f64, self.denominator as f64, self.radicand as f64);
        // The rounding errors of the root, the product and the quotient are carried along and added at the end.
        let root = r.sqrt();
        let root_error = (-root).mul_add(root, r) / (2.0 * root);
        let product = n * root;
        let product_error = n.mul_add(root, -product) + n * root_error;
        let quotient = product / d;
        let remainder = (-quotient).mul_add(d, product) + product_error;
        quotient + remainder / d
    }

    /// Returns the number with the opposite sign.
    #[must_use]
    pub fn negated(&self) -> Self {
        Self { numerator: -self.numerator, ..*self }
    }

    /// Takes the root of a whole number.
    pub(crate) fn root(square: u128) -> Self {
        let (mut numerator, mut radicand) = (1, square);
        let mut divisor = 2_u128;
        while divisor * divisor <= radicand {
            while radicand.is_multiple_of(divisor * divisor) {
                radicand /= divisor * divisor;
                numerator *= divisor as i128;
            }
            divisor += 1;
        }
        if square == 0 { Self::ZERO } else { Self { numerator, denominator: 1, radicand } }
    }

    /// Multiplies two numbers; `None` if the result cannot be held.
    pub(crate) fn checked_mul(&self, other: &Surd) -> Option<Self> {
        if self.numerator == 0 || other.numerator == 0 {
            return Some(Self::ZERO);
        }
        // Neither radicand has a square factor, so their common divisor is all that comes out of the root.
        let shared = common_divisor(self.radicand, other.radicand);
        let radicand = (self.radicand / shared).checked_mul(other.radicand / shared)?;
        // Cancelling before multiplying keeps the products as small as they can be.
        let [left, right, root] = [self.numerator.unsigned_abs(), other.numerator.unsigned_abs(), shared];
        let (left, d2) = reduce(left, other.denominator);
        let (right, d1) = reduce(right, self.denominator);
        let (root, d1) = reduce(root, d1);
        let (root, d2) = reduce(root, d2);
        let numerator = i128::try_from(left.checked_mul(right)?.checked_mul(root)?).ok()?;
        let sign = self.numerator.signum() * other.numerator.signum();
        Some(Self { numerator: sign * numerator, denominator: d1.checked_mul(d2)?, radicand })
    }

    /// Multiplies a whole number by the root of `square`; `None` if the result cannot be held.
    pub(crate) fn with_root(whole: i128, square: &PrimePowers) -> Option<Self> {
        let (mut numerator, mut denominator, mut radicand) = (whole.unsigned_abs(), 1_u128, 1_u128);
        if whole == 0 {
            return Some(Self::ZERO);
        }
        for (prime, exponent) in square.iter() {
            if exponent.rem_euclid(2) == 1 {
                radicand = radicand.checked_mul(prime)?;
            }
            let mut power = exponent.div_euclid(2);
            while power < 0 && numerator.is_multiple_of(prime) {
                numerator /= prime;
                power += 1;
            }
            let factor = prime.checked_pow(power.unsigned_abs())?;
            let side = if power < 0 { &mut denominator } else { &mut numerator };
            *side = side.checked_mul(factor)?;
        }
        let numerator = i128::try_from(numerator).ok()? * whole.signum();
        Some(Self { numerator, denominator, radicand })
    }
}

fn common_divisor(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

/// Divides two whole numbers by what they share.
fn reduce(a: u128, b: u128) -> (u128, u128) {
    let shared = common_divisor(a, b);
    (a / shared, b / shared)
}

impl fmt::Display for Surd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.numerator)?;
        if self.denominator != 1 {
            write!(f, "/{}", self.denominator)?;
        }
        if self.radicand != 1 {
            write!(f, " sqrt({})", self.radicand)?;
        }
        Ok(())
    }
}

/// A positive rational number as powers of primes, which factorials cancel in.
#[derive(Clone, Debug)]
pub(crate) struct PrimePowers {
    /// Primes up to the largest factorial, with their exponents.
    powers: Vec<(u128, i32)>,
}

impl PrimePowers {
    /// Makes the number 1 with room for factorials up to `largest!`.
    pub(crate) fn one(largest: usize) -> Self {
        let is_prime = |n: usize| (2..n).take_while(|d| d * d <= n).all(|d| !n.is_multiple_of(d));
        // 2 is always there, as the change to the real basis brings halves.
        let powers = (2..=largest.max(2)).filter(|&n| is_prime(n)).map(|prime| (prime as u128, 0)).collect();
        Self { powers }
    }

    /// Multiplies by `(n!)^power`; the exponent of a prime in `n!` is the sum of `n / p^k` (Legendre).
    pub(crate) fn multiply_factorial(&mut self, n: usize, power: i32) {
        for (prime, exponent) in &mut self.powers {
            let mut rest = n / *prime as usize;
            while rest > 0 {
                *exponent += power * rest as i32;
                rest /= *prime as usize;
            }
        }
    }

    /// Divides by two.
    pub(crate) fn halve(&mut self) {
        if let Some(two) = self.powers.first_mut() {
            two.1 -= 1;
        }
    }

    fn iter(&self) -> impl Iterator<Item = (u128, i32)> + '_ {
        self.powers.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factorials_cancel() {
        let mut q = PrimePowers::one(30);
        q.multiply_factorial(30, 1);
        q.multiply_factorial(28, -1);
        // 30!/28! = 870 = 2 * 3 * 5 * 29, which has no square factor.
        let surd = Surd::with_root(-2, &q).unwrap();
        assert_eq!((surd.numerator(), surd.denominator(), surd.radicand()), (-2, 1, 870));
    }

    #[test]
    fn roots_come_out_in_lowest_terms() {
        let mut q = PrimePowers::one(6);
        q.multiply_factorial(6, -1);
        q.halve();
        // 1 / 1440 = 10 / 120^2, and 12/120 = 1/10.
        let surd = Surd::with_root(12, &q).unwrap();
        assert_eq!((surd.numerator(), surd.denominator(), surd.radicand()), (1, 10, 10));
        assert_eq!(surd.negated().to_string(), "-1/10 sqrt(10)");
        assert_eq!(surd.to_f64(), 0.1_f64.sqrt());
    }

    #[test]
    fn products_come_out_in_lowest_terms() {
        let surd = |numerator, denominator, radicand| Surd { numerator, denominator, radicand };
        // 3/5 sqrt(6) * -5/9 sqrt(10) = -1/3 sqrt(60) = -2/3 sqrt(15).
        assert_eq!(surd(3, 5, 6).checked_mul(&surd(-5, 9, 10)), Some(surd(-2, 3, 15)));
        // 1/2 sqrt(2) squared is 1/2: the 2 from the roots cancels.
        assert_eq!(surd(1, 2, 2).checked_mul(&surd(1, 2, 2)), Some(surd(1, 2, 1)));
        assert_eq!(Surd::ZERO.checked_mul(&surd(1, 7, 3)), Some(Surd::ZERO));
        assert_eq!(surd(i128::MAX, 1, 1).checked_mul(&surd(3, 1, 1)), None);
        assert_eq!(Surd::root(72), surd(6, 1, 2));
        assert_eq!((Surd::root(1), Surd::root(0)), (surd(1, 1, 1), Surd::ZERO));
    }

    #[test]
    fn overflow_is_reported() {
        let mut q = PrimePowers::one(200);
        q.multiply_factorial(200, 1);
        assert_eq!(Surd::with_root(1, &q), None);
    }
}
