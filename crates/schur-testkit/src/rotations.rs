//! Random elements of O(3) and the little algebra of 3x3 matrices that tests need.

use crate::Random;

/// A 3x3 matrix as rows; acts on column vectors `(x, y, z)`.
pub type Matrix3 = [[f64; 3]; 3];

/// Draws a proper rotation, uniformly over SO(3).
///
/// # Examples
/// ```
/// let r = schur_testkit::rotation(3);
/// assert!((schur_testkit::determinant(&r) - 1.0).abs() < 1e-14);
/// ```
pub fn rotation(seed: u64) -> [[f64; 3]; 3] {
    let mut random = Random::new(seed);
    // Four normals have no preferred direction, so the unit quaternion, and with it the rotation, is uniform.
    let [w, x, y, z] = [random.normal(), random.normal(), random.normal(), random.normal()];
    let s = 2.0 / (w * w + x * x + y * y + z * z);
    [
        [1.0 - s * (y * y + z * z), s * (x * y - w * z), s * (x * z + w * y)],
        [s * (x * y + w * z), 1.0 - s * (x * x + z * z), s * (y * z - w * x)],
        [s * (x * z - w * y), s * (y * z + w * x), 1.0 - s * (x * x + y * y)],
    ]
}

/// Draws an element of O(3): a rotation, followed by inversion for odd seeds.
pub fn orthogonal(seed: u64) -> Matrix3 {
    let sign = if seed % 2 == 1 { -1.0 } else { 1.0 };
    rotation(seed).map(|row| row.map(|value| sign * value))
}

/// Lists the identity, a half turn and `n_random` random rotations.
pub fn so3_elements(seed: u64, n_random: usize) -> Vec<Matrix3> {
    let mut elements = vec![diagonal([1.0, 1.0, 1.0]), diagonal([-1.0, 1.0, -1.0])];
    elements.extend(seeds(seed, n_random).map(rotation));
    elements
}

/// Lists the identity, the inversion, a mirror and `n_random` random elements of both signs of determinant.
pub fn o3_elements(seed: u64, n_random: usize) -> Vec<Matrix3> {
    let mut elements = vec![diagonal([1.0, 1.0, 1.0]), diagonal([-1.0, -1.0, -1.0]), diagonal([1.0, 1.0, -1.0])];
    elements.extend(seeds(seed, n_random).map(orthogonal));
    elements
}

/// Consecutive seeds, so that both kinds of determinant appear.
fn seeds(seed: u64, n: usize) -> impl Iterator<Item = u64> {
    (0..n as u64).map(move |step| seed.wrapping_mul(0x1_0000).wrapping_add(step))
}

fn diagonal([a, b, c]: [f64; 3]) -> Matrix3 {
    [[a, 0.0, 0.0], [0.0, b, 0.0], [0.0, 0.0, c]]
}

/// Multiplies a vector by a matrix.
pub fn apply(matrix: &Matrix3, v: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
}

/// Multiplies two matrices: the result acts with `b` first.
pub fn product(a: &Matrix3, b: &Matrix3) -> Matrix3 {
    let columns = transpose(b);
    a.map(|row| apply(&columns, row))
}

/// Exchanges rows and columns, which inverts an orthogonal matrix.
pub fn transpose(matrix: &Matrix3) -> Matrix3 {
    let [a, b, c] = matrix;
    [[a[0], b[0], c[0]], [a[1], b[1], c[1]], [a[2], b[2], c[2]]]
}

/// Computes the determinant: 1 for a rotation, -1 where it is followed by inversion.
pub fn determinant(matrix: &Matrix3) -> f64 {
    let [a, b, c] = matrix;
    let cross = [b[1] * c[2] - b[2] * c[1], b[2] * c[0] - b[0] * c[2], b[0] * c[1] - b[1] * c[0]];
    a[0] * cross[0] + a[1] * cross[1] + a[2] * cross[2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_close;

    #[test]
    fn drawn_matrices_are_orthogonal() {
        for seed in 0..200 {
            let r = orthogonal(seed);
            let identity = diagonal([1.0, 1.0, 1.0]);
            // A few roundings of numbers below 1.
            assert_close("R R^T", product(&r, &transpose(&r)).as_flattened(), identity.as_flattened(), 0.0, 2e-15);
            assert_close("det", &[determinant(&r)], &[if seed % 2 == 1 { -1.0 } else { 1.0 }], 0.0, 2e-15);
        }
    }

    #[test]
    fn rotations_cover_the_group_evenly() {
        // The mean of a rotation matrix over SO(3) is zero and the mean square of each element is 1/3.
        let n = 4000;
        let rotations: Vec<Matrix3> = (0..n).map(rotation).collect();
        for (i, j) in (0..3).flat_map(|i| (0..3).map(move |j| (i, j))) {
            let mean = rotations.iter().map(|r| r[i][j]).sum::<f64>() / n as f64;
            let square = rotations.iter().map(|r| r[i][j] * r[i][j]).sum::<f64>() / n as f64;
            // Five standard errors of variables with variance 1/3 and 4/45.
            assert!(mean.abs() < 5.0 * (1.0 / (3.0 * n as f64)).sqrt(), "mean of [{i}][{j}] is {mean}");
            assert!((square - 1.0 / 3.0).abs() < 5.0 * (4.0 / (45.0 * n as f64)).sqrt(), "[{i}][{j}]: {square}");
        }
    }

    #[test]
    fn element_lists_hold_what_they_say() {
        assert!(so3_elements(5, 4).iter().all(|r| determinant(r) > 0.0));
        let elements = o3_elements(5, 4);
        assert_eq!(elements.len(), 7);
        assert_eq!(elements[3..].iter().filter(|r| determinant(r) < 0.0).count(), 2);
    }
}
