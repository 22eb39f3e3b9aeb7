//! From one side to the other: which reductions meet which spreadings, and the weights between them.

use schur_diagram::permutation_sign;
use schur_tensor::product::{Product, Strided};

use crate::linear::exchange;
use crate::side::{Axis, Side, Structure};
use crate::wiring::Wiring;
use crate::{LayerError, Space};

/// One map of the layer within a mixing matrix.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Term {
    /// The map, whose weights these are.
    pub map: usize,
    /// Its reduction, by its place in the bottleneck.
    pub input: usize,
    /// Its spreading.
    pub output: usize,
    /// Whether its weights count negative.
    pub is_negative: bool,
}

/// All maps that take the axes of one bottleneck to those of its counterpart in the same order.
#[derive(Debug, Clone)]
pub(crate) struct Mix {
    /// Output axis `j` is input axis `permutation[j]`.
    pub permutation: Vec<usize>,
    pub terms: Vec<Term>,
}

/// A pair of bottlenecks with the same axes.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    /// Reductions, and spreadings.
    pub structures: [usize; 2],
    pub mixes: Vec<Mix>,
}

/// A layer without its weights.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub inputs: Side,
    pub outputs: Side,
    pub orders: Vec<Order>,
    /// From input to output bottlenecks, an exchange an order, and the other way.
    pub exchanges: [Vec<Exchange>; 2],
    /// In and out, those of all lanes.
    pub channels: [usize; 2],
    /// How many items run side by side, each a lane of every channel.
    pub lanes: usize,
}

/// How the bottlenecks of an order are mixed, in one of the two directions.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    /// The order.
    pub order: usize,
    /// The number of its mixes, and the place of the first of them among those of all orders.
    pub mixes: usize,
    pub first: usize,
    /// Axes in the order in which they lie in the result.
    pub axes: Vec<exchange::Axis>,
    /// Numbers of an item in the source and in the result.
    pub items: [usize; 2],
    /// Rows and columns of the mixing matrices.
    pub sizes: [usize; 2],
    /// Items side by side.
    pub lanes: usize,
}

impl Exchange {
    /// Multiply-adds of one combination of indices.
    pub const fn work(&self) -> usize {
        self.mixes * self.sizes[0] * self.sizes[1] * self.lanes
    }
}

/// An order while maps are still being added.
struct Draft {
    sorts: Vec<usize>,
    inputs: Vec<Structure>,
    outputs: Vec<Structure>,
    mixes: Vec<Mix>,
}

impl Route {
    /// Takes maps apart into reductions, mixing and spreading, and shares what is equal.
    pub fn new(
        space: &Space,
        [bottom, top]: [&[usize]; 2],
        wirings: &[Wiring],
        (channels, lanes): ([usize; 2], usize),
    ) -> Result<Self, LayerError> {
        let channels = channels.map(|channels| channels.saturating_mul(lanes));
        let mut drafts: Vec<Draft> = Vec::new();
        for (map, wiring) in wirings.iter().enumerate() {
            let (input, output) = (Structure::of_inputs(wiring), Structure::of_outputs(wiring));
            let (before, after) = (input.axes(bottom), output.axes(top));
            let sorts: Vec<usize> = before.iter().map(|axis| axis.sort).collect();
            let place = drafts.iter().position(|draft| draft.sorts == sorts).unwrap_or_else(|| {
                drafts.push(Draft { sorts, inputs: Vec::new(), outputs: Vec::new(), mixes: Vec::new() });
                drafts.len() - 1
            });
            let draft = &mut drafts[place];
            let permutation = permutation(wiring, &before, &after);
            let is_negative = is_negative(wiring);
            let (input, output) = (place_of(&mut draft.inputs, input), place_of(&mut draft.outputs, output));
            let term = Term { map, input, output, is_negative };
            match draft.mixes.iter_mut().find(|mix| mix.permutation == permutation) {
                Some(mix) => mix.terms.push(term),
                None => draft.mixes.push(Mix { permutation, terms: vec![term] }),
            }
        }
        let side = |of: fn(&Draft) -> &Vec<Structure>, sorts: &[usize], channels| {
            let orders: Vec<_> = drafts.iter().map(|draft| (draft.sorts.clone(), of(draft).clone())).collect();
            Side::new(space, sorts, &orders, channels)
        };
        let inputs = side(|draft| &draft.inputs, bottom, channels[0])?;
        let outputs = side(|draft| &draft.outputs, top, channels[1])?;
        let order = |draft: Draft| Order { structures: [draft.inputs.len(), draft.outputs.len()], mixes: draft.mixes };
        let orders: Vec<Order> = drafts.into_iter().map(order).collect();
        let mut route = Self { inputs, outputs, orders, exchanges: [Vec::new(), Vec::new()], channels, lanes };
        route.exchanges = [false, true].map(|is_backward| route.exchanges(is_backward));
        Ok(route)
    }

