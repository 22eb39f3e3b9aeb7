//! A tensor that is several operands.

use super::super::Term;
use super::{Rewrite, RewriteError, operand_ranges};

impl Rewrite {
    /// Exchanges the indices of two operands that are the same tensor.
    ///
    /// # Errors
    /// [`RewriteError::Different`] unless both are the same tensor; [`RewriteError::Nested`] if one is an expression.
    ///
    /// # Examples
    /// ```
    /// use schur_einsum::language::rewrite::Rewrite;
    /// use schur_einsum::language::{Expression, Sizes};
    ///
    /// let expression = Expression::parse("ij,jk->ik")?;
    /// let square = Rewrite::with_operands(expression, &[0, 0], &[&[3, 3], &[3, 3]], &Sizes::new())?;
    /// assert_eq!(square.exchanged(0, 1)?.expression().to_string(), "jk,ij->ik");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn exchanged(&self, left: usize, right: usize) -> Result<Self, RewriteError> {
        let (_, first) = self.plain(left)?;
        let (_, second) = self.plain(right)?;
        if self.sources[first] != self.sources[second] {
            return Err(RewriteError::Different { terms: [left, right] });
        }
        let mut terms = self.expression.terms().to_vec();
        terms.swap(left, right);
        let operands: Vec<usize> = (0..self.sources.len()).collect();
        self.rebuilt(terms, self.expression.explicit_output(), &self.picked(&operands))
    }

    /// Multiplies with a term once more. **Only where `a * a = a`**, as for Booleans, minima and GF(2).
    ///
    /// # Errors
    /// [`RewriteError::Term`] if there is no such term.
    pub fn repeated(&self, term: usize) -> Result<Self, RewriteError> {
        let mut terms = self.expression.terms().to_vec();
        terms.push(self.term(term)?.clone());
        let mut operands: Vec<usize> = (0..self.sources.len()).collect();
        operands.extend(operand_ranges(self.expression.terms())[term].clone());
        self.rebuilt(terms, self.expression.explicit_output(), &self.picked(&operands))
    }

    /// Leaves the second of two equal terms away. **Only where `a * a = a`**, as for [`repeated`](Self::repeated).
    ///
    /// Equal are terms of the same tensors with the same indices.
    ///
    /// # Errors
    /// [`RewriteError::Different`] or [`RewriteError::DifferentIndices`] if they are not equal.
    pub fn merged(&self, kept: usize, removed: usize) -> Result<Self, RewriteError> {
        let (left, right) = (self.term(kept)?, self.term(removed)?);
        let terms = self.expression.terms();
        let ranges = operand_ranges(terms);
        if kept == removed || self.sources[ranges[kept].clone()] != self.sources[ranges[removed].clone()] {
            return Err(RewriteError::Different { terms: [kept, removed] });
        }
        if left != right {
            let (left, right) = (left.to_string(), right.to_string());
            return Err(RewriteError::DifferentIndices { terms: [kept, removed], left, right });
        }
        let stay = |position: &usize| *position != removed;
        let terms: Vec<Term> = (0..terms.len()).filter(stay).map(|position| terms[position].clone()).collect();
        let operands: Vec<usize> = (0..ranges.len()).filter(stay).flat_map(|term| ranges[term].clone()).collect();
        self.rebuilt(terms, self.expression.explicit_output(), &self.picked(&operands))
    }
}
