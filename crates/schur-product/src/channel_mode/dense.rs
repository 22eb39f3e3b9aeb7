//! Dense mixing of channels, a matrix for each path.

use schur_multilinear::Factored;
use schur_tensor::{PackedMatrix, Real, RowLayout, padded, pulp::Arch};

use crate::{ProductError, irreps_layout::check_length};

/// Rows one after the other, with one matrix, that go to rows one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    path: usize,
    from: usize,
    to: usize,
    len: usize,
}

/// The matrices of all paths, and the rows that they mix.
#[derive(Debug, Clone)]
pub(super) struct Dense<T> {
    arch: Arch,
    /// Pairs of channels and channels of the result, as given.
    sizes: [usize; 2],
    path_rows: usize,
    results: usize,
    runs: Vec<Run>,
    /// Forward and transposed.
    matrices: Vec<[PackedMatrix<T>; 2]>,
}

impl<T: Real> Dense<T> {
    /// A map without weighted paths is mixed by one matrix.
    pub fn new(arch: Arch, map: &Factored, [pairs, outputs]: [usize; 2], values: &[f64]) -> Result<Self, ProductError> {
        let weighting = map.weighting();
        let path_rows = map.path_rows();
        let slot = |row: usize| weighting.result.as_ref().map_or(0, |slots| slots[row]);
        let sum = |row: usize| weighting.sums.as_ref().map_or(row, |sums| sums[row]);
        let mut runs: Vec<Run> = Vec::new();
        for row in 0..path_rows {
            match runs.last_mut() {
                Some(run) if run.path == slot(row) && run.to + run.len == sum(row) => run.len += 1,
                _ => runs.push(Run { path: slot(row), from: row, to: sum(row), len: 1 }),
            }
        }
        let paths = if weighting.result.is_some() { weighting.weights } else { 1 };
        let size = pairs.checked_mul(outputs);
        let expected = size.and_then(|size| size.checked_mul(paths)).unwrap_or(usize::MAX);
        check_length("the dense weights", expected, values.len())?;
        let pack = |path: usize| {
            let own = &values[path * pairs * outputs..][..pairs * outputs];
            let transposed: Vec<f64> = (0..own.len()).map(|n| own[n % pairs * outputs + n / pairs]).collect();
            [PackedMatrix::new(own, pairs, outputs), PackedMatrix::new(&transposed, outputs, pairs)]
        };
        let matrices = (0..paths).map(pack).collect();
        Ok(Self { arch, sizes: [pairs, outputs], path_rows, results: map.dims()[2], runs, matrices })
    }

    pub fn len(&self) -> usize {
        self.matrices.len() * self.sizes[0] * self.sizes[1]
    }

    /// Onto `z`, both padded.
    pub fn forward(&self, items: usize, paths: &[T], z: &mut [T]) {
        for run in &self.runs {
            let [a, c] = self.layouts(run);
            self.matrices[run.path][0].multiply(self.arch, items * run.len, (paths, a), (z, c), true);
        }
    }

    /// Into the cotangent of the paths, both padded.
    pub fn backward(&self, items: usize, z: &[T], paths: &mut [T]) {
        for run in &self.runs {
            let [a, c] = self.layouts(run);
            self.matrices[run.path][1].multiply(self.arch, items * run.len, (z, c), (paths, a), false);
        }
    }

    /// The cotangent of the weights: sums over items and rows.
    pub fn weight_cotangent(&self, items: usize, paths: &[T], z: &[T], weights: &mut [T]) {
        let [pairs, outputs] = self.sizes;
        weights.fill(T::ZERO);
        for run in &self.runs {
            let [a, c] = self.layouts(run);
            let own = &mut weights[run.path * pairs * outputs..][..pairs * outputs];
            for row in 0..items * run.len {
                let (x, g) = (&paths[a.start(row)..][..pairs], &z[c.start(row)..][..outputs]);
                for (&x, sums) in x.iter().zip(own.chunks_exact_mut(outputs.max(1))) {
                    sums.iter_mut().zip(g).for_each(|(sum, &g)| *sum += x * g);
                }
            }
        }
    }

    fn layouts(&self, run: &Run) -> [RowLayout; 2] {
        let [pairs, outputs] = self.sizes.map(padded);
        let layout = |first: usize, rows: usize, stride: usize| RowLayout {
            offset: first * stride,
            node_stride: rows * stride,
            components: run.len,
            component_stride: stride,
        };
        [layout(run.from, self.path_rows, pairs), layout(run.to, self.results, outputs)]
    }
}
