//! What can be wrong with a map, its arguments, or a change asked of it.

use crate::ModesError;

/// A map whose parts do not fit together, or arguments that do not fit the map.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MultilinearError {
    /// The channel modes cannot be read.
    #[error(transparent)]
    Modes(#[from] ModesError),
    /// A map needs at least one argument and a result.
    #[error("a multilinear map needs at least two operands, the result last; found {found}")]
    TooFewOperands {
        /// Operands found.
        found: usize,
    },
    /// The channel modes describe another number of operands.
    #[error("modes {modes:?} are for {expected} operands; the map has {found}")]
    OperandCount {
        /// The modes.
        modes: String,
        /// Operands that the modes describe.
        expected: usize,
        /// Operands found.
        found: usize,
    },
    /// An operand has more numbers than memory has places.
    #[error("operand {operand} has more numbers than fit into memory")]
    TooLarge {
        /// Which operand.
        operand: usize,
    },
    /// A segment needs one extent for each letter of its operand.
    #[error("segment {segment} of operand {operand} has {found} extents for the modes {modes:?}")]
    Extents {
        /// Which operand.
        operand: usize,
        /// Which segment.
        segment: usize,
        /// The operand's letters.
        modes: String,
        /// Extents found.
        found: usize,
    },
    /// A path does not name one segment of every operand.
    #[error("path {path} names {found} segments for {expected} operands")]
    PathLength {
        /// Which path.
        path: usize,
        /// Operands.
        expected: usize,
        /// Segments named.
        found: usize,
    },
    /// A path names a segment that is not there.
    #[error("path {path} names segment {segment} of operand {operand}, which has {available}")]
    NoSuchSegment {
        /// Which path.
        path: usize,
        /// Which operand.
        operand: usize,
        /// The segment named.
        segment: usize,
        /// Segments there are.
        available: usize,
    },
    /// The coefficients do not fill the product of the segments' dimensions.
    #[error("path {path} has {found} coefficients; its segments have dimensions {dims:?}")]
    Coefficients {
        /// Which path.
        path: usize,
        /// Dimension of each segment.
        dims: Vec<usize>,
        /// Coefficients found.
        found: usize,
    },
    /// A coefficient is infinite or not a number.
    #[error("coefficient {index} of path {path} is not a finite number")]
    NotFinite {
        /// Which path.
        path: usize,
        /// Which of its coefficients, in memory order.
        index: usize,
    },
    /// Channels that run together are neither equal nor one.
    #[error("path {path} joins segments of {channels:?} channels in mode `{mode}`: they must be equal, or one")]
    Channels {
        /// Which path.
        path: usize,
        /// The letter.
        mode: char,
        /// The extents of the operands that have this letter.
        channels: Vec<usize>,
    },
    /// The number of arguments is wrong.
    #[error("the map takes {expected} arguments; found {found}")]
    ArgumentCount {
        /// Arguments that the map takes.
        expected: usize,
        /// Arguments found.
        found: usize,
    },
    /// An argument has the wrong length.
    #[error("argument {operand} has {found} numbers, not {expected}")]
    Argument {
        /// Which operand.
        operand: usize,
        /// Numbers expected.
        expected: usize,
        /// Numbers found.
        found: usize,
    },
}
