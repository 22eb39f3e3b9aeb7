//! What is added to a network between pairs of atoms, as models describe it and as a potential.

use schur_atoms::Structure;
use schur_atoms::neighbours::SkinList;
use serde::{Deserialize, Serialize};

use super::coulomb::{Coulomb, charges};
use super::d2::Dispersion;
use super::sum::{add_half, add_row, clear};
use super::zbl::Zbl;
use crate::graph::SpeciesMap;
use crate::limits::{require, require_cutoff};
use crate::{CutoffFunction, Evaluation, ModelError, Potential, PotentialError, Request};

/// What acts between pairs of atoms besides a network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum PairPrior {
    /// The repulsion of nuclei after Ziegler, Biersack and Littmark, switched off by a cosine.
    Zbl {
        /// Where it ends, Å.
        cutoff: f64,
        /// The length by which distances are divided, Å, for charges whose powers sum to one.
        length: f64,
        /// Coulomb's constant, eV Å.
        strength: f64,
    },
    /// Charges that structures bring, which act from some distance on and never end.
    Coulomb {
        /// Below this distance they do not, Å.
        onset: f64,
        /// From here on they do fully, Å.
        full: f64,
        /// Coulomb's constant, eV Å.
        strength: f64,
    },
    /// Grimme's dispersion of 2006, cut off sharply.
    D2 {
        /// Where it ends, Å.
        cutoff: f64,
        /// Coefficient of each species, eV Å^6.
        coefficients: Vec<f64>,
        /// Radius of each species, Å.
        radii: Vec<f64>,
    },
}

/// Factors and decays of the screening function, and the power of charges, as torchmd-net has them.
const COEFFICIENTS: [f64; 4] = [0.1818, 0.5099, 0.2802, 0.02817];
const DECAYS: [f64; 4] = [3.2, 0.9423, 0.4029, 0.2016];
const EXPONENT: f64 = 0.23;
/// Skin of the neighbour lists as a share of the cut-off.
const SKIN_SHARE: f64 = 0.1;

impl PairPrior {
    /// Where it ends, Å, if it does.
    pub const fn cutoff(&self) -> Option<f64> {
        match *self {
            Self::Zbl { cutoff, .. } | Self::D2 { cutoff, .. } => Some(cutoff),
            Self::Coulomb { .. } => None,
        }
    }

    /// Checks its numbers for a model of so many species.
    ///
    /// # Errors
    /// [`ModelError::Architecture`] naming what does not fit.
    pub(crate) fn validate(&self, species: usize) -> Result<(), ModelError> {
        self.cutoff().map_or(Ok(()), require_cutoff)?;
        let is_positive = |x: &f64| x.is_finite() && *x > 0.0;
        let sound = match self {
            Self::Zbl { length, strength, .. } => is_positive(length) && is_positive(strength),
            Self::Coulomb { onset, full, strength } => {
                *onset >= 0.0 && onset < full && full.is_finite() && is_positive(strength)
            }
            Self::D2 { coefficients, radii, .. } => {
                let complete = coefficients.len() == species && radii.len() == species;
                complete && coefficients.iter().chain(radii).all(is_positive)
            }
        };
        require(sound, "lengths and strengths between pairs of atoms are positive, and each species has its own", self)
    }
}

/// A prior, ready to evaluate.
#[derive(Debug)]
enum Prepared {
    Zbl(Zbl, SkinList),
    Coulomb(Coulomb),
    D2(Dispersion, SkinList),
}

impl Prepared {
    fn new(prior: &PairPrior, species: &[u8]) -> Result<Self, ModelError> {
        let list = |cutoff: f64| {
            SkinList::new(cutoff, SKIN_SHARE * cutoff).map_err(|error| ModelError::Architecture {
                what: "neighbours within the cut-off of pairs can be listed",
                found: error.to_string(),
            })
        };
        Ok(match prior {
            &PairPrior::Zbl { cutoff, length, strength } => {
                let zbl = Zbl {
                    strength,
                    coefficients: COEFFICIENTS,
                    decays: DECAYS,
                    exponent: EXPONENT,
                    length,
                    envelope: CutoffFunction::Cosine,
                    species: species.iter().map(|&z| [f64::from(z), 0.5 * cutoff]).collect(),
                };
                Self::Zbl(zbl, list(cutoff)?)
            }
            &PairPrior::Coulomb { onset, full, strength } => Self::Coulomb(Coulomb { onset, full, strength }),
            PairPrior::D2 { cutoff, coefficients, radii } => {
                let species = coefficients.iter().zip(radii).map(|(&c, &r)| [c, r]).collect();
                Self::D2(Dispersion { species }, list(*cutoff)?)
            }
        })
    }
}

/// The priors of a model as a potential of their own.
pub(crate) struct PairPriors {
    priors: Vec<Prepared>,
    map: SpeciesMap,
    species: Vec<u8>,
    charges: Vec<f64>,
}

impl PairPriors {
    /// Makes the priors of a model of these species.
    ///
    /// # Errors
    /// [`ModelError::Architecture`] if there is no neighbour list for one.
    pub fn new(priors: &[PairPrior], species: &[u8]) -> Result<Self, ModelError> {
        let priors = priors.iter().map(|prior| Prepared::new(prior, species)).collect::<Result<_, _>>()?;
        Ok(Self { priors, map: SpeciesMap::new(species), species: Vec::new(), charges: Vec::new() })
    }
}

impl Potential for PairPriors {
    fn evaluate(
        &mut self,
        structure: &Structure,
        request: Request,
        out: &mut Evaluation,
    ) -> Result<(), PotentialError> {
        clear(out, structure.len(), request);
        self.map.fill_all(structure, &mut self.species)?;
        let species = &self.species;
        let pair = |atoms: [usize; 2]| atoms.map(|atom| species[atom]);
        for prior in &mut self.priors {
            match prior {
                Prepared::Zbl(zbl, list) => {
                    list.update(structure)?;
                    // Each atom's half of a pair is what the function returns.
                    let whole = |atoms, r| {
                        let (energy, slope) = zbl.evaluate(pair(atoms), r);
                        Ok((2.0 * energy, 2.0 * slope))
                    };
                    (0..structure.len()).try_for_each(|i| add_row(list, structure, i, request, out, whole))?;
                }
                Prepared::D2(dispersion, list) => {
                    list.update(structure)?;
                    let whole = |atoms, r| Ok(dispersion.evaluate(pair(atoms), r));
                    (0..structure.len()).try_for_each(|i| add_row(list, structure, i, request, out, whole))?;
                }
                Prepared::Coulomb(coulomb) => {
                    charges(structure, &mut self.charges)?;
                    add_charges(coulomb, structure, &self.charges, request, out);
                }
            }
        }
        out.energy = out.energies.iter().sum();
        Ok(())
    }
}

/// Adds the interaction of all pairs of charges.
fn add_charges(coulomb: &Coulomb, structure: &Structure, charges: &[f64], request: Request, out: &mut Evaluation) {
    for (i, (from, charge)) in structure.positions.iter().zip(charges).enumerate() {
        for (j, (to, other)) in structure.positions.iter().zip(charges).enumerate() {
            if i != j {
                let d: [f64; 3] = std::array::from_fn(|a| to[a] - from[a]);
                let (energy, slope) = coulomb.evaluate(schur_atoms::neighbours::distance(d));
                add_half(i, d, (charge * other * energy, charge * other * slope), request, out);
            }
        }
    }
}
