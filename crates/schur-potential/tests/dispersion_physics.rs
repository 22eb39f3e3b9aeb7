//! D3(BJ) against its own derivatives and what must hold for any potential, and its refusals.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use schur_atoms::{Cell, Structure};
use schur_potential::dispersion::{D3Cutoffs, D3Dispersion, D3Parameters, DispersionError};
use schur_potential::{Evaluation, Potential, PotentialError, Request, Sum, pair::LennardJones};

fn pool(threads: usize) -> Arc<rayon::ThreadPool> {
    Arc::new(rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap())
}

fn d3(cutoff: f64, threads: usize) -> D3Dispersion {
    let parameters = D3Parameters::of("pbe").unwrap();
    D3Dispersion::new(parameters, D3Cutoffs::within(cutoff), pool(threads)).unwrap()
}

fn evaluate(structure: &Structure, cutoff: f64) -> Evaluation {
    let mut out = Evaluation::default();
    d3(cutoff, 2).evaluate(structure, Request::ALL, &mut out).unwrap();
    out
}

/// Six atoms of four elements in a sheared cell, with coordination numbers between those of reference systems.
fn mixture() -> Structure {
    let cell = Cell::new([[4.1, 0.3, -0.2], [-1.2, 4.6, 0.4], [5.0, -1.0, 5.1]]);
    let positions =
        vec![[0.1, 0.2, 0.3], [1.7, 0.4, 0.9], [2.9, 2.6, 1.8], [0.4, 2.8, 2.6], [3.1, 1.0, 3.9], [6.5, 2.1, 4.2]];
    Structure::new(vec![22, 8, 6, 92, 1, 8], positions, cell, [true; 3])
}

fn deformed(structure: &Structure, strain: &[[f64; 3]; 3]) -> Structure {
    let matrix = std::array::from_fn(|a| std::array::from_fn(|b| f64::from(u8::from(a == b)) + strain[a][b]));
    let moved = |x: &[f64; 3]| Cell::new([*x; 3]).deformed(&matrix).vectors()[0];
    let positions = structure.positions.iter().map(moved).collect();
    Structure { positions, cell: structure.cell.deformed(&matrix), ..structure.clone() }
}

fn close(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((found - expected).abs() < tolerance, "{what}: {found}, not {expected}");
}

/// Central differences with a step of 1e-4: 1e-8 from the third derivative, 1e-11 from rounding. No pair of atoms is so
/// near to the cut-off that it crosses it.
#[test]
fn forces_and_virial_are_derivatives() {
    let step = 1e-4;
    for pbc in [[true; 3], [true, false, true], [false; 3]] {
        let structure = Structure { pbc, ..mixture() };
        let found = evaluate(&structure, 11.0);
        for atom in 0..structure.len() {
            for axis in 0..3 {
                let energy = |sign: f64| {
                    let mut moved = structure.clone();
                    moved.positions[atom][axis] += sign * step;
                    evaluate(&moved, 11.0).energy
                };
                let force = (energy(-1.0) - energy(1.0)) / (2.0 * step);
                close(found.forces[atom][axis], force, 1e-7, "force");
            }
        }
        for a in 0..3 {
            for b in 0..=a {
                let energy = |sign: f64| {
                    let mut strain = [[0.0; 3]; 3];
                    strain[a][b] += 0.5 * sign * step;
                    strain[b][a] += 0.5 * sign * step;
                    evaluate(&deformed(&structure, &strain), 11.0).energy
                };
                close(found.virial[a][b], (energy(-1.0) - energy(1.0)) / (2.0 * step), 3e-6, "virial");
            }
        }
    }
}

/// Atoms in another order, shifted by lattice vectors and by a common vector, in another basis of the lattice, or eight
/// times, have the same energy and forces to rounding.
#[test]
fn the_description_of_a_crystal_does_not_matter() {
    let structure = mixture();
    let expected = evaluate(&structure, 20.0);
    let [a, b, c] = structure.cell.vectors();
    let order = [3, 0, 5, 1, 4, 2];
    let mut other = structure.clone();
    for (place, &atom) in order.iter().enumerate() {
        other.numbers[place] = structure.numbers[atom];
        let shift = 3.0 * (atom as f64) - 7.0;
        other.positions[place] = std::array::from_fn(|x| structure.positions[atom][x] + shift * b[x] - a[x] + 0.37);
    }
    other.cell = Cell::new([a, std::array::from_fn(|x| b[x] + 2.0 * a[x]), std::array::from_fn(|x| a[x] - c[x])]);
    let found = evaluate(&other, 20.0);
    close(found.energy, expected.energy, 1e-11, "energy");
    for (place, &atom) in order.iter().enumerate() {
        close(found.energies[place], expected.energies[atom], 1e-12, "energy of an atom");
        for x in 0..3 {
            close(found.forces[place][x], expected.forces[atom][x], 1e-11, "force");
        }
    }
    let mut large = structure.clone();
    (large.numbers, large.positions) = (Vec::new(), Vec::new());
    for cell in 0..8u8 {
        let [i, j, k] = [0, 1, 2].map(|bit| f64::from(cell >> bit & 1));
        large.numbers.extend(&structure.numbers);
        let moved = |p: &[f64; 3]| std::array::from_fn(|x| p[x] + i * a[x] + j * b[x] + k * c[x]);
        large.positions.extend(structure.positions.iter().map(moved));
    }
    large.cell = Cell::new([a, b, c].map(|v| v.map(|x| 2.0 * x)));
    let found = evaluate(&large, 20.0);
    close(found.energy, 8.0 * expected.energy, 1e-10, "energy of eight cells");
    for (x, y) in found.virial.as_flattened().iter().zip(expected.virial.as_flattened()) {
        close(*x, 8.0 * y, 1e-9, "virial of eight cells");
    }
}

