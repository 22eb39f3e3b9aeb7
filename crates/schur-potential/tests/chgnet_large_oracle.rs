//! CHGNet: structures too large to keep what every update computes have the answer of the small ones they repeat.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "models/answers.rs"]
mod answers;
#[path = "models/chgnet.rs"]
mod chgnet;
#[path = "models/structures.rs"]
mod structures;

use answers::{bits, build, difference, evaluate, largest, plain};
use chgnet::random_chgnet;
use schur_potential::Precision;
use structures::{cube, random_structure, repeated};

/// Largest difference of a force, eV/Å: sums of the same terms in another order.
const FORCE: f64 = 1e-9;

/// Eight atoms in 33 Å^3 have so many edges and angles that the updates would keep 1.25 GB for 2048 of them in double
/// precision, more than the bound.
#[test]
fn a_large_crystal_repeats_the_answer_of_its_cell() {
    let mut potential = build(&random_chgnet(true), &plain(Precision::F64, false));
    let cell = random_structure(8, cube(3.2), [true; 3], 1.2, 3);
    let small = evaluate(potential.as_mut(), &cell);
    assert!(largest(small.forces.as_flattened()) > 0.05, "no forces to speak of");
    let (crystal, map) = repeated(&cell, [8, 8, 4]);
    let large = evaluate(potential.as_mut(), &crystal);
    for (i, &k) in map.iter().enumerate() {
        let error = difference(&large.forces[i], &small.forces[k]);
        assert!(error < FORCE, "the force on atom {i} is off by {error:.2e} eV/Å");
    }
    let error = (large.energy / 256.0 - small.energy).abs();
    assert!(error < 1e-9, "the energy of a cell is off by {error:.2e} eV");
    // What the large one has left behind does not show.
    assert!(bits(&evaluate(potential.as_mut(), &cell)) == bits(&small));
}
