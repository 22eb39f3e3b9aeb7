//! The Jones polynomial as a result: written, evaluated, compared.

use std::f64::consts::TAU;
use std::fmt;

use schur_tensor::pulp::num_complex::Complex;
use schur_tensor::semiring::{Arithmetic, BigInt, Counting, Integer, Laurent, Polynomials, SemiringError};

use super::sweep::{Bracket, bracket};
use super::{Diagram, KnotError};

/// The Jones polynomial of a knot or link.
///
/// It is a polynomial in the square root of $t$; for links with an odd number of components, knots among them, only
/// whole powers of $t$ occur, for others only halves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jones {
    /// In the square root of t.
    polynomial: Laurent<BigInt>,
    /// The largest number of edges cut at once.
    width: usize,
    /// The largest number of matchings in the sum.
    matchings: usize,
}

/// Computes the Jones polynomial of a diagram, exactly.
///
/// # Errors
/// [`KnotError::Semiring`] if the polynomial has more terms than can be held.
///
/// # Cost
/// Crossings times matchings times the length of a polynomial; matchings are at most Catalan's number of half the
/// edges that are cut at once, for which a greedy order of the crossings is chosen. Coefficients are machine integers
/// as long as they fit.
///
/// # Examples
/// ```
/// use schur_network::knot::{Diagram, jones};
///
/// let eight = Diagram::from_text("[[4,2,5,1],[8,6,1,5],[6,3,7,4],[2,7,3,8]]")?;
/// let polynomial = jones(&eight)?;
/// assert_eq!(polynomial.to_string(), "t^-2 - t^-1 + 1 - t + t^2");
/// assert_eq!(polynomial.determinant().to_string(), "5");
/// # Ok::<(), schur_network::knot::KnotError>(())
/// ```
pub fn jones(diagram: &Diagram) -> Result<Jones, KnotError> {
    let found = match bracket(Integer, &-1, diagram) {
        Ok(Bracket { value, width, matchings }) => Bracket { value: widened(&value)?, width, matchings },
        Err(_) => bracket(Counting, &BigInt::from(-1), diagram)?,
    };
    let polynomial = normalised(&found.value, diagram.writhe())?;
    Ok(Jones { polynomial, width: found.width, matchings: found.matchings })
}

fn widened(polynomial: &Laurent<i64>) -> Result<Laurent<BigInt>, SemiringError> {
    let coefficients = polynomial.coefficients().iter().copied().map(BigInt::from).collect();
    Polynomials::new(Counting).polynomial(polynomial.lowest().unwrap_or_default(), coefficients)
}

/// Multiplies by `(-A^3)^-w` and replaces `A^-2` by the square root of `t`.
pub(super) fn normalised(bracket: &Laurent<BigInt>, writhe: i64) -> Result<Laurent<BigInt>, SemiringError> {
    let sign = BigInt::from(if writhe % 2 == 0 { 1 } else { -1 });
    // All powers have the parity of 3w; they turn round, since A is a negative power of t.
    let coefficients = bracket.coefficients().iter().rev().step_by(2).map(|c| c * &sign).collect();
    let highest = bracket.highest().unwrap_or_default();
    Polynomials::new(Counting).polynomial((3 * writhe - highest) / 2, coefficients)
}

/// The variable at which topological quantum computers evaluate the polynomial: $e^{2 \pi i / 5}$.
pub fn fifth_root_of_unity() -> Complex<f64> {
    Complex::cis(TAU / 5.0)
}

/// The variable `A = t^(-1/4)` of the bracket and its inverse; the principal root.
pub(super) fn bracket_variable(t: Complex<f64>) -> Result<[Complex<f64>; 2], KnotError> {
    let a = t.powf(-0.25);
    let inverse = a.finv();
    let usable = [t, a, inverse].iter().all(|z| z.is_finite());
    if usable { Ok([a, inverse]) } else { Err(KnotError::Variable { re: t.re, im: t.im }) }
}

impl Jones {
    /// The polynomial in the square root of $t$.
    pub const fn in_root(&self) -> &Laurent<BigInt> {
        &self.polynomial
    }

    /// The largest number of edges that were cut at once.
    pub const fn width(&self) -> usize {
        self.width
    }

    /// The largest number of matchings that the sum had.
    pub const fn matchings(&self) -> usize {
        self.matchings
    }

    /// The determinant of the knot or link, $|V(-1)|$.
    pub fn determinant(&self) -> BigInt {
        // All powers of the root are even or all are odd, so at its value i the terms are all real or all imaginary.
        let sign = |power: i64| if power.rem_euclid(4) < 2 { 1 } else { -1 };
        let sum: BigInt = self.polynomial.terms().map(|(power, c)| c * sign(power)).sum();
        BigInt::from(sum.into_parts().1)
    }

    /// Evaluates the polynomial; its square root is the principal one.
    ///
    /// # Errors
    /// [`KnotError::Variable`] if `t` is zero or not finite.
    pub fn evaluate(&self, t: Complex<f64>) -> Result<Complex<f64>, KnotError> {
        let [a, inverse] = bracket_variable(t)?;
        let field = Arithmetic::<Complex<f64>>::new();
        Ok(self.polynomial.evaluate(&field, |c| Complex::from(float(c)), &(inverse * inverse), &(a * a))?)
    }
}

/// The nearest number; infinite beyond the largest.
fn float(integer: &BigInt) -> f64 {
    integer.to_string().parse().unwrap_or(f64::NAN)
}

impl fmt::Display for Jones {
    /// Writes `t + t^3 - t^4`, and with halves of powers `t^(1/2)*(-1 - t^2)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lowest = self.polynomial.lowest().unwrap_or_default();
        let whole = self.polynomial.coefficients().iter().step_by(2).cloned().collect();
        let odd = lowest.rem_euclid(2);
        let in_t = Polynomials::new(Counting).polynomial((lowest - odd) / 2, whole).map_err(|_| fmt::Error)?;
        match odd {
            0 => in_t.display("t").fmt(f),
            _ => write!(f, "t^(1/2)*({})", in_t.display("t")),
        }
    }
}
