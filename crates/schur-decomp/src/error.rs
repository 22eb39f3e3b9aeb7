//! What cannot be decomposed, and why.

use schur_einsum::{ContractionError, EinsumError};
use schur_linalg::LinalgError;
use schur_tensor::ShapeError;
use schur_tensor::semiring::SemiringError;
use thiserror::Error;

/// Why a tensor has no decomposition of the kind asked for.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum DecompError {
    /// The tensor has too few axes.
    #[error("{method} needs a tensor of order {least} or more, but this one has shape {shape:?}")]
    Order {
        /// The decomposition.
        method: &'static str,
        /// The fewest axes that make sense.
        least: usize,
        /// The shape given.
        shape: Vec<usize>,
    },
    /// An axis has no index at all.
    #[error("mode {mode} of a tensor of shape {shape:?} is empty: there is nothing to decompose")]
    EmptyMode {
        /// The mode, counted from zero.
        mode: usize,
        /// The shape given.
        shape: Vec<usize>,
    },
    /// An element is infinite or not a number.
    #[error("element {index:?} is {value}: fill it in, or mark it as missing with a mask")]
    NotFinite {
        /// Where.
        index: Vec<usize>,
        /// What stands there.
        value: f64,
    },
    /// Every element is zero.
    #[error("all elements are zero, so no error is relative to them: there is nothing to decompose")]
    AllZero,
    /// A rank that the tensor cannot have, or none.
    #[error("rank {rank} of {what} is not between 1 and {most}")]
    Rank {
        /// What has it: a mode, a bond, the decomposition.
        what: String,
        /// The rank asked for.
        rank: usize,
        /// The largest that makes sense.
        most: usize,
    },
    /// There are more or fewer ranks, factors or weights than modes.
    #[error("{what}: expected {expected}, found {found}")]
    Count {
        /// What is counted.
        what: &'static str,
        /// How many there should be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// Two things that belong together have different shapes.
    #[error("{what} has shape {found:?}, expected {expected:?}")]
    Mismatch {
        /// The thing at fault.
        what: String,
        /// The shape it should have.
        expected: Vec<usize>,
        /// The shape it has.
        found: Vec<usize>,
    },
    /// An option is outside its range.
    #[error("{option} is {value}, but must be {expected}")]
    Option {
        /// The option.
        option: &'static str,
        /// Its value.
        value: f64,
        /// The range.
        expected: &'static str,
    },
    /// A way of decomposing that a tensor which is read in parts does not allow.
    #[error("{what} need the whole tensor in memory: load it, or take Gram matrices")]
    InMemoryOnly {
        /// The way.
        what: &'static str,
    },
    /// A negative element where the method or the loss allows none.
    #[error("element {index:?} is {value}, but {method} takes no negative elements")]
    Negative {
        /// The method or loss.
        method: &'static str,
        /// Where.
        index: Vec<usize>,
        /// What stands there.
        value: f64,
    },
    /// A coordinate outside the shape.
    #[error("entry {entry} has index {index} in mode {mode}, which has size {size}")]
    Outside {
        /// The entry, counted from zero.
        entry: usize,
        /// The mode.
        mode: usize,
        /// Its index.
        index: usize,
        /// The size of the mode.
        size: usize,
    },
    /// Two entries of a sparse tensor have the same coordinates.
    #[error("entries {first} and {second} both stand at {index:?}: sum them, or keep one")]
    Duplicate {
        /// The coordinates.
        index: Vec<usize>,
        /// The first entry, counted from zero.
        first: usize,
        /// The second.
        second: usize,
    },
    /// A mask leaves nothing of a slice, so nothing is known of its row of a factor.
    #[error("slice {index} of mode {mode} has no observed element: leave the slice out, or give a regularisation")]
    EmptySlice {
        /// The mode.
        mode: usize,
        /// The slice.
        index: usize,
    },
    /// More memory is needed than allowed.
    #[error("{what} needs {needed} bytes of memory, more than the {limit} allowed")]
    Memory {
        /// What needs it.
        what: &'static str,
        /// Bytes needed.
        needed: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// The iterates stopped being finite.
    #[error(
        "iteration {iteration} of {method} gave numbers that are not finite; scale the data, or take a smaller step"
    )]
    Diverged {
        /// The method.
        method: &'static str,
        /// The iteration, counted from one.
        iteration: usize,
    },
    /// Two elements that symmetry makes equal are different.
    #[error("element {index:?} is {found}, but {expected} with its indices sorted: symmetrise the tensor first")]
    NotSymmetric {
        /// Where.
        index: Vec<usize>,
        /// What stands there.
        found: f64,
        /// What stands where the indices are sorted.
        expected: f64,
    },
    /// A model that least squares cannot fit factor by factor.
    #[error("index `{index}` of the model {problem}")]
    Model {
        /// The index at fault.
        index: String,
        /// What is wrong with it, and what would be right.
        problem: &'static str,
    },
    /// A model of the wrong make.
    #[error("the model `{text}` {problem}")]
    ModelText {
        /// The text.
        text: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A matrix on the way has no decomposition.
    #[error(transparent)]
    Linalg(#[from] LinalgError),
    /// A shape is too large.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// A product on the way cannot be computed.
    #[error(transparent)]
    Semiring(#[from] SemiringError),
    /// A contraction on the way cannot be planned or run.
    #[error(transparent)]
    Einsum(#[from] EinsumError),
    /// Lists of indices are no contraction.
    #[error(transparent)]
    Contraction(#[from] ContractionError),
}
