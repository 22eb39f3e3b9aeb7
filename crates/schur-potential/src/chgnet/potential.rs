//! A CHGNet model as a [`Network`]: the order of the passes, and what is kept between evaluations.

use std::ops::Range;
use std::sync::Mutex;

use rayon::prelude::*;
use schur_atoms::Structure;
use schur_atoms::neighbours::distance;
use schur_tensor::{Aligned, Real};

use super::plan::{GatedMemory, GatedScratch, Plan};
use crate::graph::{self, AtomValues, EdgeGradient, Geometry, Network, RowBlocks};
use crate::layers::PerceptronScratch;
use crate::{PotentialError, Request};

/// Atoms in a block: their edges, some fifty each, fill the tiles of products by themselves, and threads wait less for
/// each other than with larger blocks.
const BLOCK: usize = 4;
/// The most bytes of rows that all updates keep for the reverse pass, some 1200 atoms of copper in f32. Larger
/// structures keep those of one update and run each again, which gives the same bits in a third of the memory.
const MOST_KEPT: usize = 1 << 30;
/// Marks an edge that is too long for angles.
const FAR: u32 = u32::MAX;

/// A CHGNet model with the memory that its evaluations use again.
pub(crate) struct ChgnetNetwork<T: Real> {
    plan: Plan<T>,
    state: State<T>,
}

/// Which edges are near, row by row.
#[derive(Debug, Default)]
pub(super) struct Near {
    /// Where the near edges of each atom begin, and where those of the last end; the same for angles.
    pub starts: Vec<usize>,
    pub angle_starts: Vec<usize>,
    /// The edge of each near one, and the near one of each edge.
    pub edges: Vec<u32>,
    pub of_edge: Vec<u32>,
}

/// Features, `[...][channel]`, and cotangents of all atoms, bonds and angles, renumbered.
#[derive(Debug, Default)]
pub(super) struct State<T> {
    pub species: Vec<u8>,
    pub near: Near,
    /// Of atoms, before each update and behind the last.
    pub atoms: Vec<Aligned<T>>,
    /// Of all bonds before any update, and weights.
    pub bonds: Aligned<T>,
    pub bond_weights: Aligned<T>,
    /// Of near bonds before each update and behind the last, and weights.
    pub nears: Vec<Aligned<T>>,
    pub near_weights: Aligned<T>,
    /// Of angles before each update and behind the last.
    pub angles: Vec<Aligned<T>>,
    /// Sums over the angles of each near bond at one of its ends, or their cotangents.
    pub sums: Aligned<T>,
    /// What the update reads of each atom as neighbour, for both branches.
    pub sent: [Aligned<T>; 2],
    /// Whether each update keeps rows of its own; if not, all use the first.
    pub keeps_all: bool,
    /// Of edges in each update of atoms, and of angles in each of near bonds and of angles.
    pub kept_atoms: Vec<GatedMemory<T>>,
    pub kept_nears: Vec<GatedMemory<T>>,
    pub kept_angles: Vec<GatedMemory<T>>,
    pub d_atoms: Aligned<T>,
    pub d_bonds: Aligned<T>,
    pub d_bond_weights: Aligned<T>,
    pub d_nears: Aligned<T>,
    pub d_near_weights: Aligned<T>,
    pub d_angles: Aligned<T>,
    pub edges: EdgeGradient<T>,
    pub values: AtomValues,
}

/// Memory of one thread.
#[derive(Debug, Default)]
pub(crate) struct Scratch<T> {
    pub(super) gated: GatedScratch<T>,
    pub(super) perceptron: PerceptronScratch<T>,
    pub(super) kept: Aligned<T>,
    pub(super) rows: Aligned<T>,
    pub(super) other: Aligned<T>,
    pub(super) more: [Aligned<T>; 4],
    pub(super) functions: [Vec<f64>; 2],
    pub(super) waves: [Vec<f64>; 2],
}

impl<T: Real> ChgnetNetwork<T> {
    /// Takes no memory before the first evaluation.
    pub fn new(plan: Plan<T>) -> Self {
        Self { plan, state: State::default() }
    }
}

impl<T> State<T> {
    /// Where update `t` keeps its rows.
    pub fn kept(&self, t: usize) -> usize {
        if self.keeps_all { t } else { 0 }
    }
}

impl Near {
    /// Lists the edges shorter than the cut-off of angles.
    fn find<T: Real>(&mut self, geometry: &Geometry<T>, cutoff: f64) {
        self.of_edge.clear();
        self.of_edge.resize(geometry.nodes.len(), FAR);
        self.edges.clear();
        self.starts.clear();
        self.angle_starts.clear();
        self.starts.push(0);
        self.angle_starts.push(0);
        let mut angles = 0;
        for k in 0..geometry.order.len() {
            let first = self.edges.len();
            for edge in geometry.row(k) {
                if distance(geometry.vectors[edge]) < cutoff {
                    self.of_edge[edge] = self.edges.len() as u32;
                    self.edges.push(edge as u32);
                }
            }
            let count = self.edges.len() - first;
            angles += count * count.saturating_sub(1);
            self.starts.push(self.edges.len());
            self.angle_starts.push(angles);
        }
    }

