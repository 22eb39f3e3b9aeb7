//! What to contract: the indices of each operand, those of the result, and their sizes.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why lists of indices and sizes are not a contraction.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ContractionError {
    /// There is nothing to contract.
    #[error("a contraction needs at least one operand")]
    NoOperands,
    /// An index has no size.
    #[error("{place} uses index {index}, but only {sizes} sizes are given")]
    UnknownIndex {
        /// `operand 3` or `the output`.
        place: String,
        /// The index.
        index: usize,
        /// How many indices have a size.
        sizes: usize,
    },
    /// There are not as many names as sizes.
    #[error("{sizes} indices have {names} names")]
    Names {
        /// How many sizes are given.
        sizes: usize,
        /// How many names are given.
        names: usize,
    },
}

/// A contraction of tensors: a product of operands, summed over every index that the output does not keep.
///
/// $$ Z_{\text{output}} = \sum_{\text{other indices}} \prod_k X^{(k)}_{\text{operand } k} $$
///
/// An index is a number, the position of its size in [`sizes`](Self::sizes).
/// An index that occurs twice in an operand is a diagonal of it; one that occurs twice in the output fills a diagonal
/// of the result and leaves zeros beside it; one that occurs in the output alone repeats the result along a new axis.
///
/// # Source
/// The semantics of M. Wenig et al., *The Syntax and Semantics of einsum*, 2025 (arXiv 2509.20020).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contraction {
    operands: Vec<Vec<usize>>,
    output: Vec<usize>,
    sizes: Vec<usize>,
    names: Vec<String>,
}

impl Contraction {
    /// Checks and keeps the indices of operands and output, the size and the name of each index.
    ///
    /// # Errors
    /// [`ContractionError`] if there is no operand, or an index without a size or a name.
    pub fn new(
        operands: Vec<Vec<usize>>,
        output: Vec<usize>,
        sizes: Vec<usize>,
        names: Vec<String>,
    ) -> Result<Self, ContractionError> {
        if operands.is_empty() {
            return Err(ContractionError::NoOperands);
        }
        if names.len() != sizes.len() {
            return Err(ContractionError::Names { sizes: sizes.len(), names: names.len() });
        }
        let unknown = |list: &[usize]| list.iter().copied().find(|&index| index >= sizes.len());
        for (place, list) in operands.iter().enumerate().map(|(k, list)| (Some(k), list)).chain([(None, &output)]) {
            if let Some(index) = unknown(list) {
                let place = place.map_or("the output".to_owned(), |k| format!("operand {k}"));
                return Err(ContractionError::UnknownIndex { place, index, sizes: sizes.len() });
            }
        }
        Ok(Self { operands, output, sizes, names })
    }

    /// The indices of each operand's axes.
    pub fn operands(&self) -> &[Vec<usize>] {
        &self.operands
    }

    /// The indices of the result's axes.
    pub fn output(&self) -> &[usize] {
        &self.output
    }

    /// The size of each index.
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// What each index is called where people read it.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The shape of an operand; none beyond the last.
    pub fn operand_shape(&self, operand: usize) -> Option<Vec<usize>> {
        Some(self.operands.get(operand)?.iter().map(|&index| self.sizes[index]).collect())
    }

    /// The shape of the result.
    pub fn output_shape(&self) -> Vec<usize> {
        self.output.iter().map(|&index| self.sizes[index]).collect()
    }
}
