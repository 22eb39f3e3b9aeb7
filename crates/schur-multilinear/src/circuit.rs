//! Arithmetic circuits on components: the form in which maps reach a kernel.
//!
//! A circuit is a list of *rows*. The first ones are the components of its arguments; each further row is a sum of
//! products of two earlier rows, a linear combination of earlier rows, or the inverse square root of one. Channels run
//! beside: every row holds one number a channel, and a kernel keeps as many channels as fit into its registers. An
//! argument with a single channel (the harmonics of an edge, angles, shared weights) serves all of them.
//!
//! Products of representations, symmetric contractions with shared monomials, rotations by angles and weights that
//! scale paths are all circuits, so one kernel runs them forward and one backward.

mod derivative;

use schur_tensor::Real;

use crate::{
    Bilinear, ComponentMatrix, Factored, FactoredError,
    factored::{check_length, check_range},
};

/// Rows of a circuit, in the order of the components they stand for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rows(Vec<usize>);

/// A straight-line program over rows. See the module's documentation.
///
/// # Examples
/// The squared length of a vector, times a weight:
/// ```
/// use schur_multilinear::{Bilinear, BilinearTerm, Circuit};
/// let mut circuit = Circuit::new();
/// let (vector, weight) = (circuit.input(3), circuit.input(1));
/// let terms = (0..3).map(|m| BilinearTerm { result: 0, left: m, right: m, coefficient: 1.0 });
/// let dot = Bilinear::new([3, 3, 1], terms)?;
/// let square = circuit.bilinear(&vector, &vector, &dot)?;
/// let scaled = circuit.bilinear(&square, &weight, &Bilinear::pointwise(1))?;
/// circuit.output(&scaled);
/// assert_eq!(circuit.evaluate(&[&[1.0, 2.0, 2.0], &[0.5]])?, [4.5]);
/// # Ok::<(), schur_multilinear::FactoredError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Circuit {
    rows: usize,
    operations: Vec<Operation>,
    outputs: Vec<usize>,
}

/// What makes rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operation {
    /// The components of an argument.
    Input { first: usize, rows: usize },
    /// Sums of products of two rows.
    Bilinear { left: Vec<usize>, right: Vec<usize>, map: Bilinear, first: usize },
    /// Inverse square roots of rows.
    InverseSqrt { source: Vec<usize>, first: usize },
    /// Linear combinations of rows.
    Matrix { source: Vec<usize>, matrix: ComponentMatrix, first: usize },
}

impl Rows {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Picks rows by their places, in the given order; a row may occur more than once.
    ///
    /// # Panics
    /// If a place is beyond the end.
    pub fn select(&self, places: impl IntoIterator<Item = usize>) -> Self {
        Self(places.into_iter().map(|place| self.0[place]).collect())
    }

    /// Puts the rows of several lists one after the other.
    pub fn concatenate<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        Self(parts.into_iter().flat_map(|part| part.0.iter().copied()).collect())
    }
}

impl Circuit {
    /// Makes a circuit without rows.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an argument with the given number of components.
    pub fn input(&mut self, rows: usize) -> Rows {
        let first = self.rows;
        self.operations.push(Operation::Input { first, rows });
        self.made(rows)
    }

    /// Adds the rows of a bilinear map of two lists of rows.
    ///
    /// # Errors
    /// [`FactoredError::Length`] if the lists do not have the map's dimensions, [`FactoredError::OutOfRange`] if a row is
    /// not one of this circuit.
    pub fn bilinear(&mut self, left: &Rows, right: &Rows, map: &Bilinear) -> Result<Rows, FactoredError> {
        let [expected_left, expected_right, _] = map.dims();
        check_length("the rows of the first argument", expected_left, left.len())?;
        check_length("the rows of the second argument", expected_right, right.len())?;
        self.check_rows(left)?;
        self.check_rows(right)?;
        Ok(self.add_bilinear(left, right, map))
    }

    /// As [`bilinear`](Self::bilinear), for lists that are known to fit.
    pub(crate) fn add_bilinear(&mut self, left: &Rows, right: &Rows, map: &Bilinear) -> Rows {
        let (left, right, first) = (left.0.clone(), right.0.clone(), self.rows);
        self.operations.push(Operation::Bilinear { left, right, map: map.clone(), first });
        self.made(map.dims()[2])
    }

    /// Adds the rows of a matrix times a list of rows.
    ///
    /// # Errors
    /// [`FactoredError::Length`] if the list does not have as many rows as the matrix columns,
    /// [`FactoredError::OutOfRange`] if a row is not one of this circuit.
    pub fn matrix(&mut self, source: &Rows, matrix: &ComponentMatrix) -> Result<Rows, FactoredError> {
        check_length("the rows of the argument", matrix.columns(), source.len())?;
        self.check_rows(source)?;
        Ok(self.add_matrix(source, matrix))
    }

