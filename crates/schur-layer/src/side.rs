//! One side of a layer: the ways in which its tensor is reduced to fewer axes, or spread from them.
//!
//! A [`Structure`] says which axes have equal indices (blocks), which blocks are kept as axes of the result, and what
//! happens to the others: they are summed over, or a head sums over them with signs. Reducing and spreading are
//! transposes of each other, so one description serves both.

use crate::head::{HeadEntry, head_entries};
use crate::linear::{Dense, Tracks};
use crate::wiring::{Wiring, is_form};
use crate::{LayerError, Space};

/// How axes of one side become axes of a bottleneck. Blocks are named by their first axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Structure {
    /// The block of each axis.
    pub labels: Vec<usize>,
    /// The blocks that are kept, ascending.
    pub kept: Vec<usize>,
    /// At most one head a sort.
    pub heads: Vec<HeadShape>,
}

/// What a head does with the blocks of one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeadShape {
    /// The sort of its axes.
    pub sort: usize,
    /// Kept blocks that it holds too.
    pub kept: Vec<usize>,
    /// Blocks that it sums over.
    pub summed: Vec<usize>,
    /// Axes that it makes.
    pub new: usize,
}

/// An axis of a bottleneck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Axis {
    /// Its sort.
    pub sort: usize,
    /// The head that made it, or none.
    pub head: Option<usize>,
    /// Which axis of that head, or which block of the side.
    pub block: usize,
}

impl Structure {
    /// The reduction of inputs that a map begins with.
    pub fn of_inputs(wiring: &Wiring) -> Self {
        let inputs = &wiring.labels[wiring.top..];
        let labels = first_axes(inputs);
        let is_first = |axis: &usize| labels[*axis] == *axis;
        let kept = (0..inputs.len()).filter(is_first).filter(|&axis| wiring.is_top(inputs[axis])).collect();
        let shape = |(sort, held): &(usize, Vec<u8>)| {
            let of = |is_wanted: &dyn Fn((usize, u8)) -> bool| -> Vec<usize> {
                let is_held = |axis: &usize| inputs[*axis].0 == *sort && held.contains(&inputs[*axis].1);
                (0..inputs.len()).filter(is_first).filter(is_held).filter(|&axis| is_wanted(inputs[axis])).collect()
            };
            let new = held.iter().filter(|&&block| !wiring.is_bottom((*sort, block))).count();
            let (kept, summed) = (of(&|block| wiring.is_top(block)), of(&|block| !wiring.is_top(block)));
            HeadShape { sort: *sort, kept, summed, new }
        };
        Self { labels: labels.clone(), kept, heads: wiring.heads.iter().map(shape).collect() }
    }

    /// The spreading over outputs that a map ends with: blocks that come from the bottleneck are kept.
    pub fn of_outputs(wiring: &Wiring) -> Self {
        let outputs = &wiring.labels[..wiring.top];
        let labels = first_axes(outputs);
        let comes = |axis: usize| wiring.is_bottom(outputs[axis]) || wiring.is_held(outputs[axis]);
        let kept = (0..outputs.len()).filter(|&axis| labels[axis] == axis && comes(axis)).collect();
        Self { labels, kept, heads: Vec::new() }
    }

    /// The axes of the bottleneck, sorted by sort, kept blocks before new axes.
    pub fn axes(&self, sorts: &[usize]) -> Vec<Axis> {
        let kept = self.kept.iter().map(|&block| Axis { sort: sorts[block], head: None, block });
        let new = self.heads.iter().enumerate().flat_map(|(number, head)| {
            (0..head.new).map(move |block| Axis { sort: head.sort, head: Some(number), block })
        });
        let mut axes: Vec<Axis> = kept.chain(new).collect();
        axes.sort();
        axes
    }

    /// Whether every axis is kept as it is.
    fn is_whole(&self) -> bool {
        self.heads.is_empty() && self.kept.iter().copied().eq(0..self.labels.len())
    }

    /// Whether this is `other` with one more block kept.
    fn has_one_more(&self, other: &Self) -> bool {
        let fits = self.heads.is_empty() && other.heads.is_empty() && self.labels == other.labels;
        fits && self.kept.len() == other.kept.len() + 1 && other.kept.iter().all(|block| self.kept.contains(block))
    }
}

