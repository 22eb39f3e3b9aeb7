//! Copies of a tensor in another order of its axes, at the speed of memory.
//!
//! A tile takes the axes that are fastest in the result, until a run of two cache lines is full, and those that are
//! fastest in the source likewise. Each line of the source is read at once into a buffer, and each line of the result
//! written at once from it: lines a power of two apart push each other out of a cache, so none is visited twice.

use std::{any::TypeId, mem::MaybeUninit, ops::Range};

use pulp::{Simd, num_complex::Complex};

use super::{
    MultiplyAdd, Strided,
    axes::{Axes, CheckedReduction, Odometer},
    tensors::Tensors,
    tiling::{Others, SIDE, Side, Table, Taken, Tiling},
};
use crate::{Real, end_streaming, prefetch};

/// Runs of so many bytes that source and result share are copied without tiles.
const LONG_RUN: usize = 256;

/// Results of so many bytes are written past the caches, which could not hold them until they are read again.
const STREAMED_BYTES: usize = 16 << 20;

/// Bytes of a cache line, and of the widest register.
const LINE: usize = 64;

/// A copy in another order, tile by tile.
pub(super) struct Permutation<E, F> {
    tensors: Tensors<E>,
    starts: [isize; 2],
    tiling: Tiling<2, 2>,
    /// Rows of the tile in the source, elements along them; in the buffer one row after the other.
    source: [Table; 2],
    /// Rows of the tile in the result, elements along them.
    result: [Table; 2],
    /// Where rows and elements of the result lie in the buffer.
    buffer: [Table; 2],
    /// Whether the cut axis of the side near the result, and near the source, is one of its rows or along them.
    shared: [bool; 2],
    contiguous: [bool; 2],
    /// Whether no axis is on both sides.
    plain: bool,
    /// Whether a whole tile is one run of the result.
    dense: bool,
    streamed: bool,
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
        let bytes = axes.size().saturating_mul(size_of::<E>());
        let streamed = bytes >= STREAMED_BYTES && !add && is_number::<E>();
        let first = tensors.result.wrapping_offset(checked.starts[1]);
        // Long rows of the source are read ahead; short ones of the result suffice, unless lines at their ends are torn.
        let whole_lines = |axis: &Strided<2>| {
            let bytes = axis.strides[1].unsigned_abs() * size_of::<E>();
            bytes < LINE || bytes.is_multiple_of(LINE)
        };
        let torn = streamed && !(first.addr().is_multiple_of(LINE) && axes.iter().all(whole_lines));
        let enough = |lines: usize| (lines * LINE / size_of::<E>().max(1)).clamp(8, SIDE);
        let near_result =
            Side::take(axes, 1, enough(if torn { 8 } else { 2 }), Others::spare(axes.fastest_first(0).next()));
        let near_source = Side::take(axes, 0, enough(if streamed { 8 } else { 2 }), Others::shared(&[near_result]));
        let last = |side: &Side| side.axes().last().map(|taken| taken.axis);
        let is_on = |side: &Side, axis: Option<usize>| axis.is_some_and(|axis| side.find(axis).is_some());
        let mut permutation = Self {
            tensors,
            starts: checked.starts,
            tiling: Tiling::new(axes, &[near_result, near_source])?,
            source: [Table::new(); 2],
            result: [Table::new(); 2],
            buffer: [Table::new(); 2],
            shared: [is_on(&near_source, last(&near_result)), is_on(&near_result, last(&near_source))],
            contiguous: [false; 2],
            plain: false,
            dense: false,
            streamed,
            add,
            rules,
        };
        permutation.fill_tables(axes, &near_result, &near_source);
        Some(permutation)
    }

    fn fill_tables(&mut self, axes: &Axes<2>, near_result: &Side, near_source: &Side) {
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
        self.contiguous = [self.source[1].is_regular(1), self.result[1].is_regular(1)];
        self.plain = self.source[0].count == self.result[1].count;
        self.dense = self.contiguous[1] && self.result[0].is_regular(self.result[1].count.cast_signed());
    }

    /// How many independent units of work there are.
    pub(super) fn units(&self) -> usize {
        self.tiling.units()
    }

    /// Elements of a unit.
    pub(super) fn work_of_unit(&self) -> usize {
        self.tiling.work_of_unit()
    }

    /// Copies some units.
    ///
    /// # Safety
    /// The tensors are those that the reduction was checked against, nobody else writes to these units of the result or
    /// to the source meanwhile, and `units` ends at [`Self::units`] or before.
    #[inline(always)]
    pub(super) unsafe fn run<S: Simd>(&self, simd: S, units: Range<usize>) {
        let mut buffer = [const { MaybeUninit::<E>::uninit() }; SIDE * SIDE];
        let mut turned = [const { MaybeUninit::<E>::uninit() }; SIDE * SIDE];
        let (buffer, turned) = (buffer.as_mut_ptr().cast::<E>(), turned.as_mut_ptr().cast::<E>());
        self.tiling.each_tile(units, self.starts, |[from, to], [near_result, near_source], next| {
            let rows_of = |part: super::tiling::Part, shared: bool, table: &Table| {
                if shared { table.count } else { part.of(table.count) }
            };
            let read = [rows_of(near_result, self.shared[0], &self.source[0]), near_source.of(self.source[1].count)];
            let write = [rows_of(near_source, self.shared[1], &self.result[0]), near_result.of(self.result[1].count)];
            // SAFETY: the tile lies in both tensors, and is no larger than the buffers.
            unsafe {
                self.read(buffer, read, from);
                let dense = self.dense && write[1] == self.result[1].count;
                let apart = if dense { write[1] } else { SIDE };
                self.turn(simd, buffer, write, (turned, apart));
                self.ask(next.map(|[from, _]| from));
                let write = if dense { [1, write[0] * write[1]] } else { write };
                self.write::<S>(turned, write, to);
            }
        });
        if self.streamed {
            end_streaming();
        }
    }

    /// Reads a tile, row by row of the source.
    ///
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
                    copy_short(from, target, along);
                } else {
                    for (i, &place) in table.offsets[..along].iter().enumerate() {
                        *target.add(i) = *from.offset(place);
                    }
                }
            }
        }
    }

    /// Brings a tile into the order of the result, rows so far apart.
    ///
    /// # Safety
    /// Both buffers have room for a tile of at least this many rows and elements.
    #[inline(always)]
    unsafe fn turn<S: Simd>(
        &self,
        simd: S,
        buffer: *const E,
        [rows, along]: [usize; 2],
        (turned, apart): (*mut E, usize),
    ) {
        // SAFETY: the caller's; `f32` and `f64` are not just of the size but the type.
        unsafe {
            if self.plain && TypeId::of::<E>() == TypeId::of::<f32>() {
                let from = (buffer.cast::<f32>(), self.source[1].count);
                return crate::transpose(simd, (along, rows), from, (turned.cast::<f32>(), apart));
            }
            if self.plain && TypeId::of::<E>() == TypeId::of::<f64>() {
                let from = (buffer.cast::<f64>(), self.source[1].count);
                return crate::transpose(simd, (along, rows), from, (turned.cast::<f64>(), apart));
            }
            for row in 0..rows {
                let (from, to) = (buffer.offset(self.buffer[0].offsets[row]), turned.add(row * apart));
                for i in 0..along {
                    *to.add(i) = *from.offset(*self.buffer[1].offsets.get_unchecked(i));
                }
            }
        }
    }

    /// Asks for the rows of the next tile.
    ///
    /// Else the processor would wait for every row of the source: too few of them fit into what it looks ahead.
    #[inline(always)]
    fn ask(&self, next: Option<isize>) {
        let Some(next) = next else { return };
        let row_bytes = self.source[1].count * size_of::<E>();
        for &row in &self.source[0].offsets[..self.source[0].count] {
            let start = self.tensors.left.wrapping_offset(next + row);
            for byte in (0..row_bytes).step_by(LINE) {
                prefetch(start.cast::<u8>().wrapping_add(byte));
            }
        }
    }

    /// Writes a tile, row by row of the result.
    ///
    /// # Safety
    /// As for [`Self::read`].
    #[inline(always)]
    unsafe fn write<S: Simd>(&self, turned: *const E, [rows, along]: [usize; 2], offset: isize) {
        let MultiplyAdd { one, fused, .. } = self.rules;
        for (row, &start) in self.result[0].offsets[..rows].iter().enumerate() {
            // SAFETY: rows and elements of the tile lie in the result.
            unsafe {
                let (from, to) = (turned.add(row * SIDE), self.tensors.result.offset(offset + start));
                if self.contiguous[1] && self.streamed && f32::lanes::<S>() * 4 == LINE {
                    copy_streaming::<E, S>(from, to, along);
                } else if self.contiguous[1] && !self.add {
                    copy_short(from, to, along);
                } else if self.contiguous[1] {
                    let target = std::slice::from_raw_parts_mut(to, along);
                    for (i, target) in target.iter_mut().enumerate() {
                        *target = fused(*from.add(i), one, *target);
                    }
                } else {
                    for (i, &place) in self.result[1].offsets[..along].iter().enumerate() {
                        let (element, target) = (*from.add(i), to.offset(place));
                        *target = if self.add { fused(element, one, *target) } else { element };
                    }
                }
            }
        }
    }
}

