//! What is kept of each atom during an evaluation, and vectors in lanes.

use schur_tensor::pulp::Simd;

use super::MAX_SYSTEMS;

/// One atom.
#[derive(Debug, Clone, Default)]
pub(super) struct Atom {
    /// Wrapped into the cell, Å.
    pub position: [f64; 3],
    pub species: u8,
    pub coordination: f64,
    /// Points closer than atoms may be, the atom itself among them.
    pub near: f64,
    /// Shares of the reference systems of its element; the rest is zero.
    pub weights: [f64; MAX_SYSTEMS],
    /// How they change with the coordination number.
    pub changes: [f64; MAX_SYSTEMS],
    /// eV.
    pub energy: f64,
    /// Change of the total energy with the coordination number, eV.
    pub slope: f64,
    /// eV/Å.
    pub force: [f64; 3],
    /// eV.
    pub virial: [[f64; 3]; 3],
}

impl Atom {
    /// Adds multiples of a force and of a virial in the order xx yy zz yz xz xy.
    pub fn add(&mut self, factor: f64, force: [f64; 3], share: f64, [xx, yy, zz, yz, xz, xy]: [f64; 6]) {
        let virial = [[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]];
        for a in 0..3 {
            self.force[a] += factor * force[a];
            for b in 0..3 {
                self.virial[a][b] += share * virial[a][b];
            }
        }
    }

    /// Sets the shares of reference systems with these coordination numbers.
    ///
    /// They are Gaussians of the distance between coordination numbers, and add up to one. The largest exponent is taken
    /// out before, so that an atom far beyond all systems has the nearest one.
    pub fn weigh(&mut self, systems: &[f64]) {
        let exponent = |system: f64| -SHARPNESS * (self.coordination - system).powi(2);
        let largest = systems.iter().map(|&system| exponent(system)).fold(f64::NEG_INFINITY, f64::max);
        (self.weights, self.changes) = ([0.0; MAX_SYSTEMS], [0.0; MAX_SYSTEMS]);
        for (weight, &system) in self.weights.iter_mut().zip(systems) {
            *weight = (exponent(system) - largest).exp();
        }
        let sum: f64 = self.weights.iter().sum();
        self.weights.iter_mut().for_each(|weight| *weight /= sum);
        let mean: f64 = self.weights.iter().zip(systems).map(|(weight, system)| weight * system).sum();
        for ((change, weight), &system) in self.changes.iter_mut().zip(self.weights).zip(systems) {
            *change = 2.0 * SHARPNESS * weight * (system - mean);
        }
    }
}

/// How quickly a reference system loses its share.
const SHARPNESS: f64 = 4.0;

/// As many vectors as a register has lanes.
#[derive(Clone, Copy)]
pub(super) struct Lanes3<S: Simd>([S::f64s; 3]);

impl<S: Simd> Lanes3<S> {
    /// Sums of three components and six products, all zero.
    #[inline(always)]
    pub fn sums(simd: S) -> [S::f64s; 9] {
        [simd.splat_f64s(0.0); 9]
    }

    /// `to - from`.
    #[inline(always)]
    pub fn difference(simd: S, to: [S::f64s; 3], from: [S::f64s; 3]) -> Self {
        Self([simd.sub_f64s(to[0], from[0]), simd.sub_f64s(to[1], from[1]), simd.sub_f64s(to[2], from[2])])
    }

    /// The squared length.
    #[inline(always)]
    pub fn square(self, simd: S) -> S::f64s {
        let [x, y, z] = self.0;
        simd.mul_add_e_f64s(x, x, simd.mul_add_e_f64s(y, y, simd.mul_f64s(z, z)))
    }

    /// Adds a multiple of the vector, and of its products in the order xx yy zz yz xz xy.
    #[inline(always)]
    pub fn add_to(self, simd: S, factor: S::f64s, sums: &mut [S::f64s; 9]) {
        let [x, y, z] = self.0;
        let [fx, fy, fz] = [simd.mul_f64s(factor, x), simd.mul_f64s(factor, y), simd.mul_f64s(factor, z)];
        sums[0] = simd.add_f64s(sums[0], fx);
        sums[1] = simd.add_f64s(sums[1], fy);
        sums[2] = simd.add_f64s(sums[2], fz);
        sums[3] = simd.mul_add_e_f64s(fx, x, sums[3]);
        sums[4] = simd.mul_add_e_f64s(fy, y, sums[4]);
        sums[5] = simd.mul_add_e_f64s(fz, z, sums[5]);
        sums[6] = simd.mul_add_e_f64s(fy, z, sums[6]);
        sums[7] = simd.mul_add_e_f64s(fx, z, sums[7]);
        sums[8] = simd.mul_add_e_f64s(fx, y, sums[8]);
    }
}
