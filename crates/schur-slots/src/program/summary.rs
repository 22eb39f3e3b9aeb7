//! What a program costs.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Instruction, SlotProgram};

/// The operations of a program by what they cost.
///
/// On RNS-CKKS a rotation and a product of two ciphertexts each need a key switch and cost about the same; a product
/// with a mask is cheaper, an addition nearly free. Each distinct rotation needs a key, some megabytes large; each
/// multiplication on the longest way takes one prime of the modulus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Slots of a vector.
    pub slots: usize,
    /// Vectors read.
    pub inputs: usize,
    /// Vectors of the result.
    pub outputs: usize,
    /// Rotations.
    pub rotations: usize,
    /// Different rotations: the keys that a scheme needs.
    pub rotation_keys: usize,
    /// Products of two values.
    pub multiplications: usize,
    /// Products of a value and a mask.
    pub plain_multiplications: usize,
    /// Sums.
    pub additions: usize,
    /// Different masks.
    pub masks: usize,
    /// Multiplications of either kind on the longest way from an input to the result.
    pub depth: usize,
}

impl Summary {
    pub(super) fn of(program: &SlotProgram) -> Self {
        let mut summary = Self {
            slots: program.slots,
            inputs: 0,
            outputs: program.results.len(),
            rotations: 0,
            rotation_keys: 0,
            multiplications: 0,
            plain_multiplications: 0,
            additions: 0,
            masks: program.masks.len(),
            depth: 0,
        };
        let mut keys = BTreeSet::new();
        let mut depths: Vec<usize> = Vec::with_capacity(program.instructions.len());
        for instruction in &program.instructions {
            let below = instruction.values().map(|value| depths[value]).max().unwrap_or(0);
            let (counter, depth) = match *instruction {
                Instruction::Input { .. } => (&mut summary.inputs, below),
                Instruction::Add { .. } => (&mut summary.additions, below),
                Instruction::Multiply { .. } => (&mut summary.multiplications, below + 1),
                Instruction::MultiplyPlain { .. } => (&mut summary.plain_multiplications, below + 1),
                Instruction::Rotate { left, .. } => {
                    keys.insert(left);
                    (&mut summary.rotations, below)
                }
            };
            *counter += 1;
            depths.push(depth);
        }
        summary.rotation_keys = keys.len();
        summary.depth = program.results.iter().flatten().map(|&value| depths[value]).max().unwrap_or(0);
        summary
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} rotations ({} keys), {} products, {} products with {} masks, {} additions, depth {}",
            self.rotations,
            self.rotation_keys,
            self.multiplications,
            self.plain_multiplications,
            self.masks,
            self.additions,
            self.depth
        )
    }
}
