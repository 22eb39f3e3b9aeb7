//! The coefficients of all paths, contracted with the harmonics of an edge.
//!
//! The entries of every path's matrix `M[c][a]` are grouped by the segment of harmonics they depend on, so that the
//! matrices of an edge are a few short dense products: entries of one group are contiguous and padded to registers.

use schur_tensor::{Aligned, CHANNEL_ALIGNMENT, Lanes, Real, pulp::Simd};

use crate::Operand;

/// A non-zero of [`Group::matrix`], seen from its harmonic.
#[derive(Debug, Clone, Copy)]
pub(super) struct Term<T> {
    /// Entry within the path's matrix, `c * d1 + a`.
    pub entry: u16,
    /// Coefficient.
    pub factor: T,
}

/// The entries that one segment of harmonics makes.
#[derive(Debug, Clone)]
struct Group<T> {
    /// First harmonic and number of harmonics.
    harmonics: (usize, usize),
    /// First entry and number of entries, padded.
    entries: (usize, usize),
    /// `[harmonic][entry]`.
    matrix: Aligned<T>,
}

/// A path on its way into the tables.
#[derive(Debug, Clone)]
struct Pending {
    segment: usize,
    /// `[harmonic][entry]`, row-major.
    matrix: Vec<Vec<f64>>,
}

/// All coefficients of a plan.
#[derive(Debug, Clone)]
pub(super) struct Coupling<T> {
    offsets: Vec<usize>,
    pending: Vec<Pending>,
    groups: Vec<Group<T>>,
    entries: usize,
    terms: Vec<PathTerms<T>>,
}

/// What the cotangents of a path's harmonics collect; nothing for a diagonal path, whose harmonic is constant.
#[derive(Debug, Clone)]
pub(super) struct PathTerms<T> {
    /// Terms of each harmonic in turn.
    pub lists: Vec<Vec<Term<T>>>,
}

impl<T: Real> Coupling<T> {
    /// Starts without paths; `offsets` are those of the harmonics' segments.
    pub fn new(offsets: &[usize]) -> Self {
        Self { offsets: offsets.to_vec(), pending: Vec::new(), groups: Vec::new(), entries: 0, terms: Vec::new() }
    }

    /// Adds a path with coefficients `[a][b][c]`; says whether its matrix is a multiple of the identity.
    pub fn add(&mut self, segment: usize, [d1, d2, d3]: [usize; 3], coefficients: &[f64]) -> bool {
        let at = |a: usize, b: usize, c: usize| coefficients[(a * d2 + b) * d3 + c];
        let multiple = |a: usize, c: usize| if a == c { at(0, 0, 0) } else { 0.0 };
        let diagonal = d2 == 1 && d1 == d3 && (0..d1).all(|a| (0..d3).all(|c| at(a, 0, c) == multiple(a, c)));
        let matrix = if diagonal {
            vec![vec![at(0, 0, 0)]]
        } else {
            (0..d2).map(|b| (0..d3).flat_map(|c| (0..d1).map(move |a| at(a, b, c))).collect()).collect()
        };
        self.terms.push(path_terms(if diagonal { &[] } else { &matrix }));
        self.pending.push(Pending { segment, matrix });
        diagonal
    }

    /// Lays out the groups; returns where each path's entries begin.
    pub fn finish(&mut self, harmonics: &Operand) -> Vec<usize> {
        let mut starts = vec![0; self.pending.len()];
        for (segment, shape) in harmonics.segments().iter().enumerate() {
            let members: Vec<usize> = (0..self.pending.len()).filter(|&p| self.pending[p].segment == segment).collect();
            let used: usize = members.iter().map(|&p| self.pending[p].matrix[0].len()).sum();
            let len = used.next_multiple_of(CHANNEL_ALIGNMENT);
            let mut matrix = Aligned::zeros(shape.dim * len);
            let mut start = 0;
            for &p in &members {
                for (b, row) in self.pending[p].matrix.iter().enumerate() {
                    for (entry, &value) in (start..).zip(row) {
                        matrix.as_mut_slice()[b * len + entry] = T::from_f64(value);
                    }
                }
                starts[p] = self.entries + start;
                start += self.pending[p].matrix[0].len();
            }
            let first = (self.offsets[segment], shape.dim);
            self.groups.push(Group { harmonics: first, entries: (self.entries, len), matrix });
            self.entries += len;
        }
        self.pending.clear();
        starts
    }

    /// Entries of an edge, padding included.
    pub const fn entries(&self) -> usize {
        self.entries
    }

    /// What the cotangents of a path's harmonics collect.
    pub fn terms(&self, path: usize) -> &PathTerms<T> {
        &self.terms[path]
    }

    /// Computes the matrices of one edge.
    ///
    /// # Panics
    /// If `harmonics` or `out` is too short.
    #[inline(always)]
    pub fn matrices<S: Simd>(&self, simd: S, harmonics: &[T], out: &mut [T]) {
        let lanes = T::lanes::<S>();
        for group in &self.groups {
            let (first, count) = group.harmonics;
            let (start, len) = group.entries;
            let harmonics = &harmonics[first..first + count];
            let out = &mut out[start..start + len];
            let matrix = group.matrix.as_slice();
            for column in (0..len).step_by(lanes) {
                // SAFETY: `len` is a multiple of every register's lanes; `matrix` has `count` rows of `len`.
                unsafe {
                    let mut sum: Lanes<T, S> = T::splat(simd, T::ZERO);
                    for (b, &harmonic) in harmonics.iter().enumerate() {
                        let row = T::load::<S>(matrix.as_ptr().add(b * len + column));
                        sum = T::mul_add(simd, T::splat(simd, harmonic), row, sum);
                    }
                    T::store::<S>(out.as_mut_ptr().add(column), sum);
                }
            }
        }
    }
}

fn path_terms<T: Real>(matrix: &[Vec<f64>]) -> PathTerms<T> {
    let list = |row: &Vec<f64>| {
        let nonzero = (0u16..).zip(row).filter(|(_, value)| **value != 0.0);
        nonzero.map(|(entry, &value)| Term { entry, factor: T::from_f64(value) }).collect()
    };
    PathTerms { lists: matrix.iter().map(list).collect() }
}
