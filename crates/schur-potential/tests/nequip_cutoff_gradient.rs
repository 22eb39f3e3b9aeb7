//! Smoothness where formulas change: at the cut-off, where XPLOR begins, and where spline pieces meet.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "models/answers.rs"]
mod answers;
#[path = "models/nequip.rs"]
mod nequip;

use answers::{build, evaluate, largest, plain};
use nequip::{Variant, published};
use schur_atoms::{Cell, Structure};
use schur_potential::{Model, Potential, PotentialOptions, Precision};

/// Where something begins or ends, Å.
const BORDERS: [f64; 4] = [1.5, 3.0, 4.5, 5.0];
/// How far to either side is looked, Å.
const STEP: f64 = 1e-8;
/// Bound on the second derivative of any dimer here, eV/Å^2: how far a force may change over the step.
const CURVATURE: f64 = 1e3;

fn dimer(numbers: [u8; 2], r: f64) -> Structure {
    // Off the axes, so that every harmonic takes part.
    let direction = [2.0 / 7.0, -3.0 / 7.0, 6.0 / 7.0];
    Structure::new(numbers.to_vec(), vec![[0.0; 3], direction.map(|x| r * x)], Cell::default(), [false; 3])
}

/// Energy and force along the bond, positive if it pulls together.
fn energy_and_slope(potential: &mut (dyn Potential + Send), numbers: [u8; 2], r: f64) -> (f64, f64) {
    let structure = dimer(numbers, r);
    let found = evaluate(potential, &structure);
    let slope = (0..3).map(|a| found.forces[0][a] * structure.positions[1][a] / r).sum();
    (found.energy, slope)
}

fn assert_smooth(name: &str, model: &Model, options: &PotentialOptions, numbers: [u8; 2]) {
    let mut potential = build(model, options);
    // What rounding of the energy leaves, eV, and of a force, eV/Å.
    let (noise, force_noise) = match options.precision {
        Precision::F64 => (1e-12, 1e-9),
        Precision::F32 => (2e-5, 2e-4),
    };
    for border in BORDERS {
        let mut at = |r: f64| energy_and_slope(potential.as_mut(), numbers, r);
        let (below, on, above) = (at(border - STEP), at(border), at(border + STEP));
        let step = above.0 - below.0 - on.1 * 2.0 * STEP;
        let allowed = noise + CURVATURE * STEP * STEP;
        assert!(step.abs() < allowed, "{name} at {border} Å: the energy jumps by {step:.2e} eV");
        for (side, found) in [("below", below), ("above", above)] {
            let change = found.1 - on.1;
            let allowed = force_noise + CURVATURE * STEP;
            assert!(change.abs() < allowed, "{name} {side} {border} Å: the force changes by {change:.2e} eV/Å");
        }
    }
}

#[test]
fn energies_and_forces_of_dimers_are_continuous() {
    for variant in Variant::ALL {
        for (precision, exact_radial) in [(Precision::F64, true), (Precision::F64, false), (Precision::F32, false)] {
            let name = format!("{variant:?} {precision:?} exact_radial {exact_radial}");
            assert_smooth(&name, &variant.model(), &variant.options(precision, exact_radial), [8, 14]);
        }
    }
    for name in ["sevennet-0", "sevennet-l3i5"] {
        let Some(model) = published(name) else { return };
        for (precision, exact_radial) in [(Precision::F64, true), (Precision::F64, false), (Precision::F32, false)] {
            let label = format!("{name} {precision:?} exact_radial {exact_radial}");
            assert_smooth(&label, &model, &plain(precision, exact_radial), [8, 14]);
        }
    }
}

#[test]
fn atoms_at_the_cutoff_and_beyond_do_not_see_each_other() {
    for variant in Variant::ALL {
        let mut potential = build(&variant.model(), &variant.options(Precision::F64, false));
        let alone = |potential: &mut (dyn Potential + Send), number: u8| {
            let atom = Structure::new(vec![number], vec![[0.3; 3]], Cell::default(), [false; 3]);
            evaluate(potential, &atom).energy
        };
        let expected = alone(potential.as_mut(), 1) + alone(potential.as_mut(), 29);
        for r in [5.0, 5.000001, 7.0, 1e6] {
            let found = evaluate(potential.as_mut(), &dimer([1, 29], r));
            assert_eq!(found.energy, expected, "{variant:?} at {r} Å");
            assert_eq!(largest(found.forces.as_flattened()), 0.0, "{variant:?} at {r} Å");
        }
        let near = evaluate(potential.as_mut(), &dimer([1, 29], 4.0));
        assert!((near.energy - expected).abs() > 1e-3, "{variant:?}: the pair does nothing at 4 Å either");
    }
}

/// The table follows the network it stands for between its nodes too, for every layer and all distances of matter.
#[test]
fn dimers_with_tables_follow_those_without() {
    for variant in Variant::ALL {
        let model = variant.model();
        let mut exact = build(&model, &variant.options(Precision::F64, true));
        let mut table = build(&model, &variant.options(Precision::F64, false));
        for i in 0..450 {
            let r = 0.5 + 0.0101 * f64::from(i);
            let a = energy_and_slope(exact.as_mut(), [8, 14], r);
            let b = energy_and_slope(table.as_mut(), [8, 14], r);
            // h^4 f''''/384 for a value and h^3 f''''/24 for a slope, with f'''' up to 1e3 eV/Å^4 and h = 1/60 Å.
            assert!((a.0 - b.0).abs() < 5e-6 && (a.1 - b.1).abs() < 2e-4, "{variant:?} at {r} Å: {a:?} and {b:?}");
        }
    }
}
