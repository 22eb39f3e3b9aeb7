//! Bilinear maps whose coefficients are held as factors: linear maps, a sparse product, linear maps.
//!
//! $$ z = A_n \cdots A_1 \; \beta(B_p \cdots B_1 x,\; C_q \cdots C_1 y) $$
//!
//! Each matrix acts on components and leaves channels alone, and so does the sparse bilinear map `beta`. This one form
//! covers what products of representations differ in: coefficients as they are (no matrices), products that share their
//! monomials (`A` sums them up), spherical grids (`B` and `C` evaluate on points, `beta` multiplies point by point, `A`
//! integrates), canonical polyadic forms, and products of small matrices.
//!
//! Weights are kept apart: they scale rows of the arguments before the first matrix and rows of the result behind the
//! last one, so the coefficients stay fixed while the weights are learned.

use crate::{Circuit, Rows};

mod bilinear;
mod component_matrix;
mod share;
pub(crate) mod support;

pub use bilinear::{Bilinear, BilinearTerm};
pub use component_matrix::{ComponentMatrix, MatrixEntry};

/// A bilinear map on components, in factors. See the module's documentation.
///
/// # Examples
/// The product of two complex numbers with three multiplications instead of four:
/// ```
/// use schur_multilinear::{Bilinear, ComponentMatrix, Factored};
/// let split = ComponentMatrix::dense(3, 2, &[1., 0., 0., 1., 1., 1.])?;
/// let join = ComponentMatrix::dense(2, 3, &[1., -1., 0., -1., -1., 1.])?;
/// let product = Factored::new(vec![split.clone()], vec![split], Bilinear::pointwise(3), vec![join])?;
/// assert_eq!(product.evaluate(&[1.0, 2.0], &[3.0, 4.0], &[])?, [-5.0, 10.0]);
/// assert_eq!(product.expand().terms().len(), 4);
/// # Ok::<(), schur_multilinear::FactoredError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Factored {
    left: Vec<ComponentMatrix>,
    right: Vec<ComponentMatrix>,
    bilinear: Bilinear,
    result: Vec<ComponentMatrix>,
    weighting: Weighting,
}

/// Which rows a weight scales; each weight is one number a channel.
///
/// Rows of the result that are scaled may be added up afterwards: the paths of a weighted Clebsch-Gordan product are
/// rows of their own until they have met their weights.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Weighting {
    /// Number of weights.
    pub weights: usize,
    /// The weight of each row of the first argument.
    pub left: Option<Vec<usize>>,
    /// The weight of each row of the second argument.
    pub right: Option<Vec<usize>>,
    /// The weight of each row behind the last matrix.
    pub result: Option<Vec<usize>>,
    /// The row of the result that each row behind the last matrix is added to, if they are not the same.
    pub sums: Option<Vec<usize>>,
}

impl Weighting {
    /// Row `r` times weight `slots[r]`, added to row `sums[r]`.
    fn scaling(&self, slots: &[usize], sums: Option<&[usize]>) -> Bilinear {
        let result = |row: usize| sums.map_or(row, |sums| sums[row]);
        let rows = (0..slots.len()).map(|row| result(row) + 1).max().unwrap_or(0);
        let term = |(row, &slot)| BilinearTerm { result: result(row), left: row, right: slot, coefficient: 1.0 };
        Bilinear::collect([slots.len(), self.weights, rows], slots.iter().enumerate().map(term))
    }
}

/// Factors that do not fit together, or arguments that do not fit the map.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FactoredError {
    /// An entry lies outside of its matrix, or a term outside of its map.
    #[error("{what} {index} is outside of 0..{size}")]
    OutOfRange {
        /// What the index counts.
        what: &'static str,
        /// The index.
        index: usize,
        /// How many there are.
        size: usize,
    },
    /// A dense matrix with another number of values than its shape asks for.
    #[error("a {rows} x {columns} matrix has {found} values")]
    Shape {
        /// Rows.
        rows: usize,
        /// Columns.
        columns: usize,
        /// Values found.
        found: usize,
    },
    /// A dense table of coefficients does not fit into memory.
    #[error("{left} x {right} x {result} coefficients do not fit into memory; keep them as terms")]
    TooLarge {
        /// Components of the first argument.
        left: usize,
        /// Components of the second argument.
        right: usize,
        /// Components of the result.
        result: usize,
    },
    /// Two neighbours in the chain of factors do not fit.
    #[error("{what} {index} takes {expected} rows but is given {found}")]
    Chain {
        /// Which chain.
        what: &'static str,
        /// Which of its members.
        index: usize,
        /// Rows it takes.
        expected: usize,
        /// Rows it is given.
        found: usize,
    },
    /// An argument or a list of weights has the wrong length.
    #[error("{what} has {found} numbers, not {expected}")]
    Length {
        /// What.
        what: &'static str,
        /// Numbers expected.
        expected: usize,
        /// Numbers found.
        found: usize,
    },
}

