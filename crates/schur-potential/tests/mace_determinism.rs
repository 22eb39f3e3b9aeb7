//! The same bits whatever ran before, on however many threads, and whatever else was asked for.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "models/mace.rs"]
mod models;

use models::{MODELS, SMALL_CELL, build, cube, evaluate, model, options, pool, random_structure};
use schur_atoms::Structure;
use schur_potential::{Evaluation, Model, PotentialOptions, Precision, Request};
use schur_testkit::Random;

/// All numbers of an answer by their bits: `==` would let -0 pass for 0.
fn bits(answer: &Evaluation) -> Vec<u64> {
    let forces = answer.forces.as_flattened().iter();
    let virials = answer.virials.as_flattened().as_flattened().iter();
    let all = answer.energies.iter().chain([&answer.energy]).chain(answer.virial.as_flattened());
    all.chain(forces).chain(virials).map(|x| x.to_bits()).collect()
}

fn cases() -> Vec<(String, Model, PotentialOptions)> {
    let mut cases = Vec::new();
    for name in MODELS {
        for (precision, exact) in [(Precision::F32, false), (Precision::F64, true)] {
            let model = model(name);
            let options = options(&model, precision, exact);
            cases.push((format!("{name} {precision:?} exact {exact}"), model, options));
        }
    }
    cases
}

/// Sizes on either side of the tiles and blocks in which atoms are worked on.
#[test]
fn threads_do_not_change_a_bit() {
    let sizes = [1, 2, 5, 6, 7, 12, 13, 25, 40];
    let structures = sizes.map(|n| random_structure(n, cube(3.0 + n as f64 / 6.0), 1.0, n as u64));
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

/// Small steps keep the neighbour list for a while; elements change places without a step.
#[test]
fn a_walk_leaves_no_trace() {
    for (name, model, options) in cases() {
        let mut used = build(&model, &options);
        let mut random = Random::new(5);
        let mut structure = random_structure(7, SMALL_CELL, 1.2, 8);
        for step in 0..16 {
            match step % 4 {
                3 => structure.numbers.rotate_left(1),
                _ => structure.positions.as_flattened_mut().iter_mut().for_each(|x| *x += 0.03 * random.normal()),
            }
            let expected = evaluate(build(&model, &options).as_mut(), &structure);
            let found = evaluate(used.as_mut(), &structure);
            assert!(bits(&found) == bits(&expected), "{name} at step {step}");
        }
    }
}

/// One potential for structures of other sizes and elements, so that tables and matrices are made one after the other.
#[test]
fn other_structures_between_leave_no_trace() {
    let large = random_structure(30, cube(8.0), 1.1, 2);
    let small = random_structure(3, SMALL_CELL, 1.3, 1);
    let alone = |number: u8| Structure::new(vec![number; 2], vec![[0.0; 3], [1.4, 0.3, 0.2]], cube(0.0), [false; 3]);
    let (first, last) = (alone(1), alone(14));
    for (name, model, options) in cases() {
        let mut used = build(&model, &options);
        for (index, structure) in [&last, &first, &small, &large, &last, &small].into_iter().enumerate() {
            let expected = evaluate(build(&model, &options).as_mut(), structure);
            assert!(bits(&evaluate(used.as_mut(), structure)) == bits(&expected), "{name}: structure {index}");
        }
    }
}

#[test]
fn asking_for_less_gives_the_same_bits() {
    let structure = random_structure(8, SMALL_CELL, 1.1, 6);
    for (name, model, options) in cases() {
        let mut potential = build(&model, &options);
        let whole = evaluate(potential.as_mut(), &structure);
        for request in [Request::ENERGY, Request::FORCES] {
            let mut out = evaluate(potential.as_mut(), &random_structure(9, SMALL_CELL, 1.0, 7));
            potential.evaluate(&structure, request, &mut out).unwrap();
            assert_eq!(out.energy.to_bits(), whole.energy.to_bits(), "{name}");
            assert_eq!(out.forces, if request.forces { whole.forces.clone() } else { Vec::new() }, "{name}");
        }
    }
}
