//! Cubic B-splines of many functions of one variable at once: the radial weights of every path and channel.
//!
//! On a uniform piece with nodes $x_k = x_0 + kh$ a function is
//! $$ f(x) = \sum_{i=0}^{3} B_i(t)\, P_{k+i}, \qquad t = (x - x_k)/h, $$
//! so a value needs four contiguous rows of coefficients and one pass of multiply-adds. Against a Hermite table the
//! memory is halved for the same number of nodes and the result is twice differentiable inside a piece; the error is
//! $\tfrac{5}{384} h^4 \max|f''''|$ (Hall and Meyer, "Optimal error bounds for cubic spline interpolation", 1976).
//! Pieces meet where a cut-off function begins, since its second derivative jumps there.

use schur_tensor::{Aligned, Real, padded};

/// A uniform stretch of nodes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SplinePiece {
    /// Where the piece begins.
    pub start: f64,
    /// Where it ends.
    pub end: f64,
    /// Intervals between its nodes.
    pub intervals: usize,
}

impl SplinePiece {
    fn spacing(&self) -> f64 {
        (self.end - self.start) / self.intervals as f64
    }

    /// Rows of coefficients: three more than intervals.
    const fn rows(&self) -> usize {
        self.intervals + 3
    }
}

/// Where an argument falls in a table, and the weights of the four rows there.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SplinePoint<T> {
    /// First of the four rows.
    pub row: usize,
    /// Weights for the value.
    pub value: [T; 4],
    /// Weights for the derivative with respect to the argument.
    pub derivative: [T; 4],
}

impl<T: Real> SplinePoint<T> {
    /// The point of edge `index` where rows of values and of derivatives take turns.
    ///
    /// Two rows behind the last pair must be there, since four rows are always read; they count zero times.
    ///
    /// # Examples
    /// ```
    /// let point = schur_multilinear::SplinePoint::<f64>::direct(3);
    /// assert_eq!((point.row, point.value[0], point.derivative[1]), (6, 1.0, 1.0));
    /// ```
    pub fn direct(index: usize) -> Self {
        let (zero, one) = (T::ZERO, T::ONE);
        Self { row: 2 * index, value: [one, zero, zero, zero], derivative: [zero, one, zero, zero] }
    }
}

/// The coefficients of `columns` functions on one or more pieces.
#[derive(Debug, Clone)]
pub struct SplineTable<T> {
    pieces: Vec<SplinePiece>,
    columns: usize,
    coefficients: Aligned<T>,
}

impl<T: Real> SplineTable<T> {
    /// Interpolates functions on adjoining pieces.
    ///
    /// `sample(nodes, values, slopes)` fills the value of every function at every node of a piece, `[node][column]`, and
    /// the derivatives at its first and last node, `[column]`. Neighbouring pieces both ask at their border, so the
    /// functions must have one derivative there.
    ///
    /// # Cost
    /// One sample a piece and O(nodes * columns) for the solution of the tridiagonal systems.
    ///
    /// # Panics
    /// If there is no piece or a piece has no interval.
    pub fn interpolate(
        pieces: &[SplinePiece],
        columns: usize,
        mut sample: impl FnMut(&[f64], &mut [f64], &mut [Vec<f64>; 2]),
    ) -> Self {
        assert!(!pieces.is_empty() && pieces.iter().all(|p| p.intervals > 0), "a table needs intervals");
        let width = padded(columns);
        let mut coefficients = Aligned::zeros(Self::size(pieces, columns));
        let mut first_row = 0;
        for piece in pieces {
            let solution = interpolate_piece(piece, columns, &mut sample);
            for (row, values) in solution.chunks_exact(columns).enumerate() {
                let start = (first_row + row) * width;
                let target = &mut coefficients.as_mut_slice()[start..start + columns];
                for (target, &value) in target.iter_mut().zip(values) {
                    *target = T::from_f64(value);
                }
            }
            first_row += piece.rows();
        }
        Self { pieces: pieces.to_vec(), columns, coefficients }
    }

