//! Axes in the order that loops want them: without single elements, running upwards, sorted and fused.

use std::ops::Deref;

use super::{Product, Reduction, Strided};

/// More axes, each of two values at least, than a tensor that fits into memory can have.
pub(super) const MOST_AXES: usize = 40;

/// A short list of axes, slowest first, that needs no allocation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axes<const N: usize> {
    list: [Strided<N>; MOST_AXES],
    count: usize,
}

impl<const N: usize> Deref for Axes<N> {
    type Target = [Strided<N>];

    fn deref(&self) -> &[Strided<N>] {
        &self.list[..self.count]
    }
}

impl<const N: usize> Axes<N> {
    /// No axes: one element.
    pub(super) const fn new() -> Self {
        Self { list: [Strided { size: 1, strides: [0; N] }; MOST_AXES], count: 0 }
    }

    /// Appends an axis; none if there are too many.
    pub(super) fn push(&mut self, axis: Strided<N>) -> Option<()> {
        *self.list.get_mut(self.count)? = axis;
        self.count += 1;
        Some(())
    }

    /// Takes an axis out.
    pub(super) fn remove(&mut self, place: usize) -> Strided<N> {
        let axis = self.list[place];
        self.list.copy_within(place + 1..self.count, place);
        self.count -= 1;
        axis
    }

    /// Changes every axis.
    pub(super) fn each(&mut self, action: impl FnMut(&mut Strided<N>)) {
        self.list[..self.count].iter_mut().for_each(action);
    }

    /// Elements that the axes run over; no more than a machine word can count.
    pub(super) fn size(&self) -> usize {
        self.iter().fold(1, |size, axis| size.saturating_mul(axis.size))
    }

    /// Changes the size of an axis.
    pub(super) fn resize(&mut self, place: usize, size: usize) {
        self.list[place].size = size;
    }

    /// The places of the axes, the one with the smallest stride in tensor `key` first.
    pub(super) fn fastest_first(&self, key: usize) -> impl Iterator<Item = usize> + use<N> {
        let mut places: [usize; MOST_AXES] = std::array::from_fn(|place| place);
        let stride = |place: usize| self.list[place].strides[key].unsigned_abs();
        for end in 1..self.count {
            let mut place = end;
            // Of equal strides the last one first: it is the fastest in the result.
            while place > 0 && stride(places[place - 1]) >= stride(places[place]) {
                places.swap(place - 1, place);
                place -= 1;
            }
        }
        places.into_iter().take(self.count)
    }

    /// Sorts stably, the largest key first: few axes, most often sorted already.
    pub(super) fn sort_by_key(&mut self, key: impl Fn(&Strided<N>) -> usize) {
        for end in 1..self.count {
            let mut place = end;
            while place > 0 && key(&self.list[place - 1]) < key(&self.list[place]) {
                self.list.swap(place - 1, place);
                place -= 1;
            }
        }
    }

    /// Makes one axis of neighbours that are one in all tensors.
    pub(super) fn fuse(&mut self) {
        let mut kept = 0;
        for place in 0..self.count {
            let axis = self.list[place];
            if kept > 0 {
                let slower = &mut self.list[kept - 1];
                let one = slower.strides.iter().zip(axis.strides).all(|(&s, f)| s == f * axis.size.cast_signed());
                if one {
                    *slower = Strided { size: slower.size * axis.size, strides: axis.strides };
                    continue;
                }
            }
            self.list[kept] = axis;
            kept += 1;
        }
        self.count = kept;
    }

    /// The axes of a group, running upwards in tensor `key`; `starts` moves to their new beginnings.
    ///
    /// None if there are too many for work that ends.
    fn of_group(group: &[Strided<N>], key: usize, starts: &mut [isize; N]) -> Option<Self> {
        let mut axes = Self::new();
        for &axis in group.iter().filter(|axis| axis.size != 1) {
            let mut axis = axis;
            if axis.strides[key] < 0 {
                for (start, stride) in starts.iter_mut().zip(&mut axis.strides) {
                    *start += *stride * (axis.size - 1).cast_signed();
                    *stride = -*stride;
                }
            }
            axes.push(axis)?;
        }
        Some(axes)
    }

    /// Whether no two indices mean the same element of tensor `key`; axes sorted by their strides there.
    ///
    /// Says no to some that do not meet, as axes of 2 by 3 with strides 3 and 2.
    fn is_nested(&self, key: usize) -> bool {
        let mut reach = 0_usize;
        self.iter().rev().all(|axis| {
            let stride = axis.strides[key].unsigned_abs();
            let apart = stride > reach;
            reach = reach.saturating_add(stride.saturating_mul(axis.size - 1));
            apart
        })
    }
}

/// A position in a list of axes, counted row-major.
#[derive(Debug, Clone, Copy)]
pub(super) struct Odometer<const N: usize> {
    /// Its index along each axis.
    pub(super) index: [usize; MOST_AXES],
    /// Where its element lies in each tensor.
    pub(super) offsets: [isize; N],
}

