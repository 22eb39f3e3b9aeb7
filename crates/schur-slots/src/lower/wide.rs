//! Tensors that lie in several vectors, and how they are moved, repeated and summed.

use std::collections::BTreeMap;

use super::Lowering;
use super::shifts::Move;

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
        let targets: Vec<(usize, usize, usize)> =
            from.indices(self.sizes).filter_map(|(index, stride)| Some((index, stride, to[index]?))).collect();
        let stays = from.offset == 0 && targets.iter().all(|&(_, from, to)| from == to);
        let strides = to.iter().zip(&from.strides).map(|(&to, from)| from.and(to)).collect();
        if stays && from.clean {
            let mut kept = from.vectors.clone();
            kept.resize(vectors, None);
            return Wide { vectors: kept, strides, offset: 0, clean: true };
        }
        let plan = self.plan(from, &targets, vectors);
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
        Wide { vectors: moved, strides, offset: 0, clean: true }
    }

    fn plan(&mut self, from: &Wide, targets: &[(usize, usize, usize)], vectors: usize) -> Plan {
        let slots = self.slots;
        let moves: Vec<Move> =
            targets.iter().map(|&(index, from, to)| Move::new(self.sizes[index], from, to, slots)).collect();
        let (split, _) = self.splitter.split(&moves, [from.vectors.len(), vectors]);
        let mut plan = Plan::new();
        let mut values = vec![0; targets.len()];
        loop {
            let at = |stride: fn(&(usize, usize, usize)) -> usize| -> usize {
                targets.iter().zip(&values).map(|(target, &value)| stride(target) * value).sum()
            };
            let (source, target) = (from.offset + at(|t| t.1), at(|t| t.2));
            let baby = split.baby(&moves, &values).rem_euclid(slots.cast_signed() as i64).unsigned_abs() as usize;
            let left = (source % slots + slots - target % slots) % slots;
            let giant = (left + slots - baby) % slots;
            let slot = (source % slots + slots - baby) % slots;
            let group = plan.entry((target / slots, giant)).or_default();
            group.entry((source / slots, baby)).or_default().push(slot);
            if !advance(&mut values, targets, self.sizes) {
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

/// Moves index values to the next; false after the last.
fn advance(values: &mut [usize], targets: &[(usize, usize, usize)], sizes: &[usize]) -> bool {
    for (value, target) in values.iter_mut().zip(targets).rev() {
        *value += 1;
        if *value < sizes[target.0] {
            return true;
        }
        *value = 0;
    }
    false
}
