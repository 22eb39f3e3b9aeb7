//! Fewer inputs and outputs: what nobody asks for is not computed.

use super::{Polynomial, PolynomialError, Term};

impl Polynomial {
    /// The inputs that some term uses, in ascending order.
    pub fn used_inputs(&self) -> Vec<usize> {
        (0..self.inputs.len()).filter(|input| self.terms.iter().any(|term| term.inputs.contains(input))).collect()
    }

    /// The outputs that some term adds to, in ascending order; all others are zero.
    pub fn live_outputs(&self) -> Vec<usize> {
        (0..self.outputs.len()).filter(|output| self.terms.iter().any(|term| term.output == *output)).collect()
    }

    /// Keeps the given outputs, in the given order, and the terms that they need.
    ///
    /// # Errors
    /// [`PolynomialError::NoSuchOutput`] if one is not there.
    pub fn select_outputs(&self, outputs: &[usize]) -> Result<Self, PolynomialError> {
        let available = self.outputs.len();
        if let Some(&output) = outputs.iter().find(|&&output| output >= available) {
            return Err(PolynomialError::NoSuchOutput { output, available });
        }
        let copies = outputs.iter().enumerate().flat_map(|(new, &old)| {
            let terms = self.terms.iter().filter(move |term| term.output == old);
            terms.map(move |term| Term { output: new, ..term.clone() })
        });
        let terms = copies.collect();
        let outputs = outputs.iter().map(|&output| self.outputs[output].clone()).collect();
        Ok(Self { inputs: self.inputs.clone(), outputs, terms })
    }

    /// Keeps the given inputs, in the given order.
    ///
    /// # Errors
    /// [`PolynomialError::InUse`] if a term uses an input that is not kept; [`PolynomialError`] if an input is not there
    /// or named twice.
    ///
    /// # Examples
    /// The tangent of a linear map does not need the point where it is taken:
    /// ```
    /// use schur_multilinear::{Multilinear, Operand, Path, Polynomial};
    /// let number = Operand::new([(1, 1)]);
    /// let path = Path { segments: vec![0, 0], coefficients: vec![2.0] };
    /// let double = Polynomial::from_map(Multilinear::new(vec![number; 2], vec![path])?);
    /// let tangent = double.tangent(&[0])?;
    /// assert_eq!(tangent.select_inputs(&tangent.used_inputs())?, double);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn select_inputs(&self, inputs: &[usize]) -> Result<Self, PolynomialError> {
        self.check_inputs(inputs)?;
        let mut terms = self.terms.clone();
        for (index, term) in terms.iter_mut().enumerate() {
            for input in &mut term.inputs {
                let kept = inputs.iter().position(|i| i == input);
                *input = kept.ok_or(PolynomialError::InUse { term: index, input: *input })?;
            }
        }
        let inputs = inputs.iter().map(|&input| self.inputs[input].clone()).collect();
        Ok(Self { inputs, outputs: self.outputs.clone(), terms })
    }
}
