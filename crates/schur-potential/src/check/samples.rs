//! Small structures for a potential: of elements that it knows, with neighbours well within its cut-off.

use schur_atoms::neighbours::{NeighborList, distance};
use schur_atoms::{Cell, Structure};

use super::{Subject, gradient};

/// What finite differences and rotations are made with.
pub(super) type Matrix3 = [[f64; 3]; 3];

pub(super) const IDENTITY: Matrix3 = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

/// Elements taken first where a model knows them: common, and unlike each other.
const PREFERRED: [u8; 8] = [8, 14, 1, 22, 29, 6, 26, 12];
/// How many elements a structure is made of.
const KINDS: usize = 3;
/// Distance of neighbouring sites, Å: between that of bonds with hydrogen and that of metals.
const SPACING: f64 = 2.2;
/// The same as a share of the cut-off, for models that see less far.
const SPACING_SHARE: f64 = 0.5;
/// How far atoms are off their sites, in spacings.
const DISPLACEMENT: f64 = 0.12;
/// Lattice vectors of a cell with one site, in spacings: no angle of them is right.
const SKEW: Matrix3 = [[1.0, 0.06, 0.0], [0.14, 1.0, -0.08], [-0.1, 0.12, 1.06]];
/// How often a structure is drawn again because a pair lies where a derivative jumps.
const TRIES: usize = 64;

/// The structures that all checks share.
#[derive(Debug, Clone)]
pub(super) struct Samples {
    /// The elements they are made of.
    pub elements: Vec<u8>,
    /// Periodic along three vectors, each shorter than twice the cut-off.
    pub crystal: Structure,
    /// Periodic along two.
    pub slab: Structure,
    /// Not periodic.
    pub cluster: Structure,
}

impl Samples {
    pub fn draw(subject: &Subject, uniform: &mut dyn FnMut() -> f64) -> Self {
        let is_known = |number: &u8| subject.elements.contains(number);
        let preferred = PREFERRED.into_iter().filter(is_known);
        let others = subject.elements.iter().copied().filter(|number| !PREFERRED.contains(number));
        let elements: Vec<u8> = preferred.chain(others).take(KINDS).collect();
        let spacing = SPACING.min(SPACING_SHARE * subject.cutoff);
        let mut draw = |counts, pbc| off_borders(subject, &elements, counts, pbc, spacing, uniform);
        let crystal = draw([2, 2, 1], [true; 3]);
        let slab = draw([2, 1, 2], [true, true, false]);
        let cluster = Structure { cell: Cell::default(), ..draw([1, 2, 3], [false; 3]) };
        Self { elements, crystal, slab, cluster }
    }

    /// All of them by name.
    pub fn all(&self) -> [(&'static str, &Structure); 3] {
        [("crystal", &self.crystal), ("slab", &self.slab), ("cluster", &self.cluster)]
    }
}

/// The first structure drawn in which no pair lies where a derivative jumps, or else the best of them.
fn off_borders(
    subject: &Subject,
    elements: &[u8],
    counts: [usize; 3],
    pbc: [bool; 3],
    spacing: f64,
    uniform: &mut dyn FnMut() -> f64,
) -> Structure {
    let mut best = sites(elements, counts, pbc, spacing, uniform);
    let mut most = margin(subject, &best);
    for _ in 0..TRIES {
        if most > gradient::MARGIN {
            break;
        }
        let tried = sites(elements, counts, pbc, spacing, uniform);
        let found = margin(subject, &tried);
        if found > most {
            (best, most) = (tried, found);
        }
    }
    best
}

/// Atoms near the sites of a skewed lattice, one element after the other.
fn sites(
    elements: &[u8],
    counts: [usize; 3],
    pbc: [bool; 3],
    spacing: f64,
    uniform: &mut dyn FnMut() -> f64,
) -> Structure {
    let cell = Cell::new(std::array::from_fn(|i| SKEW[i].map(|x| x * spacing * counts[i] as f64)));
    let n: usize = counts.iter().product();
    let mut positions = Vec::with_capacity(n);
    for site in 0..n {
        let steps = [site / (counts[1] * counts[2]), site / counts[2] % counts[1], site % counts[2]];
        let place = cell.to_cartesian(std::array::from_fn(|i| steps[i] as f64 / counts[i] as f64));
        positions.push(place.map(|x| x + (2.0 * uniform() - 1.0) * DISPLACEMENT * spacing));
    }
    let numbers = (0..n).map(|site| elements.get(site % elements.len().max(1)).copied().unwrap_or(1)).collect();
    Structure::new(numbers, positions, cell, pbc)
}

/// The smallest distance in Å of a pair's length from where a derivative jumps; zero if that cannot be said.
fn margin(subject: &Subject, structure: &Structure) -> f64 {
    let Ok(list) = NeighborList::build(structure, subject.cutoff + 1.0) else { return 0.0 };
    let rows = (0..structure.len()).flat_map(|i| list.row(i).map(move |e| (i, e)));
    let lengths = rows.map(|(i, e)| distance(list.vector(&structure.positions, &structure.cell, i, e)));
    let borders = || subject.borders.iter().chain([&subject.cutoff]);
    lengths.flat_map(|r| borders().map(move |x| (r - x).abs())).fold(f64::INFINITY, f64::min)
}

/// Rows times a matrix: `x -> x M` for positions and lattice vectors.
pub(super) fn deformed(structure: &Structure, matrix: &Matrix3) -> Structure {
    let mut structure = structure.clone();
    structure.cell = structure.cell.deformed(matrix);
    structure.positions.iter_mut().for_each(|x| *x = through(*x, matrix));
    structure
}

/// A row times a matrix.
pub(super) fn through(x: [f64; 3], matrix: &Matrix3) -> [f64; 3] {
    std::array::from_fn(|j| (0..3).map(|i| x[i] * matrix[i][j]).sum())
}

/// A rotation drawn from all of them.
pub(super) fn rotation(uniform: &mut dyn FnMut() -> f64) -> Matrix3 {
    loop {
        let q: [f64; 4] = std::array::from_fn(|_| 2.0 * uniform() - 1.0);
        let norm = q.iter().map(|x| x * x).sum::<f64>();
        // Within the ball, so that no direction is preferred, and not so near its centre that digits are lost.
        if (0.01..1.0).contains(&norm) {
            let [w, x, y, z] = q.map(|c| c / norm.sqrt());
            return [
                [1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - w * z), 2.0 * (x * z + w * y)],
                [2.0 * (x * y + w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - w * x)],
                [2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)],
            ];
        }
    }
}

/// `counts` cells along each vector, and for each atom the one it is a copy of.
pub(super) fn repeated(structure: &Structure, counts: [usize; 3]) -> (Structure, Vec<usize>) {
    let mut large = Structure { numbers: Vec::new(), positions: Vec::new(), ..structure.clone() };
    let mut copied = Vec::new();
    for image in 0..counts.iter().product() {
        let steps = [image / (counts[1] * counts[2]), image / counts[2] % counts[1], image % counts[2]];
        let shift = structure.cell.to_cartesian(steps.map(|s| s as f64));
        for (atom, x) in structure.positions.iter().enumerate() {
            large.numbers.push(structure.numbers[atom]);
            large.positions.push(std::array::from_fn(|a| x[a] + shift[a]));
            copied.push(atom);
        }
    }
    let vectors = structure.cell.vectors();
    large.cell = Cell::new(std::array::from_fn(|i| vectors[i].map(|x| x * counts[i] as f64)));
    (large, copied)
}
