//! Polynomials in several variables that hold only the terms that are there.

use std::collections::{BTreeMap, btree_map::Entry};

use super::{Semiring, SemiringError};

/// A polynomial in several variables: a coefficient other than zero for each product of powers that occurs.
///
/// Exponents may be negative. [`SparsePolynomials`] makes them and computes with them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SparsePolynomial<C> {
    terms: BTreeMap<Box<[i32]>, C>,
}

impl<C> SparsePolynomial<C> {
    /// The exponents of each term with its coefficient, in the order of the exponents.
    pub fn terms(&self) -> impl Iterator<Item = (&[i32], &C)> {
        self.terms.iter().map(|(exponents, coefficient)| (&**exponents, coefficient))
    }

    /// The coefficient of a product of powers; none where it is zero.
    pub fn coefficient(&self, exponents: &[i32]) -> Option<&C> {
        self.terms.get(exponents)
    }

    /// Puts values in place of the variables, in any semiring that coefficients can be taken to.
    ///
    /// `powers` returns a power of one of the variables, by its number.
    ///
    /// # Errors
    /// Those of `semiring` and of `powers`.
    pub fn evaluate<S: Semiring>(
        &self,
        semiring: &S,
        embed: impl Fn(&C) -> S::Element,
        powers: impl Fn(usize, i32) -> Result<S::Element, SemiringError>,
    ) -> Result<S::Element, SemiringError> {
        let mut sum = semiring.zero();
        for (exponents, coefficient) in &self.terms {
            let mut term = embed(coefficient);
            for (variable, &exponent) in exponents.iter().enumerate() {
                term = semiring.multiply(&term, &powers(variable, exponent)?)?;
            }
            sum = semiring.add(&sum, &term)?;
        }
        Ok(sum)
    }
}

/// The semiring of polynomials in a number of variables over another semiring.
///
/// # Examples
/// ```
/// use schur_tensor::semiring::{Integer, Semiring, SparsePolynomials};
///
/// let polynomials = SparsePolynomials::new(Integer, 2);
/// let sum = polynomials.add(&polynomials.variable(0)?, &polynomials.variable(1)?)?;
/// let square = polynomials.multiply(&sum, &sum)?;
/// assert_eq!(square.coefficient(&[1, 1]), Some(&2));
/// assert_eq!(square.coefficient(&[2, 0]), Some(&1));
/// # Ok::<(), schur_tensor::semiring::SemiringError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SparsePolynomials<S> {
    coefficients: S,
    variables: usize,
}

impl<S: Semiring> SparsePolynomials<S> {
    /// Polynomials in so many variables whose coefficients are elements of a semiring.
    pub const fn new(coefficients: S, variables: usize) -> Self {
        Self { coefficients, variables }
    }

    /// The number of variables.
    pub const fn variables(&self) -> usize {
        self.variables
    }

    /// A coefficient times a product of powers.
    ///
    /// # Errors
    /// [`SemiringError::Foreign`] if there are not as many exponents as variables.
    pub fn monomial(
        &self,
        coefficient: S::Element,
        exponents: &[i32],
    ) -> Result<SparsePolynomial<S::Element>, SemiringError> {
        self.check_exponents(exponents)?;
        let is_zero = coefficient == self.coefficients.zero();
        let term = (!is_zero).then(|| (exponents.into(), coefficient));
        Ok(SparsePolynomial { terms: term.into_iter().collect() })
    }

    /// One of the variables, counted from zero.
    ///
    /// # Errors
    /// [`SemiringError::Foreign`] if there are not that many.
    pub fn variable(&self, variable: usize) -> Result<SparsePolynomial<S::Element>, SemiringError> {
        let mut exponents = vec![0; self.variables];
        match exponents.get_mut(variable) {
            Some(exponent) => *exponent = 1,
            None => return Err(self.foreign(format!("variable {variable} of {}", self.variables))),
        }
        self.monomial(self.coefficients.one(), &exponents)
    }

    fn foreign(&self, element: String) -> SemiringError {
        let expected = "polynomials in its variables, numbered from zero, an exponent for each";
        SemiringError::Foreign { semiring: self.name(), element, expected }
    }

    fn check_exponents(&self, exponents: &[i32]) -> Result<(), SemiringError> {
        if exponents.len() == self.variables {
            return Ok(());
        }
        Err(self.foreign(format!("a term with {} exponents in {} variables", exponents.len(), self.variables)))
    }

    /// Adds a term, and strikes it where the sum is zero.
    fn add_term(
        &self,
        terms: &mut BTreeMap<Box<[i32]>, S::Element>,
        exponents: Box<[i32]>,
        coefficient: S::Element,
    ) -> Result<(), SemiringError> {
        let zero = self.coefficients.zero();
        match terms.entry(exponents) {
            Entry::Occupied(mut term) => {
                let sum = self.coefficients.add(term.get(), &coefficient)?;
                if sum == zero {
                    term.remove();
                } else {
                    term.insert(sum);
                }
            }
            Entry::Vacant(place) => {
                if coefficient != zero {
                    place.insert(coefficient);
                }
            }
        }
        Ok(())
    }

    fn add_exponents(&self, a: &[i32], b: &[i32]) -> Result<Box<[i32]>, SemiringError> {
        let sum = |(a, b): (&i32, &i32)| {
            a.checked_add(*b).ok_or_else(|| SemiringError::Overflow {
                semiring: self.name(),
                operation: format!("a power {a} + {b}"),
                way_out: "keep exponents within 32 bits",
            })
        };
        a.iter().zip(b).map(sum).collect()
    }
}

impl<S: Semiring> Semiring for SparsePolynomials<S> {
    type Element = SparsePolynomial<S::Element>;

    fn name(&self) -> &'static str {
        "sparse-polynomials"
    }
    fn zero(&self) -> Self::Element {
        SparsePolynomial { terms: BTreeMap::new() }
    }
    fn one(&self) -> Self::Element {
        let constant = vec![0; self.variables].into_boxed_slice();
        SparsePolynomial { terms: BTreeMap::from([(constant, self.coefficients.one())]) }
    }

    fn add(&self, a: &Self::Element, b: &Self::Element) -> Result<Self::Element, SemiringError> {
        let mut terms = a.terms.clone();
        for (exponents, coefficient) in &b.terms {
            self.add_term(&mut terms, exponents.clone(), coefficient.clone())?;
        }
        Ok(SparsePolynomial { terms })
    }

    fn multiply(&self, a: &Self::Element, b: &Self::Element) -> Result<Self::Element, SemiringError> {
        let mut terms = BTreeMap::new();
        for (left, a) in &a.terms {
            for (right, b) in &b.terms {
                let coefficient = self.coefficients.multiply(a, b)?;
                self.add_term(&mut terms, self.add_exponents(left, right)?, coefficient)?;
            }
        }
        Ok(SparsePolynomial { terms })
    }

    fn check(&self, element: &Self::Element) -> Result<(), SemiringError> {
        element.terms.iter().try_for_each(|(exponents, coefficient)| {
            self.check_exponents(exponents)?;
            self.coefficients.check(coefficient)
        })
    }
}
