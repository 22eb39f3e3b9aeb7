//! Coupling tensors as floats, and how to find them for a group of which only matrices are known.
//!
//! A map `C` from the product of two irreps to a third is equivariant if the vector of its elements does not change under
//! `D = D1 x D2 x D3` for each generator. Since the matrices are orthogonal, `|D c - c|^2 = 2 c^T (1 - sym D) c`; the sum of
//! `1 - sym D` over the generators is positive semi-definite and its kernel holds the couplings. Elimination with pivots on
//! the diagonal finds it: when only rounding is left there, the columns not eliminated span the kernel.

use crate::{GroupError, GroupIrrep};

/// A coupling of two irreps to a third, dense.
#[derive(Clone, Debug, PartialEq)]
pub struct CouplingTensor {
    shape: [usize; 3],
    values: Vec<f64>,
}

impl CouplingTensor {
    /// Makes a tensor of its elements.
    ///
    /// # Shapes
    /// `values: [shape[0], shape[1], shape[2]]`, row-major; the output is the last axis.
    ///
    /// # Errors
    /// [`GroupError::Length`].
    pub fn new(shape: [usize; 3], values: Vec<f64>) -> Result<Self, GroupError> {
        let expected = shape.iter().fold(1_usize, |n, dim| n.saturating_mul(*dim));
        if values.len() == expected {
            Ok(Self { shape, values })
        } else {
            Err(GroupError::Length { what: "coupling tensor", expected, found: values.len() })
        }
    }

    /// Returns the dimensions of the two inputs and the output.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Returns all elements, row-major.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Returns the scalar product of the elements of two tensors of one shape.
    pub(crate) fn dot(&self, other: &Self) -> f64 {
        self.values.iter().zip(&other.values).map(|(a, b)| a * b).sum()
    }

    /// Subtracts `weight C^T C` from a matrix on the product of the inputs.
    pub(crate) fn subtract_projection(&self, weight: f64, matrix: &mut [f64]) {
        let rows: Vec<&[f64]> = self.values.chunks_exact(self.shape[2]).collect();
        for (i, row) in rows.iter().enumerate() {
            for (j, other) in rows.iter().enumerate() {
                let overlap: f64 = row.iter().zip(*other).map(|(a, b)| a * b).sum();
                matrix[i * rows.len() + j] -= weight * overlap;
            }
        }
    }

    /// Returns the largest element of `C (D1 x D2) - D3 C` for the matrices of one group element.
    pub(crate) fn intertwining_defect(&self, [d1, d2, d3]: &[Vec<f64>; 3]) -> f64 {
        let [n1, n2, n3] = self.shape;
        let mut largest = 0.0_f64;
        for (i, j) in (0..n1).flat_map(|i| (0..n2).map(move |j| (i, j))) {
            for k in 0..n3 {
                let pairs = (0..n1).flat_map(|a| (0..n2).map(move |b| (a, b)));
                let before: f64 =
                    pairs.map(|(a, b)| self.values[(a * n2 + b) * n3 + k] * d1[a * n1 + i] * d2[b * n2 + j]).sum();
                let after: f64 = (0..n3).map(|c| d3[k * n3 + c] * self.values[(i * n2 + j) * n3 + c]).sum();
                largest = largest.max((before - after).abs());
            }
        }
        largest
    }
}

/// Largest number of elements of a coupling tensor that is solved for: a matrix of this size squared is factorised.
const MAX_UNKNOWNS: usize = 1024;

/// What is left on the diagonal, relative to the number of generators, when only rounding is left.
///
/// Eigenvalues that are not zero are far above this: for turns by one radian `1 - cos m` is 9e-3 or more up to m = 30, and for
/// an element of order n it is `1 - cos(2 pi / n)` or more, 5e-6 for the largest group.
const RANK_TOLERANCE: f64 = 1e-9;

