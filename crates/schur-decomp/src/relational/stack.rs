//! The slices of a relational tensor one after the other, and transposed: what products read.

use schur_tensor::Tensor;

use super::Rescal;
use crate::random::{stream, unit};
use crate::{DecompError, Scalar};

/// Slices `[relations, i, j]` and `[relations, j, i]`.
#[derive(Clone)]
pub(super) struct Stack {
    pub entities: usize,
    pub relations: usize,
    pub slices: Tensor<f64>,
    pub transposed: Tensor<f64>,
    pub norm_squared: f64,
}

impl Stack {
    pub fn new<T: Scalar>(tensor: &Tensor<T>) -> Result<Self, DecompError> {
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
            if !value.is_finite() {
                return Err(DecompError::NotFinite { index: place_of(place), value });
            }
            if value < 0.0 {
                return Err(DecompError::Negative { method: "nonnegative RESCAL", index: place_of(place), value });
            }
        }
        let slices = Tensor::from_fn(&[m, n, n], |i| tensor.data()[(i[1] * n + i[2]) * m + i[0]].to_f64())?;
        Self::from_slices(slices)
    }

    fn from_slices(slices: Tensor<f64>) -> Result<Self, DecompError> {
        let (relations, entities) = (slices.shape()[0], slices.shape()[1]);
        let transposed = slices.view().permuted(&[0, 2, 1])?.to_tensor();
        let norm_squared = slices.data().iter().map(|value| value * value).sum();
        if norm_squared == 0.0 {
            return Err(DecompError::AllZero);
        }
        Ok(Self { entities, relations, slices, transposed, norm_squared })
    }

    /// The same with every element times a number drawn evenly from `[1 - noise, 1 + noise)`.
    pub fn disturbed(&self, noise: f64, (seed, draw): (u64, u64)) -> Result<Self, DecompError> {
        let mut rng = stream(seed, draw);
        let mut slices = self.slices.clone();
        slices.data_mut().iter_mut().for_each(|value| *value *= 1.0 + noise * (2.0 * unit(&mut rng) - 1.0));
        Self::from_slices(slices)
    }

    /// `|data - model| / |data|`, element by element.
    pub fn relative_error(&self, model: &Rescal) -> f64 {
        let (n, k) = (self.entities, model.rank());
        let row = |i: usize| &model.entities.data()[i * k..][..k];
        let mut sum = 0.0;
        let relations = model.relations.data().chunks_exact(k * k);
        for (slice, relation) in self.slices.data().chunks_exact(n * n).zip(relations) {
            for (i, line) in slice.chunks_exact(n).enumerate() {
                let mut left = vec![0.0; k];
                for (a, relation) in row(i).iter().zip(relation.chunks_exact(k)) {
                    left.iter_mut().zip(relation).for_each(|(left, r)| *left += a * r);
                }
                for (j, value) in line.iter().enumerate() {
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