fn first_axes(labels: &[(usize, u8)]) -> Vec<usize> {
    labels.iter().map(|label| labels.iter().position(|other| other == label).unwrap_or(0)).collect()
}

/// An axis along which two tensors move together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    /// How many steps.
    pub size: usize,
    /// The step in the larger tensor.
    pub large: usize,
    /// The step in the smaller one; zero for an axis that only the larger has.
    pub small: usize,
}

/// Where a tensor lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The tensor of the whole side.
    Whole,
    /// The bottleneck of an order.
    Order(usize),
}

/// A reduction of a larger tensor to a smaller one, or a spreading the other way.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub large: Place,
    /// Offsets in the larger tensor with their signs: several where a form is summed.
    pub pieces: Vec<(usize, bool)>,
    /// The smaller tensor, by its order.
    pub small: usize,
    /// Where the structure's part of the smaller tensor begins.
    pub offset: usize,
    /// Axes of the larger; where there are heads or forms, the smaller is the intermediate tensor.
    pub paces: Vec<Pace>,
    /// The same with channels, ready to be run along.
    pub tracks: Tracks,
    /// Heads and forms, through memory of its own.
    pub through: Option<Through>,
}

/// What happens between a contiguous intermediate tensor and the smaller one.
#[derive(Debug, Clone)]
pub(crate) struct Through {
    /// Its size in numbers, for one item of a batch.
    pub size: usize,
    /// Axes that it shares with the smaller tensor, heads' axes left out; `large` is its stride.
    pub shared: Vec<Pace>,
    /// All parts of the heads' sums; none without heads.
    pub entries: Vec<HeadEntry>,
}

/// One bottleneck of a side: where each structure's part of it lies.
#[derive(Debug, Clone)]
pub(crate) struct Bottleneck {
    /// The sizes of its axes.
    pub sizes: Vec<usize>,
    /// The steps of its axes.
    pub strides: Vec<usize>,
    /// Numbers for one item of a batch.
    pub size: usize,
    /// Whether it is the tensor of the side itself.
    pub is_whole: bool,
}

/// A compiled side.
#[derive(Debug, Clone)]
pub(crate) struct Side {
    pub bottlenecks: Vec<Bottleneck>,
    /// From larger to smaller tensors; spreading goes backwards.
    pub links: Vec<Link>,
    /// Numbers of the whole tensor for one item of a batch.
    pub size: usize,
    /// Numbers of the largest intermediate tensor, for one item.
    pub scratch: usize,
    /// The links that sum over whole axes or repeat along them, done all at once.
    pub dense: Dense,
    /// Channels of the whole tensor.
    pub channels: usize,
}

impl Side {
    /// Compiles a side with axes of these sorts, and for each order of bottlenecks its structures.
    pub fn new(
        space: &Space,
        sorts: &[usize],
        orders: &[(Vec<usize>, Vec<Structure>)],
        channels: usize,
    ) -> Result<Self, LayerError> {
        let size = checked(space.count(sorts)?, channels)?;
        let strides = row_major(sorts.iter().map(|&sort| space.size(sort)), channels);
        let bottleneck = |(axes, structures): &(Vec<usize>, Vec<Structure>)| -> Result<Bottleneck, LayerError> {
            let sizes: Vec<usize> = axes.iter().map(|&sort| space.size(sort)).collect();
            if let [structure] = &structures[..]
                && structure.is_whole()
            {
                let own = structure.axes(sorts).iter().map(|axis| strides[axis.block]).collect();
                return Ok(Bottleneck { sizes, strides: own, size, is_whole: true });
            }
            let width = structures.len() * channels;
            let strides = row_major(sizes.iter().copied(), width);
            Ok(Bottleneck { size: checked(space.count(axes)?, width)?, sizes, strides, is_whole: false })
        };
        let bottlenecks: Vec<Bottleneck> = orders.iter().map(bottleneck).collect::<Result<_, _>>()?;
        let dense = Dense::new(sorts.iter().map(|&sort| space.size(sort)).collect(), strides.clone());
        let mut side = Self { bottlenecks, links: Vec::new(), size, scratch: 0, dense, channels };
        let compiler = Compiler { space, sorts, strides: &strides, orders, channels };
        let mut largest_first: Vec<usize> = (0..orders.len()).collect();
        largest_first.sort_by_key(|&order| std::cmp::Reverse(orders[order].0.len()));
        for order in largest_first {
            if !side.bottlenecks[order].is_whole {
                for number in 0..orders[order].1.len() {
                    let link = compiler.link(&side.bottlenecks, order, number);
                    side.scratch = side.scratch.max(link.through.as_ref().map_or(0, |through| through.size));
                    if !side.dense.take(&link, channels) {
                        side.links.push(link);
                    }
                }
            }
        }
        Ok(side)
    }
}

