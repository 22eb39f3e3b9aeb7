//! The reverse pass: energies to edges, and from edges to forces and virials.

use rayon::prelude::*;
use schur_multilinear::{Cotangents, Edges};
use schur_tensor::Real;

use super::embedding::Direction;
use super::forward::{Back, fits, one};
use super::matrices::{COMPONENTS, PARTS};
use super::potential::{LayerState, Passes, Scratch, State};
use crate::graph::RowBlocks;

/// Cotangents of the edges of a block, from the block's first edge on.
struct EdgeBlock<'a, T> {
    first: usize,
    harmonics: &'a mut [T],
    lengths: &'a mut [T],
}

impl<T: Real> Passes<'_, T> {
    /// Fills forces and virials of all atoms after a forward pass, which has left the last layer's cotangents.
    pub(super) fn backward(&self, state: &mut State<T>) {
        state.edges.start(self.geometry, self.plan.harmonics.len());
        for t in (0..self.plan.layers.len()).rev() {
            if t > 0 {
                self.backward_layer(t, state);
                std::mem::swap(&mut state.dm, &mut state.next_dm);
            } else {
                self.backward_embedding(state);
            }
        }
        if self.plan.layers.is_empty() {
            self.backward_without_layers(state);
        }
        let State { edges, values, .. } = state;
        edges.finish(self.geometry, &self.plan.harmonics, self.block, |_, _| 0.0, values);
    }

    /// Through layer `t` of a block, from the cotangent of its result to those of `x`, its own `y` and `m`.
    ///
    /// The first slices are the layer's `x`, `y`, `m` and `d`; `gradient` is the cotangent of the next layer's `x`, for the
    /// last layer that of the invariants.
    pub(super) fn turn_round(
        &self,
        t: usize,
        [x, y, m, d]: [&[T]; 4],
        gradient: &[T],
        back: Back<'_, T>,
        scratch: &mut Scratch<T>,
    ) {
        let (plans, items) = (&self.plan.matrices, x.len() / self.plan.layout.len());
        let Back { dx, dy, dm } = back;
        scratch.block.resize(x.len());
        let (dd, workspace) = (scratch.block.as_mut_slice(), &mut scratch.circuits);
        fits(if t + 1 == self.plan.layers.len() {
            plans.invariants.backward(items, &[x, d], gradient, &mut [Some(dx), Some(&mut *dd)], workspace)
        } else {
            let cotangents = &mut [Some(dx), Some(&mut *dd), None];
            plans.update.backward(items, &[x, d, &one()], gradient, cotangents, workspace)
        });
        scratch.other.resize(x.len());
        let dp = scratch.other.as_mut_slice();
        self.plan.layers[t].mix_out.backward(items, dd, dp, false);
        fits(plans.product.backward(items, &[y, m, &one()], dp, &mut [Some(dy), Some(dm), None], workspace));
    }

    /// What neighbours have gathered in layer `t`, and through layer `t - 1`.
    fn backward_layer(&self, t: usize, state: &mut State<T>) {
        let width = self.block * self.plan.layout.len();
        let (before, rest) = state.layers.split_at(t);
        let (before, layer) = (&before[t - 1], &rest[0]);
        let rows = RowBlocks { starts: &self.geometry.starts, block: self.block };
        let received = state.dm.as_slice();
        let blocks = (
            state.dx.as_mut_slice().par_chunks_mut(width),
            state.dy.as_mut_slice().par_chunks_mut(width),
            state.next_dm.as_mut_slice().par_chunks_mut(width),
            rows.of(&mut state.edges.distances, 1),
        );
        blocks.into_par_iter().enumerate().for_each(|(index, (dx, dy, dm, lengths))| {
            self.with_scratch(|scratch| {
                self.gather_back(t, index, layer, received, dx, dy, lengths, scratch);
                let own = index * width..index * width + dx.len();
                let LayerState { x, y, m, d } = before;
                let features = [x, y, m, d].map(|array| &array.as_slice()[own.clone()]);
                // The circuit overwrites the cotangent that it is given.
                let mut gradient = std::mem::take(&mut scratch.factors);
                gradient.resize(dx.len());
                gradient.as_mut_slice().copy_from_slice(dx);
                self.turn_round(t - 1, features, gradient.as_slice(), Back { dx, dy, dm }, scratch);
                scratch.factors = gradient;
            });
        });
    }

    /// Adds to the cotangent of layer `t`'s `x` what comes through `y`: from the atom itself, and from those that have
    /// gathered it.
    #[expect(clippy::too_many_arguments, reason = "a pass reads and writes that much")]
    fn gather_back(
        &self,
        t: usize,
        index: usize,
        layer: &LayerState<T>,
        received: &[T],
        dx: &mut [T],
        dy: &mut [T],
        lengths: &mut [T],
        scratch: &mut Scratch<T>,
    ) {
        let (plan, width) = (&self.plan.layers[t], self.plan.layout.len());
        let atoms = self.atoms_of(index);
        let first = self.geometry.starts[atoms.start];
        scratch.block.resize(width);
        for (k, own) in atoms.clone().zip(dy.chunks_exact_mut(width)) {
            let row = self.geometry.row(k);
            self.radial_weights(plan, row.clone(), scratch);
            let Scratch { edges, network, points, ones, unread, block, .. } = &mut *scratch;
            unread.clear();
            unread.resize(row.len(), T::ZERO);
            let weights = self.weights(plan, row.clone(), network.rows.as_slice(), points);
            let edges_of = Edges { nodes: &self.geometry.nodes[row.clone()], harmonics: ones, weights };
            let out = Cotangents {
                features: Some(block.as_mut_slice()),
                harmonics: unread,
                distances: &mut lengths[row.start - first..row.end - first],
            };
            let y = &layer.y.as_slice()[k * width..(k + 1) * width];
            self.plan.product.backward(edges_of, y, received, out, edges);
            own.iter_mut().zip(block.as_slice()).for_each(|(sum, &sent)| *sum += sent);
            if let Some(factors) = &plan.own {
                factors.add(&received[k * width..(k + 1) * width], own);
            }
        }
        plan.mix_in.backward(atoms.len(), dy, dx, true);
    }

    /// What neighbours have gathered in layer 0, and from its features to the edges.
    fn backward_embedding(&self, state: &mut State<T>) {
        let (width, kept) = (self.block * self.plan.layout.len(), self.block * self.plan.embedding.gate.kept());
        let rows = RowBlocks { starts: &self.geometry.starts, block: self.block };
        let (layer, received, species) = (&state.layers[0], state.dm.as_slice(), &state.species);
        let (sums, mixed) = (state.sums.as_slice(), state.mixed.as_slice());
        let blocks = (
            state.dx.as_mut_slice().par_chunks_mut(width),
            state.dy.as_mut_slice().par_chunks_mut(width),
            state.gate.as_mut_slice().par_chunks_mut(kept),
            rows.of(&mut state.edges.harmonics, self.plan.harmonics.len()),
            rows.of(&mut state.edges.distances, 1),
        );
        blocks.into_par_iter().enumerate().for_each(|(index, (dx, dy, gate, harmonics, lengths))| {
            self.with_scratch(|scratch| {
                self.gather_back(0, index, layer, received, dx, dy, lengths, scratch);
                let own = index * width..index * width + dx.len();
                let first = self.geometry.starts[self.atoms_of(index).start];
                let edges = EdgeBlock { first, harmonics, lengths };
                self.unembed(index, [&sums[own.clone()], &mixed[own], dx], gate, scratch);
                self.neighbors_back(index, species, edges, scratch);
            });
        });
    }

    /// From energies to the edges, where no layer follows the embedding.
    fn backward_without_layers(&self, state: &mut State<T>) {
        let (width, kept) = (self.block * self.plan.layout.len(), self.block * self.plan.embedding.gate.kept());
        let rows = RowBlocks { starts: &self.geometry.starts, block: self.block };
        let species = &state.species;
        let blocks = (
            state.sums.as_slice().par_chunks(width),
            state.mixed.as_slice().par_chunks(width),
            state.gate.as_mut_slice().par_chunks_mut(kept),
            rows.of(&mut state.edges.harmonics, self.plan.harmonics.len()),
            rows.of(&mut state.edges.distances, 1),
        );
        blocks.into_par_iter().enumerate().for_each(|(index, (sums, mixed, gate, harmonics, lengths))| {
            self.with_scratch(|scratch| {
                let atoms = self.atoms_of(index);
                // What was read out again: only the sums have been kept.
                self.plan.embedding.gate.replay(atoms.len(), gate, &mut scratch.perceptron);
                let mut energies = std::mem::take(&mut scratch.energies);
                energies.resize(atoms.len(), 0.0);
                self.read_out_embedded(mixed, &mut energies, scratch);
                scratch.energies = energies;
                self.plan.readout.backward(atoms.len(), self.slope(), &mut scratch.readout);
                let gradient = std::mem::take(&mut scratch.readout.gradient);
                self.unembed(index, [sums, mixed, gradient.as_slice()], gate, scratch);
                scratch.readout.gradient = gradient;
                let first = self.geometry.starts[atoms.start];
                self.neighbors_back(index, species, EdgeBlock { first, harmonics, lengths }, scratch);
            });
        });
    }

    /// From the cotangent of the first layer's `x`, or of the invariants where there is none, to that of sums over
    /// neighbours, in `scratch.other`.
    fn unembed(&self, index: usize, [sums, mixed, gradient]: [&[T]; 3], gate: &mut [T], scratch: &mut Scratch<T>) {
        let (plan, plans, atoms) = (&self.plan.embedding, &self.plan.matrices, self.atoms_of(index));
        let items = atoms.len();
        // The gate's result again: its activations have been kept.
        scratch.norm.resize(items * plan.channels);
        fits(plans.norm.forward(items, &[sums], scratch.norm.as_mut_slice(), &mut scratch.circuits));
        plan.gate.replay(items, gate, &mut scratch.perceptron);
        scratch.factors.resize(items * 3 * plan.channels);
        scratch.block.resize(mixed.len());
        let (of_mixed, of_factors) = (scratch.block.as_mut_slice(), scratch.factors.as_mut_slice());
        let (factors, workspace) = (scratch.perceptron.values.as_slice(), &mut scratch.circuits);
        fits(if self.plan.layers.is_empty() {
            let cotangents = &mut [Some(of_mixed), Some(of_factors)];
            plans.embedded.backward(items, &[mixed, factors], gradient, cotangents, workspace)
        } else {
            let cotangents = &mut [Some(of_mixed), Some(of_factors), None];
            plans.embed.backward(items, &[mixed, factors, &one()], gradient, cotangents, workspace)
        });
        // Through the gate to the norms, from there and through the mixing to the sums.
        scratch.normed.resize(items * plan.channels);
        let normed = scratch.normed.as_mut_slice();
        plan.gate.backward(items, gate, scratch.factors.as_slice(), (normed, false), &mut scratch.perceptron);
        plan.norm.backward(scratch.norm.as_slice(), normed);
        scratch.other.resize(mixed.len());
        let dsums = scratch.other.as_mut_slice();
        fits(plans.norm.backward(items, &[sums], normed, &mut [Some(&mut *dsums)], &mut scratch.circuits));
        plan.mix.backward(items, scratch.block.as_slice(), dsums, true);
    }

    /// From the cotangents of sums over neighbours, in `scratch.other`, to those of edges.
    fn neighbors_back(&self, index: usize, species: &[u8], out: EdgeBlock<'_, T>, scratch: &mut Scratch<T>) {
        let (plan, atoms) = (&self.plan.embedding, self.atoms_of(index));
        let edges = |k: usize| self.edges_of(k);
        let Scratch { sums, other, .. } = scratch;
        plan.group(atoms.clone(), species, edges, sums);
        let direction = Direction::Backward { groups: sums.features.as_mut_slice(), atoms: other.as_slice() };
        plan.pair(&sums.groups, &species[atoms.clone()], direction);
        plan.radial.backward(sums.groups.len(), sums.features.as_slice(), sums.sums.as_mut_slice(), false);
        let EdgeBlock { first, harmonics, lengths } = out;
        plan.sum_backward(atoms, edges, sums, |k, edge, of_harmonics, of_length| {
            let place = self.geometry.starts[k] - first + edge;
            lengths[place] += of_length;
            let row = &mut harmonics[place * COMPONENTS..(place + 1) * COMPONENTS];
            // The atom receives on this edge, and the cotangent is kept where those are on which it sends: the vector is
            // the opposite one and the force it leaves on the atom too. So degree 1 changes sign, the others do not.
            for (m, (sum, cotangent)) in row.iter_mut().zip(of_harmonics).enumerate() {
                *sum += if (PARTS[1]..PARTS[2]).contains(&m) { -cotangent } else { cotangent };
            }
        });
    }
}
