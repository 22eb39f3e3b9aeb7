//! Polynomials: sums of multilinear maps whose arguments may be the same buffer several times.
//!
//! | module | content |
//! |---|---|
//! | [`derivative`] | tangents, transposes and reverse passes, which are polynomials again |
//! | [`consolidate`] | one form for all spellings of a polynomial |
//! | [`compose`] | a polynomial of polynomials |
//! | [`select`] | fewer inputs and outputs |

use crate::{Multilinear, Operand, json::PolynomialRecord};

mod compose;
mod consolidate;
mod derivative;
mod error;
mod select;

pub use error::PolynomialError;

/// One term: a map, the buffers that feed its arguments, and the output that it is added to.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// The input for each argument in turn; one named twice makes the term quadratic in it.
    pub inputs: Vec<usize>,
    /// Which output.
    pub output: usize,
    /// The map. Its operands may cut a buffer into other segments than the polynomial does.
    pub map: Multilinear,
}

/// A polynomial of several inputs with several outputs, as a sum of multilinear maps.
///
/// Closed under everything that training needs: the tangent with respect to any inputs, its transpose (the reverse
/// pass), the tangent of that, and so on. What changes is the order of operands in tables of paths, so one kernel for
/// [`Multilinear`] serves all of them.
///
/// # Examples
/// The square of the length of a vector, and its gradient:
/// ```
/// use schur_multilinear::{Multilinear, Operand, Path, Polynomial, Term};
/// let (vector, number) = (Operand::new([(3, 1)]), Operand::new([(1, 1)]));
/// let dot = Multilinear::new(
///     vec![vector.clone(), vector.clone(), number.clone()],
///     vec![Path { segments: vec![0, 0, 0], coefficients: vec![1., 0., 0., 0., 1., 0., 0., 0., 1.] }],
/// )?;
/// let square = Polynomial::new(vec![vector], vec![number], vec![Term { inputs: vec![0, 0], output: 0, map: dot }])?;
/// assert_eq!(square.evaluate(&[&[1.0, 2.0, 3.0]])?, [[14.0]]);
/// // The inputs of the reverse pass are the vector and the cotangent of the square.
/// assert_eq!(square.backward(&[0])?.evaluate(&[&[1.0, 2.0, 3.0], &[1.0]])?, [[2.0, 4.0, 6.0]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "PolynomialRecord", into = "PolynomialRecord")]
pub struct Polynomial {
    inputs: Vec<Operand>,
    outputs: Vec<Operand>,
    terms: Vec<Term>,
}

impl Polynomial {
    /// Makes a polynomial and checks that its terms fit its buffers.
    ///
    /// # Errors
    /// [`PolynomialError`] naming the term at fault.
    pub fn new(inputs: Vec<Operand>, outputs: Vec<Operand>, terms: Vec<Term>) -> Result<Self, PolynomialError> {
        let polynomial = Self { inputs, outputs, terms };
        for index in 0..polynomial.terms.len() {
            polynomial.check_term(index)?;
        }
        Ok(polynomial)
    }

    /// One map, each argument an input of its own.
    pub fn from_map(map: Multilinear) -> Self {
        let (inputs, outputs) = map.operands().split_at(map.arguments());
        let (inputs, outputs) = (inputs.to_vec(), outputs.to_vec());
        Self { terms: vec![Term { inputs: (0..inputs.len()).collect(), output: 0, map }], inputs, outputs }
    }

    fn check_term(&self, index: usize) -> Result<(), PolynomialError> {
        let Term { inputs, output, map } = &self.terms[index];
        if inputs.len() != map.arguments() {
            let (expected, found) = (map.arguments(), inputs.len());
            return Err(PolynomialError::Inputs { term: index, expected, found });
        }
        if let Some(&input) = inputs.iter().find(|&&input| input >= self.inputs.len()) {
            return Err(PolynomialError::NoSuchInput { input, available: self.inputs.len() });
        }
        let Some(output) = self.outputs.get(*output) else {
            return Err(PolynomialError::NoSuchOutput { output: *output, available: self.outputs.len() });
        };
        let buffers = inputs.iter().map(|&input| &self.inputs[input]).chain([output]);
        for (operand, (buffer, expected)) in buffers.zip(map.operands()).enumerate() {
            let (expected, found) = (expected.len(), buffer.len());
            if expected != found {
                return Err(PolynomialError::Length { term: index, operand, expected, found });
            }
        }
        Ok(())
    }

    /// The inputs: what each evaluation is given.
    pub fn inputs(&self) -> &[Operand] {
        &self.inputs
    }

    /// The outputs.
    pub fn outputs(&self) -> &[Operand] {
        &self.outputs
    }

    /// The terms.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The degree: the most arguments that a term has; zero without terms.
    pub fn degree(&self) -> usize {
        self.terms.iter().map(|term| term.inputs.len()).max().unwrap_or(0)
    }

    /// The degree in some of the inputs alone.
    pub fn degree_in(&self, inputs: &[usize]) -> usize {
        let degree = |term: &Term| term.inputs.iter().filter(|&input| inputs.contains(input)).count();
        self.terms.iter().map(degree).max().unwrap_or(0)
    }

    /// Evaluates term by term with [`Multilinear::evaluate`]: the definition, and the oracle for every kernel.
    ///
    /// # Errors
    /// [`PolynomialError::ArgumentCount`] or [`PolynomialError::Argument`] if an argument does not fit;
    /// [`PolynomialError::Map`] if there is no memory for an output.
    pub fn evaluate(&self, arguments: &[&[f64]]) -> Result<Vec<Vec<f64>>, PolynomialError> {
        if arguments.len() != self.inputs.len() {
            return Err(PolynomialError::ArgumentCount { expected: self.inputs.len(), found: arguments.len() });
        }
        for (input, (argument, operand)) in arguments.iter().zip(&self.inputs).enumerate() {
            let (expected, found) = (operand.len(), argument.len());
            if expected != found {
                return Err(PolynomialError::Argument { input, expected, found });
            }
        }
        let mut results = Vec::with_capacity(self.outputs.len());
        for (output, operand) in self.outputs.iter().enumerate() {
            let mut result = Vec::new();
            result.try_reserve_exact(operand.len()).map_err(|_| PolynomialError::TooLarge { output })?;
            result.resize(operand.len(), 0.0);
            results.push(result);
        }
        for (index, term) in self.terms.iter().enumerate() {
            let arguments: Vec<&[f64]> = term.inputs.iter().map(|&input| arguments[input]).collect();
            let values =
                term.map.evaluate(&arguments).map_err(|source| PolynomialError::Map { term: index, source })?;
            results[term.output].iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
        Ok(results)
    }

    /// Checks a list of inputs that a caller names.
    fn check_inputs(&self, inputs: &[usize]) -> Result<(), PolynomialError> {
        let available = self.inputs.len();
        for (index, &input) in inputs.iter().enumerate() {
            if input >= available {
                return Err(PolynomialError::NoSuchInput { input, available });
            }
            if inputs[..index].contains(&input) {
                return Err(PolynomialError::Repeated { input });
            }
        }
        Ok(())
    }
}
