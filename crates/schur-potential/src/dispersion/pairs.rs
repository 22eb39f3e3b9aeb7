//! The dispersion of pairs with rational damping.
//!
//! $$ E = -\frac12 \sum_{i \ne j} C_6^{ij} \left( \frac{s_6}{r^6 + R_0^6} + \frac{s_8\, q}{r^8 + R_0^8} \right),
//! \qquad R_0 = a_1 \sqrt{q} + a_2, \quad q = C_8 / C_6 = 3 q_i q_j $$
//!
//! with $C_6^{ij} = w_i^T C\, w_j$: the weights of reference systems depend on the coordination numbers.

use schur_tensor::Real;
use schur_tensor::pulp::{Simd, WithSimd};

use super::MAX_SYSTEMS;
use super::atom::{Atom, Lanes3};
use super::columns::{Columns, Stretch};
use super::parameters::{BOHR, D3Parameters, HARTREE};
use super::reference::{Element, References};

/// Covalent radii are scaled by this before they are compared with distances.
const RADIUS_SCALE: f64 = 4.0 / 3.0;

/// What depends on the elements of a pair only; eV and Å.
#[derive(Debug, Clone)]
pub(super) struct PairTable {
    /// Where a neighbour counts one half.
    pub contact: f64,
    /// `R_0^6` and `R_0^8`.
    critical: [f64; 2],
    /// `s_6` and `s_8 q`.
    factors: [f64; 2],
    /// C6 of each system of the first element with each of the second, `[first][second]`.
    c6: [[f64; MAX_SYSTEMS]; MAX_SYSTEMS],
    /// Systems of the second element.
    systems: usize,
}

impl PairTable {
    pub fn new(references: &References, parameters: &D3Parameters, one: &Element, other: &Element) -> Self {
        let q = 3.0 * one.radial * other.radial;
        let critical = (parameters.a1 * q.sqrt() + parameters.a2) * BOHR;
        let unit = HARTREE * BOHR.powi(6);
        let mut c6 = [[0.0; MAX_SYSTEMS]; MAX_SYSTEMS];
        for (a, row) in c6.iter_mut().enumerate().take(one.coordination.len()) {
            for (b, c6) in row.iter_mut().enumerate().take(other.coordination.len()) {
                *c6 = unit * references.c6(one, a, other, b);
            }
        }
        Self {
            contact: RADIUS_SCALE * (one.radius + other.radius),
            critical: [critical.powi(6), critical.powi(8)],
            factors: [parameters.s6, parameters.s8 * q * BOHR * BOHR],
            c6,
            systems: other.coordination.len(),
        }
    }

    /// C6 of an atom with each system of the second element, for these shares of its own systems.
    fn row(&self, shares: &[f64; MAX_SYSTEMS]) -> [f64; MAX_SYSTEMS] {
        std::array::from_fn(|b| shares.iter().zip(&self.c6).map(|(share, row)| share * row[b]).sum())
    }
}

/// Sums the dispersion of some atoms; with `REVERSE` also forces, virials and slopes.
pub(super) struct Pairs<'a, const REVERSE: bool> {
    pub columns: &'a Columns,
    /// `[species][species]`.
    pub tables: &'a [PairTable],
    pub n_species: usize,
    /// Å.
    pub cutoff: f64,
    /// Distance (Å) below which atoms overlap: only the atom itself is there.
    pub closest: f64,
    pub atoms: &'a mut [Atom],
    pub stretches: &'a mut Vec<Stretch>,
}

impl<const REVERSE: bool> WithSimd for Pairs<'_, REVERSE> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { columns, tables, n_species, cutoff, closest, atoms, stretches } = self;
        for atom in atoms {
            columns.stretches(atom.position, cutoff, stretches);
            let mut sums = Sums { energy: simd.splat_f64s(0.0), slope: simd.splat_f64s(0.0), rest: Lanes3::sums(simd) };
            for species in 0..n_species {
                let table = &tables[usize::from(atom.species) * n_species + species];
                let sweep = Sweep { columns, stretches, species, table, atom, limits: [cutoff, closest] };
                match table.systems {
                    1 => sweep.run::<S, 1, REVERSE>(simd, &mut sums),
                    2 => sweep.run::<S, 2, REVERSE>(simd, &mut sums),
                    3 => sweep.run::<S, 3, REVERSE>(simd, &mut sums),
                    4 => sweep.run::<S, 4, REVERSE>(simd, &mut sums),
                    5 => sweep.run::<S, 5, REVERSE>(simd, &mut sums),
                    6 => sweep.run::<S, 6, REVERSE>(simd, &mut sums),
                    _ => sweep.run::<S, MAX_SYSTEMS, REVERSE>(simd, &mut sums),
                }
            }
            atom.energy = -0.5 * simd.reduce_sum_f64s(sums.energy);
            atom.slope = -simd.reduce_sum_f64s(sums.slope);
            let [fx, fy, fz, virial @ ..] = sums.rest.map(|sum| simd.reduce_sum_f64s(sum));
            (atom.force, atom.virial) = ([0.0; 3], [[0.0; 3]; 3]);
            // Each pair comes twice, and an atom has half of its virial.
            atom.add(2.0, [fx, fy, fz], -1.0, virial);
        }
    }
}

