//! The same question asked in another way: other threads, other arithmetic, tables.

use schur_atoms::Structure;

use super::samples::{Samples, repeated};
use super::{Finding, largest};
use crate::{Evaluation, Potential, PotentialError, Request};

/// What 24 bits leave: eV an atom and eV/Å, for forces of 1 eV/Å.
const SINGLE: [f64; 2] = [5e-5, 5e-4];
/// What splines leave.
const TABLES: [f64; 2] = [1e-5, 2e-4];

/// The samples and a crystal of many atoms, so that several threads have work.
fn structures(samples: &Samples) -> Vec<(&'static str, Structure)> {
    let (large, _) = repeated(&samples.crystal, [2, 2, 2]);
    let mut all: Vec<_> = samples.all().map(|(name, structure)| (name, structure.clone())).into();
    all.push(("supercell", large));
    all
}

/// All numbers of an answer by their bits: `==` would let -0 pass for 0.
fn bits(answer: &Evaluation) -> impl Iterator<Item = u64> + '_ {
    let virials = answer.virials.as_flattened().as_flattened();
    let parts = [&answer.energies, answer.forces.as_flattened(), answer.virial.as_flattened(), virials];
    let parts = parts.into_iter().chain([answer.magnetic_moments.as_slice()]);
    [answer.energy].into_iter().chain(parts.flatten().copied()).map(f64::to_bits)
}

/// One and several threads, and the same question a second time.
pub(super) fn threads(
    check: &'static str,
    samples: &Samples,
    pair: &mut [Box<dyn Potential + Send>; 2],
) -> Result<Vec<Finding>, PotentialError> {
    let reason = "an answer depends neither on threads nor on what was asked before, to the bit";
    let mut finding = Finding::new(check, "numbers that differ", "", reason);
    let all = structures(samples);
    let mut first = Vec::new();
    let mut out = Evaluation::default();
    for (_, structure) in &all {
        pair[0].evaluate(structure, Request::ALL, &mut out)?;
        first.push(out.clone());
    }
    // In reverse, so that every structure follows another one than before.
    for (index, (name, structure)) in all.iter().enumerate().rev() {
        for potential in pair.iter_mut() {
            potential.evaluate(structure, Request::ALL, &mut out)?;
            let differing = bits(&out).zip(bits(&first[index])).filter(|(a, b)| a != b).count();
            finding.meet(differing as f64, 0.0, name);
        }
    }
    Ok(vec![finding])
}

/// Tables of radial functions against the functions.
pub(super) fn tables(
    samples: &Samples,
    tabulated: &mut dyn Potential,
    exact: &mut dyn Potential,
) -> Result<Vec<Finding>, PotentialError> {
    let reason = "what cubic splines leave; grows with the largest force above 1 eV/Å";
    deviations("tables against exact radial functions", reason, TABLES, samples, tabulated, exact)
}

/// What commands use unless told otherwise, against the strictest way.
pub(super) fn single(
    samples: &Samples,
    single: &mut dyn Potential,
    exact: &mut dyn Potential,
) -> Result<Vec<Finding>, PotentialError> {
    let reason = "what 24 bits leave in a network; grows with the largest force above 1 eV/Å";
    deviations("f32 against f64", reason, SINGLE, samples, single, exact)
}

fn deviations(
    check: &'static str,
    reason: &'static str,
    [energy_bound, force_bound]: [f64; 2],
    samples: &Samples,
    potential: &mut dyn Potential,
    exact: &mut dyn Potential,
) -> Result<Vec<Finding>, PotentialError> {
    let mut energy = Finding::new(check, "energy an atom", "eV", reason);
    let mut force = Finding::new(check, "force", "eV/Å", reason);
    let (mut found, mut expected) = (Evaluation::default(), Evaluation::default());
    for (name, structure) in structures(samples) {
        potential.evaluate(&structure, Request::FORCES, &mut found)?;
        exact.evaluate(&structure, Request::FORCES, &mut expected)?;
        let scale = largest(expected.forces.as_flattened().iter().copied()).max(1.0);
        let changed = (found.energy - expected.energy).abs() / structure.len() as f64;
        energy.meet(changed, energy_bound * scale, name);
        let forces = found.forces.as_flattened().iter().zip(expected.forces.as_flattened()).map(|(a, b)| a - b);
        force.meet(largest(forces), force_bound * scale, name);
    }
    Ok(vec![energy, force])
}
