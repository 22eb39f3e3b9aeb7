//! The same bits whatever ran before, on however many threads, and whatever else was asked for; for every family.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "models/families.rs"]
mod families;

use families::answers::{bits, build, evaluate, plain, pool};
use families::nequip::Variant;
use families::structures::{SMALL_CELL, cube, random_structure};
use families::{Subject, small, trained};
use schur_atoms::{Cell, Structure};
use schur_potential::{Evaluation, PotentialOptions, Precision, Request};
use schur_testkit::Random;

/// Every model with the options under which it runs.
fn cases() -> Vec<(String, Subject, PotentialOptions)> {
    let mut cases = Vec::new();
    for subject in small().into_iter().chain(trained(&["sevennet-0"])) {
        for &(precision, exact) in &subject.ways {
            cases.push((subject.named(precision, exact), subject.clone(), subject.options(precision, exact)));
        }
    }
    cases
}

/// Sizes on either side of the tiles and blocks in which atoms are worked on.
#[test]
fn threads_do_not_change_a_bit() {
    let sizes = [1, 2, 3, 5, 6, 7, 11, 12, 13, 24, 25, 40];
    for (name, subject, options) in cases() {
        let [mut one, mut two, mut five] =
            [1, 2, 5].map(|threads| subject.model.potential(&options, pool(threads)).unwrap());
        for n in sizes {
            let structure = subject.structure(n, cube(3.0 + n as f64 / 6.0), [true; 3], 1.1, n as u64);
            let expected = bits(&evaluate(one.as_mut(), &structure));
            for (threads, potential) in [(2, &mut two), (5, &mut five)] {
                let found = bits(&evaluate(potential.as_mut(), &structure));
                assert!(found == expected, "{name}: {n} atoms on {threads} threads");
            }
        }
    }
}

#[test]
fn asking_again_gives_the_same_bits() {
    for (name, subject, options) in cases() {
        let structure = subject.structure(13, cube(6.0), [true; 3], 1.1, 9);
        let mut potential = subject.model.potential(&options, pool(2)).unwrap();
        let first = bits(&evaluate(potential.as_mut(), &structure));
        for _ in 0..3 {
            assert!(bits(&evaluate(potential.as_mut(), &structure)) == first, "{name}");
        }
        assert!(bits(&evaluate(build(&subject.model, &options).as_mut(), &structure)) == first, "{name}: built anew");
    }
}

/// Small steps keep the neighbour list for a while, over borders of the cell, with breathing lattice vectors; elements
/// change places without a step.
#[test]
fn a_walk_leaves_no_trace() {
    for (name, subject, options) in cases() {
        let mut used = build(&subject.model, &options);
        let mut random = Random::new(5);
        let mut structure = subject.structure(7, SMALL_CELL, [true; 3], 1.2, 8);
        for step in 0..24 {
            match step % 4 {
                3 => structure.numbers.rotate_left(1),
                _ => structure.positions.as_flattened_mut().iter_mut().for_each(|x| *x += 0.03 * random.normal()),
            }
            if step % 5 == 4 {
                let stretch = 1.0 + 0.01 * random.normal();
                structure.cell = Cell::new(structure.cell.vectors().map(|row| row.map(|x| stretch * x)));
            }
            if step == 20 {
                structure.positions.iter_mut().for_each(|x| x[0] += 5.0);
            }
            let expected = evaluate(build(&subject.model, &options).as_mut(), &structure);
            let found = evaluate(used.as_mut(), &structure);
            assert!(bits(&found) == bits(&expected), "{name} at step {step}");
        }
    }
}

/// Structures of other sizes, elements, cells and periodicity, as a batch of files brings them.
fn batch(subject: &Subject) -> [Structure; 8] {
    let small = subject.structure(3, SMALL_CELL, [true; 3], 1.3, 1);
    let large = subject.structure(30, cube(8.0), [true; 3], 1.1, 2);
    let mut other_elements = large.clone();
    other_elements.numbers.rotate_left(1);
    let open = Structure { pbc: [false, true, false], ..large.clone() };
    let squeezed = Structure { cell: cube(7.9), ..large.clone() };
    let alone = |number: u8, positions: &[[f64; 3]]| {
        Structure::new(vec![number; positions.len()], positions.to_vec(), Cell::default(), [false; 3])
    };
    let atom = alone(subject.elements[2], &[[0.0; 3]]);
    // Of one element each, so that tables and matrices are made one after the other.
    let pairs = [1, 14].map(|number| alone(number, &[[0.0; 3], [1.4, 0.3, 0.2]]));
    let [hydrogen, silicon] = pairs;
    [large, other_elements, small, open, atom, squeezed, hydrogen, silicon]
}

#[test]
fn other_structures_between_leave_no_trace() {
    for (name, subject, options) in cases() {
        let batch = batch(&subject);
        let expected = batch.each_ref().map(|s| bits(&evaluate(build(&subject.model, &options).as_mut(), s)));
        let mut used = build(&subject.model, &options);
        let mut out = Evaluation::default();
        for index in [7, 6, 2, 0, 7, 2, 0, 1, 2, 3, 4, 0, 5, 2, 1, 4] {
            used.evaluate(&batch[index], Request::ALL, &mut out).unwrap();
            assert!(bits(&out) == expected[index], "{name}: structure {index} of the batch");
        }
    }
}

#[test]
fn asking_for_less_gives_the_same_bits() {
    for (name, subject, options) in cases() {
        let structure = subject.structure(8, SMALL_CELL, [true; 3], 1.1, 6);
        let other = subject.structure(9, SMALL_CELL, [true; 3], 1.0, 7);
        let mut potential = build(&subject.model, &options);
        let whole = evaluate(potential.as_mut(), &structure);
        for request in [Request::ENERGY, Request::FORCES, Request { forces: false, virials: true }] {
            // What an earlier and larger answer has left in the memory must not stay.
            let mut out = evaluate(potential.as_mut(), &other);
            potential.evaluate(&structure, request, &mut out).unwrap();
            let name = format!("{name}, {request:?}");
            assert_eq!(out.energy.to_bits(), whole.energy.to_bits(), "{name}");
            assert_eq!(out.energies, whole.energies, "{name}");
            assert_eq!(out.forces, if request.forces { whole.forces.clone() } else { Vec::new() }, "{name}");
            assert_eq!(out.virials, if request.virials { whole.virials.clone() } else { Vec::new() }, "{name}");
            if request.forces {
                assert_eq!(out.virial, whole.virial, "{name}");
            }
        }
        let mut out = whole.clone();
        potential.evaluate(&structure, Request::ENERGY, &mut out).unwrap();
        assert_eq!(out.virial, [[0.0; 3]; 3], "{name}: a virial that nobody asked for");
    }
}

/// Two models of one seed are one model: what is drawn for tests does not depend on the machine.
#[test]
fn a_potential_depends_on_the_model_alone() {
    let structure = random_structure(6, SMALL_CELL, [true; 3], 1.2, 6);
    let [a, b] = [0, 1].map(|_| Variant::Directions.model());
    assert_eq!(a, b);
    let options = plain(Precision::F32, false);
    let [a, b] = [a, b].map(|model| bits(&evaluate(build(&model, &options).as_mut(), &structure)));
    assert_eq!(a, b);
}
