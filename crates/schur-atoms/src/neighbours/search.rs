//! The search itself: wrap, sort into bins, scan the surroundings of each atom, sort each row, match opposite pairs.

use super::bins::{Bins, Stretch};
use super::lattice::{Frame, norm};
use super::{NeighborError, NeighborList, distance, vector};
use crate::{Structure, StructureError};

/// Shifts are sums of three terms (two wraps and an image), each kept below this so that the sum fits an `i32`.
const MAX_IMAGES: f64 = (1u64 << 29) as f64;
/// Most pairs that 32-bit indices can number.
const MAX_PAIRS: f64 = u32::MAX as f64;
/// Shortest lattice vector that is searched, in Å: half the distance at which any model calls atoms overlapping.
///
/// Shorter ones are no crystal but a wrong unit or scale, and their images fill the memory before anyone looks at them.
const MIN_VECTOR: f64 = 0.05;
/// Density, in atoms per Å^3, that no matter reaches: diamond has 0.18, hydrogen at terapascals about 1.
const MAX_DENSITY: f64 = 4.0;
/// Pairs (20 MB) up to which a crowd is listed all the same, so that a model can name the atoms that overlap.
const CROWD_PAIRS: f64 = 1e6;
/// Rounding errors of a wrapped distance, in units of the largest term's last place: about ten operations, doubled.
const ROUNDINGS: f64 = 32.0;
/// Atoms whose rows are counted to foresee the number of pairs.
const SAMPLE: usize = 64;

/// Memory of one search, kept for the next.
#[derive(Debug, Clone, Default)]
pub(super) struct Workspace {
    pub(super) frame: Frame,
    bins: Bins,
    /// Fractional coordinates, wrapped along periodic axes.
    coordinates: Vec<[f64; 3]>,
    /// Wrapped Cartesian positions in the order of the bins.
    points: Vec<[f64; 3]>,
    /// For each atom the given lattice vectors that wrapping added.
    pub(super) wraps: Vec<[i32; 3]>,
    /// Place of each atom in the order of the bins.
    places: Vec<u32>,
    stretches: Vec<Stretch>,
    hits: Vec<u32>,
    row: Vec<u128>,
    cursors: Vec<usize>,
}

/// The cut-off and the shell around it where wrapped positions are too coarse to decide.
struct Limits {
    cutoff: f64,
    /// Squared distance below which a pair surely belongs.
    inner: f64,
    /// Squared distance from which on it surely does not.
    outer: f64,
}

pub(super) fn fill(
    list: &mut NeighborList,
    work: &mut Workspace,
    structure: &Structure,
    cutoff: f64,
) -> Result<(), NeighborError> {
    list.clear(cutoff);
    if !(cutoff > 0.0 && cutoff.is_finite()) {
        return Err(NeighborError::Cutoff { cutoff });
    }
    structure.validate()?;
    let atoms = structure.len();
    if atoms > u32::MAX as usize {
        return Err(NeighborError::TooManyAtoms { atoms });
    }
    work.frame = Frame::new(&structure.cell, structure.pbc).map_err(StructureError::from)?;
    refuse_short_vector(&work.frame)?;
    let images = work.frame.lattice_points_within(cutoff) - 1.0;
    refuse_above_limit(structure, cutoff, atoms as f64 * images)?;
    refuse_crowd(0, images, cutoff, atoms as f64 * images)?;
    let limits = work.prepare(structure, cutoff)?;
    work.foresee_pairs(structure, &limits)?;
    work.fill_rows(list, structure, &limits)?;
    work.match_opposites(list);
    Ok(())
}

fn refuse_above_limit(structure: &Structure, cutoff: f64, pairs: f64) -> Result<(), NeighborError> {
    // Written so that NaN, which an overflow could leave, is refused too.
    if pairs <= MAX_PAIRS {
        return Ok(());
    }
    Err(NeighborError::TooManyPairs { atoms: structure.len(), cutoff, pairs })
}

pub(super) fn refuse_short_vector(frame: &Frame) -> Result<(), NeighborError> {
    let periodic = (0..3).filter(|&a| frame.pbc[a]).map(|a| (frame.basis[a], norm(frame.basis[a])));
    match periodic.min_by(|a, b| a.1.total_cmp(&b.1)) {
        Some((vector, length)) if length < MIN_VECTOR => {
            Err(NeighborError::ShortVector { vector, length, limit: MIN_VECTOR })
        }
        _ => Ok(()),
    }
}

/// Refuses an atom with more neighbours than matter can have, once so many pairs are listed that it matters.
pub(super) fn refuse_crowd(atom: usize, neighbors: f64, cutoff: f64, pairs: f64) -> Result<(), NeighborError> {
    let most = MAX_DENSITY * 4.0 / 3.0 * std::f64::consts::PI * cutoff.powi(3);
    if pairs <= CROWD_PAIRS || neighbors <= most {
        return Ok(());
    }
    Err(NeighborError::Crowded { atom, neighbors, cutoff, density: MAX_DENSITY })
}

