//! The edges of a structure in the order in which the kernels want them.
//!
//! Atoms are renumbered along a space-filling curve, so that what an atom gathers lies close in memory. Within an
//! atom's row the edges are sorted, the longest first: neighbours then read the same rows of spline tables, and sums
//! end with what is largest. Equal ones keep the canonical order of the neighbour list. So the sums, and their bits,
//! depend neither on the renumbering nor on when the list was built. Row `k` holds the edges to the neighbours of atom
//! `k` seen from it: forward these are the edges on which it receives; turned round, those on which it sends.

use rayon::prelude::*;
use schur_atoms::Structure;
use schur_atoms::neighbours::{NeighborList, SkinList, distance, spatial_order};
use schur_multilinear::SplinePoint;
use schur_tensor::Real;

use super::edge_harmonics::EdgeHarmonics;
use super::row_blocks::RowBlocks;
use crate::PotentialError;

/// Added to the cut-off of the neighbour list, Å: the list then lasts for several steps.
const SKIN: f64 = 0.5;
/// Closer atoms than this count as overlapping, Å. No bond of any element is shorter than 0.7 Å.
const MIN_DISTANCE: f64 = 0.1;
/// Marks a pair of the neighbour list that lies beyond the cut-off.
const BEYOND: u32 = u32::MAX;

/// Edges by row, and what the kernels need to know of each. Rows have room for the skin's pairs too.
#[derive(Debug)]
pub(crate) struct Geometry<T> {
    list: SkinList,
    cutoff: f64,
    /// Which of its lists the rows were laid out for.
    laid_out: Option<u64>,
    /// Whether atoms of one element lie side by side; then the elements that the rows were laid out for.
    grouped: Option<Vec<u8>>,
    /// Original number of each renumbered atom, and the inverse.
    pub order: Vec<u32>,
    pub position_of: Vec<u32>,
    /// Where each row begins.
    pub starts: Vec<usize>,
    /// Edges in each row.
    pub counts: Vec<u32>,
    /// The neighbour at the other end, renumbered.
    pub nodes: Vec<u32>,
    /// From the row's atom to the neighbour, Å.
    pub vectors: Vec<[f64; 3]>,
    /// `[edge][(l_max + 1)^2]`.
    pub harmonics: Vec<T>,
    /// Where each distance falls in the spline tables; empty without tables.
    pub points: Vec<SplinePoint<T>>,
    /// The same edge seen from the neighbour.
    pub reverse: Vec<u32>,
    /// For each pair of the list in the row's order: its edge within the row, or [`BEYOND`].
    slots: Vec<u32>,
    /// Distances of a row's edges, and which pairs of the row they are, the farthest first.
    sorted: Vec<(f64, u32)>,
}

/// Where the distance of an atom to a neighbour, both as the structure numbers them, falls in the spline tables.
pub(crate) type Locate<'a, T> = &'a (dyn Fn(usize, usize, f64) -> SplinePoint<T> + Sync);

/// What the edges are made from.
struct Source<'a, T> {
    structure: &'a Structure,
    list: &'a NeighborList,
    order: &'a [u32],
    position_of: &'a [u32],
    cutoff: f64,
    harmonics: &'a EdgeHarmonics,
    locate: Option<Locate<'a, T>>,
}

/// The rows of one block of atoms.
struct Rows<'a, T> {
    first: usize,
    counts: &'a mut [u32],
    nodes: &'a mut [u32],
    vectors: &'a mut [[f64; 3]],
    harmonics: &'a mut [T],
    points: &'a mut [SplinePoint<T>],
    slots: &'a mut [u32],
    sorted: &'a mut [(f64, u32)],
}

/// Two atoms on top of each other.
#[derive(Clone, Copy)]
struct Overlap {
    first: usize,
    second: usize,
    distance: f64,
}

impl Overlap {
    /// The one of the first atoms, and of their images the closest: the same for any numbering and number of threads.
    fn first(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        let (Some(a), Some(b)) = (one, other) else { return one.or(other) };
        let order = (a.first, a.second).cmp(&(b.first, b.second)).then(a.distance.total_cmp(&b.distance));
        if order.is_le() { one } else { other }
    }
}

