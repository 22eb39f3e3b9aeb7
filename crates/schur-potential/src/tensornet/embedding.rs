//! The first features of atoms: sums over neighbours of one species, then channels.
//!
//! The embedding of an edge is $Z_{ij} \sum_n (P_{kn} \phi_n(r_{ij})) T_k(\hat r_{ij})$ with a factor $Z$ a channel that
//! depends on two species, and functions $\phi$ that are the same for all channels. So
//! $$ X'_i = \sum_s Z_{is} \sum_n P_n G_{isn}, \qquad G_{isn} = \sum_{j \text{ of } s} \phi_n(r_{ij}) T(\hat r_{ij}), $$
//! and an edge costs nine times the number of functions instead of nine times the number of channels. This is exact:
//! only the order of sums differs.

use std::ops::Range;

use schur_multilinear::{SplinePoint, SplineTable};
use schur_product::Linear;
use schur_tensor::{
    Aligned, Real,
    pulp::{Arch, Simd, WithSimd},
};

use super::expansion::Expansion;
use super::matrices::{COMPONENTS, PARTS};
use crate::layers::{LayerNorm, Perceptron};

/// What is made of the weights.
#[derive(Debug)]
pub(super) struct EmbeddingPlan<T> {
    pub arch: Arch,
    /// The two parts of `Z`, `[species][channel]`: as the atom that receives, its constant included, and as neighbour.
    pub receiver: Aligned<T>,
    pub neighbor: Aligned<T>,
    pub channels: usize,
    /// What an atom of each species brings to its own sums in the first component, `[species][channel]`.
    pub own: Option<Aligned<T>>,
    /// From sums over neighbours to channels.
    pub radial: Linear<T>,
    pub mix: Linear<T>,
    pub norm: LayerNorm<T>,
    pub gate: Perceptron<T>,
    /// Functions and the constant behind them, padded.
    pub width: usize,
    pub expansion: Expansion,
    /// `None` where functions are to be evaluated for every edge.
    pub table: Option<SplineTable<T>>,
}

/// An atom of a block and the species of some of its neighbours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    pub atom: usize,
    pub species: u8,
}

/// Sums over the neighbours of a block of atoms.
#[derive(Debug, Default)]
pub(super) struct Sums<T> {
    pub groups: Vec<Group>,
    /// The group of each edge of the block, in the order in which the edges are visited.
    pub of_edge: Vec<u32>,
    /// `[group][component][function]`.
    pub sums: Aligned<T>,
    /// `[group][component][channel]`.
    pub features: Aligned<T>,
    /// Where the species of the current atom's neighbours have their group.
    place: Vec<u32>,
    exact: [Vec<f64>; 2],
    functions: [Vec<T>; 2],
}

/// Marks a species of which the current atom has no neighbour yet.
const NONE: u32 = u32::MAX;

/// The edges of one atom, as the geometry has them.
#[derive(Debug, Clone, Copy)]
pub(super) struct AtomEdges<'a, T> {
    pub nodes: &'a [u32],
    pub vectors: &'a [[f64; 3]],
    pub harmonics: &'a [T],
    /// Empty without tables.
    pub points: &'a [SplinePoint<T>],
}

