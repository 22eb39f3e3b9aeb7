//! Tensors that lie in several vectors, and how they are moved, repeated and summed.

use std::collections::BTreeMap;

use schur_tensor::next_index;

use super::Lowering;
use super::shifts::Move;
use super::stages::{Digit, stages};

/// A tensor in the machine: the vectors that hold it, and the stride of each of its indices in addresses.
///
/// An address counts slots through all vectors. A vector without a value is zero.
#[derive(Debug, Clone)]
pub(super) struct Wide {
    pub(super) vectors: Vec<Option<usize>>,
    /// For each index of the contraction that the tensor has.
    pub(super) strides: Vec<Option<usize>>,
    pub(super) offset: usize,
    /// Whether slots that hold no element are zero.
    pub(super) clean: bool,
}

impl Wide {
    /// The indices with more than one value.
    pub(super) fn indices<'a>(&'a self, sizes: &'a [usize]) -> impl Iterator<Item = (usize, usize)> + 'a {
        let strides = self.strides.iter().enumerate();
        strides.filter_map(|(index, &stride)| Some((index, stride?))).filter(|&(index, _)| sizes[index] > 1)
    }
}

/// The step along an index's bits, from the lowest: its stride, twice that, and so on.
pub(super) fn steps(stride: usize, size: usize) -> impl DoubleEndedIterator<Item = usize> {
    (0..size.next_power_of_two().trailing_zeros()).map(move |bit| stride << bit)
}

/// For each vector of the target and each giant step, the slots to keep of each baby step of each vector of the source.
type Plan = BTreeMap<(usize, usize), BTreeMap<(usize, usize), Vec<usize>>>;