/// Finds the couplings of two irreps to a third from the matrices of the generators.
pub(crate) fn solve_coupling<R: GroupIrrep>(
    left: &R,
    right: &R,
    output: &R,
) -> Result<Vec<CouplingTensor>, GroupError> {
    let shape = [left.dim(), right.dim(), output.dim()];
    let n = shape.iter().fold(1_usize, |n, dim| n.saturating_mul(*dim));
    if n > MAX_UNKNOWNS {
        return Err(GroupError::CouplingTooLarge { dims: shape, max: MAX_UNKNOWNS });
    }
    let mut defect = vec![0.0; n * n];
    let generators = left.generators();
    for element in &generators {
        let matrices = [left.matrix(element)?, right.matrix(element)?, output.matrix(element)?];
        add_defect(shape, &matrices, &mut defect);
    }
    let scale = (output.dim() as f64).sqrt();
    let kernel = kernel(n, defect, RANK_TOLERANCE * generators.len() as f64);
    kernel.into_iter().map(|v| CouplingTensor::new(shape, v.iter().map(|x| scale * x).collect())).collect()
}

/// Adds `1 - sym(D1 x D2 x D3)`.
fn add_defect([n1, n2, n3]: [usize; 3], [d1, d2, d3]: &[Vec<f64>; 3], defect: &mut [f64]) {
    let n = n1 * n2 * n3;
    for row in 0..n {
        let (i, j, k) = (row / (n2 * n3), row / n3 % n2, row % n3);
        defect[row * n + row] += 1.0;
        for column in 0..n {
            let (a, b, c) = (column / (n2 * n3), column / n3 % n2, column % n3);
            let half = 0.5 * d1[i * n1 + a] * d2[j * n2 + b] * d3[k * n3 + c];
            defect[row * n + column] -= half;
            defect[column * n + row] -= half;
        }
    }
}

/// Finds an orthonormal basis of the kernel of a positive semi-definite matrix.
fn kernel(n: usize, mut matrix: Vec<f64>, tolerance: f64) -> Vec<Vec<f64>> {
    let (mut pivots, mut free) = (Vec::new(), (0..n).collect::<Vec<usize>>());
    // Gauss-Jordan with pivots on the diagonal: afterwards pivot rows express pivot components by free ones.
    while let Some(at) = largest_pivot(&free, |i| matrix[i * n + i], tolerance) {
        let p = free.remove(at);
        let inverse = 1.0 / matrix[p * n + p];
        (0..n).for_each(|j| matrix[p * n + j] *= inverse);
        let pivot_row = matrix[p * n..(p + 1) * n].to_vec();
        for row in (0..n).filter(|row| *row != p) {
            let factor = matrix[row * n + p];
            if factor != 0.0 {
                (0..n).for_each(|j| matrix[row * n + j] -= factor * pivot_row[j]);
            }
        }
        pivots.push(p);
    }
    let vector = |f: &usize| {
        let mut vector = vec![0.0; n];
        vector[*f] = 1.0;
        pivots.iter().for_each(|p| vector[*p] = -matrix[p * n + f]);
        vector
    };
    orthonormalize(free.iter().map(vector).collect())
}

/// Picks the position of the largest number above the tolerance; of numbers equal up to rounding the first.
pub(crate) fn largest_pivot(rows: &[usize], diagonal: impl Fn(usize) -> f64, tolerance: f64) -> Option<usize> {
    /// Numbers closer than this count as equal, so that rounding does not choose.
    const TIE: f64 = 1.0 + 1e-6;
    let mut best: Option<(usize, f64)> = None;
    for (at, &row) in rows.iter().enumerate() {
        let value = diagonal(row);
        if value > tolerance && best.is_none_or(|(_, largest)| value > TIE * largest) {
            best = Some((at, value));
        }
    }
    best.map(|(at, _)| at)
}

/// Makes independent vectors orthonormal, in their order; twice, as once leaves rounding errors of nearly parallel ones.
pub(crate) fn orthonormalize(mut vectors: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    for at in 0..vectors.len() {
        let (before, rest) = vectors.split_at_mut(at);
        let Some(vector) = rest.first_mut() else { break };
        for _ in 0..2 {
            for other in before.iter() {
                let overlap: f64 = other.iter().zip(vector.iter()).map(|(a, b)| a * b).sum();
                vector.iter_mut().zip(other).for_each(|(x, y)| *x -= overlap * y);
            }
            let inverse = 1.0 / vector.iter().map(|x| x * x).sum::<f64>().sqrt();
            vector.iter_mut().for_each(|x| *x *= inverse);
        }
    }
    vectors
}
