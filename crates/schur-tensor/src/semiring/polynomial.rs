//! Laurent polynomials in one variable: sums of powers, negative ones included.

use std::fmt::{self, Display};

use super::{Semiring, SemiringError};

/// More coefficients than a polynomial held densely should have.
const MOST_COEFFICIENTS: i64 = 1 << 24;
/// Exponents lie within so many of zero: far enough, and their sums fit.
const LARGEST_EXPONENT: i64 = 1 << 62;
const WAY_OUT: &str = "use `SparsePolynomials`, which hold only the terms that are there";

/// A Laurent polynomial: coefficients of consecutive powers from the lowest on, neither end zero.
///
/// [`Polynomials`] makes them and computes with them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Laurent<C> {
    lowest: i64,
    coefficients: Vec<C>,
}

impl<C> Laurent<C> {
    /// The lowest exponent that occurs; none for zero.
    pub fn lowest(&self) -> Option<i64> {
        (!self.coefficients.is_empty()).then_some(self.lowest)
    }

    /// The highest exponent that occurs; none for zero.
    pub fn highest(&self) -> Option<i64> {
        self.lowest().map(|lowest| lowest + length(&self.coefficients) - 1)
    }

    /// The coefficients from the lowest power to the highest, zeros in between included.
    pub fn coefficients(&self) -> &[C] {
        &self.coefficients
    }

    /// The coefficient of a power; none outside those that [`coefficients`](Self::coefficients) holds.
    pub fn coefficient(&self, exponent: i64) -> Option<&C> {
        self.coefficients.get(usize::try_from(exponent.checked_sub(self.lowest)?).ok()?)
    }

    /// Each exponent with its coefficient, the lowest first, zeros in between included.
    pub fn terms(&self) -> impl Iterator<Item = (i64, &C)> {
        (self.lowest..).zip(&self.coefficients)
    }

    /// Puts a value in place of the variable, in any semiring that coefficients can be taken to.
    ///
    /// `inverse` is the reciprocal of the value, for negative powers; it is not looked at where there are none.
    ///
    /// # Errors
    /// Those of `semiring`.
    ///
    /// # Cost
    /// One product and one sum a coefficient, and two products for each bit of the lowest exponent.
    pub fn evaluate<S: Semiring>(
        &self,
        semiring: &S,
        embed: impl Fn(&C) -> S::Element,
        value: &S::Element,
        inverse: &S::Element,
    ) -> Result<S::Element, SemiringError> {
        let mut sum = semiring.zero();
        for coefficient in self.coefficients.iter().rev() {
            sum = semiring.add(&semiring.multiply(&sum, value)?, &embed(coefficient))?;
        }
        // Powers by squaring, and no square beyond those needed: it might overflow where the result does not.
        let mut square = if self.lowest < 0 { inverse.clone() } else { value.clone() };
        let mut exponent = self.lowest.unsigned_abs();
        while exponent > 0 {
            if exponent % 2 == 1 {
                sum = semiring.multiply(&sum, &square)?;
            }
            exponent /= 2;
            if exponent > 0 {
                square = semiring.multiply(&square, &square)?;
            }
        }
        Ok(sum)
    }
}

/// How many coefficients there are; a vector's length always fits.
const fn length<C>(coefficients: &[C]) -> i64 {
    coefficients.len().cast_signed() as i64
}

impl<C: Display> Laurent<C> {
    /// The polynomial as people write it, the lowest power first.
    ///
    /// # Examples
    /// The Jones polynomial of the trefoil:
    ///
    /// ```
    /// use schur_tensor::semiring::{Integer, Polynomials};
    ///
    /// let trefoil = Polynomials::new(Integer).polynomial(1, vec![1, 0, 1, -1])?;
    /// assert_eq!(trefoil.display("t").to_string(), "t + t^3 - t^4");
    /// # Ok::<(), schur_tensor::semiring::SemiringError>(())
    /// ```
    pub fn display(&self, variable: &str) -> impl Display {
        let mut text = String::new();
        for (exponent, coefficient) in self.terms() {
            let coefficient = coefficient.to_string();
            if coefficient == "0" {
                continue;
            }
            let (sign, magnitude) = coefficient.strip_prefix('-').map_or(('+', &*coefficient), |rest| ('-', rest));
            match (text.is_empty(), sign) {
                (true, '+') => {}
                (true, _) => text.push('-'),
                (false, _) => text.extend([' ', sign, ' ']),
            }
            let power = match exponent {
                0 => String::new(),
                1 => variable.to_owned(),
                _ => format!("{variable}^{exponent}"),
            };
            match (magnitude, power.is_empty()) {
                ("1", false) => text.push_str(&power),
                (_, true) => text.push_str(magnitude),
                _ => text.push_str(&format!("{magnitude}*{power}")),
            }
        }
        if text.is_empty() { "0".to_owned() } else { text }
    }
}

impl<C: Display> Display for Laurent<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.display("x"), f)
    }
}