impl Lowering<'_> {
    /// Moves each element to the address that the strides `to` give it, and leaves zeros elsewhere.
    pub(super) fn rearrange(&mut self, from: &Wide, to: &[Option<usize>], vectors: usize) -> Wide {
        let (digits, sizes) = self.digits(from, to);
        let strides = to.iter().zip(&from.strides).map(|(&to, from)| from.and(to)).collect();
        let mut moved = Wide { strides, ..from.clone() };
        let stays = from.offset == 0 && digits.iter().all(|digit| digit.from == digit.to);
        if !(stays && from.clean) {
            let stages = stages(&digits, self.stages, [from.vectors.len(), vectors], self.slots);
            for (at, stage) in stages.iter().enumerate() {
                let last = stage.iter().map(|digit| digit.to * (digit.size - 1)).sum::<usize>();
                let held = if at + 1 == stages.len() { vectors } else { last / self.slots + 1 };
                moved.vectors = self.move_once(&moved, stage, &sizes, held);
                (moved.offset, moved.clean) = (0, true);
            }
        }
        moved.vectors.resize(vectors, None);
        moved
    }

    /// The indices that a tensor has in both places, and their sizes.
    pub(super) fn digits(&self, from: &Wide, to: &[Option<usize>]) -> (Vec<Digit>, Vec<usize>) {
        let indices = from.indices(self.sizes).filter_map(|(index, from)| Some((self.sizes[index], from, to[index]?)));
        let digits = indices.enumerate().map(|(axis, (size, from, to))| (Digit { axis, low: 0, size, from, to }, size));
        digits.unzip()
    }

    /// One rearrangement by baby steps and giant steps.
    fn move_once(&mut self, from: &Wide, stage: &[Digit], sizes: &[usize], vectors: usize) -> Vec<Option<usize>> {
        let plan = self.plan(from, stage, sizes, vectors);
        let whole = if from.clean { moved_whole(&plan, from.vectors.len()) } else { vec![false; from.vectors.len()] };
        let mut moved = vec![None; vectors];
        for ((target, giant), group) in plan {
            let mut sum = None;
            for ((source, baby), mut slots) in group {
                let Some(value) = from.vectors[source] else { continue };
                let rotated = self.builder.rotate_left(value, baby);
                slots.sort_unstable();
                let kept = if whole[source] { rotated } else { self.builder.keep(rotated, &slots) };
                sum = self.builder.add_any(sum, Some(kept));
            }
            let turned = sum.map(|sum| self.builder.rotate_left(sum, giant));
            moved[target] = self.builder.add_any(moved[target], turned);
        }
        moved
    }

    fn plan(&mut self, from: &Wide, stage: &[Digit], sizes: &[usize], vectors: usize) -> Plan {
        let slots = self.slots;
        let moves: Vec<Move> = stage.iter().map(|digit| digit.shift(slots)).collect();
        let (split, _) = self.splitter.split(&moves, [from.vectors.len(), vectors]);
        let mut plan = Plan::new();
        let mut values = vec![0; sizes.len()];
        loop {
            let digits: Vec<usize> = stage.iter().map(|digit| digit.value(&values)).collect();
            let at = |stride: fn(&Digit) -> usize| -> usize {
                stage.iter().zip(&digits).map(|(digit, &value)| stride(digit) * value).sum()
            };
            let (source, target) = (from.offset + at(|digit| digit.from), at(|digit| digit.to));
            let baby = split.baby(&moves, &digits).rem_euclid(slots.cast_signed() as i64).unsigned_abs() as usize;
            let left = (source % slots + slots - target % slots) % slots;
            let giant = (left + slots - baby) % slots;
            let slot = (source % slots + slots - baby) % slots;
            let group = plan.entry((target / slots, giant)).or_default();
            group.entry((source / slots, baby)).or_default().push(slot);
            if !next_index(&mut values, sizes) {
                return plan;
            }
        }
    }

    /// Repeats a tensor along an index that it has not, at every value up to the next power of two.
    pub(super) fn repeat(&mut self, tensor: &mut Wide, index: usize, stride: usize) {
        for step in steps(stride, self.sizes[index]) {
            let shifted = self.shifted_up(&tensor.vectors, step);
            self.add_into(&mut tensor.vectors, &shifted);
        }
        tensor.strides[index] = Some(stride);
    }

    /// Repeats a tensor along an index that it has not, at just as many values as the index has.
    pub(super) fn repeat_exactly(&mut self, tensor: &mut Wide, index: usize, stride: usize) {
        let (size, once) = (self.sizes[index], tensor.vectors.clone());
        let mut copies = 1;
        for bit in (0..size.ilog2()).rev() {
            let shifted = self.shifted_up(&tensor.vectors, copies * stride);
            self.add_into(&mut tensor.vectors, &shifted);
            copies *= 2;
            if size >> bit & 1 == 1 {
                let shifted = self.shifted_up(&once, copies * stride);
                self.add_into(&mut tensor.vectors, &shifted);
                copies += 1;
            }
        }
        tensor.strides[index] = Some(stride);
    }

    /// Sums over an index: the sum lies where the index is zero, and what it leaves elsewhere has no meaning.
    pub(super) fn sum(&mut self, tensor: &mut Wide, index: usize) {
        let Some(stride) = tensor.strides[index].take() else { return };
        // Steps from vector to vector come first: they only add, and leave fewer vectors to rotate.
        for step in steps(stride, self.sizes[index]).rev() {
            let (vectors, left) = (step / self.slots, step % self.slots);
            for at in 0..tensor.vectors.len() {
                let other = tensor.vectors.get(at + vectors).copied().flatten();
                let other = other.map(|value| self.builder.rotate_left(value, left));
                tensor.vectors[at] = self.builder.add_any(tensor.vectors[at], other);
            }
            if left == 0 {
                (0..tensor.vectors.len()).filter(|at| at & vectors > 0).for_each(|at| tensor.vectors[at] = None);
            }
            tensor.clean = false;
        }
    }

    fn shifted_up(&mut self, vectors: &[Option<usize>], step: usize) -> Vec<Option<usize>> {
        let (by, right) = (step / self.slots, step % self.slots);
        let source = |at: usize| at.checked_sub(by).and_then(|at| vectors[at]);
        (0..vectors.len()).map(|at| source(at).map(|value| self.builder.rotate_right(value, right))).collect()
    }

    fn add_into(&mut self, vectors: &mut [Option<usize>], more: &[Option<usize>]) {
        for (vector, &more) in vectors.iter_mut().zip(more) {
            *vector = self.builder.add_any(*vector, more);
        }
    }
}

/// Which vectors of the source are moved as a whole, all elements by the same rotation, so that no mask is needed.
fn moved_whole(plan: &Plan, sources: usize) -> Vec<bool> {
    let mut uses = vec![0; sources];
    plan.values().flat_map(BTreeMap::keys).for_each(|&(source, _)| uses[source] += 1);
    uses.into_iter().map(|uses| uses == 1).collect()
}
