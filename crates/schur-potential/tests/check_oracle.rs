//! Sound potentials pass every check, and each fault is found by the check that is made for it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "models/families.rs"]
mod families;

use std::collections::BTreeSet;

use families::answers::pool;
use families::nequip::Variant;
use families::tensornet::Form;
use schur_atoms::neighbours::{NeighborList, distance};
use schur_atoms::{Structure, StructureError};
use schur_potential::check::{self, Finding, Subject, Way};
use schur_potential::{Evaluation, Model, Potential, PotentialError, PotentialOptions, Precision, Request};
use schur_testkit::Random;

/// Builds a model's potential and lets a fault change its answers.
fn findings(model: &Model, modality: Option<String>, subject: &Subject, fault: Option<Fault>) -> Vec<Finding> {
    let pools = [pool(1), pool(2)];
    let cutoff = subject.cutoff;
    let mut make = |way: Way| -> Result<Box<dyn Potential + Send>, _> {
        let Way { precision, exact_radial, several_threads } = way;
        let options = PotentialOptions { precision, exact_radial, modality: modality.clone() };
        let inner = model.potential(&options, pools[usize::from(several_threads)].clone())?;
        Ok(match fault {
            Some(fault) => Box::new(Faulty { inner, way, fault, cutoff, calls: 0 }),
            None => inner,
        })
    };
    let mut random = Random::new(3);
    check::run(subject, &mut make, &mut || random.uniform()).unwrap()
}

/// The names of checks that failed, and what they compared.
fn failed(findings: &[Finding]) -> BTreeSet<(&'static str, &'static str)> {
    findings.iter().filter(|f| !f.ok).map(|f| (f.check, f.quantity)).collect()
}

fn assert_sound(name: &str, model: &Model, modality: Option<String>) {
    let found = findings(model, modality, &Subject::of(model), None);
    let bad: Vec<&Finding> = found.iter().filter(|f| !f.ok).collect();
    assert!(bad.is_empty(), "{name}: {bad:#?}");
    assert!(found.iter().filter(|f| f.allowed.is_some()).count() >= 29, "{name}: {}", found.len());
    assert!(found.iter().all(|f| f.measured.is_finite() && !f.reason.is_empty()), "{name}");
}

#[test]
fn small_models_of_every_family_pass() {
    for subject in families::small() {
        assert_sound(&subject.name, &subject.model, subject.modality);
    }
}

#[test]
fn trained_models_pass() {
    for subject in families::trained(&[]) {
        assert_sound(&subject.name, &subject.model, None);
    }
}

/// What is wrong with a potential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// A force that is no derivative.
    ForceOfItsOwn,
    /// A stress that is a thousandth too large.
    Stress,
    /// Pairs along z have another energy.
    Direction,
    /// The energy depends on where everything is.
    Place,
    /// The first atom of a list counts for more.
    Numbering,
    /// Every pair has an energy up to the cut-off.
    EnergyStep,
    /// Every pair is pushed with one force up to the cut-off.
    ForceStep,
    /// Pairs feel each other 1 Å beyond the cut-off.
    FarSight,
    /// Every structure has some energy once.
    Whole,
    /// Two threads have another last bit.
    Threads,
    /// What was asked before is felt.
    Memory,
    /// Tables are wrong.
    Tables,
    /// Single precision is too rough.
    Single,
    /// Forces are not numbers.
    NotANumber,
    /// There is no answer.
    Refusal,
}

struct Faulty {
    inner: Box<dyn Potential + Send>,
    way: Way,
    fault: Fault,
    cutoff: f64,
    calls: usize,
}

