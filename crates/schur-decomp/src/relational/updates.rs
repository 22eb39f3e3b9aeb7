//! Multiplicative updates: every number times a ratio of nonnegative sums, so that none turns negative.

use std::borrow::Cow;

use schur_tensor::{Tensor, View};

use super::Rescal;
use super::stack::Stack;
use crate::DecompError;
use crate::matrix::{gram, multiply_into};
use schur_tensor::product::Mode;

/// Keeps a denominator from vanishing where a group has died.
const LEAST: f64 = 1e-300;

/// A model and what its updates need.
pub(super) struct Updates<'a> {
    /// The updates' own once something missing is estimated.
    stack: Cow<'a, Stack>,
    model: Rescal,
    /// `X_r A`, `[relations, entities, k]`; that of the entities as they are now.
    right: Vec<f64>,
    /// `X_r^T A`.
    left: Vec<f64>,
    gram: Tensor<f64>,
}

impl<'a> Updates<'a> {
    pub fn new(stack: &'a Stack, model: Rescal) -> Result<Self, DecompError> {
        let room = vec![0.0; stack.relations * stack.entities * model.rank()];
        let gram = gram(&model.entities)?;
        let mut updates = Self { stack: Cow::Borrowed(stack), model, right: room.clone(), left: room, gram };
        updates.multiply()?;
        Ok(updates)
    }

    /// Multiplies the data with the entities, both ways.
    fn multiply(&mut self) -> Result<(), DecompError> {
        let (rows, n) = (self.stack.relations * self.stack.entities, self.stack.entities);
        let entities = self.model.entities.view();
        for (data, result) in [(&self.stack.slices, &mut self.right), (&self.stack.transposed, &mut self.left)] {
            let matrix = View::new(data.data(), 0, &[rows, n], &[n.cast_signed(), 1])?;
            multiply_into(&matrix, &entities, result, Mode::Overwrite)?;
        }
        self.gram = gram(&self.model.entities)?;
        Ok(())
    }

    /// Estimates what is missing by the model.
    pub fn estimate(&mut self) -> Result<(), DecompError> {
        if self.stack.missing.is_empty() {
            return Ok(());
        }
        self.stack.to_mut().estimate(&self.model);
        self.multiply()
    }

    /// `R_r <- R_r * (A^T X_r A) / (A^T A R_r A^T A)`
    pub fn relations(&mut self) -> Result<(), DecompError> {
        let (k, n) = (self.model.rank(), self.stack.entities);
        let mut numerator = vec![0.0; k * k];
        for (relation, right) in self.model.relations.data_mut().chunks_exact_mut(k * k).zip(self.right.chunks(n * k)) {
            numerator.fill(0.0);
            add_transposed_product(self.model.entities.data(), right, k, &mut numerator);
            let denominator = product(&product(self.gram.data(), relation, k), self.gram.data(), k);
            for ((entry, above), below) in relation.iter_mut().zip(&numerator).zip(denominator) {
                *entry *= above / below.max(LEAST);
            }
        }
        Ok(())
    }

    /// `A <- A * (sum X_r A R_r^T + X_r^T A R_r) / (A sum R_r A^T A R_r^T + R_r^T A^T A R_r)`
    pub fn entities(&mut self) -> Result<(), DecompError> {
        let (k, n) = (self.model.rank(), self.stack.entities);
        let mut numerator = vec![0.0; n * k];
        let mut sum = vec![0.0; k * k];
        let parts = self.right.chunks_exact(n * k).zip(self.left.chunks_exact(n * k));
        for (relation, (right, left)) in self.model.relations.data().chunks_exact(k * k).zip(parts) {
            let turned = transposed(relation, k);
            add_product(right, &turned, k, &mut numerator);
            add_product(left, relation, k, &mut numerator);
            add_product(&product(relation, self.gram.data(), k), &turned, k, &mut sum);
            add_product(&product(&turned, self.gram.data(), k), relation, k, &mut sum);
        }
        let denominator = product(self.model.entities.data(), &sum, k);
        for ((entry, above), below) in self.model.entities.data_mut().iter_mut().zip(numerator).zip(denominator) {
            *entry *= above / below.max(LEAST);
        }
        self.multiply()
    }

    /// `|data - model| / |data|`, from what the updates have at hand if nothing is missing.
    pub fn relative_error(&self) -> Result<f64, DecompError> {
        if !self.stack.missing.is_empty() {
            return Ok(self.stack.relative_error(&self.model));
        }
        let (k, n) = (self.model.rank(), self.stack.entities);
        let (mut inner, mut own) = (0.0, 0.0);
        for (relation, right) in self.model.relations.data().chunks_exact(k * k).zip(self.right.chunks_exact(n * k)) {
            let mut both = vec![0.0; k * k];
            add_transposed_product(self.model.entities.data(), right, k, &mut both);
            inner += dot(&both, relation);
            own += dot(&product(&product(self.gram.data(), relation, k), self.gram.data(), k), relation);
        }
        let squared = (self.stack.norm_squared - 2.0 * inner + own) / self.stack.norm_squared;
        if !squared.is_finite() {
            return Err(DecompError::Diverged { method: "nonnegative RESCAL", iteration: 1 });
        }
        Ok(squared.max(0.0).sqrt())
    }

    /// The model with columns of norm one; their norms go to the relations.
    pub fn normalised(self) -> Result<Rescal, DecompError> {
        let Rescal { mut entities, mut relations } = self.model;
        let k = entities.shape()[1];
        let norms: Vec<f64> = (0..k).map(|p| self.gram.data()[p * k + p].sqrt()).collect();
        for (place, entry) in entities.data_mut().iter_mut().enumerate() {
            *entry /= norms[place % k].max(LEAST);
        }
        for (place, entry) in relations.data_mut().iter_mut().enumerate() {
            *entry *= norms[place / k % k] * norms[place % k];
        }
        Ok(Rescal { entities, relations })
    }

    pub fn bytes(&self) -> u64 {
        let own = if matches!(self.stack, Cow::Owned(_)) { self.stack.bytes() } else { 0 };
        own + 8 * (self.right.len() + self.left.len()) as u64
    }
}

/// `left * right` for a right matrix of `k` columns and rows.
fn product(left: &[f64], right: &[f64], k: usize) -> Vec<f64> {
    let mut result = vec![0.0; left.len()];
    add_product(left, right, k, &mut result);
    result
}

fn add_product(left: &[f64], right: &[f64], k: usize, result: &mut [f64]) {
    for (line, result) in left.chunks_exact(k).zip(result.chunks_exact_mut(k)) {
        for (x, right) in line.iter().zip(right.chunks_exact(k)) {
            result.iter_mut().zip(right).for_each(|(result, y)| *result += x * y);
        }
    }
}

/// Adds `left^T * right` for two matrices of `k` columns.
fn add_transposed_product(left: &[f64], right: &[f64], k: usize, result: &mut [f64]) {
    for (left, right) in left.chunks_exact(k).zip(right.chunks_exact(k)) {
        for (x, result) in left.iter().zip(result.chunks_exact_mut(k)) {
            result.iter_mut().zip(right).for_each(|(result, y)| *result += x * y);
        }
    }
}

fn transposed(matrix: &[f64], k: usize) -> Vec<f64> {
    (0..k * k).map(|place| matrix[place % k * k + place / k]).collect()
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}
