//! Dispersion as a sum over pairs, switched off at bonds.
//!
//! $$ E_{ij} = -\frac{\sqrt{c_i c_j}}{r^6} \frac{1}{1 + e^{-d (r / (R_i + R_j) - 1)}} $$
//!
//! Source: Grimme, "Semiempirical GGA-type density functional constructed with a long-range dispersion correction",
//! J. Comput. Chem. 27 (2006) 1787, with $d = 20$ and $s_6 = 1$.

/// The steepness of the damping.
const STEEPNESS: f64 = 20.0;

/// The dispersion of pairs of a model's species.
#[derive(Debug, Clone)]
pub(crate) struct Dispersion {
    /// Coefficient (eV Å^6) and radius (Å) of each species.
    pub species: Vec<[f64; 2]>,
}

impl Dispersion {
    /// The energy of a pair, eV, and its derivative, eV/Å.
    pub fn evaluate(&self, pair: [u8; 2], r: f64) -> (f64, f64) {
        let [[c1, r1], [c2, r2]] = pair.map(|species| self.species[usize::from(species)]);
        let radius = r1 + r2;
        let share = 1.0 / (1.0 + (-STEEPNESS * (r / radius - 1.0)).exp());
        let plain = -(c1 * c2).sqrt() / r.powi(6);
        (plain * share, plain * share * (STEEPNESS / radius * (1.0 - share) - 6.0 / r))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_derivative_is_one() {
        let dispersion = Dispersion { species: vec![[1.5, 1.0], [18.0, 1.45]] };
        let h = 1e-6;
        for r in [0.8, 1.9, 2.5, 6.0] {
            let difference = (dispersion.evaluate([0, 1], r + h).0 - dispersion.evaluate([1, 0], r - h).0) / (2.0 * h);
            let (value, slope) = dispersion.evaluate([0, 1], r);
            assert!((slope - difference).abs() < 1e-8 && value < 0.0, "{r}: {slope} {difference}");
        }
    }
}