impl<const N: usize> Odometer<N> {
    /// The position of a row-major index.
    #[inline]
    pub(super) fn at(axes: &[Strided<N>], linear: usize, start: [isize; N]) -> Self {
        let mut odometer = Self { index: [0; MOST_AXES], offsets: start };
        let mut rest = linear;
        for (place, axis) in axes.iter().enumerate().rev() {
            if rest == 0 {
                break;
            }
            let index = rest % axis.size;
            rest /= axis.size;
            odometer.index[place] = index;
            for (offset, stride) in odometer.offsets.iter_mut().zip(axis.strides) {
                *offset += index.cast_signed() * stride;
            }
        }
        odometer
    }

    /// Goes to the next position; after the last one comes the first.
    #[inline(always)]
    pub(super) fn advance(&mut self, axes: &[Strided<N>]) {
        for (place, axis) in axes.iter().enumerate().rev() {
            self.index[place] += 1;
            for (offset, stride) in self.offsets.iter_mut().zip(axis.strides) {
                *offset += stride;
            }
            if self.index[place] < axis.size {
                return;
            }
            self.index[place] = 0;
            for (offset, stride) in self.offsets.iter_mut().zip(axis.strides) {
                *offset -= axis.size.cast_signed() * stride;
            }
        }
    }
}

/// A product whose places are known to lie inside its tensors, and whose results do not meet.
#[derive(Debug, Clone, Copy)]
pub(super) struct CheckedProduct {
    /// As in [`Product`]; sorted by stride in the result.
    pub(super) batch: Axes<3>,
    /// As in [`Product`]; sorted by stride in the result.
    pub(super) rows: Axes<2>,
    /// As in [`Product`]; sorted by stride in the result.
    pub(super) columns: Axes<2>,
    /// As in [`Product`]; sorted by strides in both operands.
    pub(super) inner: Axes<2>,
    /// Where the first element lies in left, right and result.
    pub(super) starts: [isize; 3],
}

/// What a plan is to the fast loops.
pub(super) enum Checked<T> {
    /// The result has no elements.
    Nothing,
    /// What they run.
    Sound(T),
    /// What they leave to the loops of the oracle: results that meet.
    Strange,
}

impl CheckedProduct {
    /// Checks a product that starts at `starts` in tensors of `lengths` elements.
    ///
    /// # Panics
    /// If it reaches outside of them.
    pub(super) fn new(product: &Product, starts: [usize; 3], lengths: [usize; 3]) -> Checked<Self> {
        let Product { batch, rows, columns, inner } = product;
        let outputs = || sizes(batch).chain(sizes(rows)).chain(sizes(columns));
        if outputs().any(|size| size == 0) {
            return Checked::Nothing;
        }
        let left = along(batch, 0).chain(along(rows, 0)).chain(along(inner, 0));
        let right = along(batch, 1).chain(along(columns, 0)).chain(along(inner, 1));
        let result = along(batch, 2).chain(along(rows, 1)).chain(along(columns, 1));
        if sizes(inner).all(|size| size > 0) {
            check("left operand of a product", left, starts[0], lengths[0]);
            check("right operand of a product", right, starts[1], lengths[1]);
        }
        check("result of a product", result, starts[2], lengths[2]);
        Self::normal(product, starts.map(usize::cast_signed)).map_or(Checked::Strange, Checked::Sound)
    }

    fn normal(product: &Product, mut starts: [isize; 3]) -> Option<Self> {
        let batch = Axes::of_group(&product.batch, 2, &mut starts)?;
        let [mut left, mut right, mut result] = starts;
        let group = |axes: &[Strided<2>], key: usize, first: &mut isize, second: &mut isize| {
            let mut both = [*first, *second];
            let axes = Axes::of_group(axes, key, &mut both)?;
            [*first, *second] = both;
            Some(axes)
        };
        let mut rows = group(&product.rows, 1, &mut left, &mut result)?;
        let mut columns = group(&product.columns, 1, &mut right, &mut result)?;
        let mut inner = group(&product.inner, 0, &mut left, &mut right)?;
        let mut shared = Axes::new();
        for &Strided { size, strides: [l, r, z] } in batch.iter() {
            // An operand that does not change along a batch is multiplied once, with more rows or columns.
            match (l, r) {
                (0, _) => columns.push(Strided { size, strides: [r, z] })?,
                (_, 0) => rows.push(Strided { size, strides: [l, z] })?,
                _ => shared.push(Strided { size, strides: [l, r, z] })?,
            }
        }
        let mut batch = shared;
        batch.sort_by_key(|axis| axis.strides[2].unsigned_abs());
        batch.fuse();
        for axes in [&mut rows, &mut columns] {
            axes.sort_by_key(|axis| axis.strides[1].unsigned_abs());
            axes.fuse();
        }
        inner.sort_by_key(|axis| axis.strides[0].unsigned_abs() + axis.strides[1].unsigned_abs());
        inner.fuse();
        let checked = Self { batch, rows, columns, inner, starts: [left, right, result] };
        checked.outputs()?.is_nested(2).then_some(checked)
    }

