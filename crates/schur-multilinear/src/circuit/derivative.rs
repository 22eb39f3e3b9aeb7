//! Derivatives of circuits are circuits.
//!
//! The tangent of a sum of products is a sum of products, and so is its reverse pass; linear combinations stay what
//! they are, or are transposed. Second derivatives are derivatives of these, by the same rules.

use super::{Circuit, Operation, Rows};
use crate::{Bilinear, BilinearTerm, ComponentMatrix};

impl Circuit {
    /// The change of the result when the arguments change.
    ///
    /// Takes the arguments, then their tangents in the same order, and gives the tangent of the result.
    ///
    /// # Cost
    /// Products that the result depends on count three times, linear combinations twice.
    ///
    /// # Examples
    /// ```
    /// use schur_multilinear::{Bilinear, Circuit};
    /// let mut cube = Circuit::new();
    /// let x = cube.input(1);
    /// let square = cube.bilinear(&x, &x, &Bilinear::pointwise(1))?;
    /// let result = cube.bilinear(&square, &x, &Bilinear::pointwise(1))?;
    /// cube.output(&result);
    /// let slope = cube.tangent();
    /// assert_eq!(slope.evaluate(&[&[2.0], &[1.0]])?, [12.0]);
    /// assert_eq!(slope.tangent().evaluate(&[&[2.0], &[1.0], &[1.0], &[0.0]])?, [12.0]); // 6 x
    /// # Ok::<(), schur_multilinear::FactoredError>(())
    /// ```
    pub fn tangent(&self) -> Self {
        let mut circuit = Self::new();
        let (values, inputs) = self.copy_into(&mut circuit);
        let mut tangents = vec![None; self.rows];
        for (first, rows) in inputs {
            assign(&mut tangents, first, &circuit.input(rows));
        }
        for operation in &self.operations {
            match operation {
                Operation::Input { .. } => {}
                Operation::Bilinear { left, right, map, first } => {
                    let both = |rows: &[usize]| Rows::concatenate([&pick(&values, rows), &pick(&tangents, rows)]);
                    let made = circuit.add_bilinear(&both(left), &both(right), &product_rule(map));
                    assign(&mut tangents, *first, &made);
                }
                Operation::InverseSqrt { source, first } => {
                    let root = pick(&values, &(*first..first + source.len()).collect::<Vec<_>>());
                    let made = circuit.inverse_sqrt_slope(&root, pick(&tangents, source));
                    assign(&mut tangents, *first, &made);
                }
                Operation::Matrix { source, matrix, first } => {
                    let made = circuit.add_matrix(&pick(&tangents, source), matrix);
                    assign(&mut tangents, *first, &made);
                }
            }
        }
        circuit.output(&pick(&tangents, &self.outputs));
        circuit
    }

    /// The reverse pass: cotangents of all arguments, one after the other.
    ///
    /// Takes the arguments, then the cotangent of the result. Where an argument serves several channels or items, its
    /// cotangent is the sum over them, which is left to the caller; a plan's own reverse pass takes it.
    ///
    /// # Cost
    /// About twice that of the circuit, besides evaluating it.
    pub fn reverse(&self) -> Self {
        let mut circuit = Self::new();
        let (values, inputs) = self.copy_into(&mut circuit);
        let cotangent = circuit.input(self.outputs.len());
        let mut parts: Vec<Vec<usize>> = vec![Vec::new(); self.rows];
        let collect = |parts: &mut [Vec<usize>], rows: &[usize], made: &Rows| {
            rows.iter().zip(&made.0).for_each(|(&row, &part)| parts[row].push(part));
        };
        collect(&mut parts, &self.outputs, &cotangent);
        for operation in self.operations.iter().rev() {
            match operation {
                Operation::Input { .. } => {}
                Operation::Bilinear { left, right, map, first } => {
                    let g = circuit.sum(&parts[*first..first + map.dims()[2]]);
                    let to_left = circuit.add_bilinear(&g, &pick(&values, right), &exchange(map, 0));
                    let to_right = circuit.add_bilinear(&pick(&values, left), &g, &exchange(map, 1));
                    collect(&mut parts, left, &to_left);
                    collect(&mut parts, right, &to_right);
                }
                Operation::InverseSqrt { source, first } => {
                    let g = circuit.sum(&parts[*first..first + source.len()]);
                    let root = pick(&values, &(*first..first + source.len()).collect::<Vec<_>>());
                    let made = circuit.inverse_sqrt_slope(&root, g);
                    collect(&mut parts, source, &made);
                }
                Operation::Matrix { source, matrix, first } => {
                    let g = circuit.sum(&parts[*first..first + matrix.rows()]);
                    let made = circuit.add_matrix(&g, &matrix.transpose());
                    collect(&mut parts, source, &made);
                }
            }
        }
        for (first, rows) in inputs {
            let sums = circuit.sum(&parts[first..first + rows]);
            circuit.output(&sums);
        }
        circuit
    }