impl Factored {
    /// Joins factors, each list in the order in which it is applied.
    ///
    /// # Errors
    /// [`FactoredError::Chain`] naming the factor that does not fit its neighbour.
    pub fn new(
        left: Vec<ComponentMatrix>,
        right: Vec<ComponentMatrix>,
        bilinear: Bilinear,
        result: Vec<ComponentMatrix>,
    ) -> Result<Self, FactoredError> {
        let [x, y, z] = bilinear.dims();
        check_chain("left matrix", &left, None, Some(x))?;
        check_chain("right matrix", &right, None, Some(y))?;
        check_chain("result matrix", &result, Some(z), None)?;
        Ok(Self { left, right, bilinear, result, weighting: Weighting::default() })
    }

    /// Attaches weights to the map.
    ///
    /// # Errors
    /// [`FactoredError::Length`] or [`FactoredError::OutOfRange`] if a list of the weighting does not fit: sums, too,
    /// lead to one of the rows behind the last matrix.
    pub fn with_weights(mut self, weighting: Weighting) -> Result<Self, FactoredError> {
        let [x, y, _] = self.dims();
        let rows = self.path_rows();
        for (what, list, expected) in [
            ("weights of the first argument", &weighting.left, x),
            ("weights of the second argument", &weighting.right, y),
            ("weights of the result", &weighting.result, rows),
        ] {
            let Some(list) = list else { continue };
            check_length(what, expected, list.len())?;
            check_range(what, list, weighting.weights)?;
        }
        if let Some(sums) = &weighting.sums {
            check_length("sums of the result", rows, sums.len())?;
            check_range("row that results are added to", sums, rows)?;
        }
        self.weighting = weighting;
        Ok(self)
    }

    /// Components of the two arguments and the result.
    pub fn dims(&self) -> [usize; 3] {
        let [x, y, _] = self.bilinear.dims();
        let first = |chain: &[ComponentMatrix], otherwise| chain.first().map_or(otherwise, ComponentMatrix::columns);
        let rows = match &self.weighting.sums {
            Some(sums) => sums.iter().max().map_or(0, |row| row + 1),
            None => self.path_rows(),
        };
        [first(&self.left, x), first(&self.right, y), rows]
    }

    /// Rows behind the last matrix, before they are summed up.
    pub fn path_rows(&self) -> usize {
        self.result.last().map_or(self.bilinear.dims()[2], ComponentMatrix::rows)
    }

    /// The matrices applied to the first argument, in order.
    pub fn left(&self) -> &[ComponentMatrix] {
        &self.left
    }

    /// The matrices applied to the second argument, in order.
    pub fn right(&self) -> &[ComponentMatrix] {
        &self.right
    }

    /// The product in the middle.
    pub fn bilinear(&self) -> &Bilinear {
        &self.bilinear
    }

    /// The matrices applied to the product, in order.
    pub fn result(&self) -> &[ComponentMatrix] {
        &self.result
    }

    /// Which rows are scaled and summed up.
    pub fn weighting(&self) -> &Weighting {
        &self.weighting
    }

