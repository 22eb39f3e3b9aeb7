//! A TensorNet model as a [`Potential`]: the order of the passes, and what is kept between evaluations.

use std::sync::{Arc, Mutex};

use schur_atoms::Structure;
use schur_multilinear::{ChannelwiseWorkspace, EdgeScratch, SplinePoint};
use schur_tensor::{Aligned, Real};

use super::embedding::{AtomEdges, Sums};
use super::plan::Plan;
use super::radial::NetworkScratch;
use super::readout::ReadoutScratch;
use crate::graph::{AtomValues, EdgeGradient, Geometry, Locate, block_of, with_scratch};
use crate::layers::PerceptronScratch;
use crate::{Evaluation, Potential, PotentialError, Request};

/// Atoms in a block: a multiple of the six rows of a matrix tile, so that all tiles are full, and few enough that the
/// features of a block and the weights of a layer share the second-level cache.
const BLOCK: usize = 12;

/// A TensorNet model with the memory that its evaluations use again.
pub(crate) struct TensornetPotential<T: Real> {
    plan: Plan<T>,
    pool: Arc<rayon::ThreadPool>,
    geometry: Option<Geometry<T>>,
    state: State<T>,
    /// One for each thread of the pool.
    scratch: Vec<Mutex<Scratch<T>>>,
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
pub(super) struct Scratch<T> {
    pub edges: EdgeScratch<T>,
    pub network: NetworkScratch<T>,
    pub distances: Vec<f64>,
    pub points: Vec<SplinePoint<T>>,
    pub sums: Sums<T>,
    pub perceptron: PerceptronScratch<T>,
    pub readout: ReadoutScratch<T>,
    pub circuits: ChannelwiseWorkspace<T>,
    /// Features of a block, `[atom][component][channel]`.
    pub block: Aligned<T>,
    pub other: Aligned<T>,
    /// Invariants of a block, `[atom][channel]`.
    pub norm: Aligned<T>,
    pub normed: Aligned<T>,
    /// Factors of the three parts, `[atom][part][channel]`.
    pub factors: Aligned<T>,
    /// The one harmonic of messages, and its cotangent, which nobody reads.
    pub ones: Vec<T>,
    pub unread: Vec<T>,
}

impl<T: Real> TensornetPotential<T> {
    /// Makes the potential; memory is taken at the first evaluation.
    pub fn new(plan: Plan<T>, pool: Arc<rayon::ThreadPool>) -> Self {
        let scratch = (0..pool.current_num_threads()).map(|_| Mutex::default()).collect();
        Self { plan, pool, geometry: None, state: State::default(), scratch }
    }

    fn run(&mut self, structure: &Structure, request: Request, out: &mut Evaluation) -> Result<(), PotentialError> {
        let mut geometry = match self.geometry.take() {
            Some(geometry) => geometry,
            None => Geometry::new(self.plan.cutoff)?,
        };
        let result = self.run_with(&mut geometry, structure, request, out);
        // The list is kept even where this structure was refused: the next one may be sound.
        self.geometry = Some(geometry);
        result
    }

    fn run_with(
        &mut self,
        geometry: &mut Geometry<T>,
        structure: &Structure,
        request: Request,
        out: &mut Evaluation,
    ) -> Result<(), PotentialError> {
        let block = block_of(structure.len(), BLOCK, self.scratch.len());
        let table = self.plan.embedding.table.as_ref();
        let locate = table.map(|table| |_: usize, _: usize, r: f64| table.locate(r));
        let locate = locate.as_ref().map(|locate| locate as Locate<'_, T>);
        geometry.update(structure, &self.plan.harmonics, locate, block)?;
        self.plan.species.fill(structure, &geometry.order, &mut self.state.species)?;
        let reverse = request.forces || request.virials;
        let passes = Passes { plan: &self.plan, geometry, scratch: &self.scratch, block, reverse };
        passes.forward(&mut self.state);
        if reverse {
            passes.backward(&mut self.state);
        }
        self.state.values.deliver(geometry, request, out)
    }
}

/// What all passes over the layers share.
pub(super) struct Passes<'a, T: Real> {
    pub plan: &'a Plan<T>,
    pub geometry: &'a Geometry<T>,
    pub scratch: &'a [Mutex<Scratch<T>>],
    pub block: usize,
    /// Whether a reverse pass follows.
    pub reverse: bool,
}

impl<'a, T: Real> Passes<'a, T> {
    /// Number of atoms.
    pub fn atoms(&self) -> usize {
        self.geometry.order.len()
    }

    /// The memory of the calling thread.
    pub fn with_scratch<R>(&self, work: impl FnOnce(&mut Scratch<T>) -> R) -> R {
        with_scratch(self.scratch, work)
    }

    /// The atoms of block `index`.
    pub fn atoms_of(&self, index: usize) -> std::ops::Range<usize> {
        let first = index * self.block;
        first..(first + self.block).min(self.atoms())
    }

    /// The edges of atom `k`, for the embedding.
    pub fn edges_of(&self, k: usize) -> AtomEdges<'a, T> {
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

impl<T: Real> Potential for TensornetPotential<T> {
    fn evaluate(
        &mut self,
        structure: &Structure,
        request: Request,
        out: &mut Evaluation,
    ) -> Result<(), PotentialError> {
        structure.validate()?;
        let pool = Arc::clone(&self.pool);
        pool.install(|| self.run(structure, request, out))
    }
}
