//! What can be wrong with a pickle, and where.

/// Reports the byte and the opcode at which a pickle could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("pickle byte {offset} ({opcode}): {kind}")]
pub struct PickleError {
    /// Offset of the opcode in the input.
    pub offset: usize,
    /// Name of the opcode as in Python's `pickletools`, or `start` before the first one.
    pub opcode: &'static str,
    /// What is wrong there.
    pub kind: PickleErrorKind,
}

/// Says what is wrong with a pickle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PickleErrorKind {
    /// The input is longer than [`Limits::bytes`](super::Limits::bytes).
    #[error("the pickle has {found} bytes, more than the limit of {limit}")]
    TooLong {
        /// Length of the input.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// The pickle makes more values than [`Limits::values`](super::Limits::values).
    #[error("the pickle makes more than {limit} values")]
    TooManyValues {
        /// The limit.
        limit: usize,
    },
    /// An argument reaches beyond the end of the input.
    #[error("needs {needed} more bytes, but only {left} are left; is the file complete?")]
    Truncated {
        /// Bytes that the argument needs.
        needed: u64,
        /// Bytes that are left.
        left: usize,
    },
    /// A text argument has no end of line.
    #[error("the line has no end; is the file complete?")]
    NoEndOfLine,
    /// The input ends without a STOP.
    #[error("the pickle ends without STOP; is the file complete?")]
    NoStop,
    /// The byte is no opcode of protocols 0 to 5.
    #[error("byte {byte:#04x} is no opcode of protocols 0 to 5")]
    UnknownOpcode {
        /// The byte.
        byte: u8,
    },
    /// The pickle declares a protocol later than 5.
    #[error("protocol {found} is not one of 0 to 5")]
    Protocol {
        /// The protocol declared.
        found: u8,
    },
    /// The opcode takes more values than the stack holds.
    #[error("takes {needed} from the stack, which holds {found} since the last mark")]
    Stack {
        /// Values that the opcode takes.
        needed: usize,
        /// Values that are there.
        found: usize,
    },
    /// The opcode needs a mark and there is none.
    #[error("needs a mark on the stack and there is none")]
    NoMark,
    /// The pickle reads a memo entry that was never written.
    #[error("reads memo entry {key}, which was never written")]
    Memo {
        /// The entry.
        key: u64,
    },
    /// A value on the stack is of the wrong type.
    #[error("expected {expected}, found {found}")]
    Type {
        /// What the opcode works on.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// A dictionary is given a key without a value.
    #[error("{count} values do not make pairs of key and value")]
    OddPairs {
        /// Number of values.
        count: usize,
    },
    /// A text or length argument does not read as what it stands for.
    #[error("expected {expected}, found `{found}`")]
    Literal {
        /// What the argument stands for.
        expected: &'static str,
        /// The beginning of the argument.
        found: String,
    },
}