    /// Evaluates one channel factor by factor: the definition, and the oracle of the kernels.
    ///
    /// # Errors
    /// [`FactoredError::Length`] if an argument does not fit.
    pub fn evaluate(&self, x: &[f64], y: &[f64], weights: &[f64]) -> Result<Vec<f64>, FactoredError> {
        let [left, right, rows] = self.dims();
        check_length("the first argument", left, x.len())?;
        check_length("the second argument", right, y.len())?;
        check_length("the weights", self.weighting.weights, weights.len())?;
        let scaled = |values: &[f64], slots: &Option<Vec<usize>>| match slots {
            Some(slots) => values.iter().zip(slots).map(|(v, &slot)| v * weights[slot]).collect(),
            None => values.to_vec(),
        };
        let chain = |chain: &[ComponentMatrix], start: Vec<f64>| chain.iter().fold(start, |v, matrix| matrix.apply(&v));
        let x = chain(&self.left, scaled(x, &self.weighting.left));
        let y = chain(&self.right, scaled(y, &self.weighting.right));
        let paths = chain(&self.result, self.bilinear.evaluate(&x, &y));
        let paths = scaled(&paths, &self.weighting.result);
        let Some(sums) = &self.weighting.sums else { return Ok(paths) };
        let mut z = vec![0.0; rows];
        for (value, &row) in paths.iter().zip(sums) {
            z[row] += value;
        }
        Ok(z)
    }

    /// Writes the map as a circuit with two arguments, and a third one for the weights if there are any.
    pub fn to_circuit(&self) -> Circuit {
        let mut circuit = Circuit::new();
        let [left, right, _] = self.dims();
        let (x, y) = (circuit.input(left), circuit.input(right));
        let weighting = &self.weighting;
        let weights = match weighting.weights {
            0 => Rows::default(),
            weights => circuit.input(weights),
        };
        let mut prepare = |argument: Rows, slots: &Option<Vec<usize>>, chain: &[ComponentMatrix]| {
            let start = match slots {
                Some(slots) => circuit.add_bilinear(&argument, &weights, &weighting.scaling(slots, None)),
                None => argument,
            };
            chain.iter().fold(start, |rows, matrix| circuit.add_matrix(&rows, matrix))
        };
        let (x, y) = (prepare(x, &weighting.left, &self.left), prepare(y, &weighting.right, &self.right));
        let product = circuit.add_bilinear(&x, &y, &self.bilinear);
        let mut paths = self.result.iter().fold(product, |rows, matrix| circuit.add_matrix(&rows, matrix));
        if let Some(slots) = &weighting.result {
            let scaling = weighting.scaling(slots, weighting.sums.as_deref());
            paths = circuit.add_bilinear(&paths, &weights, &scaling);
        } else if let Some(sums) = &weighting.sums {
            paths = circuit.add_matrix(&paths, &ComponentMatrix::sums(sums));
        }
        circuit.output(&paths);
        circuit
    }

    /// Multiplies the factors out into coefficients, all weights being one.
    ///
    /// # Cost
    /// The product of the factors' sizes: meant for tests and for small maps.
    pub fn expand(&self) -> Bilinear {
        let joined = |chain: &[ComponentMatrix]| {
            chain.iter().fold(None, |product: Option<ComponentMatrix>, matrix| {
                Some(product.map_or_else(|| matrix.clone(), |product| matrix.multiply(&product)))
            })
        };
        let mut map = self.bilinear.clone();
        if let Some(matrix) = joined(&self.left) {
            map = map.compose(0, &matrix);
        }
        if let Some(matrix) = joined(&self.right) {
            map = map.compose(1, &matrix);
        }
        if let Some(matrix) = joined(&self.result) {
            map = map.compose(2, &matrix.transpose());
        }
        match &self.weighting.sums {
            Some(sums) => map.sum_rows(sums),
            None => map,
        }
    }
}

fn check_chain(
    what: &'static str,
    chain: &[ComponentMatrix],
    given: Option<usize>,
    taken: Option<usize>,
) -> Result<(), FactoredError> {
    let mut rows = given;
    for (index, matrix) in chain.iter().enumerate() {
        let expected = matrix.columns();
        if let Some(found) = rows.filter(|&found| found != expected) {
            return Err(FactoredError::Chain { what, index, expected, found });
        }
        rows = Some(matrix.rows());
    }
    match (rows, taken) {
        (Some(found), Some(expected)) if found != expected => {
            Err(FactoredError::Chain { what, index: chain.len(), expected, found })
        }
        _ => Ok(()),
    }
}

pub(crate) fn check_length(what: &'static str, expected: usize, found: usize) -> Result<(), FactoredError> {
    if expected == found { Ok(()) } else { Err(FactoredError::Length { what, expected, found }) }
}

pub(crate) fn check_range(what: &'static str, list: &[usize], size: usize) -> Result<(), FactoredError> {
    match list.iter().find(|&&index| index >= size) {
        Some(&index) => Err(FactoredError::OutOfRange { what, index, size }),
        None => Ok(()),
    }
}
