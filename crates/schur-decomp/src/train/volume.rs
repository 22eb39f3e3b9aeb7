//! Rows of a tall matrix that span all others with small coefficients.

use schur_linalg::solve_right;
use schur_tensor::Tensor;

use crate::DecompError;

/// A coefficient this much above one is worth a swap.
const GAIN: f64 = 1.05;

/// Swaps at most, a column.
const SWAPS: usize = 16;

/// Chosen rows, and what every row is made of.
pub(super) struct Chosen {
    /// As many rows as there are columns.
    pub rows: Vec<usize>,
    /// `[m, r]`: `matrix = coefficients * matrix[rows]`, the rows chosen being those of the identity.
    pub coefficients: Tensor<f64>,
}

/// Chooses rows of nearly the largest volume: no coefficient is much above one.
///
/// # Shapes
/// `matrix: [m, r]` with `m >= r` and independent columns.
/// # Source
/// Goreinov, Oseledets, Savostyanov, Tyrtyshnikov, Zamarashkin, How to find a good submatrix, 2010.
pub(super) fn choose(matrix: &Tensor<f64>) -> Result<Chosen, DecompError> {
    let [m, r] = [matrix.shape()[0], matrix.shape()[1]];
    let mut rows = pivots(matrix);
    let square = Tensor::from_fn(&[r, r], |i| matrix.data()[rows[i[0]] * r + i[1]])?;
    let mut coefficients = solve_right(&square, matrix)?;
    for _ in 0..SWAPS * r {
        let b = coefficients.data_mut();
        let place = (0..m * r).fold(0, |best, place| if b[place].abs() > b[best].abs() { place } else { best });
        let (i, j, pivot) = (place / r, place % r, b[place]);
        if !pivot.is_finite() || pivot.abs() <= GAIN {
            break;
        }
        let mut change: Vec<f64> = b[i * r..][..r].iter().map(|x| x / pivot).collect();
        change[j] -= 1.0 / pivot;
        for row in b.chunks_exact_mut(r) {
            let weight = row[j];
            row.iter_mut().zip(&change).for_each(|(x, change)| *x -= weight * change);
        }
        rows[j] = i;
    }
    Ok(Chosen { rows, coefficients })
}

/// Rows that elimination takes for pivots.
fn pivots(matrix: &Tensor<f64>) -> Vec<usize> {
    let [m, r] = [matrix.shape()[0], matrix.shape()[1]];
    let mut rest = matrix.data().to_vec();
    let mut rows: Vec<usize> = Vec::with_capacity(r);
    for j in 0..r {
        let free = (0..m).filter(|row| !rows.contains(row));
        let Some(pivot) = free.max_by(|&a, &b| rest[a * r + j].abs().total_cmp(&rest[b * r + j].abs())) else { break };
        rows.push(pivot);
        let own = rest[pivot * r..][..r].to_vec();
        if own[j] != 0.0 {
            for row in rest.chunks_exact_mut(r) {
                let weight = row[j] / own[j];
                row.iter_mut().zip(&own).for_each(|(x, own)| *x -= weight * own);
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_rows_span_all_others_with_small_coefficients() {
        let matrix = Tensor::from_fn(&[40, 4], |i| ((i[0] * i[0] + 3 * i[0] * i[1] + 7 * i[1]) as f64).sin()).unwrap();
        let chosen = choose(&matrix).unwrap();
        assert_eq!(chosen.rows.len(), 4);
        for i in 0..40 {
            let row = &chosen.coefficients.data()[4 * i..][..4];
            assert!(row.iter().all(|x| x.abs() <= GAIN + 1e-9), "{row:?}");
            for j in 0..4 {
                let sum: f64 = (0..4).map(|k| row[k] * matrix.data()[4 * chosen.rows[k] + j]).sum();
                assert!((sum - matrix.data()[4 * i + j]).abs() < 1e-10);
            }
        }
    }
}
