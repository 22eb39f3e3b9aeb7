//! A MACE model as a [`Network`]: the order of the passes, and what is kept between evaluations.

use std::ops::{Deref, Range};
use std::sync::Mutex;

use schur_atoms::Structure;
use schur_multilinear::{ChannelwiseWorkspace, EdgeScratch, SplinePoint};
use schur_product::Linear;
use schur_tensor::{Aligned, Real};

use super::elements::ElementLayer;
use super::gathering::{FirstOf, Selection};
use super::pair_tables::PairTables;
use super::plan::{LayerPlan, Plan};
use crate::graph::{self, AtomValues, EdgeGradient, Geometry, Locate, Network, RadialScratch};
use crate::{PotentialError, Request};

/// Atoms in a block: a multiple of the six rows of a matrix tile, so that all tiles are full.
const BLOCK: usize = 12;

/// A MACE model with the memory that its evaluations use again.
pub(crate) struct MaceNetwork<T: Real> {
    plan: Plan<T>,
    /// `[species][layer]`, of the species that have occurred.
    elements: Vec<Option<Vec<ElementLayer<T>>>>,
    /// Of layer 0 with neurons in place of channels, `[species]`.
    gathers: Vec<Option<Linear<T>>>,
    tables: PairTables<T>,
    /// Species that occur, ascending.
    present: Vec<u8>,
    state: State<T>,
}

/// Features and cotangents of all atoms, renumbered.
#[derive(Debug, Default)]
pub(super) struct State<T> {
    /// In the caller's order.
    species_of_atom: Vec<u8>,
    pub species: Vec<u8>,
    /// Atoms of one species side by side.
    pub runs: Vec<(u8, Range<usize>)>,
    /// What each layer gathers, `[layer][atom][sent]`.
    pub sent: Vec<Aligned<T>>,
    /// What each layer contracts, `[layer][atom][target]`.
    pub targets: Vec<Aligned<T>>,
    /// One plus the sum over neighbours that messages are divided by, `[layer][atom]`, and dE/d of it.
    pub densities: Vec<Vec<f64>>,
    pub density_gradients: Vec<Vec<f64>>,
    /// Gradient of a readout that is not linear, `[layer][atom][scalar]`.
    pub readout_gradients: Vec<Aligned<T>>,
    /// What a contraction makes, later its cotangent.
    pub contracted: Aligned<T>,
    /// The features behind the last layer, and one to write the next into.
    pub features: Aligned<T>,
    pub next_features: Aligned<T>,
    /// Cotangent of the features behind a layer and before it.
    pub gradient: Aligned<T>,
    pub next_gradient: Aligned<T>,
    pub target_gradient: Aligned<T>,
    /// Cotangent of the messages, `[kind][atom][message]`.
    pub message_gradient: Aligned<T>,
    pub edges: EdgeGradient<T>,
    pub values: AtomValues,
    pub workspace: ChannelwiseWorkspace<T>,
}

/// Memory of one thread.
#[derive(Debug, Default)]
pub(crate) struct Scratch<T> {
    pub(super) edges: EdgeScratch<T>,
    pub(super) radial: RadialScratch<T>,
    pub(super) distances: Vec<f64>,
    pub(super) pairs: Vec<[u8; 2]>,
    pub(super) numbers: Vec<f64>,
    pub(super) points: Vec<SplinePoint<T>>,
    pub(super) messages: Aligned<T>,
    pub(super) mixed: Aligned<T>,
    pub(super) rows: [Aligned<T>; 2],
    pub(super) turned: Vec<T>,
    pub(super) selection: Selection<T>,
}

impl<T: Real> MaceNetwork<T> {
    /// Takes no memory before the first evaluation.
    pub fn new(plan: Plan<T>) -> Self {
        let species = &plan.architecture.species;
        let elements = species.iter().map(|_| None).collect();
        let gathers = species.iter().map(|_| None).collect();
        let tables = PairTables::new(&plan);
        Self { plan, elements, gathers, tables, present: Vec::new(), state: State::default() }
    }

    /// Makes what the elements of a structure need; says whether radial networks are tabulated for it.
    fn prepare(&mut self, structure: &Structure) -> Result<bool, PotentialError> {
        let Self { state, present, .. } = self;
        self.plan.species.fill_all(structure, &mut state.species_of_atom)?;
        present.clear();
        let mut seen = [false; 256];
        state.species_of_atom.iter().for_each(|&species| seen[usize::from(species)] = true);
        present.extend((0..=u8::MAX).filter(|&species| seen[usize::from(species)]));
        for &species in &*present {
            let species = usize::from(species);
            let plan = &self.plan;
            self.elements[species]
                .get_or_insert_with(|| plan.layers.iter().map(|layer| layer.elements.of(plan.arch, species)).collect());
        }
        let tabulated = !self.plan.exact_radial && self.tables.prepare(&self.plan, present);
        if let Some(first) = self.plan.first.as_ref().filter(|first| tabulated && first.pays(present.len())) {
            let width = self.plan.layers[0].sent.len();
            for species in present.iter().map(|&species| usize::from(species)) {
                let sent = &self.plan.first_sent.as_slice()[species * width..][..width];
                self.gathers[species].get_or_insert_with(|| first.gather_from(sent));
            }
        }
        Ok(tabulated)
    }
}

