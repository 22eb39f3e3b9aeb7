//! What an order costs, counted and not measured.

use serde::{Deserialize, Serialize};

use super::Order;
use crate::Contraction;

/// The cost of an order, all slices together.
///
/// Counts are `f64`, since those of hard networks go beyond any integer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Multiply-adds: the sum over pairs of the product of the sizes of all indices of both tensors.
    pub operations: f64,
    /// Elements of the largest tensor of a slice, operands included.
    pub largest: f64,
    /// Elements written, the results of all pairs.
    pub written: f64,
    /// Number of slices: the product of the sizes of the sliced indices.
    pub slices: f64,
}

impl Cost {
    /// Counts what an order of a contraction costs.
    ///
    /// # Cost
    /// Linear in the total number of indices of all tensors, times the number of indices for the lists of booleans.
    pub fn of(contraction: &Contraction, order: &Order) -> Self {
        let size = |index: &usize| contraction.sizes()[*index] as f64;
        let tensors = order.tensors(contraction);
        let elements = |tensor: &Vec<usize>| tensor.iter().map(size).product::<f64>();
        let slices = order.sliced().iter().map(size).product::<f64>();
        let (mut operations, mut written) = (0.0, 0.0);
        for (&[left, right], result) in order.pairs().iter().zip(&tensors[contraction.operands().len()..]) {
            let (left, right) = (&tensors[left], &tensors[right]);
            let others = right.iter().filter(|index| !left.contains(index)).map(size).product::<f64>();
            operations += slices * elements(left) * others;
            written += slices * elements(result);
        }
        let largest = tensors.iter().map(elements).fold(0.0, f64::max);
        Self { operations, largest, written, slices }
    }
}
