//! Why a text is not an expression.

use std::convert::Infallible;

use thiserror::Error;

use super::Excerpt;

/// Why a text is not an expression, and where in it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParseError {
    /// A character stands for nothing.
    #[error("`{character}` is not an index: an index is a letter, or a name in brackets as in `[batch row]`\n{at}")]
    Character {
        /// The character.
        character: char,
        /// Where.
        at: Excerpt,
    },
    /// Dots that are not three.
    #[error("an ellipsis is three dots, `...`, once in a list of indices\n{at}")]
    Ellipsis {
        /// Where.
        at: Excerpt,
    },
    /// `-` or `>` alone.
    #[error("`-` and `>` stand for nothing alone: the arrow before the output is `->`\n{at}")]
    HalfArrow {
        /// Where.
        at: Excerpt,
    },
    /// A second arrow.
    #[error("an expression has one `->`; one inside another stands in parentheses\n{at}")]
    SecondArrow {
        /// Where.
        at: Excerpt,
    },
    /// The output is more than one list.
    #[error("the output after `->` is one list of indices, without `{character}`\n{at}")]
    Output {
        /// `,` or `(`.
        character: char,
        /// Where.
        at: Excerpt,
    },
    /// A parenthesis or bracket without its other half.
    #[error("`{bracket}` is never {verb}\n{at}", verb = if matches!(bracket, '(' | '[') { "closed" } else { "opened" })]
    Unmatched {
        /// The half that is there.
        bracket: char,
        /// Where.
        at: Excerpt,
    },
    /// A nested expression does not say what it gives.
    #[error("a nested expression names its output, as in `(ij,jk->ik)`\n{at}")]
    NestedOutput {
        /// The nested expression.
        at: Excerpt,
    },
    /// A parenthesis beside indices.
    #[error("a nested expression is an operand of its own, parted by commas; its output names its indices\n{at}")]
    Beside {
        /// Where.
        at: Excerpt,
    },
    /// Parentheses in parentheses without end.
    #[error("expressions are nested deeper than {limit} levels\n{at}")]
    Depth {
        /// How deep they may be.
        limit: usize,
        /// Where the next level begins.
        at: Excerpt,
    },
    /// A name that the language has no way to write.
    #[error("`{name}` is not a name of an index: use letters, digits, `_` and `'`")]
    Name {
        /// The name.
        name: String,
    },
    /// An expression made of no terms.
    #[error("an expression needs at least one operand; a scalar is one without indices")]
    NoTerms,
}

impl From<Infallible> for ParseError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
