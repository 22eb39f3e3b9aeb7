//! What cannot be searched is refused with the reason, quickly and without a huge allocation.

use schur_atoms::neighbours::{NeighborError, NeighborList, spatial_order};
use schur_atoms::{Cell, CellError, Structure, StructureError};

fn cubic(a: f64) -> Cell {
    Cell::new([[a, 0.0, 0.0], [0.0, a, 0.0], [0.0, 0.0, a]])
}

fn error(positions: Vec<[f64; 3]>, cell: Cell, pbc: [bool; 3], cutoff: f64) -> NeighborError {
    let structure = Structure::new(vec![14; positions.len()], positions, cell, pbc);
    match NeighborList::build(&structure, cutoff) {
        Err(error) => error,
        Ok(list) => panic!("a list of {} pairs instead of an error", list.len()),
    }
}

#[test]
fn invalid_structures_and_cut_offs() {
    let empty = error(vec![], Cell::default(), [false; 3], 5.0);
    assert_eq!(empty, NeighborError::Structure(StructureError::Empty));
    for cutoff in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let e = error(vec![[0.0; 3]], Cell::default(), [false; 3], cutoff);
        assert!(matches!(e, NeighborError::Cutoff { .. }), "{e}");
    }
    let e = error(vec![[0.0; 3], [0.0, f64::NAN, 0.0]], Cell::default(), [false; 3], 5.0);
    assert!(matches!(e, NeighborError::Structure(StructureError::PositionNotFinite { atom: 1, .. })), "{e}");
    let e = error(vec![[0.0; 3]], Cell::default(), [true, false, false], 5.0);
    assert!(matches!(e, NeighborError::Structure(StructureError::MissingVector { axis: 0 })), "{e}");
    let parallel = Cell::new([[1.0, 0.0, 0.0], [3.0, 0.0, 0.0], [0.0; 3]]);
    let e = error(vec![[0.0; 3]], parallel, [true, true, false], 5.0);
    assert!(matches!(e, NeighborError::Structure(StructureError::Cell(CellError::Singular { .. }))), "{e}");
}

#[test]
fn a_failed_build_leaves_an_empty_list() {
    let good = Structure::new(vec![14], vec![[0.0; 3]], cubic(3.0), [true; 3]);
    let mut list = NeighborList::build(&good, 5.0).unwrap();
    assert!(list.rebuild(&good, -5.0).is_err());
    assert!(list.is_empty() && list.n_atoms() == 0 && list.shifts().is_empty() && list.reverse().is_empty());
}

#[test]
fn too_many_pairs_are_foreseen_with_their_number() {
    // A cell given in nanometres or scaled coordinates is the usual cause.
    for (cell, pbc, cutoff, expected) in [
        (cubic(3e-3), [true; 3], 6.0, 4.0 / 3.0 * std::f64::consts::PI * 8e9),
        (cubic(1e-5), [true, true, false], 5.0, std::f64::consts::PI * 25e10),
        (cubic(1e-9), [false, true, false], 5.0, 1e10),
        (cubic(3.0), [true; 3], 1e300, f64::INFINITY),
    ] {
        match error(vec![[0.0; 3]], cell, pbc, cutoff) {
            NeighborError::TooManyPairs { atoms: 1, pairs, .. } => {
                assert!(pairs == expected || (pairs / expected - 1.0).abs() < 1e-3, "{pairs} for {expected}");
            }
            other => panic!("{other}"),
        }
    }
    let cloud: Vec<[f64; 3]> =
        (0..100_000).map(|i| [f64::from(i % 100) * 1e-3, f64::from(i / 100) * 1e-3, 0.0]).collect();
    match error(cloud, Cell::default(), [false; 3], 5.0) {
        NeighborError::TooManyPairs { pairs, .. } => assert!((pairs / 1e10 - 1.0).abs() < 0.01, "{pairs}"),
        other => panic!("{other}"),
    }
}

#[test]
fn images_beyond_32_bits_are_refused() {
    let e = error(vec![[0.0; 3], [0.0, -1e12, 0.0]], cubic(3.0), [true; 3], 5.0);
    assert!(matches!(e, NeighborError::FarAtom { atom: 1, axis: 1, .. }), "{e}");
    let e = error(vec![[1e308, -1e308, 1e308]], cubic(3.0), [true; 3], 5.0);
    assert!(matches!(e, NeighborError::FarAtom { atom: 0, .. }), "{e}");
    let skewed = Cell::new([[3.0, 0.0, 0.0], [3e9, 3.0, 0.0], [0.0, 0.0, 3.0]]);
    let e = error(vec![[0.0; 3]], skewed, [true; 3], 5.0);
    assert!(matches!(e, NeighborError::SkewedCell { .. } | NeighborError::FarAtom { .. }), "{e}");
}

#[test]
fn absurd_but_finite_numbers_end() {
    for x in [1e6, 1e15, 1e100, 1e308, f64::MAX] {
        let positions = vec![[0.0; 3], [x, 0.0, 0.0], [-x, x, -x], [1.0, 0.0, 0.0]];
        for pbc in [[false; 3], [true, false, false], [true, true, false]] {
            let structure = Structure::new(vec![14; 4], positions.clone(), cubic(4.0), pbc);
            let order = spatial_order(&structure, 2.5);
            assert_eq!(order.len(), 4);
            if pbc == [false; 3] {
                assert_eq!(NeighborList::build(&structure, 3.0).unwrap().neighbors(), [3, 0]);
            } else if let Err(e) = NeighborList::build(&structure, 3.0) {
                assert!(matches!(e, NeighborError::FarAtom { .. }), "{e}");
            }
        }
    }
    let structure = Structure::new(vec![14; 2], vec![[0.0; 3]; 2], cubic(1e-200), [true; 3]);
    assert!(NeighborList::build(&structure, 3.0).is_err());
    assert_eq!(spatial_order(&structure, f64::NAN), [0, 1]);
    assert_eq!(spatial_order(&structure, 1.0), [0, 1]);
    let broken = Structure::new(vec![14; 3], vec![[f64::NAN; 3], [f64::INFINITY; 3], [0.0; 3]], cubic(1.0), [true; 3]);
    let mut order = spatial_order(&broken, 1.0);
    order.sort_unstable();
    assert_eq!(order, [0, 1, 2]);
}
