//! Copies of a tensor in another order of its axes, at the speed of memory.
//!
//! A tile takes the axes that are fastest in the result, until a run of two cache lines is full, and those that are
//! fastest in the source likewise. Each line of the source is read at once into a buffer, and each line of the result
//! written at once from it: lines a power of two apart push each other out of a cache, so none is visited twice.

use std::{any::TypeId, mem::MaybeUninit, ops::Range};

use pulp::Simd;

use super::{
    MultiplyAdd, Strided,
    axes::{Axes, CheckedReduction, Odometer},
    tensors::Tensors,
};

/// The most elements on a side of a tile.
const SIDE: usize = 64;

/// Runs of so many bytes that source and result share are copied without tiles.
const LONG_RUN: usize = 256;

/// Offsets of the elements along a side of a tile.
#[derive(Clone, Copy)]
struct Table {
    offsets: [isize; SIDE],
    count: usize,
}

impl Table {
    const fn new() -> Self {
        Self { offsets: [0; SIDE], count: 1 }
    }

    /// Repeats the table `length` times, `stride` apart.
    fn repeat(&mut self, length: usize, stride: isize) {
        for i in 1..length {
            for entry in 0..self.count {
                self.offsets[i * self.count + entry] = self.offsets[entry] + i.cast_signed() * stride;
            }
        }
        self.count *= length;
    }

    fn is_contiguous(&self) -> bool {
        self.offsets[..self.count].iter().enumerate().all(|(i, &offset)| offset == i.cast_signed())
    }
}

/// An axis in a tile: which one, and how much of it.
#[derive(Clone, Copy)]
struct Taken {
    axis: usize,
    length: usize,
}

/// The axes on one side of a tile, the fastest first; only the last may be cut.
#[derive(Clone, Copy)]
struct Side {
    taken: [Taken; 7],
    count: usize,
    size: usize,
}

impl Side {
    /// Takes axes in an order until there are `enough` elements; those that another side has already, as it has them.
    fn take(axes: &[Strided<2>], order: impl Iterator<Item = usize>, other: Option<&Self>, enough: usize) -> Self {
        let mut side = Self { taken: [Taken { axis: 0, length: 1 }; 7], count: 0, size: 1 };
        for axis in order {
            let size = axes[axis].size;
            let shared = other.and_then(|other| other.find(axis));
            let length = match shared {
                Some(length) => length,
                None if side.size * size <= 2 * enough => size,
                None => enough / side.size,
            };
            if length < 2 || side.size * length > SIDE || side.count == side.taken.len() {
                break;
            }
            side.taken[side.count] = Taken { axis, length };
            side.count += 1;
            side.size *= length;
            if side.size >= enough || length < size {
                break;
            }
        }
        side
    }

    fn axes(&self) -> &[Taken] {
        &self.taken[..self.count]
    }

    fn find(&self, axis: usize) -> Option<usize> {
        self.axes().iter().find(|taken| taken.axis == axis).map(|taken| taken.length)
    }

    /// The axis that is cut, if any.
    fn cut(&self, axes: &[Strided<2>]) -> Option<Taken> {
        self.axes().last().copied().filter(|taken| taken.length < axes[taken.axis].size)
    }
}

/// A copy in another order, tile by tile.
pub(super) struct Permutation<E, F> {
    tensors: Tensors<E>,
    starts: [isize; 2],
    outer: Axes<2>,
    /// For each side, result and source: which outer axis counts its cut, how long a piece is, and the whole.
    cuts: [Option<(usize, usize, usize)>; 2],
    /// Whether the result's cut is on the source's side too.
    shared_cut: bool,
    /// Rows of the tile in the source, elements along them; in the buffer one row after the other.
    source: [Table; 2],
    /// Rows of the tile in the result, elements along them.
    result: [Table; 2],
    /// Where rows and elements of the result lie in the buffer.
    buffer: [Table; 2],
    contiguous: [bool; 2],
    add: bool,
    rules: MultiplyAdd<E, F>,
}

