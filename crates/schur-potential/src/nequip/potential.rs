//! A NequIP model as a [`Network`]: the order of the passes, and what is kept between evaluations.

use std::sync::Mutex;

use schur_atoms::Structure;
use schur_multilinear::{EdgeScratch, SplinePoint};
use schur_tensor::{Aligned, Real};

use super::plan::Plan;
use crate::graph::{self, AtomValues, EdgeGradient, Geometry, Locate, Network, RadialScratch};
use crate::{PotentialError, Request};

/// Atoms in a block: a multiple of the six rows of a matrix tile, so that all tiles are full; the messages of a block
/// and the weights of a layer then share the second-level cache.
const BLOCK: usize = 12;

/// A NequIP model with the memory that its evaluations use again.
pub(crate) struct NequipNetwork<T: Real> {
    plan: Plan<T>,
    state: State<T>,
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
pub(crate) struct Scratch<T> {
    pub(super) edges: EdgeScratch<T>,
    pub(super) radial: RadialScratch<T>,
    pub(super) distances: Vec<f64>,
    pub(super) points: Vec<SplinePoint<T>>,
    pub(super) messages: Aligned<T>,
    pub(super) turned: Vec<T>,
}

impl<T: Real> NequipNetwork<T> {
    /// Takes no memory before the first evaluation.
    pub fn new(plan: Plan<T>) -> Self {
        Self { plan, state: State::default() }
    }
}

impl<T: Real> Network<T> for NequipNetwork<T> {
    type Scratch = Scratch<T>;

    fn geometry(&self) -> Result<Geometry<T>, PotentialError> {
        Geometry::new(self.plan.architecture.cutoff)
    }

    fn run(
        &mut self,
        geometry: &mut Geometry<T>,
        scratch: &[Mutex<Scratch<T>>],
        structure: &Structure,
        request: Request,
    ) -> Result<&AtomValues, PotentialError> {
        let block = graph::block_of(structure.len(), BLOCK, scratch.len());
        let table = self.plan.layers.first().and_then(|layer| layer.table.as_ref());
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
