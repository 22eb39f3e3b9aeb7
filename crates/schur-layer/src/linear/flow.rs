//! Numbers through a route, forwards and backwards.

use rayon::prelude::*;
use schur_tensor::Real;
use schur_tensor::product::{Mode, Product, Reduction, Strided};
use schur_tensor::semiring::{Scalar, Semiring};

use super::carry::carry;
use super::dense::{GatherMemory, SpreadMemory, WholeMix};
use super::exchange::{self, Odometer};
use super::packed::Packed;
use super::through;
use super::weights::{Matrices, mixes};
use crate::route::{Exchange, Route};
use crate::side::{Place, Side};

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
const SMALL_BYTES: usize = 1 << 15;

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
    /// With lanes, groups are of as many items or a multiple of them.
    fn with_lanes<T>(route: &Route, lanes: usize, batch: usize) -> Self {
        let Self { block, group } = Self::new::<T>(route, batch);
        Self { block, group: group.next_multiple_of(lanes) }
    }

    fn new<T>(route: &Route, batch: usize) -> Self {
        let bytes = (route.inputs.size + route.outputs.size).saturating_mul(size_of::<T>());
        if bytes.saturating_mul(batch) <= SMALL_BYTES {
            return Self { block: batch.max(1), group: batch.max(1) };
        }
        let group = batch.div_ceil(GROUPS).max(1);
        Self { block: (BLOCK_BYTES / bytes.max(1)).clamp(1, group), group }
    }
}

/// A layer's route, and that for many items side by side.
pub(super) type Routes<'a> = (&'a Route, Option<&'a Route>);

/// Forward or transposed.
type Direction<T> = fn(&mut Flow<T>, &Route, &Packed<T>, bool, &[T], &mut [T]);

/// Items side by side, copied and back, have to stay in a core's own cache: twice what a block has.
fn is_cached<T>(lanes: &Route) -> bool {
    (lanes.inputs.size + lanes.outputs.size).saturating_mul(size_of::<T>()) <= 2 * BLOCK_BYTES
}

/// Blocks of a batch through a route, in parallel, with memory that later runs use again.
#[derive(Debug, Clone)]
pub(super) struct Flows<T> {
    packed: Packed<T>,
    mixing: Matrices<T>,
    groups: Vec<Flow<T>>,
}

impl<T> Default for Flows<T> {
    fn default() -> Self {
        Self { packed: Packed::default(), mixing: Matrices::default(), groups: Vec::new() }
    }
}

impl<T: Scalar> Flows<T> {
    pub(super) fn forward(&mut self, routes: Routes<'_>, batch: usize, weights: &[T], x: &[T], y: &mut [T]) {
        self.packed.pack(routes.0, weights, false);
        let sizes = [routes.0.inputs.size, routes.0.outputs.size];
        self.run(routes, batch, (sizes, x, y), Flow::forward);
    }

    pub(super) fn transposed(&mut self, routes: Routes<'_>, batch: usize, weights: &[T], dy: &[T], dx: &mut [T]) {
        self.packed.pack(routes.0, weights, true);
        let sizes = [routes.0.outputs.size, routes.0.inputs.size];
        self.run(routes, batch, (sizes, dy, dx), Flow::transposed);
    }

    /// One direction, group by group.
    fn run(
        &mut self,
        (route, lanes): Routes<'_>,
        batch: usize,
        ([own, other], from, to): ([usize; 2], &[T], &mut [T]),
        direction: Direction<T>,
    ) {
        let is_fit = |lanes: &&Route| batch >= lanes.lanes && is_cached::<T>(lanes);
        let lanes = lanes.filter(is_fit);
        let packed = &self.packed;
        let cut = Cut::with_lanes::<T>(route, lanes.map_or(1, |lanes| lanes.lanes), batch);
        let parts: Vec<_> = from.chunks(cut.group * own).zip(to.chunks_mut(cut.group * other)).collect();
        let is_alone = parts.len() == 1;
        each_group(&mut self.groups, parts, |flow, (mut from, mut to)| {
            if let Some(lanes) = lanes {
                let done = from.len() / own / lanes.lanes * lanes.lanes;
                let (first, rest) = from.split_at(done * own);
                let (first_to, rest_to) = to.split_at_mut(done * other);
                let blocks = first.chunks(lanes.lanes * own).zip(first_to.chunks_mut(lanes.lanes * other));
                blocks.for_each(|(from, to)| flow.side_by_side(lanes, packed, (from, to), direction));
                (from, to) = (rest, rest_to);
            }
            let blocks = from.chunks(cut.block * own).zip(to.chunks_mut(cut.block * other));
            blocks.for_each(|(from, to)| direction(flow, route, packed, is_alone, from, to));
        });
    }

