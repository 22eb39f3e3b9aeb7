//! Atoms sorted into bins, and the stretches of that order which hold all neighbours of a bin.
//!
//! Along the first axis neighbouring bins are neighbours in memory too, so the surroundings of a bin are a few long
//! stretches. Where a full table of bins would be much larger than the atoms are many (a cluster and one atom far
//! away), the same order is kept with the occupied bins alone, found by bisection.

use std::ops::Range;

use super::lattice::Frame;

/// Bins a cut-off length: halves waste fewer distances (a cube of 5 halves against a sphere) but need more bins.
const SPLITS: [f64; 2] = [2.0, 1.0];
/// Bins allowed in a full table: this many for each atom, and a handful besides.
const BINS_PER_ATOM: f64 = 4.0;
const SPARE_BINS: f64 = 64.0;
/// Most bins along one axis; atoms further out share the last bin, which costs time but loses no pair.
const MAX_BINS: f64 = (1u64 << 30) as f64;
/// Slack against rounding when a reach is a whole number of bins.
const REACH_SLACK: f64 = 1e-10;
/// Extra width of bins along non-periodic axes: above the rounding of a bin number near `MAX_BINS` (2^30 · 2^-52).
const WIDTH_SLACK: f64 = 1e-5;

/// Atoms in the order of their bins.
#[derive(Debug, Clone, Default)]
pub(super) struct Bins {
    axes: [Axis; 3],
    index: Index,
    /// Bin of each atom.
    pub(super) bin_of: Vec<[u32; 3]>,
    /// The atoms in the order of their bins, ties by number.
    pub(super) atoms: Vec<u32>,
}

/// How one axis is cut.
#[derive(Debug, Clone, Copy, Default)]
struct Axis {
    periodic: bool,
    /// Number of bins.
    count: u32,
    /// Coordinate at which the first bin starts.
    origin: f64,
    /// Bins in one unit of the coordinate.
    scale: f64,
    /// How many bins away a neighbour can be.
    reach: i64,
}

/// Where each bin starts in the sorted order.
#[derive(Debug, Clone)]
enum Index {
    /// First place of every bin, and the end.
    Full(Vec<u32>),
    /// Bin of every place, slowest axis first.
    Occupied(Vec<[u32; 3]>),
}

impl Default for Index {
    fn default() -> Self {
        Self::Full(Vec::new())
    }
}

/// Places that may hold neighbours, seen in one periodic image.
#[derive(Debug, Clone)]
pub(super) struct Stretch {
    pub(super) places: Range<usize>,
    pub(super) image: [i32; 3],
}

impl Bins {
    /// Sorts points given by coordinates in `frame`, wrapped into 0..1 along periodic axes.
    pub(super) fn sort(&mut self, frame: &Frame, coordinates: &[[f64; 3]], reach: f64) {
        let limit = BINS_PER_ATOM * coordinates.len() as f64 + SPARE_BINS;
        let cut = |split| std::array::from_fn::<Axis, 3, _>(|a| Axis::cut(frame, coordinates, a, reach, split));
        let total = |axes: &[Axis; 3]| axes.iter().map(|axis| f64::from(axis.count)).product::<f64>();
        let fitting = SPLITS.iter().map(|&split| cut(split)).find(|axes| total(axes) <= limit);
        let full = fitting.is_some();
        self.axes = fitting.unwrap_or_else(|| cut(1.0));
        self.bin_of.clear();
        self.bin_of.extend(coordinates.iter().map(|x| std::array::from_fn(|a| self.axes[a].bin(x[a]))));
        if full { self.index_full(total(&self.axes) as usize) } else { self.index_occupied() }
    }

    fn linear(&self, bin: [u32; 3]) -> usize {
        let [x, y, z] = bin.map(|b| b as usize);
        (z * self.axes[1].count as usize + y) * self.axes[0].count as usize + x
    }

    fn index_full(&mut self, n_bins: usize) {
        let mut starts = match std::mem::take(&mut self.index) {
            Index::Full(starts) => starts,
            Index::Occupied(_) => Vec::new(),
        };
        starts.clear();
        starts.resize(n_bins + 1, 0);
        for &bin in &self.bin_of {
            starts[self.linear(bin) + 1] += 1;
        }
        for b in 0..n_bins {
            starts[b + 1] += starts[b];
        }
        self.atoms.clear();
        self.atoms.resize(self.bin_of.len(), 0);
        // Filling moves every start to the next bin's; shifting the table by one afterwards restores it.
        for (atom, &bin) in self.bin_of.iter().enumerate() {
            let place = &mut starts[self.linear(bin)];
            self.atoms[*place as usize] = atom as u32;
            *place += 1;
        }
        starts.rotate_right(1);
        starts[0] = 0;
        self.index = Index::Full(starts);
    }