    /// The near edges of atom `k`.
    pub fn row(&self, k: usize) -> Range<usize> {
        self.starts[k]..self.starts[k + 1]
    }

    /// The angles at atom `k`: for each near edge all others, in order.
    pub fn angles(&self, k: usize) -> Range<usize> {
        self.angle_starts[k]..self.angle_starts[k + 1]
    }

    /// Number of angles.
    pub fn angle_count(&self) -> usize {
        self.angle_starts.last().copied().unwrap_or(0)
    }

    /// The same near bond seen from its other end.
    pub fn opposite<T: Real>(&self, geometry: &Geometry<T>, near: usize) -> usize {
        self.of_edge[geometry.reverse[self.edges[near] as usize] as usize] as usize
    }

    /// The near edge that an edge is, if it is one.
    pub fn find_edge(&self, edge: usize) -> Option<usize> {
        let near = self.of_edge[edge];
        (near != FAR).then_some(near as usize)
    }
}

/// The pairs of `count` near edges, in the order of angles.
pub(super) fn pairs(count: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..count).flat_map(move |p| (0..count).filter(move |&q| q != p).map(move |q| (p, q)))
}

impl<T: Real> Network<T> for ChgnetNetwork<T> {
    type Scratch = Scratch<T>;

    fn geometry(&self) -> Result<Geometry<T>, PotentialError> {
        Geometry::new(self.plan.cutoff)
    }

    fn run(
        &mut self,
        geometry: &mut Geometry<T>,
        scratch: &[Mutex<Scratch<T>>],
        structure: &Structure,
        request: Request,
    ) -> Result<&AtomValues, PotentialError> {
        let block = graph::block_of(structure.len(), BLOCK, scratch.len());
        geometry.update(structure, &self.plan.harmonics, None, block)?;
        self.plan.species.fill(structure, &geometry.order, &mut self.state.species)?;
        self.state.near.find(geometry, self.plan.angle_cutoff);
        let passes = Passes { plan: &self.plan, geometry, scratch, block, reverse: request.reverse() };
        passes.forward(&mut self.state);
        if let Some(moments) = &self.plan.moments {
            let before_last = &self.state.atoms[self.plan.atom_updates.len() - 1];
            moments.fill(before_last.as_slice(), &mut self.state.values.magnetic_moments);
        }
        if passes.reverse {
            passes.backward(&mut self.state);
        }
        Ok(&self.state.values)
    }

    fn has_magnetic_moments(&self) -> bool {
        self.plan.moments.is_some()
    }
}

/// What all passes share.
pub(super) type Passes<'a, T> = graph::Passes<'a, Plan<T>, Scratch<T>, T>;

