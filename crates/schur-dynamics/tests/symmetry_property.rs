//! Space groups of crystals whose symmetry is known, and of crystals without any.

use proptest::prelude::*;
use schur_atoms::{Cell, Structure};
use schur_dynamics::relax::{CellMode, Relaxation, RelaxationOptions, Status};
use schur_dynamics::symmetry::SpaceGroup;
use schur_potential::pair::LennardJones;

/// Rutile, P4_2/mnm: six atoms with one free coordinate, repeated `n` times along each axis.
fn rutile(n: usize) -> Structure {
    let (a, c, x) = (4.594, 2.959, 0.305);
    let sites = [
        (22, [0.0, 0.0, 0.0]),
        (22, [0.5, 0.5, 0.5]),
        (8, [x, x, 0.0]),
        (8, [-x, -x, 0.0]),
        (8, [0.5 - x, 0.5 + x, 0.5]),
        (8, [0.5 + x, 0.5 - x, 0.5]),
    ];
    let size = n as f64;
    let cell = Cell::new([[size * a, 0.0, 0.0], [0.0, size * a, 0.0], [0.0, 0.0, size * c]]);
    let (mut numbers, mut positions) = (Vec::new(), Vec::new());
    for corner in 0..n.pow(3) {
        let shift = [corner % n, corner / n % n, corner / (n * n)];
        for (number, f) in sites {
            numbers.push(number);
            positions.push(cell.to_cartesian(std::array::from_fn(|i| (f[i] + shift[i] as f64) / size)));
        }
    }
    Structure::new(numbers, positions, cell, [true; 3])
}

fn rotation(axis: [f64; 3], angle: f64) -> [[f64; 3]; 3] {
    let length = axis.iter().map(|x| x * x).sum::<f64>().sqrt();
    let [x, y, z] = axis.map(|c| c / length);
    let (s, c) = angle.sin_cos();
    let t = 1.0 - c;
    [
        [t * x * x + c, t * x * y + s * z, t * x * z - s * y],
        [t * x * y - s * z, t * y * y + c, t * y * z + s * x],
        [t * x * z + s * y, t * y * z - s * x, t * z * z + c],
    ]
}

fn disturb(structure: &mut Structure, noise: &[f64], amplitude: f64) {
    for (x, n) in structure.positions.as_flattened_mut().iter_mut().zip(noise.iter().cycle()) {
        *x += amplitude * n;
    }
}

#[test]
fn supercells_have_their_translations() {
    for n in 1..=3 {
        let group = SpaceGroup::find(&rutile(n), 1e-3).unwrap();
        assert_eq!((group.number(), group.symbol(), group.n_operations()), (136, "P4_2/mnm", 16 * n.pow(3)));
    }
}

