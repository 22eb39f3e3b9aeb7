//! Machines that run slot programs.

mod noisy;
mod plain;

use schur_tensor::Tensor;

pub use self::noisy::{Noise, NoisyError, NoisyMachine, NoisyVector};
pub use self::plain::PlainMachine;
use crate::program::{Instruction, SlotProgram};
use crate::{RunError, SlotError};

/// A machine that adds, multiplies and rotates vectors of real numbers.
///
/// A back end on ciphertexts keeps its keys and parameters in itself; it relinearises and rescales in
/// [`multiply`](Self::multiply) and [`multiply_plain`](Self::multiply_plain), and brings operands of different levels
/// to the lower one. All methods take `&mut self`, so that it may count, draw noise or make keys when first needed.
pub trait SlotMachine {
    /// A vector as the machine holds it.
    type Vector: Clone;
    /// Why the machine refuses.
    type Error: std::error::Error + 'static;

    /// How many slots a vector has.
    fn slots(&self) -> usize;
    /// Brings numbers into the machine, as many as there are slots.
    ///
    /// # Errors
    /// What the machine refuses.
    fn encrypt(&mut self, numbers: &[f64]) -> Result<Self::Vector, Self::Error>;
    /// Reads a vector out.
    ///
    /// # Errors
    /// What the machine refuses.
    fn decrypt(&mut self, vector: &Self::Vector) -> Result<Vec<f64>, Self::Error>;
    /// Adds two vectors slot by slot.
    ///
    /// # Errors
    /// What the machine refuses.
    fn add(&mut self, a: &Self::Vector, b: &Self::Vector) -> Result<Self::Vector, Self::Error>;
    /// Multiplies two vectors slot by slot.
    ///
    /// # Errors
    /// What the machine refuses, as a product deeper than it can bear.
    fn multiply(&mut self, a: &Self::Vector, b: &Self::Vector) -> Result<Self::Vector, Self::Error>;
    /// Multiplies a vector with numbers that everybody may know, slot by slot.
    ///
    /// # Errors
    /// What the machine refuses, as a product deeper than it can bear.
    fn multiply_plain(&mut self, a: &Self::Vector, numbers: &[f64]) -> Result<Self::Vector, Self::Error>;
    /// Rotates a vector to the left: slot `s` of the result is slot `s + left`, modulo the slots.
    ///
    /// # Errors
    /// What the machine refuses, as a rotation without a key.
    fn rotate(&mut self, a: &Self::Vector, left: usize) -> Result<Self::Vector, Self::Error>;
}

