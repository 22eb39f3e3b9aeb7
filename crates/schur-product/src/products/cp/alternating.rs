//! Alternating least squares for the three matrices of a CP form.

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use schur_multilinear::{Bilinear, ComponentMatrix, Factored, FactoredError};

use crate::products::symmetric_matrix::solve_rows;

/// Weight of staying where a matrix was, relative to the mean diagonal of its normal equations.
///
/// Ranks above what a mode can use leave these equations singular. Pulling towards the matrix before, not towards zero,
/// makes them regular without moving the solution, so that fits without error reach rounding.
const PULL: f64 = 1e-6;

/// Relative error that counts as none.
const EXACT: f64 = 1e-14;

/// How many times larger than its rounding error the expanded square of an error must be: sweeps are compared to 1e-5.
const EXPANDED: f64 = 1e8;

/// The tensor that is approximated, sparse: places in the two arguments and the result.
pub(super) struct Target {
    dims: [usize; 3],
    entries: Vec<([usize; 3], f64)>,
}

impl Target {
    pub(super) fn new(map: &Bilinear) -> Self {
        let entries = map.terms().iter().map(|t| ([t.left, t.right, t.result], t.coefficient)).collect();
        Self { dims: map.dims(), entries }
    }

    pub(super) fn norm(&self) -> f64 {
        self.entries.iter().map(|(_, value)| value * value).sum::<f64>().sqrt()
    }

    /// Squares of the norms of the slices of each mode, largest first, with their places.
    ///
    /// Where no irrep occurs twice in an operand, Schur's lemma makes them the squares of the unfolding's singular values.
    /// Otherwise they are not, but cutting slices off is still an orthogonal projection, which is all that is used.
    fn slices(&self, mode: usize) -> Vec<(f64, usize)> {
        let mut squares: Vec<(f64, usize)> = (0..self.dims[mode]).map(|place| (0.0, place)).collect();
        for (place, value) in &self.entries {
            squares[place[mode]].0 += value * value;
        }
        squares.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        squares
    }

    /// Bound of the square of the error when `core` slices of each mode are kept.
    pub(super) fn truncation(&self, core: usize) -> f64 {
        (0..3).flat_map(|mode| self.slices(mode).into_iter().skip(core)).map(|(square, _)| square).sum()
    }
}

/// The three matrices, each `[component][rank]`.
pub(super) struct Factors {
    rank: usize,
    matrices: [Vec<f64>; 3],
}

impl Factors {
    /// The tensor cut down to `core` slices of each mode, and normal columns that do not contribute yet.
    pub(super) fn truncated<R: Rng>(target: &Target, core: usize, rank: usize, rng: &mut R) -> Self {
        let mut matrices = target.dims.map(|dim| vec![0.0; dim * rank]);
        let kept: [Vec<usize>; 3] =
            [0, 1, 2].map(|mode| target.slices(mode).into_iter().take(core).map(|(_, place)| place).collect());
        let pairs: Vec<(usize, usize)> =
            kept[0].iter().flat_map(|&left| kept[1].iter().map(move |&right| (left, right))).collect();
        for (column, &(left, right)) in pairs.iter().enumerate() {
            matrices[0][left * rank + column] = 1.0;
            matrices[1][right * rank + column] = 1.0;
        }
        for (place, value) in target.entries.iter().filter(|(place, _)| kept[2].contains(&place[2])) {
            if let Some(column) = pairs.iter().position(|pair| *pair == (place[0], place[1])) {
                matrices[2][place[2] * rank + column] = *value;
            }
        }
        for (mode, dim) in target.dims.iter().enumerate().take(2) {
            for row in 0..*dim {
                for column in pairs.len()..rank {
                    matrices[mode][row * rank + column] = StandardNormal.sample(rng);
                }
            }
        }
        Self { rank, matrices }
    }

    /// Sweeps until a sweep takes less than the share `tolerance` off the error, if that is not zero; returns the number
    /// of sweeps.
    pub(super) fn fit(&mut self, target: &Target, sweeps: usize, tolerance: f64) -> usize {
        let mut grams = [0, 1, 2].map(|mode| self.gram(mode));
        let norm = target.norm();
        let mut last = self.error_between_sweeps(target, &grams, norm);
        for sweep in 0..sweeps {
            for mode in [2, 0, 1] {
                self.update(target, mode, &mut grams);
            }
            let error = self.error_between_sweeps(target, &grams, norm);
            let stalled = tolerance > 0.0 && error > (1.0 - tolerance) * last;
            if error <= EXACT * norm || stalled {
                return sweep + 1;
            }
            last = error;
        }
        sweeps
    }