    /// The axes of an operand, those of the batch last, with strides in it and in the result; inner axes are left out.
    pub(super) fn operand(&self, operand: usize) -> Axes<2> {
        let mut axes = if operand == 0 { self.rows } else { self.columns };
        for &Strided { size, strides } in self.batch.iter() {
            // There is room: these are axes of the result, all of which one list holds.
            let _ = axes.push(Strided { size, strides: [strides[operand], strides[2]] });
        }
        axes
    }

    /// Takes an operand from another place: from zero on, with these strides of the axes of [`Self::operand`].
    pub(super) fn moved(&mut self, operand: usize, strides: &[isize]) {
        let mut strides = strides.iter().copied();
        let mut next = || strides.next().unwrap_or(0);
        if operand == 0 { &mut self.rows } else { &mut self.columns }.each(|axis| axis.strides[0] = next());
        self.batch.each(|axis| axis.strides[operand] = next());
        self.starts[operand] = 0;
    }

    /// All axes of the result with their strides in left, right and result, sorted by the last.
    pub(super) fn outputs(&self) -> Option<Axes<3>> {
        let mut outputs = self.batch;
        for axis in self.rows.iter() {
            outputs.push(Strided { size: axis.size, strides: [axis.strides[0], 0, axis.strides[1]] })?;
        }
        for axis in self.columns.iter() {
            outputs.push(Strided { size: axis.size, strides: [0, axis.strides[0], axis.strides[1]] })?;
        }
        outputs.sort_by_key(|axis| axis.strides[2].unsigned_abs());
        outputs.fuse();
        Some(outputs)
    }
}

/// A reduction whose places are known to lie inside its tensors, and whose results do not meet.
#[derive(Debug, Clone, Copy)]
pub(super) struct CheckedReduction {
    /// As in [`Reduction`]; sorted by stride in the result.
    pub(super) kept: Axes<2>,
    /// As in [`Reduction`]; sorted by stride.
    pub(super) summed: Axes<1>,
    /// Where the first element lies in source and result.
    pub(super) starts: [isize; 2],
}

impl CheckedReduction {
    /// Checks a reduction that starts at `starts` in tensors of `lengths` elements.
    ///
    /// # Panics
    /// If it reaches outside of them.
    pub(super) fn new(reduction: &Reduction, starts: [usize; 2], lengths: [usize; 2]) -> Checked<Self> {
        let Reduction { kept, summed } = reduction;
        if sizes(kept).any(|size| size == 0) {
            return Checked::Nothing;
        }
        if sizes(summed).all(|size| size > 0) {
            check("source of a reduction", along(kept, 0).chain(along(summed, 0)), starts[0], lengths[0]);
        }
        check("result of a reduction", along(kept, 1), starts[1], lengths[1]);
        Self::normal(reduction, starts.map(usize::cast_signed)).map_or(Checked::Strange, Checked::Sound)
    }

    /// The reduction as a product with a one, to be the right operand.
    pub(super) fn times_one(&self) -> Option<CheckedProduct> {
        let mut inner = Axes::new();
        for axis in self.summed.iter() {
            inner.push(Strided { size: axis.size, strides: [axis.strides[0], 0] })?;
        }
        let [source, result] = self.starts;
        let (batch, columns) = (Axes::new(), Axes::new());
        Some(CheckedProduct { batch, rows: self.kept, columns, inner, starts: [source, 0, result] })
    }

    fn normal(reduction: &Reduction, mut starts: [isize; 2]) -> Option<Self> {
        let mut kept = Axes::of_group(&reduction.kept, 1, &mut starts)?;
        let mut source = [starts[0]];
        let mut summed = Axes::of_group(&reduction.summed, 0, &mut source)?;
        kept.sort_by_key(|axis| axis.strides[1].unsigned_abs());
        kept.fuse();
        summed.sort_by_key(|axis| axis.strides[0].unsigned_abs());
        summed.fuse();
        kept.is_nested(1).then_some(Self { kept, summed, starts: [source[0], starts[1]] })
    }
}

fn sizes<const N: usize>(group: &[Strided<N>]) -> impl Iterator<Item = usize> {
    group.iter().map(|axis| axis.size)
}

fn along<const N: usize>(group: &[Strided<N>], tensor: usize) -> impl Iterator<Item = (usize, isize)> {
    group.iter().map(move |axis| (axis.size, axis.strides[tensor]))
}

/// Panics unless all places that the axes reach lie inside of `length` elements. No size is zero.
fn check(what: &str, axes: impl Iterator<Item = (usize, isize)>, start: usize, length: usize) {
    let inside = reach(axes, start).is_some_and(|(least, most)| least >= 0 && most < length.cast_signed());
    assert!(inside, "the {what} reaches outside of its {length} elements");
}

/// The least and the largest place; none beyond all memory.
fn reach(axes: impl Iterator<Item = (usize, isize)>, start: usize) -> Option<(isize, isize)> {
    let start = isize::try_from(start).ok()?;
    let (mut least, mut most) = (start, start);
    for (size, stride) in axes {
        let last = isize::try_from(size - 1).ok()?.checked_mul(stride)?;
        least = least.checked_add(last.min(0))?;
        most = most.checked_add(last.max(0))?;
    }
    Some((least, most))
}
