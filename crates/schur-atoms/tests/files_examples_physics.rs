//! The example structures have the bonds that the literature gives them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_atoms::files::read_path;
use schur_atoms::{Structure, mass};

fn example(name: &str) -> Vec<Structure> {
    read_path(format!("{}/../../examples/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Distances below a limit from atoms of one element to atoms of another, over the nearest cells, sorted.
fn bonds(structure: &Structure, from: u8, to: u8, limit: f64) -> Vec<f64> {
    // Number 13 is the cell itself.
    let images = if structure.cell.is_zero() { 13..14 } else { 0..27 };
    let mut found = Vec::new();
    for (_, a) in structure.numbers.iter().zip(&structure.positions).filter(|(number, _)| **number == from) {
        for (_, b) in structure.numbers.iter().zip(&structure.positions).filter(|(number, _)| **number == to) {
            for cell in images.clone() {
                let shift = structure.cell.to_cartesian([cell / 9, cell / 3 % 3, cell % 3].map(|n| f64::from(n - 1)));
                let d = (0..3).map(|k| (b[k] + shift[k] - a[k]).powi(2)).sum::<f64>().sqrt();
                if d < limit {
                    found.push(d);
                }
            }
        }
    }
    found.sort_by(f64::total_cmp);
    found
}

#[test]
fn quartz() {
    let quartz = &example("quartz.cif")[0];
    assert_eq!(quartz.numbers, [14, 14, 14, 8, 8, 8, 8, 8, 8]);
    // Levien et al. 1980, table 4: two bonds of 1.605 and two of 1.614 Å, given to 0.001 Å; density 2.648 g/cm^3.
    let bonds = bonds(quartz, 14, 8, 2.0);
    assert_eq!(bonds.len(), 12);
    assert!(bonds[..6].iter().all(|d| (d - 1.605).abs() < 0.0015), "{bonds:?}");
    assert!(bonds[6..].iter().all(|d| (d - 1.614).abs() < 0.0015), "{bonds:?}");
    const AMU_PER_CUBIC_ANGSTROM: f64 = 1.66053906660; // in g/cm^3
    let amu: f64 = quartz.numbers.iter().map(|&number| mass(number).unwrap()).sum();
    assert!((amu / quartz.cell.volume() * AMU_PER_CUBIC_ANGSTROM - 2.648).abs() < 0.001);
}

#[test]
fn molecules() {
    let [water, ethanol, benzene] = &example("molecules.extxyz")[..] else { panic!("three molecules") };
    assert!(bonds(water, 8, 1, 1.2).iter().all(|d| (d - 0.969).abs() < 0.001));
    assert_eq!((bonds(ethanol, 6, 1, 1.2).len(), bonds(ethanol, 8, 1, 1.2).len()), (5, 1));
    let ring = bonds(benzene, 6, 6, 1.6);
    let ring: Vec<_> = ring.iter().filter(|d| **d > 0.1).collect();
    assert_eq!(ring.len(), 12);
    assert!(ring.iter().all(|d| (*d - 1.395).abs() < 0.001));
    assert!([water, ethanol, benzene].iter().all(|molecule| molecule.pbc == [false; 3]));
}