/// Mirror images of cells and orientations in space are as good as any other.
#[test]
fn left_handed_and_rotated_cells_are_ordinary() {
    let turn = rotation([0.3, -0.5, 0.8], 1.1);
    let mut structure = rutile(1);
    let [a, b, c] = structure.cell.vectors();
    structure.cell = Cell::new([b, a, c]).deformed(&turn);
    let frame = Cell::new(turn);
    structure.positions = structure.positions.iter().map(|&x| frame.to_cartesian(x)).collect();
    assert!(structure.cell.determinant() < 0.0);
    assert_eq!(SpaceGroup::find(&structure, 1e-3).unwrap().number(), 136);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Noise below the tolerance goes, whatever the orientation, and what remains moves less than the noise did.
    #[test]
    fn symmetrized_crystals_are_exactly_symmetric(
        noise in prop::collection::vec(-1.0f64..1.0, 47),
        strain in prop::array::uniform9(-1e-3f64..1e-3),
        axis in prop::array::uniform3(0.1f64..1.0),
        angle in 0.0f64..3.0,
    ) {
        let mut structure = rutile(2);
        disturb(&mut structure, &noise, 2e-3);
        let mut deformation = rotation(axis, angle);
        for i in 0..9 {
            deformation[i / 3][i % 3] += strain[i];
        }
        let frame = Cell::new(deformation);
        structure.cell = structure.cell.deformed(&deformation);
        structure.positions = structure.positions.iter().map(|&x| frame.to_cartesian(x)).collect();
        let group = SpaceGroup::find(&structure, 0.05).unwrap();
        prop_assert_eq!((group.number(), group.n_operations()), (136, 128));
        let mut symmetric = structure.clone();
        group.symmetrize(&mut symmetric).unwrap();
        prop_assert_eq!(SpaceGroup::find(&symmetric, 1e-6).unwrap().number(), 136);
        let mut again = symmetric.clone();
        group.symmetrize(&mut again).unwrap();
        for (a, b) in again.positions.as_flattened().iter().zip(symmetric.positions.as_flattened()) {
            prop_assert!((a - b).abs() < 1e-12, "a projection done twice is the projection");
        }
        for (a, b) in structure.positions.as_flattened().iter().zip(symmetric.positions.as_flattened()) {
            prop_assert!((a - b).abs() < 0.05);
        }
    }

    /// Projections of forces and stress: done twice they are done once, and a symmetric tensor stays.
    #[test]
    fn projections_are_projections(values in prop::collection::vec(-1.0f64..1.0, 18), w in prop::array::uniform9(-1.0f64..1.0)) {
        let group = SpaceGroup::find(&rutile(1), 1e-3).unwrap();
        let mut once: Vec<[f64; 3]> = values.chunks_exact(3).map(|c| [c[0], c[1], c[2]]).collect();
        group.project_vectors(&mut once);
        let mut twice = once.clone();
        group.project_vectors(&mut twice);
        for (a, b) in once.as_flattened().iter().zip(twice.as_flattened()) {
            prop_assert!((a - b).abs() < 1e-14);
        }
        // Titanium sits on a centre of symmetry; oxygen may move along the diagonal alone.
        prop_assert!(once[0].iter().chain(&once[1]).all(|f| f.abs() < 1e-14));
        prop_assert!((once[2][0] - once[2][1]).abs() < 1e-14 && once[2][2].abs() < 1e-14);
        let mut tensor = [[w[0], w[1], w[2]], [w[3], w[4], w[5]], [w[6], w[7], w[8]]];
        group.project_tensor(&mut tensor);
        prop_assert!((tensor[0][0] - tensor[1][1]).abs() < 1e-14);
        prop_assert!(tensor[0][2].abs() < 1e-14 && tensor[1][2].abs() < 1e-14);
    }

    /// Random atoms, down to overlapping ones, and any tolerance: an answer or an error.
    #[test]
    fn any_structure_gets_an_answer(
        fractions in prop::collection::vec(prop::array::uniform3(0.0f64..1.0), 1..6),
        numbers in prop::collection::vec(1u8..3, 6),
        cell in prop::array::uniform9(-3.0f64..3.0),
        exponent in -8.0f64..1.0,
    ) {
        let vectors = [[cell[0], cell[1], cell[2]], [cell[3], cell[4], cell[5]], [cell[6], cell[7], cell[8]]];
        let cell = Cell::new(vectors);
        let positions: Vec<[f64; 3]> = fractions.iter().map(|&f| cell.to_cartesian(f)).collect();
        let structure = Structure::new(numbers[..positions.len()].to_vec(), positions, cell, [true; 3]);
        if let Ok(group) = SpaceGroup::find(&structure, 10f64.powf(exponent)) {
            prop_assert!((1..=230).contains(&group.number()));
        }
    }

    /// From random gas to a minimum: hard repulsions at the start must not derail the relaxation.
    #[test]
    fn rough_starts_converge(noise in prop::collection::vec(-1.0f64..1.0, 96)) {
        let a = 5.3;
        let cell = Cell::new([[2.0 * a, 0.0, 0.0], [0.0, 2.0 * a, 0.0], [0.0, 0.0, 2.0 * a]]);
        let sites = [[0.0; 3], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]];
        let positions = (0..32)
            .map(|i| [i % 2, i / 2 % 2, i / 4 % 2].map(|c| c as f64 * a))
            .enumerate()
            .map(|(i, corner)| std::array::from_fn(|c| corner[c] + sites[i / 8][c] * a))
            .collect();
        let mut structure = Structure::new(vec![18; 32], positions, cell, [true; 3]);
        disturb(&mut structure, &noise, 1.0);
        let options =
            RelaxationOptions { fmax: 1e-4, max_steps: 5000, cell: CellMode::Full, ..RelaxationOptions::default() };
        let mut relaxation = Relaxation::new(structure, options).unwrap();
        let mut potential = LennardJones::new(0.0104, 3.4, 7.0).unwrap();
        let report = loop {
            let report = relaxation.step(&mut potential).unwrap();
            if report.status != Status::Running {
                break report;
            }
        };
        prop_assert_eq!(report.status, Status::Converged, "after {} steps", report.step);
        prop_assert!(report.max_stress.unwrap() < 1e-4);
    }
}