impl Faulty {
    /// The energy of a pair and its derivative by the vector between its atoms, if this fault is one of pairs.
    fn pair(&self, v: [f64; 3]) -> Option<(f64, [f64; 3])> {
        let (r, rc) = (distance(v), self.cutoff);
        let smooth = |reach: f64| {
            let s = 1.0 - (r / reach).powi(2);
            (s.powi(3), v.map(|x| -6.0 * s * s * x / (reach * reach)))
        };
        match self.fault {
            Fault::Direction if r < rc => {
                let (s, ds) = smooth(rc);
                let mut slope = ds.map(|d| 1e-4 * v[2] * v[2] * d);
                slope[2] += 2e-4 * v[2] * s;
                Some((1e-4 * v[2] * v[2] * s, slope))
            }
            Fault::EnergyStep if r < rc => Some((1e-5, [0.0; 3])),
            Fault::ForceStep if r < rc => Some((1e-3 * (rc - r), v.map(|x| -1e-3 * x / r))),
            Fault::FarSight if r < rc + 1.0 => {
                let (s, ds) = smooth(rc + 1.0);
                Some((1e-4 * s, ds.map(|d| 1e-4 * d)))
            }
            Fault::Direction | Fault::EnergyStep | Fault::ForceStep | Fault::FarSight => Some((0.0, [0.0; 3])),
            _ => None,
        }
    }

    fn add_pairs(&self, structure: &Structure, out: &mut Evaluation) {
        let list = NeighborList::build(structure, self.cutoff + 1.0).unwrap();
        for i in 0..structure.len() {
            for e in list.row(i) {
                let v = list.vector(&structure.positions, &structure.cell, i, e);
                let Some((energy, slope)) = self.pair(v) else { return };
                out.energy += 0.5 * energy;
                out.energies[i] += 0.5 * energy;
                for a in 0..3 {
                    if let Some(force) = out.forces.get_mut(i) {
                        force[a] += slope[a];
                    }
                    (0..3).for_each(|b| out.virial[a][b] -= 0.5 * v[a] * slope[b]);
                }
            }
        }
    }
}

impl Potential for Faulty {
    fn evaluate(
        &mut self,
        structure: &Structure,
        request: Request,
        out: &mut Evaluation,
    ) -> Result<(), PotentialError> {
        self.inner.evaluate(structure, request, out)?;
        self.add_pairs(structure, out);
        self.calls += 1;
        let n = structure.len();
        let add = |out: &mut Evaluation, energy: f64| {
            out.energy += energy;
            out.energies.iter_mut().for_each(|e| *e += energy / n as f64);
        };
        match self.fault {
            Fault::ForceOfItsOwn if request.forces && n > 1 => {
                // No net force and no net torque of the first kind, so that differences alone can tell.
                out.forces[0][1] += 1e-4;
                out.forces[1][1] -= 1e-4;
            }
            Fault::Stress => out.virial.as_flattened_mut().iter_mut().for_each(|x| *x *= 1.001),
            Fault::Place => {
                let x = structure.positions.iter().map(|x| x[0]).sum::<f64>() / n as f64;
                add(out, 1e-4 * x.sin());
            }
            Fault::Numbering => add(out, 1e-5 * f64::from(structure.numbers[0])),
            Fault::Whole => add(out, 0.01),
            Fault::Threads if self.way.several_threads => out.energies[0] = out.energies[0].next_up(),
            Fault::Memory if self.calls > 4 => out.energies[0] = out.energies[0].next_up(),
            Fault::Tables if !self.way.exact_radial => add(out, 1e-2 * n as f64),
            Fault::Single if self.way.precision == Precision::F32 => add(out, 1e-2 * n as f64),
            Fault::NotANumber if request.forces => out.forces[n - 1] = [f64::NAN; 3],
            Fault::Refusal => return Err(PotentialError::Structure(StructureError::Empty)),
            _ => {}
        }
        Ok(())
    }
}

/// The potential that faults are put into, and what fails then.
fn with(fault: Fault) -> BTreeSet<(&'static str, &'static str)> {
    let model = Form::Mirrors.random();
    failed(&findings(&model, None, &Subject::of(&model), Some(fault)))
}

