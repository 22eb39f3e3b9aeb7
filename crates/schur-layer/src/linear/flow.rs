//! Numbers through a route, forwards and backwards.

use rayon::prelude::*;
use schur_tensor::product::{Mode, Product, Reduction, Strided};
use schur_tensor::semiring::{Scalar, Semiring};
use schur_tensor::{Real, next_index};

use super::carry::{Track, carry};
use super::weights::{Mixing, mixes};
use crate::route::{Mix, Route};
use crate::side::{Link, Pace, Place, Side, Through};

/// Memory that runs of a layer share; any layer and batch may use it, and what was there is overwritten.
#[derive(Debug, Clone)]
pub struct LayerWorkspace<T> {
    pub(super) main: Flows<T>,
    pub(super) bias: Flows<T>,
    pub(super) item: Vec<T>,
}

impl<T> Default for LayerWorkspace<T> {
    fn default() -> Self {
        Self { main: Flows::default(), bias: Flows::default(), item: Vec::new() }
    }
}

impl<T: Scalar> LayerWorkspace<T> {
    /// Makes room for one item and returns its length.
    pub(super) fn item(&mut self, len: usize) -> usize {
        self.item.resize(len, <T as Real>::ZERO);
        len
    }
}

/// Bytes of input and output that a block of items has at most, so that it stays in a core's own cache.
const BLOCK_BYTES: usize = 1 << 19;

/// A batch of fewer bytes is one block: threads are started within it where that pays.
const SMALL_BYTES: usize = 1 << 18;

/// Blocks go to threads in groups. Gradients are summed group by group, so that their number must not depend on that of
/// the threads.
const GROUPS: usize = 16;

/// How a batch is cut.
#[derive(Debug, Clone, Copy)]
struct Cut {
    /// Items of a block.
    block: usize,
    /// Items of a group.
    group: usize,
}

impl Cut {
    fn new<T>(route: &Route, batch: usize) -> Self {
        let bytes = (route.inputs.size + route.outputs.size).saturating_mul(size_of::<T>());
        if bytes.saturating_mul(batch) <= SMALL_BYTES {
            return Self { block: batch.max(1), group: batch.max(1) };
        }
        let group = batch.div_ceil(GROUPS).max(1);
        Self { block: (BLOCK_BYTES / bytes.max(1)).clamp(1, group), group }
    }
}

/// Blocks of a batch through a route, in parallel, with memory that later runs use again.
#[derive(Debug, Clone)]
pub(super) struct Flows<T> {
    mixing: Mixing<T>,
    groups: Vec<Flow<T>>,
}

impl<T> Default for Flows<T> {
    fn default() -> Self {
        Self { mixing: Mixing::default(), groups: Vec::new() }
    }
}

impl<T: Scalar> Flows<T> {
    pub(super) fn forward(&mut self, route: &Route, batch: usize, weights: &[T], x: &[T], y: &mut [T]) {
        let (cut, mixing) = (Cut::new::<T>(route, batch), &mut self.mixing);
        mixing.pack(route, weights);
        let [own, other] = [route.inputs.size, route.outputs.size];
        let parts = x.chunks(cut.group * own).zip(y.chunks_mut(cut.group * other)).collect();
        each_group(&mut self.groups, parts, |flow, (x, y)| {
            let blocks = x.chunks(cut.block * own).zip(y.chunks_mut(cut.block * other));
            blocks.for_each(|(x, y)| flow.forward(route, mixing, x, y));
        });
    }

    pub(super) fn transposed(&mut self, route: &Route, batch: usize, weights: &[T], dy: &[T], dx: &mut [T]) {
        let (cut, mixing) = (Cut::new::<T>(route, batch), &mut self.mixing);
        mixing.pack(route, weights);
        let [own, other] = [route.inputs.size, route.outputs.size];
        let parts = dy.chunks(cut.group * other).zip(dx.chunks_mut(cut.group * own)).collect();
        each_group(&mut self.groups, parts, |flow, (dy, dx)| {
            let blocks = dy.chunks(cut.block * other).zip(dx.chunks_mut(cut.block * own));
            blocks.for_each(|(dy, dx)| flow.transposed(route, mixing, dy, dx));
        });
    }

