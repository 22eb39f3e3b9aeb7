//! The faults of programs.

use thiserror::Error;

use super::{Located, Span, Suggestion};

/// What is wrong with a program.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum Fault {
    /// A character that the language does not use.
    #[error("`{found}` is no part of the language")]
    Character {
        /// The character.
        found: char,
    },
    /// A string without its end.
    #[error("a string ends on the line where it begins; put a `\"` behind it")]
    OpenString,
    /// Digits that are no number.
    #[error("`{text}` is not a finite number")]
    Number {
        /// What is written.
        text: String,
    },
    /// Something else was due.
    #[error("expected {expected}, found {found}")]
    Expected {
        /// What was due.
        expected: String,
        /// What is there.
        found: String,
    },
    /// Parentheses within parentheses, too many.
    #[error("expressions are nested more than {most} deep; give a part a name of its own")]
    Nesting {
        /// The limit.
        most: usize,
    },
    /// A name that stands for nothing.
    #[error("unknown {what} `{name}`{suggestion}")]
    Unknown {
        /// What kind of name it should be.
        what: &'static str,
        /// The name.
        name: String,
        /// A name that is close.
        suggestion: Suggestion,
    },
    /// Two declarations of one name.
    #[error("`{name}` is declared already, on line {line}")]
    Twice {
        /// The name.
        name: String,
        /// Line of the first declaration.
        line: usize,
    },
    /// A relation or tensor with another number of arguments.
    #[error("`{name}` has {expected} {what}, but {found} {} given", if *.found == 1 { "is" } else { "are" })]
    Arity {
        /// The name.
        name: String,
        /// `columns` or `axes`.
        what: &'static str,
        /// How many it has.
        expected: usize,
        /// How many are written.
        found: usize,
    },
    /// A relation written as a tensor, or the other way round.
    #[error("`{name}` is a {is}; write `{name}{write}`")]
    Brackets {
        /// The name.
        name: String,
        /// `relation` or `tensor`.
        is: &'static str,
        /// `(...)` or `[...]`.
        write: &'static str,
    },
    /// Something that a declared name already has from its declaration.
    #[error("`{name}` is declared as {declared}, so no {refused} can define it")]
    Defined {
        /// The name.
        name: String,
        /// `data`, `a parameter`, `random`.
        declared: &'static str,
        /// `equation` or `rule`.
        refused: &'static str,
    },
    /// A variable that runs over two domains.
    #[error("`{variable}` runs over domain `{first}` elsewhere, but over `{second}` here")]
    Domains {
        /// The variable, or the column.
        variable: String,
        /// One domain.
        first: String,
        /// The other.
        second: String,
    },
    /// A constant that is not an element of the domain.
    #[error("`{name}` is not an element of domain `{domain}`{suggestion}")]
    Element {
        /// The constant.
        name: String,
        /// The domain.
        domain: String,
        /// An element that is close.
        suggestion: Suggestion,
    },
    /// A variable of a fact.
    #[error(
        "a fact has no variables, but `{name}` is one; constants begin with a capital letter, are numbers, or stand in \
         quotes"
    )]
    VariableInFact {
        /// The variable.
        name: String,
    },
    /// A variable that nothing gives values to.
    #[error("`{variable}` {place} is not bound: it must occur in {way_out}")]
    Unbound {
        /// The variable.
        variable: String,
        /// Where it occurs.
        place: &'static str,
        /// Where it should.
        way_out: &'static str,
    },
    /// A sum that could be meant within or outside a function.
    #[error(
        "is `{index}` summed within this part or outside? write `sum[{index}](...)` around what is to be summed, or \
         give the index of another sum another name"
    )]
    Ambiguous {
        /// The index.
        index: String,
    },
    /// A `not` around a recursion.
    #[error(
        "`{relation}` depends on its own negation, through {through}; a recursion may negate only what is complete"
    )]
    Negation {
        /// The relation.
        relation: String,
        /// The relations of the circle.
        through: String,
    },
    /// Tensor equations in a circle.
    #[error("tensor `{tensor}` depends on itself, through {through}; only relations are computed by recursion")]
    Circle {
        /// The tensor.
        tensor: String,
        /// The names of the circle.
        through: String,
    },
    /// A body with weights of another semiring than the head's.
    #[error("`{body}` has weights in {body_semiring}, which do not combine with those of `{head}` in {head_semiring}")]
    Semirings {
        /// The head.
        head: String,
        /// Its semiring.
        head_semiring: &'static str,
        /// A relation of the body.
        body: String,
        /// Its semiring.
        body_semiring: &'static str,
    },
    /// A weight where there are none, or outside the semiring.
    #[error("{weight} cannot be a weight of `{relation}`, which is {semiring}{way_out}")]
    Weight {
        /// The weight.
        weight: f64,
        /// The relation.
        relation: String,
        /// Its semiring.
        semiring: &'static str,
        /// What to do.
        way_out: &'static str,
    },
    /// Something that cannot be done to a name.
    #[error("`{name}` {problem}")]
    Refused {
        /// The name at fault.
        name: String,
        /// What is wrong with it, and the way out.
        problem: &'static str,
    },
    /// Too much of something.
    #[error("{what} would be more than {most}{way_out}")]
    TooMany {
        /// What is counted.
        what: String,
        /// The limit.
        most: usize,
        /// How to raise it.
        way_out: &'static str,
    },
    /// Recursion that does not end.
    #[error(
        "`{relation}` reached no fixed point in {rounds} rounds; its weights grow or fall along a circle, or \
         `limit rounds` is too low"
    )]
    NoFixedPoint {
        /// The relation.
        relation: String,
        /// Rounds made.
        rounds: usize,
    },
    /// A number that is infinite or none at all.
    #[error("{what} is not a finite number")]
    NotFinite {
        /// What.
        what: String,
    },
    /// Numbers that do not fill the tensor.
    #[error("`{name}` has shape {expected:?}, but what is given has shape {found:?}")]
    Shape {
        /// The tensor.
        name: String,
        /// Its shape by its domains.
        expected: Vec<usize>,
        /// The shape of the numbers.
        found: Vec<usize>,
    },
    /// A line of a table that does not fit the relation.
    #[error("`{file}`, line {line}: {problem}")]
    Table {
        /// The file.
        file: String,
        /// Its line.
        line: usize,
        /// What is wrong, what was expected.
        problem: String,
    },
    /// A file that could not be read.
    #[error("cannot read `{file}`: {reason}")]
    Reading {
        /// The file.
        file: String,
        /// What the reader says.
        reason: String,
    },
    /// A contraction that could not be planned or run.
    #[error("this contraction cannot be run: {reason}")]
    Contraction {
        /// What the engine says.
        reason: String,
    },
}

impl Fault {
    pub(crate) fn at(self, span: Span) -> Located {
        Located { span, fault: Box::new(self) }
    }
}
