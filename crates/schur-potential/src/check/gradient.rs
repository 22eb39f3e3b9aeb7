//! Forces and stress against central differences of the energy, and what follows from their being derivatives.

use schur_atoms::Structure;

use super::samples::{IDENTITY, Samples, deformed};
use super::{Finding, largest};
use crate::{Evaluation, Potential, PotentialError, Request};

/// Step of the differences: Å for positions, a bare number for strains.
const STEP: f64 = 1e-4;
/// How far pairs must be from where a derivative jumps, Å: a strain moves a pair by its length times the step.
pub(super) const MARGIN: f64 = 2e-3;
/// Components of the strain in Voigt order.
const VOIGT: [(usize, usize); 6] = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)];

/// A way to evaluate radial functions: what its check is called, the largest deviation of a force in eV/Å, for forces of
/// 1 eV/Å, and why.
pub(super) type Way = (&'static str, f64, &'static str);
pub(super) const EXACT: Way =
    ("derivatives", 2e-6, "differences over 1e-4 Å; grows with the largest force above 1 eV/Å");
pub(super) const TABLES: Way =
    ("derivatives, tables", 1e-5, "as for exact functions, and third derivatives of splines jump at their nodes");

pub(super) fn measure(
    (check, bound, reason): Way,
    samples: &Samples,
    potential: &mut dyn Potential,
) -> Result<Vec<Finding>, PotentialError> {
    let mut force = Finding::new(check, "force", "eV/Å", reason);
    let mut stress = Finding::new(check, "stress", "eV/Å^3", reason);
    let mut sum = Finding::new(check, "sum of all forces", "eV/Å", "rounding: no outer force acts");
    let mut torque = Finding::new(check, "torque on a cluster", "eV", "rounding: no outer force acts");
    let mut out = Evaluation::default();
    for (name, structure) in samples.all() {
        potential.evaluate(structure, Request::FORCES, &mut out)?;
        let found = out.clone();
        let scale = largest(found.forces.as_flattened().iter().copied()).max(1.0);
        // Rounding of the total energy, divided by the step.
        let noise = 1e-15 * found.energy.abs() / STEP;
        let mut slopes = Vec::with_capacity(3 * structure.len());
        for i in 0..3 * structure.len() {
            slopes.push(slope(&mut |h| {
                let mut moved = structure.clone();
                moved.positions.as_flattened_mut()[i] += h;
                energy(potential, &moved)
            })?);
        }
        let deviations = found.forces.as_flattened().iter().zip(&slopes).map(|(force, slope)| force + slope);
        force.meet(largest(deviations), bound * scale + noise, name);
        sum.meet(largest((0..3).map(|a| found.forces.iter().map(|f| f[a]).sum())), 1e-8 * scale, name);
        if structure.pbc == [false; 3] {
            torque.meet(largest(torques(structure, &found)), 1e-8 * scale, name);
        }
        if structure.pbc == [true; 3] {
            let (volume, said) = (structure.cell.volume(), found.stress(structure).unwrap_or([f64::NAN; 6]));
            let mut deviations = Vec::new();
            for (k, (i, j)) in VOIGT.into_iter().enumerate() {
                let slope = slope(&mut |h| {
                    let mut matrix = IDENTITY;
                    matrix[i][j] += 0.5 * h;
                    matrix[j][i] += 0.5 * h;
                    energy(potential, &deformed(structure, &matrix))
                })?;
                deviations.push(said[k] - slope / volume);
            }
            // A strain moves each pair by some two steps.
            stress.meet(largest(deviations), (10.0 * bound * scale + noise) / volume, name);
        }
    }
    Ok(vec![force, stress, sum, torque])
}

fn energy(potential: &mut dyn Potential, structure: &Structure) -> Result<f64, PotentialError> {
    let mut out = Evaluation::default();
    potential.evaluate(structure, Request::ENERGY, &mut out)?;
    Ok(out.energy)
}

/// The derivative at zero by central differences with one Richardson step.
fn slope(f: &mut dyn FnMut(f64) -> Result<f64, PotentialError>) -> Result<f64, PotentialError> {
    let mut central = |h: f64| Ok::<f64, PotentialError>((f(h)? - f(-h)?) / (2.0 * h));
    let (coarse, fine) = (central(STEP)?, central(0.5 * STEP)?);
    Ok((4.0 * fine - coarse) / 3.0)
}

fn torques(structure: &Structure, found: &Evaluation) -> [f64; 3] {
    std::array::from_fn(|axis| {
        let (b, c) = ((axis + 1) % 3, (axis + 2) % 3);
        structure.positions.iter().zip(&found.forces).map(|(x, f)| x[b] * f[c] - x[c] * f[b]).sum()
    })
}