impl<T: Real> State<T> {
    /// Lists species and their ranges in the geometry's order.
    fn number(&mut self, geometry: &Geometry<T>) {
        self.species.clear();
        self.species.extend(geometry.order.iter().map(|&atom| self.species_of_atom[atom as usize]));
        self.runs.clear();
        for (k, &species) in self.species.iter().enumerate() {
            match self.runs.last_mut() {
                Some((last, range)) if *last == species => range.end = k + 1,
                _ => self.runs.push((species, k..k + 1)),
            }
        }
    }
}

impl<T: Real> Network<T> for MaceNetwork<T> {
    type Scratch = Scratch<T>;

    fn geometry(&self) -> Result<Geometry<T>, PotentialError> {
        Geometry::grouped(self.plan.architecture.cutoff)
    }

    fn run(
        &mut self,
        geometry: &mut Geometry<T>,
        scratch: &[Mutex<Scratch<T>>],
        structure: &Structure,
        request: Request,
    ) -> Result<&AtomValues, PotentialError> {
        let block = graph::block_of(structure.len(), BLOCK, scratch.len());
        let tabulated = self.prepare(structure)?;
        let (tables, species) = (&self.tables, &self.state.species_of_atom);
        let locate = |atom: usize, neighbor: usize, r: f64| tables.locate([species[atom], species[neighbor]], r);
        geometry.update(structure, &self.plan.harmonics, tabulated.then_some(&locate as Locate<'_, T>), block)?;
        self.state.number(geometry);
        let tables = tabulated.then_some(&self.tables);
        let first = tables.and_then(|_| FirstOf::new(&self.plan, &self.gathers, &self.present));
        let plan = &Prepared { plan: &self.plan, elements: &self.elements, tables, first };
        let passes = Passes { plan, geometry, scratch, block, reverse: request.reverse() };
        passes.forward(&mut self.state);
        if passes.reverse {
            passes.backward(&mut self.state);
        }
        Ok(&self.state.values)
    }
}

/// A plan with what was made for the elements of a structure.
pub(super) struct Prepared<'a, T: Real> {
    plan: &'a Plan<T>,
    elements: &'a [Option<Vec<ElementLayer<T>>>],
    /// None where radial networks are evaluated for every edge.
    pub tables: Option<&'a PairTables<T>>,
    /// Layer 0, where it has neurons in place of channels.
    pub first: Option<FirstOf<'a, T>>,
}

impl<T: Real> Deref for Prepared<'_, T> {
    type Target = Plan<T>;

    fn deref(&self) -> &Plan<T> {
        self.plan
    }
}

/// What all passes share.
pub(super) type Passes<'a, T> = graph::Passes<'a, Prepared<'a, T>, Scratch<T>, T>;

impl<T: Real> Passes<'_, T> {
    /// A layer's part of a species that occurs.
    pub(super) fn element(&self, t: usize, species: u8) -> Option<&ElementLayer<T>> {
        self.plan.elements[usize::from(species)].as_ref().map(|layers| &layers[t])
    }

    /// Where the atoms of one species lie in a range of atoms, counted from its beginning.
    pub(super) fn runs_in<'s>(
        &self,
        runs: &'s [(u8, Range<usize>)],
        atoms: Range<usize>,
    ) -> impl Iterator<Item = (u8, Range<usize>)> + 's {
        runs.iter().filter_map(move |(species, run)| {
            let (start, end) = (run.start.max(atoms.start), run.end.min(atoms.end));
            (start < end).then(|| (*species, start - atoms.start..end - atoms.start))
        })
    }

    /// Without tables: runs the radial network of a layer for the edges of row `k`.
    pub(super) fn radial_weights(&self, layer: &LayerPlan<T>, species: &[u8], k: usize, scratch: &mut Scratch<T>) {
        if self.plan.tables.is_some() {
            return;
        }
        let row = self.geometry.row(k);
        scratch.points.clear();
        scratch.points.extend((0..row.len()).map(SplinePoint::direct));
        scratch.distances.clear();
        scratch.distances.extend(self.geometry.vectors[row.clone()].iter().map(|&v| length(v)));
        scratch.pairs.clear();
        scratch.pairs.extend(self.geometry.nodes[row].iter().map(|&node| [species[k], species[node as usize]]));
        let functions = super::radial::OfEdges { radial: &self.plan.radial, pairs: &scratch.pairs };
        layer.network.evaluate(&functions, &scratch.distances, &mut scratch.radial);
    }

    /// The weights of a row's edges: from a table, or what `radial_weights` has left for a layer.
    pub(super) fn weights<'s>(
        &'s self,
        (t, table): (usize, usize),
        row: Range<usize>,
        radial: &'s RadialScratch<T>,
        points: &'s [SplinePoint<T>],
    ) -> schur_multilinear::EdgeWeights<'s, T> {
        match self.plan.tables {
            Some(tables) => tables.weights(table, &self.geometry.points[row]),
            None => {
                let width = self.plan.layers[t].network.width();
                schur_multilinear::EdgeWeights { points, coefficients: radial.rows.as_slice(), width }
            }
        }
    }

    /// The density of an edge in a layer, and its derivative.
    pub(super) fn density(&self, t: usize, pair: [u8; 2], r: f64, numbers: &mut Vec<f64>) -> (f64, f64) {
        let table = self.plan.tables.and_then(|tables| tables.density(t, pair));
        match (table, &self.plan.layers[t].density) {
            (Some(table), _) => table.evaluate(r),
            (None, Some(density)) => density.evaluate(&self.plan.radial, pair, r, numbers),
            (None, None) => (0.0, 0.0),
        }
    }
}

/// The length of an edge's vector, Å.
pub(super) fn length(vector: [f64; 3]) -> f64 {
    schur_atoms::neighbours::distance(vector)
}