    /// As [`matrix`](Self::matrix), for a list that is known to fit.
    pub(crate) fn add_matrix(&mut self, source: &Rows, matrix: &ComponentMatrix) -> Rows {
        let (source, first) = (source.0.clone(), self.rows);
        self.operations.push(Operation::Matrix { source, matrix: matrix.clone(), first });
        self.made(matrix.rows())
    }

    /// Adds the rows `1 / sqrt(x)` of a list of rows: what makes unit vectors of vectors.
    ///
    /// Where `x` is smaller than [`Real::SQUARE_FLOOR`](schur_tensor::Real::SQUARE_FLOOR) root and derivative are zero.
    /// Above, derivatives are formed factor by factor, so they overflow only where the cotangent times the cube of the
    /// root does. Negative numbers give NaN.
    ///
    /// # Panics
    /// If a row is not one of this circuit.
    pub fn inverse_sqrt(&mut self, source: &Rows) -> Rows {
        assert!(self.check_rows(source).is_ok(), "rows of this circuit");
        let (source, first) = (source.0.clone(), self.rows);
        let rows = source.len();
        self.operations.push(Operation::InverseSqrt { source, first });
        self.made(rows)
    }

    /// Appends rows to the result.
    ///
    /// # Panics
    /// If a row is not one of this circuit.
    pub fn output(&mut self, rows: &Rows) {
        assert!(self.check_rows(rows).is_ok(), "rows of this circuit");
        self.outputs.extend_from_slice(&rows.0);
    }

    /// Rows are made before they are read: what kernels rely on.
    fn check_rows(&self, rows: &Rows) -> Result<(), FactoredError> {
        check_range("row of the circuit", &rows.0, self.rows)
    }

    fn made(&mut self, rows: usize) -> Rows {
        let first = self.rows;
        self.rows += rows;
        Rows((first..self.rows).collect())
    }

    /// Components of each argument.
    pub fn inputs(&self) -> Vec<usize> {
        let rows = |operation: &Operation| match operation {
            Operation::Input { rows, .. } => Some(*rows),
            _ => None,
        };
        self.operations.iter().filter_map(rows).collect()
    }

    /// Components of the result.
    pub fn outputs(&self) -> usize {
        self.outputs.len()
    }

    /// Evaluates one channel row by row: the definition, and the oracle of the kernels.
    ///
    /// # Errors
    /// [`FactoredError::Length`] if the arguments do not fit.
    pub fn evaluate(&self, arguments: &[&[f64]]) -> Result<Vec<f64>, FactoredError> {
        let expected = self.inputs();
        check_length("the list of arguments", expected.len(), arguments.len())?;
        for (argument, &rows) in arguments.iter().zip(&expected) {
            check_length("an argument", rows, argument.len())?;
        }
        let mut values = Vec::with_capacity(self.rows);
        let mut arguments = arguments.iter();
        let pick = |values: &[f64], rows: &[usize]| rows.iter().map(|&row| values[row]).collect::<Vec<f64>>();
        for operation in &self.operations {
            let made = match operation {
                Operation::Input { .. } => arguments.next().map_or_else(Vec::new, |argument| argument.to_vec()),
                Operation::Bilinear { left, right, map, .. } => {
                    map.evaluate(&pick(&values, left), &pick(&values, right))
                }
                Operation::InverseSqrt { source, .. } => {
                    let root = |x: f64| if x.abs() < f64::SQUARE_FLOOR { 0.0 } else { 1.0 / x.sqrt() };
                    pick(&values, source).into_iter().map(root).collect()
                }
                Operation::Matrix { source, matrix, .. } => matrix.apply(&pick(&values, source)),
            };
            values.extend(made);
        }
        Ok(pick(&values, &self.outputs))
    }

    /// Multiplications and additions of one channel, forward.
    pub fn flops(&self) -> usize {
        let of_rows = |terms: usize, rows: usize, each: usize| (each * terms).saturating_sub(rows);
        let flops = |operation: &Operation| match operation {
            Operation::Input { .. } => 0,
            Operation::Bilinear { map, .. } => {
                let scaled = map.terms().iter().filter(|term| term.coefficient.abs() != 1.0).count();
                scaled + of_rows(map.terms().len(), map.dims()[2], 2)
            }
            Operation::InverseSqrt { source, .. } => 2 * source.len(),
            Operation::Matrix { matrix, .. } => of_rows(matrix.entries().len(), matrix.rows(), 2),
        };
        self.operations.iter().map(flops).sum()
    }

    pub(crate) fn operations(&self) -> &[Operation] {
        &self.operations
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn output_rows(&self) -> &[usize] {
        &self.outputs
    }
}

impl From<&Factored> for Circuit {
    /// Arguments: the two of the map, and its weights if it has any.
    fn from(map: &Factored) -> Self {
        map.to_circuit()
    }
}
