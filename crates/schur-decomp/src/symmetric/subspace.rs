//! The space that the powers of a tensor's vectors span, and how it shrinks when one of them is taken out.
//!
//! Flattened over sorted indices, the tensor is `U D V^T` with orthonormal rows in `U` and `V`. A vector `a` whose power
//! lies in the space has coordinates `alpha = U a^m`, `beta = V a^k`, and `D - w alpha beta^T` is singular for
//! `1 / w = beta^T D^-1 alpha`, with null vectors `D^-1 alpha` and `D^-T beta`: a reflection of each basis sends them to
//! its last row, which is dropped.

use schur_linalg::{svd, symmetric_eigen};
use schur_tensor::Tensor;

use super::SymmetricTensor;
use super::storage::{Monomials, flatten};
use crate::{DecompError, Scalar};

/// Bases of rows and columns of the flattened tensor, and the inverse of what is between them.
#[derive(Debug)]
pub(super) struct Subspace {
    /// Powers of the lower order, if the order of the tensor is odd; else those of `right` serve.
    left: Option<(Monomials, Vec<f64>)>,
    pub monomials: Monomials,
    /// `rank` rows of `monomials.count()` numbers.
    right: Vec<f64>,
    /// `[right, left]`, in rows of `rank` numbers.
    inverse: Vec<f64>,
    pub rank: usize,
}

impl Subspace {
    /// Finds the space; `rank` none counts what is above `tolerance` times the largest.
    pub fn new<T: Scalar>(
        tensor: &SymmetricTensor<T>,
        rank: Option<usize>,
        tolerance: f64,
    ) -> Result<Self, DecompError> {
        let (low, high) = (tensor.order() / 2, tensor.order().div_ceil(2));
        let monomials = Monomials::new(tensor.size(), high)?;
        // For powers to be the only ones in the space it must be smaller than all of it by the size of a mode.
        let most = monomials.count().saturating_sub(tensor.size());
        if low == high {
            let eigen = symmetric_eigen(&flatten(tensor, &monomials, &monomials)?)?;
            let mut order: Vec<usize> = (0..eigen.values.len()).collect();
            order.sort_by(|&a, &b| eigen.values[b].abs().total_cmp(&eigen.values[a].abs()));
            let values: Vec<f64> = order.iter().map(|&k| eigen.values[k]).collect();
            let rank = rank_of(&values, rank, tolerance, most)?;
            let right = columns(&eigen.u, &order[..rank]);
            return Ok(Self { left: None, monomials, right, inverse: diagonal(&values[..rank]), rank });
        }
        let lower = Monomials::new(tensor.size(), low)?;
        let found = svd(&flatten(tensor, &lower, &monomials)?)?;
        let rank = rank_of(&found.s, rank, tolerance, most.min(lower.count()))?;
        let order: Vec<usize> = (0..rank).collect();
        let left = Some((lower, columns(&found.u, &order)));
        let right = columns(&found.v, &order);
        Ok(Self { left, monomials, right, inverse: diagonal(&found.s[..rank]), rank })
    }

    /// Bytes held.
    pub fn bytes(&self) -> u64 {
        let left = self.left.as_ref().map_or(0, |(_, basis)| basis.len());
        8 * (left + self.right.len() + self.inverse.len()) as u64
    }

    /// Projects a power into the space: its coordinates, the projection, and the square of its norm.
    pub fn project(&self, power: &[f64], coordinates: &mut Vec<f64>, projection: &mut [f64]) -> f64 {
        coordinates.clear();
        coordinates.extend(self.right.chunks_exact(power.len()).map(|row| dot(row, power)));
        projection.fill(0.0);
        for (row, &coordinate) in self.right.chunks_exact(power.len()).zip(coordinates.iter()) {
            projection.iter_mut().zip(row).for_each(|(sum, entry)| *sum += coordinate * entry);
        }
        dot(coordinates, coordinates)
    }