impl<T: Real> EmbeddingPlan<T> {
    /// Finds the groups of a block of atoms: neighbours of one species, in the order in which they are met.
    pub fn group<'a>(
        &self,
        atoms: Range<usize>,
        species: &[u8],
        edges: impl Fn(usize) -> AtomEdges<'a, T>,
        sums: &mut Sums<T>,
    ) {
        sums.groups.clear();
        sums.of_edge.clear();
        for (atom, k) in atoms.enumerate() {
            sums.place.clear();
            sums.place.resize(self.receiver.as_slice().len() / self.channels, NONE);
            for &node in edges(k).nodes {
                let of = species[node as usize];
                let place = &mut sums.place[usize::from(of)];
                if *place == NONE {
                    *place = sums.groups.len() as u32;
                    sums.groups.push(Group { atom, species: of });
                }
                sums.of_edge.push(*place);
            }
        }
        let rows = sums.groups.len() * COMPONENTS;
        sums.sums.resize(rows * self.width);
        sums.features.resize(rows * self.channels);
    }

    /// Sums functions times harmonics over the groups.
    pub fn sum<'a>(&self, atoms: Range<usize>, edges: impl Fn(usize) -> AtomEdges<'a, T>, sums: &mut Sums<T>) {
        let size = COMPONENTS * self.width;
        let Sums { of_edge, sums, exact, functions, .. } = sums;
        sums.as_mut_slice().fill(T::ZERO);
        let mut visited = 0;
        for k in atoms {
            let row = edges(k);
            for edge in 0..row.nodes.len() {
                self.functions(row, edge, exact, functions);
                let group = of_edge[visited] as usize;
                visited += 1;
                let target = &mut sums.as_mut_slice()[group * size..(group + 1) * size];
                let harmonics = &row.harmonics[edge * COMPONENTS..(edge + 1) * COMPONENTS];
                for (target, &harmonic) in target.chunks_exact_mut(self.width).zip(harmonics) {
                    for (sum, &function) in target.iter_mut().zip(&functions[0]) {
                        *sum += harmonic * function;
                    }
                }
            }
        }
    }

    /// From the cotangents of the sums, in `sums.sums`, to those of each edge's harmonics and length, which are added.
    ///
    /// `out` is told the edge of the block, the cotangents of its harmonics and that of its length. The edges are those on
    /// which the atoms receive.
    pub fn sum_backward<'a>(
        &self,
        atoms: Range<usize>,
        edges: impl Fn(usize) -> AtomEdges<'a, T>,
        sums: &mut Sums<T>,
        mut out: impl FnMut(usize, usize, [T; COMPONENTS], T),
    ) {
        let size = COMPONENTS * self.width;
        let Sums { of_edge, sums, exact, functions, .. } = sums;
        let mut visited = 0;
        for k in atoms {
            let row = edges(k);
            for edge in 0..row.nodes.len() {
                self.functions(row, edge, exact, functions);
                let group = of_edge[visited] as usize;
                visited += 1;
                let source = &sums.as_slice()[group * size..(group + 1) * size];
                let harmonics = &row.harmonics[edge * COMPONENTS..(edge + 1) * COMPONENTS];
                let (mut of_harmonics, mut of_length) = ([T::ZERO; COMPONENTS], T::ZERO);
                for (c, source) in source.chunks_exact(self.width).enumerate() {
                    let (mut value, mut slope) = (T::ZERO, T::ZERO);
                    for (n, &source) in source.iter().enumerate() {
                        value += source * functions[0][n];
                        slope += source * functions[1][n];
                    }
                    of_harmonics[c] = value;
                    of_length += harmonics[c] * slope;
                }
                out(k, edge, of_harmonics, of_length);
            }
        }
    }

    /// Functions of an edge's length and their derivatives, padded with zeros.
    fn functions(&self, row: AtomEdges<'_, T>, edge: usize, exact: &mut [Vec<f64>; 2], out: &mut [Vec<T>; 2]) {
        let [values, derivatives] = out;
        values.resize(self.width, T::ZERO);
        derivatives.resize(self.width, T::ZERO);
        if let Some(table) = &self.table {
            let point = &row.points[edge];
            let rows = &table.coefficients()[point.row * self.width..(point.row + 4) * self.width];
            for n in 0..self.width {
                let (mut value, mut derivative) = (T::ZERO, T::ZERO);
                for i in 0..4 {
                    let coefficient = rows[i * self.width + n];
                    value += point.value[i] * coefficient;
                    derivative += point.derivative[i] * coefficient;
                }
                (values[n], derivatives[n]) = (value, derivative);
            }
            return;
        }
        let count = self.expansion.count() + 1;
        let [exact_values, exact_derivatives] = exact;
        exact_values.resize(count, 0.0);
        exact_derivatives.resize(count, 0.0);
        let r = schur_atoms::neighbours::distance(row.vectors[edge]);
        self.expansion.switched(r, exact_values, exact_derivatives);
        for n in 0..count {
            (values[n], derivatives[n]) = (T::from_f64(exact_values[n]), T::from_f64(exact_derivatives[n]));
        }
    }

    /// Adds what atoms are to themselves, where each is its own neighbour, to `[atom][component][channel]`.
    pub fn add_own(&self, species: &[u8], atoms: &mut [T]) {
        let Some(own) = &self.own else { return };
        for (&species, row) in species.iter().zip(atoms.chunks_exact_mut(COMPONENTS * self.channels)) {
            let first = usize::from(species) * self.channels;
            row.iter_mut().zip(&own.as_slice()[first..first + self.channels]).for_each(|(sum, &x)| *sum += x);
        }
    }

    /// `Z` times the features of each group, onto (forward) or from (backward) the features of its atom.
    pub fn pair(&self, groups: &[Group], species: &[u8], direction: Direction<'_, T>) {
        self.arch.dispatch(Pair { plan: self, groups, species, direction });
    }
}

