//! Plans: steps with a place for every intermediate result.

use std::ops::{AddAssign, Range};

use schur_tensor::product::Mode;
use schur_tensor::semiring::{Semiring, SemiringError};
use schur_tensor::{View, element_count, row_major};

use super::ExecuteError;
use super::arena::{self, Lifetime};
use super::lower::{Home, Lowered, Slice, Step, lower};
use super::output::OutputShape;
use crate::{Contraction, Order};

/// A contraction with an order, ready to run over any semiring.
///
/// # Examples
/// ```
/// use schur_einsum::{Contraction, Order};
/// use schur_einsum::execute::{Plan, Workspace};
/// use schur_tensor::{Tensor, semiring::Arithmetic};
///
/// // "ij,jk->ik" of a 2 x 3 and a 3 x 2 matrix.
/// let names = ["i", "j", "k"].map(String::from).to_vec();
/// let contraction = Contraction::new(vec![vec![0, 1], vec![1, 2]], vec![0, 2], vec![2, 3, 2], names)?;
/// let plan = Plan::new(&contraction, &Order::left_to_right(&contraction))?;
/// let (a, b) = (Tensor::filled(&[2, 3], 1.0)?, Tensor::filled(&[3, 2], 2.0)?);
/// let mut result = vec![0.0; 4];
/// plan.run(&Arithmetic::<f64>::new(), &[a.view(), b.view()], &mut result, &mut Workspace::default())?;
/// assert_eq!(result, [6.0; 4]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Plan {
    operands: Vec<(Vec<usize>, Vec<isize>)>,
    output: OutputShape,
    lowered: Lowered,
    /// Where each intermediate result lies.
    places: Vec<Range<usize>>,
    arena_len: usize,
    /// Whether an index has size zero: then every sum is empty, or there is none.
    empty: bool,
}

/// Memory that runs of plans share: it grows to what the largest of them needs, and is kept.
#[derive(Debug, Clone)]
pub struct Workspace<E> {
    pub(super) arena: Vec<E>,
    scratch: Vec<E>,
}

impl<E> Default for Workspace<E> {
    fn default() -> Self {
        Self { arena: Vec::new(), scratch: Vec::new() }
    }
}

impl Plan {
    /// Plans a contraction of row-major operands.
    ///
    /// # Errors
    /// [`ExecuteError`] if the order is not one of the contraction, or a tensor is too large to be addressed.
    pub fn new(contraction: &Contraction, order: &Order) -> Result<Self, ExecuteError> {
        let strides = |indices: &Vec<usize>| -> Vec<isize> {
            row_major(&indices.iter().map(|&index| contraction.sizes()[index]).collect::<Vec<_>>())
        };
        Self::with_strides(contraction, order, &contraction.operands().iter().map(strides).collect::<Vec<_>>())
    }

    /// Plans a contraction of operands that lie in memory with given strides, which must not be negative.
    ///
    /// # Errors
    /// As [`new`](Self::new), and if the strides are not one list for each operand and one stride for each axis.
    ///
    /// # Cost
    /// Linear in the axes of all tensors, and quadratic in the number of intermediate results.
    pub fn with_strides(
        contraction: &Contraction,
        order: &Order,
        strides: &[Vec<isize>],
    ) -> Result<Self, ExecuteError> {
        Order::new(contraction, order.pairs().to_vec(), order.sliced().to_vec())?;
        let expected = contraction.operands().len();
        if strides.len() != expected {
            return Err(ExecuteError::Operands { expected, found: strides.len() });
        }
        let shape = |indices: &[usize]| indices.iter().map(|&index| contraction.sizes()[index]).collect::<Vec<_>>();
        let operands: Vec<_> = contraction.operands().iter().map(|list| shape(list)).zip(strides.to_vec()).collect();
        for (operand, (shape, strides)) in operands.iter().enumerate() {
            element_count(shape).map_err(|_| ExecuteError::TooLarge { what: "an operand", shape: shape.clone() })?;
            if shape.len() != strides.len() {
                let expected = row_major(shape);
                return Err(ExecuteError::Strides { operand, expected, found: strides.clone() });
            }
            if strides.iter().any(|&stride| stride < 0) {
                return Err(ExecuteError::Backwards { operand, strides: strides.clone() });
            }
        }
        let lowered = lower(contraction, order, strides)?;
        let (starts, arena_len) = arena::place(&lifetimes(&lowered));
        let places = starts.iter().zip(&lowered.intermediates).map(|(&start, &len)| start..start + len).collect();
        let empty = operands.iter().any(|(shape, _)| shape.contains(&0)) || contraction.output_shape().contains(&0);
        Ok(Self { operands, output: OutputShape::new(contraction), lowered, places, arena_len, empty })
    }

