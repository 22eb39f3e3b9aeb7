//! Coordination numbers, and the forces that act because they change.
//!
//! $$ n_i = \sum_{j \ne i} c(r_{ij}), \qquad c(r) = \frac{1}{1 + e^{-16 (r_c / r - 1)}} $$
//!
//! where `r_c` is 4/3 of the sum of both covalent radii.

use schur_tensor::Real;
use schur_tensor::pulp::{Simd, WithSimd};

use super::atom::{Atom, Lanes3};
use super::columns::{Columns, Stretch};
use super::pairs::PairTable;

/// How steeply a neighbour begins to count.
const STEEPNESS: f64 = 16.0;
/// The exponent below which a count is one to the last digit.
const NEAREST: f64 = -40.0;
/// Exponents are divided by this, and the exponential raised to it by squaring.
const SQUARINGS: u32 = 6;
const PARTS: f64 = (1 << SQUARINGS) as f64;
/// What centres the divided exponents, which run from `NEAREST / PARTS` to `STEEPNESS / PARTS`, about zero.
const CENTRE: f64 = 0.1875;
/// `exp(-CENTRE)`.
const EXP_CENTRE: f64 = 0.829_029_118_180_400_3;
/// Terms of the exponential series: the next one is below 1.3e-16 of the sum for arguments up to 0.4375.
const TERMS: usize = 14;

/// `exp(-CENTRE) / k!`, highest first.
const SERIES: [f64; TERMS] = {
    let mut series = [EXP_CENTRE; TERMS];
    let mut k = 1;
    let mut factorial = 1.0;
    while k < TERMS {
        factorial *= k as f64;
        series[TERMS - 1 - k] = EXP_CENTRE / factorial;
        k += 1;
    }
    series
};

/// A neighbour's count, and `e^t` times it squared, which is `c (1 - c)`.
#[inline(always)]
fn count<S: Simd>(simd: S, contact_over_r: S::f64s) -> (S::f64s, S::f64s) {
    let splat = |value| simd.splat_f64s(value);
    let t = simd.mul_add_e_f64s(contact_over_r, splat(-STEEPNESS), splat(STEEPNESS));
    let t = simd.max_f64s(t, splat(NEAREST));
    let u = simd.mul_add_e_f64s(t, splat(1.0 / PARTS), splat(CENTRE));
    let mut exponential = splat(SERIES[0]);
    for &term in &SERIES[1..] {
        exponential = simd.mul_add_e_f64s(exponential, u, splat(term));
    }
    for _ in 0..SQUARINGS {
        exponential = simd.mul_f64s(exponential, exponential);
    }
    let c = simd.div_f64s(splat(1.0), simd.add_f64s(exponential, splat(1.0)));
    (c, simd.mul_f64s(exponential, simd.mul_f64s(c, c)))
}

/// What both passes over neighbours that count are given.
pub(super) struct Counting<'a> {
    pub columns: &'a Columns,
    /// `[species][species]`.
    pub tables: &'a [PairTable],
    pub n_species: usize,
    /// Å.
    pub cutoff: f64,
    /// Distance (Å) below which atoms overlap.
    pub closest: f64,
    pub atoms: &'a mut [Atom],
    pub stretches: &'a mut Vec<Stretch>,
}

/// Sums coordination numbers; a point closer than the limit is counted as `near`, the atom itself among them.
pub(super) struct Coordination<'a>(pub Counting<'a>);

impl WithSimd for Coordination<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Counting { columns, tables, n_species, cutoff, closest, atoms, stretches } = self.0;
        for atom in atoms {
            columns.stretches(atom.position, cutoff, stretches);
            let at = atom.position.map(|x| simd.splat_f64s(x));
            let mut sums = [simd.splat_f64s(0.0); 2];
            for species in 0..n_species {
                let contact = tables[usize::from(atom.species) * n_species + species].contact;
                for &stretch in stretches.iter() {
                    coordinate(simd, columns, species, stretch, (at, contact, [cutoff, closest]), &mut sums);
                }
            }
            [atom.coordination, atom.near] = sums.map(|sum| simd.reduce_sum_f64s(sum));
        }
    }
}

/// Adds the counts of one stretch.
#[inline(always)]
fn coordinate<S: Simd>(
    simd: S,
    columns: &Columns,
    species: usize,
    stretch: Stretch,
    (at, contact, [cutoff, closest]): ([S::f64s; 3], f64, [f64; 2]),
    sums: &mut [S::f64s; 2],
) {
    let range = columns.range(species, stretch, f64::lanes::<S>());
    let [xs, ys, zs] = [&columns.x, &columns.y, &columns.z].map(|x| S::as_simd_f64s(&x[range.clone()]).0);
    let [zero, one] = [0.0, 1.0].map(|value| simd.splat_f64s(value));
    let [outer, inner] = [cutoff, closest].map(|limit| simd.splat_f64s(limit * limit));
    let contact = simd.splat_f64s(contact);
    for ((&x, &y), &z) in xs.iter().zip(ys).zip(zs) {
        let d = Lanes3::difference(simd, [x, y, z], at);
        let square = d.square(simd);
        let counts = simd.and_m64s(simd.less_than_f64s(square, outer), simd.less_than_f64s(inner, square));
        let inverse = simd.div_f64s(one, simd.sqrt_f64s(square));
        let (c, _) = count(simd, simd.mul_f64s(contact, inverse));
        sums[0] = simd.add_f64s(sums[0], simd.select_f64s(counts, c, zero));
        let near = simd.select_f64s(simd.less_than_f64s(square, inner), one, zero);
        sums[1] = simd.add_f64s(sums[1], near);
    }
}

