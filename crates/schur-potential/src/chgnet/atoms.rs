//! Features of bonds from their length, and updates of atoms from their bonds, forward and in reverse.

use std::ops::Range;

use rayon::prelude::*;
use schur_atoms::neighbours::distance;
use schur_tensor::Real;

use super::basis::LengthBasis;
use super::plan::GatedRows;
use super::potential::{Near, Passes, Scratch, State};
use crate::layers::Dense;

impl<T: Real> Passes<'_, T> {
    /// Functions of the lengths of some edges, or their derivatives, into `scratch.rows`, padded.
    fn length_functions(
        &self,
        basis: &LengthBasis,
        edges: impl Iterator<Item = usize>,
        derivatives: bool,
        scratch: &mut Scratch<T>,
    ) -> usize {
        let width = basis.width();
        let [values, slopes] = &mut scratch.functions;
        values.resize(width, 0.0);
        slopes.resize(width, 0.0);
        let mut rows = 0;
        for edge in edges {
            basis.evaluate(distance(self.geometry.vectors[edge]), values, slopes);
            scratch.rows.resize((rows + 1) * width);
            let row = &mut scratch.rows.as_mut_slice()[rows * width..];
            let numbers: &[f64] = if derivatives { slopes } else { values };
            for (target, &number) in row.iter_mut().zip(numbers) {
                *target = T::from_f64(number);
            }
            rows += 1;
        }
        rows
    }

    /// Features and weights of bonds before any update.
    pub(super) fn embed_bonds(&self, state: &mut State<T>) {
        let (n, plan, near) = (self.plan.channels, self.plan, &state.near);
        let blocks = (
            self.edge_blocks().of(&mut *state.bonds.as_mut_slice(), n),
            self.edge_blocks().of(&mut *state.bond_weights.as_mut_slice(), n),
            self.near_blocks(near).of(&mut *state.nears[0].as_mut_slice(), n),
            self.near_blocks(near).of(&mut *state.near_weights.as_mut_slice(), n),
        );
        blocks.into_par_iter().enumerate().for_each(|(index, (bonds, weights, nears, near_weights))| {
            self.with_scratch(|scratch| {
                let atoms = self.atoms_of(index);
                let (first, first_near) = (self.geometry.starts[atoms.start], near.starts[atoms.start]);
                for k in atoms {
                    let row = self.geometry.row(k);
                    let own = (row.start - first) * n..(row.end - first) * n;
                    let count = self.length_functions(&plan.lengths[0], row.clone(), false, scratch);
                    plan.bond.apply_linear(count, scratch.rows.as_slice(), &mut bonds[own.clone()]);
                    plan.bond_weight.apply_linear(count, scratch.rows.as_slice(), &mut weights[own]);
                    let own = (near.row(k).start - first_near) * n..(near.row(k).end - first_near) * n;
                    let edges = near.edges[near.row(k)].iter().map(|&edge| edge as usize);
                    let count = self.length_functions(&plan.lengths[1], edges.clone(), false, scratch);
                    plan.near_weight.apply_linear(count, scratch.rows.as_slice(), &mut near_weights[own.clone()]);
                    for (target, edge) in nears[own].chunks_exact_mut(n).zip(edges) {
                        target.copy_from_slice(&bonds[(edge - first) * n..][..n]);
                    }
                }
            });
        });
    }

    /// From the cotangents of features and weights of bonds to those of lengths.
    pub(super) fn backward_bond_embedding(&self, state: &mut State<T>) {
        let (n, plan, near) = (self.plan.channels, self.plan, &state.near);
        let width = plan.lengths[0].width();
        let (d_bonds, d_weights) = (state.d_bonds.as_slice(), state.d_bond_weights.as_slice());
        let (d_nears, d_near_weights) = (state.d_nears.as_slice(), state.d_near_weights.as_slice());
        self.edge_blocks().of(&mut state.edges.distances, 1).enumerate().for_each(|(index, lengths)| {
            self.with_scratch(|scratch| {
                let atoms = self.atoms_of(index);
                let first = self.geometry.starts[atoms.start];
                for k in atoms {
                    let row = self.geometry.row(k);
                    // What near bonds have of their own is added to what all have.
                    scratch.other.resize(row.len() * n);
                    scratch.other.as_mut_slice().copy_from_slice(&d_bonds[row.start * n..row.end * n]);
                    for s in near.row(k) {
                        let place = (near.edges[s] as usize - row.start) * n;
                        let target = &mut scratch.other.as_mut_slice()[place..place + n];
                        target.iter_mut().zip(&d_nears[s * n..]).for_each(|(sum, &more)| *sum += more);
                    }
                    let count = self.length_functions(&plan.lengths[0], row.clone(), true, scratch);
                    scratch.more[0].resize(count * width);
                    let cotangents = scratch.more[0].as_mut_slice();
                    plan.bond.transpose(count, scratch.other.as_slice(), cotangents, false);
                    plan.bond_weight.transpose(count, &d_weights[row.start * n..row.end * n], cotangents, true);
                    add_products(&mut lengths[row.start - first..], cotangents, scratch.rows.as_slice(), width);
                    let edges = near.edges[near.row(k)].iter().map(|&edge| edge as usize);
                    let count = self.length_functions(&plan.lengths[1], edges.clone(), true, scratch);
                    let own = near.row(k).start * n..near.row(k).end * n;
                    scratch.more[0].resize(count * width);
                    let cotangents = scratch.more[0].as_mut_slice();
                    plan.near_weight.transpose(count, &d_near_weights[own], cotangents, false);
                    let rows = cotangents.chunks_exact(width).zip(scratch.rows.as_slice().chunks_exact(width));
                    for (edge, (a, b)) in edges.zip(rows) {
                        lengths[edge - first] += dot(a, b);
                    }
                }
            });
        });
    }

    /// What updates of bonds have added to those that form no angle; nothing where there is no angle at all, since the
    /// models leave out these updates there.
    fn far_offset(&self, t: usize, near: &Near) -> Option<&[T]> {
        let offset = self.plan.far_offsets.get(t)?;
        (near.angle_count() > 0).then_some(offset.as_slice())
    }

    /// What the first layers make of atoms as neighbours.
    fn send(&self, t: usize, state: &mut State<T>) {
        let n = self.plan.channels;
        let features = state.atoms[t].as_slice();
        for (branch, sent) in self.plan.atom_updates[t].gated.branches.iter().zip(&mut state.sent) {
            sent.as_mut_slice().par_chunks_mut(self.block * n).enumerate().for_each(|(index, sent)| {
                let atoms = self.atoms_of(index);
                branch.parts[2].apply_linear(atoms.len(), &features[atoms.start * n..atoms.end * n], sent);
            });
        }
    }

    /// Fills the first layers' results of the edges of atom `k` and runs the gated network.
    fn edge_rows(
        &self,
        t: usize,
        k: usize,
        source: &Source<'_, T>,
        mut rows: GatedRows<'_, T>,
        scratch: &mut Scratch<T>,
    ) {
        let (n, row) = (self.plan.channels, self.geometry.row(k));
        let update = &self.plan.atom_updates[t];
        source.bond_rows(row.clone(), n, &mut scratch.rows);
        scratch.other.resize(n);
        for (i, branch) in update.gated.branches.iter().enumerate() {
            let own = scratch.other.as_mut_slice();
            own.copy_from_slice(branch.bias.as_slice());
            branch.parts[0].add(1, &source.atoms[k * n..(k + 1) * n], own);
            let first = &mut *rows.first[i];
            for (target, &node) in first.chunks_exact_mut(n).zip(&self.geometry.nodes[row.clone()]) {
                let sent = &source.sent[i][node as usize * n..][..n];
                for u in 0..n {
                    target[u] = own[u] + sent[u];
                }
            }
            branch.parts[1].add(row.len(), scratch.rows.as_slice(), first);
        }
        update.gated.forward(row.len(), &mut rows, &mut scratch.gated);
    }

    /// One update of atoms.
    pub(super) fn update_atoms(&self, t: usize, state: &mut State<T>) {
        let kept = state.kept(t);
        self.send(t, state);
        let n = self.plan.channels;
        let (before, behind) = state.atoms.split_at_mut(t + 1);
        let source = Source {
            atoms: before[t].as_slice(),
            bonds: state.bonds.as_slice(),
            nears: state.nears[t].as_slice(),
            near: &state.near,
            offset: self.far_offset(t, &state.near),
            sent: [state.sent[0].as_slice(), state.sent[1].as_slice()],
        };
        let weights = state.bond_weights.as_slice();
        let out = behind[0].as_mut_slice().par_chunks_mut(self.block * n);
        let blocks = out.zip(state.kept_atoms[kept].of(self.edge_blocks(), n));
        blocks.enumerate().for_each(|(index, (out, mut kept))| {
            self.with_scratch(|scratch| {
                let atoms = self.atoms_of(index);
                let first = self.geometry.starts[atoms.start];
                scratch.kept.resize(atoms.len() * n);
                for (local, k) in atoms.clone().enumerate() {
                    let row = self.geometry.row(k);
                    let own = (row.start - first) * n..(row.end - first) * n;
                    self.edge_rows(t, k, &source, kept.part(own), scratch);
                    let sum = &mut scratch.kept.as_mut_slice()[local * n..(local + 1) * n];
                    sum.fill(T::ZERO);
                    let edges = scratch.gated.values.as_slice().chunks_exact(n).take(row.len());
                    for (value, weight) in edges.zip(weights[row.start * n..].chunks_exact(n)) {
                        for u in 0..n {
                            sum[u] += value[u] * weight[u];
                        }
                    }
                }
                out.copy_from_slice(&source.atoms[atoms.start * n..atoms.end * n]);
                self.plan.atom_updates[t].out.accumulate(atoms.len(), scratch.kept.as_slice(), out);
            });
        });
    }

    /// The reverse of an update of atoms.
    pub(super) fn backward_atoms(&self, t: usize, state: &mut State<T>) {
        if !state.keeps_all {
            self.update_atoms(t, state);
        }
        let kept = state.kept(t);
        let (n, update) = (self.plan.channels, &self.plan.atom_updates[t]);
        let weights = state.bond_weights.as_slice();
        let blocks = (
            state.d_atoms.as_mut_slice().par_chunks_mut(self.block * n),
            self.edge_blocks().of(&mut *state.d_bonds.as_mut_slice(), n),
            self.edge_blocks().of(&mut *state.d_bond_weights.as_mut_slice(), n),
            self.near_blocks(&state.near).of(&mut *state.d_nears.as_mut_slice(), n),
            state.kept_atoms[kept].of(self.edge_blocks(), n),
        );
        blocks.into_par_iter().enumerate().for_each(|(index, (d_atoms, d_bonds, d_weights, d_nears, mut kept))| {
            self.with_scratch(|scratch| {
                let atoms = self.atoms_of(index);
                let (first, first_near) = (self.geometry.starts[atoms.start], state.near.starts[atoms.start]);
                scratch.kept.resize(atoms.len() * n);
                update.out.transpose(atoms.len(), d_atoms, scratch.kept.as_mut_slice(), false);
                for (local, k) in atoms.enumerate() {
                    let row = self.geometry.row(k);
                    let own = (row.start - first) * n..(row.end - first) * n;
                    let mut rows = kept.part(own.clone());
                    update.gated.replay(&rows, &mut scratch.gated);
                    let d_sum = &scratch.kept.as_slice()[local * n..(local + 1) * n];
                    let values = scratch.gated.values.as_mut_slice().chunks_exact_mut(n);
                    let of_edges =
                        weights[row.start * n..].chunks_exact(n).zip(d_weights[own.clone()].chunks_exact_mut(n));
                    for (value, (weight, d_weight)) in values.zip(of_edges) {
                        for u in 0..n {
                            d_weight[u] += d_sum[u] * value[u];
                            value[u] = d_sum[u] * weight[u];
                        }
                    }
                    update.gated.backward(row.len(), &mut rows, &mut scratch.gated);
                    scratch.rows.resize(row.len() * n);
                    for (i, branch) in update.gated.branches.iter().enumerate() {
                        let gradient = &*rows.first[i];
                        branch.parts[1].transpose(row.len(), gradient, scratch.rows.as_mut_slice(), i > 0);
                        add_rows(gradient, n, &mut scratch.other);
                        let d_atom = &mut d_atoms[local * n..(local + 1) * n];
                        branch.parts[0].transpose(1, scratch.other.as_slice(), d_atom, true);
                    }
                    for (edge, gradient) in row.zip(scratch.rows.as_slice().chunks_exact(n)) {
                        let target = match state.near.find_edge(edge) {
                            Some(s) => &mut d_nears[(s - first_near) * n..][..n],
                            None => &mut d_bonds[(edge - first) * n..][..n],
                        };
                        target.iter_mut().zip(gradient).for_each(|(sum, &more)| *sum += more);
                    }
                }
            });
        });
        self.gather_sent(t, state);
    }

    /// Adds what neighbours have done with what an atom sent them to its cotangent.
    fn gather_sent(&self, t: usize, state: &mut State<T>) {
        let n = self.plan.channels;
        let kept = &state.kept_atoms[state.kept(t)].first;
        let received = [0, 1].map(|branch: usize| kept[branch].as_slice());
        state.d_atoms.as_mut_slice().par_chunks_mut(self.block * n).enumerate().for_each(|(index, d_atoms)| {
            self.with_scratch(|scratch| {
                let atoms = self.atoms_of(index);
                scratch.other.resize(atoms.len() * n);
                for (branch, received) in self.plan.atom_updates[t].gated.branches.iter().zip(received) {
                    let sums = scratch.other.as_mut_slice();
                    sums.fill(T::ZERO);
                    for (sum, k) in sums.chunks_exact_mut(n).zip(atoms.clone()) {
                        for edge in self.geometry.row(k) {
                            let back = &received[self.geometry.reverse[edge] as usize * n..][..n];
                            sum.iter_mut().zip(back).for_each(|(sum, &more)| *sum += more);
                        }
                    }
                    branch.parts[2].transpose(atoms.len(), sums, d_atoms, true);
                }
            });
        });
    }
}

