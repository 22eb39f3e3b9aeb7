//! From cotangents of edges to forces and virials.

use rayon::prelude::*;
use schur_tensor::Real;

use super::{AtomValues, EdgeHarmonics, Geometry, RowBlocks};

/// Cotangents of the edges on which each row's atom sends.
#[derive(Debug, Default)]
pub(crate) struct EdgeGradient<T> {
    /// Of each edge's harmonics, `[edge][harmonic]`.
    pub harmonics: Vec<T>,
    /// Of each edge's length.
    pub distances: Vec<T>,
    /// dE/d(vector) of each edge, eV/Å.
    vectors: Vec<[f64; 3]>,
}

impl<T: Real> EdgeGradient<T> {
    /// Zeros for the edges of a geometry, to which the layers add.
    pub fn start(&mut self, geometry: &Geometry<T>, harmonics: usize) {
        let pairs = geometry.nodes.len();
        self.harmonics.clear();
        self.harmonics.resize(pairs * harmonics, T::ZERO);
        self.distances.clear();
        self.distances.resize(pairs, T::ZERO);
    }

    /// Fills forces and virials from the cotangents, `block` atoms at a time.
    ///
    /// `slope(k, edge)` is added to the cotangent of the length of an edge of row `k`: what acts between pairs of atoms
    /// besides the network, eV/Å.
    pub fn finish(
        &mut self,
        geometry: &Geometry<T>,
        harmonics: &EdgeHarmonics,
        block: usize,
        slope: impl Fn(usize, usize) -> f64 + Sync,
        out: &mut AtomValues,
    ) {
        self.by_vector(geometry, harmonics, block, slope);
        self.collect(geometry, block, out);
    }

    /// dE/d(vector) of every edge, the vector pointing from receiver to sender.
    fn by_vector(
        &mut self,
        geometry: &Geometry<T>,
        harmonics: &EdgeHarmonics,
        block: usize,
        slope: impl Fn(usize, usize) -> f64 + Sync,
    ) {
        let (n, count) = (geometry.order.len(), harmonics.len());
        self.vectors.resize(geometry.nodes.len(), [0.0; 3]);
        let rows = RowBlocks { starts: &geometry.starts, block };
        let (by_harmonics, by_distance) = (&self.harmonics, &self.distances);
        rows.of(&mut self.vectors, 1).enumerate().for_each(|(index, gradients)| {
            let first = geometry.starts[index * block];
            for k in index * block..((index + 1) * block).min(n) {
                for edge in geometry.row(k) {
                    let vector = geometry.vectors[edge].map(|x| -x);
                    let weights = &by_harmonics[edge * count..(edge + 1) * count];
                    let slope = by_distance[edge].to_f64() + slope(k, edge);
                    gradients[edge - first] = harmonics.gradient(vector, weights, slope);
                }
            }
        });
    }

    /// Sums the edges of each atom: with `v = r_j - r_i`, `F_j -= dE/dv` and `F_i += dE/dv`; half of `-v dE/dv` is the
    /// virial of either end.
    fn collect(&self, geometry: &Geometry<T>, block: usize, out: &mut AtomValues) {
        let n = geometry.order.len();
        out.forces.resize(n, [0.0; 3]);
        out.virials.resize(n, [[0.0; 3]; 3]);
        let gradients = &self.vectors;
        out.forces.par_iter_mut().zip(&mut out.virials).enumerate().with_min_len(block).for_each(
            |(k, (force, virial))| {
                *force = [0.0; 3];
                *virial = [[0.0; 3]; 3];
                for edge in geometry.row(k) {
                    let sent = gradients[edge];
                    let received = gradients[geometry.reverse[edge] as usize];
                    let vector = geometry.vectors[edge];
                    for a in 0..3 {
                        let difference = received[a] - sent[a];
                        force[a] += difference;
                        // The sent edge's vector is -vector, the received one's is +vector.
                        for (b, component) in vector.iter().enumerate() {
                            virial[a][b] -= 0.5 * component * difference;
                        }
                    }
                }
            },
        );
    }
}