/// Whether elements are numbers without padding, which registers may hold.
fn is_number<E: 'static>() -> bool {
    let kinds = [TypeId::of::<f32>(), TypeId::of::<f64>(), TypeId::of::<Complex<f32>>(), TypeId::of::<Complex<f64>>()];
    kinds.contains(&TypeId::of::<E>())
}

/// Copies a few numbers, whole lines of the result past the caches.
///
/// # Safety
/// `count` numbers may be read and written, and do not overlap; a register is a line.
#[inline(always)]
unsafe fn copy_streaming<E: Copy, S: Simd>(from: *const E, to: *mut E, count: usize) {
    let head = (to.addr().next_multiple_of(LINE) - to.addr()) / size_of::<E>();
    // SAFETY: the caller's.
    unsafe {
        if !(to.addr() + head * size_of::<E>()).is_multiple_of(LINE) || head >= count {
            return copy_short(from, to, count);
        }
        copy_short(from, to, head);
        let lines = (count - head) * size_of::<E>() / LINE;
        let (inside, target) = (from.add(head).cast::<f32>(), to.add(head).cast::<f32>());
        for line in 0..lines {
            let number = line * (LINE / size_of::<f32>());
            f32::store_streaming::<S>(target.add(number), f32::load::<S>(inside.add(number)));
        }
        let done = head + lines * LINE / size_of::<E>();
        copy_short(from.add(done), to.add(done), count - done);
    }
}