    /// Copies all operations, arguments first; tells where each row went, and the first row and length of arguments.
    fn copy_into(&self, circuit: &mut Self) -> (Vec<Option<usize>>, Vec<(usize, usize)>) {
        let mut places = vec![None; self.rows];
        let mut inputs = Vec::new();
        for operation in &self.operations {
            if let Operation::Input { first, rows } = operation {
                assign(&mut places, *first, &circuit.input(*rows));
                inputs.push((*first, *rows));
            }
        }
        for operation in &self.operations {
            match operation {
                Operation::Input { .. } => {}
                Operation::Bilinear { left, right, map, first } => {
                    let made = circuit.add_bilinear(&pick(&places, left), &pick(&places, right), map);
                    assign(&mut places, *first, &made);
                }
                Operation::InverseSqrt { source, first } => {
                    let made = circuit.inverse_sqrt(&pick(&places, source));
                    assign(&mut places, *first, &made);
                }
                Operation::Matrix { source, matrix, first } => {
                    let made = circuit.add_matrix(&pick(&places, source), matrix);
                    assign(&mut places, *first, &made);
                }
            }
        }
        (places, inputs)
    }

    /// The slope of `r = 1 / sqrt(x)`, which is `-r^3 / 2`, times rows; one factor at a time, as the cube may overflow.
    fn inverse_sqrt_slope(&mut self, root: &Rows, rows: Rows) -> Rows {
        let n = root.len();
        let halved = (0..n).map(|m| BilinearTerm { result: m, left: m, right: m, coefficient: -0.5 });
        let halved = Bilinear::collect([n; 3], halved);
        [halved, Bilinear::pointwise(n), Bilinear::pointwise(n)]
            .iter()
            .fold(rows, |rows, map| self.add_bilinear(root, &rows, map))
    }

    /// Rows that are the sums of lists of rows.
    fn sum(&mut self, parts: &[Vec<usize>]) -> Rows {
        if let Some(single) =
            parts.iter().map(|list| <[usize; 1]>::try_from(&list[..]).ok()).collect::<Option<Vec<_>>>()
        {
            return Rows(single.into_iter().flatten().collect());
        }
        let source = Rows(parts.concat());
        let targets = parts.iter().enumerate().flat_map(|(row, list)| list.iter().map(move |_| row));
        let entries = targets.enumerate().map(|(column, row)| (row, column, 1.0)).collect();
        let matrix = ComponentMatrix::collect(parts.len(), source.len(), entries);
        self.add_matrix(&source, &matrix)
    }
}

fn assign(places: &mut [Option<usize>], first: usize, made: &Rows) {
    for (offset, &row) in made.0.iter().enumerate() {
        places[first + offset] = Some(row);
    }
}

/// Rows are made before they are read, so each has a place by then.
fn pick(places: &[Option<usize>], rows: &[usize]) -> Rows {
    Rows(rows.iter().filter_map(|&row| places[row]).collect())
}

/// `beta(dx, y) + beta(x, dy)`, with arguments followed by their tangents.
fn product_rule(map: &Bilinear) -> Bilinear {
    let [left, right, result] = map.dims();
    let terms = map.terms().iter().flat_map(|term| {
        let with = |left, right| BilinearTerm { left, right, ..*term };
        [with(left + term.left, term.right), with(term.left, right + term.right)]
    });
    Bilinear::collect([2 * left, 2 * right, result], terms)
}

/// The map with argument `operand` and the result exchanged.
fn exchange(map: &Bilinear, operand: usize) -> Bilinear {
    let mut dims = map.dims();
    dims.swap(operand, 2);
    let terms = map.terms().iter().map(|&BilinearTerm { result, left, right, coefficient }| match operand {
        0 => BilinearTerm { result: left, left: result, right, coefficient },
        _ => BilinearTerm { result: right, left, right: result, coefficient },
    });
    Bilinear::collect(dims, terms)
}
