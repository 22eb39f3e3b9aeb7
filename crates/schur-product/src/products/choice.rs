//! Which form of a product to hold: the cheapest one by count that does what is asked for, with the reasons.

use std::fmt;

use rand::Rng;

use super::{PRODUCT_NAMES, Product, Task, expressivity, interactability, named_product};
use crate::ProductError;

/// What a product must do to be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Requirement {
    /// Reach every map that the symmetry allows: each path with a weight of its own.
    #[default]
    AllMaps,
    /// Let every triple of irreps that may meet do so, whatever the weights.
    AllInteractions,
    /// Be equivariant to rounding.
    Equivariant,
}

/// One form that was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The name it is listed under.
    pub name: &'static str,
    /// What became of it.
    pub verdict: Verdict,
}

/// What became of a form.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It does what is asked for, with this many operations a channel.
    Fits {
        /// Multiplications and additions of one channel.
        flops: usize,
    },
    /// It does less than what is asked for.
    Lacks {
        /// Maps or triples that it reaches.
        found: usize,
        /// Maps or triples that there are.
        expected: usize,
    },
    /// It is an approximation.
    Approximate {
        /// Proved bound of its defect.
        bound: f64,
    },
    /// It cannot serve the task.
    Refused(ProductError),
}

/// A product that was chosen, and what it was chosen from.
///
/// `Display` tells the reasons, one form a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The cheapest that fits.
    pub product: Product,
    /// All forms, in the order of [`PRODUCT_NAMES`].
    pub candidates: Vec<Candidate>,
}

/// Chooses the form with the fewest operations of those that meet a requirement.
///
/// Operations are counted, not timed, so the choice is the same on every machine. Small forms of equal count differ in
/// how well they fill registers; `schur products` measures that.
///
/// # Errors
/// [`ProductError::NothingFits`] if no form meets the requirement. A form that cannot serve the task is no error, but
/// [`Verdict::Refused`] with the reason.
///
/// # Cost
/// Makes every product of the task: seconds at degree 8, mostly the fit of the CP form.
///
/// # Examples
/// ```
/// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
/// use schur_product::products::{Mode, Requirement, Task, choose};
/// let mut rng = ChaCha8Rng::seed_from_u64(0);
/// let task = Task::new(2, Mode::Mimo);
/// let choice = choose(&task, Requirement::AllMaps, &mut rng)?;
/// assert_eq!(choice.product.name(), "cg");
/// assert!(choice.to_string().contains("gaunt-grid: reaches 7 of 15"));
/// # Ok::<(), schur_product::ProductError>(())
/// ```
pub fn choose<R: Rng>(task: &Task, requirement: Requirement, rng: &mut R) -> Result<Choice, ProductError> {
    let mut best: Option<(usize, Product)> = None;
    let mut candidates = Vec::new();
    for name in PRODUCT_NAMES {
        let verdict = match named_product(name, task, rng) {
            Err(reason) => Verdict::Refused(reason),
            Ok(product) => {
                let verdict = judge(&product, requirement)?;
                if let Verdict::Fits { flops } = verdict
                    && best.as_ref().is_none_or(|(least, _)| flops < *least)
                {
                    best = Some((flops, product));
                }
                verdict
            }
        };
        candidates.push(Candidate { name, verdict });
    }
    match best {
        Some((_, product)) => Ok(Choice { product, candidates }),
        None => Err(ProductError::NothingFits { arguments: task.arguments(), output: task.output() }),
    }
}

fn judge(product: &Product, requirement: Requirement) -> Result<Verdict, ProductError> {
    let bound = product.defect_bound();
    if bound > 0.0 {
        return Ok(Verdict::Approximate { bound });
    }
    let (found, expected) = match requirement {
        Requirement::AllMaps => {
            let counted = expressivity(product)?;
            (counted.reachable, counted.allowed)
        }
        Requirement::AllInteractions => {
            let counted = interactability(product)?;
            (counted.present(), counted.allowed())
        }
        Requirement::Equivariant => (0, 0),
    };
    Ok(if found < expected { Verdict::Lacks { found, expected } } else { Verdict::Fits { flops: product.flops() } })
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flops = self.product.flops();
        write!(f, "{}: the fewest operations of the forms that fit, {flops} a channel", self.product.name())?;
        for Candidate { name, verdict } in &self.candidates {
            match verdict {
                Verdict::Fits { flops } => write!(f, "\n{name}: fits, {flops} operations a channel")?,
                Verdict::Lacks { found, expected } => write!(f, "\n{name}: reaches {found} of {expected}")?,
                Verdict::Approximate { bound } => write!(f, "\n{name}: approximate, defect up to {bound:.1e}")?,
                Verdict::Refused(reason) => write!(f, "\n{reason}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

    use super::*;
    use crate::products::Mode;

    #[test]
    fn without_demands_on_weights_degree_five_takes_another_form_than_degree_one() {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let name = |l_max, rng: &mut ChaCha8Rng| {
            let task = Task::new(l_max, Mode::Mimo);
            choose(&task, Requirement::Equivariant, rng).unwrap().product.name()
        };
        let (small, large) = (name(1, &mut rng), name(5, &mut rng));
        assert_ne!(small, large);
        assert!(["gaunt-grid", "matrix"].contains(&large), "{large}");
    }

    #[test]
    fn what_no_form_does_is_an_error() {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let task = Task { weights: false, ..Task::new(2, Mode::Mimo) };
        let error = choose(&task, Requirement::AllMaps, &mut rng).unwrap_err();
        assert!(matches!(error, ProductError::NothingFits { .. }), "{error}");
    }
}