    /// Takes the power of a vector out, and returns its weight.
    pub fn deflate(&mut self, vector: &[f64]) -> f64 {
        let rank = self.rank;
        let mut power = vec![0.0; self.monomials.count()];
        self.monomials.power(vector, &mut power);
        let beta: Vec<f64> = self.right.chunks_exact(power.len()).map(|row| dot(row, &power)).collect();
        let alpha = match &self.left {
            None => beta.clone(),
            Some((lower, basis)) => {
                let mut power = vec![0.0; lower.count()];
                lower.power(vector, &mut power);
                basis.chunks_exact(power.len()).map(|row| dot(row, &power)).collect()
            }
        };
        let x: Vec<f64> = self.inverse.chunks_exact(rank).map(|row| dot(row, &alpha)).collect();
        let y = match &self.left {
            // The inverse is symmetric, and stays so only under one and the same reflection of both sides: two that
            // differ by rounding make the difference grow with each power that is taken out.
            None => x.clone(),
            Some(_) => {
                let mut y = vec![0.0; rank];
                for (row, &b) in self.inverse.chunks_exact(rank).zip(&beta) {
                    y.iter_mut().zip(row).for_each(|(sum, entry)| *sum += b * entry);
                }
                y
            }
        };
        let weight = 1.0 / dot(&beta, &x);
        let (x, y) = (reflection(x), reflection(y));
        reflect_rows(&mut self.right, &x);
        self.right.truncate((rank - 1) * power.len());
        if let Some((lower, basis)) = &mut self.left {
            reflect_rows(basis, &y);
            basis.truncate((rank - 1) * lower.count());
        }
        reflect_rows(&mut self.inverse, &x);
        for row in self.inverse.chunks_exact_mut(rank) {
            let along = 2.0 * dot(row, &y);
            row.iter_mut().zip(&y).for_each(|(entry, y)| *entry -= along * y);
        }
        let kept = self.inverse.chunks_exact(rank).take(rank - 1).flat_map(|row| &row[..rank - 1]);
        self.inverse = kept.copied().collect();
        self.rank = rank - 1;
        weight
    }
}

/// The rank asked for or seen, checked.
fn rank_of(values: &[f64], rank: Option<usize>, tolerance: f64, most: usize) -> Result<usize, DecompError> {
    let least = tolerance * values.first().map_or(0.0, |value| value.abs());
    let rank = rank.unwrap_or_else(|| values.iter().filter(|value| value.abs() > least).count());
    if rank == 0 || rank > most {
        let what = "a symmetric tensor whose powers are to be told apart by its flattening".to_owned();
        return Err(DecompError::Rank { what, rank, most });
    }
    Ok(rank)
}

/// Some columns of a matrix, as rows.
fn columns(matrix: &Tensor<f64>, wanted: &[usize]) -> Vec<f64> {
    let count = matrix.shape()[1];
    wanted.iter().flat_map(|&k| matrix.data().iter().skip(k).step_by(count).copied()).collect()
}

/// A diagonal matrix of reciprocals.
fn diagonal(values: &[f64]) -> Vec<f64> {
    let mut matrix = vec![0.0; values.len() * values.len()];
    matrix.iter_mut().step_by(values.len() + 1).zip(values).for_each(|(entry, value)| *entry = 1.0 / value);
    matrix
}

/// The unit vector of the reflection that sends a vector to the last axis.
fn reflection(mut vector: Vec<f64>) -> Vec<f64> {
    let norm = dot(&vector, &vector).sqrt();
    if let Some(last) = vector.last_mut() {
        *last += if *last < 0.0 { -norm } else { norm };
    }
    let norm = dot(&vector, &vector).sqrt();
    vector.iter_mut().for_each(|entry| *entry /= norm);
    vector
}

/// Reflects the rows of a matrix, one for each element of the unit vector.
fn reflect_rows(matrix: &mut [f64], unit: &[f64]) {
    let width = matrix.len() / unit.len().max(1);
    let mut along = vec![0.0; width];
    for (row, &u) in matrix.chunks_exact(width.max(1)).zip(unit) {
        along.iter_mut().zip(row).for_each(|(sum, entry)| *sum += u * entry);
    }
    for (row, &u) in matrix.chunks_exact_mut(width.max(1)).zip(unit) {
        row.iter_mut().zip(&along).for_each(|(entry, along)| *entry -= 2.0 * u * along);
    }
}

/// Partial sums of an inner product: as many as keep the adders of a core busy.
const LANES: usize = 16;

/// The inner product of two vectors.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    let (heads, tails) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f64 = heads.remainder().iter().zip(tails.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in heads.zip(tails) {
        sums.iter_mut().zip(x.iter().zip(y)).for_each(|(sum, (x, y))| *sum += x * y);
    }
    sums.iter().sum::<f64>() + rest
}
