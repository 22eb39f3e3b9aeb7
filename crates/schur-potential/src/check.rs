//! What must hold for any potential, measured: symmetry, derivatives, smoothness, size, repeatability, precision.
//!
//! A model file may be damaged, badly trained or converted wrongly and still answer. [`run`] lets a potential answer
//! small structures that are made for it, of elements that it knows and with neighbours within its cut-off, and returns
//! a [`Finding`] for every property: the largest deviation, the tolerance and its reason. Stored answers are not needed,
//! and what a model has learned is not judged.

mod cutoff;
mod finding;
mod gradient;
mod repetition;
mod samples;
mod size;
mod symmetry;

pub use finding::Finding;

use crate::pair::PairPrior;
use crate::{Architecture, Model, ModelError, Potential, PotentialError, Precision};
use samples::Samples;

/// How a potential is to be built for a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// Arithmetic of the network.
    pub precision: Precision,
    /// Whether radial functions are evaluated for every pair instead of being tabulated.
    pub exact_radial: bool,
    /// Whether it is to run on several threads, and not on one.
    pub several_threads: bool,
}

impl Way {
    /// Double precision on one thread.
    const fn double(exact_radial: bool) -> Self {
        Self { precision: Precision::F64, exact_radial, several_threads: false }
    }

    /// What commands use unless told otherwise, on one thread.
    const SINGLE: Self = Self { precision: Precision::F32, exact_radial: false, several_threads: false };
}

/// Builds the potential under test in the ways that checks ask for.
pub type Make<'a> = dyn FnMut(Way) -> Result<Box<dyn Potential + Send>, ModelError> + 'a;

/// What the checks need to know of a potential.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// Atomic numbers that it knows.
    pub elements: Vec<u8>,
    /// From which distance on atoms do not see each other, Å.
    pub cutoff: f64,
    /// Shorter distances at which a derivative of the energy may jump, Å.
    pub borders: Vec<f64>,
    /// Whether mirror images must have the same energy; if not, the difference is reported only.
    pub parity: bool,
    /// Energy that belongs to a structure as a whole, whatever its size, eV.
    pub constant: f64,
    /// Whether the energy is a sum over atoms divided by one more than their number.
    pub intensive: bool,
}

impl Subject {
    /// What a model says of itself.
    pub fn of(model: &Model) -> Self {
        let architecture = &model.architecture;
        let mut borders: Vec<f64> = architecture.cutoff_function().kink().into_iter().collect();
        let (mut constant, mut intensive) = (0.0, false);
        let parity = match architecture {
            Architecture::Nequip(_) => false,
            Architecture::Tensornet(it) => {
                borders.extend((it.inner_cutoff > 0.0).then_some(it.inner_cutoff));
                constant = model.weights.get("mean").and_then(|mean| mean.to_f64().first().copied()).unwrap_or(0.0);
                intensive = it.mean_of_atoms;
                it.symmetry == crate::MatrixSymmetry::O3
            }
            Architecture::Mace(it) => it.parity,
            Architecture::Chgnet(it) => {
                borders.push(it.angle_cutoff);
                true
            }
        };
        let elements = architecture.species().to_vec();
        let mut cutoff = architecture.cutoff();
        if let Architecture::Tensornet(it) = architecture {
            let ends: Vec<f64> = it.priors.iter().filter_map(PairPrior::cutoff).chain([cutoff]).collect();
            cutoff = ends.iter().copied().fold(cutoff, f64::max);
            borders.extend(ends.into_iter().filter(|&end| end < cutoff));
        }
        Self { elements, cutoff, borders, parity, constant, intensive }
    }

    /// By what the sum over so many atoms is divided.
    pub(crate) fn divisor(&self, atoms: usize) -> f64 {
        if self.intensive { (atoms + 1) as f64 } else { 1.0 }
    }

    /// The sum over atoms that an energy was made of.
    pub(crate) fn sum(&self, energy: f64, atoms: usize) -> f64 {
        (energy - self.constant) * self.divisor(atoms)
    }

    /// The energy of structures that do not see each other, taken as one; each with its energy and number of atoms.
    fn together(&self, [(a, n), (b, m)]: [(f64, usize); 2]) -> f64 {
        (self.sum(a, n) + self.sum(b, m)) / self.divisor(n + m) + self.constant
    }
}

/// Measures everything that must hold, in the order of reading.
///
/// The structures depend on the subject and on `uniform` alone, which returns numbers from 0 to below 1. A structure
/// that the potential refuses to answer is a finding that failed, not an error.
///
/// # Errors
/// [`ModelError`] if the potential cannot be built.
///
/// # Cost
/// Some four hundred evaluations of four to six atoms, most of them for the finite differences.
pub fn run(
    subject: &Subject,
    make: &mut Make<'_>,
    uniform: &mut dyn FnMut() -> f64,
) -> Result<Vec<Finding>, ModelError> {
    let samples = Samples::draw(subject, uniform);
    let mut findings = Vec::new();
    let mut keep = |name: &'static str, found: Result<Vec<Finding>, PotentialError>| match found {
        Ok(found) => findings.extend(found),
        Err(error) => findings.push(Finding::refused(name, &error)),
    };
    let mut tabulated = make(Way::double(false))?;
    keep("symmetry", symmetry::measure(subject, &samples, tabulated.as_mut(), uniform));
    let mut exact = make(Way::double(true))?;
    keep("derivatives", gradient::measure(gradient::EXACT, &samples, exact.as_mut()));
    keep("derivatives", gradient::measure(gradient::TABLES, &samples, tabulated.as_mut()));
    keep("cut-off", cutoff::measure(subject, &samples, exact.as_mut()));
    keep("size", size::measure(subject, &samples, tabulated.as_mut()));
    for (precision, check) in [(Precision::F64, "repetition, f64"), (Precision::F32, "repetition, f32")] {
        let of_threads = |several_threads| Way { precision, exact_radial: false, several_threads };
        let mut pair = [make(of_threads(false))?, make(of_threads(true))?];
        keep("repetition", repetition::threads(check, &samples, &mut pair));
    }
    keep("precision", repetition::tables(&samples, tabulated.as_mut(), exact.as_mut()));
    let mut single = make(Way::SINGLE)?;
    keep("precision", repetition::single(&samples, single.as_mut(), exact.as_mut()));
    Ok(findings)
}

/// The largest magnitude in an array, zero if it is empty; not a number as soon as one of them is.
fn largest(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(0.0, |most, x| if x.is_nan() || most.is_nan() { f64::NAN } else { most.max(x.abs()) })
}
