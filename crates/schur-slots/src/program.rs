//! Programs for machines that add, multiply and rotate vectors and can do nothing else.

mod builder;
mod display;
mod summary;

use serde::{Deserialize, Serialize};

pub(crate) use self::builder::Builder;
pub use self::summary::Summary;
use crate::{Packing, SlotError};

/// One instruction; values are numbered by the position of the instruction that makes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Instruction {
    /// A vector of an operand, encrypted where the machine encrypts.
    Input {
        /// The operand.
        operand: usize,
        /// Which of its vectors.
        vector: usize,
    },
    /// The slot-wise sum of two values.
    Add {
        /// One value.
        left: usize,
        /// The other.
        right: usize,
    },
    /// The slot-wise product of two values.
    Multiply {
        /// One value.
        left: usize,
        /// The other.
        right: usize,
    },
    /// The slot-wise product of a value with a mask that everybody may know.
    MultiplyPlain {
        /// The value.
        value: usize,
        /// The mask.
        mask: usize,
    },
    /// The cyclic rotation to the left: slot `s` of the result is slot `s + left` of the value.
    Rotate {
        /// The value.
        value: usize,
        /// By how many slots.
        left: usize,
    },
}

impl Instruction {
    /// The values that the instruction reads.
    pub(crate) fn values(&self) -> impl Iterator<Item = usize> {
        let (first, second) = match *self {
            Self::Input { .. } => (None, None),
            Self::Add { left, right } | Self::Multiply { left, right } => (Some(left), Some(right)),
            Self::MultiplyPlain { value, .. } | Self::Rotate { value, .. } => (Some(value), None),
        };
        first.into_iter().chain(second)
    }
}

/// A vector of zeros and ones, as runs of ones.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Mask {
    /// First slot and length of each run, in ascending order.
    pub runs: Vec<[usize; 2]>,
}

impl Mask {
    /// A mask of the slots given, in ascending order.
    pub(crate) fn of_slots(slots: &[usize]) -> Self {
        let mut runs: Vec<[usize; 2]> = Vec::new();
        for &slot in slots {
            match runs.last_mut() {
                Some([start, len]) if *start + *len == slot => *len += 1,
                _ => runs.push([slot, 1]),
            }
        }
        Self { runs }
    }

    /// How many ones there are.
    pub fn ones(&self) -> usize {
        self.runs.iter().map(|[_, len]| len).sum()
    }

    /// The mask as numbers.
    ///
    /// Runs outside the slots are cut off; [`SlotProgram`] has none.
    pub fn to_vector(&self, slots: usize) -> Vec<f64> {
        let mut vector = vec![0.0; slots];
        for &[start, len] in &self.runs {
            let end = start.saturating_add(len).min(slots);
            vector[start.min(end)..end].fill(1.0);
        }
        vector
    }
}

/// An einsum as a fixed sequence of slot-wise additions, multiplications and rotations.
///
/// Instructions are in single-assignment form: value `k` is what instruction `k` makes. A program read from JSON is
/// checked like any other input.
///
/// # Examples
/// ```
/// use schur_einsum::Contraction;
/// use schur_slots::{Options, SlotProgram, lower};
///
/// let names = ["i", "k"].map(String::from).to_vec();
/// let product = Contraction::new(vec![vec![0, 1], vec![1]], vec![0], vec![4, 4], names)?;
/// let program = lower(&product, 16, &Options::default())?;
/// assert_eq!(SlotProgram::from_json(&program.to_json())?, program);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Record", into = "Record")]
pub struct SlotProgram {
    slots: usize,
    operands: Vec<Packing>,
    products: Vec<Packing>,
    output: Packing,
    masks: Vec<Mask>,
    instructions: Vec<Instruction>,
    results: Vec<Option<usize>>,
}

/// A program as it is written to files.
#[derive(Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) slots: usize,
    pub(crate) operands: Vec<Packing>,
    pub(crate) products: Vec<Packing>,
    pub(crate) output: Packing,
    pub(crate) masks: Vec<Mask>,
    pub(crate) instructions: Vec<Instruction>,
    pub(crate) results: Vec<Option<usize>>,
}

