//! Pairs and atoms that cross the cut-off: nothing may jump, and beyond it nothing may be felt.

use schur_atoms::neighbours::{NeighborList, distance};
use schur_atoms::{Cell, Structure, symbol};

use super::samples::{IDENTITY, Samples, deformed};
use super::{Finding, Subject, largest};
use crate::{Evaluation, Potential, PotentialError, Request};

/// How far to either side of the cut-off is looked, Å.
const STEP: f64 = 1e-8;
/// Where the slope just inside is told, Å from the cut-off.
const INSIDE: f64 = 0.01;
/// A direction off the axes, so that every harmonic takes part.
const DIRECTION: [f64; 3] = [2.0 / 7.0, -3.0 / 7.0, 6.0 / 7.0];
/// Jumps allowed: eV, and eV/Å for a force.
const ALLOWED: [f64; 2] = [1e-9, 2e-5];
const REASONS: [&str; 2] = [
    "rounding of energies in f64; grows with the largest force above 1 eV/Å",
    "curvatures up to 1000 eV/Å² times the step of 2e-8 Å",
];

/// Jumps of energy and force.
struct Jumps([Finding; 2]);

impl Jumps {
    fn new(check: &'static str) -> Self {
        let of = |quantity, unit, reason| Finding::new(check, quantity, unit, reason);
        Self([of("jump of the energy", "eV", REASONS[0]), of("jump of a force", "eV/Å", REASONS[1])])
    }

    /// Looks at both sides of the cut-off, `structure(r)` having a pair at the distance `r`.
    fn meet(
        &mut self,
        potential: &mut dyn Potential,
        cutoff: f64,
        structure: &dyn Fn(f64) -> Structure,
        place: &str,
    ) -> Result<(), PotentialError> {
        let mut at = |r: f64| evaluate(potential, &structure(r));
        let (before, below, above) = (at(cutoff - 3.0 * STEP)?, at(cutoff - STEP)?, at(cutoff + STEP)?);
        // What changes evenly is no jump: a crystal is stretched as a whole.
        let jump = (above.energy - below.energy) - (below.energy - before.energy);
        let scale = largest(below.forces.as_flattened().iter().copied()).max(1.0);
        let forces = below.forces.as_flattened().iter().zip(above.forces.as_flattened()).map(|(a, b)| a - b);
        let noise = 1e-14 * below.energy.abs();
        self.0[0].meet(jump.abs(), ALLOWED[0] * scale + noise, place);
        self.0[1].meet(largest(forces), ALLOWED[1] * scale, place);
        Ok(())
    }
}

fn evaluate(potential: &mut dyn Potential, structure: &Structure) -> Result<Evaluation, PotentialError> {
    let mut out = Evaluation::default();
    potential.evaluate(structure, Request::FORCES, &mut out)?;
    Ok(out)
}

fn open(numbers: Vec<u8>, positions: Vec<[f64; 3]>) -> Structure {
    Structure::new(numbers, positions, Cell::default(), [false; 3])
}

fn dimer(numbers: [u8; 2], r: f64) -> Structure {
    open(numbers.to_vec(), vec![[0.0; 3], DIRECTION.map(|x| r * x)])
}

/// The cluster with one more atom, whose distance from the outermost one is `r` and from the others larger.
fn approached(cluster: &Structure, number: u8, r: f64) -> Structure {
    let along = |x: &[f64; 3]| -> f64 { (0..3).map(|a| x[a] * DIRECTION[a]).sum() };
    let outermost = cluster.positions.iter().copied().max_by(|a, b| along(a).total_cmp(&along(b)));
    let mut structure = cluster.clone();
    structure.numbers.push(number);
    structure.positions.extend(outermost.map(|x| std::array::from_fn(|a| x[a] + r * DIRECTION[a])));
    structure
}

/// The length of the crystal's pair that is nearest to the cut-off, Å.
///
/// Of two atoms: those of an atom and its image cancel in its force.
fn nearest_pair(crystal: &Structure, cutoff: f64) -> Option<f64> {
    let list = NeighborList::build(crystal, 1.5 * cutoff).ok()?;
    let rows = (0..crystal.len()).flat_map(|i| list.row(i).map(move |e| (i, e)));
    let rows = rows.filter(|&(i, e)| list.neighbors()[e] as usize != i);
    let lengths = rows.map(|(i, e)| distance(list.vector(&crystal.positions, &crystal.cell, i, e)));
    lengths.min_by(|a, b| (a - cutoff).abs().total_cmp(&(b - cutoff).abs()))
}

pub(super) fn measure(
    subject: &Subject,
    samples: &Samples,
    potential: &mut dyn Potential,
) -> Result<Vec<Finding>, PotentialError> {
    let cutoff = subject.cutoff;
    let (mut pairs, mut entering, mut dense) =
        (Jumps::new("pair at the cut-off"), Jumps::new("atom entering a cluster"), Jumps::new("pair in a crystal"));
    let mut felt = Finding::new(
        "beyond the cut-off",
        "energy",
        "eV",
        "rounding of the sum: atoms that see nobody have their own energies",
    );
    let mut slope = Finding::new("pair at the cut-off", "force 0.01 Å inside", "eV/Å", "how steep the end is")
        .told(0.0, "no pair has any");
    let Some(&partner) = samples.elements.first() else { return Ok(Vec::new()) };
    let alone = evaluate(potential, &open(vec![partner], vec![[0.0; 3]]))?.energy;
    for &number in &subject.elements {
        let place = [number, partner].map(|z| symbol(z).unwrap_or("?")).join("-");
        pairs.meet(potential, cutoff, &|r| dimer([number, partner], r), &place)?;
        let inside = evaluate(potential, &dimer([number, partner], cutoff - INSIDE))?;
        let force = largest(inside.forces.as_flattened().iter().copied());
        if force > slope.measured || force.is_nan() {
            slope = slope.told(force, &place);
        }
        let single = evaluate(potential, &open(vec![number], vec![[0.0; 3]]))?.energy;
        let apart = evaluate(potential, &dimer([number, partner], cutoff + INSIDE))?.energy;
        let expected = subject.together([(single, 1), (alone, 1)]);
        felt.meet((apart - expected).abs(), 1e-10 + 1e-14 * expected.abs(), &place);
    }
    let bare = evaluate(potential, &samples.cluster)?.energy;
    for &number in &samples.elements {
        let place = format!("{} at a cluster", symbol(number).unwrap_or("?"));
        entering.meet(potential, cutoff, &|r| approached(&samples.cluster, number, r), &place)?;
        let single = evaluate(potential, &open(vec![number], vec![[0.0; 3]]))?.energy;
        let apart = evaluate(potential, &approached(&samples.cluster, number, cutoff + INSIDE))?.energy;
        let expected = subject.together([(bare, samples.cluster.len()), (single, 1)]);
        felt.meet((apart - expected).abs(), 1e-10 + 1e-14 * expected.abs(), &place);
    }
    if let Some(length) = nearest_pair(&samples.crystal, cutoff) {
        let stretched = |r: f64| deformed(&samples.crystal, &IDENTITY.map(|row| row.map(|x| x * r / length)));
        dense.meet(potential, cutoff, &stretched, "crystal, stretched")?;
    }
    let mut findings = pairs.0.to_vec();
    findings.push(slope);
    findings.extend(entering.0);
    findings.extend(dense.0);
    findings.push(felt);
    Ok(findings)
}