    /// The shape of the result.
    pub fn output_shape(&self) -> &[usize] {
        self.output.shape()
    }

    /// Elements of all intermediate results that are alive together, at the worst moment.
    ///
    /// A run allocates these once, the result is the caller's, and kernels keep packed panels of at most a few MiB.
    pub const fn peak(&self) -> usize {
        self.arena_len
    }

    /// How many steps a slice has, and how many slices there are.
    pub fn steps(&self) -> (usize, f64) {
        (self.lowered.steps.len(), self.lowered.slices.iter().map(|slice| slice.size as f64).product())
    }

    /// Refuses a plan whose intermediate results need more than `limit` elements.
    ///
    /// # Errors
    /// [`ExecuteError::Memory`].
    pub fn within(self, limit: usize) -> Result<Self, ExecuteError> {
        if self.arena_len > limit {
            return Err(ExecuteError::Memory { needed: self.arena_len, limit });
        }
        Ok(self)
    }

    /// Contracts the operands into `result`, row-major, which is overwritten.
    ///
    /// Sums are in an order that depends on the plan alone: the same operands give the same bits, whatever the number
    /// of threads of the pool that this runs in. A second run with the same workspace allocates nothing.
    ///
    /// # Errors
    /// [`ExecuteError`] if operands or result do not have the plan's shapes and strides, or the semiring refuses an
    /// element or a step; `result` then holds no meaning.
    pub fn run<S: Semiring>(
        &self,
        semiring: &S,
        operands: &[View<'_, S::Element>],
        result: &mut [S::Element],
        workspace: &mut Workspace<S::Element>,
    ) -> Result<(), ExecuteError> {
        check_layouts(&self.operands, operands)?;
        self.run_with(semiring, |k| &operands[k].data()[operands[k].offset()..], result, workspace)
    }

    /// Runs with operands given by their elements, from the first one on; shapes and strides have been checked.
    pub(crate) fn run_with<'a, S: Semiring>(
        &self,
        semiring: &S,
        operand: impl Fn(usize) -> &'a [S::Element],
        result: &mut [S::Element],
        Workspace { arena, scratch }: &mut Workspace<S::Element>,
    ) -> Result<(), ExecuteError>
    where
        S::Element: 'a,
    {
        self.output.check_len(result.len())?;
        for (number, layout) in self.operands.iter().enumerate() {
            if let Some((position, source)) = foreign(semiring, operand(number), layout) {
                return Err(ExecuteError::Element { operand: number, position, source });
            }
        }
        if self.empty || self.output.has_diagonal() {
            result.fill(semiring.zero());
        }
        if self.empty {
            return Ok(());
        }
        if arena.len() < self.arena_len {
            arena.resize(self.arena_len, semiring.zero());
        }
        let slices = self.lowered.slices.iter().map(|slice| slice.size).product::<usize>();
        for slice in 0..slices {
            self.run_slice(semiring, slice, &operand, result, (arena, scratch))?;
        }
        self.output.repeat(result);
        Ok(())
    }

