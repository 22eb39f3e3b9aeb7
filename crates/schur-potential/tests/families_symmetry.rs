//! What must not change the answer of any family: turning, moving and renumbering everything, other cells for one
//! crystal, and mirror images where a model is built with parity.
//!
//! Those of SevenNet are built without, and so are some small models here.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "models/families.rs"]
mod families;

use families::answers::{build, difference, evaluate, plain};
use families::nequip::{Variant, published, random_model};
use families::structures::{IDENTITY, SMALL_CELL, mapped, name_of, named, random_structure, repeated};
use families::{small, trained};
use schur_atoms::{Cell, Structure};
use schur_potential::{CutoffFunction, Evaluation, Potential, Precision};
use schur_testkit::{Matrix3, Random, apply, product, so3_elements, transpose};

/// Largest difference of an atom's energy, eV, between equal structures: rounding of coordinates in f64.
const ENERGY: f64 = 1e-10;
/// Largest difference of a force, eV/Å.
const FORCE: f64 = 1e-9;
/// Largest difference of a virial, eV.
const VIRIAL: f64 = 1e-8;

const MIRROR: Matrix3 = [[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]];

/// One potential and structures fit for it.
struct Subject {
    name: String,
    potential: Box<dyn Potential + Send>,
    structures: Vec<Structure>,
    mirrors: bool,
    /// What belongs to a structure as a whole, eV.
    offset: f64,
}

/// Small models of every family, and trained ones; f64, most of them with tables.
fn subjects() -> Vec<Subject> {
    let mut subjects = Vec::new();
    for it in small() {
        let structures = vec![
            it.structure(6, SMALL_CELL, [true; 3], 1.2, 3),
            it.structure(5, SMALL_CELL, [true, true, false], 1.2, 4),
            it.structure(7, SMALL_CELL, [false; 3], 0.9, 5),
        ];
        let exact = it.ways.contains(&(Precision::F64, true));
        let potential = build(&it.model, &it.options(Precision::F64, exact));
        subjects.push(Subject { offset: it.offset(), mirrors: it.mirrors, name: it.name, potential, structures });
    }
    for it in trained(&["sevennet-0", "sevennet-l3i5"]) {
        let mut structures = named(&["sio2_quartz_triclinic", "slab_pd_tft_skewed", "molecule_nh3"]);
        // The last is none that is its own mirror image.
        structures.push(it.structure(7, SMALL_CELL, [false; 3], 1.0, 5));
        let potential = build(&it.model, &it.options(Precision::F64, false));
        subjects.push(Subject { offset: it.offset(), mirrors: it.mirrors, name: it.name, potential, structures });
    }
    subjects
}

/// Checks that `moved` has the answer of the original, its atoms and axes carried over by `map` and `rotation`.
fn assert_same(name: &str, moved: &Evaluation, original: &Evaluation, map: &[usize], rotation: &Matrix3) {
    for (i, &k) in map.iter().enumerate() {
        let error = (moved.energies[i] - original.energies[k]).abs();
        assert!(error < ENERGY, "{name}: energy of atom {i} off by {error:.2e} eV");
        let error = difference(&moved.forces[i], &apply(rotation, original.forces[k]));
        assert!(error < FORCE, "{name}: force on atom {i} off by {error:.2e} eV/Å");
        let virial = product(rotation, &product(&original.virials[k], &transpose(rotation)));
        let error = difference(moved.virials[i].as_flattened(), virial.as_flattened());
        assert!(error < VIRIAL, "{name}: virial of atom {i} off by {error:.2e} eV");
    }
}

/// The numbers of all atoms, in order.
fn all(structure: &Structure) -> Vec<usize> {
    (0..structure.len()).collect()
}

#[test]
fn rotations_turn_forces_and_virials() {
    for mut subject in subjects() {
        for structure in &subject.structures {
            let original = evaluate(subject.potential.as_mut(), structure);
            for rotation in so3_elements(11, 2) {
                let turned = mapped(structure, &rotation);
                let found = evaluate(subject.potential.as_mut(), &turned);
                assert_same(&subject.name, &found, &original, &all(structure), &rotation);
            }
        }
    }
}

