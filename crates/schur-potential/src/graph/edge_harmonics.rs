//! The harmonics of an edge: values for the kernels, gradients for the forces.

use schur_group::{GroupError, Normalization, SphericalHarmonics};
use schur_tensor::Real;

/// Harmonics up to a degree, of an edge's direction or solid ($r^l Y_l$), component-normalised.
#[derive(Debug, Clone)]
pub(crate) struct EdgeHarmonics {
    harmonics: SphericalHarmonics,
    max_degree: usize,
    of_direction: bool,
}

/// Harmonics up to the largest degree with a kernel, 3.
const MOST: usize = 16;

impl EdgeHarmonics {
    pub fn new(max_degree: usize, of_direction: bool) -> Result<Self, GroupError> {
        let harmonics = SphericalHarmonics::new(max_degree, Normalization::Component)?;
        Ok(Self { harmonics, max_degree, of_direction })
    }

    /// Harmonics of an edge.
    pub fn len(&self) -> usize {
        (self.max_degree + 1) * (self.max_degree + 1)
    }

    /// Degree of harmonic `index`.
    const fn degree(index: usize) -> usize {
        index.isqrt()
    }

    /// Fills the harmonics of a vector.
    pub fn values<T: Real>(&self, vector: [f64; 3], out: &mut [T]) {
        let mut values = [0.0; MOST];
        let values = &mut values[..self.len()];
        #[expect(clippy::expect_used, reason = "the slice has one place for each harmonic")]
        self.harmonics.evaluate_into(vector, values).expect("as many values as harmonics");
        if !self.of_direction {
            let r = schur_atoms::neighbours::distance(vector);
            for (index, value) in values.iter_mut().enumerate() {
                *value *= r.powi(Self::degree(index) as i32);
            }
        }
        for (target, &value) in out.iter_mut().zip(values.iter()) {
            *target = T::from_f64(value);
        }
    }

    /// Turns harmonics of vectors into those of the opposite vectors: odd degrees change sign.
    pub fn turn<T: Real>(&self, harmonics: &mut [T]) {
        for row in harmonics.chunks_exact_mut(self.len()) {
            for (index, value) in row.iter_mut().enumerate() {
                if !Self::degree(index).is_multiple_of(2) {
                    *value = -*value;
                }
            }
        }
    }

    /// The gradient of `sum_m weights_m Y_m(v) + slope * |v|` with respect to `v`.
    pub fn gradient<T: Real>(&self, vector: [f64; 3], weights: &[T], slope: f64) -> [f64; 3] {
        let mut values = [0.0; MOST];
        let mut gradients = [[0.0; 3]; MOST];
        let (values, gradients) = (&mut values[..self.len()], &mut gradients[..self.len()]);
        #[expect(clippy::expect_used, reason = "the slices have one place for each harmonic")]
        self.harmonics.evaluate_with_gradient_into(vector, values, gradients).expect("as many values as harmonics");
        let r = schur_atoms::neighbours::distance(vector);
        let mut sum = vector.map(|x| slope * x / r);
        for (index, weight) in weights.iter().enumerate() {
            let degree = Self::degree(index) as i32;
            let weight = weight.to_f64();
            // Solid: d(r^l Y) = r^l dY + l r^(l-2) Y v.
            let (by_gradient, by_value) = if self.of_direction || degree == 0 {
                (weight, 0.0)
            } else {
                (weight * r.powi(degree), weight * f64::from(degree) * r.powi(degree - 2) * values[index])
            };
            for a in 0..3 {
                sum[a] += by_gradient * gradients[index][a] + by_value * vector[a];
            }
        }
        sum
    }
}