impl Workspace {
    /// Wraps and sorts the atoms and bounds the rounding of wrapped distances.
    fn prepare(&mut self, structure: &Structure, cutoff: f64) -> Result<Limits, NeighborError> {
        let furthest_wraps = self.wrap(structure)?;
        let error = self.rounding(structure, cutoff, furthest_wraps);
        self.bins.sort(&self.frame, &self.coordinates, cutoff + error);
        self.check_images(structure)?;
        self.points.clear();
        self.places.clear();
        self.places.resize(structure.len(), 0);
        for (place, &atom) in self.bins.atoms.iter().enumerate() {
            let atom = atom as usize;
            let wrap = structure.cell.to_cartesian(self.wraps[atom].map(f64::from));
            self.points.push(std::array::from_fn(|c| structure.positions[atom][c] + wrap[c]));
            self.places[atom] = place as u32;
        }
        let inner = (cutoff - error).max(0.0);
        Ok(Limits { cutoff, inner: inner * inner, outer: (cutoff + error) * (cutoff + error) })
    }

    pub(super) fn wrap(&mut self, structure: &Structure) -> Result<f64, NeighborError> {
        self.coordinates.clear();
        self.wraps.clear();
        let mut furthest = 0.0f64;
        for (atom, &position) in structure.positions.iter().enumerate() {
            let mut x = self.frame.fractional(position);
            let cells: [f64; 3] = std::array::from_fn(|a| if self.frame.pbc[a] { -x[a].floor() } else { 0.0 });
            for a in 0..3 {
                x[a] += cells[a];
            }
            let wrap = std::array::from_fn(|b| (0..3).map(|a| cells[a] * self.frame.to_given[a][b] as f64).sum());
            if let Some(axis) = wrap.iter().position(|w: &f64| w.is_nan() || w.abs() > MAX_IMAGES) {
                return Err(NeighborError::FarAtom { atom, position, axis, images: wrap[axis].abs() });
            }
            furthest = wrap.iter().fold(furthest, |most, w| most.max(w.abs()));
            self.coordinates.push(x);
            self.wraps.push(wrap.map(|w| w as i32));
        }
        Ok(furthest)
    }

    /// A bound on how far a distance of wrapped positions can be from that of the given ones, in Å.
    fn rounding(&self, structure: &Structure, cutoff: f64, furthest_wraps: f64) -> f64 {
        if self.frame.pbc == [false; 3] {
            // Nothing is wrapped: the distances are the given ones, however far out an atom lies.
            return ROUNDINGS * f64::EPSILON * cutoff;
        }
        let terms = structure.positions.as_flattened().iter().fold(0.0f64, |most, x| most.max(x.abs()));
        let longest = structure.cell.vectors().into_iter().zip(self.frame.pbc).filter(|(_, periodic)| *periodic);
        let longest = longest.map(|(v, _)| norm(v)).fold(0.0, f64::max);
        let images = (0..3).map(|a| cutoff / self.frame.heights[a] + 2.0).fold(0.0, f64::max);
        let steps = self.frame.to_given.iter().flatten().map(|&c| c.abs() as f64).fold(0.0, f64::max);
        ROUNDINGS * f64::EPSILON * (cutoff + terms + 3.0 * longest * (furthest_wraps + 3.0 * images * steps))
    }

    fn check_images(&self, structure: &Structure) -> Result<(), NeighborError> {
        let furthest = self.bins.furthest_images();
        for b in 0..3 {
            let images: f64 = (0..3).map(|a| furthest[a] * (self.frame.to_given[a][b] as f64).abs()).sum();
            if images.is_nan() || images > MAX_IMAGES {
                return Err(NeighborError::SkewedCell { vectors: structure.cell.vectors(), images });
            }
        }
        Ok(())
    }

    /// Refuses hopeless searches early, by counting the rows of a few atoms.
    fn foresee_pairs(&mut self, structure: &Structure, limits: &Limits) -> Result<(), NeighborError> {
        let atoms = structure.len();
        if (atoms as f64).powi(2) * self.frame.lattice_points_within(limits.cutoff) <= MAX_PAIRS {
            return Ok(());
        }
        let sample = atoms.min(SAMPLE);
        let mut found = 0usize;
        for s in 0..sample {
            let atom = s * atoms / sample;
            self.bins.surroundings(self.bins.bin_of[atom], &mut self.stretches);
            let from = self.points[self.places[atom] as usize];
            for stretch in &self.stretches {
                let offset = self.frame.translation(stretch.image);
                let points = &self.points[stretch.places.clone()];
                found += scan(points, std::array::from_fn(|c| from[c] - offset[c]), limits.inner, &mut self.hits);
            }
        }
        // Twice the limit leaves room for the sample's error; the exact count is kept while rows are filled.
        let pairs = found as f64 / sample as f64 * atoms as f64;
        if pairs > 2.0 * MAX_PAIRS { refuse_above_limit(structure, limits.cutoff, pairs) } else { Ok(()) }
    }