impl TryFrom<Record> for SlotProgram {
    type Error = SlotError;

    fn try_from(record: Record) -> Result<Self, SlotError> {
        let Record { slots, operands, products, output, masks, instructions, results } = record;
        let program = Self { slots, operands, products, output, masks, instructions, results };
        program.check_tensors()?;
        program.check_masks()?;
        program.check_instructions()?;
        Ok(program)
    }
}

impl From<SlotProgram> for Record {
    fn from(program: SlotProgram) -> Self {
        let SlotProgram { slots, operands, products, output, masks, instructions, results } = program;
        Self { slots, operands, products, output, masks, instructions, results }
    }
}

impl SlotProgram {
    /// Slots of a vector.
    pub const fn slots(&self) -> usize {
        self.slots
    }

    /// How each operand is packed.
    pub fn operands(&self) -> &[Packing] {
        &self.operands
    }

    /// The space of indices of each slot-wise product, in which its operands are laid over each other.
    pub fn products(&self) -> &[Packing] {
        &self.products
    }

    /// How the result is packed.
    pub const fn output(&self) -> &Packing {
        &self.output
    }

    /// The masks that instructions refer to.
    pub fn masks(&self) -> &[Mask] {
        &self.masks
    }

    /// The instructions.
    pub fn instructions(&self) -> &[Instruction] {
        &self.instructions
    }

    /// The value that holds each vector of the result; none where the vector is zero.
    pub fn results(&self) -> &[Option<usize>] {
        &self.results
    }

    /// Counts the instructions by what they cost.
    pub fn summary(&self) -> Summary {
        Summary::of(self)
    }

    /// Writes the program as JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_value(self).map(|value| value.to_string()).unwrap_or_default()
    }

    /// Reads a program from JSON and checks it.
    ///
    /// # Errors
    /// [`SlotError::Json`] with the place in the text.
    pub fn from_json(text: &str) -> Result<Self, SlotError> {
        serde_json::from_str(text).map_err(|error| SlotError::Json {
            line: error.line(),
            column: error.column(),
            message: error.to_string(),
        })
    }

    fn check_tensors(&self) -> Result<(), SlotError> {
        let all = self.operands.iter().enumerate().map(|(k, packing)| (format!("operand {k}"), packing));
        for (tensor, packing) in all.chain([("the output".to_owned(), &self.output)]) {
            if packing.slots() != self.slots {
                return Err(SlotError::Slots { tensor, expected: self.slots, found: packing.slots() });
            }
        }
        let [expected, found] = [self.output.vectors(), self.results.len()];
        if expected == found { Ok(()) } else { Err(SlotError::Results { expected, found }) }
    }

    fn check_masks(&self) -> Result<(), SlotError> {
        for (mask, Mask { runs }) in self.masks.iter().enumerate() {
            let mut free = 0;
            for &[start, len] in runs {
                match start.checked_add(len).filter(|&end| start >= free && len > 0 && end <= self.slots) {
                    Some(end) => free = end,
                    None => return Err(SlotError::Mask { mask, start, len, slots: self.slots }),
                }
            }
        }
        Ok(())
    }

    fn check_instructions(&self) -> Result<(), SlotError> {
        let below = |instruction, what, found, count| {
            if found < count { Ok(()) } else { Err(SlotError::Instruction { instruction, what, found, count }) }
        };
        for (at, instruction) in self.instructions.iter().enumerate() {
            instruction.values().try_for_each(|value| below(at, "value", value, at))?;
            match *instruction {
                Instruction::Input { operand, vector } => {
                    below(at, "operand", operand, self.operands.len())?;
                    below(at, "vector of an operand", vector, self.operands[operand].vectors())?;
                }
                Instruction::MultiplyPlain { mask, .. } => below(at, "mask", mask, self.masks.len())?,
                Instruction::Rotate { left, .. } => below(at, "rotation", left, self.slots)?,
                Instruction::Add { .. } | Instruction::Multiply { .. } => {}
            }
        }
        let end = self.instructions.len();
        self.results.iter().flatten().try_for_each(|&value| below(end, "value", value, end))
    }
}