/// Without parity they differ, else the test of rotations would pass for a model that sees distances alone.
#[test]
fn mirror_images_are_the_same_with_parity_alone() {
    let mut wrong = Vec::new();
    for mut subject in subjects() {
        for structure in &subject.structures {
            let original = evaluate(subject.potential.as_mut(), structure);
            let found = evaluate(subject.potential.as_mut(), &mapped(structure, &MIRROR));
            if subject.mirrors {
                assert_same(&subject.name, &found, &original, &all(structure), &MIRROR);
            }
        }
        let molecule = subject.structures.last().unwrap();
        let [a, b] = [molecule.clone(), mapped(molecule, &MIRROR)].map(|s| evaluate(subject.potential.as_mut(), &s));
        let changed = (a.energy - b.energy).abs();
        // What turns round is a small part of the answers of MACE's small models; rounding leaves 1e-14 eV of them.
        let least = if subject.name.starts_with("mace") { 1e-9 } else { 1e-6 };
        if (changed > least) == subject.mirrors {
            wrong.push(format!("{}: {changed:.2e} eV", subject.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn renumbering_atoms_renumbers_the_answer() {
    let mut random = Random::new(31);
    for mut subject in subjects() {
        for structure in &subject.structures {
            let original = evaluate(subject.potential.as_mut(), structure);
            let mut map = all(structure);
            for i in (1..map.len()).rev() {
                map.swap(i, random.below(i + 1));
            }
            let mut moved = structure.clone();
            moved.numbers = map.iter().map(|&k| structure.numbers[k]).collect();
            moved.positions = map.iter().map(|&k| structure.positions[k]).collect();
            let found = evaluate(subject.potential.as_mut(), &moved);
            // Coordinates are the same to the bit; only the order of sums over neighbours is another.
            for (i, &k) in map.iter().enumerate() {
                let error = (found.energies[i] - original.energies[k]).abs();
                assert!(error < 1e-12, "{}: energy of atom {k} changes by {error:.2e} eV", subject.name);
            }
            assert_same(&subject.name, &found, &original, &map, &IDENTITY);
        }
    }
}

#[test]
fn moving_everything_changes_nothing() {
    for mut subject in subjects() {
        for structure in &subject.structures {
            let original = evaluate(subject.potential.as_mut(), structure);
            for shift in [[0.1, -0.2, 0.3], [1e4, 0.0, 0.0], [-3e3, 1e4, 7e3]] {
                let mut moved = structure.clone();
                moved.positions.iter_mut().for_each(|x| (0..3).for_each(|a| x[a] += shift[a]));
                let found = evaluate(subject.potential.as_mut(), &moved);
                assert_same(&format!("{} {shift:?}", subject.name), &found, &original, &all(structure), &IDENTITY);
            }
        }
    }
}

#[test]
fn atoms_may_lie_in_any_image() {
    for mut subject in subjects() {
        for structure in subject.structures.iter().filter(|s| s.pbc != [false; 3]) {
            let original = evaluate(subject.potential.as_mut(), structure);
            let mut random = Random::new(17);
            let mut moved = structure.clone();
            for x in &mut moved.positions {
                let image = structure.pbc.map(|periodic| if periodic { random.below(7) as f64 - 3.0 } else { 0.0 });
                let shift = structure.cell.to_cartesian(image);
                (0..3).for_each(|a| x[a] += shift[a]);
            }
            let found = evaluate(subject.potential.as_mut(), &moved);
            assert_same(&subject.name, &found, &original, &all(structure), &IDENTITY);
        }
    }
}

/// Other lattice vectors for the same lattice: sheared, exchanged (left-handed), reversed.
#[test]
fn any_cell_of_a_lattice_gives_the_same_answer() {
    for mut subject in subjects() {
        for structure in subject.structures.iter().filter(|s| s.pbc == [true; 3]) {
            let original = evaluate(subject.potential.as_mut(), structure);
            let [a, b, c] = structure.cell.vectors();
            let sum = |u: [f64; 3], k: f64, v: [f64; 3]| -> [f64; 3] { std::array::from_fn(|i| u[i] + k * v[i]) };
            let cells = [
                ("sheared", [a, sum(b, 1.0, a), sum(sum(c, -2.0, a), 1.0, b)]),
                ("sheared far", [sum(a, 9.0, b), b, sum(c, -7.0, b)]),
                ("left-handed", [b, a, c]),
                ("reversed", [a.map(|x| -x), b, c]),
            ];
            for (kind, vectors) in cells {
                let mut other = structure.clone();
                other.cell = Cell::new(vectors);
                let found = evaluate(subject.potential.as_mut(), &other);
                let name = format!("{} {kind} {}", subject.name, structure.len());
                assert_same(&name, &found, &original, &all(structure), &IDENTITY);
                let (stress, expected) = (found.stress(&other).unwrap(), original.stress(structure).unwrap());
                assert!(difference(&stress, &expected) < VIRIAL, "{name}: {stress:?}, not {expected:?}");
            }
        }
    }
}

#[test]
fn a_supercell_repeats_the_answer() {
    for mut subject in subjects() {
        for structure in subject.structures.iter().filter(|s| s.pbc != [false; 3]) {
            let original = evaluate(subject.potential.as_mut(), structure);
            let counts = structure.pbc.map(|periodic| if periodic { 2 } else { 1 });
            for counts in [counts, [1, 1, if structure.pbc[2] { 3 } else { 1 }]] {
                let (large, map) = repeated(structure, counts);
                let mut found = evaluate(subject.potential.as_mut(), &large);
                // Every atom has its share of what belongs to the whole.
                let shares = [structure, &large].map(|s| subject.offset / s.len() as f64);
                found.energies.iter_mut().for_each(|e| *e += shares[0] - shares[1]);
                let name = format!("{} {counts:?} of {} atoms", subject.name, structure.len());
                assert_same(&name, &found, &original, &map, &IDENTITY);
            }
        }
    }
}

/// What to put in place of a lattice vector that does not repeat, from that vector and the next.
type Filling = fn([f64; 3], [f64; 3]) -> [f64; 3];

/// Every combination of periodic directions against a cluster cut from explicit images.
///
/// With two layers an atom's energy sees 5 Å, its force and virial 10 Å, so images within 10 Å suffice.
#[test]
fn every_periodicity_agrees_with_explicit_images() {
    let mut architecture = Variant::Gaps.model().architecture.as_nequip().unwrap().clone();
    architecture.features.remove(1);
    architecture.cutoff = 2.5;
    architecture.cutoff_function = CutoffFunction::Xplor { onset: 2.0 };
    let model = random_model(architecture, 77);
    let mut potential = build(&model, &plain(Precision::F64, false));
    let contents = random_structure(4, SMALL_CELL, [true; 3], 1.2, 3);
    for bits in 0..8_usize {
        let pbc = [bits & 1 != 0, bits & 2 != 0, bits & 4 != 0];
        let images = pbc.map(|periodic| if periodic { 7 } else { 1 });
        let (mut cluster, map) = repeated(&Structure { pbc, ..contents.clone() }, images);
        (cluster.cell, cluster.pbc) = (Cell::default(), [false; 3]);
        let explicit = evaluate(potential.as_mut(), &cluster);
        // The image in the middle.
        let first = map.len() / 2 / contents.len() * contents.len();
        // What stands along the other directions must not matter: a vector, none, or one that spans nothing.
        let vectors = SMALL_CELL.vectors();
        let fillings: [Filling; 4] =
            [|own, _| own, |_, _| [0.0; 3], |_, other| other.map(|x| 3.0 * x), |own, _| own.map(|x| 1e-3 * x)];
        for (index, fill) in fillings.iter().enumerate() {
            let cell = Cell::new(std::array::from_fn(|a| {
                if pbc[a] { vectors[a] } else { fill(vectors[a], vectors[(a + 1) % 3]) }
            }));
            let structure = Structure { cell, pbc, ..contents.clone() };
            let found = evaluate(potential.as_mut(), &structure);
            for atom in 0..contents.len() {
                let k = first + atom;
                let name = format!("{pbc:?}, filling {index}, atom {atom}");
                let error = (found.energies[atom] - explicit.energies[k]).abs();
                assert!(error < ENERGY, "{name}: energy off by {error:.2e} eV");
                let error = difference(&found.forces[atom], &explicit.forces[k]);
                assert!(error < FORCE, "{name}: force off by {error:.2e} eV/Å");
                let error = difference(found.virials[atom].as_flattened(), explicit.virials[k].as_flattened());
                assert!(error < VIRIAL, "{name}: virial off by {error:.2e} eV");
            }
        }
    }
}

/// The fixtures hold one crystal in seven guises.
#[test]
fn one_crystal_in_seven_guises() {
    let Some(model) = published("sevennet-0") else { return };
    let mut potential = build(&model, &plain(Precision::F64, false));
    let names = ["plain", "skewed", "very_skewed", "left_handed", "reversed_vectors", "atoms_outside", "moved_far"];
    let names: Vec<String> = names.iter().map(|name| format!("cell_zno_{name}")).collect();
    let structures = named(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let original = evaluate(potential.as_mut(), &structures[0]);
    for structure in &structures {
        let found = evaluate(potential.as_mut(), structure);
        assert_same(name_of(structure), &found, &original, &all(structure), &IDENTITY);
    }
}