    /// Solves for one matrix and keeps the Gram matrices of all.
    fn update(&mut self, target: &Target, mode: usize, grams: &mut [Vec<f64>; 3]) {
        let rank = self.rank;
        let others = [(mode + 1) % 3, (mode + 2) % 3];
        let [a, b] = others.map(|other| &grams[other]);
        let gram: Vec<f64> = a.iter().zip(b).map(|(a, b)| a * b).collect();
        let pull = PULL * (0..rank).map(|r| gram[r * rank + r]).sum::<f64>() / rank as f64;
        let mut rows: Vec<f64> = self.matrices[mode].iter().map(|x| pull * x).collect();
        for (place, value) in &target.entries {
            let [x, y] = others.map(|other| &self.matrices[other][place[other] * rank..(place[other] + 1) * rank]);
            let row = &mut rows[place[mode] * rank..(place[mode] + 1) * rank];
            for ((z, x), y) in row.iter_mut().zip(x).zip(y) {
                *z += value * x * y;
            }
        }
        solve_rows(gram, rank, pull, &mut rows);
        self.matrices[mode] = rows;
        self.balance(mode);
        for changed in [mode, others[0]] {
            grams[changed] = self.gram(changed);
        }
    }

    /// Moves lengths of columns from a freshly solved matrix to the next one, which keeps the equations in range.
    fn balance(&mut self, mode: usize) {
        let rank = self.rank;
        let next = (mode + 1) % 3;
        let mut lengths = vec![0.0; rank];
        for row in self.matrices[mode].chunks_exact(rank) {
            lengths.iter_mut().zip(row).for_each(|(sum, x)| *sum += x * x);
        }
        lengths.iter_mut().for_each(|sum| *sum = if *sum > 0.0 { sum.sqrt() } else { 1.0 });
        for row in self.matrices[mode].chunks_exact_mut(rank) {
            row.iter_mut().zip(&lengths).for_each(|(x, length)| *x /= length);
        }
        for row in self.matrices[next].chunks_exact_mut(rank) {
            row.iter_mut().zip(&lengths).for_each(|(x, length)| *x *= length);
        }
    }

    /// Products of the columns of one matrix, `[rank][rank]`.
    fn gram(&self, mode: usize) -> Vec<f64> {
        let rank = self.rank;
        let mut gram = vec![0.0; rank * rank];
        for row in self.matrices[mode].chunks_exact(rank) {
            for (r, x) in row.iter().enumerate() {
                gram[r * rank..][..=r].iter_mut().zip(row).for_each(|(g, y)| *g += x * y);
            }
        }
        for r in 0..rank {
            for s in r + 1..rank {
                gram[r * rank + s] = gram[s * rank + r];
            }
        }
        gram
    }

    /// The norm of the difference to the target: `|T|^2 - 2 <T, X> + |X|^2` as long as that keeps its digits.
    fn error_between_sweeps(&self, target: &Target, grams: &[Vec<f64>; 3], norm: f64) -> f64 {
        let [a, b, c] = grams;
        let own: f64 = a.iter().zip(b).zip(c).map(|((a, b), c)| a * b * c).sum();
        let rank = self.rank;
        let row = |mode: usize, place: usize| &self.matrices[mode][place * rank..(place + 1) * rank];
        let mut product = vec![0.0; rank];
        for ([i, j, k], value) in &target.entries {
            for (((sum, x), y), z) in product.iter_mut().zip(row(0, *i)).zip(row(1, *j)).zip(row(2, *k)) {
                *sum += value * x * y * z;
            }
        }
        let square = norm * norm - 2.0 * product.iter().sum::<f64>() + own;
        // Columns that nearly cancel each other make `own` a difference of larger numbers than itself.
        let lost = f64::EPSILON
            * (norm * norm
                + (0..rank).map(|r| (a[r * rank + r] * b[r * rank + r] * c[r * rank + r]).sqrt()).sum::<f64>().powi(2));
        if square > EXPANDED * lost { square.sqrt() } else { self.error(target) }
    }

    /// The norm of the difference to the target, element by element.
    pub(super) fn error(&self, target: &Target) -> f64 {
        let rank = self.rank;
        let [left, right, result] = target.dims;
        // `[rank][component]`, so that sums run along memory.
        let mut columns = vec![0.0; rank * result];
        for (k, row) in self.matrices[2].chunks_exact(rank).enumerate() {
            row.iter().enumerate().for_each(|(r, &z)| columns[r * result + k] = z);
        }
        let mut entries: Vec<&([usize; 3], f64)> = target.entries.iter().collect();
        entries.sort_unstable_by_key(|(place, _)| *place);
        let mut entries = entries.into_iter().peekable();
        let (mut square, mut difference) = (0.0, vec![0.0; result]);
        for i in 0..left {
            for j in 0..right {
                difference.fill(0.0);
                while let Some(([_, _, k], value)) = entries.next_if(|(place, _)| place[..2] == [i, j]) {
                    difference[*k] -= value;
                }
                for (r, column) in columns.chunks_exact(result.max(1)).enumerate() {
                    let both = self.matrices[0][i * rank + r] * self.matrices[1][j * rank + r];
                    difference.iter_mut().zip(column).for_each(|(sum, z)| *sum += both * z);
                }
                square += difference.iter().map(|x| x * x).sum::<f64>();
            }
        }
        square.sqrt()
    }

    pub(super) fn to_map(&self) -> Result<Factored, FactoredError> {
        let rank = self.rank;
        let matrix = |mode: usize| ComponentMatrix::dense(self.matrices[mode].len() / rank, rank, &self.matrices[mode]);
        Factored::new(
            vec![matrix(0)?.transpose()],
            vec![matrix(1)?.transpose()],
            Bilinear::pointwise(rank),
            vec![matrix(2)?],
        )
    }
}
