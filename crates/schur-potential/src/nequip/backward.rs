//! The reverse pass: energies to edges, and from edges to forces and virials.

use rayon::prelude::*;
use schur_multilinear::{Cotangents, Edges};
use schur_tensor::Real;

use super::plan::LayerPlan;
use super::potential::{Passes, Scratch, State};
use crate::graph::RowBlocks;

impl<T: Real> Passes<'_, T> {
    /// Fills forces and virials of all atoms after a forward pass.
    pub(super) fn backward(&self, state: &mut State<T>) {
        state.edges.start(self.geometry, self.plan.harmonics.len());
        self.start_gradient(state);
        for t in (0..self.plan.layers.len()).rev() {
            self.backward_gate(t, state);
            self.backward_edges(t, state);
        }
        let State { edges, values, .. } = state;
        edges.finish(self.geometry, &self.plan.harmonics, self.block, |_, _| 0.0, values);
    }

    /// The cotangent of the last features: the readout's vector, scaled for each species.
    fn start_gradient(&self, state: &mut State<T>) {
        let width = self.plan.readout.len();
        state.gradient.resize(self.atoms() * width);
        for (row, &species) in state.gradient.as_mut_slice().chunks_exact_mut(width).zip(&state.species) {
            let scale = self.plan.scale[usize::from(species)];
            for (value, &w) in row.iter_mut().zip(&self.plan.readout) {
                *value = T::from_f64(scale * w);
            }
        }
    }

    /// From the cotangent of a layer's result to that of its messages; the gate's input becomes its own cotangent.
    fn backward_gate(&self, t: usize, state: &mut State<T>) {
        let layer = &self.plan.layers[t];
        let (width, out_len, message) = (layer.gate_input.len(), layer.gate.outputs(), layer.message.len());
        state.message_gradient.resize(self.atoms() * message);
        state.gate_inputs[t]
            .as_mut_slice()
            .par_chunks_mut(self.block * width)
            .zip(state.message_gradient.as_mut_slice().par_chunks_mut(self.block * message))
            .zip(state.gradient.as_slice().par_chunks(self.block * out_len))
            .for_each(|((gate_input, message_gradient), gradient)| {
                layer.gate.backward(gate_input, gradient);
                layer.linear_out.backward(gate_input.len() / width, gate_input, message_gradient, false);
            });
    }

    /// From the cotangent of the messages to those of the edges and of the layer's features.
    fn backward_edges(&self, t: usize, state: &mut State<T>) {
        let layer = &self.plan.layers[t];
        let width = layer.features.len();
        // Layer 0's features depend on the species alone.
        state.gradient.resize(if t > 0 { self.atoms() * width } else { 0 });
        let rows = RowBlocks { starts: &self.geometry.starts, block: self.block };
        let gathered = state.gathered[t].as_slice();
        let gate_gradient = state.gate_inputs[t].as_slice();
        let message_gradient = state.message_gradient.as_slice();
        let work = |index: usize, harmonics: &mut [T], distances: &mut [T], features: Option<&mut [T]>| {
            self.with_scratch(|scratch| {
                let block = BlockGradient { layer, index, gathered, message_gradient, harmonics, distances };
                self.senders(block, scratch, t > 0);
                if let Some(features) = features {
                    let atoms = self.atoms_of(index);
                    let gate_width = layer.gate_input.len();
                    let gate = &gate_gradient[atoms.start * gate_width..atoms.end * gate_width];
                    layer.linear_in.backward(atoms.len(), scratch.messages.as_slice(), features, false);
                    layer.self_connection.backward(atoms.len(), gate, features, true);
                }
            });
        };
        let blocks = rows
            .of(&mut state.edges.harmonics, self.plan.harmonics.len())
            .zip(rows.of(&mut state.edges.distances, 1))
            .enumerate();
        if t > 0 {
            let features = state.gradient.as_mut_slice().par_chunks_mut(self.block * width);
            blocks.zip(features).for_each(|((index, (h, d)), features)| work(index, h, d, Some(features)));
        } else {
            blocks.for_each(|(index, (h, d))| work(index, h, d, None));
        }
    }

    /// The edges on which the atoms of a block send; the cotangent of what they send goes to the thread's memory.
    fn senders(&self, block: BlockGradient<'_, T>, scratch: &mut Scratch<T>, with_features: bool) {
        let layer = block.layer;
        let (width, count) = (layer.features.len(), self.plan.harmonics.len());
        let atoms = self.atoms_of(block.index);
        let first = self.geometry.starts[atoms.start];
        scratch.messages.resize(atoms.len() * width);
        for (local, k) in atoms.enumerate() {
            let row = self.geometry.row(k);
            self.radial_weights(layer, row.clone(), scratch);
            // Seen from the receiver the edge points the other way.
            scratch.turned.clear();
            scratch.turned.extend_from_slice(&self.geometry.harmonics[row.start * count..row.end * count]);
            self.plan.harmonics.turn(&mut scratch.turned);
            let nodes = &self.geometry.nodes[row.clone()];
            let x = &block.gathered[k * width..(k + 1) * width];
            let features = &mut scratch.messages.as_mut_slice()[local * width..(local + 1) * width];
            let out = Cotangents {
                features: with_features.then_some(features),
                harmonics: &mut block.harmonics[(row.start - first) * count..(row.end - first) * count],
                distances: &mut block.distances[row.start - first..row.end - first],
            };
            let weights = self.weights(layer, row, &scratch.radial, &scratch.points);
            let edges = Edges { nodes, harmonics: &scratch.turned, weights };
            layer.product.backward(edges, x, block.message_gradient, out, &mut scratch.edges);
        }
    }
}

/// A block of senders: what is read, and which edges' cotangents are added to.
struct BlockGradient<'a, T> {
    layer: &'a LayerPlan<T>,
    index: usize,
    gathered: &'a [T],
    message_gradient: &'a [T],
    harmonics: &'a mut [T],
    distances: &'a mut [T],
}
