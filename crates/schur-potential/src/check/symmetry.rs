//! Turning, moving, renumbering and mirroring everything.

use schur_atoms::Structure;

use super::samples::{IDENTITY, Matrix3, Samples, deformed, rotation, through};
use super::{Finding, Subject, largest};
use crate::{Evaluation, Potential, PotentialError, Request};

/// Rotations for each structure.
const ROTATIONS: usize = 3;
/// How far everything is moved, Å.
const MOVES: [[f64; 3]; 2] = [[0.31, -1.27, 0.83], [100.0, 0.0, -50.0]];
/// What rounding of coordinates may do to energies (eV, for forces of 1 eV/Å), to forces and to virials.
const ROUNDING: [f64; 3] = [1e-10, 1e-9, 1e-8];
const REASON: &str = "rounding of coordinates in f64; grows with the largest force above 1 eV/Å";

/// Energy, forces and virial of structures that must agree.
struct Comparison([Finding; 3]);

impl Comparison {
    fn new(check: &'static str) -> Self {
        Self([
            Finding::new(check, "energy of an atom", "eV", REASON),
            Finding::new(check, "force", "eV/Å", REASON),
            Finding::new(check, "virial", "eV", REASON),
        ])
    }

    /// Compares `moved` with the original, whose atoms and axes `map` and `matrix` (for rows) have carried over.
    fn meet(&mut self, original: &Evaluation, moved: &Evaluation, map: &[usize], matrix: &Matrix3, place: &str) {
        let scale = largest(original.forces.as_flattened().iter().copied()).max(1.0);
        let size = largest(original.energies.iter().copied());
        let energies = map.iter().zip(&moved.energies).map(|(&k, e)| e - original.energies[k]);
        let forces = map.iter().zip(&moved.forces).flat_map(|(&k, f)| {
            let expected = through(original.forces[k], matrix);
            (0..3).map(move |a| f[a] - expected[a])
        });
        let half = original.virial.map(|row| through(row, matrix));
        let transposed = std::array::from_fn(|i| std::array::from_fn(|j| half[j][i]));
        // (W M)^T M is the transpose of M^T W M.
        let turned = Matrix3::map(transposed, |row| through(row, matrix));
        let virials = (0..9).map(|k| moved.virial[k / 3][k % 3] - turned[k % 3][k / 3]);
        let [energy, force, virial] = &mut self.0;
        energy.meet(largest(energies), ROUNDING[0] * scale + 1e-14 * size, place);
        force.meet(largest(forces), ROUNDING[1] * scale, place);
        virial.meet(largest(virials), ROUNDING[2] * scale, place);
    }
}

fn evaluate(potential: &mut dyn Potential, structure: &Structure) -> Result<Evaluation, PotentialError> {
    let mut out = Evaluation::default();
    potential.evaluate(structure, Request::FORCES, &mut out)?;
    Ok(out)
}

pub(super) fn measure(
    subject: &Subject,
    samples: &Samples,
    potential: &mut dyn Potential,
    uniform: &mut dyn FnMut() -> f64,
) -> Result<Vec<Finding>, PotentialError> {
    let [mut turned, mut moved, mut renumbered, mut mirrored] =
        ["rotations", "translations", "renumbering", "mirror images"].map(Comparison::new);
    let mut difference = Finding::new(
        "mirror images",
        "energy of an atom",
        "eV",
        "the model is not built with parity: rotations are its symmetry, mirror images need not be",
    )
    .told(0.0, "crystal");
    for (name, structure) in samples.all() {
        let original = evaluate(potential, structure)?;
        let map: Vec<usize> = (0..structure.len()).collect();
        for _ in 0..ROTATIONS {
            let matrix = rotation(uniform);
            let found = evaluate(potential, &deformed(structure, &matrix))?;
            turned.meet(&original, &found, &map, &matrix, name);
        }
        for shift in MOVES {
            let mut other = structure.clone();
            for (atom, x) in other.positions.iter_mut().enumerate() {
                // Every other atom is put into a neighbouring cell besides.
                let image = structure.pbc.map(|periodic| if periodic && atom % 2 == 1 { 1.0 } else { 0.0 });
                let vector = structure.cell.to_cartesian(image);
                (0..3).for_each(|a| x[a] += shift[a] + vector[a]);
            }
            moved.meet(&original, &evaluate(potential, &other)?, &map, &IDENTITY, name);
        }
        let order: Vec<usize> = map.iter().map(|&k| (k + 2) % map.len()).rev().collect();
        let mut other = structure.clone();
        other.numbers = order.iter().map(|&k| structure.numbers[k]).collect();
        other.positions = order.iter().map(|&k| structure.positions[k]).collect();
        renumbered.meet(&original, &evaluate(potential, &other)?, &order, &IDENTITY, name);
        let inversion = IDENTITY.map(|row| row.map(|x| -x));
        let found = evaluate(potential, &deformed(structure, &inversion))?;
        mirrored.meet(&original, &found, &map, &inversion, name);
        let changed = (found.energy - original.energy).abs() / structure.len() as f64;
        if changed > difference.measured || changed.is_nan() {
            difference = difference.told(changed, name);
        }
    }
    let mut findings = [turned.0, moved.0, renumbered.0].concat();
    if subject.parity {
        findings.extend(mirrored.0)
    } else {
        findings.push(difference)
    }
    Ok(findings)
}