impl<T: Real> Geometry<T> {
    /// Starts without a structure.
    pub fn new(cutoff: f64) -> Result<Self, PotentialError> {
        let list = SkinList::new(cutoff, SKIN)?;
        Ok(Self {
            list,
            cutoff,
            laid_out: None,
            grouped: None,
            order: Vec::new(),
            position_of: Vec::new(),
            starts: Vec::new(),
            counts: Vec::new(),
            nodes: Vec::new(),
            vectors: Vec::new(),
            harmonics: Vec::new(),
            points: Vec::new(),
            reverse: Vec::new(),
            slots: Vec::new(),
            sorted: Vec::new(),
        })
    }

    /// Starts without a structure; atoms of one element will lie side by side.
    pub fn grouped(cutoff: f64) -> Result<Self, PotentialError> {
        Ok(Self { grouped: Some(Vec::new()), ..Self::new(cutoff)? })
    }

    /// Finds the edges of a structure, `block` atoms at a time.
    ///
    /// All tables of a model have the same nodes, so one place serves for each distance.
    pub fn update(
        &mut self,
        structure: &Structure,
        harmonics: &EdgeHarmonics,
        locate: Option<Locate<'_, T>>,
        block: usize,
    ) -> Result<(), PotentialError> {
        self.list.update(structure)?;
        // As long as the list is kept its rows are too; results do not depend on the numbering, as told above.
        let regrouped = self.grouped.as_ref().is_some_and(|numbers| *numbers != structure.numbers);
        if self.laid_out != Some(self.list.builds()) || regrouped {
            self.lay_out(structure);
            self.laid_out = Some(self.list.builds());
        }
        self.resize(harmonics.len(), locate.is_some());
        let source = Source {
            structure,
            list: self.list.list(),
            order: &self.order,
            position_of: &self.position_of,
            cutoff: self.cutoff,
            harmonics,
            locate,
        };
        let rows = RowBlocks { starts: &self.starts, block };
        let blocks = (
            self.counts.par_chunks_mut(block),
            rows.of(&mut self.nodes, 1),
            rows.of(&mut self.vectors, 1),
            rows.of(&mut self.harmonics, harmonics.len()),
            rows.of(&mut self.points, usize::from(locate.is_some())),
            rows.of(&mut self.slots, 1),
            rows.of(&mut self.sorted, 1),
        );
        let fill = |(index, (counts, nodes, vectors, harmonics, points, slots, sorted))| {
            Rows { first: index * block, counts, nodes, vectors, harmonics, points, slots, sorted }.fill(&source)
        };
        let overlap = blocks.into_par_iter().enumerate().map(fill).reduce(|| None, Overlap::first);
        if let Some(Overlap { first, second, distance }) = overlap {
            return Err(PotentialError::Overlap { first, second, distance, limit: MIN_DISTANCE });
        }
        self.link(block);
        Ok(())
    }

    /// Numbers the atoms and lays out the rows.
    fn lay_out(&mut self, structure: &Structure) {
        let list = self.list.list();
        self.order = spatial_order(structure, self.cutoff);
        if let Some(numbers) = &mut self.grouped {
            numbers.clone_from(&structure.numbers);
            self.order.sort_by_key(|&atom| numbers[atom as usize]);
        }
        self.position_of.resize(self.order.len(), 0);
        for (k, &atom) in (0u32..).zip(&self.order) {
            self.position_of[atom as usize] = k;
        }
        self.starts.clear();
        self.starts.push(0);
        let mut end = 0;
        for &atom in &self.order {
            end += list.row(atom as usize).len();
            self.starts.push(end);
        }
    }

