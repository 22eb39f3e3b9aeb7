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
        let mut last = self.error(target);
        for sweep in 0..sweeps {
            for mode in [2, 0, 1] {
                self.update(target, mode);
            }
            let error = self.error(target);
            let stalled = tolerance > 0.0 && error > (1.0 - tolerance) * last;
            if error <= EXACT * target.norm() || stalled {
                return sweep + 1;
            }
            last = error;
        }
        sweeps
    }

    /// Solves for one matrix.
    fn update(&mut self, target: &Target, mode: usize) {
        let rank = self.rank;
        let others = [(mode + 1) % 3, (mode + 2) % 3];
        let [a, b] = others.map(|other| self.gram(other));
        let gram: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a * b).collect();
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
    }

    /// Moves lengths of columns from a freshly solved matrix to the next one, which keeps the equations in range.
    fn balance(&mut self, mode: usize) {
        let rank = self.rank;
        let next = (mode + 1) % 3;
        for column in 0..rank {
            let length = self.matrices[mode].iter().skip(column).step_by(rank).map(|x| x * x).sum::<f64>().sqrt();
            if length > 0.0 {
                self.matrices[mode].iter_mut().skip(column).step_by(rank).for_each(|x| *x /= length);
                self.matrices[next].iter_mut().skip(column).step_by(rank).for_each(|x| *x *= length);
            }
        }
    }

    /// Products of the columns of one matrix, `[rank][rank]`.
    fn gram(&self, mode: usize) -> Vec<f64> {
        let rank = self.rank;
        let mut gram = vec![0.0; rank * rank];
        for row in self.matrices[mode].chunks_exact(rank) {
            for (r, x) in row.iter().enumerate() {
                gram[r * rank..(r + 1) * rank].iter_mut().zip(row).for_each(|(g, y)| *g += x * y);
            }
        }
        gram
    }

    /// The norm of the difference to the target, element by element.
    pub(super) fn error(&self, target: &Target) -> f64 {
        let rank = self.rank;
        let [left, right, result] = target.dims;
        let mut difference = vec![0.0; left * right * result];
        for ([i, j, k], value) in &target.entries {
            difference[(i * right + j) * result + k] = -value;
        }
        let row = |mode: usize, place: usize| &self.matrices[mode][place * rank..(place + 1) * rank];
        let mut square = 0.0;
        for pair in 0..left * right {
            let both: Vec<f64> = row(0, pair / right).iter().zip(row(1, pair % right)).map(|(x, y)| x * y).collect();
            for k in 0..result {
                let value: f64 = both.iter().zip(row(2, k)).map(|(xy, z)| xy * z).sum();
                square += (difference[pair * result + k] + value).powi(2);
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