impl SlotProgram {
    /// Packs and encrypts the operands, runs the program, and decrypts and unpacks the result.
    ///
    /// # Shapes
    /// Operands and result: those of [`operands`](Self::operands) and [`output`](Self::output).
    /// # Errors
    /// [`RunError`] if tensors or machine do not fit the program, or the machine refuses an instruction.
    /// # Cost
    /// One call of the machine for each instruction; a vector is dropped after its last use.
    /// # Examples
    /// ```
    /// use schur_einsum::Contraction;
    /// use schur_slots::{Options, PlainMachine, lower};
    /// use schur_tensor::Tensor;
    ///
    /// let names = ["i", "j"].map(String::from).to_vec();
    /// let transpose = Contraction::new(vec![vec![0, 1]], vec![1, 0], vec![2, 3], names)?;
    /// let program = lower(&transpose, 8, &Options::default())?;
    /// let matrix = Tensor::new(&[2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?;
    /// let result = program.run(&mut PlainMachine::new(8), &[matrix])?;
    /// assert_eq!(result.data(), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn run<M: SlotMachine>(
        &self,
        machine: &mut M,
        operands: &[Tensor<f64>],
    ) -> Result<Tensor<f64>, RunError<M::Error>> {
        let results = self.run_encrypted(machine, operands)?;
        let mut vectors = Vec::with_capacity(results.len());
        for result in &results {
            vectors.push(match result {
                Some(vector) => {
                    machine.decrypt(vector).map_err(|source| self.refused(self.instructions().len(), source))?
                }
                None => vec![0.0; self.slots()],
            });
        }
        Ok(self.output().unpack(&vectors)?)
    }

    /// Runs the program and leaves the result in the machine: one vector each, none where all slots are zero.
    ///
    /// # Errors
    /// As for [`run`](Self::run).
    pub fn run_encrypted<M: SlotMachine>(
        &self,
        machine: &mut M,
        operands: &[Tensor<f64>],
    ) -> Result<Vec<Option<M::Vector>>, RunError<M::Error>> {
        if machine.slots() != self.slots() {
            return Err(RunError::Slots { program: self.slots(), machine: machine.slots() });
        }
        let packed = self.pack(operands)?;
        let last = self.last_uses();
        let mut values: Vec<Option<M::Vector>> = Vec::with_capacity(self.instructions().len());
        for (at, instruction) in self.instructions().iter().enumerate() {
            let value = self.step(machine, instruction, &packed, &values).map_err(|source| self.refused(at, source))?;
            values.push(value);
            for read in instruction.values().filter(|&read| last[read] == at) {
                values[read] = None;
            }
        }
        let results = self.results().iter().map(|result| result.and_then(|value| values[value].clone())).collect();
        Ok(results)
    }

    fn pack<E: std::error::Error + 'static>(
        &self,
        operands: &[Tensor<f64>],
    ) -> Result<Vec<Vec<Vec<f64>>>, RunError<E>> {
        let [expected, found] = [self.operands().len(), operands.len()];
        if expected != found {
            return Err(RunError::Operands { expected, found });
        }
        let pairs = operands.iter().zip(self.operands()).enumerate();
        let packed = pairs.map(|(operand, (tensor, packing))| {
            packing.pack(tensor).map_err(|error| match error {
                // For whoever calls, the program is given and the tensor is at fault.
                SlotError::Shape { expected, found, .. } => {
                    SlotError::Shape { tensor: format!("operand {operand}"), expected, found }
                }
                error => error,
            })
        });
        Ok(packed.collect::<Result<_, _>>()?)
    }

    /// The last instruction that reads each value; past the last one for results.
    fn last_uses(&self) -> Vec<usize> {
        let mut last = vec![0; self.instructions().len()];
        for (at, instruction) in self.instructions().iter().enumerate() {
            instruction.values().for_each(|value| last[value] = at);
        }
        self.results().iter().flatten().for_each(|&value| last[value] = usize::MAX);
        last
    }

    /// Runs one instruction; a checked program reads no value before it is there or after its last use.
    fn step<M: SlotMachine>(
        &self,
        machine: &mut M,
        instruction: &Instruction,
        packed: &[Vec<Vec<f64>>],
        values: &[Option<M::Vector>],
    ) -> Result<Option<M::Vector>, M::Error> {
        let value = |id: usize| values[id].as_ref();
        match *instruction {
            Instruction::Input { operand, vector } => machine.encrypt(&packed[operand][vector]).map(Some),
            Instruction::Add { left, right } => {
                value(left).zip(value(right)).map(|(a, b)| machine.add(a, b)).transpose()
            }
            Instruction::Multiply { left, right } => {
                value(left).zip(value(right)).map(|(a, b)| machine.multiply(a, b)).transpose()
            }
            Instruction::MultiplyPlain { value: id, mask } => {
                let mask = self.masks()[mask].to_vector(self.slots());
                value(id).map(|a| machine.multiply_plain(a, &mask)).transpose()
            }
            Instruction::Rotate { value: id, left } => value(id).map(|a| machine.rotate(a, left)).transpose(),
        }
    }

    fn refused<E: std::error::Error + 'static>(&self, instruction: usize, source: E) -> RunError<E> {
        let text = self.instructions().get(instruction).map_or("decryption".to_owned(), ToString::to_string);
        RunError::Machine { instruction, text, source }
    }
}
