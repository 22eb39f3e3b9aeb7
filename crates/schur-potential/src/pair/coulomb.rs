//! Charges that act on each other beyond a distance, between all atoms of a molecule.
//!
//! $$ E_{ij} = \frac{k q_i q_j}{r} \, \tfrac12 (1 - \cos \pi u), \qquad u = \frac{r - r_0}{r_1 - r_0} $$
//!
//! with nothing below $r_0$ and the whole from $r_1$ on. It never ends, and is not summed over images.

use std::f64::consts::PI;

use schur_atoms::{Array, Structure};

use crate::PotentialError;

/// What the interaction is called in messages.
const PART: &str = "Coulomb interaction";
/// Columns of a structure that hold charges, the first that is there.
const COLUMNS: [&str; 2] = ["partial_charges", "initial_charges"];

/// The interaction of charges.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Coulomb {
    /// Below this distance there is none, Å.
    pub onset: f64,
    /// From here on there is all of it, Å.
    pub full: f64,
    /// The constant, eV Å.
    pub strength: f64,
}

impl Coulomb {
    /// The energy of two unit charges, eV, and its derivative, eV/Å.
    pub fn evaluate(&self, r: f64) -> (f64, f64) {
        if r <= self.onset {
            return (0.0, 0.0);
        }
        let plain = self.strength / r;
        if r >= self.full {
            return (plain, -plain / r);
        }
        let wave = PI / (self.full - self.onset);
        let (sin, cos) = (wave * (r - self.onset)).sin_cos();
        let switch = 0.5 * (1.0 - cos);
        (plain * switch, plain * (0.5 * wave * sin - switch / r))
    }
}

/// The charges that a structure brings, in elementary charges.
///
/// # Errors
/// [`PotentialError::Unsuited`] if it brings none, or repeats along a direction.
pub(crate) fn charges(structure: &Structure, out: &mut Vec<f64>) -> Result<(), PotentialError> {
    if structure.pbc != [false; 3] {
        let problem = "is defined for structures that repeat along no direction".to_owned();
        return Err(PotentialError::Unsuited { part: PART, problem });
    }
    out.clear();
    match COLUMNS.iter().find_map(|name| structure.arrays.get(*name)) {
        Some(Array::Reals { columns: 1, values }) => out.extend(values),
        Some(Array::Integers { columns: 1, values }) => out.extend(values.iter().map(|&charge| charge as f64)),
        _ => {}
    }
    if out.len() == structure.len() && out.iter().all(|charge| charge.is_finite()) {
        return Ok(());
    }
    let problem = format!("needs the charge of every atom: a column of numbers {}", COLUMNS.join(" or "));
    Err(PotentialError::Unsuited { part: PART, problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_derivative_is_one_and_the_ends_meet() {
        let coulomb = Coulomb { onset: 1.0, full: 3.0, strength: 14.4 };
        let h = 1e-6;
        for r in [0.5, 1.0, 1.5, 2.9, 3.0, 7.0] {
            let difference = (coulomb.evaluate(r + h).0 - coulomb.evaluate(r - h).0) / (2.0 * h);
            assert!((coulomb.evaluate(r).1 - difference).abs() < 1e-5, "{r}");
        }
        assert_eq!(coulomb.evaluate(0.9), (0.0, 0.0));
        assert!((coulomb.evaluate(7.2).0 - 2.0).abs() < 1e-15);
    }
}