    /// Sizes the arrays.
    fn resize(&mut self, harmonics: usize, with_points: bool) {
        let end = self.list.list().len();
        self.counts.resize(self.order.len(), 0);
        self.nodes.resize(end, 0);
        self.vectors.resize(end, [0.0; 3]);
        self.harmonics.resize(end * harmonics, T::ZERO);
        self.points.resize(if with_points { end } else { 0 }, SplinePoint::default());
        self.slots.resize(end, BEYOND);
        self.sorted.resize(end, (0.0, 0));
        self.reverse.resize(end, 0);
    }

    /// Finds for every edge the same edge seen from the neighbour.
    fn link(&mut self, block: usize) {
        let list = self.list.list();
        let (starts, slots, order, position_of) = (&self.starts, &self.slots, &self.order, &self.position_of);
        RowBlocks { starts, block }.of(&mut self.reverse, 1).enumerate().for_each(|(index, reverse)| {
            let first = index * block;
            for k in first..(first + block).min(order.len()) {
                let pairs = list.row(order[k] as usize);
                for (local, pair) in pairs.enumerate() {
                    let slot = slots[starts[k] + local];
                    if slot == BEYOND {
                        continue;
                    }
                    let neighbor = list.neighbors()[pair] as usize;
                    let opposite = list.reverse()[pair] as usize - list.row(neighbor).start;
                    let row = starts[position_of[neighbor] as usize];
                    // Opposite vectors are exact negatives, so the opposite pair lies within the cut-off too.
                    let edge = row + slots[row + opposite] as usize;
                    reverse[starts[k] - starts[first] + slot as usize] = edge as u32;
                }
            }
        });
    }

    /// The edges of row `k`.
    pub fn row(&self, k: usize) -> std::ops::Range<usize> {
        self.starts[k]..self.starts[k] + self.counts[k] as usize
    }
}

impl<T: Real> Rows<'_, T> {
    /// Fills the rows, up to atoms that overlap: the first of them are returned.
    fn fill(mut self, source: &Source<'_, T>) -> Option<Overlap> {
        let Source { structure, list, harmonics, .. } = source;
        let (mut start, mut overlap) = (0, None);
        let width = harmonics.len();
        for index in 0..self.counts.len() {
            let atom = source.order[self.first + index] as usize;
            let pairs = list.row(atom);
            let (count, found) = self.sort(source, atom, start);
            overlap = Overlap::first(overlap, found);
            for (edge, &(r, local)) in (start..).zip(&self.sorted[start..start + count]) {
                let pair = pairs.start + local as usize;
                let neighbor = list.neighbors()[pair] as usize;
                let vector = list.vector(&structure.positions, &structure.cell, atom, pair);
                self.slots[start + local as usize] = (edge - start) as u32;
                self.nodes[edge] = source.position_of[neighbor];
                self.vectors[edge] = vector;
                harmonics.values(vector, &mut self.harmonics[edge * width..(edge + 1) * width]);
                if let Some(locate) = source.locate {
                    self.points[edge] = locate(atom, neighbor, r);
                }
            }
            self.counts[index] = count as u32;
            start += pairs.len();
        }
        overlap
    }

    /// Sorts the pairs of an atom that lie within the cut-off, the farthest first; returns how many there are.
    fn sort(&mut self, source: &Source<'_, T>, atom: usize, start: usize) -> (usize, Option<Overlap>) {
        let Source { structure, list, .. } = source;
        let (mut count, mut overlap) = (0, None);
        for (local, pair) in list.row(atom).enumerate() {
            let r = distance(list.vector(&structure.positions, &structure.cell, atom, pair));
            if r >= source.cutoff {
                self.slots[start + local] = BEYOND;
            } else if r < MIN_DISTANCE {
                let neighbor = list.neighbors()[pair] as usize;
                let (first, second) = (atom.min(neighbor), atom.max(neighbor));
                overlap = Overlap::first(overlap, Some(Overlap { first, second, distance: r }));
            } else {
                self.sorted[start + count] = (r, local as u32);
                count += 1;
            }
        }
        let edges = &mut self.sorted[start..start + count];
        // The farthest first: what is added last is largest, which loses least in single precision.
        edges.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        (count, overlap)
    }
}
