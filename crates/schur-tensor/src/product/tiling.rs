//! Tiles of tensors whose axes are fast in different orders, and the order that tiles are visited in.
//!
//! A side of a tile takes the axes that are fastest in one tensor until a run is long enough. Tiles that are neighbours
//! in any of the tensors are visited together, a block of them at a time: each touches a page of every row, and pages
//! that are not met again soon are forgotten.

use std::ops::Range;

use super::{
    Strided,
    axes::{Axes, MOST_AXES, Odometer},
};

/// The most elements on a side of a tile.
pub(super) const SIDE: usize = 64;

/// Tiles of a block along each tensor.
const BLOCK: usize = 4;

/// Runs of fewer elements are made longer whatever it costs.
const SHORT_RUN: usize = 16;

/// The most axes on one side, of two elements at least.
const MOST_TAKEN: usize = 6;

/// Offsets of the elements along a side of a tile.
#[derive(Clone, Copy)]
pub(super) struct Table {
    pub(super) offsets: [isize; SIDE],
    pub(super) count: usize,
}

impl Table {
    /// A single element.
    pub(super) const fn new() -> Self {
        Self { offsets: [0; SIDE], count: 1 }
    }

    /// Repeats the table `length` times, `stride` apart.
    pub(super) fn repeat(&mut self, length: usize, stride: isize) {
        for i in 1..length {
            for entry in 0..self.count {
                self.offsets[i * self.count + entry] = self.offsets[entry] + i.cast_signed() * stride;
            }
        }
        self.count *= length;
    }

    /// Whether offsets are `stride` apart.
    pub(super) fn is_regular(&self, stride: isize) -> bool {
        self.offsets[..self.count].iter().enumerate().all(|(i, &offset)| offset == i.cast_signed() * stride)
    }
}

/// An axis in a tile: which one, and how much of it.
#[derive(Clone, Copy)]
pub(super) struct Taken {
    pub(super) axis: usize,
    pub(super) length: usize,
}

/// What a side has to know of the others.
#[derive(Clone, Copy)]
pub(super) struct Others<'a> {
    sides: &'a [Side],
    /// Whether axes that they have are taken too, as they have them, or passed over.
    shared: bool,
    /// An axis that is not to be cut.
    spare: Option<usize>,
}

impl<'a> Others<'a> {
    /// None yet; but one of them will begin with this axis.
    pub(super) const fn spare(axis: Option<usize>) -> Self {
        Self { sides: &[], shared: true, spare: axis }
    }

    /// Sides whose axes are taken too.
    pub(super) const fn shared(sides: &'a [Side]) -> Self {
        Self { sides, shared: true, spare: None }
    }

    /// Sides whose axes are passed over.
    pub(super) const fn apart(sides: &'a [Side]) -> Self {
        Self { sides, shared: false, spare: None }
    }
}

/// The axes on one side of a tile, the fastest first; only the last may be cut.
#[derive(Clone, Copy)]
pub(super) struct Side {
    taken: [Taken; MOST_TAKEN],
    count: usize,
    size: usize,
}

impl Side {
    /// Takes the axes that are fastest in tensor `key` until there are `enough` elements.
    pub(super) fn take<const N: usize>(axes: &Axes<N>, key: usize, enough: usize, others: Others<'_>) -> Self {
        let mut side = Self { taken: [Taken { axis: 0, length: 1 }; MOST_TAKEN], count: 0, size: 1 };
        let mut run = 1;
        for axis in axes.fastest_first(key) {
            let Strided { size, strides } = axes[axis];
            if strides[key] == 0 {
                continue;
            }
            let other = others.sides.iter().find_map(|other| other.find(axis));
            let length = match other {
                Some(length) => length,
                None if run * size <= 2 * enough && run * size <= SIDE => size,
                // What another side wants more of than a piece, and pieces that leave half of the last one empty.
                None if run > 1 && others.spare == Some(axis) => break,
                None if run >= SHORT_RUN && size < 2 * (enough / run) => break,
                None => enough / run,
            };
            if other.is_none() || others.shared {
                if length < 2 || side.size * length > SIDE || side.count == MOST_TAKEN {
                    break;
                }
                side.taken[side.count] = Taken { axis, length };
                side.count += 1;
                side.size *= length;
            }
            run *= length;
            if run >= enough || length < size {
                break;
            }
        }
        side
    }

    /// The axes, the fastest first.
    pub(super) fn axes(&self) -> &[Taken] {
        &self.taken[..self.count]
    }

    /// How much of an axis the side has.
    pub(super) fn find(&self, axis: usize) -> Option<usize> {
        self.axes().iter().find(|taken| taken.axis == axis).map(|taken| taken.length)
    }

    /// The axis that is cut, if any.
    fn cut<const N: usize>(&self, axes: &Axes<N>) -> Option<Taken> {
        self.axes().last().copied().filter(|taken| taken.length < axes[taken.axis].size)
    }
}

/// An axis of which a tile has a piece, and the last tile less.
#[derive(Clone, Copy)]
struct Cut {
    length: usize,
    size: usize,
    count: Count,
}

/// Where the tiles along an axis are counted: an axis of blocks, one of tiles in a block, or both.
#[derive(Clone, Copy)]
struct Count {
    block: Option<usize>,
    step: Option<usize>,
    /// Tiles in a block.
    steps: usize,
    /// All tiles.
    tiles: usize,
}

