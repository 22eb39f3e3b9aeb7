//! Symmetric equations whose matrix has a narrow band, as those of rows that touch only their neighbours.

/// A symmetric matrix by its lower band: row `j` holds the entries `(j, j)`, `(j, j - 1)`, ..., `(j, j - width)`.
pub(super) struct Band {
    pub width: usize,
    pub entries: Vec<f64>,
}

/// A pivot below this share of its diagonal entry is rounding: the unknown is not determined and stays zero.
const SINGULAR: f64 = 1e-14;

impl Band {
    pub fn zeros(unknowns: usize, width: usize) -> Self {
        Self { width, entries: vec![0.0; unknowns * (width + 1)] }
    }

    /// Entry `(row, row - down)`.
    pub fn entry(&mut self, row: usize, down: usize) -> &mut f64 {
        &mut self.entries[row * (self.width + 1) + down]
    }

    /// Solves in place, destroying the matrix.
    pub fn solve(&mut self, right: &mut [f64]) {
        solve(&mut self.entries, self.width, right);
    }

    /// Lowers the quadratic form `x A x / 2 - b x` over `x >= 0`, one unknown after the other.
    pub fn descend(&self, right: &[f64], x: &mut [f64], sweeps: usize) {
        descend(&self.entries, self.width, (right, x), sweeps);
    }
}

/// Solves `matrix * x = right` in place by Cholesky's decomposition, which takes the place of the matrix.
pub(super) fn solve(entries: &mut [f64], width: usize, right: &mut [f64]) {
    let stride = width + 1;
    for j in 0..right.len() {
        let (before, row) = entries.split_at_mut(j * stride);
        let diagonal = row[0];
        for d in (0..=width.min(j)).rev() {
            let k = j - d;
            let len = (width - d).min(k);
            if d == 0 {
                let pivot = diagonal - row[1..=len].iter().map(|x| x * x).sum::<f64>();
                // The reciprocal of the diagonal of the factor; zero for an unknown that is not determined.
                row[0] = if pivot > SINGULAR * diagonal { 1.0 / pivot.sqrt() } else { 0.0 };
            } else {
                let other = &before[k * stride..][..stride];
                let known: f64 = row[d + 1..=d + len].iter().zip(&other[1..=len]).map(|(x, y)| x * y).sum();
                row[d] = (row[d] - known) * other[0];
            }
        }
        let known: f64 = (1..=width.min(j)).map(|d| row[d] * right[j - d]).sum();
        right[j] = (right[j] - known) * row[0];
    }
    for j in (0..right.len()).rev() {
        right[j] *= entries[j * stride];
        for d in 1..=width.min(j) {
            right[j - d] -= entries[j * stride + d] * right[j];
        }
    }
}

/// As [`Band::descend`].
pub(super) fn descend(entries: &[f64], width: usize, (right, x): (&[f64], &mut [f64]), sweeps: usize) {
    let stride = width + 1;
    for _ in 0..sweeps {
        for j in 0..x.len() {
            let diagonal = entries[j * stride];
            if diagonal <= 0.0 {
                continue;
            }
            let below: f64 = (0..=width.min(j)).map(|d| entries[j * stride + d] * x[j - d]).sum();
            let above: f64 = (1..=width.min(x.len() - 1 - j)).map(|d| entries[(j + d) * stride + d] * x[j + d]).sum();
            x[j] = (x[j] + (right[j] - below - above) / diagonal).max(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A positive matrix with a band of two, and what it makes of 1, 2, 3, ...
    fn example() -> (Band, Vec<f64>, Vec<f64>) {
        let n = 7;
        let mut band = Band::zeros(n, 2);
        let entry = |row: usize, column: usize| match row.abs_diff(column) {
            0 => 6.0 + row as f64,
            1 => -2.0 + 0.25 * row.max(column) as f64,
            2 => 0.75,
            _ => 0.0,
        };
        for row in 0..n {
            (0..=2.min(row)).for_each(|down| *band.entry(row, down) = entry(row, row - down));
        }
        let x: Vec<f64> = (1..=n).map(|i| i as f64).collect();
        let right = (0..n).map(|row| (0..n).map(|column| entry(row, column) * x[column]).sum()).collect();
        (band, right, x)
    }

    #[test]
    fn equations_are_solved_exactly_and_by_descent() {
        let (mut band, right, expected) = example();
        let mut x = vec![0.0; right.len()];
        band.descend(&right, &mut x, 200);
        assert!(x.iter().zip(&expected).all(|(x, y)| (x - y).abs() < 1e-10), "{x:?}");
        let mut x = right;
        band.solve(&mut x);
        assert!(x.iter().zip(&expected).all(|(x, y)| (x - y).abs() < 1e-12), "{x:?}");
    }

    #[test]
    fn descent_stops_at_zero_and_undetermined_unknowns_are_zero() {
        let mut x = [1.0, 1.0];
        // Least squares would want -1 for the second.
        descend(&[2.0, 0.0, 2.0, 1.0], 1, (&[1.0, -1.5], &mut x), 50);
        assert!((x[0] - 0.5).abs() < 1e-12 && x[1] == 0.0, "{x:?}");
        let mut right = [2.0, 2.0];
        solve(&mut [1.0, 0.0, 1.0, 1.0], 1, &mut right);
        assert_eq!(right, [2.0, 0.0]);
    }
}
