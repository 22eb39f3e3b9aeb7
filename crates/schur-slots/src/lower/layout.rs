//! Where the indices of a product lie in addresses, chosen so that few rotations are needed.

use super::shifts::{Move, Price, estimate};
use super::stages::stages;
use super::wide::{Wide, steps};
use super::{Lowering, check_capacity};
use crate::packing::{Axis, LARGEST};
use crate::{Packing, SlotError};

/// Up to so many indices, all orders are compared.
const ALL_ORDERS: usize = 7;
/// So many of the best layouts by the estimate are compared by what they really cost.
const COMPARED: usize = 8;

/// The stride of each index of a product, and the vectors that its space takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) strides: Vec<Option<usize>>,
    pub(super) vectors: usize,
}

impl Layout {
    /// Indices and strides, the smallest stride first.
    pub(super) fn ascending(&self) -> impl DoubleEndedIterator<Item = (usize, usize)> + use<> {
        let strides = self.strides.iter().enumerate();
        let mut pairs: Vec<(usize, usize)> = strides.filter_map(|(index, &stride)| Some((index, stride?))).collect();
        pairs.sort_unstable_by_key(|&(index, stride)| (stride, index));
        pairs.into_iter()
    }

    /// The layout as people read it: the largest stride first.
    pub(super) fn packing(&self, names: &[String], sizes: &[usize], slots: usize) -> Option<Packing> {
        let axis = |(index, stride): (usize, usize)| Axis { name: names[index].clone(), size: sizes[index], stride };
        Packing::new("the product", self.ascending().rev().map(axis).collect(), 0, slots).ok()
    }
}

/// Where the last product is to be moved: strides, and vectors.
pub(super) type Target<'a> = Option<(&'a [Option<usize>], usize)>;

