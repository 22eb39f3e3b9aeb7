//! The Lennard-Jones potential with a smooth end.

use schur_atoms::Structure;
use schur_atoms::neighbours::SkinList;

use super::sum::{add_row, clear};
use crate::{Evaluation, Potential, PotentialError, Request};

/// Where the switching function begins, as a share of the cut-off.
const ONSET_SHARE: f64 = 0.8;
/// Skin of the neighbour list as a share of the cut-off.
const SKIN_SHARE: f64 = 0.1;
/// Atoms closer than this share of sigma overlap: the energy there exceeds 10^12 epsilon.
const OVERLAP_SHARE: f64 = 0.1;

/// The Lennard-Jones potential between all atoms, whatever their element.
///
/// $$ E = \sum_{i<j} w(r_{ij})\, 4\epsilon \left[ (\sigma/r_{ij})^{12} - (\sigma/r_{ij})^{6} \right] $$
///
/// where `w` is one below the onset and falls to zero at the cut-off with zero slope at both ends,
/// $w = (c^2-r^2)^2 (c^2+2r^2-3o^2) / (c^2-o^2)^3$, so that forces are continuous.
///
/// # Units
/// Energies eV, lengths Å.
/// # Source
/// Jones, Proc. R. Soc. A 106, 463 (1924); the switching function of X-PLOR (Brünger, 1992), as ASE's
/// `LennardJones(smooth=True)`.
/// # Examples
/// ```
/// use schur_atoms::{Cell, Structure};
/// use schur_potential::{Evaluation, Potential, Request, pair::LennardJones};
/// let mut argon = LennardJones::new(0.0104, 3.4, 8.5)?;
/// let contact = 3.4 * 2f64.powf(1.0 / 6.0);
/// let pair = Structure::new(vec![18; 2], vec![[0.0; 3], [contact, 0.0, 0.0]], Cell::default(), [false; 3]);
/// let mut out = Evaluation::default();
/// argon.evaluate(&pair, Request::FORCES, &mut out)?;
/// assert!((out.energy + 0.0104).abs() < 1e-15 && out.forces[0][0].abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct LennardJones {
    epsilon: f64,
    sigma: f64,
    onset: f64,
    pairs: SkinList,
}

/// Parameters that make no Lennard-Jones potential.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LennardJonesError {
    /// A length or energy that must be a finite number above zero.
    #[error("Lennard-Jones `{name}` is {value}: it must be a finite number above zero")]
    Parameter {
        /// Which parameter.
        name: &'static str,
        /// The value given.
        value: f64,
    },
    /// An onset outside `0..cutoff`.
    #[error("the switching onset is {onset} Å: it must lie from 0 to below the cut-off, {cutoff} Å")]
    Onset {
        /// The onset given, in Å.
        onset: f64,
        /// The cut-off in Å.
        cutoff: f64,
    },
}

impl LennardJones {
    /// Makes the potential from depth (eV), zero crossing (Å) and cut-off (Å).
    ///
    /// Switching off begins at four fifths of the cut-off; [`LennardJones::with_onset`] changes that.
    ///
    /// # Errors
    /// [`LennardJonesError::Parameter`] unless all three are finite and above zero.
    pub fn new(epsilon: f64, sigma: f64, cutoff: f64) -> Result<Self, LennardJonesError> {
        for (name, value) in [("epsilon", epsilon), ("sigma", sigma), ("cutoff", cutoff)] {
            if !(value.is_finite() && value > 0.0) {
                return Err(LennardJonesError::Parameter { name, value });
            }
        }
        let pairs = SkinList::new(cutoff, SKIN_SHARE * cutoff)
            .map_err(|_| LennardJonesError::Parameter { name: "cutoff", value: cutoff })?;
        Ok(Self { epsilon, sigma, onset: ONSET_SHARE * cutoff, pairs })
    }

    /// Begins switching off at `onset` (Å) instead.
    ///
    /// # Errors
    /// [`LennardJonesError::Onset`] unless `0 <= onset < cutoff`.
    pub fn with_onset(mut self, onset: f64) -> Result<Self, LennardJonesError> {
        let cutoff = self.pairs.cutoff();
        if !(onset >= 0.0 && onset < cutoff) {
            return Err(LennardJonesError::Onset { onset, cutoff });
        }
        self.onset = onset;
        Ok(self)
    }

    /// The energy (eV) of a pair at distance `r` (Å) and its derivative (eV/Å).
    pub fn pair_energy(&self, r: f64) -> (f64, f64) {
        let cutoff = self.pairs.cutoff();
        if r >= cutoff {
            return (0.0, 0.0);
        }
        let sixth = (self.sigma / r).powi(6);
        let energy = 4.0 * self.epsilon * sixth * (sixth - 1.0);
        let slope = -24.0 * self.epsilon * sixth * (2.0 * sixth - 1.0) / r;
        if r <= self.onset {
            return (energy, slope);
        }
        let (c2, o2, r2) = (cutoff * cutoff, self.onset * self.onset, r * r);
        let width = (c2 - o2).powi(3);
        let switch = (c2 - r2).powi(2) * (c2 + 2.0 * r2 - 3.0 * o2) / width;
        let switch_slope = 12.0 * r * (c2 - r2) * (o2 - r2) / width;
        (switch * energy, switch * slope + switch_slope * energy)
    }
}

impl Potential for LennardJones {
    fn evaluate(
        &mut self,
        structure: &Structure,
        request: Request,
        out: &mut Evaluation,
    ) -> Result<(), PotentialError> {
        self.pairs.update(structure)?;
        clear(out, structure.len(), request);
        for i in 0..structure.len() {
            add_row(&self.pairs, structure, i, request, out, |atoms, r| self.checked(atoms, r))?;
        }
        out.energy = out.energies.iter().sum();
        Ok(())
    }
}

impl LennardJones {
    /// The energy of a pair that does not overlap, and its derivative.
    fn checked(&self, [first, second]: [usize; 2], r: f64) -> Result<(f64, f64), PotentialError> {
        let limit = OVERLAP_SHARE * self.sigma;
        if r < limit {
            return Err(PotentialError::Overlap { first, second, distance: r, limit });
        }
        Ok(self.pair_energy(r))
    }
}
