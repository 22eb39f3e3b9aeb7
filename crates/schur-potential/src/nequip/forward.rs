//! The forward pass: species to energies, layer by layer, block of atoms by block of atoms.

use std::ops::Range;

use rayon::prelude::*;
use schur_atoms::neighbours::distance;
use schur_multilinear::{EdgeWeights, Edges, SplinePoint};
use schur_tensor::Real;

use super::plan::{LayerPlan, add_bias};
use super::potential::{Passes, Scratch, State};
use crate::graph::RadialScratch;

impl<T: Real> Passes<'_, T> {
    /// Fills the energies of all atoms and keeps what the reverse pass needs.
    pub(super) fn forward(&self, state: &mut State<T>) {
        let n = self.atoms();
        let layers = &self.plan.layers;
        state.gathered.resize_with(layers.len(), Default::default);
        state.gate_inputs.resize_with(layers.len(), Default::default);
        for (t, layer) in layers.iter().enumerate() {
            state.gathered[t].resize(n * layer.features.len());
            state.gate_inputs[t].resize(n * layer.gate_input.len());
        }
        let width = layers[0].features.len();
        let rows = state.gathered[0].as_mut_slice().chunks_exact_mut(width);
        for (row, &species) in rows.zip(&state.species) {
            row.copy_from_slice(&self.plan.first_features.as_slice()[usize::from(species) * width..][..width]);
        }
        for t in 0..layers.len() {
            self.forward_layer(t, state);
        }
        self.read_out(state);
    }

    fn forward_layer(&self, t: usize, state: &mut State<T>) {
        let layer = &self.plan.layers[t];
        let next = self.plan.layers.get(t + 1);
        let (n, block) = (self.atoms(), self.block);
        let out_len = layer.gate.outputs();
        state.next_features.resize(n * out_len);
        let (done, rest) = state.gathered.split_at_mut(t + 1);
        let gathered = done[t].as_slice();
        let features = state.features.as_slice();
        let species = &state.species;
        let blocks = state.gate_inputs[t]
            .as_mut_slice()
            .par_chunks_mut(block * layer.gate_input.len())
            .zip(state.next_features.as_mut_slice().par_chunks_mut(block * out_len))
            .enumerate();
        let work = |index: usize, gate_input: &mut [T], out: &mut [T], to_gather: Option<&mut [T]>| {
            let atoms = self.atoms_of(index);
            let count = atoms.len();
            self.with_scratch(|scratch| self.messages(t, atoms.clone(), gathered, scratch));
            self.with_scratch(|scratch| {
                layer.linear_out.forward(count, scratch.messages.as_slice(), gate_input, false);
            });
            if t == 0 {
                let width = layer.gate_input.len();
                for (row, &species) in gate_input.chunks_exact_mut(width).zip(&species[atoms]) {
                    let added = &self.plan.first_connection.as_slice()[usize::from(species) * width..][..width];
                    row.iter_mut().zip(added).for_each(|(value, &added)| *value += added);
                }
            } else {
                let width = layer.features.len();
                let rows = &features[atoms.start * width..atoms.end * width];
                layer.self_connection.forward(count, rows, gate_input, true);
            }
            add_biases(gate_input, layer.gate_input.len(), &layer.bias_out);
            layer.gate.forward(gate_input, out);
            if let (Some(next), Some(to_gather)) = (next, to_gather) {
                next.linear_in.forward(count, out, to_gather, false);
                add_biases(to_gather, next.features.len(), &next.bias_in);
            }
        };
        match (next, rest.first_mut()) {
            (Some(next), Some(to_gather)) => blocks
                .zip(to_gather.as_mut_slice().par_chunks_mut(block * next.features.len()))
                .for_each(|((index, (gate_input, out)), to_gather)| work(index, gate_input, out, Some(to_gather))),
            _ => blocks.for_each(|(index, (gate_input, out))| work(index, gate_input, out, None)),
        }
        std::mem::swap(&mut state.features, &mut state.next_features);
    }

    /// The messages of a block of atoms into the thread's memory, `[atom][message]`.
    fn messages(&self, t: usize, atoms: Range<usize>, gathered: &[T], scratch: &mut Scratch<T>) {
        let layer = &self.plan.layers[t];
        let width = layer.message.len();
        let harmonics = self.plan.harmonics.len();
        scratch.messages.resize(atoms.len() * width);
        for (local, k) in atoms.enumerate() {
            let row = self.geometry.row(k);
            self.radial_weights(layer, row.clone(), scratch);
            let nodes = &self.geometry.nodes[row.clone()];
            let values = &self.geometry.harmonics[row.start * harmonics..row.end * harmonics];
            let out = &mut scratch.messages.as_mut_slice()[local * width..(local + 1) * width];
            let weights = self.weights(layer, row, &scratch.radial, &scratch.points);
            let edges = Edges { nodes, harmonics: values, weights };
            layer.product.forward(edges, gathered, out, &mut scratch.edges);
        }
    }

    /// Without a table: runs the radial network for the edges of a row.
    pub(super) fn radial_weights(&self, layer: &LayerPlan<T>, row: Range<usize>, scratch: &mut Scratch<T>) {
        if layer.table.is_none() {
            scratch.points.clear();
            scratch.points.extend((0..row.len()).map(SplinePoint::direct));
            scratch.distances.clear();
            scratch.distances.extend(self.geometry.vectors[row].iter().map(|&v| distance(v)));
            layer.network.evaluate(&self.plan.basis, &scratch.distances, &mut scratch.radial);
        }
    }

    /// The weights of a row's edges: from the table, or what `radial_weights` has left.
    pub(super) fn weights<'a>(
        &'a self,
        layer: &'a LayerPlan<T>,
        row: Range<usize>,
        radial: &'a RadialScratch<T>,
        points: &'a [SplinePoint<T>],
    ) -> EdgeWeights<'a, T> {
        match &layer.table {
            Some(table) => EdgeWeights::from_table(&self.geometry.points[row], table),
            None => EdgeWeights { points, coefficients: radial.rows.as_slice(), width: layer.network.width() },
        }
    }

    /// Energies of the atoms from the features behind the last layer.
    fn read_out(&self, state: &mut State<T>) {
        let plan = self.plan;
        let width = plan.readout.len();
        state.values.energies.clear();
        for (row, &species) in state.features.as_slice().chunks_exact(width).zip(&state.species) {
            let sum: f64 = row.iter().zip(&plan.readout).map(|(x, w)| x.to_f64() * w).sum();
            let species = usize::from(species);
            state.values.energies.push(plan.scale[species] * (sum + plan.readout_bias) + plan.shift[species]);
        }
    }
}

fn add_biases<T: Real>(rows: &mut [T], width: usize, bias: &[T]) {
    if !bias.is_empty() {
        rows.chunks_exact_mut(width).for_each(|row| add_bias(row, bias));
    }
}