    /// Numbers that the table of `columns` functions on these pieces holds.
    pub fn size(pieces: &[SplinePiece], columns: usize) -> usize {
        pieces.iter().map(SplinePiece::rows).sum::<usize>().saturating_mul(padded(columns))
    }

    /// Number of functions.
    pub const fn columns(&self) -> usize {
        self.columns
    }

    /// Numbers in a row, padding included.
    pub const fn width(&self) -> usize {
        padded(self.columns)
    }

    /// All coefficients, `[row][width]`.
    pub fn coefficients(&self) -> &[T] {
        self.coefficients.as_slice()
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.coefficients.capacity_bytes()
    }

    /// Finds the rows and weights for an argument; outside the pieces the nearest interval continues.
    pub fn locate(&self, x: f64) -> SplinePoint<T> {
        let mut first_row = 0;
        let last = self.pieces.len() - 1;
        let index = self.pieces.iter().position(|p| x < p.end).unwrap_or(last);
        for piece in &self.pieces[..index] {
            first_row += piece.rows();
        }
        let piece = &self.pieces[index];
        let inverse = 1.0 / piece.spacing();
        let position = (x - piece.start) * inverse;
        let interval = (position.max(0.0) as usize).min(piece.intervals - 1);
        let (value, derivative) = basis(position - interval as f64, inverse);
        SplinePoint {
            row: first_row + interval,
            value: value.map(T::from_f64),
            derivative: derivative.map(T::from_f64),
        }
    }

    /// Evaluates all functions and their derivatives at one argument: the definition, for tests and error estimates.
    ///
    /// # Shapes
    /// Two vectors of `columns` numbers.
    pub fn evaluate(&self, x: f64) -> (Vec<f64>, Vec<f64>) {
        let point = self.locate(x);
        let combine = |weights: &[T; 4], c: usize| -> f64 {
            let term = |i: usize| {
                weights[i].to_f64() * self.coefficients.as_slice()[(point.row + i) * self.width() + c].to_f64()
            };
            (0..4).map(term).sum()
        };
        let columns = 0..self.columns;
        (
            columns.clone().map(|c| combine(&point.value, c)).collect(),
            columns.map(|c| combine(&point.derivative, c)).collect(),
        )
    }
}

/// The four cubic B-splines at `t` in [0, 1] and their derivatives with respect to the argument.
fn basis(t: f64, inverse_spacing: f64) -> ([f64; 4], [f64; 4]) {
    let s = 1.0 - t;
    let (t2, s2) = (t * t, s * s);
    let value =
        [s2 * s / 6.0, (4.0 - 6.0 * t2 + 3.0 * t2 * t) / 6.0, (4.0 - 6.0 * s2 + 3.0 * s2 * s) / 6.0, t2 * t / 6.0];
    let derivative = [-0.5 * s2, -2.0 * t + 1.5 * t2, 2.0 * s - 1.5 * s2, 0.5 * t2];
    (value, derivative.map(|d| d * inverse_spacing))
}

/// Coefficients of one piece, `[intervals + 3][columns]`, matching values at the nodes and slopes at both ends.
///
/// Inside, $(P_{k} + 4P_{k+1} + P_{k+2})/6 = f_k$; eliminating the outermost coefficients with
/// $(P_{2} - P_{0})/2h = f'_0$ leaves a tridiagonal system, diagonally dominant, solved without pivoting.
fn interpolate_piece(
    piece: &SplinePiece,
    columns: usize,
    sample: &mut impl FnMut(&[f64], &mut [f64], &mut [Vec<f64>; 2]),
) -> Vec<f64> {
    let (n, h) = (piece.intervals, piece.spacing());
    let nodes: Vec<f64> = (0..=n).map(|k| if k == n { piece.end } else { piece.start + k as f64 * h }).collect();
    let mut p = vec![0.0; (n + 3) * columns];
    let mut slopes = [vec![0.0; columns], vec![0.0; columns]];
    sample(&nodes, &mut p[columns..(n + 2) * columns], &mut slopes);
    solve_clamped(&mut p, columns, h, &slopes);
    p
}

