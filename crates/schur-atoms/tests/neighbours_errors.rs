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
fn a_lattice_finer_than_atoms_is_named_with_its_period() {
    // A cell given in fractions, in nanometres with a scale, or left over from a template is the usual cause.
    let sheared = Cell::new([[3.0, 0.0, 0.0], [3.0, 1e-7, 0.0], [0.0, 0.0, 3.0]]);
    let thin = Cell::new([[1e-2, 0.0, 0.0], [0.0, 1e4, 0.0], [0.0, 0.0, 1e7]]);
    for (cell, pbc, expected) in [
        (cubic(1e-7), [true; 3], 1e-7),
        (cubic(1e-5), [true, true, false], 1e-5),
        (cubic(1e-9), [false, true, false], 1e-9),
        (cubic(0.0499), [true, false, false], 0.0499),
        (sheared, [true; 3], 1e-7),
        (thin, [true; 3], 1e-2),
    ] {
        match error(vec![[0.0; 3]], cell, pbc, 5.0) {
            NeighborError::ShortVector { length, limit: 0.05, .. } => {
                assert!((length / expected - 1.0).abs() < 1e-6, "{length} for {expected}");
            }
            other => panic!("{other}"),
        }
    }
    let message = error(vec![[0.0; 3]], cubic(1e-7), [true; 3], 5.0).to_string();
    assert!(message.contains("1e-7 Å") && message.contains("nm"), "{message}");
    // A non-periodic axis repeats nothing, and a fine chain of one atom is for the model to judge.
    let wire = Structure::new(
        vec![14],
        vec![[0.0; 3]],
        Cell::new([[0.09, 0.0, 0.0], [0.0; 3], [0.0; 3]]),
        [true, false, false],
    );
    assert_eq!(NeighborList::build(&wire, 5.0).unwrap().len(), 2 * 55);
}

#[test]
fn crowds_are_refused_before_they_fill_the_memory() {
    // As lattice points of one atom, as coincident atoms, and as a small crowd far from everyone else.
    let e = error(vec![[0.0; 3]], cubic(0.06), [true; 3], 6.0);
    assert!(matches!(e, NeighborError::Crowded { atom: 0, neighbors, .. } if (neighbors / 4.19e6 - 1.0).abs() < 0.01));
    for pbc in [[false; 3], [true; 3]] {
        let e = error(vec![[1.0; 3]; 20_000], cubic(50.0), pbc, 5.0);
        assert!(matches!(e, NeighborError::Crowded { neighbors: 19_999.0, .. }), "{e}");
    }
    let mut mixed: Vec<[f64; 3]> = (0..30_000).map(|i| [f64::from(i) * 2.0, 0.0, 0.0]).collect();
    mixed.extend([[-50.0, 0.0, 0.0]; 5_000]);
    let e = error(mixed, Cell::default(), [false; 3], 5.0);
    assert!(matches!(e, NeighborError::Crowded { atom: 30_000.., neighbors: 4_999.0, .. }), "{e}");
    // A handful on one spot is listed, so that a model can name them.
    let few = Structure::new(vec![14; 900], vec![[1.0; 3]; 900], cubic(3.0), [false; 3]);
    assert_eq!(NeighborList::build(&few, 5.0).unwrap().len(), 900 * 899);
}

#[test]
fn long_thin_cells_are_ordinary() {
    let rod = Cell::new([[2.0, 0.0, 0.0], [0.0, 1e7, 0.0], [0.0, 0.0, 2.0]]);
    let positions = (0..1000).map(|i| [0.0, 1e4 * f64::from(i), 0.0]).collect();
    let structure = Structure::new(vec![14; 1000], positions, rod, [true; 3]);
    // Of the square lattice of 2 Å, twenty points besides the origin lie within 5.5 Å.
    assert_eq!(NeighborList::build(&structure, 5.5).unwrap().len(), 1000 * 20);
}

#[test]
fn too_many_pairs_are_foreseen_with_their_number() {
    match error(vec![[0.0; 3]], cubic(3.0), [true; 3], 1e300) {
        NeighborError::TooManyPairs { atoms: 1, pairs, .. } => assert!(pairs.is_infinite(), "{pairs}"),
        other => panic!("{other}"),
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