    pub(super) fn gradient(&mut self, route: &Route, batch: usize, x: &[T], dy: &[T], weights: &mut [T]) {
        let cut = Cut::new::<T>(route, batch);
        let [own, other] = [route.inputs.size, route.outputs.size];
        let parts: Vec<_> = x.chunks(cut.group * own).zip(dy.chunks(cut.group * other)).collect();
        let (groups, is_alone) = (parts.len(), parts.len() == 1);
        each_group(&mut self.groups, parts, |flow, (x, dy)| {
            flow.gradient.clear(route);
            let blocks = x.chunks(cut.block * own).zip(dy.chunks(cut.block * other));
            blocks.for_each(|(x, dy)| flow.gradient(route, is_alone, x, dy));
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
    memory: Memory<T>,
    packing: Vec<T>,
    /// Items side by side: the source and the result.
    aside: [Vec<T>; 2],
    gradient: Matrices<T>,
}

/// What both sides use one after the other.
#[derive(Debug, Clone)]
struct Memory<T> {
    /// Intermediate tensors of heads and forms.
    scratch: Vec<T>,
    odometer: Odometer,
    gather: GatherMemory<T>,
    spread: SpreadMemory<T>,
}

impl<T> Default for Flow<T> {
    fn default() -> Self {
        let memory = Memory {
            scratch: Vec::new(),
            odometer: Odometer::default(),
            gather: GatherMemory::default(),
            spread: SpreadMemory::default(),
        };
        let (inputs, outputs) = (Vec::new(), Vec::new());
        let aside = [Vec::new(), Vec::new()];
        Self { inputs, outputs, memory, packing: Vec::new(), aside, gradient: Matrices::default() }
    }
}

impl<T: Scalar> Flow<T> {
    fn forward(&mut self, route: &Route, packed: &Packed<T>, is_alone: bool, x: &[T], y: &mut [T]) {
        let batch = x.len() / route.inputs.size;
        let sides = [(&route.inputs, &mut self.inputs), (&route.outputs, &mut self.outputs)];
        pass(&route.exchanges[0], packed, (batch, is_alone), sides, (x, y), &mut self.memory);
    }

    fn transposed(&mut self, route: &Route, packed: &Packed<T>, is_alone: bool, dy: &[T], dx: &mut [T]) {
        let batch = dx.len() / route.inputs.size;
        let sides = [(&route.outputs, &mut self.outputs), (&route.inputs, &mut self.inputs)];
        pass(&route.exchanges[1], packed, (batch, is_alone), sides, (dy, dx), &mut self.memory);
    }

    /// As many items as there are lanes, each a lane of every channel.
    fn side_by_side(
        &mut self,
        route: &Route,
        packed: &Packed<T>,
        (from, to): (&[T], &mut [T]),
        direction: Direction<T>,
    ) {
        let [mut source, mut result] = std::mem::take(&mut self.aside);
        source.resize(from.len(), <T as Real>::ZERO);
        result.resize(to.len(), <T as Real>::ZERO);
        exchange_axes([route.lanes, from.len() / route.lanes], from, &mut source);
        direction(self, route, packed, false, &source, &mut result);
        exchange_axes([to.len() / route.lanes, route.lanes], &result, to);
        self.aside = [source, result];
    }

    /// Adds the gradients of a block to those of its group.
    fn gradient(&mut self, route: &Route, is_alone: bool, x: &[T], dy: &[T]) {
        let batch = x.len() / route.inputs.size;
        gather(&route.inputs, (batch, is_alone), x, &mut self.inputs, &mut self.memory);
        gather(&route.outputs, (batch, is_alone), dy, &mut self.outputs, &mut self.memory);
        for (place, (order, mix)) in mixes(route).enumerate() {
            let (input, output) = (&route.inputs.bottlenecks[order], &route.outputs.bottlenecks[order]);
            let left = if input.is_whole { x } else { &self.inputs[order][..] };
            let right = if output.is_whole { dy } else { &self.outputs[order][..] };
            let product = route.weights(order, mix, batch);
            multiply(&product, [left, right], self.gradient.matrix_mut(place), Mode::Add, &mut self.packing);
        }
    }
}

/// From one side to the other.
fn pass<T: Scalar>(
    exchanges: &[Exchange],
    packed: &Packed<T>,
    (batch, is_alone): (usize, bool),
    [(source, own), (target, other)]: [(&Side, &mut Vec<Vec<T>>); 2],
    (from, to): (&[T], &mut [T]),
    memory: &mut Memory<T>,
) {
    gather(source, (batch, is_alone), from, own, memory);
    prepare(target, batch, other);
    let mut whole = None;
    for exchange in exchanges {
        let from = if source.bottlenecks[exchange.order].is_whole { from } else { &own[exchange.order] };
        if target.bottlenecks[exchange.order].is_whole {
            whole = Some(WholeMix { exchange, matrices: packed, from });
        } else {
            let to = &mut other[exchange.order];
            exchange::run(exchange, packed, (batch, is_alone), (from, to), &mut memory.odometer);
        }
    }
    scatter(target, (batch, is_alone), (other, whole), to, memory);
}

/// Writes the transpose of a `[rows, columns]` matrix.
fn exchange_axes<T: Scalar>([rows, columns]: [usize; 2], from: &[T], to: &mut [T]) {
    let strided = |size, strides: [usize; 2]| Strided { size, strides: strides.map(usize::cast_signed) };
    let kept = vec![strided(columns, [1, rows]), strided(rows, [columns, 1])];
    // Real numbers are copied without errors.
    let _ = T::arithmetic().reduce(&Reduction { kept, summed: Vec::new() }, from, to, Mode::Overwrite);
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

/// Makes room for the bottlenecks that are not the whole tensor.
fn prepare<T: Scalar>(side: &Side, batch: usize, tensors: &mut Vec<Vec<T>>) {
    tensors.resize_with(side.bottlenecks.len(), Vec::new);
    for (tensor, bottleneck) in tensors.iter_mut().zip(&side.bottlenecks) {
        let len = if bottleneck.is_whole { 0 } else { batch * bottleneck.size };
        tensor.resize(len, <T as Real>::ZERO);
    }
}

/// Reduces the whole tensor to every bottleneck.
fn gather<T: Scalar>(
    side: &Side,
    (batch, is_alone): (usize, bool),
    whole: &[T],
    tensors: &mut Vec<Vec<T>>,
    memory: &mut Memory<T>,
) {
    prepare(side, batch, tensors);
    tensors.iter_mut().for_each(|tensor| tensor.fill(<T as Real>::ZERO));
    let Memory { scratch, gather, .. } = memory;
    scratch.resize(side.scratch, <T as Real>::ZERO);
    for (item, whole) in whole.chunks_exact(side.size).enumerate() {
        if !side.dense.parts.is_empty() {
            side.dense.gather(is_alone, whole, gather);
        }
        for part in &side.dense.parts {
            let start = item * side.bottlenecks[part.small].size + part.offset;
            carry(&part.tracks.down, side.dense.part(part, &gather.inner), &mut tensors[part.small][start..]);
        }
        for link in &side.links {
            let mut small = std::mem::take(&mut tensors[link.small]);
            let part = &mut small[item * side.bottlenecks[link.small].size..][link.offset..];
            let large = match link.large {
                Place::Whole => whole,
                Place::Order(order) => &tensors[order][item * side.bottlenecks[order].size..],
            };
            match &link.through {
                None => carry(&link.tracks.down, &large[link.pieces[0].0..], part),
                Some(own) => through::gather(link, own, side.channels, large, (scratch, part)),
            }
            tensors[link.small] = small;
        }
    }
}

/// Overwrites the whole tensor with all bottlenecks and the mix of another whole tensor. The bottlenecks are used up.
fn scatter<T: Scalar>(
    side: &Side,
    (batch, is_alone): (usize, bool),
    (tensors, mix): (&mut [Vec<T>], Option<WholeMix<'_, T>>),
    whole: &mut [T],
    memory: &mut Memory<T>,
) {
    let Memory { scratch, gather: GatherMemory { inner, .. }, odometer, spread } = memory;
    scratch.resize(side.scratch, <T as Real>::ZERO);
    match mix {
        Some(mix) if side.dense.parts.is_empty() => {
            exchange::run(mix.exchange, mix.matrices, (batch, is_alone), (mix.from, &mut *whole), odometer);
        }
        None if side.dense.parts.is_empty() => whole.fill(<T as Real>::ZERO),
        _ => {}
    }
    for (item, whole) in whole.chunks_exact_mut(side.size).enumerate() {
        // Smaller bottlenecks first, so that those that others are added to are ready.
        for link in side.links.iter().rev() {
            let Place::Order(order) = link.large else { continue };
            let mut large = std::mem::take(&mut tensors[order]);
            let start = item * side.bottlenecks[link.small].size + link.offset;
            let part = &mut large[item * side.bottlenecks[order].size..];
            carry(&link.tracks.up, &tensors[link.small][start..], &mut part[link.pieces[0].0..]);
            tensors[order] = large;
        }
        if !side.dense.parts.is_empty() {
            inner.clear();
            inner.resize(side.dense.size, <T as Real>::ZERO);
            for part in &side.dense.parts {
                let start = item * side.bottlenecks[part.small].size + part.offset;
                carry(&part.tracks.up, &tensors[part.small][start..], side.dense.part_mut(part, inner));
            }
            let mix = mix.map(|mix| WholeMix { from: &mix.from[item * mix.exchange.items[0]..], ..mix });
            side.dense.spread(is_alone, inner, mix, (whole, spread));
        }
        for link in side.links.iter().rev().filter(|link| link.large == Place::Whole) {
            let part = &tensors[link.small][item * side.bottlenecks[link.small].size..][link.offset..];
            match &link.through {
                None => carry(&link.tracks.up, part, &mut whole[link.pieces[0].0..]),
                Some(own) => through::scatter(link, own, side.channels, (part, scratch), whole),
            }
        }
    }
}
