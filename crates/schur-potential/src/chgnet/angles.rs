//! Features of angles, and updates of near bonds and of angles from them, forward and in reverse.

use rayon::prelude::*;
use schur_tensor::{Aligned, Real, padded};

use super::atoms::{add_rows, apply_rows};
use super::plan::{Gated, GatedRows};
use super::potential::{Near, Passes, Scratch, State, pairs};

/// Components of a vector.
const AXES: usize = 3;

/// What updates of near bonds and angles read.
#[derive(Clone, Copy)]
struct Source<'a, T> {
    atoms: &'a [T],
    nears: &'a [T],
    angles: &'a [T],
}

/// Cotangents of one atom, its near bonds and its angles, to which is added.
struct Cotangents<'a, T> {
    atom: &'a mut [T],
    nears: &'a mut [T],
    angles: &'a mut [T],
}

impl<T: Real> Passes<'_, T> {
    /// Functions of the angles at atom `k`, padded, and their derivatives with respect to cosines.
    fn angle_functions(&self, near: &Near, k: usize, scratch: &mut Scratch<T>) {
        let (count, width) = (self.plan.angles.count(), padded(self.plan.angles.count()));
        let Scratch { functions: [values, slopes], waves, rows, other, .. } = scratch;
        values.resize(count, 0.0);
        slopes.resize(count, 0.0);
        for array in [&mut *rows, &mut *other] {
            array.resize(near.angles(k).len() * width);
            array.as_mut_slice().fill(T::ZERO);
        }
        let unit = |place: usize| {
            let vector = self.geometry.vectors[near.edges[near.row(k).start + place] as usize];
            let length = schur_atoms::neighbours::distance(vector);
            vector.map(|x| x / length)
        };
        for (index, (p, q)) in pairs(near.row(k).len()).enumerate() {
            let cosine: f64 = unit(p).iter().zip(unit(q)).map(|(a, b)| a * b).sum();
            self.plan.angles.evaluate(cosine.clamp(-1.0, 1.0), values, slopes, waves);
            for (array, numbers) in [(&mut *rows, &*values), (&mut *other, &*slopes)] {
                let row = &mut array.as_mut_slice()[index * width..(index + 1) * width];
                row.iter_mut().zip(numbers).for_each(|(target, &number)| *target = T::from_f64(number));
            }
        }
    }

    /// Features of angles before any update.
    pub(super) fn embed_angles(&self, state: &mut State<T>) {
        let (n, near) = (self.plan.channels, &state.near);
        let angles = state.angles[0].as_mut_slice();
        self.angle_blocks(near).of(angles, n).enumerate().for_each(|(index, angles)| {
            self.with_scratch(|scratch| {
                let atoms = self.atoms_of(index);
                let first = near.angle_starts[atoms.start];
                for k in atoms {
                    let row = near.angles(k);
                    self.angle_functions(near, k, scratch);
                    let own = &mut angles[(row.start - first) * n..(row.end - first) * n];
                    self.plan.angle.apply_linear(row.len(), scratch.rows.as_slice(), own);
                }
            });
        });
    }

    /// From the cotangents of features of angles to those of the directions of near bonds.
    pub(super) fn backward_angle_embedding(&self, state: &mut State<T>) {
        let (n, near, count) = (self.plan.channels, &state.near, self.plan.harmonics.len());
        let width = padded(self.plan.angles.count());
        let d_angles = state.d_angles.as_slice();
        let third = T::from_f64(1.0 / 3.0);
        self.edge_blocks().of(&mut state.edges.harmonics, count).enumerate().for_each(|(index, harmonics)| {
            self.with_scratch(|scratch| {
                let atoms = self.atoms_of(index);
                let first = self.geometry.starts[atoms.start];
                for k in atoms {
                    let row = near.angles(k);
                    self.angle_functions(near, k, scratch);
                    scratch.more[0].resize(row.len() * width);
                    let cotangents = scratch.more[0].as_mut_slice();
                    self.plan.angle.transpose(row.len(), &d_angles[row.start * n..row.end * n], cotangents, false);
                    let slopes = scratch.other.as_slice().chunks_exact(width);
                    for ((p, q), (a, b)) in pairs(near.row(k).len()).zip(cotangents.chunks_exact(width).zip(slopes)) {
                        let sum = a.iter().zip(b).fold(T::ZERO, |sum, (&a, &b)| sum + a * b);
                        let [p, q] = [p, q].map(|place| near.edges[near.row(k).start + place] as usize);
                        // A cosine is a third of the product of two harmonics of degree one. The atom receives on these
                        // edges, and cotangents are kept where those are on which it sends: degree 1 changes sign.
                        for (to, from) in [(p, q), (q, p)] {
                            for m in 1..=AXES {
                                let other = self.geometry.harmonics[from * count + m];
                                harmonics[(to - first) * count + m] += -(third * sum * other);
                            }
                        }
                    }
                }
            });
        });
    }

    /// Fills the first layers' results of the angles at atom `k` and runs the gated network.
    fn angle_rows(
        &self,
        gated: &Gated<T>,
        (k, near): (usize, &Near),
        source: Source<'_, T>,
        mut rows: GatedRows<'_, T>,
        scratch: &mut Scratch<T>,
    ) {
        let (n, row, angles) = (self.plan.channels, near.row(k), near.angles(k));
        let nears = &source.nears[row.start * n..row.end * n];
        let Scratch { gated: memory, other, more: [left, right, ..], .. } = scratch;
        other.resize(n);
        for (i, branch) in gated.branches.iter().enumerate() {
            let own = other.as_mut_slice();
            own.copy_from_slice(branch.bias.as_slice());
            branch.parts[3].add(1, &source.atoms[k * n..(k + 1) * n], own);
            apply_rows(&branch.parts[0], nears, n, left);
            apply_rows(&branch.parts[1], nears, n, right);
            let first = &mut *rows.first[i];
            for (target, (p, q)) in first.chunks_exact_mut(n).zip(pairs(row.len())) {
                let (left, right) = (&left.as_slice()[p * n..(p + 1) * n], &right.as_slice()[q * n..(q + 1) * n]);
                for u in 0..n {
                    target[u] = own[u] + left[u] + right[u];
                }
            }
            branch.parts[2].add(angles.len(), &source.angles[angles.start * n..angles.end * n], first);
        }
        gated.forward(angles.len(), &mut rows, memory);
    }

    /// The reverse of [`angle_rows`](Self::angle_rows), from the cotangent of the product in `scratch.gated.values`.
    fn angle_rows_back(
        &self,
        gated: &Gated<T>,
        mut rows: GatedRows<'_, T>,
        out: Cotangents<'_, T>,
        scratch: &mut Scratch<T>,
    ) {
        let n = self.plan.channels;
        let (angles, count) = (out.angles.len() / n, out.nears.len() / n);
        let Scratch { gated: memory, other, more: [left, right, ..], .. } = scratch;
        gated.backward(angles, &mut rows, memory);
        for (i, branch) in gated.branches.iter().enumerate() {
            let gradient = &*rows.first[i];
            branch.parts[2].transpose(angles, gradient, out.angles, true);
            add_rows(gradient, n, other);
            branch.parts[3].transpose(1, other.as_slice(), out.atom, true);
            for array in [&mut *left, &mut *right] {
                array.resize(count * n);
                array.as_mut_slice().fill(T::ZERO);
            }
            for (gradient, (p, q)) in gradient.chunks_exact(n).zip(pairs(count)) {
                add_to(left, p, gradient);
                add_to(right, q, gradient);
            }
            branch.parts[0].transpose(count, left.as_slice(), out.nears, true);
            branch.parts[1].transpose(count, right.as_slice(), out.nears, true);
        }
    }

    /// One update of near bonds: sums at each end, then both ends together.
    pub(super) fn update_nears(&self, t: usize, state: &mut State<T>) {
        let kept = state.kept(t);
        let (n, near, update) = (self.plan.channels, &state.near, &self.plan.bond_updates[t]);
        let (before, behind) = state.nears.split_at_mut(t + 1);
        let before = before[t].as_slice();
        let source = Source { atoms: state.atoms[t + 1].as_slice(), nears: before, angles: state.angles[t].as_slice() };
        let weights = state.near_weights.as_slice();
        let sums = self.near_blocks(near).of(state.sums.as_mut_slice(), n);
        let blocks = sums.zip(state.kept_nears[kept].of(self.angle_blocks(near), n));
        blocks.enumerate().for_each(|(index, (sums, mut kept))| {
            self.with_scratch(|scratch| {
                let atoms = self.atoms_of(index);
                let (first, first_angle) = (near.starts[atoms.start], near.angle_starts[atoms.start]);
                sums.fill(T::ZERO);
                for k in atoms {
                    let (row, angles) = (near.row(k), near.angles(k));
                    let rows = kept.part((angles.start - first_angle) * n..(angles.end - first_angle) * n);
                    self.angle_rows(&update.gated, (k, near), source, rows, scratch);
                    let weights = &weights[row.start * n..row.end * n];
                    let sums = &mut sums[(row.start - first) * n..(row.end - first) * n];
                    for (value, (p, q)) in scratch.gated.values.as_slice().chunks_exact(n).zip(pairs(row.len())) {
                        for u in 0..n {
                            sums[p * n + u] += value[u] * weights[p * n + u] * weights[q * n + u];
                        }
                    }
                }
            });
        });
        let sums = state.sums.as_slice();
        self.near_blocks(near).of(behind[0].as_mut_slice(), n).enumerate().for_each(|(index, out)| {
            self.with_scratch(|scratch| {
                let atoms = self.atoms_of(index);
                let own = near.starts[atoms.start]..near.starts[atoms.end];
                self.both_ends(near, own.clone(), sums, &mut scratch.rows);
                out.copy_from_slice(&before[own.start * n..own.end * n]);
                // Without any angle the models leave out this update, bias and all.
                if near.angle_count() > 0 {
                    update.out.accumulate(own.len(), scratch.rows.as_slice(), out);
                }
            });
        });
    }

    /// Rows of near bonds plus those of the same bonds at their other ends.
    fn both_ends(&self, near: &Near, own: std::ops::Range<usize>, rows: &[T], out: &mut Aligned<T>) {
        let n = self.plan.channels;
        out.resize(own.len() * n);
        for (target, s) in out.as_mut_slice().chunks_exact_mut(n).zip(own) {
            let opposite = near.opposite(self.geometry, s);
            let (a, b) = (&rows[s * n..(s + 1) * n], &rows[opposite * n..(opposite + 1) * n]);
            for u in 0..n {
                target[u] = a[u] + b[u];
            }
        }
    }

    /// The reverse of an update of near bonds.
    pub(super) fn backward_nears(&self, t: usize, state: &mut State<T>) {
        if !state.keeps_all {
            self.update_nears(t, state);
        }
        let kept = state.kept(t);
        let (n, near, update) = (self.plan.channels, &state.near, &self.plan.bond_updates[t]);
        let d_behind = state.d_nears.as_slice();
        self.near_blocks(near).of(state.sums.as_mut_slice(), n).enumerate().for_each(|(index, sums)| {
            self.with_scratch(|scratch| {
                let atoms = self.atoms_of(index);
                let own = near.starts[atoms.start]..near.starts[atoms.end];
                self.both_ends(near, own.clone(), d_behind, &mut scratch.rows);
                update.out.transpose(own.len(), scratch.rows.as_slice(), sums, false);
            });
        });
        let (d_sums, weights) = (state.sums.as_slice(), state.near_weights.as_slice());
        let blocks = (
            state.d_atoms.as_mut_slice().par_chunks_mut(self.block * n),
            self.near_blocks(near).of(state.d_nears.as_mut_slice(), n),
            self.near_blocks(near).of(state.d_near_weights.as_mut_slice(), n),
            self.angle_blocks(near).of(state.d_angles.as_mut_slice(), n),
            state.kept_nears[kept].of(self.angle_blocks(near), n),
        );
        blocks.into_par_iter().enumerate().for_each(|(index, (d_atoms, d_nears, d_weights, d_angles, mut kept))| {
            self.with_scratch(|scratch| {
                let atoms = self.atoms_of(index);
                let (first, first_angle) = (near.starts[atoms.start], near.angle_starts[atoms.start]);
                for (local, k) in atoms.enumerate() {
                    let (row, angles) = (near.row(k), near.angles(k));
                    let of_angles = (angles.start - first_angle) * n..(angles.end - first_angle) * n;
                    let rows = kept.part(of_angles.clone());
                    update.gated.replay(&rows, &mut scratch.gated);
                    let own = (row.start - first) * n..(row.end - first) * n;
                    let (d_sums, weights) = (&d_sums[row.start * n..row.end * n], &weights[row.start * n..row.end * n]);
                    let d_weights = &mut d_weights[own.clone()];
                    let values = scratch.gated.values.as_mut_slice().chunks_exact_mut(n);
                    for (value, (p, q)) in values.zip(pairs(row.len())) {
                        for u in 0..n {
                            let (d, a, b) = (d_sums[p * n + u], weights[p * n + u], weights[q * n + u]);
                            d_weights[p * n + u] += d * value[u] * b;
                            d_weights[q * n + u] += d * value[u] * a;
                            value[u] = d * a * b;
                        }
                    }
                    let out = Cotangents {
                        atom: &mut d_atoms[local * n..(local + 1) * n],
                        nears: &mut d_nears[own],
                        angles: &mut d_angles[of_angles],
                    };
                    self.angle_rows_back(&update.gated, rows, out, scratch);
                }
            });
        });
    }

    /// One update of angles.
    pub(super) fn update_angles(&self, t: usize, state: &mut State<T>) {
        let kept = state.kept(t);
        let (n, near) = (self.plan.channels, &state.near);
        let (before, behind) = state.angles.split_at_mut(t + 1);
        let angles = before[t].as_slice();
        let source = Source { atoms: state.atoms[t + 1].as_slice(), nears: state.nears[t + 1].as_slice(), angles };
        let out = self.angle_blocks(near).of(behind[0].as_mut_slice(), n);
        let blocks = out.zip(state.kept_angles[kept].of(self.angle_blocks(near), n));
        blocks.enumerate().for_each(|(index, (out, mut kept))| {
            self.with_scratch(|scratch| {
                let atoms = self.atoms_of(index);
                let first = near.angle_starts[atoms.start];
                for k in atoms {
                    let row = near.angles(k);
                    let own = (row.start - first) * n..(row.end - first) * n;
                    let rows = kept.part(own.clone());
                    self.angle_rows(&self.plan.angle_updates[t], (k, near), source, rows, scratch);
                    let out = &mut out[own];
                    let old = &angles[row.start * n..row.end * n];
                    let new = scratch.gated.values.as_slice();
                    out.iter_mut().zip(old.iter().zip(new)).for_each(|(out, (&old, &new))| *out = old + new);
                }
            });
        });
    }

    /// The reverse of an update of angles.
    pub(super) fn backward_angles(&self, t: usize, state: &mut State<T>) {
        if !state.keeps_all {
            self.update_angles(t, state);
        }
        let kept = state.kept(t);
        let (n, near) = (self.plan.channels, &state.near);
        let update = &self.plan.angle_updates[t];
        let blocks = (
            state.d_atoms.as_mut_slice().par_chunks_mut(self.block * n),
            self.near_blocks(near).of(state.d_nears.as_mut_slice(), n),
            self.angle_blocks(near).of(state.d_angles.as_mut_slice(), n),
            state.kept_angles[kept].of(self.angle_blocks(near), n),
        );
        blocks.into_par_iter().enumerate().for_each(|(index, (d_atoms, d_nears, d_angles, mut kept))| {
            self.with_scratch(|scratch| {
                let atoms = self.atoms_of(index);
                let (first, first_angle) = (near.starts[atoms.start], near.angle_starts[atoms.start]);
                for (local, k) in atoms.enumerate() {
                    let (row, angles) = (near.row(k), near.angles(k));
                    let of_angles = (angles.start - first_angle) * n..(angles.end - first_angle) * n;
                    let rows = kept.part(of_angles.clone());
                    update.replay(&rows, &mut scratch.gated);
                    let d_angles = &mut d_angles[of_angles];
                    scratch.gated.values.as_mut_slice().copy_from_slice(d_angles);
                    let out = Cotangents {
                        atom: &mut d_atoms[local * n..(local + 1) * n],
                        nears: &mut d_nears[(row.start - first) * n..(row.end - first) * n],
                        angles: d_angles,
                    };
                    self.angle_rows_back(update, rows, out, scratch);
                }
            });
        });
    }
}

/// Adds a row to one of an array.
fn add_to<T: Real>(rows: &mut Aligned<T>, index: usize, row: &[T]) {
    let target = &mut rows.as_mut_slice()[index * row.len()..(index + 1) * row.len()];
    target.iter_mut().zip(row).for_each(|(sum, &more)| *sum += more);
}
