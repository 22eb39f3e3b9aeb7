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
    /// Elements of all results of pairs that are alive at once in a slice, at the worst moment.
    ///
    /// A result is freed when it has been contracted; it and what it is made from are alive together.
    /// Operands are not counted (the caller holds them), nor is an output that collects the slices.
    pub peak: f64,
}

impl Cost {
    /// Counts what an order of a contraction costs.
    ///
    /// # Panics
    /// If the contraction has fewer operands or indices than the one that the order was made for.
    ///
    /// # Cost
    /// Linear in the number of indices of all tensors together.
    pub fn of(contraction: &Contraction, order: &Order) -> Self {
        let slices = order.sliced().iter().map(|&index| contraction.sizes()[index] as f64).product::<f64>();
        let (mut operations, mut written, mut alive, mut peak) = (0.0, 0.0, 0.0, 0.0_f64);
        let steps = Steps::of(contraction, order);
        let operands = contraction.operands().len();
        for (step, &pair) in order.pairs().iter().enumerate() {
            let result = steps.elements[operands + step];
            operations += slices * steps.operations[step];
            written += slices * result;
            alive += result;
            peak = peak.max(alive);
            alive -=
                pair.iter().filter(|&&tensor| tensor >= operands).map(|&tensor| steps.elements[tensor]).sum::<f64>();
        }
        let largest = steps.elements.iter().copied().fold(0.0, f64::max);
        Self { operations, largest, written, slices, peak }
    }
}

/// What the steps of one slice cost.
pub(super) struct Steps {
    /// The indices of each tensor.
    pub tensors: Vec<Vec<usize>>,
    /// The elements of each tensor.
    pub elements: Vec<f64>,
    /// The multiply-adds of each pair.
    pub operations: Vec<f64>,
}

impl Steps {
    pub fn of(contraction: &Contraction, order: &Order) -> Self {
        let size = |index: &usize| contraction.sizes()[*index] as f64;
        let tensors = order.tensors(contraction);
        let elements: Vec<f64> = tensors.iter().map(|tensor| tensor.iter().map(size).product()).collect();
        let mut seen = vec![usize::MAX; contraction.sizes().len()];
        let operations = order.pairs().iter().enumerate().map(|(step, &[left, right])| {
            tensors[left].iter().for_each(|&index| seen[index] = step);
            elements[left] * tensors[right].iter().filter(|&&index| seen[index] != step).map(size).product::<f64>()
        });
        let operations = operations.collect();
        Self { tensors, elements, operations }
    }
}