    /// All orders in one direction.
    fn exchanges(&self, is_backward: bool) -> Vec<Exchange> {
        let sides = if is_backward { [&self.outputs, &self.inputs] } else { [&self.inputs, &self.outputs] };
        let mut first = 0;
        let exchange = |order: usize| {
            let mixes = &self.orders[order].mixes;
            let [from, to] = sides.map(|side| &side.bottlenecks[order]);
            let axis = |own: usize| {
                let other = |mix: &Mix| match is_backward {
                    false => mix.permutation[own],
                    true => mix.permutation.iter().position(|&other| other == own).unwrap_or(own),
                };
                let from = mixes.iter().map(|mix| from.strides[other(mix)]).collect();
                exchange::Axis { size: to.sizes[own], to: to.strides[own], from }
            };
            let mut axes: Vec<exchange::Axis> = (0..to.sizes.len()).map(axis).collect();
            axes.sort_by_key(|axis| std::cmp::Reverse(axis.to));
            let mut sizes = self.mixing(order).map(|size| size / self.lanes);
            if is_backward {
                sizes.reverse();
            }
            let (items, lanes) = ([from.size, to.size], self.lanes);
            let own = Exchange { order, mixes: mixes.len(), first, axes, items, sizes, lanes };
            first += mixes.len();
            own
        };
        (0..self.orders.len()).map(exchange).collect()
    }

    /// Rows and columns of the mixing matrices of an order.
    pub fn mixing(&self, order: usize) -> [usize; 2] {
        let [inputs, outputs] = self.orders[order].structures;
        [inputs * self.channels[0], outputs * self.channels[1]]
    }

    /// Cotangent of the mixing matrix = transposed input bottleneck times output cotangent.
    pub fn weights(&self, order: usize, mix: &Mix, batch: usize) -> Product {
        let [rows, columns] = self.mixing(order);
        Product {
            batch: Vec::new(),
            rows: vec![strided(rows, [1, columns])],
            columns: vec![strided(columns, [1, 1])],
            inner: self
                .indices(order, mix, batch)
                .map(|(size, input, output)| strided(size, [input, output]))
                .collect(),
        }
    }

    /// Size, step in the input bottleneck and step in the output bottleneck of batch and axes.
    fn indices<'a>(
        &'a self,
        order: usize,
        mix: &'a Mix,
        batch: usize,
    ) -> impl Iterator<Item = (usize, usize, usize)> + 'a {
        let (input, output) = (&self.inputs.bottlenecks[order], &self.outputs.bottlenecks[order]);
        let axes = mix.permutation.iter().enumerate();
        let axis = |(own, &other): (usize, &usize)| (output.sizes[own], input.strides[other], output.strides[own]);
        std::iter::once((batch, input.size, output.size)).chain(axes.map(axis))
    }
}

fn strided<const N: usize>(size: usize, strides: [usize; N]) -> Strided<N> {
    Strided { size, strides: strides.map(usize::cast_signed) }
}

fn place_of(structures: &mut Vec<Structure>, structure: Structure) -> usize {
    structures.iter().position(|other| *other == structure).unwrap_or_else(|| {
        structures.push(structure);
        structures.len() - 1
    })
}

/// For each axis that the outputs keep, the axis of the reduced inputs that it is.
fn permutation(wiring: &Wiring, before: &[Axis], after: &[Axis]) -> Vec<usize> {
    let find = |axis: &Axis| {
        let label = wiring.labels[axis.block];
        let inputs = &wiring.labels[wiring.top..];
        let wanted = match inputs.iter().position(|other| *other == label) {
            Some(block) => (None, block),
            None => {
                let head = wiring.heads.iter().position(|(sort, held)| *sort == label.0 && held.contains(&label.1));
                (head, rank_among_new(wiring, label))
            }
        };
        before.iter().position(|other| (other.head, other.block) == wanted).unwrap_or(0)
    };
    after.iter().map(find).collect()
}

/// The blocks that a head makes are numbered by their first output axes.
fn rank_among_new(wiring: &Wiring, label: (usize, u8)) -> usize {
    // Blocks are numbered by their first vertices, and outputs come first.
    let is_new = |&&block: &&u8| block < label.1 && !wiring.is_bottom((label.0, block));
    wiring.heads.iter().filter(|(sort, _)| *sort == label.0).flat_map(|(_, held)| held).filter(is_new).count()
}

/// Whether an odd permutation takes the heads' tentacles to the order in which sums over them run: kept blocks by their
/// first inputs, new ones by their first outputs, summed ones by their first inputs.
fn is_negative(wiring: &Wiring) -> bool {
    let inputs = &wiring.labels[wiring.top..];
    let first_input = |label: (usize, u8)| inputs.iter().position(|other| *other == label).unwrap_or(0);
    let is_odd = |(sort, held): &(usize, Vec<u8>)| {
        let key = |&block: &u8| {
            let label = (*sort, block);
            match (wiring.is_bottom(label), wiring.is_top(label)) {
                (true, true) => (0, first_input(label)),
                (false, _) => (1, usize::from(block)),
                (true, false) => (2, first_input(label)),
            }
        };
        let keys: Vec<(u8, usize)> = held.iter().map(key).collect();
        permutation_sign(&keys) < 0
    };
    wiring.heads.iter().filter(|head| is_odd(head)).count() % 2 == 1
}