/// The same bits on any number of threads, after other structures, and whatever else is asked for.
#[test]
fn nothing_but_the_structure_counts() {
    let structure = mixture();
    let expected = evaluate(&structure, 15.0);
    let other =
        Structure::new(vec![79; 9], (0..9).map(|i| [3.0 * f64::from(i); 3]).collect(), Cell::default(), [false; 3]);
    for threads in [1, 3] {
        let mut used = d3(15.0, threads);
        let mut out = Evaluation::default();
        for structure in [&other, &structure] {
            used.evaluate(structure, Request::ALL, &mut out).unwrap();
        }
        assert_eq!(out, expected, "{threads} threads");
        used.evaluate(&structure, Request::ENERGY, &mut out).unwrap();
        assert_eq!((out.energy, &out.energies), (expected.energy, &expected.energies));
        assert!(out.forces.is_empty() && out.virials.is_empty() && out.virial == [[0.0; 3]; 3]);
        used.evaluate(&structure, Request::FORCES, &mut out).unwrap();
        assert_eq!((&out.forces, out.virial), (&expected.forces, expected.virial));
    }
}

#[test]
fn a_sum_adds_all_that_its_terms_say() {
    let structure = Structure { numbers: vec![18; 6], ..mixture() };
    let argon = || LennardJones::new(0.0104, 3.4, 8.5).unwrap();
    let [mut both, mut one, mut other] = [(); 3].map(|()| Evaluation::default());
    let mut sum = Sum::new(Box::new(argon())).with(Box::new(d3(12.0, 1)));
    sum.evaluate(&structure, Request::ALL, &mut both).unwrap();
    argon().evaluate(&structure, Request::ALL, &mut one).unwrap();
    d3(12.0, 1).evaluate(&structure, Request::ALL, &mut other).unwrap();
    assert!(!sum.has_magnetic_moments());
    assert_eq!(both.energy, one.energy + other.energy);
    assert_eq!(both.energies[4], one.energies[4] + other.energies[4]);
    assert_eq!(both.forces[5][2], one.forces[5][2] + other.forces[5][2]);
    assert_eq!(both.virial[2][1], one.virial[2][1] + other.virial[2][1]);
    assert_eq!(both.virials[3][0][2], one.virials[3][0][2] + other.virials[3][0][2]);
}

fn refused(structure: &Structure) -> PotentialError {
    d3(12.0, 1).evaluate(structure, Request::FORCES, &mut Evaluation::default()).unwrap_err()
}

#[test]
fn structures_that_cannot_be_computed_are_refused_by_name() {
    let pair = |numbers: [u8; 2], x: f64| {
        Structure::new(numbers.to_vec(), vec![[0.0; 3], [x, 0.0, 0.0]], Cell::default(), [false; 3])
    };
    let error = refused(&pair([103, 104], 3.0));
    assert_eq!(error.to_string(), "atom 1 is Rf, which the model does not know; it knows H to Lr");
    let overlap = refused(&pair([6, 8], 0.05));
    assert!(matches!(overlap, PotentialError::Overlap { first: 0, second: 1, .. }), "{overlap}");
    let same = refused(&pair([6, 8], 0.0));
    assert!(matches!(same, PotentialError::Overlap { first: 0, second: 1, .. }), "{same}");
    let mut thin = pair([6, 8], 1.2);
    (thin.cell, thin.pbc) = (Cell::new([[0.0; 3], [0.0, 0.08, 0.0], [0.0; 3]]), [false, true, false]);
    let image = refused(&thin);
    assert!(matches!(image, PotentialError::Overlap { first: 0, second: 0, .. }), "{image}");
    assert!(matches!(refused(&pair([6, 8], f64::NAN)), PotentialError::Structure(_)));
    assert!(refused(&Structure::default()).to_string().contains("atom"));
}

#[test]
fn coordinates_far_out_are_computed() {
    let at = |x: f64| Structure::new(vec![6, 8], vec![[x, 0.0, 0.0], [x + 3.0, 0.0, 0.0]], Cell::default(), [false; 3]);
    let expected = evaluate(&at(0.0), 12.0);
    close(evaluate(&at(1e6), 12.0).energy, expected.energy, 1e-9, "energy");
    let apart = Structure { positions: vec![[-1e9, 0.0, 3.0], [1e12, 0.0, 0.0]], ..at(0.0) };
    assert_eq!(evaluate(&apart, 12.0).energy, 0.0);
}

#[test]
fn parameters_that_cannot_be_computed_with_are_refused() {
    let unknown = D3Parameters::of("m06-2x").unwrap_err().to_string();
    assert!(unknown.contains("`m06-2x`") && unknown.contains("r2scan"), "{unknown}");
    assert_eq!(D3Parameters::of("B2-PLYP"), D3Parameters::of("b2plyp"));
    let pbe = D3Parameters::of("pbe").unwrap();
    let bad = D3Dispersion::new(D3Parameters { a1: f64::NAN, ..pbe }, D3Cutoffs::default(), pool(1)).err();
    assert!(matches!(bad, Some(DispersionError::Parameter { name: "a1", .. })));
    for cutoff in [0.0, -3.0, f64::NAN, 1e3] {
        let bad = D3Dispersion::new(pbe, D3Cutoffs::within(cutoff), pool(1)).err();
        assert!(matches!(bad, Some(DispersionError::Cutoff { .. })), "{cutoff}");
    }
}
