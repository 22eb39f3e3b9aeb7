//! A crystal written down with a larger cell is the same crystal.

use super::samples::{Samples, repeated};
use super::{Finding, Subject, largest};
use crate::{Evaluation, Potential, PotentialError, Request};

/// Cells along each vector.
const COUNTS: [[usize; 3]; 2] = [[2, 1, 1], [2, 2, 2]];
const REASON: &str = "rounding of coordinates in f64; grows with the largest force above 1 eV/Å";

pub(super) fn measure(
    subject: &Subject,
    samples: &Samples,
    potential: &mut dyn Potential,
) -> Result<Vec<Finding>, PotentialError> {
    let mut energy = Finding::new("supercell", "energy of an atom", "eV", REASON);
    let mut force = Finding::new("supercell", "force", "eV/Å", REASON);
    let mut evaluate = |structure: &schur_atoms::Structure| {
        let mut out = Evaluation::default();
        potential.evaluate(structure, Request::FORCES, &mut out)?;
        Ok::<Evaluation, PotentialError>(out)
    };
    let one = evaluate(&samples.crystal)?;
    let scale = largest(one.forces.as_flattened().iter().copied()).max(1.0);
    let per_atom = |total: f64, atoms: usize| subject.sum(total, atoms) / atoms as f64;
    for counts in COUNTS {
        let (large, copied) = repeated(&samples.crystal, counts);
        let found = evaluate(&large)?;
        let place = format!("{} cells of {} atoms", counts.iter().product::<usize>(), samples.crystal.len());
        let changed = per_atom(found.energy, large.len()) - per_atom(one.energy, samples.crystal.len());
        energy.meet(changed.abs(), 1e-10 * scale + 1e-14 * one.energy.abs(), &place);
        let grown = subject.divisor(large.len()) / subject.divisor(samples.crystal.len());
        let forces = copied
            .iter()
            .zip(&found.forces)
            .flat_map(|(&k, f)| (0..3).map(|a| grown * f[a] - one.forces[k][a]).collect::<Vec<_>>());
        force.meet(largest(forces), 1e-9 * scale, &place);
    }
    let mut findings = vec![energy, force];
    if subject.constant != 0.0 {
        let told = Finding::new("supercell", "energy of the whole", "eV", "a mean that every structure has once");
        findings.push(told.told(subject.constant, "taken off before"));
    }
    Ok(findings)
}
