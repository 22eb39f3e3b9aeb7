//! What is wrong with texts: lists of irreps and formulas of indices.

/// What is wrong with one term of a list of irreps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IrrepSyntax {
    /// Nothing between two plus signs, or at an end.
    #[error("the term is empty; write for example `64x1o`")]
    Empty,
    /// The multiplicity is no whole number.
    #[error("the multiplicity before `x` must be a whole number, as in `64x1o`")]
    Multiplicity,
    /// The degree is no whole number.
    #[error("the degree must be a whole number, as in `64x1o`")]
    Degree,
    /// The last letter is no parity.
    #[error("the parity must be the last letter and one of e (even), o (odd), y (that of the spherical harmonic)")]
    Parity,
    /// The dimension does not fit the machine.
    #[error("the dimension up to here is larger than this machine can count")]
    TooLarge,
}

/// What is wrong with a formula for the symmetry of indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormulaSyntax {
    /// A term without indices.
    #[error("a term has no indices; write for example `ij=ji`")]
    Empty,
    /// A minus sign before the first term.
    #[error("the first term has no sign; write `ij=-ji` for `-ij=ji`")]
    FirstSign,
    /// Neither a letter nor a sign.
    #[error("`{found}` is no letter; indices are letters, terms are joined by `=`, and one `-` may precede a term")]
    NotAnIndex {
        /// The character.
        found: char,
    },
    /// A letter twice in a term.
    #[error("index {index} occurs twice in one term")]
    RepeatedIndex {
        /// The letter.
        index: char,
    },
    /// A letter that the first term does not have.
    #[error("index {index} is not in the first term; all terms have the same indices")]
    UnknownIndex {
        /// The letter.
        index: char,
    },
    /// A letter of the first term that this one lacks.
    #[error("index {index} of the first term is missing here; all terms have the same indices")]
    MissingIndex {
        /// The letter.
        index: char,
    },
    /// More indices than permutations are listed for.
    #[error("more than {max} indices")]
    TooManyIndices {
        /// The largest number.
        max: usize,
    },
    /// Signs that leave no tensor but zero.
    #[error("with this term the signs contradict each other: a tensor would equal minus itself, so only zero is left")]
    Contradiction,
}
