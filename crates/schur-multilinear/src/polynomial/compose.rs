//! A polynomial of polynomials.

use super::{Polynomial, PolynomialError, Term};
use crate::MultilinearError;

impl Polynomial {
    /// The polynomial with an input replaced by an output of another one.
    ///
    /// Its inputs are the others, in their order, and then those of `inner`. The degree of the result is the product of
    /// degrees, and its terms are all products of terms: this is for maps that are cheap once multiplied out, such as a
    /// change of basis; a chain of layers is better evaluated one by one.
    ///
    /// # Errors
    /// [`PolynomialError::Map`] if the segments or channels of a term do not fit, see
    /// [`Multilinear::substitute`](crate::Multilinear::substitute); [`PolynomialError`] if the input or output is not
    /// there.
    pub fn compose(&self, input: usize, inner: &Self, output: usize) -> Result<Self, PolynomialError> {
        self.check_inputs(&[input])?;
        let inner = inner.select_outputs(&[output])?;
        let (expected, found) = (self.inputs[input].len(), inner.outputs[0].len());
        if expected != found {
            return Err(PolynomialError::Argument { input, expected, found });
        }
        let mut terms = Vec::new();
        for (index, term) in self.terms.iter().enumerate() {
            let expanded = expand(term, input, &inner, self.inputs.len());
            terms.extend(expanded.map_err(|source| PolynomialError::Map { term: index, source })?);
        }
        // Inputs of `inner` are numbered behind all others until here.
        for used in terms.iter_mut().flat_map(|term| &mut term.inputs) {
            *used -= usize::from(*used > input);
        }
        let others = self.inputs.iter().enumerate().filter(|&(index, _)| index != input).map(|(_, operand)| operand);
        let inputs = others.chain(&inner.inputs).cloned().collect();
        Self::new(inputs, self.outputs.clone(), terms).map(|polynomial| polynomial.merge())
    }
}

/// All products of a term with the terms of `inner` in the places of `input`; the inputs of `inner` count from `first`.
fn expand(term: &Term, input: usize, inner: &Polynomial, first: usize) -> Result<Vec<Term>, MultilinearError> {
    let mut pending = vec![term.clone()];
    let mut expanded = Vec::new();
    while let Some(term) = pending.pop() {
        let Some(place) = term.inputs.iter().position(|&i| i == input) else {
            expanded.push(term);
            continue;
        };
        for inner_term in &inner.terms {
            let mut inputs = term.inputs.clone();
            inputs.splice(place..=place, inner_term.inputs.iter().map(|i| first + i));
            let map = term.map.substitute(place, &inner_term.map)?;
            pending.push(Term { inputs, output: term.output, map });
        }
    }
    Ok(expanded)
}
