//! A NequIP model as a [`Potential`]: the order of the passes, and what is kept between evaluations.

use std::sync::{Arc, Mutex};

use schur_atoms::Structure;
use schur_multilinear::{EdgeScratch, SplinePoint};
use schur_tensor::{Aligned, Real};

use super::plan::Plan;
use crate::graph::{AtomValues, EdgeGradient, EdgeHarmonics, Geometry, Locate, RadialScratch, block_of, with_scratch};
use crate::{Evaluation, Potential, PotentialError, Request};

/// Atoms in a block: a multiple of the six rows of a matrix tile, so that all tiles are full; the messages of a block
/// and the weights of a layer then share the second-level cache.
const BLOCK: usize = 12;

/// A NequIP model with the memory that its evaluations use again.
pub(crate) struct NequipPotential<T: Real> {
    plan: Plan<T>,
    pool: Arc<rayon::ThreadPool>,
    geometry: Option<Geometry<T>>,
    state: State<T>,
    /// One for each thread of the pool.
    scratch: Vec<Mutex<Scratch<T>>>,
}

/// Features and cotangents of all atoms, renumbered.
#[derive(Debug, Default)]
pub(super) struct State<T> {
    pub species: Vec<u8>,
    /// What each layer gathers, `[layer][atom][features]`.
    pub gathered: Vec<Aligned<T>>,
    /// What each layer's gate reads, `[layer][atom][gate input]`; the reverse pass turns it into its cotangent.
    pub gate_inputs: Vec<Aligned<T>>,
    /// The features behind the last layer, and one to write the next into.
    pub features: Aligned<T>,
    pub next_features: Aligned<T>,
    /// Cotangent of the features.
    pub gradient: Aligned<T>,
    /// Cotangent of the messages, `[atom][message]`.
    pub message_gradient: Aligned<T>,
    pub edges: EdgeGradient<T>,
    pub values: AtomValues,
}

/// Memory of one thread.
#[derive(Debug, Default)]
pub(super) struct Scratch<T> {
    pub edges: EdgeScratch<T>,
    pub radial: RadialScratch<T>,
    pub distances: Vec<f64>,
    pub points: Vec<SplinePoint<T>>,
    pub messages: Aligned<T>,
    pub turned: Vec<T>,
}

impl<T: Real> NequipPotential<T> {
    /// Makes the potential; memory is taken at the first evaluation.
    pub fn new(plan: Plan<T>, pool: Arc<rayon::ThreadPool>) -> Self {
        let scratch = (0..pool.current_num_threads()).map(|_| Mutex::default()).collect();
        Self { plan, pool, geometry: None, state: State::default(), scratch }
    }

    fn run(&mut self, structure: &Structure, request: Request, out: &mut Evaluation) -> Result<(), PotentialError> {
        let mut geometry = match self.geometry.take() {
            Some(geometry) => geometry,
            None => Geometry::new(self.plan.architecture.cutoff)?,
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
        let table = self.plan.layers.first().and_then(|layer| layer.table.as_ref());
        let locate = table.map(|table| |_: usize, _: usize, r: f64| table.locate(r));
        let locate = locate.as_ref().map(|locate| locate as Locate<'_, T>);
        geometry.update(structure, &self.plan.harmonics, locate, block)?;
        self.plan.species.fill(structure, &geometry.order, &mut self.state.species)?;
        let passes =
            Passes { plan: &self.plan, harmonics: &self.plan.harmonics, geometry, scratch: &self.scratch, block };
        passes.forward(&mut self.state);
        if request.forces || request.virials {
            passes.backward(&mut self.state);
        }
        self.state.values.deliver(geometry, request, out)
    }
}

/// What all passes over the layers share.
pub(super) struct Passes<'a, T: Real> {
    pub plan: &'a Plan<T>,
    pub harmonics: &'a EdgeHarmonics,
    pub geometry: &'a Geometry<T>,
    pub scratch: &'a [Mutex<Scratch<T>>],
    pub block: usize,
}

impl<T: Real> Passes<'_, T> {
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
}

impl<T: Real> Potential for NequipPotential<T> {
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
