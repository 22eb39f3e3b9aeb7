//! Coupling of one index after the other, and the symmetry of the indices coupled so far.

use std::collections::BTreeMap;

use crate::coupling::{largest_pivot, orthonormalize};
use crate::{GroupError, Irrep, Irreps, ReducedTensorBasis, clebsch_gordan};

/// Copies of irreps inside the tensors: for each copy `2 l + 1` tensors, one after the other.
pub(super) type Copies = BTreeMap<Irrep, Vec<Vec<f64>>>;

/// Couples all copies with one more index; `n` is the number of elements of a tensor before.
pub(super) fn couple(
    copies: &Copies,
    n: usize,
    index: &Irreps,
    useful: impl Fn(Irrep) -> bool,
) -> Result<Copies, GroupError> {
    let dim = index.dim();
    let pairs =
        || copies.iter().flat_map(|(left, list)| index.iter().map(move |(mul, right)| (*left, list.len(), mul, right)));
    let n_vectors = pairs().fold(0_usize, |sum, (left, n_left, mul, right)| {
        let outputs: usize = left.product(right).filter(|output| useful(*output)).map(Irrep::dim).sum();
        sum.saturating_add(n_left.saturating_mul(mul).saturating_mul(outputs))
    });
    let n_floats = n_vectors.saturating_mul(n).saturating_mul(dim);
    let max = ReducedTensorBasis::MAX_ELEMENTS;
    // Also without any vector the number of elements of a tensor must stay in range.
    let n_elements = n_floats.max(n.saturating_mul(dim));
    if n_elements > max {
        return Err(GroupError::TensorTooLarge { n_elements, max });
    }
    let mut coupled = Copies::new();
    for (left, list) in copies {
        for ((mul, right), slice) in index.iter().zip(index.slices()) {
            for output in left.product(right).filter(|output| useful(*output)) {
                let coefficients: Vec<([usize; 3], f64)> = clebsch_gordan(left.l, right.l, output.l)?.iter().collect();
                for (copy, offset) in
                    list.iter().flat_map(|copy| (0..mul).map(move |number| (copy, number * right.dim())))
                {
                    let mut tensors = vec![0.0; output.dim() * n * dim];
                    for &([m1, m2, m], value) in &coefficients {
                        let at = slice.start + offset + m2;
                        for (x, element) in copy[m1 * n..(m1 + 1) * n].iter().enumerate() {
                            tensors[(m * n + x) * dim + at] += value * element;
                        }
                    }
                    coupled.entry(output).or_default().push(tensors);
                }
            }
        }
    }
    Ok(coupled)
}

/// Replaces the copies of each irrep by those that have the symmetry; all have that of the indices before the last.
pub(super) fn impose(transversal: &[(Vec<usize>, f64)], dims: &[usize], copies: &mut Copies) {
    if transversal.len() == 1 {
        return;
    }
    let moves: Vec<(Vec<usize>, f64)> = transversal.iter().map(|(p, sign)| (sources(p, dims), *sign)).collect();
    let n = dims.iter().product();
    for list in copies.values_mut() {
        let projector = projector(&moves, n, list);
        let combine = |weights: &Vec<f64>| {
            let mut tensors = vec![0.0; list[0].len()];
            for (weight, copy) in weights.iter().zip(list.iter()).filter(|(weight, _)| **weight != 0.0) {
                tensors.iter_mut().zip(copy).for_each(|(sum, x)| *sum += weight * x);
            }
            tensors
        };
        *list = range(list.len(), &projector).iter().map(combine).collect();
    }
}

/// Lists for each element of a tensor the element that a permutation of the indices brings there.
fn sources(permutation: &[usize], dims: &[usize]) -> Vec<usize> {
    // T(x_p[0], x_p[1], ..): index a of the element that is read is index p[a] of the one that is written.
    let mut strides = vec![0; dims.len()];
    let mut stride = 1;
    for at in (0..dims.len()).rev() {
        strides[permutation[at]] = stride;
        stride *= dims[at];
    }
    let mut places = vec![0];
    for (dim, stride) in dims.iter().zip(&strides) {
        places = places.iter().flat_map(|place| (0..*dim).map(move |x| place + x * stride)).collect();
    }
    places
}

/// Computes the matrix of the mean over permutations between copies, from their first components.
fn projector(moves: &[(Vec<usize>, f64)], n: usize, list: &[Vec<f64>]) -> Vec<f64> {
    let n_copies = list.len();
    let mut matrix = vec![0.0; n_copies * n_copies];
    for (b, copy) in list.iter().enumerate() {
        let mut mean = vec![0.0; n];
        for (sources, sign) in moves {
            let weight = sign / moves.len() as f64;
            mean.iter_mut().zip(sources).for_each(|(sum, source)| *sum += weight * copy[*source]);
        }
        for (a, other) in list.iter().enumerate() {
            matrix[a * n_copies + b] = other[..n].iter().zip(&mean).map(|(x, y)| x * y).sum();
        }
    }
    matrix
}

/// Finds an orthonormal basis of the range of an orthogonal projector.
fn range(n: usize, projector: &[f64]) -> Vec<Vec<f64>> {
    /// The squared lengths left over are those of nothing but rounding, or at least about 1 / n.
    const RESIDUAL: f64 = 1e-9;
    let mut columns: Vec<Vec<f64>> = Vec::new();
    let mut residual: Vec<f64> = (0..n).map(|at| projector[at * n + at]).collect();
    let mut left: Vec<usize> = (0..n).collect();
    while let Some(at) = largest_pivot(&left, |column| residual[column], RESIDUAL) {
        let pivot = left.remove(at);
        columns.push((0..n).map(|row| projector[row * n + pivot]).collect());
        columns = orthonormalize(columns);
        if let Some(last) = columns.last() {
            residual.iter_mut().zip(last).for_each(|(square, x)| *square -= x * x);
        }
    }
    columns
}