/// The order that tiles are visited in.
pub(super) struct Tiling<const N: usize, const SIDES: usize> {
    blocks: Axes<N>,
    steps: Axes<N>,
    cuts: [Option<Cut>; SIDES],
    /// Axes of which the last block has less than the others.
    ragged: [Option<Count>; N],
    tile: usize,
}

impl<const N: usize, const SIDES: usize> Tiling<N, SIDES> {
    /// Lays out the tiles of these sides.
    pub(super) fn new(axes: &Axes<N>, sides: &[Side; SIDES]) -> Option<Self> {
        let mut tiles = Axes::<N>::new();
        let mut tile = 1;
        for (axis, &Strided { size, strides }) in axes.iter().enumerate() {
            let length = sides.iter().find_map(|side| side.find(axis)).unwrap_or(1);
            tiles.push(Strided { size: size.div_ceil(length), strides: strides.map(|s| s * length.cast_signed()) })?;
            tile *= length;
        }
        let (blocks, steps) = (Axes::new(), Axes::new());
        let mut tiling = Self { blocks, steps, cuts: [None; SIDES], ragged: [None; N], tile };
        let in_block = in_block(&tiles);
        for (axis, steps) in in_block.into_iter().enumerate().take(tiles.len()) {
            let Strided { size, strides } = tiles[axis];
            let mut count = Count { block: None, step: None, steps, tiles: size };
            if size > steps {
                count.block = Some(tiling.blocks.len());
                let strides = strides.map(|stride| stride * steps.cast_signed());
                tiling.blocks.push(Strided { size: size.div_ceil(steps), strides })?;
            }
            if steps > 1 {
                count.step = Some(tiling.steps.len());
                tiling.steps.push(Strided { size: steps, strides })?;
            }
            if size > steps && steps > 1 {
                *tiling.ragged.iter_mut().find(|ragged| ragged.is_none())? = Some(count);
            }
            for (cut, side) in tiling.cuts.iter_mut().zip(sides) {
                if let Some(Taken { length, .. }) = side.cut(axes).filter(|cut| cut.axis == axis) {
                    *cut = Some(Cut { length, size: axes[axis].size, count });
                }
            }
        }
        Some(tiling)
    }

    /// How many independent units of work there are: blocks of tiles.
    pub(super) fn units(&self) -> usize {
        self.blocks.size()
    }

    /// Elements of a unit.
    pub(super) fn work_of_unit(&self) -> usize {
        self.tile.saturating_mul(self.steps.size())
    }

    /// Calls `action` with the offsets of each tile of some units, how much of its sides it has, and the offsets of the
    /// next tile, if that is a whole one in the same block.
    #[inline(always)]
    pub(super) fn each_tile(
        &self,
        units: Range<usize>,
        starts: [isize; N],
        mut action: impl FnMut([isize; N], [Part; SIDES], Option<[isize; N]>),
    ) {
        let mut block = Odometer::at(&self.blocks, units.start, starts);
        let mut steps = self.steps;
        for _ in units {
            for count in self.ragged.iter().flatten() {
                if let (Some(at), Some(step)) = (count.block, count.step) {
                    let rest = count.tiles - block.index[at] * count.steps;
                    steps.resize(step, rest.min(count.steps));
                }
            }
            let parts = |step: &Odometer<N>| {
                let mut parts = [Part { length: 1, valid: 1 }; SIDES];
                for (part, cut) in parts.iter_mut().zip(&self.cuts) {
                    if let Some(Cut { length, size, count }) = *cut {
                        let before = count.block.map_or(0, |at| block.index[at] * count.steps)
                            + count.step.map_or(0, |at| step.index[at]);
                        *part = Part { length, valid: length.min(size - before * length) };
                    }
                }
                parts
            };
            let mut step = Odometer::at(&steps, 0, block.offsets);
            let mut present = parts(&step);
            for left in (0..steps.size()).rev() {
                let offsets = step.offsets;
                step.advance(&steps);
                let next = parts(&step);
                let is_whole = left > 0 && next.iter().all(|part| part.valid == part.length);
                action(offsets, present, is_whole.then_some(step.offsets));
                present = next;
            }
            block.advance(&self.blocks);
        }
    }
}

/// How much of its cut axis a side has, and how much of that the end of the axis leaves.
#[derive(Clone, Copy)]
pub(super) struct Part {
    length: usize,
    valid: usize,
}

impl Part {
    /// What is left of `count` elements of a side with the cut axis.
    #[inline(always)]
    pub(super) const fn of(self, count: usize) -> usize {
        count / self.length * self.valid
    }
}

/// How many tiles of each axis a block has, so that it has neighbours in every tensor.
fn in_block<const N: usize>(tiles: &Axes<N>) -> [usize; MOST_AXES] {
    let mut in_block = [1; MOST_AXES];
    for key in 0..N {
        let mut run = 1;
        for axis in tiles.fastest_first(key) {
            let Strided { size, strides } = tiles[axis];
            if strides[key] == 0 || size == 1 {
                continue;
            }
            if in_block[axis] == 1 {
                in_block[axis] = if run * size <= BLOCK { size } else { (BLOCK / run).max(1) };
            }
            run *= in_block[axis];
            if in_block[axis] < size || run >= BLOCK {
                break;
            }
        }
    }
    in_block
}
