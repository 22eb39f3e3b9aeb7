//! The forward pass: species to energies, layer by layer, block of atoms by block of atoms.

use std::ops::Range;

use rayon::prelude::*;
use schur_tensor::Real;

use super::MaceSkip;
use super::plan::LayerPlan;
use super::potential::{Passes, Scratch, State, length};
use super::readout::Readout;

impl<T: Real> Passes<'_, T> {
    /// Fills the energies of all atoms and keeps what the reverse pass needs.
    pub(super) fn forward(&self, state: &mut State<T>) {
        self.resize(state);
        let width = self.gathering(0).sent.len();
        let rows = state.sent[0].as_mut_slice().chunks_exact_mut(width);
        for (row, &species) in rows.zip(&state.species) {
            match self.first(0) {
                // Neurons have no factors; those of species are in what makes a target of them.
                Some(_) => row.fill(T::ONE),
                None => row.copy_from_slice(&self.plan.first_sent.as_slice()[usize::from(species) * width..][..width]),
            }
        }
        state.values.energies.clear();
        state.values.energies.resize(self.atoms(), 0.0);
        for t in 0..self.plan.layers.len() {
            self.gather(t, state);
            self.contract(t, state);
            self.update(t, state);
            self.read_out(t, state);
            self.send(t + 1, state);
        }
        self.finish_energies(state);
    }

    fn resize(&self, state: &mut State<T>) {
        let (n, layers) = (self.atoms(), &self.plan.layers);
        state.sent.resize_with(layers.len(), Default::default);
        state.targets.resize_with(layers.len(), Default::default);
        state.densities.resize_with(layers.len(), Default::default);
        state.density_gradients.resize_with(layers.len(), Default::default);
        state.readout_gradients.resize_with(layers.len(), Default::default);
        for (t, layer) in layers.iter().enumerate() {
            state.sent[t].resize(n * self.gathering(t).sent.len());
            state.targets[t].resize(n * layer.target.len());
            state.densities[t].resize(if layer.density.is_some() { n } else { 0 }, 0.0);
            let scalars = if matches!(layer.readout, Readout::Network(_)) { self.scalars(layer) } else { 0 };
            state.readout_gradients[t].resize(n * scalars);
        }
    }

    /// Scalars behind a layer, as they lie in memory.
    pub(super) fn scalars(&self, layer: &LayerPlan<T>) -> usize {
        layer.behind.blocks()[0].channels
    }

    /// Messages of all atoms, mixed and divided.
    fn gather(&self, t: usize, state: &mut State<T>) {
        let layer = &self.plan.layers[t];
        let width = layer.target.len();
        let State { sent, targets, densities, species, runs, .. } = state;
        let sent = sent[t].as_slice();
        let targets = targets[t].as_mut_slice().par_chunks_mut(self.block * width).enumerate();
        let work = |index: usize, target: &mut [T]| {
            let atoms = self.atoms_of(index);
            self.with_scratch(|scratch| {
                if layer.skip != MaceSkip::Message {
                    return self.collect(t, atoms, (sent, species), (target, scratch));
                }
                let mut mixed = std::mem::take(&mut scratch.mixed);
                mixed.resize(atoms.len() * width);
                self.collect(t, atoms.clone(), (sent, species), (mixed.as_mut_slice(), scratch));
                for (species, run) in self.runs_in(runs, atoms) {
                    let (from, to) = (run.start * width, run.end * width);
                    if let Some(mixing) = self.element(t, species).and_then(|element| element.mixing.as_ref()) {
                        mixing.forward(run.len(), &mixed.as_slice()[from..to], &mut target[from..to], false);
                    }
                }
                scratch.mixed = mixed;
            });
        };
        if layer.density.is_none() {
            targets.for_each(|(index, target)| work(index, target));
            return;
        }
        targets.zip(densities[t].par_chunks_mut(self.block)).for_each(|((index, target), densities)| {
            work(index, target);
            self.with_scratch(|scratch| self.sum_densities(t, self.atoms_of(index), species, (densities, scratch)));
            for (row, density) in target.chunks_exact_mut(width).zip(densities) {
                let factor = T::from_f64(1.0 / *density);
                row.iter_mut().for_each(|value| *value *= factor);
            }
        });
    }

    fn sum_densities(
        &self,
        t: usize,
        atoms: Range<usize>,
        species: &[u8],
        (densities, scratch): (&mut [f64], &mut Scratch<T>),
    ) {
        for (density, k) in densities.iter_mut().zip(atoms) {
            *density = 1.0;
            for edge in self.geometry.row(k) {
                let pair = [species[k], species[self.geometry.nodes[edge] as usize]];
                let r = length(self.geometry.vectors[edge]);
                *density += self.density(t, pair, r, &mut scratch.numbers).0;
            }
        }
    }

    /// The symmetric contraction, element by element.
    #[expect(clippy::expect_used, reason = "the slices are cut to the plan's own lengths")]
    fn contract(&self, t: usize, state: &mut State<T>) {
        let layer = &self.plan.layers[t];
        let (from, to) = (layer.target.len(), layer.behind.len());
        state.contracted.resize(self.atoms() * to);
        let State { targets, contracted, runs, workspace, .. } = state;
        for (species, run) in runs.iter() {
            let Some(element) = self.element(t, *species) else { continue };
            let rows = &targets[t].as_slice()[run.start * from..run.end * from];
            let out = &mut contracted.as_mut_slice()[run.start * to..run.end * to];
            let arguments = [rows, element.coefficients.as_slice()];
            layer.contraction.forward(run.len(), &arguments, out, workspace).expect("slices of the plan's lengths");
        }
    }

    /// Mixes what was contracted, and adds what the element makes of the features before.
    fn update(&self, t: usize, state: &mut State<T>) {
        let layer = &self.plan.layers[t];
        let (before, behind) = (layer.before.len(), layer.behind.len());
        state.next_features.resize(self.atoms() * behind);
        let State { contracted, features, next_features, runs, .. } = state;
        let (contracted, old) = (contracted.as_slice(), features.as_slice());
        next_features.as_mut_slice().par_chunks_mut(self.block * behind).enumerate().for_each(|(index, rows)| {
            let atoms = self.atoms_of(index);
            let from = &contracted[atoms.start * behind..atoms.end * behind];
            layer.update.forward(atoms.len(), from, rows, false);
            if layer.skip != MaceSkip::Residual {
                return;
            }
            let first = atoms.start;
            for (species, run) in self.runs_in(runs, atoms) {
                let Some(element) = self.element(t, species) else { continue };
                let rows = &mut rows[run.start * behind..run.end * behind];
                if let Some(constant) = &element.constant {
                    for row in rows.chunks_exact_mut(behind) {
                        row.iter_mut().zip(constant).for_each(|(value, &added)| *value += added);
                    }
                } else if let Some(mixing) = &element.mixing {
                    let from = &old[(first + run.start) * before..(first + run.end) * before];
                    mixing.forward(run.len(), from, rows, true);
                }
            }
        });
        std::mem::swap(features, next_features);
    }

    /// Adds the energies that are read out behind layer `t`.
    fn read_out(&self, t: usize, state: &mut State<T>) {
        let layer = &self.plan.layers[t];
        let width = layer.behind.len();
        let State { features, values, readout_gradients, .. } = state;
        let energies = values.energies.par_chunks_mut(self.block);
        let rows = features.as_slice().par_chunks(self.block * width);
        match &layer.readout {
            Readout::None => {}
            Readout::Linear(weights) => energies.zip(rows).for_each(|(energies, rows)| {
                for (energy, row) in energies.iter_mut().zip(rows.chunks_exact(width)) {
                    *energy += row.iter().zip(weights).map(|(x, w)| x.to_f64() * w).sum::<f64>();
                }
            }),
            Readout::Network(network) => {
                let gradients = readout_gradients[t].as_mut_slice().par_chunks_mut(self.block * self.scalars(layer));
                energies.zip(rows).zip(gradients).for_each(|((energies, rows), gradients)| {
                    self.with_scratch(|scratch| network.run(rows, width, energies, gradients, &mut scratch.rows));
                });
            }
        }
    }

    /// What layer `t` gathers, from the features before it.
    fn send(&self, t: usize, state: &mut State<T>) {
        let Some(layer) = self.plan.layers.get(t) else { return };
        let (from, to) = (layer.before.len(), layer.sent.len());
        let State { features, sent, .. } = state;
        let rows = features.as_slice().par_chunks(self.block * from);
        let sent = sent[t].as_mut_slice().par_chunks_mut(self.block * to);
        sent.zip(rows).for_each(|(sent, rows)| layer.send.forward(rows.len() / from, rows, sent, false));
    }

    /// Repulsion, scale, shift and the energies of free atoms.
    fn finish_energies(&self, state: &mut State<T>) {
        let plan = self.plan;
        let State { values, species, .. } = state;
        values.energies.par_iter_mut().enumerate().with_min_len(self.block).for_each(|(k, energy)| {
            if let Some(zbl) = &plan.zbl {
                for edge in self.geometry.row(k) {
                    let pair = [species[k], species[self.geometry.nodes[edge] as usize]];
                    *energy += zbl.evaluate(pair, length(self.geometry.vectors[edge])).0;
                }
            }
            *energy = plan.scale * *energy + plan.shift + plan.energies[usize::from(species[k])];
        });
    }
}
