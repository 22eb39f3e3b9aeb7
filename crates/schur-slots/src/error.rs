//! What can be wrong with a lowering, a packing, or a program read from a file.

use schur_einsum::OrderError;
use schur_tensor::ShapeError;
use thiserror::Error;

/// Why an einsum has no slot program, or a packing or program is none.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SlotError {
    /// Rotations by halves need a power of two.
    #[error("a vector of {slots} slots cannot be rotated by halves; take a power of two up to {limit}")]
    SlotCount {
        /// Slots asked for.
        slots: usize,
        /// The most that there may be.
        limit: usize,
    },
    /// A tensor does not fit.
    #[error(
        "{tensor} needs {needed} slots, but {vectors} x {slots} are there; \
         take vectors of {needed} slots, or allow {allow} vectors"
    )]
    TooFewSlots {
        /// Which tensor, with its indices.
        tensor: String,
        /// Slots it needs, axes padded to powers of two.
        needed: usize,
        /// Slots of a vector.
        slots: usize,
        /// Vectors that a tensor may take.
        vectors: usize,
        /// Vectors that it would take.
        allow: usize,
    },
    /// A tensor needs more slots than a program can be written for.
    #[error("{tensor} needs more than {limit} slots, the most that a program may have for a tensor")]
    TooLarge {
        /// Which tensor, with its indices.
        tensor: String,
        /// The most slots.
        limit: usize,
    },
    /// There is not one packing for each operand.
    #[error("{expected} operands need {expected} packings, but {found} are given")]
    Packings {
        /// Operands.
        expected: usize,
        /// Packings given.
        found: usize,
    },
    /// A packing is of another shape than its tensor.
    #[error("{tensor} has shape {expected:?}, but it is packed as {found:?}")]
    Shape {
        /// Which tensor.
        tensor: String,
        /// Its shape.
        expected: Vec<usize>,
        /// The shape of the packing.
        found: Vec<usize>,
    },
    /// A packing is made for vectors of another length.
    #[error("{tensor} is packed into vectors of {found} slots, but the machine's have {expected}")]
    Slots {
        /// Which tensor.
        tensor: String,
        /// Slots of a vector.
        expected: usize,
        /// Slots that the packing assumes.
        found: usize,
    },
    /// Two elements lie in one slot.
    #[error("elements {first:?} and {second:?} share slot {slot} of vector {vector}; choose other strides")]
    Overlap {
        /// One element.
        first: Vec<usize>,
        /// The other.
        second: Vec<usize>,
        /// The vector.
        vector: usize,
        /// The slot that they share.
        slot: usize,
    },
    /// The order of pairs is not one of this contraction.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// The order slices indices, for which slots have no use.
    #[error("the order slices index {name}; slot programs hold tensors whole, in several vectors if need be")]
    Sliced {
        /// The name of the first sliced index.
        name: String,
    },
    /// An instruction refers to what is not there.
    #[error("instruction {instruction} uses {what} {found}, but there are {count}")]
    Instruction {
        /// Position of the instruction; one past the last for the results.
        instruction: usize,
        /// `value`, `mask`, `operand`, `vector of an operand` or `rotation`.
        what: &'static str,
        /// The number that it gives.
        found: usize,
        /// How many there are at that point.
        count: usize,
    },
    /// A mask reaches outside the vector, or its runs are not in order.
    #[error("mask {mask}: the run of {len} slots from {start} lies outside {slots} slots or before an earlier one")]
    Mask {
        /// The mask.
        mask: usize,
        /// First slot of the run.
        start: usize,
        /// Its length.
        len: usize,
        /// Slots of a vector.
        slots: usize,
    },
    /// The program's results are not as many vectors as its output's packing.
    #[error("the output is packed into {expected} vectors, but the program has {found} results")]
    Results {
        /// Vectors of the output.
        expected: usize,
        /// Results of the program.
        found: usize,
    },
    /// A result cannot be held.
    #[error(transparent)]
    Tensor(#[from] ShapeError),
    /// A text is not a slot program.
    #[error("line {line}, column {column}: {message}")]
    Json {
        /// Line, from one.
        line: usize,
        /// Column, from one.
        column: usize,
        /// What is wrong.
        message: String,
    },
}

/// Why a program did not run to its end.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum RunError<E: std::error::Error + 'static> {
    /// More or fewer tensors than the program has operands.
    #[error("the program has {expected} operands, but {found} tensors are given")]
    Operands {
        /// Operands of the program.
        expected: usize,
        /// Tensors given.
        found: usize,
    },
    /// The machine's vectors have another length.
    #[error("the program is for vectors of {program} slots, but the machine's have {machine}")]
    Slots {
        /// Slots that the program assumes.
        program: usize,
        /// Slots that the machine has.
        machine: usize,
    },
    /// A tensor cannot be packed, or the result not be unpacked.
    #[error(transparent)]
    Packing(#[from] SlotError),
    /// The machine refused an instruction.
    #[error("instruction {instruction} ({text}) failed")]
    Machine {
        /// Position of the instruction.
        instruction: usize,
        /// The instruction as printed.
        text: String,
        /// What the machine says.
        #[source]
        source: E,
    },
}
