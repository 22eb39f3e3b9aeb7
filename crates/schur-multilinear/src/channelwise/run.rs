//! One call of a plan: where its arguments are, and how items and channels become tiles.

use std::{any::TypeId, ops::Range};

use schur_tensor::{
    Real, end_streaming,
    pulp::{self, Simd, WithSimd},
};

use super::{
    ChannelwisePlan, FLOPS_OF_A_PART, MAX_ARGUMENTS, backward,
    forward::{self, Place, Rows},
    program::Program,
    transfer::{Lay, Slots, empty, fill, stream},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Forward,
    Backward,
}

/// A call, as the kernels see it: lengths have been checked, so pointers take the place of slices.
pub(super) struct Job<'a, T> {
    plan: &'a ChannelwisePlan<T>,
    items: usize,
    direction: Direction,
    /// Registers of a slot.
    registers: usize,
    /// Items whose channels fill a slot side by side: one or two.
    together: usize,
    /// Items of a part.
    part_items: usize,
    pub parts: usize,
    arguments: [*const T; MAX_ARGUMENTS],
    pub result: *mut T,
    pub cotangent: *const T,
    /// Null where a cotangent is not wanted.
    pub cotangents: [*mut T; MAX_ARGUMENTS],
    /// Numbers between the sums of one part and the next.
    pub part_stride: usize,
}

// SAFETY: parts read shared arguments and write to items of their own, or to sums of their own.
unsafe impl<T: Send + Sync> Sync for Job<'_, T> {}

/// Results of this size are stored past the caches: more than a core's share of the last level.
const STREAMED_BYTES: usize = 8 << 20;

/// Slots of two items share registers as long as they take no more than this: most of a first-level cache.
const PAIRED_BYTES: usize = 24 << 10;

/// Bytes of a cache line.
const CACHE_LINE: usize = 64;

impl<'a, T: Real> Job<'a, T> {
    pub fn new(plan: &'a ChannelwisePlan<T>, items: usize, direction: Direction) -> Self {
        let width = if plan.channels == 1 { items } else { plan.channels };
        let mut registers = match width.div_ceil(plan.lanes) {
            0 | 1 => 1,
            n if n % 4 == 0 && plan.channels > 1 => 4,
            _ => 2,
        };
        // Few channels keep a step busy for less time than it takes to read it: pairs of items halve the reading.
        let arrays = if direction == Direction::Forward { 1 } else { 2 };
        let pairs = plan.channels > 1 && plan.channels == registers * plan.lanes && registers < 4;
        let bytes = || arrays * plan.program.slots * 2 * plan.channels * size_of::<T>();
        let together = if pairs && bytes() <= PAIRED_BYTES { 2 } else { 1 };
        registers *= together;
        // Items that share registers stay in one part.
        let side_by_side = if plan.channels == 1 { registers * plan.lanes } else { together };
        let worth = items.saturating_mul(plan.flops()) / FLOPS_OF_A_PART;
        let part_items = items.div_ceil(worth.clamp(1, plan.most_parts)).max(1).next_multiple_of(side_by_side);
        Self {
            plan,
            items,
            direction,
            registers,
            together,
            part_items,
            parts: items.div_ceil(part_items),
            arguments: [std::ptr::null(); MAX_ARGUMENTS],
            result: std::ptr::null_mut(),
            cotangent: std::ptr::null(),
            cotangents: [std::ptr::null_mut(); MAX_ARGUMENTS],
            part_stride: 0,
        }
    }

    pub fn set_arguments(&mut self, arguments: &[&[T]]) {
        for (pointer, slice) in self.arguments.iter_mut().zip(arguments) {
            *pointer = slice.as_ptr();
        }
    }

    fn width(&self) -> usize {
        self.registers * self.plan.lanes
    }

    /// Numbers of scratch memory.
    ///
    /// Forward: slots, and the result and its transpose unless tiles are whole rows of memory. In reverse: slots, their
    /// cotangents, and those of the result with the same exception.
    pub fn scratch_len(&self) -> usize {
        let Program { slots, outputs, .. } = &self.plan.program;
        let in_place = self.plan.channels > 1 && self.plan.channels.is_multiple_of(self.width() / self.together);
        let outputs = if in_place { 0 } else { *outputs };
        let rows = match self.direction {
            Direction::Forward => slots + 2 * outputs,
            Direction::Backward => 2 * slots + outputs,
        };
        rows * self.width()
    }