/// What an update of atoms reads.
struct Source<'a, T> {
    atoms: &'a [T],
    bonds: &'a [T],
    nears: &'a [T],
    near: &'a Near,
    /// Added to bonds that are not near.
    offset: Option<&'a [T]>,
    sent: [&'a [T]; 2],
}

impl<T: Real> Source<'_, T> {
    /// Features of the bonds of a row: those of near ones have been updated.
    fn bond_rows(&self, row: Range<usize>, n: usize, rows: &mut schur_tensor::Aligned<T>) {
        rows.resize(row.len() * n);
        rows.as_mut_slice().copy_from_slice(&self.bonds[row.start * n..row.end * n]);
        for (edge, target) in row.zip(rows.as_mut_slice().chunks_exact_mut(n)) {
            if let Some(s) = self.near.find_edge(edge) {
                target.copy_from_slice(&self.nears[s * n..(s + 1) * n]);
            } else if let Some(offset) = self.offset {
                target.iter_mut().zip(offset).for_each(|(value, &more)| *value += more);
            }
        }
    }
}

/// The sum of rows.
pub(super) fn add_rows<T: Real>(rows: &[T], n: usize, out: &mut schur_tensor::Aligned<T>) {
    out.resize(n);
    let sum = out.as_mut_slice();
    sum.fill(T::ZERO);
    for row in rows.chunks_exact(n) {
        sum.iter_mut().zip(row).for_each(|(sum, &more)| *sum += more);
    }
}

fn dot<T: Real>(a: &[T], b: &[T]) -> T {
    a.iter().zip(b).fold(T::ZERO, |sum, (&a, &b)| sum + a * b)
}

/// Adds the product of each pair of rows to a number.
fn add_products<T: Real>(out: &mut [T], a: &[T], b: &[T], width: usize) {
    for (out, (a, b)) in out.iter_mut().zip(a.chunks_exact(width).zip(b.chunks_exact(width))) {
        *out += dot(a, b);
    }
}

/// A matrix applied to rows of near bonds, for angles.
pub(super) fn apply_rows<T: Real>(matrix: &Dense<T>, rows: &[T], n: usize, out: &mut schur_tensor::Aligned<T>) {
    out.resize(rows.len());
    matrix.apply_linear(rows.len() / n, rows, out.as_mut_slice());
}
