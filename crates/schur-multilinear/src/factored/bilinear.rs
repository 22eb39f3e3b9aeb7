//! Sparse coefficients of a bilinear map on components.

use std::collections::BTreeMap;

use super::{ComponentMatrix, FactoredError};

/// One coefficient: `z[result] += coefficient * x[left] * y[right]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BilinearTerm {
    /// Component of the result.
    pub result: usize,
    /// Component of the first argument.
    pub left: usize,
    /// Component of the second argument.
    pub right: usize,
    /// The coefficient.
    pub coefficient: f64,
}

/// A bilinear map as a list of terms, sorted by result, then by arguments.
///
/// # Examples
/// ```
/// use schur_multilinear::{Bilinear, BilinearTerm};
/// let term = |result, left, right, coefficient| BilinearTerm { result, left, right, coefficient };
/// let area = Bilinear::new([2, 2, 1], [term(0, 0, 1, 1.0), term(0, 1, 0, -1.0)])?;
/// assert_eq!(area.evaluate(&[1.0, 2.0], &[3.0, 4.0]), [-2.0]);
/// # Ok::<(), schur_multilinear::FactoredError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Bilinear {
    dims: [usize; 3],
    terms: Vec<BilinearTerm>,
}

impl Bilinear {
    /// Makes a map from terms; equal places are added, zeros dropped.
    ///
    /// # Shapes
    /// `dims`: components of the first argument, the second, and the result.
    ///
    /// # Errors
    /// [`FactoredError::OutOfRange`] if a term lies outside.
    pub fn new(dims: [usize; 3], terms: impl IntoIterator<Item = BilinearTerm>) -> Result<Self, FactoredError> {
        let terms: Vec<BilinearTerm> = terms.into_iter().collect();
        for term in &terms {
            let places =
                [("component of the first argument", term.left), ("component of the second argument", term.right)];
            for ((what, index), size) in places.into_iter().chain([("component of the result", term.result)]).zip(dims)
            {
                if index >= size {
                    return Err(FactoredError::OutOfRange { what, index, size });
                }
            }
        }
        Ok(Self::collect(dims, terms))
    }

    pub(crate) fn collect(dims: [usize; 3], terms: impl IntoIterator<Item = BilinearTerm>) -> Self {
        let mut sums: BTreeMap<(usize, usize, usize), f64> = BTreeMap::new();
        for term in terms {
            *sums.entry((term.result, term.left, term.right)).or_default() += term.coefficient;
        }
        let terms = sums.into_iter().filter(|&(_, coefficient)| coefficient != 0.0);
        let term = |((result, left, right), coefficient)| BilinearTerm { result, left, right, coefficient };
        Self { dims, terms: terms.map(term).collect() }
    }

    /// Makes the product component by component.
    pub fn pointwise(size: usize) -> Self {
        let term = |n| BilinearTerm { result: n, left: n, right: n, coefficient: 1.0 };
        Self { dims: [size; 3], terms: (0..size).map(term).collect() }
    }

    /// Components of the two arguments and the result.
    pub fn dims(&self) -> [usize; 3] {
        self.dims
    }

    /// The terms, by result, then by arguments.
    pub fn terms(&self) -> &[BilinearTerm] {
        &self.terms
    }

    /// Evaluates the map on one channel.
    ///
    /// # Panics
    /// If an argument is shorter than its dimension.
    pub fn evaluate(&self, x: &[f64], y: &[f64]) -> Vec<f64> {
        let mut z = vec![0.0; self.dims[2]];
        for term in &self.terms {
            z[term.result] += term.coefficient * x[term.left] * y[term.right];
        }
        z
    }

    /// All coefficients, `[left][right][result]`.
    pub fn to_dense(&self) -> Vec<f64> {
        let [left, right, result] = self.dims;
        let mut dense = vec![0.0; left * right * result];
        for term in &self.terms {
            dense[(term.left * right + term.right) * result + term.result] = term.coefficient;
        }
        dense
    }

    /// Replaces operand `operand` (0, 1, or 2 for the result) by `matrix` times a new one.
    pub(super) fn compose(&self, operand: usize, matrix: &ComponentMatrix) -> Self {
        let mut of_row: Vec<Vec<(usize, f64)>> = vec![Vec::new(); matrix.rows()];
        for entry in matrix.entries() {
            of_row[entry.row].push((entry.column, entry.value));
        }
        let mut dims = self.dims;
        dims[operand] = matrix.columns();
        let terms = self.terms.iter().flat_map(|term| {
            let row = [term.left, term.right, term.result][operand];
            of_row[row].iter().map(move |&(column, value)| {
                let mut new = BilinearTerm { coefficient: term.coefficient * value, ..*term };
                match operand {
                    0 => new.left = column,
                    1 => new.right = column,
                    _ => new.result = column,
                }
                new
            })
        });
        Self::collect(dims, terms)
    }

    /// Adds rows of the result up: row `r` goes to `sums[r]`.
    pub(super) fn sum_rows(&self, sums: &[usize]) -> Self {
        let dims = [self.dims[0], self.dims[1], sums.iter().max().map_or(0, |row| row + 1)];
        Self::collect(dims, self.terms.iter().map(|term| BilinearTerm { result: sums[term.result], ..*term }))
    }
}
