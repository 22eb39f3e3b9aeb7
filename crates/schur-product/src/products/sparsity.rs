//! Sparse products: which paths of a Clebsch-Gordan product, and which pairs of atoms, take part.
//!
//! A [`PathGate`] turns learned scores into the mask of [`CgOptions::mask`](super::CgOptions::mask) in three phases:
//! first random masks, so that every path is trained; then the paths with the best scores at each step; then the mask of
//! the last of these, unchanged, so that a plan can be made for it once. Masks are the same for every element of the
//! group, so the sparse product is as equivariant as the full one.
//!
//! Source: Luo et al., "Efficient and scalable density functional theory Hamiltonian prediction through adaptive
//! sparsity" (SPHNet), ICML 2025, sections on the sparse gates and the three-phase scheduler.

use rand::Rng;

use crate::ProductError;

const NAME: &str = "sparse";

/// Steps at which the phases end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GateSchedule {
    /// Steps with random masks.
    pub random: u64,
    /// Steps after them whose masks follow the scores.
    pub adaptive: u64,
}

/// What the gate does at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatePhase {
    /// Masks are drawn.
    Random,
    /// Masks follow the scores.
    Adaptive,
    /// The mask stays.
    Fixed,
}

impl GateSchedule {
    /// The phase of a step, counted from zero.
    pub fn phase(&self, step: u64) -> GatePhase {
        if step < self.random {
            GatePhase::Random
        } else if step < self.random.saturating_add(self.adaptive) {
            GatePhase::Adaptive
        } else {
            GatePhase::Fixed
        }
    }
}

/// A gate on paths with its schedule. See the module's documentation.
///
/// # Examples
/// ```
/// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
/// use schur_product::products::{GateSchedule, PathGate};
/// let mut rng = ChaCha8Rng::seed_from_u64(0);
/// let mut gate = PathGate::new(4, 2, GateSchedule { random: 10, adaptive: 10 })?;
/// let drawn = gate.mask(0, &[0.1, 0.4, 0.2, 0.3], &mut rng)?;
/// assert_eq!(drawn.iter().filter(|kept| **kept).count(), 2);
/// assert_eq!(gate.mask(10, &[0.1, 0.4, 0.2, 0.3], &mut rng)?, [false, true, false, true]);
/// assert_eq!(gate.mask(20, &[0.9, 0.4, 0.2, 0.3], &mut rng)?, [false, true, false, true]); // fixed
/// # Ok::<(), schur_product::ProductError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathGate {
    paths: usize,
    keep: usize,
    schedule: GateSchedule,
    fixed: Option<Vec<bool>>,
}

impl PathGate {
    /// Makes a gate that keeps `keep` of `paths` paths.
    ///
    /// # Errors
    /// [`ProductError::Option`] if there are fewer paths than are to be kept, or none is kept.
    pub fn new(paths: usize, keep: usize, schedule: GateSchedule) -> Result<Self, ProductError> {
        check_keep(paths, keep)?;
        Ok(Self { paths, keep, schedule, fixed: None })
    }

    /// The mask for a step, counted from zero; `true` means that the path takes part.
    ///
    /// The fixed phase keeps the last adaptive mask; if there was none, the scores of its first step decide.
    ///
    /// # Errors
    /// [`ProductError::Option`] if there is not one score a path, or a score is not a number.
    pub fn mask<R: Rng>(&mut self, step: u64, scores: &[f64], rng: &mut R) -> Result<Vec<bool>, ProductError> {
        if scores.len() != self.paths {
            let requirement = format!("{}, the number of paths", self.paths);
            return Err(ProductError::Option {
                product: NAME,
                option: "number of scores",
                value: scores.len(),
                requirement,
            });
        }
        match (self.schedule.phase(step), &self.fixed) {
            (GatePhase::Random, _) => Ok(draw(self.paths, self.keep, rng)),
            (GatePhase::Fixed, Some(fixed)) => Ok(fixed.clone()),
            (GatePhase::Adaptive | GatePhase::Fixed, _) => {
                let mask = best_scores(scores, self.keep)?;
                self.fixed = Some(mask.clone());
                Ok(mask)
            }
        }
    }

    /// The last mask that followed scores, which the fixed phase keeps.
    pub fn fixed(&self) -> Option<&[bool]> {
        self.fixed.as_deref()
    }

    /// Continues a training run from the mask that [`fixed`](Self::fixed) gave.
    ///
    /// # Errors
    /// [`ProductError::Option`] if the mask belongs to another number of paths.
    pub fn resume(&mut self, fixed: Vec<bool>) -> Result<(), ProductError> {
        if fixed.len() != self.paths {
            let requirement = format!("{}, the number of paths", self.paths);
            return Err(ProductError::Option { product: NAME, option: "mask length", value: fixed.len(), requirement });
        }
        self.fixed = Some(fixed);
        Ok(())
    }
}

/// Marks the `keep` largest scores; of equal ones the first. Also the gate on pairs of atoms.
///
/// # Errors
/// [`ProductError::Option`] if `keep` is zero or larger than the number of scores, or a score is not a number.
///
/// # Examples
/// ```
/// let mask = schur_product::products::best_scores(&[1.0, 3.0, 3.0, 2.0], 2)?;
/// assert_eq!(mask, [false, true, true, false]);
/// # Ok::<(), schur_product::ProductError>(())
/// ```
pub fn best_scores(scores: &[f64], keep: usize) -> Result<Vec<bool>, ProductError> {
    check_keep(scores.len(), keep)?;
    if let Some(value) = scores.iter().position(|score| score.is_nan()) {
        let requirement = "a place whose score is a number".to_owned();
        return Err(ProductError::Option { product: NAME, option: "score", value, requirement });
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    Ok(mask_of(scores.len(), &order[..keep]))
}

fn check_keep(paths: usize, keep: usize) -> Result<(), ProductError> {
    if (1..=paths).contains(&keep) {
        return Ok(());
    }
    let requirement = format!("in 1..={paths}");
    Err(ProductError::Option { product: NAME, option: "number kept", value: keep, requirement })
}

/// The first `keep` places of a shuffled list (Fisher and Yates).
fn draw<R: Rng>(paths: usize, keep: usize, rng: &mut R) -> Vec<bool> {
    let mut order: Vec<usize> = (0..paths).collect();
    for place in 0..keep {
        // The high half of a 128-bit product; its bias of paths / 2^64 does not matter.
        let offset = (u128::from(rng.next_u64()) * (paths - place) as u128) >> 64;
        order.swap(place, place + offset as usize);
    }
    mask_of(paths, &order[..keep])
}

fn mask_of(len: usize, kept: &[usize]) -> Vec<bool> {
    let mut mask = vec![false; len];
    kept.iter().for_each(|&place| mask[place] = true);
    mask
}
