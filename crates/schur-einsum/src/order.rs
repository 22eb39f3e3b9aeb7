//! In which order to contract: pairs of tensors, and indices looped over outside.

mod cost;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use self::cost::Cost;
use crate::Contraction;

/// Why a list of pairs is not an order of a contraction.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OrderError {
    /// There are not as many pairs as the operands need.
    #[error("{operands} operands need {expected} pairs, but there are {found}")]
    Pairs {
        /// Operands of the contraction.
        operands: usize,
        /// One less.
        expected: usize,
        /// Pairs given.
        found: usize,
    },
    /// A pair names a tensor that is not there (any more, or yet).
    #[error("pair {pair} contracts tensor {tensor}, which is {why}")]
    Tensor {
        /// Position of the pair.
        pair: usize,
        /// The tensor: an operand, or the number of operands plus the position of an earlier pair.
        tensor: usize,
        /// `used already` or `not there yet`.
        why: &'static str,
    },
    /// A sliced index is none of the contraction.
    #[error("index {index} is sliced, but the contraction has {sizes} indices")]
    Sliced {
        /// The index.
        index: usize,
        /// How many there are.
        sizes: usize,
    },
}

/// A contraction tree in the order of its nodes, and the indices to slice.
///
/// Tensors are numbered: the operands first, then the result of each pair. Each is contracted once.
/// The result of a pair keeps the indices that the output or a tensor not yet contracted has.
/// Operations of a sliced index's values are done one after the other, and their results added (or placed side by
/// side, where the output keeps the index).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    pairs: Vec<[usize; 2]>,
    sliced: Vec<usize>,
}

impl Order {
    /// Checks pairs and sliced indices against a contraction.
    ///
    /// # Errors
    /// [`OrderError`] if a tensor is contracted twice or never, or before it is there.
    pub fn new(contraction: &Contraction, pairs: Vec<[usize; 2]>, sliced: Vec<usize>) -> Result<Self, OrderError> {
        let operands = contraction.operands().len();
        if pairs.len() + 1 != operands {
            return Err(OrderError::Pairs { operands, expected: operands - 1, found: pairs.len() });
        }
        let mut used = vec![false; operands + pairs.len()];
        for (pair, tensors) in pairs.iter().enumerate() {
            for &tensor in tensors {
                if tensor >= operands + pair {
                    return Err(OrderError::Tensor { pair, tensor, why: "not there yet" });
                }
                if std::mem::replace(&mut used[tensor], true) {
                    return Err(OrderError::Tensor { pair, tensor, why: "used already" });
                }
            }
        }
        let sizes = contraction.sizes().len();
        match sliced.iter().copied().find(|&index| index >= sizes) {
            Some(index) => Err(OrderError::Sliced { index, sizes }),
            None => Ok(Self { pairs, sliced }),
        }
    }

    /// Contracts the operands from the left to the right.
    pub fn left_to_right(contraction: &Contraction) -> Self {
        let operands = contraction.operands().len();
        let pairs = (1..operands).map(|next| [if next == 1 { 0 } else { operands + next - 2 }, next]).collect();
        Self { pairs, sliced: Vec::new() }
    }

    /// The pairs of tensors to contract, one after the other.
    pub fn pairs(&self) -> &[[usize; 2]] {
        &self.pairs
    }

    /// The indices that are looped over outside.
    pub fn sliced(&self) -> &[usize] {
        &self.sliced
    }

    /// The indices of each tensor, operands first: each index once, in the order in which it first occurs.
    ///
    /// The last tensor keeps exactly the output's indices that occur in an operand. Sliced indices are left out.
    pub fn tensors(&self, contraction: &Contraction) -> Vec<Vec<usize>> {
        let sizes = contraction.sizes().len();
        let distinct = |list: &[usize], seen: &mut [bool]| -> Vec<usize> {
            list.iter().copied().filter(|&index| !std::mem::replace(&mut seen[index], true)).collect()
        };
        let mut blank = vec![false; sizes];
        self.sliced.iter().for_each(|&index| blank[index] = true);
        let mut tensors: Vec<Vec<usize>> =
            contraction.operands().iter().map(|operand| distinct(operand, &mut blank.clone())).collect();
        // How many tensors that are still to be contracted have each index; the output counts as one.
        let mut holders = vec![0_usize; sizes];
        tensors.iter().flatten().for_each(|&index| holders[index] += 1);
        distinct(contraction.output(), &mut blank.clone()).iter().for_each(|&index| holders[index] += 1);
        for &[left, right] in &self.pairs {
            for tensor in [left, right] {
                tensors[tensor].iter().for_each(|&index| holders[index] -= 1);
            }
            let both: Vec<usize> = tensors[left].iter().chain(&tensors[right]).copied().collect();
            let mut kept = distinct(&both, &mut blank.clone());
            kept.retain(|&index| holders[index] > 0);
            kept.iter().for_each(|&index| holders[index] += 1);
            tensors.push(kept);
        }
        tensors
    }
}
