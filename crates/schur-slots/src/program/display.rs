//! Programs as people read them.

use std::fmt;

use super::{Instruction, Mask, SlotProgram};

/// Runs of a mask that are printed; the rest is counted.
const PRINTED_RUNS: usize = 4;

impl fmt::Display for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Input { operand, vector } => write!(f, "input {operand}.{vector}"),
            Self::Add { left, right } => write!(f, "%{left} + %{right}"),
            Self::Multiply { left, right } => write!(f, "%{left} * %{right}"),
            Self::MultiplyPlain { value, mask } => write!(f, "%{value} * m{mask}"),
            Self::Rotate { value, left } => write!(f, "rotate %{value} left {left}"),
        }
    }
}

impl fmt::Display for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ones:", self.ones())?;
        for &[start, len] in self.runs.iter().take(PRINTED_RUNS) {
            match len {
                1 => write!(f, " {start}")?,
                _ => write!(f, " {start}..{}", start + len)?,
            }
        }
        match self.runs.len().saturating_sub(PRINTED_RUNS) {
            0 => Ok(()),
            more => write!(f, " and {more} runs more"),
        }
    }
}

impl fmt::Display for SlotProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (operand, packing) in self.operands.iter().enumerate() {
            writeln!(f, "operand {operand} {packing}")?;
        }
        for packing in &self.products {
            writeln!(f, "product {packing}")?;
        }
        writeln!(f, "output {}", self.output)?;
        for (id, mask) in self.masks.iter().enumerate() {
            writeln!(f, "m{id} = {mask}")?;
        }
        for (value, instruction) in self.instructions.iter().enumerate() {
            writeln!(f, "%{value} = {instruction}")?;
        }
        for (vector, result) in self.results.iter().enumerate() {
            match result {
                Some(value) => writeln!(f, "output {vector} = %{value}")?,
                None => writeln!(f, "output {vector} = 0")?,
            }
        }
        write!(f, "{}", self.summary())
    }
}