/// The semiring of Laurent polynomials in one variable over another semiring.
///
/// Over [`Integer`](super::Integer) or [`Counting`](super::Counting) these are what knots have; a number of colourings
/// by size, or a count of states by energy, is one as well.
///
/// # Examples
/// ```
/// use schur_tensor::semiring::{Integer, Polynomials, Semiring};
///
/// let polynomials = Polynomials::new(Integer);
/// let a = polynomials.polynomial(-1, vec![1, 0, 1])?; // 1/x + x
/// let square = polynomials.multiply(&a, &a)?;
/// assert_eq!(square.to_string(), "x^-2 + 2 + x^2");
/// # Ok::<(), schur_tensor::semiring::SemiringError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Polynomials<S> {
    coefficients: S,
}

impl<S: Semiring> Polynomials<S> {
    /// Polynomials whose coefficients are elements of a semiring.
    pub const fn new(coefficients: S) -> Self {
        Self { coefficients }
    }

    /// The polynomial with the given coefficients of consecutive powers from `lowest` on.
    ///
    /// # Errors
    /// [`SemiringError::Overflow`] for an exponent beyond 2^62.
    pub fn polynomial(
        &self,
        lowest: i64,
        mut coefficients: Vec<S::Element>,
    ) -> Result<Laurent<S::Element>, SemiringError> {
        let zero = self.coefficients.zero();
        let used = coefficients.iter().rposition(|coefficient| *coefficient != zero).map_or(0, |last| last + 1);
        coefficients.truncate(used);
        let leading = coefficients.iter().take_while(|coefficient| **coefficient == zero).count();
        coefficients.drain(..leading);
        if coefficients.is_empty() {
            return Ok(Laurent { lowest: 0, coefficients });
        }
        let near = -LARGEST_EXPONENT..LARGEST_EXPONENT;
        let ends = [leading, used - 1].map(|index| lowest.checked_add(index.cast_signed() as i64));
        match ends {
            [Some(lowest), Some(highest)] if near.contains(&lowest) && near.contains(&highest) => {
                Ok(Laurent { lowest, coefficients })
            }
            _ => Err(self.too_far(format!("a polynomial of {} terms from power {lowest} on", used))),
        }
    }

    /// A coefficient times a power of the variable.
    ///
    /// # Errors
    /// As for [`polynomial`](Self::polynomial).
    pub fn monomial(&self, coefficient: S::Element, exponent: i64) -> Result<Laurent<S::Element>, SemiringError> {
        self.polynomial(exponent, vec![coefficient])
    }

    fn too_far(&self, operation: String) -> SemiringError {
        SemiringError::Overflow { semiring: self.name(), operation, way_out: "keep exponents within 2^62 of zero" }
    }
}

impl<S: Semiring> Semiring for Polynomials<S> {
    type Element = Laurent<S::Element>;

    fn name(&self) -> &'static str {
        "polynomials"
    }
    fn zero(&self) -> Self::Element {
        Laurent { lowest: 0, coefficients: Vec::new() }
    }
    fn one(&self) -> Self::Element {
        Laurent { lowest: 0, coefficients: vec![self.coefficients.one()] }
    }

    fn add(&self, a: &Self::Element, b: &Self::Element) -> Result<Self::Element, SemiringError> {
        let (Some((from_a, to_a)), Some((from_b, to_b))) = (a.lowest().zip(a.highest()), b.lowest().zip(b.highest()))
        else {
            return Ok(if a.coefficients.is_empty() { b.clone() } else { a.clone() });
        };
        let (from, to) = (from_a.min(from_b), to_a.max(to_b));
        if to.checked_sub(from).is_none_or(|distance| distance >= MOST_COEFFICIENTS) {
            return Err(SemiringError::Overflow {
                semiring: self.name(),
                operation: format!("a sum of powers {from} to {to}"),
                way_out: WAY_OUT,
            });
        }
        let zero = self.coefficients.zero();
        let sums = (from..=to).map(|exponent| match (a.coefficient(exponent), b.coefficient(exponent)) {
            (Some(a), Some(b)) => self.coefficients.add(a, b),
            (Some(one), None) | (None, Some(one)) => Ok(one.clone()),
            (None, None) => Ok(zero.clone()),
        });
        self.polynomial(from, sums.collect::<Result<_, _>>()?)
    }

    fn multiply(&self, a: &Self::Element, b: &Self::Element) -> Result<Self::Element, SemiringError> {
        if a.coefficients.is_empty() || b.coefficients.is_empty() {
            return Ok(self.zero());
        }
        let lengths = [length(&a.coefficients), length(&b.coefficients)];
        if lengths[0] + lengths[1] > MOST_COEFFICIENTS {
            return Err(SemiringError::Overflow {
                semiring: self.name(),
                operation: format!("a product of {} and {} coefficients", lengths[0], lengths[1]),
                way_out: WAY_OUT,
            });
        }
        let zero = self.coefficients.zero();
        let mut sums = vec![zero.clone(); a.coefficients.len() + b.coefficients.len() - 1];
        for (i, left) in a.coefficients.iter().enumerate().filter(|(_, left)| **left != zero) {
            for (sum, right) in sums[i..].iter_mut().zip(&b.coefficients) {
                *sum = self.coefficients.add(sum, &self.coefficients.multiply(left, right)?)?;
            }
        }
        self.polynomial(a.lowest + b.lowest, sums)
    }

    fn check(&self, element: &Self::Element) -> Result<(), SemiringError> {
        element.coefficients.iter().try_for_each(|coefficient| self.coefficients.check(coefficient))
    }
}
