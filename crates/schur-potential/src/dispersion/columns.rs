//! Points of space sorted so that those near an atom are a few long stretches of memory.
//!
//! Space is cut into square columns along z, and each column into slices. What lies within a sphere are the columns that
//! it touches, and of each one a stretch of slices; within a column the points of one species lie behind each other, so
//! that lanes are filled by neighbours in memory without a list of pairs. Points of the stretch that lie outside of the
//! sphere are left out by their distance.

use std::ops::Range;

use super::MAX_SYSTEMS;

/// Lanes of the widest register: behind each column lie so many points less one that are far from everything, and
/// stretches are rounded up into them.
const WIDEST: usize = 8;
/// A coordinate so far out that no atom sees it, whose square and eighth power are still numbers.
const NOWHERE: f64 = 1e30;
/// Edge of a column, Å: narrow ones fit the sphere closely, wide ones fill the lanes.
const WIDTH: f64 = 4.5;
/// Height of a slice, Å.
const THICKNESS: f64 = 1.5;
/// Most slices of columns for each point, where the points lie far apart.
const SLICES_PER_POINT: f64 = 4.0;

/// How space is cut.
#[derive(Debug, Clone, Default)]
struct Grid {
    origin: [f64; 3],
    /// Edges of a piece along x, y and z.
    edges: [f64; 3],
    counts: [usize; 3],
}

impl Grid {
    fn new(points: &[[f64; 3]]) -> Self {
        let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
        for p in points {
            for c in 0..3 {
                low[c] = low[c].min(p[c]);
                high[c] = high[c].max(p[c]);
            }
        }
        let mut edges = [WIDTH, WIDTH, THICKNESS];
        let pieces =
            |edges: &[f64; 3]| -> f64 { (0..3).map(|c| ((high[c] - low[c]) / edges[c]).floor() + 1.0).product() };
        let most = SLICES_PER_POINT * points.len() as f64 + 64.0;
        while pieces(&edges) > most {
            edges = edges.map(|edge| 1.5 * edge);
        }
        let counts = std::array::from_fn(|c| ((high[c] - low[c]) / edges[c]) as usize + 1);
        Self { origin: low, edges, counts }
    }

    /// The piece in which a coordinate lies, or the nearest one.
    #[inline(always)]
    fn piece(&self, c: usize, x: f64) -> usize {
        // A conversion from below zero gives zero.
        (((x - self.origin[c]) / self.edges[c]) as usize).min(self.counts[c] - 1)
    }

    /// How far a coordinate is from a piece.
    #[inline(always)]
    fn distance(&self, c: usize, piece: usize, x: f64) -> f64 {
        let low = self.origin[c] + piece as f64 * self.edges[c];
        (low - x).max(x - low - self.edges[c]).max(0.0)
    }

    fn columns(&self) -> usize {
        self.counts[0] * self.counts[1]
    }
}

/// Slices of one column that a sphere touches.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    column: u32,
    first: u32,
    end: u32,
}

/// The points of all species.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    grid: Grid,
    /// Where each slice begins, `[species][column][slice]`, with the end of the last slice behind it.
    starts: Vec<u32>,
    /// In which slice each point of the input lies.
    places: Vec<u32>,
    pub x: Vec<f64>,
    pub y: Vec<f64>,
    pub z: Vec<f64>,
    /// Which atom each point is an image of; the padding belongs to the first.
    atoms: Vec<u32>,
    /// One value of its atom for each point.
    pub slopes: Vec<f64>,
    /// Weights of its atom's reference systems for each point, `[system][point]`.
    pub weights: [Vec<f64>; MAX_SYSTEMS],
}

impl Columns {
    /// Sorts points, which are images of `atoms` that have some `species`.
    pub fn sort(&mut self, points: &[[f64; 3]], atoms: &[u32], species: &[u8], n_species: usize) {
        self.grid = Grid::new(points);
        let slots = self.grid.counts[2] + 1;
        let columns = self.grid.columns();
        self.starts.clear();
        self.starts.resize(n_species * columns * slots, 0);
        self.places.clear();
        for (p, &atom) in points.iter().zip(atoms) {
            let [i, j, k] = std::array::from_fn(|c| self.grid.piece(c, p[c]));
            let column = usize::from(species[atom as usize]) * columns + i * self.grid.counts[1] + j;
            let slot = column * slots + k;
            self.starts[slot] += 1;
            self.places.push(slot as u32);
        }
        let total = self.count_up(slots);
        for coordinates in [&mut self.x, &mut self.y, &mut self.z] {
            coordinates.clear();
            coordinates.resize(total, NOWHERE);
        }
        self.atoms.clear();
        self.atoms.resize(total, 0);
        // Backwards, which moves the end of every slice to its beginning.
        for (n, p) in points.iter().enumerate().rev() {
            let end = &mut self.starts[self.places[n] as usize];
            *end -= 1;
            let place = *end as usize;
            (self.x[place], self.y[place], self.z[place]) = (p[0], p[1], p[2]);
            self.atoms[place] = atoms[n];
        }
    }

    /// Turns counts into the ends of slices; returns how many places there are.
    fn count_up(&mut self, slots: usize) -> usize {
        let mut end = 0u32;
        for column in self.starts.chunks_exact_mut(slots) {
            for count in column.iter_mut() {
                end += *count;
                *count = end;
            }
            end += WIDEST as u32 - 1;
        }
        end as usize
    }

    /// Lists the stretches within `reach` of a point.
    pub fn stretches(&self, at: [f64; 3], reach: f64, found: &mut Vec<Stretch>) {
        found.clear();
        let grid = &self.grid;
        let [xs, ys] = [0, 1].map(|c| grid.piece(c, at[c] - reach)..=grid.piece(c, at[c] + reach));
        for i in xs {
            let dx = grid.distance(0, i, at[0]);
            for j in ys.clone() {
                let dy = grid.distance(1, j, at[1]);
                let left = reach * reach - dx * dx - dy * dy;
                if left > 0.0 {
                    let half = left.sqrt();
                    let [first, last] = [at[2] - half, at[2] + half].map(|z| grid.piece(2, z) as u32);
                    found.push(Stretch { column: (i * grid.counts[1] + j) as u32, first, end: last + 1 });
                }
            }
        }
    }

    /// The points of a species in a stretch, rounded up to whole registers of `lanes`.
    #[inline(always)]
    pub fn range(&self, species: usize, stretch: Stretch, lanes: usize) -> Range<usize> {
        let slots = self.grid.counts[2] + 1;
        let column = (species * self.grid.columns() + stretch.column as usize) * slots;
        let start = self.starts[column + stretch.first as usize] as usize;
        let end = self.starts[column + stretch.end as usize] as usize;
        start..start + (end - start).next_multiple_of(lanes)
    }

    /// Writes one value of its atom to each point.
    pub fn spread_slopes(&mut self, of: impl Fn(usize) -> f64) {
        self.slopes.clear();
        self.slopes.extend(self.atoms.iter().map(|&atom| of(atom as usize)));
    }

    /// Writes the weights of its atom to each point, for so many systems.
    pub fn spread_weights(&mut self, systems: usize, of: impl Fn(usize, usize) -> f64) {
        for (system, weights) in self.weights.iter_mut().enumerate().take(systems) {
            weights.clear();
            weights.extend(self.atoms.iter().map(|&atom| of(atom as usize, system)));
        }
    }
}
