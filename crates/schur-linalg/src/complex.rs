//! Singular values of complex matrices.

use faer::{Mat, MatRef};
use schur_tensor::pulp::num_complex::Complex;
use schur_tensor::{ShapeError, Tensor};

use crate::LinalgError;

/// A complex matrix as `u * diag(s) * v^H`: `u` and `v` have orthonormal columns, as many as the shorter side is long.
#[derive(Debug, Clone, PartialEq)]
pub struct ComplexSingularValues {
    /// `[rows, k]`.
    pub u: Tensor<Complex<f64>>,
    /// The singular values, largest first: `[k]`.
    pub s: Vec<f64>,
    /// `[columns, k]`.
    pub v: Tensor<Complex<f64>>,
}

/// Finds the singular values and vectors of a complex matrix.
///
/// # Shapes
/// `matrix: [rows, columns]`.
/// # Errors
/// [`LinalgError`] for anything but a finite matrix, or if neither it nor its adjoint converges.
/// # Cost
/// O(rows * columns * min(rows, columns)).
/// # Examples
/// ```
/// use schur_linalg::complex_svd;
/// use schur_tensor::{Tensor, pulp::num_complex::Complex};
///
/// let found = complex_svd(&Tensor::new(&[1, 2], vec![Complex::new(0.0, 3.0), Complex::new(4.0, 0.0)])?)?;
/// assert!((found.s[0] - 5.0).abs() < 1e-14);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn complex_svd(matrix: &Tensor<Complex<f64>>) -> Result<ComplexSingularValues, LinalgError> {
    let (method, shape) = ("the singular value decomposition", matrix.shape().to_vec());
    let [rows, columns] = shape[..] else {
        return Err(LinalgError::Shape { method, expected: "a matrix", shape });
    };
    let data = matrix.data();
    if let Some(place) = data.iter().position(|value| !(value.re.is_finite() && value.im.is_finite())) {
        let (row, column) = (place / columns, place % columns);
        let value = if data[place].re.is_finite() { data[place].im } else { data[place].re };
        return Err(LinalgError::NotFinite { method, shape, row, column, value });
    }
    let largest = data.iter().fold(0.0_f64, |largest, value| largest.max(value.re.abs()).max(value.im.abs()));
    let scale = if largest > 0.0 { largest } else { 1.0 };
    let scaled = Mat::from_fn(rows, columns, |i, j| data[i * columns + j] / scale);
    let found = match scaled.thin_svd() {
        Ok(found) => (found.U().to_owned(), found.S().column_vector().to_owned(), found.V().to_owned()),
        Err(_) => match scaled.adjoint().thin_svd() {
            Ok(found) => (found.V().to_owned(), found.S().column_vector().to_owned(), found.U().to_owned()),
            Err(_) => return Err(LinalgError::NoConvergence { method, shape, largest: scale }),
        },
    };
    let (u, s, v) = found;
    let s = s.iter().map(|value| value.re * scale).collect();
    Ok(ComplexSingularValues { u: tensor(u.as_ref())?, s, v: tensor(v.as_ref())? })
}

fn tensor(matrix: MatRef<'_, Complex<f64>>) -> Result<Tensor<Complex<f64>>, ShapeError> {
    Tensor::from_fn(&[matrix.nrows(), matrix.ncols()], |index| matrix[(index[0], index[1])])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_multiply_to_the_matrix_and_are_orthonormal() {
        for shape in [[4, 3], [2, 5], [3, 3]] {
            let entry = |i: &[usize]| Complex::new((3.0 * i[0] as f64 + i[1] as f64).sin(), (i[0] * i[1]) as f64 - 1.0);
            let matrix = Tensor::from_fn(&shape, entry).unwrap();
            let ComplexSingularValues { u, s, v } = complex_svd(&matrix).unwrap();
            let k = s.len();
            assert!(s.windows(2).all(|pair| pair[0] >= pair[1]));
            for i in 0..shape[0] {
                for j in 0..shape[1] {
                    let terms = (0..k).map(|r| u.data()[i * k + r] * s[r] * v.data()[j * k + r].conj());
                    let difference = terms.sum::<Complex<f64>>() - matrix.data()[i * shape[1] + j];
                    assert!(difference.norm() < 1e-13);
                }
            }
            for (factor, rows) in [(&u, shape[0]), (&v, shape[1])] {
                for (a, b) in (0..k).flat_map(|a| (0..k).map(move |b| (a, b))) {
                    let terms = (0..rows).map(|i| factor.data()[i * k + a].conj() * factor.data()[i * k + b]);
                    let expected = if a == b { 1.0 } else { 0.0 };
                    assert!((terms.sum::<Complex<f64>>() - expected).norm() < 1e-13);
                }
            }
        }
        let holed = Tensor::new(&[1, 1], vec![Complex::new(0.0, f64::NAN)]).unwrap();
        assert!(matches!(complex_svd(&holed), Err(LinalgError::NotFinite { .. })));
    }
}
