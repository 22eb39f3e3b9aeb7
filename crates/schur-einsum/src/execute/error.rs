//! What can be wrong with a run.

use schur_tensor::semiring::SemiringError;
use thiserror::Error;

use crate::OrderError;

/// Why a contraction cannot be planned or run.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ExecuteError {
    /// The order is not one of this contraction.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// There are too many or too few operands.
    #[error("the contraction has {expected} operands, but {found} were given")]
    Operands {
        /// Operands of the contraction.
        expected: usize,
        /// Operands given.
        found: usize,
    },
    /// An operand has another shape than the contraction.
    #[error("operand {operand} has shape {found:?}, but the contraction needs {expected:?}")]
    Shape {
        /// The operand.
        operand: usize,
        /// Its shape in the contraction.
        expected: Vec<usize>,
        /// The shape given.
        found: Vec<usize>,
    },
    /// An operand's strides are not those that the plan was made for.
    #[error("operand {operand} has strides {found:?}, but the plan was made for {expected:?}: copy it, or plan anew")]
    Strides {
        /// The operand.
        operand: usize,
        /// The strides of the plan.
        expected: Vec<isize>,
        /// The strides given.
        found: Vec<isize>,
    },
    /// A plan reads its operands forwards only.
    #[error("operand {operand} has a negative stride in {strides:?}: copy it first")]
    Backwards {
        /// The operand.
        operand: usize,
        /// Its strides.
        strides: Vec<isize>,
    },
    /// The place for the result has another size.
    #[error("the result of shape {shape:?} has {expected} elements, but there is place for {found}")]
    Output {
        /// Shape of the result.
        shape: Vec<usize>,
        /// The number of its elements.
        expected: usize,
        /// The length of the slice given.
        found: usize,
    },
    /// The place for a gradient is too short.
    #[error("the gradient of operand {operand} needs {expected} elements, but there is place for {found}")]
    Gradient {
        /// The operand.
        operand: usize,
        /// What its shape and strides reach.
        expected: usize,
        /// The length of the slice given.
        found: usize,
    },
    /// A tensor is larger than can be addressed.
    #[error(
        "{what} of shape {shape:?} has more elements than can be addressed: slice indices, or choose another order"
    )]
    TooLarge {
        /// `an operand`, `the result` or `an intermediate result`.
        what: &'static str,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// Intermediate results need more memory than allowed.
    #[error("intermediate results take {needed} elements, but {limit} are allowed: slice more indices")]
    Memory {
        /// What the plan takes.
        needed: usize,
        /// What was allowed.
        limit: usize,
    },
    /// Derivatives need all intermediate results at once.
    #[error("derivatives need an order without sliced indices, but {sliced} are sliced")]
    Sliced {
        /// How many indices are sliced.
        sliced: usize,
    },
    /// An element is not one of the semiring's.
    #[error("element {position} of operand {operand}: {source}")]
    Element {
        /// The operand.
        operand: usize,
        /// The position in the operand, row-major.
        position: usize,
        /// What is wrong.
        source: SemiringError,
    },
    /// A step has no result in this semiring.
    #[error("step {step}: {source}")]
    Step {
        /// The step.
        step: usize,
        /// What is wrong.
        source: SemiringError,
    },
}