    pub(super) fn gradient(&mut self, route: &Route, batch: usize, x: &[T], dy: &[T], weights: &mut [T]) {
        let cut = Cut::new::<T>(route, batch);
        let [own, other] = [route.inputs.size, route.outputs.size];
        let parts: Vec<_> = x.chunks(cut.group * own).zip(dy.chunks(cut.group * other)).collect();
        let groups = parts.len();
        each_group(&mut self.groups, parts, |flow, (x, dy)| {
            flow.gradient.clear(route);
            let blocks = x.chunks(cut.block * own).zip(dy.chunks(cut.block * other));
            blocks.for_each(|(x, dy)| flow.gradient(route, x, dy));
        });
        self.mixing.clear(route);
        self.groups[..groups].iter().for_each(|flow| self.mixing.add(&flow.gradient));
        self.mixing.unpack(route, weights);
    }
}

/// Works on every group, each with memory of its own.
fn each_group<T: Scalar, P: Send>(
    flows: &mut Vec<Flow<T>>,
    parts: Vec<P>,
    work: impl Fn(&mut Flow<T>, P) + Sync + Send,
) {
    if flows.len() < parts.len() {
        flows.resize_with(parts.len(), Flow::default);
    }
    if parts.len() == 1 {
        // Kernels start threads of their own.
        return flows.iter_mut().zip(parts).for_each(|(flow, part)| work(flow, part));
    }
    flows.par_iter_mut().zip(parts).for_each(|(flow, part)| work(flow, part));
}

/// Bottlenecks of both sides, and what kernels need beside them.
#[derive(Debug, Clone)]
struct Flow<T> {
    inputs: Vec<Vec<T>>,
    outputs: Vec<Vec<T>>,
    scratch: Vec<T>,
    packing: Vec<T>,
    gradient: Mixing<T>,
}

impl<T> Default for Flow<T> {
    fn default() -> Self {
        Self {
            inputs: Vec::new(),
            outputs: Vec::new(),
            scratch: Vec::new(),
            packing: Vec::new(),
            gradient: Mixing::default(),
        }
    }
}

impl<T: Scalar> Flow<T> {
    fn forward(&mut self, route: &Route, mixing: &Mixing<T>, x: &[T], y: &mut [T]) {
        let batch = x.len() / route.inputs.size;
        gather(&route.inputs, batch, x, &mut self.inputs, &mut self.scratch);
        prepare(&route.outputs, batch, &mut self.outputs);
        begin(&route.outputs, y);
        for (place, (order, mix)) in mixes(route).enumerate() {
            let (input, output) = (&route.inputs.bottlenecks[order], &route.outputs.bottlenecks[order]);
            let source = if input.is_whole { x } else { &self.inputs[order][..] };
            let result = if output.is_whole { &mut *y } else { &mut self.outputs[order][..] };
            let product = route.forward(order, mix, batch);
            multiply(&product, [source, mixing.matrix(place)], result, mode(route, order, mix), &mut self.packing);
        }
        scatter(&route.outputs, batch, &mut self.outputs, y, &mut self.scratch);
    }

    fn transposed(&mut self, route: &Route, mixing: &Mixing<T>, dy: &[T], dx: &mut [T]) {
        let batch = dx.len() / route.inputs.size;
        gather(&route.outputs, batch, dy, &mut self.outputs, &mut self.scratch);
        prepare(&route.inputs, batch, &mut self.inputs);
        begin(&route.inputs, dx);
        for (place, (order, mix)) in mixes(route).enumerate() {
            let (input, output) = (&route.inputs.bottlenecks[order], &route.outputs.bottlenecks[order]);
            let source = if output.is_whole { dy } else { &self.outputs[order][..] };
            let result = if input.is_whole { &mut *dx } else { &mut self.inputs[order][..] };
            let product = route.backward(order, mix, batch);
            multiply(&product, [source, mixing.matrix(place)], result, mode(route, order, mix), &mut self.packing);
        }
        scatter(&route.inputs, batch, &mut self.inputs, dx, &mut self.scratch);
    }

    /// Adds the gradients of a block to those of its group.
    fn gradient(&mut self, route: &Route, x: &[T], dy: &[T]) {
        let batch = x.len() / route.inputs.size;
        gather(&route.inputs, batch, x, &mut self.inputs, &mut self.scratch);
        gather(&route.outputs, batch, dy, &mut self.outputs, &mut self.scratch);
        for (place, (order, mix)) in mixes(route).enumerate() {
            let (input, output) = (&route.inputs.bottlenecks[order], &route.outputs.bottlenecks[order]);
            let left = if input.is_whole { x } else { &self.inputs[order][..] };
            let right = if output.is_whole { dy } else { &self.outputs[order][..] };
            let product = route.weights(order, mix, batch);
            multiply(&product, [left, right], self.gradient.matrix_mut(place), Mode::Add, &mut self.packing);
        }
    }
}