/// Copies a few elements without a call.
///
/// # Safety
/// `count` elements may be read and written, and do not overlap.
#[inline(always)]
unsafe fn copy_short<E: Copy>(from: *const E, to: *mut E, count: usize) {
    /// Bytes that are moved but not looked at.
    type Bytes<const N: usize> = MaybeUninit<[u8; N]>;
    let (from, to, bytes) = (from.cast::<u8>(), to.cast::<u8>(), count * size_of::<E>());
    let mut done = 0;
    // SAFETY: the caller's.
    unsafe {
        while done + 64 <= bytes {
            to.add(done).cast::<Bytes<64>>().write_unaligned(from.add(done).cast::<Bytes<64>>().read_unaligned());
            done += 64;
        }
        while done + 16 <= bytes {
            to.add(done).cast::<Bytes<16>>().write_unaligned(from.add(done).cast::<Bytes<16>>().read_unaligned());
            done += 16;
        }
        while done + 4 <= bytes {
            to.add(done).cast::<Bytes<4>>().write_unaligned(from.add(done).cast::<Bytes<4>>().read_unaligned());
            done += 4;
        }
        while done < bytes {
            to.add(done).cast::<Bytes<1>>().write_unaligned(from.add(done).cast::<Bytes<1>>().read_unaligned());
            done += 1;
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