impl<T: Real> Passes<'_, T> {
    /// How arrays over edges, near edges and angles are cut into blocks of atoms.
    pub(super) fn edge_blocks(&self) -> RowBlocks<'_> {
        RowBlocks { starts: &self.geometry.starts, block: self.block }
    }

    /// As [`edge_blocks`](Self::edge_blocks), for near edges.
    pub(super) fn near_blocks<'b>(&self, near: &'b Near) -> RowBlocks<'b> {
        RowBlocks { starts: &near.starts, block: self.block }
    }

    /// As [`edge_blocks`](Self::edge_blocks), for angles.
    pub(super) fn angle_blocks<'b>(&self, near: &'b Near) -> RowBlocks<'b> {
        RowBlocks { starts: &near.angle_starts, block: self.block }
    }

    /// Fills the energies of all atoms and keeps what the reverse pass needs.
    fn forward(&self, state: &mut State<T>) {
        self.resize(state);
        let n = self.plan.channels;
        let rows = state.atoms[0].as_mut_slice().chunks_exact_mut(n);
        for (row, &species) in rows.zip(&state.species) {
            row.copy_from_slice(&self.plan.embedding.as_slice()[usize::from(species) * n..][..n]);
        }
        self.embed_bonds(state);
        self.embed_angles(state);
        let last = self.plan.atom_updates.len() - 1;
        for t in 0..=last {
            self.update_atoms(t, state);
            if t < last {
                self.update_nears(t, state);
            }
            if t + 1 < last {
                self.update_angles(t, state);
            }
        }
        self.read_out(state);
    }

    fn resize(&self, state: &mut State<T>) {
        let (n, layers) = (self.plan.channels, self.plan.atom_updates.len());
        let [atoms, edges] = [self.atoms(), self.geometry.nodes.len()].map(|count| count * n);
        let [nears, angles] = [state.near.edges.len(), state.near.angle_count()].map(|count| count * n);
        for (list, count, len) in [
            (&mut state.atoms, layers + 1, atoms),
            (&mut state.nears, layers, nears),
            (&mut state.angles, layers - 1, angles),
        ] {
            list.resize_with(count, Aligned::default);
            list.iter_mut().for_each(|array| array.resize(len));
        }
        let wanted = [(layers, edges, true), (layers - 1, angles, true), (layers - 2, angles, false)];
        let sizes = wanted.map(|(count, len, hidden)| count * GatedMemory::<T>::bytes(len, hidden));
        state.keeps_all = self.reverse && sizes.iter().sum::<usize>() <= MOST_KEPT;
        let lists = [&mut state.kept_atoms, &mut state.kept_nears, &mut state.kept_angles];
        for (list, (count, len, hidden)) in lists.into_iter().zip(wanted) {
            let count = if state.keeps_all { count } else { count.min(1) };
            if self.reverse {
                list.truncate(count);
            }
            list.resize_with(count.max(list.len()), GatedMemory::default);
            list[..count].iter_mut().for_each(|memory| memory.resize(len, hidden));
        }
        let [sent_core, sent_gate] = &mut state.sent;
        for (array, len) in [
            (&mut state.bonds, edges),
            (&mut state.bond_weights, edges),
            (&mut state.near_weights, nears),
            (&mut state.sums, nears),
            (sent_core, atoms),
            (sent_gate, atoms),
            (&mut state.d_atoms, atoms),
            (&mut state.d_bonds, edges),
            (&mut state.d_bond_weights, edges),
            (&mut state.d_nears, nears),
            (&mut state.d_near_weights, nears),
            (&mut state.d_angles, angles),
        ] {
            array.resize(len);
        }
    }

    /// Energies from the features behind the last update; the last features become their own cotangents' source.
    fn read_out(&self, state: &mut State<T>) {
        let (n, plan) = (self.plan.channels, self.plan);
        state.values.energies.resize(self.atoms(), 0.0);
        let (features, species) = (&state.atoms[plan.atom_updates.len()], &state.species);
        let blocks = (
            state.values.energies.par_chunks_mut(self.block),
            state.d_atoms.as_mut_slice().par_chunks_mut(self.block * n),
        );
        blocks.into_par_iter().enumerate().for_each(|(index, (energies, cotangent))| {
            self.with_scratch(|scratch| {
                let (atoms, rows) = (self.atoms_of(index), energies.len());
                let features = &features.as_slice()[atoms.start * n..atoms.end * n];
                scratch.rows.resize(features.len());
                match &plan.norm {
                    Some(norm) => norm.forward(features, scratch.rows.as_mut_slice()),
                    None => scratch.rows.as_mut_slice().copy_from_slice(features),
                }
                scratch.kept.resize(rows * plan.readout.kept());
                let kept = scratch.kept.as_mut_slice();
                plan.readout.forward(rows, scratch.rows.as_slice(), kept, &mut scratch.perceptron);
                let width = plan.readout.outputs();
                scratch.other.resize(rows * width);
                scratch.other.as_mut_slice().fill(T::ZERO);
                for (row, k) in atoms.enumerate() {
                    let energy = scratch.perceptron.values.as_slice()[row * width].to_f64();
                    energies[row] = energy + plan.shift[usize::from(species[k])];
                    scratch.other.as_mut_slice()[row * width] = T::ONE;
                }
                let into = (&mut *cotangent, false);
                plan.readout.backward(rows, kept, scratch.other.as_slice(), into, &mut scratch.perceptron);
                if let Some(norm) = &plan.norm {
                    norm.backward(features, cotangent);
                }
            });
        });
    }

    /// Fills forces and virials of all atoms after a forward pass, which has left the cotangents of the last features.
    fn backward(&self, state: &mut State<T>) {
        for array in [
            &mut state.d_bonds,
            &mut state.d_bond_weights,
            &mut state.d_nears,
            &mut state.d_near_weights,
            &mut state.d_angles,
        ] {
            array.as_mut_slice().fill(T::ZERO);
        }
        let last = self.plan.atom_updates.len() - 1;
        for t in (0..=last).rev() {
            if t + 1 < last {
                self.backward_angles(t, state);
            }
            if t < last {
                self.backward_nears(t, state);
            }
            self.backward_atoms(t, state);
        }
        state.edges.start(self.geometry, self.plan.harmonics.len());
        self.backward_bond_embedding(state);
        self.backward_angle_embedding(state);
        let State { edges, values, .. } = state;
        edges.finish(self.geometry, &self.plan.harmonics, self.block, |_, _| 0.0, values);
    }
}
