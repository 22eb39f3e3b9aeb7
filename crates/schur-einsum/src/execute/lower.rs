//! From an order to steps: strided products of two tensors and sums of one.

use schur_tensor::product::{Product, Reduction, Strided};
use schur_tensor::{element_count, row_major};

use super::ExecuteError;
use crate::{Contraction, Order};

/// Where a tensor of a plan lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// An operand, by its number.
    Operand(usize),
    /// An intermediate result, by its number.
    Intermediate(usize),
    /// The result.
    Output,
}

/// A tensor of a plan: its home, and each of its indices with its stride there.
#[derive(Debug, Clone)]
pub struct Held {
    pub home: Home,
    pub axes: Vec<(usize, isize)>,
}

impl Held {
    fn stride(&self, index: usize) -> Option<isize> {
        self.axes.iter().find(|axis| axis.0 == index).map(|axis| axis.1)
    }
}

/// One step: what it reads, what it writes, and how.
#[derive(Debug, Clone)]
pub enum Step {
    /// Sums a tensor over some axes, or copies it.
    Reduce { source: Home, result: Home, reduction: Reduction },
    /// Multiplies two tensors and sums over inner axes.
    Product { operands: [Home; 2], result: Home, product: Product },
}

impl Step {
    /// What the step writes.
    pub const fn result(&self) -> Home {
        match self {
            Self::Reduce { result, .. } | Self::Product { result, .. } => *result,
        }
    }

    /// What the step reads.
    pub fn reads(&self) -> Vec<Home> {
        match self {
            Self::Reduce { source, .. } => vec![*source],
            Self::Product { operands, .. } => operands.to_vec(),
        }
    }
}

/// The steps of a contraction, and what they need.
#[derive(Debug, Clone)]
pub struct Lowered {
    pub steps: Vec<Step>,
    /// Elements of each intermediate result.
    pub intermediates: Vec<usize>,
    /// For each sliced index its size, its stride in each operand, and its stride in the result if it has it.
    pub slices: Vec<Slice>,
}

/// An index that is looped over outside.
#[derive(Debug, Clone)]
pub struct Slice {
    pub size: usize,
    pub operands: Vec<isize>,
    pub output: Option<isize>,
}

/// Lowers an order to steps for operands with given strides.
pub fn lower(contraction: &Contraction, order: &Order, strides: &[Vec<isize>]) -> Result<Lowered, ExecuteError> {
    Lowering::new(contraction, order, strides)?.run(order)
}

struct Lowering<'a> {
    contraction: &'a Contraction,
    tensors: Vec<Held>,
    output: Held,
    /// How many tensors still to be contracted have each index; the output counts as one.
    holders: Vec<usize>,
    lowered: Lowered,
}

impl<'a> Lowering<'a> {
    fn new(contraction: &'a Contraction, order: &Order, strides: &[Vec<isize>]) -> Result<Self, ExecuteError> {
        let shape = contraction.output_shape();
        element_count(&shape).map_err(|_| ExecuteError::TooLarge { what: "the result", shape: shape.clone() })?;
        let is_sliced = |index: usize| order.sliced().contains(&index);
        let mut all: Vec<Held> = (contraction.operands().iter().zip(strides).enumerate())
            .map(|(k, (indices, strides))| Held { home: Home::Operand(k), axes: merge(indices, strides) })
            .collect();
        let mut output = Held { home: Home::Output, axes: merge(contraction.output(), &row_major(&shape)) };
        // Slicing what no operand has would only repeat the same sums.
        let is_summed = |index: &&usize| contraction.operands().iter().any(|operand| operand.contains(index));
        let slices = (order.sliced().iter().filter(is_summed))
            .map(|&index| Slice {
                size: contraction.sizes()[index],
                operands: all.iter().map(|operand| operand.stride(index).unwrap_or(0)).collect(),
                output: output.stride(index),
            })
            .collect();
        let mut holders = vec![0; contraction.sizes().len()];
        for tensor in all.iter_mut().chain([&mut output]) {
            tensor.axes.retain(|axis| !is_sliced(axis.0));
            tensor.axes.iter().for_each(|axis| holders[axis.0] += 1);
        }
        let lowered = Lowered { steps: Vec::new(), intermediates: Vec::new(), slices };
        Ok(Self { contraction, tensors: all, output, holders, lowered })
    }

    fn run(mut self, order: &Order) -> Result<Lowered, ExecuteError> {
        let Some((&last, pairs)) = order.pairs().split_last() else {
            let source = self.tensors[0].clone();
            let target = self.output.clone();
            self.reduce(&source, &target);
            return Ok(self.lowered);
        };
        for &pair in pairs {
            let [left, right] = self.summed(pair)?;
            let kept = self.kept(&left, &right);
            let result = self.intermediate(&kept)?;
            kept.iter().for_each(|&index| self.holders[index] += 1);
            self.product([&left, &right], &result);
            self.tensors.push(result);
        }
        let [left, right] = self.summed(last)?;
        let target = self.output.clone();
        self.product([&left, &right], &target);
        Ok(self.lowered)
    }

