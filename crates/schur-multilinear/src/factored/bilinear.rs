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
    ///
    /// # Errors
    /// [`FactoredError::TooLarge`] if there is no memory for them.
    pub fn to_dense(&self) -> Result<Vec<f64>, FactoredError> {
        let [left, right, result] = self.dims;
        let too_large = || FactoredError::TooLarge { left, right, result };
        let size = left.checked_mul(right).and_then(|pairs| pairs.checked_mul(result)).ok_or_else(too_large)?;
        let mut dense = Vec::new();
        dense.try_reserve_exact(size).map_err(|_| too_large())?;
        dense.resize(size, 0.0);
        for term in &self.terms {
            dense[(term.left * right + term.right) * result + term.result] = term.coefficient;
        }
        Ok(dense)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Products are numbered as they occur, so sharing needs no table of all pairs; a dense form is refused.
    #[test]
    fn dimensions_whose_product_overflows_are_no_trouble() {
        let huge = usize::MAX / 2;
        let term = |result, coefficient| BilinearTerm { result, left: huge - 1, right: huge - 2, coefficient };
        let map = Bilinear::new([huge, huge, 2], [term(0, 1.0), term(1, -2.0)]).unwrap();
        let shared = map.share();
        assert_eq!(shared.bilinear().terms().len(), 1);
        assert_eq!(shared.expand(), map);
        assert_eq!(map.to_dense(), Err(FactoredError::TooLarge { left: huge, right: huge, result: 2 }));
        let wide = Bilinear::new([1 << 20, 1 << 20, 1 << 20], []).unwrap();
        assert!(matches!(wide.to_dense(), Err(FactoredError::TooLarge { .. })));
    }
}
