//! CHGNet: magnetic moments are a property of the structure, and of nothing else.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "models/answers.rs"]
mod answers;
#[path = "models/chgnet.rs"]
mod chgnet;
#[path = "models/structures.rs"]
mod structures;

use answers::{build, evaluate, plain, pool};
use chgnet::random_chgnet;
use schur_atoms::{Cell, Structure};
use schur_potential::{Evaluation, Precision, Request};
use structures::{SMALL_CELL, random_structure};

fn structure() -> Structure {
    random_structure(9, SMALL_CELL, [true; 3], 1.2, 6)
}

fn moments(structure: &Structure) -> Vec<f64> {
    evaluate(build(&random_chgnet(true), &plain(Precision::F64, false)).as_mut(), structure).magnetic_moments
}

#[test]
fn a_model_without_them_says_so_and_leaves_none() {
    let (with, without) = (random_chgnet(true), random_chgnet(false));
    assert!(with.card().magnetic_moments && !without.card().magnetic_moments);
    let [mut with, mut without] = [&with, &without].map(|model| build(model, &plain(Precision::F32, false)));
    assert!(with.has_magnetic_moments() && !without.has_magnetic_moments());
    let mut out = evaluate(with.as_mut(), &structure());
    assert_eq!(out.magnetic_moments.len(), 9);
    without.evaluate(&structure(), Request::ALL, &mut out).unwrap();
    assert!(out.magnetic_moments.is_empty());
}

#[test]
fn the_same_bits_on_any_number_of_threads_and_whatever_is_asked_for() {
    for precision in [Precision::F32, Precision::F64] {
        let bits = |threads, request| {
            let mut potential = random_chgnet(true).potential(&plain(precision, false), pool(threads)).unwrap();
            let mut out = Evaluation::default();
            potential.evaluate(&structure(), request, &mut out).unwrap();
            out.magnetic_moments.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
        };
        let expected = bits(1, Request::ALL);
        for (threads, request) in [(2, Request::ALL), (5, Request::FORCES), (1, Request::ENERGY)] {
            assert_eq!(bits(threads, request), expected, "{precision:?}, {threads} threads, {request:?}");
        }
    }
}

#[test]
fn they_are_sizes_that_follow_atoms_and_not_axes() {
    let start = structure();
    let expected = moments(&start);
    assert!(expected.iter().all(|&x| x > 0.0) && expected.windows(2).any(|pair| pair[0] != pair[1]));
    // x -> y -> z -> x, and a mirror.
    let turn = |[x, y, z]: [f64; 3]| [-z, x, y];
    let mut turned = start.clone();
    turned.positions.iter_mut().for_each(|position| *position = turn(*position));
    turned.cell = Cell::new(start.cell.vectors().map(turn));
    let mut reversed = start.clone();
    reversed.positions.reverse();
    reversed.numbers.reverse();
    let mut back = moments(&reversed);
    back.reverse();
    for (name, found) in [("turned", moments(&turned)), ("renumbered", back)] {
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-10, "{name}: {found}, not {expected}");
        }
    }
}
