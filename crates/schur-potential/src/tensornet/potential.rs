//! A TensorNet model as a [`Network`]: the order of the passes, and what is kept between evaluations.

use std::sync::Mutex;

use schur_atoms::Structure;
use schur_multilinear::{ChannelwiseWorkspace, EdgeScratch, SplinePoint};
use schur_tensor::{Aligned, Real};

use super::embedding::{AtomEdges, Sums};
use super::plan::Plan;
use super::radial::NetworkScratch;
use super::readout::ReadoutScratch;
use crate::graph::{self, AtomValues, EdgeGradient, Geometry, Locate, Network};
use crate::layers::PerceptronScratch;
use crate::{PotentialError, Request};

/// Atoms in a block: a multiple of the six rows of a matrix tile, so that all tiles are full, and few enough that the
/// features of a block and the weights of a layer share the second-level cache.
const BLOCK: usize = 12;

/// A TensorNet model with the memory that its evaluations use again.
pub(crate) struct TensornetNetwork<T: Real> {
    plan: Plan<T>,
    state: State<T>,
}

/// What a layer reads and makes, `[atom][component][channel]`, renumbered.
#[derive(Debug, Default)]
pub(super) struct LayerState<T> {
    /// The features before the layer, divided by their squared norm plus one.
    pub x: Aligned<T>,
    /// The features after mixing: what the layer gathers.
    pub y: Aligned<T>,
    /// Messages.
    pub m: Aligned<T>,
    /// What the layer adds, before its square.
    pub d: Aligned<T>,
}

/// Features and cotangents of all atoms, renumbered.
#[derive(Debug, Default)]
pub(super) struct State<T> {
    pub species: Vec<u8>,
    /// Sums over the neighbours, before and after mixing.
    pub sums: Aligned<T>,
    pub mixed: Aligned<T>,
    /// What the activations of the embedding's gate have read; a piece a block.
    pub gate: Aligned<T>,
    pub layers: Vec<LayerState<T>>,
    /// Cotangents of a layer's `x`, of `y` where the atom itself reads it, and of `m` with the one before.
    pub dx: Aligned<T>,
    pub dy: Aligned<T>,
    pub dm: Aligned<T>,
    pub next_dm: Aligned<T>,
    pub edges: EdgeGradient<T>,
    pub values: AtomValues,
}

/// Memory of one thread.
#[derive(Debug, Default)]
pub(crate) struct Scratch<T> {
    pub(super) edges: EdgeScratch<T>,
    pub(super) network: NetworkScratch<T>,
    pub(super) distances: Vec<f64>,
    pub(super) points: Vec<SplinePoint<T>>,
    pub(super) sums: Sums<T>,
    pub(super) perceptron: PerceptronScratch<T>,
    pub(super) readout: ReadoutScratch<T>,
    pub(super) circuits: ChannelwiseWorkspace<T>,
    /// Features of a block, `[atom][component][channel]`.
    pub(super) block: Aligned<T>,
    pub(super) other: Aligned<T>,
    /// Invariants of a block, `[atom][channel]`.
    pub(super) norm: Aligned<T>,
    pub(super) normed: Aligned<T>,
    /// Energies of a block that were known before.
    pub(super) energies: Vec<f64>,
    /// Factors of the three parts, `[atom][part][channel]`.
    pub(super) factors: Aligned<T>,
    /// The one harmonic of messages, and its cotangent, which nobody reads.
    pub(super) ones: Vec<T>,
    pub(super) unread: Vec<T>,
}

impl<T: Real> TensornetNetwork<T> {
    /// Takes no memory before the first evaluation.
    pub fn new(plan: Plan<T>) -> Self {
        Self { plan, state: State::default() }
    }
}

impl<T: Real> Network<T> for TensornetNetwork<T> {
    type Scratch = Scratch<T>;

    fn geometry(&self) -> Result<Geometry<T>, PotentialError> {
        Geometry::new(self.plan.cutoff)
    }

    fn run(
        &mut self,
        geometry: &mut Geometry<T>,
        scratch: &[Mutex<Scratch<T>>],
        structure: &Structure,
        request: Request,
    ) -> Result<&AtomValues, PotentialError> {
        let block = graph::block_of(structure.len(), BLOCK, scratch.len());
        let table = self.plan.embedding.table.as_ref();
        let locate = table.map(|table| |_: usize, _: usize, r: f64| table.locate(r));
        let locate = locate.as_ref().map(|locate| locate as Locate<'_, T>);
        geometry.update(structure, &self.plan.harmonics, locate, block)?;
        self.plan.species.fill(structure, &geometry.order, &mut self.state.species)?;
        let passes = Passes { plan: &self.plan, geometry, scratch, block, reverse: request.reverse() };
        passes.forward(&mut self.state);
        if passes.reverse {
            passes.backward(&mut self.state);
        }
        Ok(&self.state.values)
    }
}

/// What all passes share.
pub(super) type Passes<'a, T> = graph::Passes<'a, Plan<T>, Scratch<T>, T>;

impl<'a, T: Real> Passes<'a, T> {
    /// The edges of atom `k`, for the embedding.
    pub(super) fn edges_of(&self, k: usize) -> AtomEdges<'a, T> {
        let (geometry, count) = (self.geometry, self.plan.harmonics.len());
        let row = geometry.row(k);
        let points = if geometry.points.is_empty() { &[][..] } else { &geometry.points[row.clone()] };
        AtomEdges {
            nodes: &geometry.nodes[row.clone()],
            vectors: &geometry.vectors[row.clone()],
            harmonics: &geometry.harmonics[row.start * count..row.end * count],
            points,
        }
    }
}
