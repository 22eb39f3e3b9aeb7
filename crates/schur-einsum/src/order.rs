//! In which order to contract: pairs of tensors, and indices looped over outside.
//!
//! ```text
//! Contraction --network--> Network --simplify--> smaller Network --greedy, dynamic--> pairs
//!     --tree--> Tree --reconfigure, anneal--> better Tree --slice--> Tree that fits --> Order, Cost
//! ```
//!
//! [`optimise`] goes all the way; what it may spend is said by [`Options`] and by the caller's question whether to stop.
//! Sizes are kept as binary logarithms, since those of hard networks go beyond any number.

mod anneal;
mod connected;
mod cost;
mod dynamic;
mod explain;
mod greedy;
mod network;
mod objective;
mod optimise;
mod partition;
mod random;
mod reconfigure;
mod simplify;
mod slice;
mod tree;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use self::cost::Cost;
pub use self::explain::Explanation;
pub use self::objective::Objective;
pub use self::optimise::{Limit, Method, Options, Report, optimise};
use crate::Contraction;

/// Why a list of pairs is not an order of a contraction, or why there is no order as asked for.
#[derive(Debug, Clone, PartialEq, Error)]
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
    /// An index is sliced twice.
    #[error("index {index} is sliced twice")]
    SlicedTwice {
        /// The index.
        index: usize,
    },
    /// No slicing can make this tensor smaller, since whoever asks holds it whole.
    #[error(
        "{place} has {elements} elements, more than the limit of {limit}; it is held whole, so slicing cannot help"
    )]
    Limit {
        /// `operand 3` or `the output`.
        place: String,
        /// Its elements.
        elements: f64,
        /// The limit in elements.
        limit: f64,
    },
    /// The limit is below what even one element of each tensor needs.
    #[error("a limit of {limit} elements cannot be met: slicing every index still leaves {least}")]
    LimitTooSmall {
        /// The limit in elements.
        limit: f64,
        /// What is left when every index is sliced.
        least: f64,
    },
    /// The optimal order is out of reach.
    #[error(
        "the best order of {operands} operands was not found within effort {effort}; raise the effort or take another \
         method"
    )]
    TooHard {
        /// Operands of the contraction.
        operands: usize,
        /// The effort allowed.
        effort: u32,
    },
}

/// A contraction tree in the order of its nodes, and the indices to slice.
///
/// Tensors are numbered: the operands first, then the result of each pair. Each is contracted once.
/// The result of a pair keeps the indices that the output or a tensor not yet contracted has.
/// Operations of a sliced index's values are done one after the other, and their results added (or placed side by
/// side, where the output keeps the index).
///
/// An order is written as it is, and read back as an [`UncheckedOrder`].
///
/// # Examples
/// ```
/// use schur_einsum::{Contraction, Order, order::UncheckedOrder};
///
/// let names = ["i", "j", "k", "l"].map(str::to_owned).to_vec();
/// let chain = vec![vec![0, 1], vec![1, 2], vec![2, 3]];
/// let contraction = Contraction::new(chain, vec![0, 3], vec![2, 3, 4, 5], names)?;
/// let order = Order::new(&contraction, vec![[1, 2], [0, 3]], vec![])?;
/// let text = serde_json::to_string(&order).unwrap();
/// let unchecked: UncheckedOrder = serde_json::from_str(&text).unwrap();
/// assert_eq!(unchecked.check(&contraction)?, order);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Order {
    pairs: Vec<[usize; 2]>,
    sliced: Vec<usize>,
}

/// An order as it is read from a file, not yet an order of any contraction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UncheckedOrder {
    /// The pairs of tensors to contract.
    pub pairs: Vec<[usize; 2]>,
    /// The indices that are looped over outside.
    pub sliced: Vec<usize>,
}

impl UncheckedOrder {
    /// Checks that this is an order of a contraction.
    ///
    /// # Errors
    /// As [`Order::new`].
    pub fn check(self, contraction: &Contraction) -> Result<Order, OrderError> {
        Order::new(contraction, self.pairs, self.sliced)
    }
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
        let mut seen = vec![false; sizes];
        for &index in &sliced {
            let seen = seen.get_mut(index).ok_or(OrderError::Sliced { index, sizes })?;
            if std::mem::replace(seen, true) {
                return Err(OrderError::SlicedTwice { index });
            }
        }
        Ok(Self { pairs, sliced })
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
    ///
    /// # Panics
    /// If the contraction has fewer operands or indices than the one that the order was made for.
    ///
    /// # Cost
    /// Linear in the number of indices of all tensors together.
    pub fn tensors(&self, contraction: &Contraction) -> Vec<Vec<usize>> {
        const SLICED: usize = usize::MAX;
        let sizes = contraction.sizes().len();
        // The tensor that had an index last, one up, so that a tensor finds its repeated indices without a list of its
        // own.
        let mut seen = vec![0; sizes];
        self.sliced.iter().for_each(|&index| seen[index] = SLICED);
        let mut distinct = |list: &mut Vec<usize>, mark: usize| {
            list.retain(|&index| seen[index] != SLICED && std::mem::replace(&mut seen[index], mark) != mark);
        };
        let mut tensors = contraction.operands().to_vec();
        let mut output = contraction.output().to_vec();
        let lists = tensors.iter_mut().chain([&mut output]);
        lists.enumerate().for_each(|(place, list)| distinct(list, place + 1));
        // How many tensors that are still to be contracted have each index; the output counts as one.
        let mut holders = vec![0_usize; sizes];
        tensors.iter().chain([&output]).flatten().for_each(|&index| holders[index] += 1);
        for &[left, right] in &self.pairs {
            let mut both = [tensors[left].as_slice(), &tensors[right]].concat();
            both.iter().for_each(|&index| holders[index] -= 1);
            distinct(&mut both, tensors.len() + 2);
            both.retain(|&index| holders[index] > 0);
            both.iter().for_each(|&index| holders[index] += 1);
            tensors.push(both);
        }
        tensors
    }

    /// Says what the order does, step by step, for people.
    pub fn explain<'a>(&'a self, contraction: &'a Contraction) -> Explanation<'a> {
        Explanation::new(contraction, self)
    }
}