/// Checks that a fault is found by one check, and that no check fails but those named.
fn assert_found(fault: Fault, by: (&'static str, &'static str), others: &[&str]) {
    let failed = with(fault);
    assert!(failed.contains(&by), "{fault:?} is not found by {by:?} but by {failed:?}");
    let strange: Vec<_> = failed.iter().filter(|f| f.0 != by.0 && !others.contains(&f.0)).collect();
    assert!(strange.is_empty(), "{fault:?} also fails {strange:?}");
}

#[test]
fn forces_and_stress_that_are_no_derivatives_are_found() {
    let tables = "derivatives, tables";
    // A pair of forces on two atoms turns with them no more than it is a derivative.
    let turning = ["rotations", "renumbering", "supercell", tables, "mirror images"];
    assert_found(Fault::ForceOfItsOwn, ("derivatives", "force"), &turning);
    assert_found(Fault::Stress, ("derivatives", "stress"), &[tables]);
}

#[test]
fn energies_that_see_directions_places_or_numbers_are_found() {
    let torque = ["derivatives", "derivatives, tables"];
    assert_found(Fault::Direction, ("rotations", "energy of an atom"), &torque);
    let everywhere = [&torque[..], &["rotations", "mirror images", "supercell", "beyond the cut-off"]].concat();
    let moving = [&everywhere[..], &["pair at the cut-off", "atom entering a cluster", "pair in a crystal"]].concat();
    assert_found(Fault::Place, ("translations", "energy of an atom"), &moving);
    assert_found(Fault::Numbering, ("renumbering", "energy of an atom"), &everywhere);
}

#[test]
fn jumps_at_the_cutoff_and_sight_beyond_are_found() {
    let others = ["atom entering a cluster", "pair in a crystal"];
    assert_found(Fault::EnergyStep, ("pair at the cut-off", "jump of the energy"), &others);
    assert_found(Fault::ForceStep, ("pair at the cut-off", "jump of a force"), &others);
    for name in others {
        assert!(with(Fault::EnergyStep).contains(&(name, "jump of the energy")), "{name}");
        assert!(with(Fault::ForceStep).contains(&(name, "jump of a force")), "{name}");
    }
    assert_found(Fault::FarSight, ("beyond the cut-off", "energy"), &[]);
}

#[test]
fn energies_that_do_not_grow_with_the_crystal_are_found() {
    assert_found(Fault::Whole, ("supercell", "energy of an atom"), &["beyond the cut-off"]);
}

#[test]
fn answers_that_differ_from_run_to_run_are_found() {
    let single = ("repetition, f32", "numbers that differ");
    assert_found(Fault::Threads, single, &["repetition, f64"]);
    assert_found(Fault::Memory, single, &["repetition, f64"]);
}

#[test]
fn tables_and_single_precision_that_are_too_rough_are_found() {
    assert_found(Fault::Tables, ("tables against exact radial functions", "energy an atom"), &["f32 against f64"]);
    assert_found(Fault::Single, ("f32 against f64", "energy an atom"), &[]);
}

#[test]
fn no_answer_and_no_number_are_found() {
    let failed = with(Fault::NotANumber);
    assert!(failed.contains(&("rotations", "force")) && failed.contains(&("derivatives", "force")), "{failed:?}");
    let failed = with(Fault::Refusal);
    assert!(failed.len() >= 6 && failed.iter().all(|f| f.1 == "answer"), "{failed:?}");
}

/// A model that turns right and left hands apart, taken for one that does not; and one as it says of itself.
#[test]
fn mirror_images_that_differ_are_found_where_they_must_not() {
    let model = Variant::Directions.model();
    let said = Subject::of(&model);
    assert!(!said.parity);
    let wrong = findings(&model, None, &Subject { parity: true, ..said.clone() }, None);
    assert!(failed(&wrong).iter().all(|f| f.0 == "mirror images"), "{:?}", failed(&wrong));
    assert!(!failed(&wrong).is_empty());
    let right = findings(&model, None, &said, None);
    let told = right.iter().find(|f| f.check == "mirror images").unwrap();
    assert!(told.allowed.is_none() && told.measured > 1e-6, "{told:?}");
}
