//! The result of a plan: diagonals that it has zeros beside, and axes along which it repeats itself.

use std::ops::AddAssign;

use schur_tensor::row_major;

use super::ExecuteError;
use super::lower::merge;
use crate::Contraction;

/// The result, and which of its elements no step writes.
#[derive(Debug, Clone)]
pub(super) struct OutputShape {
    shape: Vec<usize>,
    len: usize,
    /// An index occurs twice: elements beside the diagonal are zero.
    has_diagonal: bool,
    /// Every index of the result, if along some of them it repeats itself; else none.
    axes: Vec<OutputAxis>,
}

#[derive(Debug, Clone, Copy)]
struct OutputAxis {
    size: usize,
    stride: usize,
    is_repeated: bool,
}

impl OutputShape {
    pub(super) fn new(contraction: &Contraction) -> Self {
        let shape = contraction.output_shape();
        let in_operand = |index: usize| contraction.operands().iter().any(|operand| operand.contains(&index));
        let axes: Vec<OutputAxis> = merge(contraction.output(), &row_major(&shape))
            .into_iter()
            .map(|(index, stride)| OutputAxis {
                size: contraction.sizes()[index],
                stride: stride.unsigned_abs(),
                is_repeated: !in_operand(index),
            })
            .collect();
        Self {
            len: shape.iter().product(),
            has_diagonal: axes.len() < shape.len(),
            axes: if axes.iter().any(|axis| axis.is_repeated) { axes } else { Vec::new() },
            shape,
        }
    }

    pub(super) fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Refuses a place for the result that has another size.
    pub(super) fn check_len(&self, found: usize) -> Result<(), ExecuteError> {
        if found == self.len {
            return Ok(());
        }
        Err(ExecuteError::Output { shape: self.shape.clone(), expected: self.len, found })
    }

    /// Whether there are elements beside a diagonal, which are zero.
    pub(super) const fn has_diagonal(&self) -> bool {
        self.has_diagonal
    }

    /// Copies along the axes that no operand has, from their first values on.
    pub(super) fn repeat<E: Clone>(&self, result: &mut [E]) {
        self.each_pair(|from, to| {
            if from != to {
                result[to] = result[from].clone();
            }
        });
    }

    /// Sums a cotangent of the result along the axes that no operand has, onto their first values.
    pub(super) fn collapse<'a, E>(&self, cotangent: &'a [E], collapsed: &'a mut Vec<E>) -> &'a [E]
    where
        E: Clone + Default + AddAssign,
    {
        if self.axes.is_empty() {
            return cotangent;
        }
        collapsed.clear();
        collapsed.resize(cotangent.len(), E::default());
        self.each_pair(|from, to| collapsed[from] += cotangent[to].clone());
        collapsed
    }

    /// Calls `action` for each place of the result with the place that it repeats; for none if nothing is repeated.
    fn each_pair(&self, mut action: impl FnMut(usize, usize)) {
        let count: usize = self.axes.iter().map(|axis| axis.size).product();
        for number in 0..if self.axes.is_empty() { 0 } else { count } {
            let (mut rest, mut from, mut to) = (number, 0, 0);
            for axis in &self.axes {
                let moved = rest % axis.size * axis.stride;
                rest /= axis.size;
                to += moved;
                from += if axis.is_repeated { 0 } else { moved };
            }
            action(from, to);
        }
    }
}
