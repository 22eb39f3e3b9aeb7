//! The forward pass: species to energies, layer by layer, block of atoms by block of atoms.
//!
//! The reverse pass begins in the same blocks: what the last layer's atoms make of their features is turned round while
//! it is at hand.

use std::ops::Range;

use rayon::prelude::*;
use schur_atoms::neighbours::distance;
use schur_multilinear::{ChannelwiseError, ChannelwisePlan, ChannelwiseWorkspace, EdgeWeights, Edges, SplinePoint};
use schur_tensor::Real;

use super::embedding::Direction;
use super::matrices::COMPONENTS;
use super::plan::LayerPlan;
use super::potential::{LayerState, Passes, Scratch, State};

/// What slices have the lengths of is decided here, not by input.
pub(super) fn fits(result: Result<(), ChannelwiseError>) {
    #[expect(clippy::expect_used, reason = "the plan's lengths are those of the layout that the slices were cut by")]
    result.expect("slices that fit the circuit");
}

/// Runs a circuit on a block of atoms.
pub(super) fn run<T: Real>(
    plan: &ChannelwisePlan<T>,
    arguments: &[&[T]],
    out: &mut [T],
    workspace: &mut ChannelwiseWorkspace<T>,
) {
    fits(plan.forward(out.len() / plan.result_len(), arguments, out, workspace));
}

/// The constant argument of circuits.
pub(super) fn one<T: Real>() -> [T; 1] {
    [T::ONE]
}