impl<E, F> Permutation<E, F>
where
    E: Copy + 'static,
    F: Fn(E, E, E) -> E + Copy,
{
    /// Lays out the tiles.
    pub(super) fn new(
        checked: &CheckedReduction,
        (tensors, add): (Tensors<E>, bool),
        rules: MultiplyAdd<E, F>,
    ) -> Option<Self> {
        let axes = &checked.kept;
        let enough = (128 / size_of::<E>().max(1)).clamp(8, SIDE / 2);
        let near_result = Side::take(axes, (0..axes.len()).rev(), None, enough);
        let mut order = *axes;
        order.sort_by_key(|axis| axis.strides[0].unsigned_abs());
        let place = |axis: &Strided<2>| axes.iter().position(|other| other == axis);
        let near_source = Side::take(axes, order.iter().rev().filter_map(place), Some(&near_result), enough);
        let mut permutation = Self {
            tensors,
            starts: checked.starts,
            outer: Axes::new(),
            cuts: [None; 2],
            shared_cut: false,
            source: [Table::new(); 2],
            result: [Table::new(); 2],
            buffer: [Table::new(); 2],
            contiguous: [false; 2],
            add,
            rules,
        };
        permutation.fill_tables(axes, &near_result, &near_source);
        permutation.fill_outer(axes, &near_result, &near_source)?;
        Some(permutation)
    }

    fn fill_tables(&mut self, axes: &[Strided<2>], near_result: &Side, near_source: &Side) {
        let mut in_row = 1;
        for &Taken { axis, length } in near_source.axes() {
            let [from, to] = axes[axis].strides;
            self.source[1].repeat(length, from);
            if near_result.find(axis).is_none() {
                self.result[0].repeat(length, to);
                self.buffer[0].repeat(length, in_row);
            }
            in_row *= length.cast_signed();
        }
        let mut rows = in_row;
        for &Taken { axis, length } in near_result.axes() {
            let [from, to] = axes[axis].strides;
            self.result[1].repeat(length, to);
            if near_source.find(axis).is_none() {
                self.source[0].repeat(length, from);
                self.buffer[1].repeat(length, rows);
                rows *= length.cast_signed();
            } else {
                let before = near_source.axes().iter().take_while(|taken| taken.axis != axis);
                self.buffer[1].repeat(length, before.map(|taken| taken.length.cast_signed()).product());
            }
        }
        self.contiguous = [self.source[1].is_contiguous(), self.result[1].is_contiguous()];
    }

    fn fill_outer(&mut self, axes: &[Strided<2>], near_result: &Side, near_source: &Side) -> Option<()> {
        let cut_of_result = near_result.cut(axes);
        let cut_of_source = near_source.cut(axes).filter(|cut| near_result.find(cut.axis).is_none());
        self.shared_cut = cut_of_result.is_some_and(|cut| near_source.find(cut.axis).is_some());
        for (axis, &Strided { size, strides }) in axes.iter().enumerate() {
            let length = near_result.find(axis).or_else(|| near_source.find(axis)).unwrap_or(1);
            if length == size {
                continue;
            }
            for (cut, which) in [cut_of_result, cut_of_source].into_iter().zip(0..) {
                if cut.is_some_and(|cut| cut.axis == axis) {
                    self.cuts[which] = Some((self.outer.len(), length, size));
                }
            }
            let strides = strides.map(|stride| stride * length.cast_signed());
            self.outer.push(Strided { size: size.div_ceil(length), strides })?;
        }
        Some(())
    }

    /// How many independent units of work there are.
    pub(super) fn units(&self) -> usize {
        self.outer.size()
    }

    /// Elements of a unit.
    pub(super) fn work_of_unit(&self) -> usize {
        self.source[0].count * self.source[1].count
    }

    /// Copies some units.
    ///
    /// # Safety
    /// The tensors are those that the reduction was checked against, nobody else writes to these units of the result or
    /// to the source meanwhile, and `units` ends at [`Self::units`] or before.
    #[inline(always)]
    pub(super) unsafe fn run<S: Simd>(&self, simd: S, units: Range<usize>) {
        let mut buffer = [const { MaybeUninit::<E>::uninit() }; SIDE * SIDE];
        let buffer = buffer.as_mut_ptr().cast::<E>();
        let mut place = Odometer::at(&self.outer, units.start, self.starts);
        for _ in units {
            // The counts of a piece that the end of an axis cuts short.
            let piece = |which: usize, count: usize| {
                self.cuts[which].map_or(count, |(axis, length, size)| {
                    count / length * length.min(size - place.index[axis] * length)
                })
            };
            let along_result = piece(0, self.result[1].count);
            let rows_of_result = piece(1, self.result[0].count);
            let rows_of_source = if self.shared_cut { self.source[0].count } else { piece(0, self.source[0].count) };
            let along_source = piece(if self.shared_cut { 0 } else { 1 }, self.source[1].count);
            // SAFETY: the tile lies in both tensors.
            unsafe {
                self.read(buffer, [rows_of_source, along_source], place.offsets[0]);
                self.write(simd, buffer, [rows_of_result, along_result], place.offsets[1]);
            }
            place.advance(&self.outer);
        }
    }

    /// # Safety
    /// The offset is that of a tile of at least this many rows and elements.
    #[inline(always)]
    unsafe fn read(&self, buffer: *mut E, [rows, along]: [usize; 2], offset: isize) {
        let [row_table, table] = &self.source;
        for (row, &start) in row_table.offsets[..rows].iter().enumerate() {
            // SAFETY: the caller's; rows and elements are at most as many as the buffer has room for.
            unsafe {
                let target = buffer.add(row * table.count);
                let from = self.tensors.left.offset(offset + start);
                if self.contiguous[0] {
                    std::ptr::copy_nonoverlapping(from, target, along);
                } else {
                    for (i, &place) in table.offsets[..along].iter().enumerate() {
                        *target.add(i) = *from.offset(place);
                    }
                }
            }
        }
    }

    /// # Safety
    /// As for [`Self::read`].
    #[inline(always)]
    unsafe fn write<S: Simd>(&self, simd: S, buffer: *const E, [rows, along]: [usize; 2], offset: isize) {
        let plain = self.contiguous == [true; 2] && !self.add && self.source[0].count == self.result[1].count;
        if plain && TypeId::of::<E>() == TypeId::of::<f32>() {
            // SAFETY: elements are `f32`.
            return unsafe { self.write_transposed(simd, buffer, [rows, along], offset) };
        }
        let MultiplyAdd { one, fused, .. } = self.rules;
        for row in 0..rows {
            let shift = self.buffer[0].offsets[row];
            // SAFETY: rows and elements of the tile lie in the result, and in the buffer.
            unsafe {
                let target = self.tensors.result.offset(offset + self.result[0].offsets[row]);
                for i in 0..along {
                    let place = (shift + *self.buffer[1].offsets.get_unchecked(i)).cast_unsigned();
                    let element = *buffer.add(place);
                    let step =
                        if self.contiguous[1] { i.cast_signed() } else { *self.result[1].offsets.get_unchecked(i) };
                    let target = target.offset(step);
                    *target = if self.add { fused(element, one, *target) } else { element };
                }
            }
        }
    }

    /// Writes a tile whose sides have no axis in common, exchanged in registers.
    ///
    /// # Safety
    /// As for [`Self::read`], and `E` is `f32`.
    #[inline(always)]
    unsafe fn write_transposed<S: Simd>(&self, simd: S, buffer: *const E, [rows, along]: [usize; 2], offset: isize) {
        let mut turned = [const { MaybeUninit::<f32>::uninit() }; SIDE * SIDE];
        let turned = turned.as_mut_ptr().cast::<f32>();
        // SAFETY: the buffer holds `along` rows, `source[1].count` apart, and `turned` has room for `rows` of them.
        unsafe {
            let from = (buffer.cast::<f32>(), self.source[1].count);
            crate::transpose(simd, (along, rows), from, (turned, SIDE));
            for (row, &start) in self.result[0].offsets[..rows].iter().enumerate() {
                let target = self.tensors.result.offset(offset + start).cast::<f32>();
                std::ptr::copy_nonoverlapping(turned.add(row * SIDE), target, along);
            }
        }
    }
}