/// The first mix of an order overwrites its bottleneck.
fn mode(route: &Route, order: usize, mix: &Mix) -> Mode {
    let is_first = route.orders[order].mixes.first().is_some_and(|first| std::ptr::eq(first, mix));
    if is_first { Mode::Overwrite } else { Mode::Add }
}

/// Multiplies, or multiplies and adds.
pub(crate) fn multiply<T: Scalar>(
    product: &Product,
    operands: [&[T]; 2],
    result: &mut [T],
    mode: Mode,
    packing: &mut Vec<T>,
) {
    // Real numbers add and multiply without errors.
    let _ = T::arithmetic().product(product, operands, result, mode, packing);
}

fn reduce<T: Scalar>(reduction: &Reduction, source: &[T], result: &mut [T], mode: Mode) {
    if reduction.summed.is_empty() {
        let track = |axis: &Strided<2>| {
            let [from, to] = axis.strides.map(isize::unsigned_abs);
            Track { size: axis.size, from, to }
        };
        return carry(&mut reduction.kept.iter().map(track).collect(), source, result, mode);
    }
    let _ = T::arithmetic().reduce(reduction, source, result, mode);
}

/// Makes room for the bottlenecks that are not the whole tensor.
fn prepare<T: Scalar>(side: &Side, batch: usize, tensors: &mut Vec<Vec<T>>) {
    tensors.resize_with(side.bottlenecks.len(), Vec::new);
    for (tensor, bottleneck) in tensors.iter_mut().zip(&side.bottlenecks) {
        let len = if bottleneck.is_whole { 0 } else { batch * bottleneck.size };
        tensor.resize(len, <T as Real>::ZERO);
    }
}

/// Makes the whole tensor ready to be added to; where it is a bottleneck itself, a product overwrites it.
fn begin<T: Scalar>(side: &Side, whole: &mut [T]) {
    if !side.bottlenecks.iter().any(|bottleneck| bottleneck.is_whole) {
        whole.fill(<T as Real>::ZERO);
    }
}

/// Reduces the whole tensor to every bottleneck.
fn gather<T: Scalar>(side: &Side, batch: usize, whole: &[T], tensors: &mut Vec<Vec<T>>, scratch: &mut Vec<T>) {
    prepare(side, batch, tensors);
    scratch.resize(batch * side.scratch, <T as Real>::ZERO);
    // Heads leave indices out: where two of theirs are equal nothing is written.
    for link in side.links.iter().filter(|link| link.through.is_some()) {
        tensors[link.small].fill(<T as Real>::ZERO);
    }
    for link in &side.links {
        let mut small = std::mem::take(&mut tensors[link.small]);
        let walk = Walk::new(side, link, batch);
        let large = match link.large {
            Place::Whole => whole,
            Place::Order(order) => &tensors[order],
        };
        match &link.through {
            None => {
                let part = &mut small[link.offset..];
                reduce(&walk.reduction(&link.shared, walk.small), &large[link.pieces[0].0..], part, Mode::Overwrite);
            }
            Some(through) => {
                let inner = &mut scratch[..batch * through.size];
                sum_pieces(&walk, link, through, large, inner);
                spread_entries(&walk, through, Direction::Gather, inner, &mut small[link.offset..]);
            }
        }
        tensors[link.small] = small;
    }
}

/// Adds every bottleneck to the whole tensor: the transpose of [`gather`]. The bottlenecks are used up.
fn scatter<T: Scalar>(side: &Side, batch: usize, tensors: &mut [Vec<T>], whole: &mut [T], scratch: &mut Vec<T>) {
    scratch.resize(batch * side.scratch, <T as Real>::ZERO);
    for link in side.links.iter().rev() {
        let mut small = std::mem::take(&mut tensors[link.small]);
        let walk = Walk::new(side, link, batch);
        let large = match link.large {
            Place::Whole => &mut *whole,
            Place::Order(order) => &mut tensors[order][..],
        };
        match &link.through {
            None => {
                let spreading = walk.spreading(&link.shared, walk.small);
                reduce(&spreading, &small[link.offset..], &mut large[link.pieces[0].0..], Mode::Add);
            }
            Some(through) => {
                let inner = &mut scratch[..batch * through.size];
                spread_entries(&walk, through, Direction::Scatter, inner, &mut small[link.offset..]);
                add_pieces(&walk, link, through, inner, large);
            }
        }
        tensors[link.small] = small;
    }
}

/// A link for one size of batch.
struct Walk<'a> {
    link: &'a Link,
    batch: usize,
    channels: usize,
    /// Numbers of an item in the larger and in the smaller tensor.
    large: usize,
    small: usize,
}