impl<T: Real> Passes<'_, T> {
    /// Fills the energies of all atoms and keeps what the reverse pass needs.
    pub(super) fn forward(&self, state: &mut State<T>) {
        self.resize(state);
        if self.plan.layers.is_empty() {
            self.read_embedding(state);
        } else {
            self.embed(state);
        }
        for t in 0..self.plan.layers.len() {
            if t + 1 < self.plan.layers.len() {
                self.middle_layer(t, state);
            } else {
                self.last_layer(t, state);
            }
        }
    }

    fn resize(&self, state: &mut State<T>) {
        let (n, width) = (self.atoms(), self.plan.layout.len());
        state.layers.resize_with(self.plan.layers.len(), LayerState::default);
        for layer in &mut state.layers {
            for array in [&mut layer.x, &mut layer.y, &mut layer.m, &mut layer.d] {
                array.resize(n * width);
            }
        }
        state.sums.resize(n * width);
        state.mixed.resize(n * width);
        state.gate.resize(n * self.plan.embedding.gate.kept());
        state.values.energies.resize(n, 0.0);
        if self.reverse {
            for array in [&mut state.dx, &mut state.dy, &mut state.dm, &mut state.next_dm] {
                array.resize(n * width);
            }
        }
    }

    /// The features before the first layer.
    fn embed(&self, state: &mut State<T>) {
        let (width, kept) = (self.block * self.plan.layout.len(), self.block * self.plan.embedding.gate.kept());
        let species = &state.species;
        let LayerState { x, y, .. } = &mut state.layers[0];
        let blocks = (
            state.sums.as_mut_slice().par_chunks_mut(width),
            state.mixed.as_mut_slice().par_chunks_mut(width),
            state.gate.as_mut_slice().par_chunks_mut(kept),
            x.as_mut_slice().par_chunks_mut(width),
            y.as_mut_slice().par_chunks_mut(width),
        );
        blocks.into_par_iter().enumerate().for_each(|(index, (sums, mixed, gate, x, y))| {
            self.with_scratch(|scratch| {
                let atoms = self.atoms_of(index);
                self.sum_neighbors(atoms.clone(), species, sums, scratch);
                self.factors(atoms.len(), sums, gate, scratch);
                self.plan.embedding.mix.forward(atoms.len(), sums, mixed, false);
                let factors = scratch.perceptron.values.as_slice();
                run(&self.plan.matrices.embed, &[mixed, factors, &one()], x, &mut scratch.circuits);
                self.plan.layers[0].mix_in.forward(atoms.len(), x, y, false);
            });
        });
    }

    /// Sums over the neighbours of a block of atoms, with channels.
    fn sum_neighbors(&self, atoms: Range<usize>, species: &[u8], out: &mut [T], scratch: &mut Scratch<T>) {
        let (plan, sums) = (&self.plan.embedding, &mut scratch.sums);
        let edges = |k: usize| self.edges_of(k);
        plan.group(atoms.clone(), species, edges, sums);
        plan.sum(atoms.clone(), edges, sums);
        plan.radial.forward(sums.groups.len(), sums.sums.as_slice(), sums.features.as_mut_slice(), false);
        let direction = Direction::Forward { groups: sums.features.as_slice(), atoms: &mut *out };
        plan.pair(&sums.groups, &species[atoms.clone()], direction);
        plan.add_own(&species[atoms], out);
    }

    /// What the parts of each atom's matrices are multiplied with, into the perceptron's values.
    fn factors(&self, atoms: usize, sums: &[T], gate: &mut [T], scratch: &mut Scratch<T>) {
        let plan = &self.plan.embedding;
        scratch.norm.resize(atoms * plan.channels);
        run(&self.plan.matrices.norm, &[sums], scratch.norm.as_mut_slice(), &mut scratch.circuits);
        scratch.normed.resize(atoms * plan.channels);
        plan.norm.forward(scratch.norm.as_slice(), scratch.normed.as_mut_slice());
        plan.gate.forward(atoms, scratch.normed.as_slice(), gate, &mut scratch.perceptron);
    }

    /// A layer whose result the next one gathers.
    fn middle_layer(&self, t: usize, state: &mut State<T>) {
        let (done, rest) = state.layers.split_at_mut(t + 1);
        let LayerState { x, y, m, d } = &mut done[t];
        let LayerState { x: next_x, y: next_y, .. } = &mut rest[0];
        let (x, y) = (x.as_slice(), y.as_slice());
        let width = self.block * self.plan.layout.len();
        let blocks = (
            m.as_mut_slice().par_chunks_mut(width),
            d.as_mut_slice().par_chunks_mut(width),
            next_x.as_mut_slice().par_chunks_mut(width),
            next_y.as_mut_slice().par_chunks_mut(width),
        );
        blocks.into_par_iter().enumerate().for_each(|(index, (m, d, next_x, next_y))| {
            self.with_scratch(|scratch| {
                let own = index * width..index * width + m.len();
                self.interact(t, index, y, [&mut *m, &mut *d], scratch);
                run(&self.plan.matrices.update, &[&x[own], d, &one()], next_x, &mut scratch.circuits);
                let atoms = self.atoms_of(index).len();
                self.plan.layers[t + 1].mix_in.forward(atoms, next_x, next_y, false);
            });
        });
    }

    /// From what a layer gathers to what it adds to the features of a block.
    fn interact(&self, t: usize, index: usize, y: &[T], [m, d]: [&mut [T]; 2], scratch: &mut Scratch<T>) {
        let atoms = self.atoms_of(index);
        let width = self.plan.layout.len();
        for (k, out) in atoms.clone().zip(m.chunks_exact_mut(width)) {
            self.message(t, k, y, out, scratch);
        }
        scratch.block.resize(m.len());
        let own = &y[atoms.start * width..atoms.end * width];
        let product = &self.plan.matrices.product;
        run(product, &[own, m, &one()], scratch.block.as_mut_slice(), &mut scratch.circuits);
        self.plan.layers[t].mix_out.forward(atoms.len(), scratch.block.as_slice(), d, false);
    }

    /// The message of atom `k`.
    fn message(&self, t: usize, k: usize, y: &[T], out: &mut [T], scratch: &mut Scratch<T>) {
        let layer = &self.plan.layers[t];
        let row = self.geometry.row(k);
        self.radial_weights(layer, row.clone(), scratch);
        let Scratch { edges, network, points, ones, .. } = scratch;
        let weights = self.weights(layer, row.clone(), network.rows.as_slice(), points);
        let edges_of = Edges { nodes: &self.geometry.nodes[row], harmonics: ones, weights };
        self.plan.product.forward(edges_of, y, out, edges);
        if let Some(own) = &layer.own {
            let width = self.plan.layout.len();
            own.add(&y[k * width..(k + 1) * width], out);
        }
    }

    /// Without a table: runs the radial network for the edges of a row.
    pub(super) fn radial_weights(&self, layer: &LayerPlan<T>, row: Range<usize>, scratch: &mut Scratch<T>) {
        scratch.ones.clear();
        scratch.ones.resize(row.len(), T::ONE);
        if layer.table.is_none() {
            scratch.points.clear();
            scratch.points.extend((0..row.len()).map(SplinePoint::direct));
            scratch.distances.clear();
            scratch.distances.extend(self.geometry.vectors[row].iter().map(|&v| distance(v)));
            layer.network.evaluate(&self.plan.embedding.expansion, &scratch.distances, &mut scratch.network);
        }
    }

    /// The weights of a row's edges: from the table, or what `radial_weights` has left.
    pub(super) fn weights<'b>(
        &'b self,
        layer: &'b LayerPlan<T>,
        row: Range<usize>,
        rows: &'b [T],
        points: &'b [SplinePoint<T>],
    ) -> EdgeWeights<'b, T> {
        match &layer.table {
            Some(table) => EdgeWeights::from_table(&self.geometry.points[row], table),
            None => EdgeWeights { points, coefficients: rows, width: layer.network.width() },
        }
    }

    /// The last layer, energies, and the way back to what the layer has gathered.
    fn last_layer(&self, t: usize, state: &mut State<T>) {
        let LayerState { x, y, m, d } = &mut state.layers[t];
        let (x, y) = (x.as_slice(), y.as_slice());
        let (species, width) = (&state.species, self.block * self.plan.layout.len());
        let blocks = (
            m.as_mut_slice().par_chunks_mut(width),
            d.as_mut_slice().par_chunks_mut(width),
            state.values.energies.par_chunks_mut(self.block),
        );
        let work = |index: usize, m: &mut [T], d: &mut [T], energies: &mut [f64], back: Option<Back<'_, T>>| {
            self.with_scratch(|scratch| {
                let own = index * width..index * width + m.len();
                self.interact(t, index, y, [&mut *m, &mut *d], scratch);
                self.read_out(&x[own.clone()], d, energies, scratch);
                if let Some(back) = back {
                    self.plan.readout.backward(energies.len(), self.slope(), &mut scratch.readout);
                    let gradient = std::mem::take(&mut scratch.readout.gradient);
                    self.turn_round(t, [&x[own.clone()], &y[own], m, d], gradient.as_slice(), back, scratch);
                    scratch.readout.gradient = gradient;
                }
                self.finish_energies(&species[self.atoms_of(index)], energies);
            });
        };
        if self.reverse {
            let back = (
                state.dx.as_mut_slice().par_chunks_mut(width),
                state.dy.as_mut_slice().par_chunks_mut(width),
                state.dm.as_mut_slice().par_chunks_mut(width),
            );
            blocks.into_par_iter().zip(back.into_par_iter()).enumerate().for_each(
                |(index, ((m, d, energies), (dx, dy, dm)))| {
                    work(index, m, d, energies, Some(Back { dx, dy, dm }));
                },
            );
        } else {
            blocks.into_par_iter().enumerate().for_each(|(index, (m, d, energies))| work(index, m, d, energies, None));
        }
    }

    /// Energies of all atoms where no layer follows the embedding.
    fn read_embedding(&self, state: &mut State<T>) {
        let (width, kept) = (self.block * self.plan.layout.len(), self.block * self.plan.embedding.gate.kept());
        let species = &state.species;
        let blocks = (
            state.sums.as_mut_slice().par_chunks_mut(width),
            state.mixed.as_mut_slice().par_chunks_mut(width),
            state.gate.as_mut_slice().par_chunks_mut(kept),
            state.values.energies.par_chunks_mut(self.block),
        );
        blocks.into_par_iter().enumerate().for_each(|(index, (sums, mixed, gate, energies))| {
            self.with_scratch(|scratch| {
                let atoms = self.atoms_of(index);
                self.sum_neighbors(atoms.clone(), species, sums, scratch);
                self.factors(atoms.len(), sums, gate, scratch);
                self.plan.embedding.mix.forward(atoms.len(), sums, mixed, false);
                self.read_out_embedded(mixed, energies, scratch);
                self.finish_energies(&species[atoms], energies);
            });
        });
    }

    /// Energies of a block from its mixed sums and the factors in the perceptron's values, without scale and shift.
    pub(super) fn read_out_embedded(&self, mixed: &[T], energies: &mut [f64], scratch: &mut Scratch<T>) {
        scratch.readout.invariants.resize(mixed.len() / COMPONENTS * 3);
        let invariants = scratch.readout.invariants.as_mut_slice();
        let factors = scratch.perceptron.values.as_slice();
        run(&self.plan.matrices.embedded, &[mixed, factors], invariants, &mut scratch.circuits);
        self.plan.readout.forward(energies, &mut scratch.readout);
    }

    /// What the energy of a structure grows by with what is read out of an atom.
    pub(super) fn slope(&self) -> f64 {
        self.plan.scale * self.plan.share(self.atoms())
    }

    /// Scale, shift and mean.
    fn finish_energies(&self, species: &[u8], energies: &mut [f64]) {
        let share = self.plan.share(self.atoms());
        let mean = self.plan.mean / self.atoms() as f64;
        for (energy, &species) in energies.iter_mut().zip(species) {
            *energy = (self.plan.scale * *energy + self.plan.shift[usize::from(species)]) * share + mean;
        }
    }

    /// Energies of a block, without scale and shift.
    fn read_out(&self, x: &[T], d: &[T], energies: &mut [f64], scratch: &mut Scratch<T>) {
        let readout = &mut scratch.readout;
        readout.invariants.resize(x.len() / COMPONENTS * 3);
        let invariants = readout.invariants.as_mut_slice();
        run(&self.plan.matrices.invariants, &[x, d], invariants, &mut scratch.circuits);
        self.plan.readout.forward(energies, readout);
    }
}

/// Cotangents of a block: of a layer's features, of what its atoms read of their own, of messages.
pub(super) struct Back<'a, T> {
    pub dx: &'a mut [T],
    pub dy: &'a mut [T],
    pub dm: &'a mut [T],
}