    fn index_occupied(&mut self) {
        let slowest_first = |atom: u32| {
            let [x, y, z] = self.bin_of[atom as usize];
            [z, y, x]
        };
        self.atoms.clear();
        self.atoms.extend(0..self.bin_of.len() as u32);
        self.atoms.sort_unstable_by_key(|&atom| (slowest_first(atom), atom));
        self.index = Index::Occupied(self.atoms.iter().map(|&atom| slowest_first(atom)).collect());
    }

    fn places(&self, y: u32, z: u32, x: [u32; 2]) -> Range<usize> {
        match &self.index {
            Index::Full(starts) => {
                let row = self.linear([0, y, z]);
                starts[row + x[0] as usize] as usize..starts[row + x[1] as usize + 1] as usize
            }
            Index::Occupied(bins) => {
                let start = bins.partition_point(|&bin| bin < [z, y, x[0]]);
                start..start + bins[start..].partition_point(|&bin| bin <= [z, y, x[1]])
            }
        }
    }

    /// Collects every stretch that can hold a neighbour of an atom in `bin`.
    pub(super) fn surroundings(&self, bin: [u32; 3], out: &mut Vec<Stretch>) {
        out.clear();
        let [x_axis, y_axis, z_axis] = &self.axes;
        for (z_image, z) in z_axis.near(bin[2]) {
            for (y_image, y) in y_axis.near(bin[1]) {
                for (x_image, x) in x_axis.near_spans(bin[0]) {
                    let places = self.places(y, z, x);
                    if !places.is_empty() {
                        out.push(Stretch { places, image: [x_image, y_image, z_image] });
                    }
                }
            }
        }
    }

    /// The furthest image along each axis that any search visits.
    pub(super) fn furthest_images(&self) -> [f64; 3] {
        self.axes.map(|axis| if axis.periodic { (axis.reach as f64 / f64::from(axis.count)).ceil() } else { 0.0 })
    }
}

impl Axis {
    fn cut(frame: &Frame, coordinates: &[[f64; 3]], a: usize, reach: f64, split: f64) -> Self {
        let height = frame.heights[a];
        if frame.pbc[a] {
            let count = (height * split / reach).floor().clamp(1.0, MAX_BINS);
            let bins = (reach / height * count * (1.0 - REACH_SLACK)).ceil();
            return Self { periodic: true, count: count as u32, origin: 0.0, scale: count, reach: bins as i64 };
        }
        let scale = split / (reach * (1.0 + WIDTH_SLACK));
        let along = || coordinates.iter().map(|x| x[a]);
        let (low, high) = (along().fold(f64::INFINITY, f64::min), along().fold(f64::NEG_INFINITY, f64::max));
        let (mut origin, mut count) = (low, ((high - low) * scale).floor() + 1.0);
        if count > MAX_BINS {
            // Bins go where most atoms are; those too far out on either side fall into the outermost ones.
            let mut sorted: Vec<f64> = along().collect();
            let middle = sorted.len() / 2;
            let median = *sorted.select_nth_unstable_by(middle, f64::total_cmp).1;
            (origin, count) = (median - 0.5 * MAX_BINS / scale, MAX_BINS);
        }
        Self { periodic: false, count: count as u32, origin, scale, reach: split as i64 }
    }

    fn bin(&self, x: f64) -> u32 {
        // `as` saturates: what lies beyond the first or last bin is clamped into it.
        (((x - self.origin) * self.scale) as u32).min(self.count - 1)
    }

    /// Bins within reach along one axis, each with the image it is seen in.
    fn near(&self, bin: u32) -> impl Iterator<Item = (i32, u32)> + use<> {
        let (low, high) = self.window(bin);
        let count = i64::from(self.count);
        (low..=high).map(move |b| (b.div_euclid(count) as i32, b.rem_euclid(count) as u32))
    }

    /// The same bins as spans: first and last bin for each image.
    fn near_spans(&self, bin: u32) -> impl Iterator<Item = (i32, [u32; 2])> + use<> {
        let (low, high) = self.window(bin);
        let count = i64::from(self.count);
        (low.div_euclid(count)..=high.div_euclid(count)).map(move |image| {
            let first = (low - image * count).max(0);
            let last = (high - image * count).min(count - 1);
            (image as i32, [first as u32, last as u32])
        })
    }

    fn window(&self, bin: u32) -> (i64, i64) {
        let (low, high) = (i64::from(bin) - self.reach, i64::from(bin) + self.reach);
        if self.periodic { (low, high) } else { (low.max(0), high.min(i64::from(self.count) - 1)) }
    }
}
