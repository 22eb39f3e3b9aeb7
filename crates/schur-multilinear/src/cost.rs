//! What a map costs: operations, numbers moved, memory held.

use std::{collections::BTreeSet, fmt};

use crate::{Multilinear, Path, Polynomial};

/// What evaluating a map takes as it is written, and what holding it takes.
///
/// Kernels that share products between terms need fewer operations, none needs to move fewer numbers. Counts that do
/// not fit are the largest `usize`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Multiplications and additions: for each product one multiplication an argument and one addition.
    pub flops: usize,
    /// Numbers read: every argument once.
    pub reads: usize,
    /// Numbers written: every result once.
    pub writes: usize,
    /// Bytes of the coefficients and of the tables of paths, as held in memory.
    pub memory: usize,
}

impl Cost {
    /// Bytes read and written for numbers of type `T`.
    ///
    /// # Examples
    /// ```
    /// use schur_multilinear::{Multilinear, Operand, Path};
    /// let path = Path { segments: vec![0, 0], coefficients: vec![2.0] };
    /// let double = Multilinear::new(vec![Operand::new([(1, 8)]); 2], vec![path])?;
    /// assert_eq!((double.cost().flops, double.cost().bytes::<f32>()), (16, 64));
    /// # Ok::<(), schur_multilinear::MultilinearError>(())
    /// ```
    pub fn bytes<T>(&self) -> usize {
        self.reads.saturating_add(self.writes).saturating_mul(size_of::<T>())
    }
}

impl Multilinear {
    /// What one evaluation costs, each argument a buffer of its own.
    pub fn cost(&self) -> Cost {
        let numbers: Vec<usize> = self.operands().iter().map(|operand| operand.len()).collect();
        Cost {
            flops: self.terms().saturating_mul(self.arguments() + 1),
            reads: sum(numbers[..self.arguments()].iter().copied()),
            writes: numbers[self.arguments()],
            memory: sum(self.paths().iter().map(memory)),
        }
    }
}

fn memory(path: &Path) -> usize {
    size_of_val(path) + size_of_val(&path.segments[..]) + size_of_val(&path.coefficients[..])
}

impl Polynomial {
    /// What one evaluation costs: each input that is used is read once, each output written once.
    pub fn cost(&self) -> Cost {
        let used: BTreeSet<usize> = self.terms().iter().flat_map(|term| term.inputs.iter().copied()).collect();
        let terms = || self.terms().iter().map(|term| term.map.cost());
        Cost {
            flops: sum(terms().map(|cost| cost.flops)),
            reads: sum(used.into_iter().map(|input| self.inputs()[input].len())),
            writes: sum(self.outputs().iter().map(|output| output.len())),
            memory: sum(terms().map(|cost| cost.memory)),
        }
    }
}

fn sum(counts: impl Iterator<Item = usize>) -> usize {
    counts.fold(0, usize::saturating_add)
}

impl fmt::Display for Multilinear {
    /// One line: modes, lengths of the operands, paths, products.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lengths: Vec<String> = self.operands().iter().map(|operand| operand.len().to_string()).collect();
        let (paths, products) = (self.paths().len(), self.terms());
        let (arguments, result) = (lengths[..self.arguments()].join(" x "), &lengths[self.arguments()]);
        write!(f, "{}: {arguments} -> {result} numbers, {paths} paths, {products} products", self.modes())
    }
}

impl fmt::Display for Polynomial {
    /// One line: lengths of inputs and outputs, degree, terms, products.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lengths = |operands: &[crate::Operand]| {
            operands.iter().map(|operand| operand.len().to_string()).collect::<Vec<_>>().join(", ")
        };
        let (inputs, outputs) = (lengths(self.inputs()), lengths(self.outputs()));
        let (degree, terms) = (self.degree(), self.terms().len());
        let products = sum(self.terms().iter().map(|term| term.map.terms()));
        write!(f, "({inputs}) -> ({outputs}) numbers, degree {degree}, {terms} terms, {products} products")
    }
}