    /// Takes two tensors out of the list and sums each over the indices that nobody else has.
    fn summed(&mut self, pair: [usize; 2]) -> Result<[Held; 2], ExecuteError> {
        let pair = pair.map(|tensor| self.tensors[tensor].clone());
        for tensor in &pair {
            tensor.axes.iter().for_each(|axis| self.holders[axis.0] -= 1);
        }
        let [left, right] = &pair;
        Ok([self.without_lonely(left, right)?, self.without_lonely(right, left)?])
    }

    fn without_lonely(&mut self, tensor: &Held, other: &Held) -> Result<Held, ExecuteError> {
        let needed = |index: usize| self.holders[index] > 0 || other.stride(index).is_some();
        let kept: Vec<usize> = tensor.axes.iter().map(|axis| axis.0).filter(|&index| needed(index)).collect();
        if kept.len() == tensor.axes.len() {
            return Ok(tensor.clone());
        }
        let result = self.intermediate(&kept)?;
        self.reduce(tensor, &result);
        Ok(result)
    }

    /// The indices of a product: those of both, then those of the left, then those of the right.
    ///
    /// Runs of axes stay together as they lie in the operands, so that a kernel can treat them as one.
    fn kept(&self, left: &Held, right: &Held) -> Vec<usize> {
        let alive = |axis: &&(usize, isize)| self.holders[axis.0] > 0;
        let shared = left.axes.iter().filter(|axis| right.stride(axis.0).is_some());
        let own = left.axes.iter().filter(|axis| right.stride(axis.0).is_none());
        let others = right.axes.iter().filter(|axis| left.stride(axis.0).is_none());
        shared.chain(own).chain(others).filter(alive).map(|axis| axis.0).collect()
    }

    /// A new row-major intermediate result.
    fn intermediate(&mut self, indices: &[usize]) -> Result<Held, ExecuteError> {
        let shape: Vec<usize> = indices.iter().map(|&index| self.contraction.sizes()[index]).collect();
        let strides = row_major(&shape);
        let len = element_count(&shape);
        let len = len.map_err(|_| ExecuteError::TooLarge { what: "an intermediate result", shape })?;
        self.lowered.intermediates.push(len);
        let home = Home::Intermediate(self.lowered.intermediates.len() - 1);
        Ok(Held { home, axes: indices.iter().copied().zip(strides).collect() })
    }

    fn reduce(&mut self, source: &Held, result: &Held) {
        let mut reduction = Reduction::default();
        for &(index, from) in &source.axes {
            let size = self.contraction.sizes()[index];
            match result.stride(index) {
                _ if size == 1 => {}
                Some(to) => reduction.kept.push(Strided { size, strides: [from, to] }),
                None => reduction.summed.push(Strided { size, strides: [from] }),
            }
        }
        self.lowered.steps.push(Step::Reduce { source: source.home, result: result.home, reduction });
    }

    fn product(&mut self, operands: [&Held; 2], result: &Held) {
        let [left, right] = operands;
        let others = right.axes.iter().filter(|axis| left.stride(axis.0).is_none());
        let mut product = Product::default();
        for &(index, _) in left.axes.iter().chain(others) {
            let size = self.contraction.sizes()[index];
            let (left, right, result) = (left.stride(index), right.stride(index), result.stride(index));
            match (left, right, result) {
                _ if size == 1 => {}
                (Some(l), Some(r), Some(z)) => product.batch.push(Strided { size, strides: [l, r, z] }),
                (Some(l), None, Some(z)) => product.rows.push(Strided { size, strides: [l, z] }),
                (None, Some(r), Some(z)) => product.columns.push(Strided { size, strides: [r, z] }),
                (Some(l), Some(r), None) => product.inner.push(Strided { size, strides: [l, r] }),
                // Indices that one operand alone has were summed before.
                _ => {}
            }
        }
        let operands = operands.map(|tensor| tensor.home);
        self.lowered.steps.push(Step::Product { operands, result: result.home, product });
    }
}

/// Each index once, with the sum of its strides: a diagonal is one axis that strides along all of its own.
pub fn merge(indices: &[usize], strides: &[isize]) -> Vec<(usize, isize)> {
    let mut axes: Vec<(usize, isize)> = Vec::with_capacity(indices.len());
    for (&index, &stride) in indices.iter().zip(strides) {
        match axes.iter_mut().find(|axis| axis.0 == index) {
            Some(axis) => axis.1 += stride,
            None => axes.push((index, stride)),
        }
    }
    axes
}