    fn fill_rows(
        &mut self,
        list: &mut NeighborList,
        structure: &Structure,
        limits: &Limits,
    ) -> Result<(), NeighborError> {
        let mut around = None;
        for atom in 0..structure.len() {
            let bin = self.bins.bin_of[atom];
            if around != Some(bin) {
                self.bins.surroundings(bin, &mut self.stretches);
                around = Some(bin);
            }
            self.row.clear();
            for s in 0..self.stretches.len() {
                list.distance_evaluations += self.stretches[s].places.len() as u64;
                self.scan_stretch(structure, limits, atom, s);
            }
            self.row.sort_unstable();
            list.neighbors.extend(self.row.iter().map(|&key| unpack(key).0));
            list.shifts.extend(self.row.iter().map(|&key| unpack(key).1));
            list.offsets.push(list.neighbors.len());
            let pairs = list.neighbors.len() as f64;
            if pairs > MAX_PAIRS {
                let pairs = pairs / (atom + 1) as f64 * structure.len() as f64;
                return refuse_above_limit(structure, limits.cutoff, pairs);
            }
            refuse_crowd(atom, self.row.len() as f64, limits.cutoff, pairs)?;
        }
        Ok(())
    }

    fn scan_stretch(&mut self, structure: &Structure, limits: &Limits, atom: usize, stretch: usize) {
        let Stretch { places, image } = self.stretches[stretch].clone();
        let offset = self.frame.translation(image);
        let image = self.frame.given_images(image.map(i64::from)).map(|s| s as i32);
        let wrap = self.wraps[atom];
        let point = self.points[self.places[atom] as usize];
        let from = std::array::from_fn(|c| point[c] - offset[c]);
        let first = places.start;
        let found = scan(&self.points[places], from, limits.outer, &mut self.hits);
        for &hit in &self.hits[..found] {
            let place = first + hit as usize;
            let neighbor = self.bins.atoms[place];
            let other = self.wraps[neighbor as usize];
            let shift = std::array::from_fn(|a| image[a] + other[a] - wrap[a]);
            if neighbor as usize == atom && shift == [0; 3] {
                continue;
            }
            let close = squared(self.points[place], from) < limits.inner || {
                let [r_i, r_j] = [atom, neighbor as usize].map(|a| structure.positions[a]);
                distance(vector(r_i, r_j, shift, &structure.cell)) < limits.cutoff
            };
            if close {
                self.row.push(pack(neighbor, shift));
            }
        }
    }

    /// Finds the opposite of every pair without a search.
    ///
    /// Rows are visited in order, so the pairs that lead to `i` appear in row `j` in the order in which the rows `i` are
    /// visited: a cursor in each row suffices. The images of one pair of atoms are sorted by `S`, their opposites by
    /// `-S`: that group is matched back to front.
    fn match_opposites(&mut self, list: &mut NeighborList) {
        let n_atoms = list.n_atoms();
        self.cursors.clear();
        self.cursors.extend_from_slice(&list.offsets[..n_atoms]);
        list.reverse.resize(list.neighbors.len(), 0);
        for atom in 0..n_atoms {
            let row = list.row(atom);
            let mut start = row.start;
            while start < row.end {
                let neighbor = list.neighbors[start];
                let group = list.neighbors[start..row.end].iter().take_while(|&&j| j == neighbor).count();
                let opposite = self.cursors[neighbor as usize];
                for k in 0..group {
                    list.reverse[start + k] = (opposite + group - 1 - k) as u32;
                }
                self.cursors[neighbor as usize] += group;
                start += group;
            }
        }
    }
}

fn squared(a: [f64; 3], b: [f64; 3]) -> f64 {
    let [x, y, z] = std::array::from_fn(|c| a[c] - b[c]);
    x * x + y * y + z * z
}

/// Writes the numbers of the points closer to `from` than the root of `limit`; returns how many.
///
/// Every candidate is written and the count advanced only for hits: a branch here would be mispredicted a third of the
/// time.
fn scan(points: &[[f64; 3]], from: [f64; 3], limit: f64, hits: &mut Vec<u32>) -> usize {
    if hits.len() < points.len() {
        hits.resize(points.len(), 0);
    }
    let hits = &mut hits[..points.len()];
    let mut found = 0;
    for (k, &point) in points.iter().enumerate() {
        hits[found] = k as u32;
        found += usize::from(squared(point, from) < limit);
    }
    found
}

/// A key whose order is that of `(neighbor, shift)`.
fn pack(neighbor: u32, shift: [i32; 3]) -> u128 {
    // Flipping the sign bit orders negative numbers before positive ones.
    let [a, b, c] = shift.map(|s| u128::from(s as u32 ^ 1 << 31));
    u128::from(neighbor) << 96 | a << 64 | b << 32 | c
}

fn unpack(key: u128) -> (u32, [i32; 3]) {
    let part = |bit: u32| (key >> bit) as u32;
    (part(96), [64, 32, 0].map(|bit| (part(bit) ^ 1 << 31) as i32))
}
