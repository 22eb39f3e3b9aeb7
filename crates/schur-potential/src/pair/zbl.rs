//! The repulsion of nuclei after Ziegler, Biersack and Littmark, which ends where atoms begin to bond.
//!
//! $$ E_{ij} = \frac{k Z_i Z_j}{r} f(r) \sum_n c_n e^{-d_n r / a}, \qquad a = \ell / (Z_i^p + Z_j^p) $$
//!
//! Source: Ziegler, Biersack and Littmark, "The Stopping and Range of Ions in Solids", 1985. Programs round its constants
//! differently, so each brings its own.

use crate::CutoffFunction;

/// The repulsion of pairs of a model's species.
#[derive(Debug, Clone)]
pub(crate) struct Zbl {
    /// Coulomb's constant, eV Å.
    pub strength: f64,
    /// Factors and decays of the four terms of the screening function.
    pub coefficients: [f64; 4],
    pub decays: [f64; 4],
    pub exponent: f64,
    /// The length by which distances are divided, Å, for charges whose powers sum to one.
    pub length: f64,
    pub envelope: CutoffFunction,
    /// Nuclear charge of each species, and how much of the distance at which the repulsion ends is its share (Å).
    pub species: Vec<[f64; 2]>,
}

impl Zbl {
    /// The half of a pair's energy that belongs to one of its atoms, eV, and its derivative, eV/Å.
    pub fn evaluate(&self, pair: [u8; 2], r: f64) -> (f64, f64) {
        let [[z1, r1], [z2, r2]] = pair.map(|species| self.species[usize::from(species)]);
        let end = r1 + r2;
        if r >= end {
            return (0.0, 0.0);
        }
        let a = self.length / (z1.powf(self.exponent) + z2.powf(self.exponent));
        let (mut phi, mut slope) = (0.0, 0.0);
        for (c, decay) in self.coefficients.iter().zip(self.decays) {
            let term = c * (-decay * r / a).exp();
            phi += term;
            slope -= decay / a * term;
        }
        let charge = 0.5 * self.strength * z1 * z2 / r;
        let (f, df) = self.envelope.evaluate(r, end);
        (charge * phi * f, charge * ((slope - phi / r) * f + phi * df))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_derivative_is_one_and_bonded_atoms_feel_nothing() {
        for envelope in [CutoffFunction::Polynomial { power: 6 }, CutoffFunction::Cosine] {
            let zbl = Zbl {
                strength: 14.3996,
                coefficients: [0.1818, 0.5099, 0.2802, 0.02817],
                decays: [3.2, 0.9423, 0.4028, 0.2016],
                exponent: 0.3,
                length: 0.4543 * 0.529,
                envelope,
                species: vec![[1.0, 0.31], [14.0, 1.11]],
            };
            let h = 1e-6;
            for r in [0.3, 0.8, 1.3] {
                let difference = (zbl.evaluate([0, 1], r + h).0 - zbl.evaluate([0, 1], r - h).0) / (2.0 * h);
                let (value, slope) = zbl.evaluate([1, 0], r);
                assert!((slope - difference).abs() < 1e-6 * slope.abs().max(1.0), "{r}: {slope} {difference}");
                assert!(value > 0.0 && slope < 0.0);
            }
            assert_eq!(zbl.evaluate([0, 1], 1.43), (0.0, 0.0));
        }
    }
}
