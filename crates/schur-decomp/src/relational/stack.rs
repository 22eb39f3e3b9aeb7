//! The slices of a relational tensor one after the other, and transposed: what products read.

use schur_tensor::Tensor;

use super::{Rescal, Unknown};
use crate::random::{stream, unit};
use crate::{DecompError, Scalar};

/// Slices `[relations, i, j]` and `[relations, j, i]`.
#[derive(Clone)]
pub(super) struct Stack {
    pub entities: usize,
    pub relations: usize,
    pub slices: Tensor<f64>,
    pub transposed: Tensor<f64>,
    /// Places in the slices of which nothing is known, ascending; estimates stand there.
    pub missing: Vec<usize>,
    /// Of what is known.
    pub norm_squared: f64,
}

impl Stack {
    pub fn new<T: Scalar>(tensor: &Tensor<T>, unknown: Unknown) -> Result<Self, DecompError> {
        let shape = tensor.shape().to_vec();
        let &[n, other, m] = &shape[..] else {
            return Err(DecompError::Order { method: "RESCAL", least: 3, shape });
        };
        if let Some(mode) = shape.iter().position(|&size| size == 0) {
            return Err(DecompError::EmptyMode { mode, shape });
        }
        if n != other {
            let what = "a tensor of relations".to_owned();
            return Err(DecompError::Mismatch { what, expected: vec![n, n, m], found: shape });
        }
        let place_of = |place: usize| vec![place / (n * m), place / m % n, place % m];
        for (place, value) in tensor.data().iter().map(|value| value.to_f64()).enumerate() {
            if !value.is_finite() && (unknown == Unknown::Refused || !value.is_nan()) {
                return Err(DecompError::NotFinite { index: place_of(place), value });
            }
            if value < 0.0 {
                return Err(DecompError::Negative { method: "nonnegative RESCAL", index: place_of(place), value });
            }
        }
        let mut slices = Tensor::from_fn(&[m, n, n], |i| tensor.data()[(i[1] * n + i[2]) * m + i[0]].to_f64())?;
        let unknowns = slices.data().iter().enumerate().filter(|(_, value)| value.is_nan());
        let mut missing: Vec<usize> = unknowns.map(|(place, _)| place).collect();
        let known = slices.data().len() - missing.len();
        let sum: f64 = slices.data().iter().filter(|value| !value.is_nan()).sum();
        let first = if unknown == Unknown::Missing { sum / known.max(1) as f64 } else { 0.0 };
        missing.iter().for_each(|&place| slices.data_mut()[place] = first);
        if unknown != Unknown::Missing {
            missing.clear();
        }
        Self::from_slices(slices, missing)
    }

    fn from_slices(slices: Tensor<f64>, missing: Vec<usize>) -> Result<Self, DecompError> {
        let (relations, entities) = (slices.shape()[0], slices.shape()[1]);
        let transposed = slices.view().permuted(&[0, 2, 1])?.to_tensor();
        let square = |value: &f64| value * value;
        let estimates: f64 = missing.iter().map(|&place| square(&slices.data()[place])).sum();
        let norm_squared = slices.data().iter().map(square).sum::<f64>() - estimates;
        if norm_squared <= 0.0 {
            return Err(DecompError::AllZero);
        }
        Ok(Self { entities, relations, slices, transposed, missing, norm_squared })
    }

    /// The same with every element times a number drawn evenly from `[1 - noise, 1 + noise)`.
    pub fn disturbed(&self, noise: f64, (seed, draw): (u64, u64)) -> Result<Self, DecompError> {
        let mut rng = stream(seed, draw);
        let mut slices = self.slices.clone();
        slices.data_mut().iter_mut().for_each(|value| *value *= 1.0 + noise * (2.0 * unit(&mut rng) - 1.0));
        Self::from_slices(slices, self.missing.clone())
    }

    /// Puts what a model says in the places of which nothing is known.
    pub fn estimate(&mut self, model: &Rescal) {
        let (n, k) = (self.entities, model.rank());
        let row = |i: usize| &model.entities.data()[i * k..][..k];
        for &place in &self.missing {
            let (r, i, j) = (place / (n * n), place / n % n, place % n);
            let relation = &model.relations.data()[r * k * k..][..k * k];
            let line = |line: &[f64]| line.iter().zip(row(j)).map(|(x, y)| x * y).sum::<f64>();
            let value: f64 = row(i).iter().zip(relation.chunks_exact(k)).map(|(a, relation)| a * line(relation)).sum();
            self.slices.data_mut()[place] = value;
            self.transposed.data_mut()[(r * n + j) * n + i] = value;
        }
    }

    /// `|data - model| / |data|`, element by element of those that are known.
    pub fn relative_error(&self, model: &Rescal) -> f64 {
        let (n, k) = (self.entities, model.rank());
        let row = |i: usize| &model.entities.data()[i * k..][..k];
        let (mut sum, mut place) = (0.0, 0);
        let mut missing = self.missing.iter().peekable();
        let relations = model.relations.data().chunks_exact(k * k);
        for (slice, relation) in self.slices.data().chunks_exact(n * n).zip(relations) {
            for (i, line) in slice.chunks_exact(n).enumerate() {
                let mut left = vec![0.0; k];
                for (a, relation) in row(i).iter().zip(relation.chunks_exact(k)) {
                    left.iter_mut().zip(relation).for_each(|(left, r)| *left += a * r);
                }
                for (j, value) in line.iter().enumerate() {
                    place += 1;
                    if missing.next_if_eq(&&(place - 1)).is_some() {
                        continue;
                    }
                    let modelled: f64 = left.iter().zip(row(j)).map(|(x, y)| x * y).sum();
                    sum += (value - modelled) * (value - modelled);
                }
            }
        }
        (sum / self.norm_squared).sqrt()
    }

    pub fn bytes(&self) -> u64 {
        16 * self.slices.data().len() as u64
    }
}
