//! The inner product in which transposes are adjoint.

/// Sum over all buffers of the products of their numbers.
pub fn dot(a: &[Vec<f64>], b: &[Vec<f64>]) -> f64 {
    a.iter().flatten().zip(b.iter().flatten()).map(|(x, y)| x * y).sum()
}