    fn run_slice<'a, S: Semiring>(
        &self,
        semiring: &S,
        slice: usize,
        operand: &impl Fn(usize) -> &'a [S::Element],
        result: &mut [S::Element],
        (arena, scratch): (&mut [S::Element], &mut Vec<S::Element>),
    ) -> Result<(), ExecuteError>
    where
        S::Element: 'a,
    {
        let (to, mode) = output_offset(&self.lowered.slices, slice);
        let operand = |k: usize| &operand(k)[operand_offset(&self.lowered.slices, slice, k)..];
        let place = |home: Home| self.place(home);
        for (number, step) in self.lowered.steps.iter().enumerate() {
            let (written, mode) = match step.result() {
                Home::Output => (0..0, mode),
                home => (place(home), Mode::Overwrite),
            };
            let done: Result<(), SemiringError> = match step {
                Step::Reduce { source, result: home, reduction } => {
                    let (lent, [read]) = arena::lend(arena, written, [place(*source)]);
                    let source = if let Home::Operand(k) = source { operand(*k) } else { read };
                    let target = if *home == Home::Output { &mut result[to..] } else { lent };
                    semiring.reduce(reduction, source, target, mode)
                }
                Step::Product { operands: homes, result: home, product } => {
                    let (lent, read) = arena::lend(arena, written, homes.map(place));
                    let pick =
                        |which: usize| if let Home::Operand(k) = homes[which] { operand(k) } else { read[which] };
                    let target = if *home == Home::Output { &mut result[to..] } else { lent };
                    semiring.product(product, [pick(0), pick(1)], target, mode, scratch)
                }
            };
            done.map_err(|source| ExecuteError::Step { step: number, source })?;
        }
        Ok(())
    }

    /// The same plan with every intermediate result at a place of its own.
    pub(super) fn remembering(mut self) -> Result<Self, ExecuteError> {
        let mut total = 0_usize;
        for (place, &len) in self.places.iter_mut().zip(&self.lowered.intermediates) {
            let start = total;
            total = total.checked_add(len).ok_or_else(|| ExecuteError::TooLarge {
                what: "the list of all intermediate results",
                shape: self.lowered.intermediates.clone(),
            })?;
            *place = start..total;
        }
        self.arena_len = total;
        Ok(self)
    }

    /// Where a tensor lies among the intermediate results; nowhere for operands and the result.
    pub(super) fn place(&self, home: Home) -> Range<usize> {
        match home {
            Home::Intermediate(number) => self.places[number].clone(),
            Home::Operand(_) | Home::Output => 0..0,
        }
    }

    /// The elements of a tensor of a remembering plan: an operand's from its first one on.
    pub(super) fn elements<'a, E>(
        &self,
        home: Home,
        operands: &'a [View<'_, E>],
        values: &'a [E],
        result: &'a [E],
    ) -> &'a [E] {
        match home {
            Home::Operand(operand) => &operands[operand].data()[operands[operand].offset()..],
            Home::Intermediate(number) => &values[self.places[number].clone()],
            Home::Output => result,
        }
    }

    pub(super) fn step_list(&self) -> &[Step] {
        &self.lowered.steps
    }

    pub(super) const fn intermediates(&self) -> usize {
        self.places.len()
    }

    /// Whether there is nothing to sum.
    pub(super) const fn is_empty(&self) -> bool {
        self.empty
    }

    /// Copies a result along the axes that no operand has.
    pub(super) fn repeat<E: Clone>(&self, result: &mut [E]) {
        self.output.repeat(result);
    }

    /// The cotangent of what the last step writes: summed along the axes that no operand has.
    pub(super) fn collapse<'a, E>(&self, cotangent: &'a [E], collapsed: &'a mut Vec<E>) -> &'a [E]
    where
        E: Clone + Default + AddAssign,
    {
        self.output.collapse(cotangent, collapsed)
    }

    /// Refuses gradients that are shorter than their operands.
    pub(super) fn check_reach(&self, lens: impl ExactSizeIterator<Item = Option<usize>>) -> Result<(), ExecuteError> {
        let (expected, found) = (self.operands.len(), lens.len());
        if expected != found {
            return Err(ExecuteError::Operands { expected, found });
        }
        for (operand, (len, (shape, strides))) in lens.zip(&self.operands).enumerate() {
            let reach =
                shape.iter().zip(strides).map(|(&size, &stride)| size.saturating_sub(1) * stride.unsigned_abs());
            let expected = if shape.contains(&0) { 0 } else { reach.sum::<usize>() + 1 };
            if let Some(found) = len.filter(|&len| len < expected) {
                return Err(ExecuteError::Gradient { operand, expected, found });
            }
        }
        Ok(())
    }

    pub(super) fn check_shapes<E>(&self, operands: &[View<'_, E>], result_len: usize) -> Result<(), ExecuteError> {
        check_layouts(&self.operands, operands)?;
        self.output.check_len(result_len)
    }
}

