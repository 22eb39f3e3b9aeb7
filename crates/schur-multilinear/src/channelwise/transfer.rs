//! Tiles to and from memory.

use schur_tensor::{Real, pulp::Simd, transpose};

/// How an argument or a result lies in memory, seen from one tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lay {
    /// `[row][channel]`: lanes are channels, rows are this many numbers apart.
    Channels { stride: usize },
    /// `[row]`: one number for all lanes.
    Broadcast,
    /// `[item][row]`: lanes are items, which are this many numbers apart.
    Items { stride: usize },
}

/// Slots of a tile, one after the other, and how many of their lanes count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slots {
    pub rows: usize,
    /// Numbers from one slot to the next.
    pub pitch: usize,
    /// Numbers of a slot: all, or one item's share.
    pub width: usize,
    /// Numbers of them that belong to a channel or an item.
    pub used: usize,
}

/// Fills slots; lanes that are not used become zero.
///
/// # Safety
/// `to` is valid for writing all slots; `from` for reading what `lay` describes.
#[inline(always)]
pub(super) unsafe fn fill<T: Real, S: Simd>(simd: S, lay: Lay, (from, to): (*const T, *mut T), slots: Slots) {
    let Slots { rows, pitch, width, used } = slots;
    // SAFETY: the caller's.
    unsafe {
        match lay {
            Lay::Channels { stride } if used == width => {
                for row in 0..rows {
                    for lane in (0..width).step_by(T::lanes::<S>()) {
                        let value = T::load::<S>(from.add(row * stride + lane));
                        T::store::<S>(to.add(row * pitch + lane), value);
                    }
                }
            }
            Lay::Channels { stride } => {
                for row in 0..rows {
                    let slot = to.add(row * pitch);
                    slot.copy_from_nonoverlapping(from.add(row * stride), used);
                    std::slice::from_raw_parts_mut(slot.add(used), width - used).fill(T::ZERO);
                }
            }
            Lay::Broadcast => {
                for row in 0..rows {
                    let value = T::splat(simd, *from.add(row));
                    for lane in (0..width).step_by(T::lanes::<S>()) {
                        T::store::<S>(to.add(row * pitch + lane), value);
                    }
                }
            }
            Lay::Items { stride } => {
                if used < width {
                    std::slice::from_raw_parts_mut(to, rows * pitch).fill(T::ZERO);
                }
                transpose(simd, (used, rows), (from, stride), (to, pitch));
            }
        }
    }
}

/// Empties slots into memory: over what is there, or onto it if `add`.
///
/// # Safety
/// As for [`fill`], with reading and writing exchanged; with `add`, `to` is valid for reading too.
#[inline(always)]
pub(super) unsafe fn empty<T: Real, S: Simd>(
    simd: S,
    lay: Lay,
    (from, to): (*const T, *mut T),
    slots: Slots,
    add: bool,
) {
    let Slots { rows, pitch, width, used } = slots;
    let put = |place: *mut T, value: T| {
        // SAFETY: the caller's; `place` lies in what `lay` describes.
        unsafe { *place = if add { *place + value } else { value } };
    };
    // SAFETY: the caller's.
    unsafe {
        match lay {
            Lay::Channels { stride } if used == width => {
                for row in 0..rows {
                    for lane in (0..width).step_by(T::lanes::<S>()) {
                        let place = to.add(row * stride + lane);
                        let mut value = T::load::<S>(from.add(row * pitch + lane));
                        if add {
                            value = T::plus(simd, T::load::<S>(place), value);
                        }
                        T::store::<S>(place, value);
                    }
                }
            }
            Lay::Channels { stride } => {
                for row in 0..rows {
                    for lane in 0..used {
                        put(to.add(row * stride + lane), *from.add(row * pitch + lane));
                    }
                }
            }
            Lay::Broadcast => {
                for row in 0..rows {
                    if used < width {
                        // Beyond the used lanes zero cotangents may have met what is not finite.
                        let mut sum = T::ZERO;
                        for lane in 0..used {
                            sum += *from.add(row * pitch + lane);
                        }
                        put(to.add(row), sum);
                        continue;
                    }
                    let mut sum = T::splat(simd, T::ZERO);
                    for lane in (0..width).step_by(T::lanes::<S>()) {
                        sum = T::plus(simd, sum, T::load::<S>(from.add(row * pitch + lane)));
                    }
                    put(to.add(row), T::reduce_sum(simd, sum));
                }
            }
            Lay::Items { stride } => {
                // Items are written by one tile each, so there is nothing to add to.
                debug_assert!(!add, "lanes are items of their own");
                transpose(simd, (rows, used), (from, pitch), (to, stride));
            }
        }
    }
}

/// Copies numbers past the caches.
///
/// # Safety
/// `from` is valid for reading and `to` for writing `count` numbers; `to` is aligned to a cache line.
#[inline(always)]
pub(super) unsafe fn stream<T: Real, S: Simd>((from, to): (*const T, *mut T), count: usize) {
    let lanes = T::lanes::<S>();
    let whole = count - count % lanes;
    // SAFETY: the caller's.
    unsafe {
        for n in (0..whole).step_by(lanes) {
            T::store_streaming::<S>(to.add(n), T::load::<S>(from.add(n)));
        }
        to.add(whole).copy_from_nonoverlapping(from.add(whole), count - whole);
    }
}
