//! What atoms gather from their neighbours in a layer: with channels, or in layer 0 with neurons in their place.

use std::ops::Range;

use schur_multilinear::{EdgeProduct, Edges, SplinePoint};
use schur_product::{Layout, Linear};
use schur_tensor::Real;

use super::first_layer::FirstLayer;
use super::plan::Plan;
use super::potential::{Passes, Scratch};
use crate::graph::Geometry;

/// Layer 0 with neurons in place of channels, for the species of a structure.
#[derive(Clone, Copy)]
pub(super) struct FirstOf<'a, T: Real> {
    pub layer: &'a FirstLayer<T>,
    /// From sums over neighbours to the target, `[species]`, of the species that occur.
    gathers: &'a [Option<Linear<T>>],
    /// Species that occur, ascending.
    present: &'a [u8],
}

impl<'a, T: Real> FirstOf<'a, T> {
    /// None where channels are cheaper.
    pub fn new(plan: &'a Plan<T>, gathers: &'a [Option<Linear<T>>], present: &'a [u8]) -> Option<Self> {
        let layer = plan.first.as_ref().filter(|first| first.pays(present.len()))?;
        Some(Self { layer, gathers, present })
    }

    /// Which of the species that occur this is.
    pub fn place(self, species: u8) -> usize {
        self.present.iter().position(|&s| s == species).unwrap_or(0)
    }
}

/// The edge product of a layer, what it reads and makes, and where its weights are tabulated.
#[derive(Clone, Copy)]
pub(super) struct Gathering<'a, T> {
    pub sent: &'a Layout,
    pub message: &'a Layout,
    pub product: &'a EdgeProduct<T>,
    pub table: usize,
}

/// The edges of a row to neighbours of one species, side by side.
#[derive(Debug, Default)]
pub(crate) struct Selection<T> {
    nodes: Vec<u32>,
    harmonics: Vec<T>,
    points: Vec<SplinePoint<T>>,
}

impl<T: Real> Selection<T> {
    fn fill(&mut self, geometry: &Geometry<T>, row: Range<usize>, is_wanted: impl Fn(u32) -> bool) {
        self.nodes.clear();
        self.harmonics.clear();
        self.points.clear();
        let count = geometry.harmonics.len() / geometry.nodes.len().max(1);
        for edge in row.filter(|&edge| is_wanted(geometry.nodes[edge])) {
            self.nodes.push(geometry.nodes[edge]);
            self.harmonics.extend_from_slice(&geometry.harmonics[edge * count..(edge + 1) * count]);
            self.points.push(geometry.points[edge]);
        }
    }
}

impl<T: Real> Passes<'_, T> {
    /// Layer `t` with neurons in place of channels, if it is run so.
    pub(super) fn first(&self, t: usize) -> Option<FirstOf<'_, T>> {
        self.plan.first.filter(|_| t == 0)
    }

    /// How layer `t` gathers.
    pub(super) fn gathering(&self, t: usize) -> Gathering<'_, T> {
        match self.first(t) {
            Some(FirstOf { layer, .. }) => {
                let table = self.plan.layers.len();
                Gathering { sent: &layer.sent, message: &layer.message, product: &layer.product, table }
            }
            None => {
                let layer = &self.plan.layers[t];
                Gathering { sent: &layer.sent, message: &layer.message, product: &layer.product, table: t }
            }
        }
    }

    /// How many kinds of messages layer `t` has: with neurons one for each species that sends, else one.
    pub(super) fn kinds(&self, t: usize) -> usize {
        self.first(t).map_or(1, |first| first.present.len())
    }

    /// What makes a target of messages of a kind.
    pub(super) fn gather_of(&self, t: usize, kind: usize) -> &Linear<T> {
        let own = self.first(t).and_then(|first| first.gathers[usize::from(first.present[kind])].as_ref());
        own.unwrap_or(&self.plan.layers[t].gather)
    }

    /// What a block of atoms gathers, before mixing and division: into `out`, `[atom][target]`.
    pub(super) fn collect(
        &self,
        t: usize,
        atoms: Range<usize>,
        sent: (&[T], &[u8]),
        (out, scratch): (&mut [T], &mut Scratch<T>),
    ) {
        for kind in 0..self.kinds(t) {
            let only = self.first(t).filter(|first| first.present.len() > 1).map(|first| first.present[kind]);
            self.messages(t, atoms.clone(), sent, only, scratch);
            self.gather_of(t, kind).forward(atoms.len(), scratch.messages.as_slice(), out, kind > 0);
        }
    }

    /// The messages of a block of atoms, of neighbours of one species or all, into the thread's memory,
    /// `[atom][message]`.
    fn messages(
        &self,
        t: usize,
        atoms: Range<usize>,
        (sent, species): (&[T], &[u8]),
        only: Option<u8>,
        scratch: &mut Scratch<T>,
    ) {
        let Gathering { message, product, table, .. } = self.gathering(t);
        let (width, harmonics) = (message.len(), self.plan.harmonics.len());
        scratch.messages.resize(atoms.len() * width);
        for (local, k) in atoms.enumerate() {
            let row = self.geometry.row(k);
            self.radial_weights(&self.plan.layers[t], species, k, scratch);
            let out = &mut scratch.messages.as_mut_slice()[local * width..(local + 1) * width];
            let edges = match (only, self.plan.tables) {
                (Some(only), Some(tables)) => {
                    let selection = &mut scratch.selection;
                    selection.fill(self.geometry, row, |node| species[node as usize] == only);
                    let weights = tables.weights(table, &selection.points);
                    Edges { nodes: &selection.nodes, harmonics: &selection.harmonics, weights }
                }
                _ => {
                    let nodes = &self.geometry.nodes[row.clone()];
                    let values = &self.geometry.harmonics[row.start * harmonics..row.end * harmonics];
                    let weights = self.weights((t, table), row, &scratch.radial, &scratch.points);
                    Edges { nodes, harmonics: values, weights }
                }
            };
            product.forward(edges, sent, out, &mut scratch.edges);
        }
    }
}
