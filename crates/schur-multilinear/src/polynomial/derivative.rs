//! Tangents, transposes and reverse passes.

use super::{Polynomial, PolynomialError, Term};

impl Polynomial {
    /// The tangent: how the outputs change when the given inputs do.
    ///
    /// $$ \dot z = \sum_k \frac{\partial z}{\partial x_k} \dot x_k $$
    ///
    /// Its inputs are those of the polynomial and then one tangent for each of the inputs named, in their order; its
    /// outputs are the tangents of the outputs. A term contributes once for each place where a named input stands, and
    /// terms that become the same are added up, so the factors of powers come out whether or not terms are symmetric.
    ///
    /// # Errors
    /// [`PolynomialError`] if an input is not there or named twice.
    ///
    /// # Cost
    /// Copies the coefficients as many times as the degree in the inputs named.
    pub fn tangent(&self, inputs: &[usize]) -> Result<Self, PolynomialError> {
        self.check_inputs(inputs)?;
        let mut terms = Vec::new();
        for term in &self.terms {
            for (place, input) in term.inputs.iter().enumerate() {
                let Some(tangent) = inputs.iter().position(|i| i == input) else { continue };
                let mut term = term.clone();
                term.inputs[place] = self.inputs.len() + tangent;
                terms.push(term);
            }
        }
        let tangents = inputs.iter().map(|&input| &self.inputs[input]);
        let inputs = self.inputs.iter().chain(tangents).cloned().collect();
        Ok(Self { inputs, outputs: self.outputs.clone(), terms }.merge())
    }

    /// The transpose with respect to inputs in which every term is linear.
    ///
    /// Its inputs are the others, in their order, and then one cotangent for each output; its outputs are the
    /// cotangents of the inputs named, in their order.
    ///
    /// # Errors
    /// [`PolynomialError::NotLinear`] for a term in which the named inputs stand not once;
    /// [`PolynomialError`] if an input is not there or named twice.
    ///
    /// # Cost
    /// Copies the coefficients once.
    pub fn transpose(&self, inputs: &[usize]) -> Result<Self, PolynomialError> {
        self.check_inputs(inputs)?;
        let others: Vec<usize> = (0..self.inputs.len()).filter(|input| !inputs.contains(input)).collect();
        let mut terms = Vec::with_capacity(self.terms.len());
        for (index, term) in self.terms.iter().enumerate() {
            let places: Vec<usize> = (0..term.inputs.len()).filter(|&p| inputs.contains(&term.inputs[p])).collect();
            let [place] = places[..] else {
                return Err(PolynomialError::NotLinear { term: index, degree: places.len() });
            };
            let number = |list: &[usize], input| list.iter().position(|&i| i == input).unwrap_or(0);
            let renumber = |(p, &input): (usize, &usize)| match p == place {
                true => others.len() + term.output,
                false => number(&others, input),
            };
            terms.push(Term {
                inputs: term.inputs.iter().enumerate().map(renumber).collect(),
                output: number(inputs, term.inputs[place]),
                map: term.map.transpose(place),
            });
        }
        let outputs = inputs.iter().map(|&input| self.inputs[input].clone()).collect();
        let inputs = others.iter().map(|&input| &self.inputs[input]).chain(&self.outputs).cloned().collect();
        Ok(Self { inputs, outputs, terms }.merge())
    }

    /// The reverse pass: the transpose of the tangent with respect to the given inputs.
    ///
    /// Its inputs are those of the polynomial and then one cotangent for each output; its outputs are the cotangents of
    /// the inputs named, in their order. The reverse pass of a reverse pass, or its tangent, gives second derivatives.
    ///
    /// # Errors
    /// [`PolynomialError`] if an input is not there or named twice.
    pub fn backward(&self, inputs: &[usize]) -> Result<Self, PolynomialError> {
        let tangents: Vec<usize> = (0..inputs.len()).map(|index| self.inputs.len() + index).collect();
        self.tangent(inputs)?.transpose(&tangents)
    }
}
