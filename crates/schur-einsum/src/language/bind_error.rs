//! Why an expression has no meaning for given shapes.

use std::fmt;

use schur_tensor::ShapeError;
use thiserror::Error;

use super::Excerpt;
use crate::ContractionError;

/// A tensor of an expression, as errors name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// An operand, counted from zero in the order of the text.
    Operand(usize),
    /// The result of a nested expression, counted from zero in the order in which they are computed.
    Nested(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operand(operand) => write!(f, "operand {operand}"),
            Self::Nested(nested) => write!(f, "the result of nested expression {nested}"),
        }
    }
}

/// Why an expression has no meaning for given shapes, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BindError {
    /// There are more or fewer tensors than operands.
    #[error("the expression has {expected} operands, but {found} tensors are given\n{at}")]
    Operands {
        /// Operands of the expression.
        expected: usize,
        /// Tensors given.
        found: usize,
        /// The expression.
        at: Excerpt,
    },
    /// A tensor has another number of axes than its list of indices.
    #[error("{place} has {found} axes, but `{indices}` names {least}{more}\n{at}",
        more = if *ellipsis { " or more" } else { "" })]
    Rank {
        /// The tensor.
        place: Place,
        /// Its indices in the text.
        indices: String,
        /// How many axes its indices name.
        least: usize,
        /// Whether there is an ellipsis for further ones.
        ellipsis: bool,
        /// How many axes it has.
        found: usize,
        /// The indices.
        at: Excerpt,
    },
    /// An index has two sizes, neither of them 1.
    #[error("index `{index}` has size {sizes0} in {place0} but {sizes1} in {place1}\n{at}",
        sizes0 = sizes[0], sizes1 = sizes[1], place0 = places[0], place1 = places[1])]
    Sizes {
        /// The index; `...[-1]` for the last axis of the ellipsis, `...[-2]` for the one before.
        index: String,
        /// Both sizes.
        sizes: [usize; 2],
        /// The tensors that have them.
        places: [Place; 2],
        /// The index in both.
        at: Excerpt,
    },
    /// A diagonal of axes of different sizes, 1 included.
    #[error("index `{index}` takes a diagonal of {place}, whose axes have sizes {sizes0} and {sizes1}\n{at}",
        sizes0 = sizes[0], sizes1 = sizes[1])]
    Diagonal {
        /// The index.
        index: String,
        /// Two of the sizes.
        sizes: [usize; 2],
        /// The tensor.
        place: Place,
        /// The index, both times.
        at: Excerpt,
    },
    /// An index of the output is in no term, and no size is given for it.
    #[error("index `{index}` of the output is in no operand: give its size, or take it out\n{at}")]
    Unsized {
        /// The index.
        index: String,
        /// The index in the output.
        at: Excerpt,
    },
    /// A size given is not the one that the operands have.
    #[error("index `{index}` has size {found} in the operands, but {given} is given for it\n{at}")]
    Given {
        /// The index.
        index: String,
        /// The size given.
        given: usize,
        /// The size in the operands.
        found: usize,
        /// The index where it first occurs.
        at: Excerpt,
    },
    /// A size is given for a name that the expression has not.
    #[error("a size is given for index `{index}`, which the expression has not\n{at}")]
    Unknown {
        /// The name.
        index: String,
        /// The expression.
        at: Excerpt,
    },
    /// A tensor is too large to be addressed.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// Indices and sizes do not fit.
    #[error(transparent)]
    Contraction(#[from] ContractionError),
}