fn checked(count: usize, width: usize) -> Result<usize, LayerError> {
    let needed = count as u128 * width as u128;
    let most = isize::MAX.unsigned_abs() as u128;
    usize::try_from(needed).ok().filter(|_| needed <= most).ok_or(LayerError::TooLarge {
        what: "intermediate results",
        needed,
        most,
    })
}

/// The strides of axes of these sizes, the last of which has steps of `width`.
pub(crate) fn row_major(sizes: impl DoubleEndedIterator<Item = usize>, width: usize) -> Vec<usize> {
    let mut strides = Vec::new();
    let mut stride = width;
    for size in sizes.rev() {
        strides.push(stride);
        stride *= size;
    }
    strides.reverse();
    strides
}

struct Compiler<'a> {
    space: &'a Space,
    sorts: &'a [usize],
    /// Of the whole tensor.
    strides: &'a [usize],
    orders: &'a [(Vec<usize>, Vec<Structure>)],
    channels: usize,
}

impl Compiler<'_> {
    fn link(&self, bottlenecks: &[Bottleneck], order: usize, number: usize) -> Link {
        let structure = &self.orders[order].1[number];
        let own = &bottlenecks[order];
        let axes = structure.axes(self.sorts);
        let stride_of = |block: usize| {
            axes.iter().position(|axis| axis.head.is_none() && axis.block == block).map_or(0, |axis| own.strides[axis])
        };
        let (large, parent) = self.parent(bottlenecks, structure);
        // The step of a block in the larger tensor.
        let step = |block: usize| match parent {
            None => self.axes_of(structure, block).map(|axis| self.strides[axis]).sum(),
            Some((order, number)) => {
                let axes = self.orders[order].1[number].axes(self.sorts);
                let place = axes.iter().position(|axis| axis.block == block).unwrap_or(0);
                bottlenecks[order].strides[place]
            }
        };
        let start = parent.map_or(0, |(_, number)| number * self.channels);
        let size = |block: usize| self.space.size(self.sorts[block]);
        let is_summed = |block: &usize| structure.heads.iter().any(|head| head.summed.contains(block));
        let is_block = |block: &usize| structure.labels[*block] == *block;
        let blocks = || (0..structure.labels.len()).filter(is_block);
        let mut pieces = vec![(start, false)];
        let mut lone = Vec::new();
        // A parent has summed over the others already.
        let is_there =
            |block: &usize| parent.is_none_or(|(order, number)| self.orders[order].1[number].kept.contains(block));
        let is_lone = |block: &usize| !structure.kept.contains(block) && !is_summed(block) && is_there(block);
        for block in blocks().filter(is_lone) {
            match self.form(structure, block) {
                Some([first, second]) if parent.is_none() => {
                    // Conjugate coordinates are neighbours: 2p and 2p + 1, then the other way with a minus.
                    let one = pieces.iter().map(|&(offset, is_negative)| (offset + second, is_negative));
                    let other = pieces.iter().map(|&(offset, is_negative)| (offset + first, !is_negative));
                    pieces = one.chain(other).collect();
                    lone.push(Pace { size: size(block) / 2, large: 2 * (first + second), small: 0 });
                }
                _ => lone.push(Pace { size: size(block), large: step(block), small: 0 }),
            }
        }
        let offset = number * self.channels;
        if structure.heads.is_empty() && pieces.len() == 1 {
            let pace = |&block: &usize| Pace { size: size(block), large: step(block), small: stride_of(block) };
            let paces: Vec<Pace> = structure.kept.iter().map(pace).chain(lone).collect();
            let tracks = Tracks::new(&paces, self.channels);
            return Link { large, pieces, small: order, offset, paces, tracks, through: None };
        }
        let held: Vec<usize> = structure.kept.iter().copied().chain(blocks().filter(is_summed)).collect();
        let inner = row_major(held.iter().map(|&block| size(block)), self.channels);
        let inner_of = |block: &usize| held.iter().position(|other| other == block).map_or(0, |place| inner[place]);
        let pace = |(&block, &small): (&usize, &usize)| Pace { size: size(block), large: step(block), small };
        let paces: Vec<Pace> = held.iter().zip(&inner).map(pace).chain(lone).collect();
        let tracks = Tracks::new(&paces, self.channels);
        let is_free = |block: &&usize| !structure.heads.iter().any(|head| head.kept.contains(block));
        let outer = |block: &usize| Pace { size: size(*block), large: inner_of(block), small: stride_of(*block) };
        let entries = self.entries(structure, &inner_of, &stride_of, (&axes, &own.strides));
        let through = Through {
            size: held.iter().map(|&block| size(block)).product::<usize>() * self.channels,
            shared: structure.kept.iter().filter(is_free).map(outer).collect(),
            entries,
        };
        Link { large, pieces, small: order, offset, paces, tracks, through: Some(through) }
    }

    /// All combinations of the heads' permutations.
    fn entries(
        &self,
        structure: &Structure,
        inner_of: &dyn Fn(&usize) -> usize,
        stride_of: &dyn Fn(usize) -> usize,
        (axes, strides): (&[Axis], &[usize]),
    ) -> Vec<HeadEntry> {
        let mut all = vec![HeadEntry { from: 0, to: 0, is_odd: false }];
        for (number, head) in structure.heads.iter().enumerate() {
            let from: Vec<usize> = head.kept.iter().map(inner_of).collect();
            let to: Vec<usize> = head.kept.iter().map(|&block| stride_of(block)).collect();
            let summed: Vec<usize> = head.summed.iter().map(inner_of).collect();
            let made = axes.iter().zip(strides).filter(|(axis, _)| axis.head == Some(number));
            let new: Vec<usize> = made.map(|(_, &stride)| stride).collect();
            let own = head_entries(self.space.size(head.sort), [&from, &to], &summed, &new);
            let both = |a: &HeadEntry, b: &HeadEntry| HeadEntry {
                from: a.from + b.from,
                to: a.to + b.to,
                is_odd: a.is_odd != b.is_odd,
            };
            all = all.iter().flat_map(|a| own.iter().map(move |b| both(a, b))).collect();
        }
        all
    }

    /// The smallest tensor that this one is a part of: one with one more block kept, or the whole.
    fn parent(&self, bottlenecks: &[Bottleneck], structure: &Structure) -> (Place, Option<(usize, usize)>) {
        for (order, (_, structures)) in self.orders.iter().enumerate() {
            let found = structures.iter().position(|other| other.has_one_more(structure));
            // The missing block must be a plain sum: a form needs the two axes that it joins.
            if let Some(number) = found
                && !bottlenecks[order].is_whole
                && structure.labels.iter().all(|&block| self.form(structure, block).is_none())
            {
                return (Place::Order(order), Some((order, number)));
            }
        }
        (Place::Whole, None)
    }

    fn axes_of<'s>(&self, structure: &'s Structure, block: usize) -> impl Iterator<Item = usize> + 's {
        structure.labels.iter().enumerate().filter(move |(_, label)| **label == block).map(|(axis, _)| axis)
    }

    /// The steps of the two axes that a form joins.
    fn form(&self, structure: &Structure, block: usize) -> Option<[usize; 2]> {
        let steps: Vec<usize> = self.axes_of(structure, block).map(|axis| self.strides[axis]).collect();
        let is_form = is_form(self.space.sorts()[self.sorts[block]].group) && !structure.kept.contains(&block);
        steps.try_into().ok().filter(|_| is_form)
    }
}