impl<'a> Walk<'a> {
    fn new(side: &Side, link: &'a Link, batch: usize) -> Self {
        let large = match link.large {
            Place::Whole => side.size,
            Place::Order(order) => side.bottlenecks[order].size,
        };
        Self { link, batch, channels: side.channels, large, small: side.bottlenecks[link.small].size }
    }

    /// From larger to smaller.
    fn reduction(&self, shared: &[Pace], small_item: usize) -> Reduction {
        let kept = self.kept(shared, small_item).map(|[size, large, small]| strided(size, [large, small]));
        Reduction {
            kept: kept.collect(),
            summed: self.link.lone.iter().map(|pace| strided(pace.size, [pace.large])).collect(),
        }
    }

    /// From smaller to larger: axes of the larger alone repeat.
    fn spreading(&self, shared: &[Pace], small_item: usize) -> Reduction {
        let kept = self.kept(shared, small_item).map(|[size, large, small]| strided(size, [small, large]));
        let lone = self.link.lone.iter().map(|pace| strided(pace.size, [0, pace.large]));
        // Channels stay innermost.
        let mut axes: Vec<_> = kept.collect();
        let channels = axes.pop();
        Reduction { kept: axes.into_iter().chain(lone).chain(channels).collect(), summed: Vec::new() }
    }

    /// Batch, shared axes and channels: size, and steps in the larger and the smaller tensor.
    fn kept<'s>(&'s self, shared: &'s [Pace], small_item: usize) -> impl Iterator<Item = [usize; 3]> + 's {
        let axes = shared.iter().map(|pace| [pace.size, pace.large, pace.small]);
        std::iter::once([self.batch, self.large, small_item]).chain(axes).chain(std::iter::once([self.channels, 1, 1]))
    }
}

fn strided<const N: usize>(size: usize, strides: [usize; N]) -> Strided<N> {
    Strided { size, strides: strides.map(usize::cast_signed) }
}

/// The sum of the pieces of the larger tensor, each with its sign.
fn sum_pieces<T: Scalar>(walk: &Walk<'_>, link: &Link, through: &Through, large: &[T], inner: &mut [T]) {
    let reduction = walk.reduction(&link.shared, through.size);
    inner.fill(<T as Real>::ZERO);
    for is_negative in [true, false] {
        for &(start, _) in link.pieces.iter().filter(|piece| piece.1 == is_negative) {
            reduce(&reduction, &large[start..], inner, Mode::Add);
        }
        if is_negative {
            negate(inner);
        }
    }
}

/// Adds the inner tensor to the pieces of the larger one.
fn add_pieces<T: Scalar>(walk: &Walk<'_>, link: &Link, through: &Through, inner: &mut [T], large: &mut [T]) {
    let spreading = walk.spreading(&link.shared, through.size);
    for is_negative in [false, true] {
        for &(start, _) in link.pieces.iter().filter(|piece| piece.1 == is_negative) {
            reduce(&spreading, inner, &mut large[start..], Mode::Add);
        }
        negate(inner);
    }
}

fn negate<T: Scalar>(tensor: &mut [T]) {
    tensor.iter_mut().for_each(|x| *x = -*x);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Gather,
    Scatter,
}

/// Sums with the signs of permutations from the inner to the smaller tensor, or the other way.
fn spread_entries<T: Scalar>(
    walk: &Walk<'_>,
    through: &Through,
    direction: Direction,
    inner: &mut [T],
    small: &mut [T],
) {
    if direction == Direction::Scatter {
        inner.fill(<T as Real>::ZERO);
    }
    let sizes: Vec<usize> = through.shared.iter().map(|pace| pace.size).collect();
    let mut index = vec![0; sizes.len()];
    for item in 0..walk.batch {
        loop {
            let paces = index.iter().zip(&through.shared);
            let start = paces.fold([item * through.size, item * walk.small], |[a, b], (i, pace)| {
                [a + i * pace.large, b + i * pace.small]
            });
            for entry in &through.entries {
                let own = &mut inner[start[0] + entry.from..][..walk.channels];
                let other = &mut small[start[1] + entry.to..][..walk.channels];
                let (from, to) = match direction {
                    Direction::Gather => (own, other),
                    Direction::Scatter => (other, own),
                };
                for (to, from) in to.iter_mut().zip(from) {
                    *to += if entry.is_odd { -*from } else { *from };
                }
            }
            if !next_index(&mut index, &sizes) {
                break;
            }
        }
    }
}
