//! The algebra of 3x3 matrices that deformations need; vectors are rows, `x -> x · D`.

use schur_atoms::{Cell, CellError};

/// A matrix by rows.
pub(crate) type Matrix3 = [[f64; 3]; 3];

pub(crate) const IDENTITY: Matrix3 = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
pub(crate) const ZERO: Matrix3 = [[0.0; 3]; 3];

/// Terms of the exponential series: with arguments below [`SERIES_NORM`] the rest is below 1e-18.
const SERIES_TERMS: u32 = 14;
/// Norm to which an argument is halved before the series.
const SERIES_NORM: f64 = 0.25;
/// Newton's iteration for the square root of a matrix near one doubles its digits: six reach the last.
const ROOT_ITERATIONS: u32 = 12;

pub(crate) fn multiply(a: &Matrix3, b: &Matrix3) -> Matrix3 {
    a.map(|row| row_times(row, b))
}

pub(crate) fn row_times(row: [f64; 3], m: &Matrix3) -> [f64; 3] {
    std::array::from_fn(|j| row[0] * m[0][j] + row[1] * m[1][j] + row[2] * m[2][j])
}

pub(crate) fn transpose(a: &Matrix3) -> Matrix3 {
    std::array::from_fn(|i| std::array::from_fn(|j| a[j][i]))
}

pub(crate) fn add_scaled(a: &Matrix3, factor: f64, b: &Matrix3) -> Matrix3 {
    std::array::from_fn(|i| std::array::from_fn(|j| a[i][j] + factor * b[i][j]))
}

pub(crate) fn scaled(a: &Matrix3, factor: f64) -> Matrix3 {
    a.map(|row| row.map(|x| factor * x))
}

pub(crate) fn trace(a: &Matrix3) -> f64 {
    a[0][0] + a[1][1] + a[2][2]
}

pub(crate) fn norm(a: &Matrix3) -> f64 {
    a.as_flattened().iter().map(|x| x * x).sum::<f64>().sqrt()
}

pub(crate) fn inverse(a: &Matrix3) -> Result<Matrix3, CellError> {
    Cell::new(*a).inverse()
}

/// The exponential of `x`.
pub(crate) fn exponential(x: &Matrix3) -> Matrix3 {
    exponential_with_derivative(x, &ZERO).0
}

/// The exponential of `x` and its derivative along `direction`, by scaling and squaring of the series.
pub(crate) fn exponential_with_derivative(x: &Matrix3, direction: &Matrix3) -> (Matrix3, Matrix3) {
    let mut halvings = 0;
    let mut size = norm(x);
    // The cap serves arguments that overflow anyway.
    while size > SERIES_NORM && halvings < 64 {
        size *= 0.5;
        halvings += 1;
    }
    let factor = 0.5f64.powi(halvings);
    let (x, direction) = (scaled(x, factor), scaled(direction, factor));
    let (mut value, mut derivative) = (IDENTITY, ZERO);
    let (mut term, mut term_derivative) = (IDENTITY, ZERO);
    for k in 1..=SERIES_TERMS {
        let share = 1.0 / f64::from(k);
        let moved = add_scaled(&multiply(&term_derivative, &x), 1.0, &multiply(&term, &direction));
        term_derivative = scaled(&moved, share);
        term = scaled(&multiply(&term, &x), share);
        value = add_scaled(&value, 1.0, &term);
        derivative = add_scaled(&derivative, 1.0, &term_derivative);
    }
    for _ in 0..halvings {
        derivative = add_scaled(&multiply(&derivative, &value), 1.0, &multiply(&value, &derivative));
        value = multiply(&value, &value);
    }
    (value, derivative)
}

/// The square root of a symmetric positive matrix near one (Denman and Beavers' iteration).
pub(crate) fn square_root(a: &Matrix3) -> Result<Matrix3, CellError> {
    let (mut root, mut inverse_root) = (*a, IDENTITY);
    for _ in 0..ROOT_ITERATIONS {
        let next = scaled(&add_scaled(&root, 1.0, &inverse(&inverse_root)?), 0.5);
        inverse_root = scaled(&add_scaled(&inverse_root, 1.0, &inverse(&root)?), 0.5);
        root = next;
    }
    Ok(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: Matrix3 = [[0.3, -0.8, 0.1], [0.5, 1.2, -0.4], [0.0, 0.7, -0.9]];

    #[test]
    fn exponential_of_a_rotation_generator() {
        let angle = 2.5;
        let r = exponential(&[[0.0, angle, 0.0], [-angle, 0.0, 0.0], [0.0; 3]]);
        let expected = [[angle.cos(), angle.sin(), 0.0], [-angle.sin(), angle.cos(), 0.0], [0.0, 0.0, 1.0]];
        assert!(norm(&add_scaled(&r, -1.0, &expected)) < 1e-14);
    }

    #[test]
    fn exponentials_of_opposite_arguments_are_inverse() {
        let product = multiply(&exponential(&X), &exponential(&scaled(&X, -1.0)));
        assert!(norm(&add_scaled(&product, -1.0, &IDENTITY)) < 1e-14);
    }

    #[test]
    fn derivative_is_the_difference_quotient() {
        let direction = [[0.1, 0.2, -0.3], [0.0, 0.5, 0.4], [-0.6, 0.7, 0.2]];
        let step = 1e-5;
        let ahead = exponential(&add_scaled(&X, step, &direction));
        let behind = exponential(&add_scaled(&X, -step, &direction));
        let quotient = scaled(&add_scaled(&ahead, -1.0, &behind), 0.5 / step);
        let (_, derivative) = exponential_with_derivative(&X, &direction);
        assert!(norm(&add_scaled(&derivative, -1.0, &quotient)) < 1e-9);
    }

    #[test]
    fn root_squared_is_the_matrix() {
        let a = [[1.1, 0.05, -0.02], [0.05, 0.9, 0.03], [-0.02, 0.03, 1.02]];
        let root = square_root(&a).unwrap();
        assert!(norm(&add_scaled(&multiply(&root, &root), -1.0, &a)) < 1e-15);
    }
}