/// Adds forces and virials of atoms whose energy changes with the coordination numbers.
pub(super) struct CoordinationForces<'a>(pub Counting<'a>);

impl WithSimd for CoordinationForces<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Counting { columns, tables, n_species, cutoff, closest, atoms, stretches } = self.0;
        for atom in atoms {
            columns.stretches(atom.position, cutoff, stretches);
            let at = atom.position.map(|x| simd.splat_f64s(x));
            let slope = simd.splat_f64s(atom.slope);
            let mut sums = Lanes3::sums(simd);
            for species in 0..n_species {
                let contact = tables[usize::from(atom.species) * n_species + species].contact;
                let constants = (at, slope, contact, [cutoff, closest]);
                for &stretch in stretches.iter() {
                    pull(simd, columns, species, stretch, constants, &mut sums);
                }
            }
            let [fx, fy, fz, virial @ ..] = sums.map(|sum| simd.reduce_sum_f64s(sum));
            // An atom has half of the virial of each of its pairs.
            atom.add(-STEEPNESS, [fx, fy, fz], 0.5 * STEEPNESS, virial);
        }
    }
}

/// Adds the pull of one stretch.
#[inline(always)]
fn pull<S: Simd>(
    simd: S,
    columns: &Columns,
    species: usize,
    stretch: Stretch,
    (at, slope, contact, [cutoff, closest]): ([S::f64s; 3], S::f64s, f64, [f64; 2]),
    sums: &mut [S::f64s; 9],
) {
    let range = columns.range(species, stretch, f64::lanes::<S>());
    let [xs, ys, zs] = [&columns.x, &columns.y, &columns.z].map(|x| S::as_simd_f64s(&x[range.clone()]).0);
    let slopes = S::as_simd_f64s(&columns.slopes[range]).0;
    let [zero, one] = [0.0, 1.0].map(|value| simd.splat_f64s(value));
    let [outer, inner] = [cutoff, closest].map(|limit| simd.splat_f64s(limit * limit));
    let contact = simd.splat_f64s(contact);
    for (((&x, &y), &z), &other) in xs.iter().zip(ys).zip(zs).zip(slopes) {
        let d = Lanes3::difference(simd, [x, y, z], at);
        let square = d.square(simd);
        let counts = simd.and_m64s(simd.less_than_f64s(square, outer), simd.less_than_f64s(inner, square));
        let inverse = simd.div_f64s(one, simd.sqrt_f64s(square));
        let ratio = simd.mul_f64s(contact, inverse);
        let (_, change) = count(simd, ratio);
        // -dc/dr / r / STEEPNESS, and the slopes of both atoms.
        let change = simd.mul_f64s(change, simd.mul_f64s(ratio, simd.mul_f64s(inverse, inverse)));
        let strength = simd.mul_f64s(change, simd.add_f64s(slope, other));
        d.add_to(simd, simd.select_f64s(counts, strength, zero), sums);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counts<'a>(&'a [f64], &'a mut Vec<[f64; 2]>);

    impl WithSimd for Counts<'_> {
        type Output = ();
        fn with_simd<S: Simd>(self, simd: S) {
            for &x in self.0 {
                let (c, change) = count(simd, simd.splat_f64s(x));
                let mean = |lanes| simd.reduce_sum_f64s(lanes) / f64::lanes::<S>() as f64;
                self.1.push([mean(c), mean(change)]);
            }
        }
    }

    /// The error of the squared series is some 64 times that of a double, relative to the smaller of c and 1 - c.
    #[test]
    fn counts_are_those_of_the_library_function() {
        let ratios: Vec<f64> = (0..4000).map(|i| 2e-3 * f64::from(i)).collect();
        for arch in schur_tensor::instruction_sets() {
            let mut found = Vec::new();
            arch.dispatch(Counts(&ratios, &mut found));
            for (&x, [c, change]) in ratios.iter().zip(found) {
                let exact = schur_tensor::sigmoid(STEEPNESS * (x - 1.0));
                let rest = schur_tensor::sigmoid(STEEPNESS * (1.0 - x));
                assert!((c - exact).abs() < 3e-14 * exact, "{arch:?}: {x}: {c}, not {exact}");
                assert!((change - exact * rest).abs() < 3e-14 * exact * rest + 1e-17, "{arch:?}: {x}: {change}");
            }
        }
    }
}
