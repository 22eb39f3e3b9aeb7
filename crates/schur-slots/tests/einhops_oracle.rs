//! The fifteen expressions of EinHops at their published sizes: right values, and no more rotations than there.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/checked.rs"]
mod checked;
#[path = "support/definition.rs"]
mod definition;
#[path = "support/letters.rs"]
mod letters;
#[path = "support/operands.rs"]
mod operands;

use checked::check_program;
use letters::contraction;
use schur_einsum::Contraction;
use schur_slots::{Options, OutputPacking, SlotProgram, lower};

/// Slots of a vector, as in the paper's measurements.
const SLOTS: usize = 16384;

/// An expression, the shapes of its operands, and the rotations and the depth of EinHops' own algorithm.
///
/// The last two were counted by following `einhops/operations.py` and `einhops/crypto/bsgs.py` (commit 6d19361, MIT):
/// sums first in the order of indices, 128 baby steps by 128 giant steps of which those that meet a nonzero diagonal
/// count, rotations by zero not counted.
const EXPRESSIONS: [(&str, &[&[usize]], usize, usize); 15] = [
    ("ij->ji", &[&[128, 128]], 254, 2),
    ("ij->", &[&[128, 128]], 14, 1),
    ("ij->j", &[&[128, 128]], 7, 1),
    ("ij->i", &[&[128, 128]], 261, 2),
    ("ik,k->i", &[&[128, 128], &[128]], 522, 3),
    ("ik,kj->ij", &[&[16, 32], &[32, 32]], 110, 3),
    ("i,i->", &[&[16384], &[16384]], 14, 2),
    ("ij,ij->", &[&[128, 128], &[128, 128]], 14, 2),
    ("ij,ij->ij", &[&[128, 128], &[128, 128]], 0, 2),
    ("i,j->ij", &[&[128], &[128]], 268, 3),
    ("ijk,ikl->ijl", &[&[16, 8, 8], &[16, 8, 8]], 37, 3),
    ("ij,ij,ij->ij", &[&[128, 128], &[128, 128], &[128, 128]], 0, 3),
    ("ij,jk,kl->il", &[&[16, 8], &[8, 8], &[8, 16]], 310, 4),
    ("ik,jkl,il->ij", &[&[8, 16], &[8, 16, 16], &[8, 16]], 444, 4),
    ("pqrs,tuqvr->pstuv", &[&[2, 4, 8, 8], &[1, 4, 4, 2, 8]], 329, 3),
];

/// Lowers a contraction, and compares its program's result with the definition.
fn check(contraction: &Contraction, slots: usize, options: &Options) -> SlotProgram {
    let program = lower(contraction, slots, options).unwrap();
    check_program(contraction, &program, 5);
    program
}

#[test]
fn published_expressions_have_the_einsums_values() {
    for (text, shapes, ..) in EXPRESSIONS {
        for output in [OutputPacking::RowMajor, OutputPacking::Anywhere] {
            check(&contraction(text, shapes), SLOTS, &Options { output, ..Options::default() });
        }
    }
}

#[test]
fn no_expression_needs_more_rotations_or_depth_than_published() {
    for (text, shapes, rotations, depth) in EXPRESSIONS {
        let contraction = contraction(text, shapes);
        let summary = lower(&contraction, SLOTS, &Options::default()).unwrap().summary();
        let anywhere = Options { output: OutputPacking::Anywhere, ..Options::default() };
        let there = lower(&contraction, SLOTS, &anywhere).unwrap().summary();
        println!("{text}: {summary}; anywhere: {there}; EinHops: {rotations} rotations, depth {depth}");
        assert!(summary.rotations <= rotations && summary.depth <= depth, "{text}: {summary}");
        assert!(there.rotations <= summary.rotations, "{text}: {there}");
    }
}

/// What a person would count: repeats and sums take the binary logarithm of a size, nothing moves without need.
#[test]
fn rotations_are_as_few_as_logarithms_allow() {
    let anywhere = Options { output: OutputPacking::Anywhere, ..Options::default() };
    let expected: [(&str, &[&[usize]], usize); 6] = [
        ("ij->ji", &[&[128, 128]], 0),
        ("ij->i", &[&[128, 128]], 7),
        ("ik,k->i", &[&[128, 128], &[128]], 14),
        ("i,i->", &[&[16384], &[16384]], 14),
        ("ij,ij->ij", &[&[128, 128], &[128, 128]], 0),
        ("ii->", &[&[128, 128]], 7),
    ];
    for (text, shapes, rotations) in expected {
        let summary = lower(&contraction(text, shapes), SLOTS, &anywhere).unwrap().summary();
        assert_eq!(summary.rotations, rotations, "{text}: {summary}");
    }
    // A transpose that really moves: baby steps and giant steps for its 255 diagonals, at depth one.
    let summary = lower(&contraction("ij->ji", &[&[128, 128]]), SLOTS, &Options::default()).unwrap().summary();
    assert_eq!((summary.rotations, summary.depth), (30, 1), "{summary}");
}

#[test]
fn a_program_shows_packing_counts_and_depth() {
    let program = check(&contraction("ik,k->i", &[&[4, 4], &[4]]), 16, &Options::default());
    let text = program.to_string();
    println!("{text}");
    for part in
        ["operand 0 [i=4, k=4] at 4i + k of 1 x 16 slots", "operand 1 [k=4]", "product [", "output [i=4]", "rotations"]
    {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}
