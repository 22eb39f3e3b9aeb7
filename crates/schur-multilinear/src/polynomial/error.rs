//! What can be wrong with a polynomial, its arguments, or a change asked of it.

use crate::MultilinearError;

/// A polynomial whose terms do not fit its buffers, or something asked of it that it cannot give.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolynomialError {
    /// A map refuses.
    #[error("term {term}")]
    Map {
        /// Which term.
        term: usize,
        /// Why.
        source: MultilinearError,
    },
    /// A term needs one input for each argument of its map.
    #[error("term {term} names {found} inputs for {expected} arguments")]
    Inputs {
        /// Which term.
        term: usize,
        /// Arguments of the map.
        expected: usize,
        /// Inputs named.
        found: usize,
    },
    /// An input that is not there.
    #[error("there is no input {input}: the polynomial has {available}")]
    NoSuchInput {
        /// The input named.
        input: usize,
        /// Inputs there are.
        available: usize,
    },
    /// An output that is not there.
    #[error("there is no output {output}: the polynomial has {available}")]
    NoSuchOutput {
        /// The output named.
        output: usize,
        /// Outputs there are.
        available: usize,
    },
    /// A buffer and the operand that it feeds differ in length.
    #[error("operand {operand} of term {term} has {expected} numbers, its buffer {found}")]
    Length {
        /// Which term.
        term: usize,
        /// Which operand, the result last.
        operand: usize,
        /// Numbers of the operand.
        expected: usize,
        /// Numbers of the buffer.
        found: usize,
    },
    /// An output has more numbers than fit into memory.
    #[error("output {output} has more numbers than fit into memory")]
    TooLarge {
        /// Which output.
        output: usize,
    },
    /// The number of arguments is wrong.
    #[error("the polynomial takes {expected} arguments; found {found}")]
    ArgumentCount {
        /// Inputs of the polynomial.
        expected: usize,
        /// Arguments found.
        found: usize,
    },
    /// An argument has the wrong length.
    #[error("argument {input} has {found} numbers, not {expected}")]
    Argument {
        /// Which input.
        input: usize,
        /// Numbers expected.
        expected: usize,
        /// Numbers found.
        found: usize,
    },
    /// An input named twice where each may stand once.
    #[error("input {input} is named twice")]
    Repeated {
        /// Which input.
        input: usize,
    },
    /// Only linear terms have a transpose.
    #[error("term {term} is of degree {degree} in the inputs to transpose; take the tangent first, which is linear")]
    NotLinear {
        /// Which term.
        term: usize,
        /// Its degree.
        degree: usize,
    },
    /// An input that terms still use cannot go.
    #[error("term {term} uses input {input}, which would be dropped")]
    InUse {
        /// Which term.
        term: usize,
        /// Which input.
        input: usize,
    },
}
