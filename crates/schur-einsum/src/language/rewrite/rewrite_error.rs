//! Why a rule does not apply.

use thiserror::Error;

use crate::language::{BindError, ParseError};

/// Why a rule of rewriting does not apply.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RewriteError {
    /// There is no such term.
    #[error("there is no term {term} among {terms}")]
    Term {
        /// The position asked for.
        term: usize,
        /// How many terms there are.
        terms: usize,
    },
    /// There is no such operand.
    #[error("there is no operand {operand} among {operands}")]
    Operand {
        /// The position asked for.
        operand: usize,
        /// How many operands there are.
        operands: usize,
    },
    /// Terms are reordered, and one is missing or doubled.
    #[error("{order:?} is not an order of {terms} terms")]
    Permutation {
        /// The order asked for.
        order: Vec<usize>,
        /// How many terms there are.
        terms: usize,
    },
    /// Terms are put together, and one is named twice, or none at all.
    #[error("{terms:?} is not a set of terms to put together")]
    Group {
        /// The terms asked for.
        terms: Vec<usize>,
    },
    /// The rule is one of operands.
    #[error("term {term}, `{nested}`, is a nested expression; the rule needs an operand")]
    Nested {
        /// The position asked for.
        term: usize,
        /// The term.
        nested: String,
    },
    /// A term has not the index that the rule speaks of.
    #[error("`{term}` has no index `{index}`")]
    NoIndex {
        /// The term or expression.
        term: String,
        /// The index.
        index: String,
    },
    /// An index is summed early, and something else has it.
    #[error("index `{index}` cannot be summed in `{term}` alone: `{other}` has it too")]
    Shared {
        /// The index.
        index: String,
        /// The term.
        term: String,
        /// Another term, or the output with its arrow.
        other: String,
    },
    /// Nothing of the index would be left to sum over.
    #[error("the sum over index `{index}` would be lost: no operand that stays has it, nor has the output")]
    Lost {
        /// The index.
        index: String,
    },
    /// An ellipsis of a nested expression would be confused with another.
    #[error("`{nested}` sums over an ellipsis of its own, which the expression around it would take for its own")]
    Ellipsis {
        /// The nested expression.
        nested: String,
    },
    /// A delta tensor is square, and has two indices that take as many values.
    #[error("`{term}` of shape {shape:?} is no delta tensor: that has two indices of one size, and none is repeated")]
    NotDelta {
        /// The term.
        term: String,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// Two operands are not the same tensor.
    #[error("terms {terms:?} are not the same tensor")]
    Different {
        /// The terms.
        terms: [usize; 2],
    },
    /// Two terms have not the same indices.
    #[error("terms {terms:?} have different indices, `{left}` and `{right}`")]
    DifferentIndices {
        /// The terms.
        terms: [usize; 2],
        /// The indices of the first.
        left: String,
        /// The indices of the second.
        right: String,
    },
    /// An index would take fewer values than before, since an axis of size 1 was repeated along it.
    #[error("index `{index}` has size {before}, but would have size {after}")]
    Size {
        /// The index.
        index: String,
        /// Its size.
        before: usize,
        /// Its size in the rewritten expression.
        after: usize,
    },
    /// The rewritten expression does not fit the shapes.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The rewritten expression is none, as when it is nested too deep.
    #[error(transparent)]
    Parse(#[from] ParseError),
}
