//! What a factor may be held to, as proximal maps.

/// A penalty on a factor, known by its proximal map.
///
/// It must be convex, for the method to have a limit; an indicator function is a hard constraint.
pub trait Proximal: Sync {
    /// Replaces a factor by the minimiser of `step * penalty(x) + |x - factor|^2 / 2`.
    ///
    /// # Shapes
    /// `factor: [rows, columns]`, row-major.
    fn apply(&self, factor: &mut [f64], columns: usize, step: f64);
}

/// What a factor is held to.
#[derive(Clone, Copy, Default)]
#[non_exhaustive]
pub enum Constraint<'a> {
    /// Nothing.
    #[default]
    Free,
    /// No negative element.
    Nonnegative,
    /// Few elements: a penalty of this times the sum of their absolute values.
    Sparse(f64),
    /// Small elements: a penalty of half of this times the sum of their squares.
    Ridge(f64),
    /// Columns without negative elements that sum to one.
    Simplex,
    /// Columns that never fall.
    Monotone,
    /// Columns that change little from row to row: a penalty of half of this times the squares of the differences.
    Smooth(f64),
    /// Whatever its own proximal map says.
    Own(&'a dyn Proximal),
}

impl std::fmt::Debug for Constraint<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Free => f.write_str("Free"),
            Self::Nonnegative => f.write_str("Nonnegative"),
            Self::Sparse(penalty) => write!(f, "Sparse({penalty})"),
            Self::Ridge(penalty) => write!(f, "Ridge({penalty})"),
            Self::Simplex => f.write_str("Simplex"),
            Self::Monotone => f.write_str("Monotone"),
            Self::Smooth(penalty) => write!(f, "Smooth({penalty})"),
            Self::Own(_) => f.write_str("Own"),
        }
    }
}

impl Constraint<'_> {
    /// The weight of a penalty; none for hard constraints.
    pub(super) const fn penalty(&self) -> Option<f64> {
        match self {
            Self::Sparse(penalty) | Self::Ridge(penalty) | Self::Smooth(penalty) => Some(*penalty),
            _ => None,
        }
    }
}

impl Proximal for Constraint<'_> {
    fn apply(&self, factor: &mut [f64], columns: usize, step: f64) {
        match self {
            Self::Free => {}
            Self::Nonnegative => factor.iter_mut().for_each(|x| *x = x.max(0.0)),
            Self::Sparse(penalty) => {
                factor.iter_mut().for_each(|x| *x = x.signum() * (x.abs() - step * penalty).max(0.0));
            }
            Self::Ridge(penalty) => factor.iter_mut().for_each(|x| *x /= 1.0 + step * penalty),
            Self::Simplex => each_column(factor, columns, simplex),
            Self::Monotone => each_column(factor, columns, monotone),
            Self::Smooth(penalty) => each_column(factor, columns, |column| smooth(column, step * penalty)),
            Self::Own(own) => own.apply(factor, columns, step),
        }
    }
}

fn each_column(factor: &mut [f64], columns: usize, map: impl Fn(&mut [f64])) {
    for r in 0..columns {
        let mut column: Vec<f64> = factor.iter().skip(r).step_by(columns).copied().collect();
        map(&mut column);
        factor.iter_mut().skip(r).step_by(columns).zip(column).for_each(|(x, new)| *x = new);
    }
}

/// The nearest point without negative elements whose elements sum to one.
///
/// Source: Held, Wolfe and Crowder, "Validation of subgradient optimization", 1974.
fn simplex(column: &mut [f64]) {
    let mut sorted = column.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let (mut sum, mut shift) = (0.0, 0.0);
    for (count, &x) in sorted.iter().enumerate() {
        sum += x;
        let candidate = (sum - 1.0) / (count + 1) as f64;
        if x > candidate {
            shift = candidate;
        }
    }
    column.iter_mut().for_each(|x| *x = (*x - shift).max(0.0));
}

/// The nearest sequence that never falls: neighbours that violate the order are pooled.
fn monotone(column: &mut [f64]) {
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for &x in &*column {
        let mut pool = (x, 1);
        while let Some((sum, count)) = pools.pop_if(|(sum, count)| *sum * pool.1 as f64 > pool.0 * *count as f64) {
            pool = (sum + pool.0, count + pool.1);
        }
        pools.push(pool);
    }
    let means = pools.iter().flat_map(|&(sum, count)| std::iter::repeat_n(sum / count as f64, count));
    column.iter_mut().zip(means).for_each(|(x, mean)| *x = mean);
}

/// Solves `(1 + penalty * D^T D) y = x` with the differences `D`, by elimination along the diagonals.
fn smooth(column: &mut [f64], penalty: f64) {
    let n = column.len();
    if n < 2 {
        return;
    }
    let diagonal = |i: usize| 1.0 + penalty * if i == 0 || i == n - 1 { 1.0 } else { 2.0 };
    let mut above = vec![0.0; n];
    let mut pivot = diagonal(0);
    column[0] /= pivot;
    for i in 1..n {
        above[i - 1] = -penalty / pivot;
        pivot = diagonal(i) + penalty * above[i - 1];
        column[i] = (column[i] + penalty * column[i - 1]) / pivot;
    }
    for i in (0..n - 1).rev() {
        column[i] -= above[i] * column[i + 1];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(constraint: Constraint<'_>, numbers: &[f64], columns: usize, step: f64) -> Vec<f64> {
        let mut factor = numbers.to_vec();
        constraint.apply(&mut factor, columns, step);
        factor
    }

    #[test]
    fn projections_are_the_known_ones() {
        assert_eq!(applied(Constraint::Nonnegative, &[-1.0, 2.0], 1, 1.0), [0.0, 2.0]);
        assert_eq!(applied(Constraint::Sparse(2.0), &[-3.0, 0.5, 1.5], 1, 0.5), [-2.0, 0.0, 0.5]);
        assert_eq!(applied(Constraint::Ridge(2.0), &[4.0], 1, 0.5), [2.0]);
        assert_eq!(applied(Constraint::Simplex, &[2.0, 0.0, -1.0], 1, 1.0), [1.0, 0.0, 0.0]);
        assert_eq!(
            applied(Constraint::Monotone, &[1.0, 9.0, 3.0, 5.0, 2.0, 6.0], 2, 1.0),
            [1.0, 20.0 / 3.0, 2.5, 20.0 / 3.0, 2.5, 20.0 / 3.0]
        );
        let halves = applied(Constraint::Simplex, &[0.9, 0.7], 1, 1.0);
        assert!((halves[0] - 0.6).abs() < 1e-15 && (halves[1] - 0.4).abs() < 1e-15);
    }

    #[test]
    fn smoothing_solves_its_equations() {
        let x = [3.0, -1.0, 4.0, 1.0, -5.0];
        let y = applied(Constraint::Smooth(0.7), &x, 1, 2.0);
        for i in 0..5 {
            let left = if i > 0 { y[i] - y[i - 1] } else { 0.0 };
            let right = if i < 4 { y[i] - y[i + 1] } else { 0.0 };
            assert!((y[i] + 1.4 * (left + right) - x[i]).abs() < 1e-13);
        }
    }
}