/// A copy of long runs that are contiguous in both tensors.
pub(super) struct Runs<E, F> {
    tensors: Tensors<E>,
    starts: [isize; 2],
    outer: Axes<2>,
    length: usize,
    add: bool,
    rules: MultiplyAdd<E, F>,
}

/// Elements of a run that are copied at once, so that threads can share a single run.
const PIECE: usize = 1 << 14;

impl<E, F> Runs<E, F>
where
    E: Copy,
    F: Fn(E, E, E) -> E + Copy,
{
    /// Lays out the runs, if there are long ones.
    pub(super) fn new(
        checked: &CheckedReduction,
        (tensors, add): (Tensors<E>, bool),
        rules: MultiplyAdd<E, F>,
    ) -> Option<Self> {
        let mut outer = checked.kept;
        let run = outer.remove(outer.len().checked_sub(1)?);
        let long = run.strides == [1, 1] && run.size * size_of::<E>() >= LONG_RUN;
        long.then_some(Self { tensors, starts: checked.starts, outer, length: run.size, add, rules })
    }

    const fn pieces(&self) -> usize {
        self.length.div_ceil(PIECE)
    }

    /// How many independent units of work there are.
    pub(super) fn units(&self) -> usize {
        self.outer.size().saturating_mul(self.pieces())
    }

    /// Elements of a unit.
    pub(super) fn work_of_unit(&self) -> usize {
        self.length.min(PIECE)
    }

    /// Copies some units.
    ///
    /// # Safety
    /// As for [`Permutation::run`].
    #[inline(always)]
    pub(super) unsafe fn run(&self, units: Range<usize>) {
        let MultiplyAdd { one, fused, .. } = self.rules;
        for unit in units {
            let first = unit % self.pieces() * PIECE;
            let length = PIECE.min(self.length - first);
            let [from, to] = Odometer::at(&self.outer, unit / self.pieces(), self.starts).offsets;
            // SAFETY: the piece lies in both tensors, which do not overlap.
            unsafe {
                let from = self.tensors.left.offset(from).add(first);
                let to = self.tensors.result.offset(to).add(first);
                if !self.add {
                    std::ptr::copy_nonoverlapping(from, to, length);
                    continue;
                }
                let source = std::slice::from_raw_parts(from, length);
                for (sum, &element) in std::slice::from_raw_parts_mut(to, length).iter_mut().zip(source) {
                    *sum = fused(element, one, *sum);
                }
            }
        }
    }
}