/// Turns the node values in the middle rows of `p` into coefficients, all columns at once, and fills the outer rows.
///
/// The first equation is $4P_1 + 2P_2 = 6f_0 + 2hf'_0$, the last its mirror image.
fn solve_clamped(p: &mut [f64], columns: usize, h: f64, slopes: &[Vec<f64>; 2]) {
    let last = p.len() / columns - 2;
    let combine = |p: &mut [f64], target: usize, source: usize, factor: f64| {
        for c in 0..columns {
            p[target * columns + c] += factor * p[source * columns + c];
        }
    };
    for value in &mut p[columns..(last + 1) * columns] {
        *value *= 6.0;
    }
    for c in 0..columns {
        p[columns + c] = (p[columns + c] + 2.0 * h * slopes[0][c]) / 4.0;
        p[last * columns + c] -= 2.0 * h * slopes[1][c];
    }
    let mut upper = vec![0.5];
    for row in 2..=last {
        let lower = if row == last { 2.0 } else { 1.0 };
        let pivot = 4.0 - lower * upper[row - 2];
        upper.push(1.0 / pivot);
        combine(p, row, row - 1, -lower);
        p[row * columns..(row + 1) * columns].iter_mut().for_each(|value| *value /= pivot);
    }
    for row in (1..last).rev() {
        combine(p, row, row + 1, -upper[row - 1]);
    }
    for c in 0..columns {
        p[c] = p[2 * columns + c] - 2.0 * h * slopes[0][c];
        p[(last + 1) * columns + c] = p[(last - 1) * columns + c] + 2.0 * h * slopes[1][c];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(intervals: usize) -> SplineTable<f64> {
        let pieces = [
            SplinePiece { start: 0.0, end: 2.0, intervals },
            SplinePiece { start: 2.0, end: 3.0, intervals: intervals / 2 },
        ];
        // A cubic is reproduced exactly; |x - 2|^3 + sin has a jump in the third derivative at the border only.
        SplineTable::interpolate(&pieces, 2, |nodes, values, slopes| {
            for (&x, values) in nodes.iter().zip(values.chunks_exact_mut(2)) {
                values.copy_from_slice(&[x * x * x - x, (x - 2.0).abs().powi(3) + (2.0 * x).sin()]);
            }
            for (slopes, x) in slopes.iter_mut().zip([nodes[0], nodes[nodes.len() - 1]]) {
                let square = 3.0 * (x - 2.0) * (x - 2.0).abs();
                slopes.copy_from_slice(&[3.0 * x * x - 1.0, square + 2.0 * (2.0 * x).cos()]);
            }
        })
    }

    fn worst(table: &SplineTable<f64>) -> [f64; 2] {
        let mut worst = [0.0_f64; 2];
        for i in 0..=1000 {
            let x = 0.003 * f64::from(i);
            let (values, slopes) = table.evaluate(x);
            worst[0] = worst[0].max((values[0] - (x * x * x - x)).abs()).max((slopes[0] - (3.0 * x * x - 1.0)).abs());
            worst[1] = worst[1].max((values[1] - (x - 2.0).abs().powi(3) - (2.0 * x).sin()).abs());
        }
        worst
    }

    #[test]
    fn cubics_are_exact_and_the_error_falls_with_the_fourth_power() {
        let (coarse, fine) = (worst(&table(20)), worst(&table(40)));
        assert!(coarse[0] < 1e-12 && fine[0] < 1e-12, "{coarse:?} {fine:?}");
        // 5/384 h^4 max|f''''| with f'''' = 16 sin(2x), h = 0.1.
        assert!(coarse[1] < 16.0 * 5.0 / 384.0 * 1e-4, "{coarse:?}");
        let ratio = coarse[1] / fine[1];
        assert!((12.0..20.0).contains(&ratio), "halving the spacing divided the error by {ratio}");
    }
}