/// Refuses operands that do not have these shapes and strides.
pub fn check_layouts<E>(layouts: &[(Vec<usize>, Vec<isize>)], operands: &[View<'_, E>]) -> Result<(), ExecuteError> {
    if operands.len() != layouts.len() {
        return Err(ExecuteError::Operands { expected: layouts.len(), found: operands.len() });
    }
    for (operand, (view, (shape, strides))) in operands.iter().zip(layouts).enumerate() {
        if view.shape() != shape {
            let (expected, found) = (shape.clone(), view.shape().to_vec());
            return Err(ExecuteError::Shape { operand, expected, found });
        }
        if view.strides() != strides && !shape.contains(&0) {
            let (expected, found) = (strides.clone(), view.strides().to_vec());
            return Err(ExecuteError::Strides { operand, expected, found });
        }
    }
    Ok(())
}

/// From which step to which each intermediate result is needed.
fn lifetimes(lowered: &Lowered) -> Vec<Lifetime> {
    let mut lifetimes: Vec<Lifetime> = lowered.intermediates.iter().map(|&len| Lifetime { len, steps: 0..0 }).collect();
    for (number, step) in lowered.steps.iter().enumerate() {
        if let Home::Intermediate(result) = step.result() {
            lifetimes[result].steps = number..number + 1;
        }
        for read in step.reads() {
            if let Home::Intermediate(source) = read {
                lifetimes[source].steps.end = number + 1;
            }
        }
    }
    lifetimes
}

/// The values of the sliced indices in slice `number`, the last running fastest.
fn values(slices: &[Slice], number: usize) -> impl Iterator<Item = (usize, &Slice)> {
    let mut rest = number;
    slices.iter().rev().map(move |slice| {
        let value = rest % slice.size;
        rest /= slice.size;
        (value, slice)
    })
}

fn operand_offset(slices: &[Slice], number: usize, operand: usize) -> usize {
    values(slices, number).map(|(value, slice)| value * slice.operands[operand].unsigned_abs()).sum()
}

/// Where a slice's part of the result begins, and whether an earlier slice wrote there already.
fn output_offset(slices: &[Slice], number: usize) -> (usize, Mode) {
    let (mut offset, mut first) = (0, true);
    for (value, slice) in values(slices, number) {
        match slice.output {
            Some(stride) => offset += value * stride.unsigned_abs(),
            None => first &= value == 0,
        }
    }
    (offset, if first { Mode::Overwrite } else { Mode::Add })
}

/// The position of the first element that a semiring does not have, row-major.
fn foreign<S: Semiring>(
    semiring: &S,
    elements: &[S::Element],
    (shape, strides): &(Vec<usize>, Vec<isize>),
) -> Option<(usize, SemiringError)> {
    let count = element_count(shape).ok().filter(|&count| count > 0)?;
    let steps = shape.iter().zip(strides).map(|(&size, &stride)| (size - 1) * stride.unsigned_abs());
    let span = steps.sum::<usize>() + 1;
    // Most often all is well, and in whatever order it is looked at.
    if span <= 2 * count && elements[..span].iter().all(|element| semiring.check(element).is_ok()) {
        return None;
    }
    first_foreign(semiring, elements, (shape, strides), 0)
}

/// The first of the elements from position `before * count` on.
fn first_foreign<S: Semiring>(
    semiring: &S,
    elements: &[S::Element],
    (shape, strides): (&[usize], &[isize]),
    before: usize,
) -> Option<(usize, SemiringError)> {
    let (Some((&size, shape)), Some((stride, strides))) = (shape.split_first(), strides.split_first()) else {
        return semiring.check(&elements[0]).err().map(|source| (before, source));
    };
    (0..size).find_map(|value| {
        let elements = &elements[value * stride.unsigned_abs()..];
        first_foreign(semiring, elements, (shape, strides), before * size + value)
    })
}