/// Lanes of what is summed.
struct Sums<S: Simd> {
    /// C6 times the damped powers.
    energy: S::f64s,
    /// The same with the change of C6.
    slope: S::f64s,
    /// Forces and virials, but for their factors.
    rest: [S::f64s; 9],
}

/// The points of one species around one atom.
struct Sweep<'a> {
    columns: &'a Columns,
    stretches: &'a [Stretch],
    species: usize,
    table: &'a PairTable,
    atom: &'a Atom,
    limits: [f64; 2],
}

impl Sweep<'_> {
    /// Adds all points of the species, which has `SYSTEMS` reference systems.
    #[inline(always)]
    fn run<S: Simd, const SYSTEMS: usize, const REVERSE: bool>(&self, simd: S, sums: &mut Sums<S>) {
        let splat = |value| simd.splat_f64s(value);
        let rows = [&self.atom.weights, &self.atom.changes].map(|shares| self.table.row(shares));
        let [c6, change]: [[S::f64s; SYSTEMS]; 2] = rows.map(|row| std::array::from_fn(|b| splat(row[b])));
        let at = self.atom.position.map(splat);
        let [outer, inner] = self.limits.map(|limit| splat(limit * limit));
        let [r6, r8] = self.table.critical.map(splat);
        let [s6, s8] = self.table.factors.map(splat);
        let [three_s6, four_s8] = [splat(3.0 * self.table.factors[0]), splat(4.0 * self.table.factors[1])];
        let [zero, one] = [0.0, 1.0].map(splat);
        for &stretch in self.stretches {
            let range = self.columns.range(self.species, stretch, f64::lanes::<S>());
            let [xs, ys, zs] =
                [&self.columns.x, &self.columns.y, &self.columns.z].map(|x| S::as_simd_f64s(&x[range.clone()]).0);
            let n = xs.len();
            let (ys, zs) = (&ys[..n], &zs[..n]);
            let weights: [&[S::f64s]; SYSTEMS] =
                std::array::from_fn(|b| &S::as_simd_f64s(&self.columns.weights[b][range.clone()]).0[..n]);
            for k in 0..n {
                let d = Lanes3::difference(simd, [xs[k], ys[k], zs[k]], at);
                let square = d.square(simd);
                let counts = simd.and_m64s(simd.less_than_f64s(square, outer), simd.less_than_f64s(inner, square));
                // What lies outside is left out below; here its powers are kept within the range of numbers.
                let square = simd.min_f64s(square, outer);
                let fourth = simd.mul_f64s(square, square);
                let a = simd.mul_add_e_f64s(fourth, square, r6);
                let b = simd.mul_add_e_f64s(fourth, fourth, r8);
                // One division for both inverses.
                let inverse = simd.div_f64s(one, simd.mul_f64s(a, b));
                let (inverse_a, inverse_b) = (simd.mul_f64s(b, inverse), simd.mul_f64s(a, inverse));
                let damped = simd.mul_add_e_f64s(s6, inverse_a, simd.mul_f64s(s8, inverse_b));
                let damped = simd.select_f64s(counts, damped, zero);
                let mut strength = simd.mul_f64s(c6[0], weights[0][k]);
                for system in 1..SYSTEMS {
                    strength = simd.mul_add_e_f64s(c6[system], weights[system][k], strength);
                }
                sums.energy = simd.mul_add_e_f64s(strength, damped, sums.energy);
                if REVERSE {
                    let mut bend = simd.mul_f64s(change[0], weights[0][k]);
                    for system in 1..SYSTEMS {
                        bend = simd.mul_add_e_f64s(change[system], weights[system][k], bend);
                    }
                    sums.slope = simd.mul_add_e_f64s(bend, damped, sums.slope);
                    // -d(damped) / d(r^2) = r^4 (3 s6 / a^2 + 4 s8 q r^2 / b^2).
                    let six = simd.mul_f64s(three_s6, simd.mul_f64s(inverse_a, inverse_a));
                    let eight = simd.mul_f64s(simd.mul_f64s(four_s8, square), simd.mul_f64s(inverse_b, inverse_b));
                    let steep = simd.mul_f64s(fourth, simd.mul_f64s(strength, simd.add_f64s(six, eight)));
                    d.add_to(simd, simd.select_f64s(counts, steep, zero), &mut sums.rest);
                }
            }
        }
    }
}
