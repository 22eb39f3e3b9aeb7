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
    /// Two arguments cannot be exchanged.
    #[error("arguments {first} and {second} differ in segments or channel modes, so they cannot be exchanged")]
    NotExchangeable {
        /// One argument.
        first: usize,
        /// The other.
        second: usize,
    },
    /// A letter that no operand has.
    #[error("no operand has a mode `{letter}`; the modes are {modes:?}")]
    NoSuchMode {
        /// The letter.
        letter: char,
        /// The modes there are.
        modes: String,
    },
    /// A letter that cannot name a new mode.
    #[error("`{letter}` cannot name a new mode beside {modes:?}: take a letter from a to z that is free")]
    ModeTaken {
        /// The letter.
        letter: char,
        /// The modes there are.
        modes: String,
    },
    /// All letters are taken.
    #[error("all 26 letters name modes already; drop those of extent one with `squeeze_modes`")]
    TooManyModes,
    /// An extent is not a multiple of the wanted one.
    #[error("segment {segment} of operand {operand} has {extent} channels, not a multiple of {inner}")]
    Indivisible {
        /// Which operand.
        operand: usize,
        /// Which segment.
        segment: usize,
        /// Its extent.
        extent: usize,
        /// The extent asked for.
        inner: usize,
    },
    /// Two modes are not always side by side.
    #[error("modes `{outer}` and `{inner}` are not one index in operand {operand}")]
    Separate {
        /// Which operand.
        operand: usize,
        /// The letter that should come first.
        outer: char,
        /// The letter that should follow.
        inner: char,
    },
    /// Numbers of one index are scattered.
    #[error("the numbers of one index of mode `{letter}` lie apart in operand {operand}: flatten components first")]
    NotContiguous {
        /// Which operand.
        operand: usize,
        /// The letter.
        letter: char,
    },
    /// A table of segments that would fill the memory.
    #[error("operand {operand} would have more than {most} segments")]
    TooManySegments {
        /// Which operand.
        operand: usize,
        /// The most there may be.
        most: usize,
    },
    /// A map in the place of an argument that it does not fit.
    #[error("the result of the inner map has other segments than argument {operand}")]
    Joint {
        /// Which argument.
        operand: usize,
    },
    /// A sum that is spread again is not a path.
    #[error("mode `{letter}` of argument {operand} is summed to one channel before and spread again behind it")]
    Entangled {
        /// Which argument.
        operand: usize,
        /// The letter in the outer map.
        letter: char,
    },
}