/// Which way [`EmbeddingPlan::pair`] goes, `[group][component][channel]` and `[atom][component][channel]`.
#[derive(Debug)]
pub(super) enum Direction<'a, T> {
    Forward { groups: &'a [T], atoms: &'a mut [T] },
    Backward { groups: &'a mut [T], atoms: &'a [T] },
}

struct Pair<'a, T> {
    plan: &'a EmbeddingPlan<T>,
    groups: &'a [Group],
    /// Of the atoms of the block.
    species: &'a [u8],
    direction: Direction<'a, T>,
}

impl<T: Real> WithSimd for Pair<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let channels = self.plan.channels;
        let size = PARTS[3] * channels;
        if let Direction::Forward { atoms, .. } = &mut self.direction {
            atoms.fill(T::ZERO);
        }
        for (index, group) in self.groups.iter().enumerate() {
            let factors = |table: &Aligned<T>, species: u8| usize::from(species) * channels..table.as_slice().len();
            let (receiver, neighbor) = (&self.plan.receiver, &self.plan.neighbor);
            let receiver = &receiver.as_slice()[factors(receiver, self.species[group.atom])][..channels];
            let neighbor = &neighbor.as_slice()[factors(neighbor, group.species)][..channels];
            let (receiver, neighbor) = (T::as_lanes::<S>(receiver).0, T::as_lanes::<S>(neighbor).0);
            let (own, of_atom) = (index * size..(index + 1) * size, group.atom * size..(group.atom + 1) * size);
            match &mut self.direction {
                Direction::Forward { groups, atoms } => {
                    let rows = groups[own].chunks_exact(channels).zip(atoms[of_atom].chunks_exact_mut(channels));
                    for (from, to) in rows {
                        let (from, to) = (T::as_lanes::<S>(from).0, T::as_lanes_mut::<S>(to).0);
                        for u in 0..from.len() {
                            to[u] = T::mul_add(simd, T::plus(simd, receiver[u], neighbor[u]), from[u], to[u]);
                        }
                    }
                }
                Direction::Backward { groups, atoms } => {
                    let rows = groups[own].chunks_exact_mut(channels).zip(atoms[of_atom].chunks_exact(channels));
                    for (to, from) in rows {
                        let (to, from) = (T::as_lanes_mut::<S>(to).0, T::as_lanes::<S>(from).0);
                        for u in 0..from.len() {
                            to[u] = T::times(simd, T::plus(simd, receiver[u], neighbor[u]), from[u]);
                        }
                    }
                }
            }
        }
    }
}
