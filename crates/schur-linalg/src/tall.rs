//! The triangle of a QR decomposition of a tall matrix whose rows come in pieces, without its orthonormal part.

use faer::{Mat, MatRef};
use schur_tensor::{ShapeError, Tensor};

/// `R` of `matrix = Q * R`, as far as rows have been pushed: `R^T R` is the Gram matrix of all of them.
///
/// Its singular values and right singular vectors are those of the tall matrix, to full precision: unlike those of the
/// Gram matrix, which lose half of the digits.
///
/// # Source
/// Demmel, Grigori, Hoemmen, Langou, Communication-optimal parallel and sequential QR and LU factorizations, 2012.
/// # Examples
/// ```
/// use schur_linalg::Triangle;
///
/// let mut triangle = Triangle::new(1);
/// triangle.push(1, |_, _| 3.0);
/// triangle.push(1, |_, _| 4.0);
/// assert!((triangle.to_tensor()?.data()[0].abs() - 5.0).abs() < 1e-14);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Triangle {
    rows: Mat<f64>,
}

impl Triangle {
    /// The triangle of no rows.
    pub fn new(columns: usize) -> Self {
        Self { rows: Mat::zeros(0, columns) }
    }

    /// The length of a row.
    pub fn columns(&self) -> usize {
        self.rows.ncols()
    }

    /// Takes more rows in; entry `(i, j)` is that of column `j` in the `i`-th of them.
    ///
    /// # Cost
    /// `2 * (rows + columns) * columns^2` operations on one thread: pieces of several times as many rows as columns are
    /// best. Entries that are not finite make the triangle so.
    pub fn push(&mut self, rows: usize, entry: impl Fn(usize, usize) -> f64) {
        let held = self.rows.nrows();
        let mut stacked = Mat::zeros(held + rows, self.columns());
        stacked.as_mut().subrows_mut(0, held).copy_from(&self.rows);
        for j in 0..self.columns() {
            let column = stacked.as_mut().col_mut(j).subrows_mut(held, rows);
            column.iter_mut().enumerate().for_each(|(i, place)| *place = entry(i, j));
        }
        self.reduce(stacked);
    }

    /// Takes the rows of another triangle in.
    pub fn join(&mut self, other: &Self) {
        let rows: MatRef<'_, f64> = other.rows.as_ref();
        self.push(rows.nrows(), |i, j| rows[(i, j)]);
    }

    /// The triangle, `[at most columns, columns]`.
    ///
    /// # Errors
    /// [`ShapeError`] if it cannot be held.
    pub fn to_tensor(&self) -> Result<Tensor<f64>, ShapeError> {
        crate::input::tensor(self.rows.as_ref())
    }

    fn reduce(&mut self, stacked: Mat<f64>) {
        self.rows = if stacked.nrows() > stacked.ncols() { stacked.qr().thin_R().to_owned() } else { stacked };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gram_matrix_of_a_triangle_is_that_of_all_rows() {
        let entry = |i: usize, j: usize| ((7 * i + 3 * j + i * j) % 11) as f64 - 5.0;
        let (mut whole, mut other) = (Triangle::new(4), Triangle::new(4));
        whole.push(3, entry);
        whole.push(20, |i, j| entry(i + 3, j));
        other.push(9, |i, j| entry(i + 23, j));
        whole.join(&other);
        let r = whole.to_tensor().unwrap();
        assert_eq!(r.shape(), [4, 4]);
        for a in 0..4 {
            for b in 0..4 {
                let expected: f64 = (0..32).map(|i| entry(i, a) * entry(i, b)).sum();
                let found: f64 = (0..4).map(|i| r.data()[4 * i + a] * r.data()[4 * i + b]).sum();
                assert!((found - expected).abs() < 1e-10, "({a}, {b}): {found} is not {expected}");
            }
        }
    }
}
