//! The reverse pass: energies to edges, and from edges to forces and virials.

use std::ops::Range;

use rayon::prelude::*;
use schur_multilinear::{Cotangents, Edges};
use schur_tensor::Real;

use super::MaceSkip;
use super::gathering::Gathering;
use super::potential::{Passes, Scratch, State, length};
use super::readout::Readout;
use crate::graph::RowBlocks;

impl<T: Real> Passes<'_, T> {
    /// Fills forces and virials of all atoms after a forward pass.
    pub(super) fn backward(&self, state: &mut State<T>) {
        state.edges.start(self.geometry, self.plan.harmonics.len());
        let last = self.plan.layers.last().map_or(0, |layer| layer.behind.len());
        state.gradient.resize(self.atoms() * last);
        state.gradient.as_mut_slice().fill(T::ZERO);
        for t in (0..self.plan.layers.len()).rev() {
            self.backward_readout(t, state);
            self.backward_update(t, state);
            self.backward_contraction(t, state);
            self.backward_gather(t, state);
            self.backward_edges(t, state);
            std::mem::swap(&mut state.gradient, &mut state.next_gradient);
        }
        self.finish(state);
    }

    /// Adds what the energies that were read out behind layer `t` ask for.
    fn backward_readout(&self, t: usize, state: &mut State<T>) {
        let layer = &self.plan.layers[t];
        let (width, scalars, scale) = (layer.behind.len(), self.scalars(layer), self.plan.scale);
        let State { gradient, readout_gradients, .. } = state;
        let rows = gradient.as_mut_slice().par_chunks_exact_mut(width).with_min_len(self.block);
        match &layer.readout {
            Readout::None => {}
            Readout::Linear(weights) => rows.for_each(|row| {
                row.iter_mut().zip(weights).for_each(|(value, w)| *value += T::from_f64(scale * w));
            }),
            Readout::Network(_) => {
                let scale = T::from_f64(scale);
                rows.zip(readout_gradients[t].as_slice().par_chunks_exact(scalars)).for_each(|(row, added)| {
                    row.iter_mut().zip(added).for_each(|(value, &added)| *value += scale * added);
                });
            }
        }
    }

    /// From the cotangent behind a layer to that of what was contracted, and of the features before.
    fn backward_update(&self, t: usize, state: &mut State<T>) {
        let layer = &self.plan.layers[t];
        let (before, behind) = (layer.before.len(), layer.behind.len());
        let State { gradient, next_gradient, contracted, runs, .. } = state;
        contracted.resize(self.atoms() * behind);
        let gradient = gradient.as_slice();
        contracted
            .as_mut_slice()
            .par_chunks_mut(self.block * behind)
            .zip(gradient.par_chunks(self.block * behind))
            .for_each(|(contracted, gradient)| {
                layer.update.backward(gradient.len() / behind, gradient, contracted, false)
            });
        // The features before layer 0 depend on the species alone.
        next_gradient.resize(if t > 0 { self.atoms() * before } else { 0 });
        let blocks = next_gradient.as_mut_slice().par_chunks_mut(self.block * before).enumerate();
        blocks.for_each(|(index, rows)| {
            if layer.skip != MaceSkip::Residual {
                rows.fill(T::ZERO);
                return;
            }
            let atoms = self.atoms_of(index);
            let first = atoms.start;
            for (species, run) in self.runs_in(runs, atoms) {
                let rows = &mut rows[run.start * before..run.end * before];
                let from = &gradient[(first + run.start) * behind..(first + run.end) * behind];
                if let Some(mixing) = self.element(t, species).and_then(|element| element.mixing.as_ref()) {
                    mixing.backward(run.len(), from, rows, false);
                }
            }
        });
    }

    #[expect(clippy::expect_used, reason = "the slices are cut to the plan's own lengths")]
    fn backward_contraction(&self, t: usize, state: &mut State<T>) {
        let layer = &self.plan.layers[t];
        let (from, to) = (layer.target.len(), layer.behind.len());
        let State { targets, target_gradient, contracted, runs, workspace, .. } = state;
        target_gradient.resize(self.atoms() * from);
        for (species, run) in runs.iter() {
            let Some(element) = self.element(t, *species) else { continue };
            let rows = &targets[t].as_slice()[run.start * from..run.end * from];
            let cotangent = &contracted.as_slice()[run.start * to..run.end * to];
            let out = &mut target_gradient.as_mut_slice()[run.start * from..run.end * from];
            let arguments = [rows, element.coefficients.as_slice()];
            layer
                .contraction
                .backward(run.len(), &arguments, cotangent, &mut [Some(out), None], workspace)
                .expect("slices of the plan's lengths");
        }
    }

    /// From the cotangent of what was contracted to that of the messages and of the densities.
    fn backward_gather(&self, t: usize, state: &mut State<T>) {
        let layer = &self.plan.layers[t];
        let width = layer.target.len();
        let State { targets, target_gradient, message_gradient, densities, density_gradients, runs, .. } = state;
        if layer.density.is_some() {
            let (targets, densities) = (targets[t].as_slice(), &densities[t]);
            density_gradients[t].resize(self.atoms(), 0.0);
            let rows = target_gradient.as_mut_slice().par_chunks_exact_mut(width).with_min_len(self.block);
            rows.zip(&mut density_gradients[t]).enumerate().for_each(|(k, (row, gradient))| {
                let target = &targets[k * width..(k + 1) * width];
                let product: f64 = row.iter().zip(target).map(|(a, b)| a.to_f64() * b.to_f64()).sum();
                *gradient = -product / densities[k];
                let factor = T::from_f64(1.0 / densities[k]);
                row.iter_mut().for_each(|value| *value *= factor);
            });
        }
        let all = self.atoms() * self.gathering(t).message.len();
        message_gradient.resize(self.kinds(t) * all);
        let rows = target_gradient.as_slice();
        for (kind, messages) in message_gradient.as_mut_slice().chunks_exact_mut(all.max(1)).enumerate() {
            self.backward_messages((t, kind), (rows, runs), messages);
        }
    }

    /// From the cotangent of the target, densities divided out, to that of messages of a kind.
    fn backward_messages(
        &self,
        (t, kind): (usize, usize),
        (rows, runs): (&[T], &[(u8, Range<usize>)]),
        messages: &mut [T],
    ) {
        let layer = &self.plan.layers[t];
        let (gather, width) = (self.gather_of(t, kind), layer.target.len());
        let messages = messages.par_chunks_mut(self.block * self.gathering(t).message.len());
        messages.zip(rows.par_chunks(self.block * width)).enumerate().for_each(|(index, (message, rows))| {
            let atoms = self.atoms_of(index);
            let count = atoms.len();
            if layer.skip != MaceSkip::Message {
                gather.backward(count, rows, message, false);
                return;
            }
            self.with_scratch(|scratch| {
                scratch.mixed.resize(count * width);
                for (species, run) in self.runs_in(runs, atoms) {
                    let (from, to) = (run.start * width, run.end * width);
                    if let Some(mixing) = self.element(t, species).and_then(|element| element.mixing.as_ref()) {
                        mixing.backward(run.len(), &rows[from..to], &mut scratch.mixed.as_mut_slice()[from..to], false);
                    }
                }
                gather.backward(count, scratch.mixed.as_slice(), message, false);
            });
        });
    }

    /// From the cotangent of the messages to those of the edges and of what was sent.
    fn backward_edges(&self, t: usize, state: &mut State<T>) {
        let layer = &self.plan.layers[t];
        let rows = RowBlocks { starts: &self.geometry.starts, block: self.block };
        let State { sent, species, message_gradient, next_gradient, edges, .. } = state;
        let source = Source { t, sent: sent[t].as_slice(), species, messages: message_gradient.as_slice() };
        let blocks =
            rows.of(&mut edges.harmonics, self.plan.harmonics.len()).zip(rows.of(&mut edges.distances, 1)).enumerate();
        if t == 0 {
            blocks.for_each(|(index, (harmonics, distances))| {
                self.with_scratch(|scratch| self.senders(&source, BlockEdges { index, harmonics, distances }, scratch));
            });
            return;
        }
        let features = next_gradient.as_mut_slice().par_chunks_mut(self.block * layer.before.len());
        blocks.zip(features).for_each(|((index, (harmonics, distances)), features)| {
            self.with_scratch(|scratch| {
                self.senders(&source, BlockEdges { index, harmonics, distances }, scratch);
                layer.send.backward(self.atoms_of(index).len(), scratch.messages.as_slice(), features, true);
            });
        });
    }

    /// The edges on which the atoms of a block send; the cotangent of what they send goes to the thread's memory.
    fn senders(&self, source: &Source<'_, T>, block: BlockEdges<'_, T>, scratch: &mut Scratch<T>) {
        let layer = &self.plan.layers[source.t];
        let Gathering { sent, message, product, table } = self.gathering(source.t);
        let (width, count, all) = (sent.len(), self.plan.harmonics.len(), self.atoms() * message.len());
        let atoms = self.atoms_of(block.index);
        let first = self.geometry.starts[atoms.start];
        scratch.messages.resize(atoms.len() * width);
        for (local, k) in atoms.enumerate() {
            let row = self.geometry.row(k);
            self.radial_weights(layer, source.species, k, scratch);
            // Seen from the receiver the edge points the other way.
            scratch.turned.clear();
            scratch.turned.extend_from_slice(&self.geometry.harmonics[row.start * count..row.end * count]);
            self.plan.harmonics.turn(&mut scratch.turned);
            let nodes = &self.geometry.nodes[row.clone()];
            let x = &source.sent[k * width..(k + 1) * width];
            let features = &mut scratch.messages.as_mut_slice()[local * width..(local + 1) * width];
            let out = Cotangents {
                features: (source.t > 0).then_some(features),
                harmonics: &mut block.harmonics[(row.start - first) * count..(row.end - first) * count],
                distances: &mut block.distances[row.start - first..row.end - first],
            };
            let weights = self.weights((source.t, table), row, &scratch.radial, &scratch.points);
            let edges = Edges { nodes, harmonics: &scratch.turned, weights };
            let kind = self.first(source.t).map_or(0, |first| first.place(source.species[k]));
            let messages = &source.messages[kind * all..(kind + 1) * all];
            product.backward(edges, x, messages, out, &mut scratch.edges);
        }
    }

    /// Forces and virials; densities and the repulsion act along the edges besides the network.
    fn finish(&self, state: &mut State<T>) {
        let State { edges, values, species, density_gradients, .. } = state;
        let plan = self.plan;
        let with_density = plan.layers.iter().any(|layer| layer.density.is_some());
        let slope = |k: usize, edge: usize| {
            if !with_density && plan.zbl.is_none() {
                return 0.0;
            }
            let receiver = self.geometry.nodes[edge] as usize;
            let pair = [species[k], species[receiver]];
            let r = length(self.geometry.vectors[edge]);
            let mut sum = plan.zbl.as_ref().map_or(0.0, |zbl| plan.scale * zbl.evaluate(pair, r).1);
            for t in (0..plan.layers.len()).filter(|&t| plan.layers[t].density.is_some()) {
                let slope = self.with_scratch(|scratch| self.density(t, pair, r, &mut scratch.numbers).1);
                sum += density_gradients[t][receiver] * slope;
            }
            sum
        };
        edges.finish(self.geometry, &plan.harmonics, self.block, slope, values);
    }
}

/// What the reverse pass of a layer's edges reads.
struct Source<'a, T> {
    t: usize,
    sent: &'a [T],
    species: &'a [u8],
    messages: &'a [T],
}

/// A block of senders: which edges' cotangents are added to.
struct BlockEdges<'a, T> {
    index: usize,
    harmonics: &'a mut [T],
    distances: &'a mut [T],
}
