//! The Lennard-Jones potential against ASE, its own derivatives and its refusals.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_atoms::{Cell, Structure};
use schur_potential::pair::{LennardJones, LennardJonesError};
use schur_potential::{Evaluation, Potential, PotentialError, Request};

/// Three argon atoms in a triclinic cell smaller than twice the cut-off.
fn argon() -> Structure {
    let cell = Cell::new([[7.0, 0.0, 0.0], [1.0, 7.5, 0.0], [-0.5, 0.4, 8.0]]);
    Structure::new(vec![18; 3], vec![[0.1, 0.2, 0.3], [3.9, 0.5, -0.2], [1.5, 3.7, 0.9]], cell, [true; 3])
}

fn potential() -> LennardJones {
    LennardJones::new(0.0104, 3.4, 8.5).unwrap().with_onset(6.0).unwrap()
}

fn energy(structure: &Structure) -> f64 {
    let mut out = Evaluation::default();
    potential().evaluate(structure, Request::ENERGY, &mut out).unwrap();
    out.energy
}

/// ASE 3.29.0: `LennardJones(sigma=3.4, epsilon=0.0104, rc=8.5, ro=6.0, smooth=True)` on the same atoms.
#[test]
fn agrees_with_ase() {
    let structure = argon();
    let mut out = Evaluation::default();
    potential().evaluate(&structure, Request::ALL, &mut out).unwrap();
    assert!((out.energy - -0.030498832025247637).abs() < 1e-15);
    let forces = [
        [0.15957920443702164, -0.02102602448740372, 0.02566602183522823],
        [-0.162719158860051, 0.018628721815255187, -0.021886656817515997],
        [0.00313995442302906, 0.002397302672148566, -0.003779365017712282],
    ];
    let stress = [
        -0.0010902188939106857,
        0.00015919510486973998,
        -6.239170677438921e-06,
        1.705207049954684e-05,
        -0.0001974203097635625,
        8.444233207692637e-05,
    ];
    for (found, expected) in out.forces.as_flattened().iter().zip(forces.as_flattened()) {
        assert!((found - expected).abs() < 1e-15);
    }
    for (found, expected) in out.stress(&structure).unwrap().iter().zip(stress) {
        assert!((found - expected).abs() < 1e-17);
    }
    let summed: f64 = out.virials.iter().map(|v| v[0][1]).sum();
    assert!((summed - out.virial[0][1]).abs() < 1e-15);
}

/// Second differences of the energy in every coordinate and strain; step and tolerance balance h^2 against 1e-16/h.
#[test]
fn forces_and_virial_are_derivatives() {
    let structure = argon();
    let mut out = Evaluation::default();
    potential().evaluate(&structure, Request::FORCES, &mut out).unwrap();
    let step = 1e-5;
    for atom in 0..3 {
        for axis in 0..3 {
            let moved = |sign: f64| {
                let mut structure = argon();
                structure.positions[atom][axis] += sign * step;
                energy(&structure)
            };
            assert!((out.forces[atom][axis] + (moved(1.0) - moved(-1.0)) / (2.0 * step)).abs() < 1e-9);
        }
    }
    for (a, b) in [(0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (2, 0)] {
        let strained = |sign: f64| {
            let mut strain = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
            strain[a][b] += sign * step;
            let deform = Cell::new(strain);
            let positions = structure.positions.iter().map(|&x| deform.to_cartesian(x)).collect();
            let cell = structure.cell.deformed(&strain);
            energy(&Structure::new(structure.numbers.clone(), positions, cell, [true; 3]))
        };
        assert!((out.virial[a][b] + (strained(1.0) - strained(-1.0)) / (2.0 * step)).abs() < 1e-8);
    }
}

#[test]
fn answer_does_not_depend_on_history() {
    let structure = argon();
    let (mut used, mut first, mut again) = (potential(), Evaluation::default(), Evaluation::default());
    let mut other = argon();
    other.positions[1][0] += 0.3;
    used.evaluate(&other, Request::ALL, &mut again).unwrap();
    used.evaluate(&structure, Request::ALL, &mut again).unwrap();
    potential().evaluate(&structure, Request::ALL, &mut first).unwrap();
    assert_eq!(first, again);
}

#[test]
fn switching_ends_without_a_step_or_kink() {
    let potential = potential();
    for r in [6.0, 8.5] {
        let (below, above) = (potential.pair_energy(r - 1e-9), potential.pair_energy(r + 1e-9));
        assert!((below.0 - above.0).abs() < 1e-10 && (below.1 - above.1).abs() < 1e-9, "at {r} Å");
    }
}

#[test]
fn bad_input_is_refused() {
    assert!(matches!(LennardJones::new(0.01, f64::NAN, 8.0), Err(LennardJonesError::Parameter { name: "sigma", .. })));
    assert!(matches!(LennardJones::new(0.01, 3.4, 8.0).unwrap().with_onset(8.0), Err(LennardJonesError::Onset { .. })));
    let mut overlapping = argon();
    overlapping.positions[2] = overlapping.positions[0];
    let outcome = potential().evaluate(&overlapping, Request::ENERGY, &mut Evaluation::default());
    assert!(matches!(outcome, Err(PotentialError::Overlap { first: 0, second: 2, .. })));
}
