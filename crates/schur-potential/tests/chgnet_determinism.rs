//! CHGNet: the same bits whatever ran before, on however many threads, and whatever else was asked for.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "models/chgnet.rs"]
mod chgnet;
#[path = "models/nequip.rs"]
mod models;

use chgnet::random_chgnet;
use models::{SMALL_CELL, build, evaluate, plain, pool, random_structure};
use schur_atoms::{Cell, Structure};
use schur_potential::{Evaluation, Model, PotentialOptions, Precision, Request};
use schur_testkit::Random;

/// All numbers of an answer by their bits: `==` would let -0 pass for 0.
fn bits(answer: &Evaluation) -> Vec<u64> {
    let forces = answer.forces.as_flattened().iter();
    let virials = answer.virials.as_flattened().as_flattened().iter();
    let all = answer.energies.iter().chain([&answer.energy]).chain(answer.virial.as_flattened());
    all.chain(forces).chain(virials).map(|x| x.to_bits()).collect()
}

/// Models with the options under which they run.
fn cases() -> Vec<(String, Model, PotentialOptions)> {
    let mut cases = Vec::new();
    for normalized in [false, true] {
        for precision in [Precision::F32, Precision::F64] {
            let name = format!("{precision:?} normalized {normalized}");
            cases.push((name, random_chgnet(normalized), plain(precision, false)));
        }
    }
    cases
}

fn cube(side: f64) -> Cell {
    Cell::new([[side, 0.0, 0.0], [0.0, side, 0.0], [0.0, 0.0, side]])
}

/// Sizes on either side of the tiles and blocks in which atoms are worked on.
#[test]
fn threads_do_not_change_a_bit() {
    let sizes = [1, 2, 5, 7, 12, 13, 25, 40];
    let structures = sizes.map(|n| random_structure(n, cube(3.0 + n as f64 / 6.0), [true; 3], 1.1, n as u64));
    for (name, model, options) in cases() {
        let [mut one, mut two, mut five] = [1, 2, 5].map(|threads| model.potential(&options, pool(threads)).unwrap());
        for structure in &structures {
            let expected = bits(&evaluate(one.as_mut(), structure));
            for (threads, potential) in [(2, &mut two), (5, &mut five)] {
                let found = bits(&evaluate(potential.as_mut(), structure));
                assert!(found == expected, "{name}: {} atoms on {threads} threads", structure.len());
            }
        }
    }
}

/// Steps small enough to keep the neighbour list for a while, over borders of the cell, with breathing lattice vectors.
#[test]
fn a_walk_leaves_no_trace() {
    for (name, model, options) in cases() {
        let mut used = build(&model, &options);
        let mut random = Random::new(5);
        let mut structure = random_structure(6, SMALL_CELL, [true; 3], 1.3, 8);
        for step in 0..8 {
            for x in structure.positions.as_flattened_mut() {
                *x += 0.03 * random.normal();
            }
            if step % 3 == 2 {
                let stretch = 1.0 + 0.01 * random.normal();
                structure.cell = Cell::new(structure.cell.vectors().map(|row| row.map(|x| stretch * x)));
            }
            if step == 6 {
                structure.positions.iter_mut().for_each(|x| x[0] += 5.0);
            }
            let expected = evaluate(build(&model, &options).as_mut(), &structure);
            let found = evaluate(used.as_mut(), &structure);
            assert!(bits(&found) == bits(&expected), "{name} at step {step}");
        }
    }
}

/// One potential for structures of other sizes, elements and periodicity, as a batch of files brings them.
#[test]
fn other_structures_between_leave_no_trace() {
    let small = random_structure(3, SMALL_CELL, [true; 3], 1.3, 1);
    let large = random_structure(30, cube(8.0), [true; 3], 1.2, 2);
    let mut other_elements = large.clone();
    other_elements.numbers.rotate_left(1);
    let mut open = large.clone();
    open.pbc = [false, true, false];
    let atom = Structure::new(vec![29], vec![[0.0; 3]], Cell::default(), [false; 3]);
    let order = [&large, &other_elements, &small, &open, &atom, &large, &small, &other_elements, &atom];
    for (name, model, options) in cases() {
        let mut used = build(&model, &options);
        let mut out = Evaluation::default();
        for (index, structure) in order.into_iter().enumerate() {
            used.evaluate(structure, Request::ALL, &mut out).unwrap();
            let expected = evaluate(build(&model, &options).as_mut(), structure);
            assert!(bits(&out) == bits(&expected), "{name}: structure {index} of the row");
        }
    }
}

#[test]
fn asking_for_less_gives_the_same_bits() {
    let structure = random_structure(8, SMALL_CELL, [true; 3], 1.2, 6);
    for (name, model, options) in cases() {
        let mut potential = build(&model, &options);
        let whole = evaluate(potential.as_mut(), &structure);
        for request in [Request::ENERGY, Request::FORCES, Request { forces: false, virials: true }] {
            // What an earlier and larger answer has left in the memory must not stay.
            let mut out = evaluate(potential.as_mut(), &random_structure(9, SMALL_CELL, [true; 3], 1.1, 7));
            potential.evaluate(&structure, request, &mut out).unwrap();
            let name = format!("{name}, {request:?}");
            assert_eq!(out.energy.to_bits(), whole.energy.to_bits(), "{name}");
            assert_eq!(out.energies, whole.energies, "{name}");
            assert_eq!(out.forces, if request.forces { whole.forces.clone() } else { Vec::new() }, "{name}");
            assert_eq!(out.virials, if request.virials { whole.virials.clone() } else { Vec::new() }, "{name}");
        }
    }
}
