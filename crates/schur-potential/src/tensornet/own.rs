//! What an atom receives from itself where it is its own neighbour: constants, since that distance never changes.

use schur_tensor::{Aligned, Real};

use super::matrices::PARTS;

/// The factors of an edge of no length, `[part][channel]`.
#[derive(Debug, Clone)]
pub(super) struct OwnEdge<T>(Aligned<T>);

impl<T: Real> OwnEdge<T> {
    /// Takes the factors of a radial network; what stands behind those of the last part is left out.
    pub fn new(weights: &[f64], channels: usize) -> Self {
        Self(Aligned::from_f64(&weights[..3 * channels]))
    }

    /// Adds the factors times the features of one atom, `[component][channel]`; its own transpose.
    pub fn add(&self, from: &[T], to: &mut [T]) {
        let weights = self.0.as_slice();
        let channels = weights.len() / 3;
        for (part, weights) in weights.chunks_exact(channels).enumerate() {
            let of_part = PARTS[part] * channels..PARTS[part + 1] * channels;
            let rows = from[of_part.clone()].chunks_exact(channels).zip(to[of_part].chunks_exact_mut(channels));
            for (from, to) in rows {
                to.iter_mut().zip(from).zip(weights).for_each(|((sum, &x), &w)| *sum += w * x);
            }
        }
    }
}
