//! Relaxations of one strained crystal, step by step as ASE takes them.

use schur_atoms::{Cell, Structure};
use schur_dynamics::relax::{CellMode, Optimizer, Relaxation, RelaxationOptions};
use schur_potential::pair::LennardJones;
use serde::Deserialize;

const SIGMA: f64 = 3.4;

/// One relaxation as `fixtures/make_relax_ase.py` writes it.
#[derive(Deserialize)]
struct Reference {
    optimizer: String,
    cell: String,
    pressure: f64,
    /// Energy (eV) and largest force (eV/Å) before each step.
    steps: Vec<[f64; 2]>,
    positions: Vec<[f64; 3]>,
    vectors: [[f64; 3]; 3],
}

fn crystal() -> Structure {
    let a = 2f64.powf(2.0 / 3.0) * SIGMA;
    let deformation = [[1.03, 0.02, -0.01], [0.0, 0.98, 0.015], [0.01, 0.0, 0.99]];
    let cell = Cell::new([[a, 0.0, 0.0], [0.0, a, 0.0], [0.0, 0.0, a]]).deformed(&deformation);
    let sites = [[0.0; 3], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]];
    let mut structure = Structure::new(vec![18; 4], sites.map(|f| cell.to_cartesian(f)).to_vec(), cell, [true; 3]);
    structure.positions[1][0] += 0.1;
    structure
}

#[test]
fn every_step_is_that_of_ase() {
    let references: Vec<Reference> = serde_json::from_str(include_str!("fixtures/relax_ase.json")).unwrap();
    assert_eq!(references.len(), 6);
    for reference in references {
        let name = format!("{} {}", reference.optimizer, reference.cell);
        let optimizer = if reference.optimizer == "fire" { Optimizer::Fire } else { Optimizer::Lbfgs };
        let cell = match reference.cell.as_str() {
            "fixed" => CellMode::Fixed,
            "isotropic" => CellMode::Isotropic,
            _ => CellMode::Full,
        };
        let pressure = reference.pressure;
        let options = RelaxationOptions { fmax: 1e-9, cell, optimizer, pressure, ..RelaxationOptions::default() };
        let mut relaxation = Relaxation::new(crystal(), options).unwrap();
        let mut potential = LennardJones::new(0.0104, SIGMA, 2.0 * SIGMA).unwrap().with_onset(1.3 * SIGMA).unwrap();
        for (step, [energy, fmax]) in reference.steps.iter().enumerate() {
            let report = relaxation.step(&mut potential).unwrap();
            // Rounding grows along a sequence of steps, each of which depends on differences of forces.
            assert!((report.energy - energy).abs() < 1e-9, "{name}: energy {} at step {step}", report.energy);
            assert!((report.fmax - fmax).abs() < 1e-6 * fmax + 1e-9, "{name}: fmax {} at step {step}", report.fmax);
        }
        let structure = relaxation.into_structure();
        let found = structure
            .positions
            .as_flattened()
            .iter()
            .chain(structure.cell.vectors().as_flattened().iter())
            .copied()
            .collect::<Vec<_>>();
        let expected = reference.positions.as_flattened().iter().chain(reference.vectors.as_flattened());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{name}: {found} instead of {expected}");
        }
    }
}
