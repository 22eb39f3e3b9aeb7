//! Collects instructions, each only once.

use std::collections::HashMap;

use super::{Instruction, Mask};

/// A program in the making. What was computed before is not computed again.
#[derive(Debug)]
pub(crate) struct Builder {
    slots: usize,
    instructions: Vec<Instruction>,
    depths: Vec<usize>,
    known: HashMap<Instruction, usize>,
    masks: Vec<Mask>,
    known_masks: HashMap<Mask, usize>,
}

impl Builder {
    pub(crate) fn new(slots: usize) -> Self {
        let (known, known_masks) = (HashMap::new(), HashMap::new());
        Self { slots, instructions: Vec::new(), depths: Vec::new(), known, masks: Vec::new(), known_masks }
    }

    /// Multiplications on the longest way from an input to a value.
    pub(crate) fn depth(&self, value: usize) -> usize {
        self.depths[value]
    }

    pub(crate) fn input(&mut self, operand: usize, vector: usize) -> usize {
        self.push(Instruction::Input { operand, vector })
    }

    pub(crate) fn add(&mut self, a: usize, b: usize) -> usize {
        self.push(Instruction::Add { left: a.min(b), right: a.max(b) })
    }

    /// The sum of two vectors, either of which may be zero.
    pub(crate) fn add_any(&mut self, a: Option<usize>, b: Option<usize>) -> Option<usize> {
        match (a, b) {
            (Some(a), Some(b)) => Some(self.add(a, b)),
            (a, b) => a.or(b),
        }
    }

    pub(crate) fn multiply(&mut self, a: usize, b: usize) -> usize {
        self.push(Instruction::Multiply { left: a.min(b), right: a.max(b) })
    }

    /// Keeps the slots given, in ascending order.
    pub(crate) fn keep(&mut self, value: usize, slots: &[usize]) -> usize {
        if slots.len() == self.slots {
            return value;
        }
        let mask = Mask::of_slots(slots);
        let next = self.masks.len();
        let id = *self.known_masks.entry(mask.clone()).or_insert(next);
        if id == next {
            self.masks.push(mask);
        }
        self.push(Instruction::MultiplyPlain { value, mask: id })
    }

    pub(crate) fn rotate_left(&mut self, value: usize, by: usize) -> usize {
        match by % self.slots {
            0 => value,
            left => self.push(Instruction::Rotate { value, left }),
        }
    }

    pub(crate) fn rotate_right(&mut self, value: usize, by: usize) -> usize {
        self.rotate_left(value, self.slots - by % self.slots)
    }

    /// Gives the instructions that results depend on, renumbered, with their masks.
    pub(crate) fn finish(self, results: &mut [Option<usize>]) -> (Vec<Instruction>, Vec<Mask>) {
        let mut live = vec![false; self.instructions.len()];
        results.iter().flatten().for_each(|&value| live[value] = true);
        for at in (0..live.len()).rev() {
            if live[at] {
                self.instructions[at].values().for_each(|value| live[value] = true);
            }
        }
        let mut numbers = vec![0; live.len()];
        let mut mask_numbers = HashMap::new();
        let (mut instructions, mut masks) = (Vec::new(), Vec::new());
        for (at, mut instruction) in self.instructions.into_iter().enumerate().filter(|&(at, _)| live[at]) {
            match &mut instruction {
                Instruction::Input { .. } => {}
                Instruction::Add { left, right } | Instruction::Multiply { left, right } => {
                    (*left, *right) = (numbers[*left], numbers[*right]);
                }
                Instruction::Rotate { value, .. } => *value = numbers[*value],
                Instruction::MultiplyPlain { value, mask } => {
                    *value = numbers[*value];
                    *mask = *mask_numbers.entry(*mask).or_insert_with(|| {
                        masks.push(self.masks[*mask].clone());
                        masks.len() - 1
                    });
                }
            }
            numbers[at] = instructions.len();
            instructions.push(instruction);
        }
        results.iter_mut().flatten().for_each(|value| *value = numbers[*value]);
        (instructions, masks)
    }

    fn push(&mut self, instruction: Instruction) -> usize {
        if let Some(&value) = self.known.get(&instruction) {
            return value;
        }
        let below = instruction.values().map(|value| self.depths[value]).max().unwrap_or(0);
        let multiplies = matches!(instruction, Instruction::Multiply { .. } | Instruction::MultiplyPlain { .. });
        self.depths.push(below + usize::from(multiplies));
        self.instructions.push(instruction);
        let value = self.instructions.len() - 1;
        self.known.insert(instruction, value);
        value
    }
}