    pub fn run_part(&self, part: usize, scratch: &mut [T]) {
        assert!(scratch.len() >= self.scratch_len(), "scratch memory for a tile");
        let job = std::ptr::from_ref(self);
        // The kernels are compiled here, once, and not in every crate that makes a plan.
        if TypeId::of::<T>() == TypeId::of::<f32>() {
            // SAFETY: `T` is `f32`, so both types are the same.
            let job = unsafe { &*job.cast::<Job<'_, f32>>() };
            run_part_f32(job, part, pulp::bytemuck::cast_slice_mut(scratch));
        } else if TypeId::of::<T>() == TypeId::of::<f64>() {
            // SAFETY: `T` is `f64`, so both types are the same.
            let job = unsafe { &*job.cast::<Job<'_, f64>>() };
            run_part_f64(job, part, pulp::bytemuck::cast_slice_mut(scratch));
        }
    }

    #[inline(always)]
    fn dispatch(&self, part: usize, scratch: &mut [T]) {
        let first = part * self.part_items;
        let end = self.items.min(first + self.part_items);
        // An item that is left over from the pairs has half of the registers.
        let odd = (end - first) % self.together;
        for (together, items) in [(self.together, first..end - odd), (1, end - odd..end)] {
            let (arch, scratch) = (self.plan.arch, &mut *scratch);
            match self.registers / self.together * together {
                1 => arch.dispatch(Part::<'_, T, 1> { job: self, part, together, items, scratch }),
                2 => arch.dispatch(Part::<'_, T, 2> { job: self, part, together, items, scratch }),
                _ => arch.dispatch(Part::<'_, T, 4> { job: self, part, together, items, scratch }),
            }
        }
    }

    /// Whether the result from here on may be stored past the caches: it would not fit, and cache lines are whole.
    fn streams(&self, result: *mut T) -> bool {
        let row = self.plan.channels * size_of::<T>();
        let bytes = row.saturating_mul(self.plan.program.outputs).saturating_mul(self.items);
        let whole_rows = self.plan.channels == 1 || row.is_multiple_of(CACHE_LINE);
        bytes >= STREAMED_BYTES && whole_rows && (result as usize).is_multiple_of(CACHE_LINE)
    }

    /// Where the numbers of one operand begin for a tile, and how they lie.
    fn place(&self, rows: usize, channels: usize, shared: bool, spot: Spot) -> (usize, Lay) {
        let item = if shared { 0 } else { spot.item };
        match (self.plan.channels, channels) {
            (1, _) if shared => (0, Lay::Broadcast),
            (1, _) => (item * rows, Lay::Items { stride: rows }),
            (_, 1) => (item * rows, Lay::Broadcast),
            _ => (item * rows * channels + spot.channel, Lay::Channels { stride: channels }),
        }
    }
}

#[inline(never)]
fn run_part_f32(job: &Job<'_, f32>, part: usize, scratch: &mut [f32]) {
    job.dispatch(part, scratch);
}

#[inline(never)]
fn run_part_f64(job: &Job<'_, f64>, part: usize, scratch: &mut [f64]) {
    job.dispatch(part, scratch);
}

/// Where a tile begins, and how many of its lanes are used.
#[derive(Clone, Copy)]
struct Spot {
    item: usize,
    channel: usize,
    used: usize,
}

struct Part<'a, T, const V: usize> {
    job: &'a Job<'a, T>,
    part: usize,
    /// Items whose channels fill a slot side by side.
    together: usize,
    items: Range<usize>,
    scratch: &'a mut [T],
}

impl<T: Real, const V: usize> WithSimd for Part<'_, T, V> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let width = self.share::<S>();
        let channels = self.job.plan.channels;
        let scratch = self.scratch.as_mut_ptr();
        // Items beyond the first of a tile are its lanes where there is one channel.
        let (items_of_tile, channels_of_tile) = if channels == 1 { (width, 1) } else { (self.together, width) };
        let mut item = self.items.start;
        while item < self.items.end {
            let mut channel = 0;
            while channel < channels {
                let left = if channels == 1 { self.items.end - item } else { channels - channel };
                let spot = Spot { item, channel, used: width.min(left) };
                // SAFETY: the plan has checked every length; the items of this part are inside, and `used` lanes are.
                unsafe {
                    match self.job.direction {
                        Direction::Forward => self.forward::<S>(simd, spot, scratch),
                        Direction::Backward => self.backward::<S>(simd, spot, scratch),
                    }
                }
                channel += channels_of_tile;
            }
            item += items_of_tile;
        }
        end_streaming();
    }
}

impl<T: Real, const V: usize> Part<'_, T, V> {
    /// Numbers of a slot that belong to one item, or to items that are lanes.
    #[inline(always)]
    fn share<S: Simd>(&self) -> usize {
        V * T::lanes::<S>() / self.together
    }

    /// Rows of one item in a tile.
    #[inline(always)]
    fn slots<S: Simd>(&self, rows: usize, spot: Spot) -> Slots {
        Slots { rows, pitch: V * T::lanes::<S>(), width: self.share::<S>(), used: spot.used }
    }

    /// How rows of the result lie that are tiles of channels.
    #[inline(always)]
    fn rows<S: Simd>(&self, stride: usize) -> Rows {
        let item = self.job.plan.program.outputs * self.job.plan.channels;
        let half = if self.together == 2 { item } else { V * T::lanes::<S>() / 2 };
        Rows { stride, half }
    }

    /// # Safety
    /// The spot lies inside of the operands, and `values` holds the slots.
    #[inline(always)]
    unsafe fn fill_arguments<S: Simd>(&self, simd: S, spot: Spot, values: *mut T) {
        let (job, width) = (self.job, V * T::lanes::<S>());
        for (index, slots) in job.plan.program.arguments.iter().enumerate() {
            let argument = job.plan.arguments[index];
            for neighbour in 0..self.together {
                let spot = Spot { item: spot.item + neighbour, ..spot };
                let (offset, lay) = job.place(slots.len(), argument.channels, argument.shared, spot);
                // SAFETY: the caller's.
                unsafe {
                    let from = job.arguments[index].add(offset);
                    let to = values.add(slots.start * width + neighbour * self.share::<S>());
                    fill::<T, S>(simd, lay, (from, to), self.slots::<S>(slots.len(), spot));
                }
            }
        }
    }

    /// # Safety
    /// As above, with room for the result behind the slots.
    #[inline(always)]
    unsafe fn forward<S: Simd>(&self, simd: S, spot: Spot, values: *mut T) {
        let (job, program, width) = (self.job, &self.job.plan.program, V * T::lanes::<S>());
        let (offset, lay) = job.place(program.outputs, job.plan.channels, false, spot);
        // SAFETY: the caller's; a whole tile of channels is written where it belongs, others through scratch memory.
        unsafe {
            self.fill_arguments::<S>(simd, spot, values);
            let to = job.result.add(offset);
            match lay {
                Lay::Channels { stride } if spot.used == self.share::<S>() => {
                    let (rows, streaming) = (self.rows::<S>(stride), job.streams(to));
                    forward::run::<T, S, V>(simd, program, Place { values, result: to, rows, streaming });
                }
                _ => {
                    let result = values.add(program.slots * width);
                    let rows = Rows::packed(width);
                    forward::run::<T, S, V>(simd, program, Place { values, result, rows, streaming: false });
                    let rows = self.slots::<S>(program.outputs, spot);
                    if matches!(lay, Lay::Items { .. }) && job.streams(to) {
                        // A register of items at a time: a copy of all of them would push the rest out of the cache.
                        let copy = result.add(program.outputs * width);
                        for first in (0..spot.used).step_by(T::lanes::<S>()) {
                            let used = T::lanes::<S>().min(spot.used - first);
                            empty::<T, S>(simd, lay, (result.add(first), copy), Slots { used, ..rows }, false);
                            stream::<T, S>((copy, to.add(first * program.outputs)), program.outputs * used);
                        }
                    } else {
                        empty::<T, S>(simd, lay, (result, to), rows, false);
                    }
                }
            }
        }
    }

    /// # Safety
    /// As above, with room behind the slots for their cotangents, and for those of the result where they are copied.
    #[inline(always)]
    unsafe fn backward<S: Simd>(&self, simd: S, spot: Spot, values: *mut T) {
        let (job, program, width) = (self.job, &self.job.plan.program, V * T::lanes::<S>());
        let (offset, lay) = job.place(program.outputs, job.plan.channels, false, spot);
        // SAFETY: the caller's.
        unsafe {
            self.fill_arguments::<S>(simd, spot, values);
            let slots = values.add(program.slots * width);
            let packed = Rows::packed(width);
            // Values that the reverse pass needs are never components of the result.
            let forward = Place { values, result: std::ptr::null_mut(), rows: packed, streaming: false };
            let from = job.cotangent.add(offset);
            let (cotangent, rows) = match lay {
                Lay::Channels { stride } if spot.used == self.share::<S>() => (from, self.rows::<S>(stride)),
                _ => {
                    let copy = slots.add(program.slots * width);
                    fill::<T, S>(simd, lay, (from, copy), self.slots::<S>(program.outputs, spot));
                    (copy.cast_const(), packed)
                }
            };
            let tile = backward::CotangentPlace { forward, result: cotangent, rows, slots };
            backward::run::<T, S, V>(simd, program, tile);
            self.empty_cotangents::<S>(simd, spot, slots);
        }
    }

    /// # Safety
    /// As for [`fill_arguments`](Self::fill_arguments).
    #[inline(always)]
    unsafe fn empty_cotangents<S: Simd>(&self, simd: S, spot: Spot, slots: *const T) {
        let (job, width) = (self.job, V * T::lanes::<S>());
        for (index, rows) in job.plan.program.arguments.iter().enumerate() {
            let (argument, place) = (job.plan.arguments[index], job.cotangents[index]);
            if place.is_null() {
                continue;
            }
            // The lanes of one item come in several tiles if it has many channels.
            let add = argument.shared || (argument.channels == 1 && job.plan.channels > 1 && spot.channel > 0);
            for neighbour in 0..self.together {
                let spot = Spot { item: spot.item + neighbour, ..spot };
                let (offset, lay) = job.place(rows.len(), argument.channels, argument.shared, spot);
                let offset = if argument.shared { offset + self.part * job.part_stride } else { offset };
                // SAFETY: the caller's; sums of a part are its own.
                unsafe {
                    let from = slots.add(rows.start * width + neighbour * self.share::<S>());
                    empty::<T, S>(simd, lay, (from, place.add(offset)), self.slots::<S>(rows.len(), spot), add);
                }
            }
        }
    }
}
