//! Two things about small symmetric matrices: solving with them, and their rank.

/// Solves `x G = b` for several rows by Cholesky factors, `G` positive definite once `ridge` is on its diagonal.
///
/// # Shapes
/// `gram: [n][n]`, `rows: [any][n]`, overwritten by the solutions.
pub(super) fn solve_rows(mut gram: Vec<f64>, n: usize, ridge: f64, rows: &mut [f64]) {
    for k in 0..n {
        gram[k * n + k] += ridge;
    }
    for k in 0..n {
        for j in 0..=k {
            let (row_k, row_j) = (&gram[k * n..k * n + j], &gram[j * n..j * n + j]);
            let rest = gram[k * n + j] - dot(row_k, row_j);
            // A pivot below the ridge is rounding alone.
            gram[k * n + j] = if j == k { rest.max(ridge).sqrt() } else { rest / gram[j * n + j] };
        }
    }
    for row in rows.chunks_exact_mut(n) {
        for k in 0..n {
            row[k] = (row[k] - dot(&gram[k * n..k * n + k], &row[..k])) / gram[k * n + k];
        }
        for k in (0..n).rev() {
            let solved = row[k] / gram[k * n + k];
            row[k] = solved;
            row[..k].iter_mut().zip(&gram[k * n..k * n + k]).for_each(|(x, g)| *x -= solved * g);
        }
    }
}

/// Counts the linearly independent vectors behind a Gram matrix.
///
/// Vectors are scaled to length one first; one whose square distance from the others' span is below `tolerance` depends
/// on them.
pub(super) fn gram_rank(mut gram: Vec<f64>, n: usize, tolerance: f64) -> usize {
    let scale: Vec<f64> = (0..n).map(|k| gram[k * n + k].sqrt()).map(|x| if x > 0.0 { 1.0 / x } else { 0.0 }).collect();
    for k in 0..n {
        for j in 0..n {
            gram[k * n + j] *= scale[k] * scale[j];
        }
    }
    for rank in 0..n {
        let pivot = (0..n).max_by(|&a, &b| gram[a * n + a].total_cmp(&gram[b * n + b])).unwrap_or(0);
        let largest = gram[pivot * n + pivot];
        if largest <= tolerance {
            return rank;
        }
        let row: Vec<f64> = gram[pivot * n..(pivot + 1) * n].to_vec();
        for k in (0..n).filter(|&k| row[k] != 0.0) {
            let factor = row[k] / largest;
            for j in 0..n {
                gram[k * n + j] -= factor * row[j];
            }
        }
        gram[pivot * n + pivot] = 0.0;
    }
    n
}

/// Eight sums side by side, which a processor adds at once.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        for n in 0..8 {
            sums[n] += a[n] * b[n];
        }
    }
    sums.iter().sum::<f64>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solutions_solve() {
        let gram = vec![4.0, 1.0, 0.5, 1.0, 3.0, 0.0, 0.5, 0.0, 2.0];
        let mut rows = vec![1.0, 2.0, 3.0, 0.0, 1.0, 0.0];
        solve_rows(gram.clone(), 3, 0.0, &mut rows);
        let back: Vec<f64> = rows
            .chunks(3)
            .flat_map(|row| (0..3).map(|j| (0..3).map(|k| row[k] * gram[k * 3 + j]).sum::<f64>()))
            .collect();
        for (a, b) in back.iter().zip([1.0, 2.0, 3.0, 0.0, 1.0, 0.0]) {
            assert!((a - b).abs() < 1e-14);
        }
    }

    #[test]
    fn dependent_vectors_do_not_count() {
        let vectors = [[1.0, 0.0, 2.0], [0.0, 1e-6, 0.0], [2.0, 3e-6, 4.0], [0.0, 0.0, 0.0]];
        let gram = vectors.iter().flat_map(|a| vectors.iter().map(|b| dot(a, b))).collect();
        assert_eq!(gram_rank(gram, 4, 1e-10), 2);
    }
}