impl Lowering<'_> {
    /// The layout of the product of some tensors that needs the fewest rotations and masks.
    pub(super) fn choose(
        &mut self,
        operands: &[Wide],
        kept: &[usize],
        target: Target<'_>,
    ) -> Result<Layout, SlotError> {
        let present = |&index: &usize| operands.iter().any(|operand| operand.strides[index].is_some());
        let indices: Vec<usize> = (0..self.sizes.len()).filter(present).collect();
        let names: Vec<&str> = indices.iter().map(|&index| self.names[index].as_str()).collect();
        let product = format!("the product over {}", names.join(" "));
        let padded =
            indices.iter().try_fold(1_usize, |all, &index| all.checked_mul(self.sizes[index].next_power_of_two()));
        let padded = padded.ok_or_else(|| SlotError::TooLarge { tensor: product.clone(), limit: LARGEST })?;
        check_capacity(&product, padded, self.slots, self.vectors)?;
        let mut layouts: Vec<(Price, Layout)> = Vec::new();
        for layout in self.layouts(operands, &indices, kept, target) {
            layouts.push((self.price(operands, &layout, kept, target, false), layout));
        }
        layouts.sort_by_key(|(price, _)| price.weight());
        let mut best: Option<(Price, Layout)> = None;
        for (_, layout) in layouts.into_iter().take(COMPARED) {
            let price = self.price(operands, &layout, kept, target, true);
            if best.as_ref().is_none_or(|(least, _)| price.weight() < least.weight()) {
                best = Some((price, layout));
            }
        }
        let scalar = Layout { strides: vec![None; self.sizes.len()], vectors: 1 };
        Ok(best.map_or(scalar, |(_, layout)| layout))
    }

    fn layouts(&self, operands: &[Wide], indices: &[usize], kept: &[usize], target: Target<'_>) -> Vec<Layout> {
        let mut layouts: Vec<Layout> = Vec::new();
        if indices.len() <= ALL_ORDERS {
            layouts.extend(orders(indices).iter().filter_map(|order| self.extend(None, order)));
        } else {
            let mut start = self.extend(None, indices);
            while let Some(layout) = start {
                start = self.improved(operands, &layout, kept, target);
                layouts.push(layout);
            }
        }
        // A diagonal, or a tensor with gaps, may stay as it is.
        for operand in operands.iter().filter(|operand| operand.offset == 0) {
            let others: Vec<usize> =
                indices.iter().copied().filter(|&index| operand.strides[index].is_none()).collect();
            let above = if others.len() < ALL_ORDERS { orders(&others) } else { vec![others] };
            layouts.extend(above.iter().filter_map(|order| self.extend(Some(&operand.strides), order)));
        }
        layouts
    }

    /// The best layout that comes from moving one index elsewhere, if it is better.
    fn improved(&self, operands: &[Wide], layout: &Layout, kept: &[usize], target: Target<'_>) -> Option<Layout> {
        let order: Vec<usize> = layout.ascending().rev().map(|(index, _)| index).collect();
        let moved = (0..order.len()).flat_map(|from| (0..order.len()).map(move |to| (from, to)));
        let candidates = moved.filter_map(|(from, to)| {
            let mut order = order.clone();
            let index = order.remove(from);
            order.insert(to, index);
            self.extend(None, &order)
        });
        let priced = candidates.map(|layout| (self.estimate(operands, &layout, kept, target), layout));
        let (price, best) = priced.min_by_key(|(price, _)| price.weight())?;
        (price.weight() < self.estimate(operands, layout, kept, target).weight()).then_some(best)
    }

    /// Places indices row-major above those that have a stride already; none if that takes too many vectors.
    fn extend(&self, base: Option<&[Option<usize>]>, order: &[usize]) -> Option<Layout> {
        let mut strides = base.map_or_else(|| vec![None; self.sizes.len()], <[_]>::to_vec);
        let mut used = 0_usize;
        for (index, stride) in strides.iter().enumerate().filter_map(|(index, &stride)| Some((index, stride?))) {
            for step in steps(stride, self.sizes[index]) {
                // Sums of steps must not carry, or elements would meet.
                used = (used & step == 0).then_some(used | step)?;
            }
        }
        let mut next = (used + 1).next_power_of_two();
        for &index in order.iter().rev() {
            strides[index] = Some(next);
            next = next.checked_mul(self.sizes[index].next_power_of_two())?;
        }
        let vectors = next.div_ceil(self.slots);
        (vectors <= self.vectors).then_some(Layout { strides, vectors })
    }

    fn estimate(&self, operands: &[Wide], layout: &Layout, kept: &[usize], target: Target<'_>) -> Price {
        self.total(operands, layout, kept, target, |moves, vectors| estimate(moves, vectors, self.slots))
    }

    fn price(&mut self, operands: &[Wide], layout: &Layout, kept: &[usize], target: Target<'_>, exact: bool) -> Price {
        if !exact {
            return self.estimate(operands, layout, kept, target);
        }
        let mut splitter = std::mem::replace(&mut self.splitter, super::Splitter::new(self.slots));
        let price = self.total(operands, layout, kept, target, |moves, vectors| splitter.split(moves, vectors).1);
        self.splitter = splitter;
        price
    }

    /// The price of a layout, given that of rearrangements.
    fn total(
        &self,
        operands: &[Wide],
        layout: &Layout,
        kept: &[usize],
        target: Target<'_>,
        mut rearrangement: impl FnMut(&[Move], [usize; 2]) -> Price,
    ) -> Price {
        let mut total = Price { rotations: 0, masks: 0, steps: 0 };
        let mut add = |from: &Wide, to: &[Option<usize>], vectors: [usize; 2]| {
            let (digits, _) = self.digits(from, to);
            if from.clean && from.offset == 0 && digits.iter().all(|digit| digit.from == digit.to) {
                return;
            }
            for stage in stages(&digits, self.stages, vectors, self.slots) {
                let moves: Vec<Move> = stage.iter().map(|digit| digit.shift(self.slots)).collect();
                let price = rearrangement(&moves, vectors);
                total.rotations += price.rotations;
                total.masks += price.masks;
                total.steps += price.steps;
            }
        };
        for operand in operands {
            let touched = self.touched(layout, |index| operand.strides[index].is_some());
            add(operand, &layout.strides, [operand.vectors.len(), touched]);
        }
        let sums = layout.strides.iter().enumerate().any(|(index, stride)| stride.is_some() && !kept.contains(&index));
        let strides =
            layout.strides.iter().enumerate().map(|(index, &stride)| stride.filter(|_| kept.contains(&index)));
        let product = Wide { vectors: Vec::new(), strides: strides.collect(), offset: 0, clean: !sums };
        let touched = self.touched(layout, |index| kept.contains(&index));
        let (to, vectors) = target.unwrap_or((&product.strides, touched));
        add(&product, to, [touched, vectors]);
        total.rotations += operands.iter().map(|operand| self.repeats(layout, operand)).sum::<usize>();
        total.rotations += self.sums(layout, kept);
        total
    }

    /// Rotations that repeat an operand along the indices that it has not.
    fn repeats(&self, layout: &Layout, operand: &Wide) -> usize {
        let mut vectors = self.touched(layout, |index| operand.strides[index].is_some());
        let missing = layout.ascending().filter(|&(index, _)| operand.strides[index].is_none());
        let mut rotations = 0;
        for step in missing.flat_map(|(index, stride)| steps(stride, self.sizes[index])) {
            if step % self.slots == 0 {
                vectors *= 2;
            } else {
                rotations += vectors;
            }
        }
        rotations
    }

    /// Rotations that sum over the indices that are not kept.
    fn sums(&self, layout: &Layout, kept: &[usize]) -> usize {
        let summed = layout.ascending().filter(|(index, _)| !kept.contains(index));
        let low =
            summed.flat_map(|(index, stride)| steps(stride, self.sizes[index])).filter(|step| step % self.slots > 0);
        low.count() * self.touched(layout, |index| kept.contains(&index))
    }

    /// Vectors that hold elements if only the given indices have more than one value.
    fn touched(&self, layout: &Layout, has: impl Fn(usize) -> bool) -> usize {
        let present = layout.ascending().filter(|&(index, _)| has(index));
        let high =
            present.flat_map(|(index, stride)| steps(stride, self.sizes[index])).filter(|step| *step >= self.slots);
        1 << high.count()
    }
}

/// All orders of the indices.
fn orders(indices: &[usize]) -> Vec<Vec<usize>> {
    let mut orders = vec![Vec::new()];
    for &index in indices {
        let longer = |order: &Vec<usize>| {
            let order = order.clone();
            (0..=order.len()).map(move |at| [&order[..at], &[index], &order[at..]].concat())
        };
        orders = orders.iter().flat_map(longer).collect();
    }
    orders
}
