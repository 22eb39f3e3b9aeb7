//! A list kept with a skin gives at every step the very pairs of a fresh list, in the same order.

use proptest::prelude::*;
use schur_atoms::neighbours::{NeighborList, SkinList, distance};
use schur_atoms::{Cell, Structure};

const CUTOFF: f64 = 3.0;

fn pairs_within(list: &NeighborList, structure: &Structure) -> Vec<(usize, u32, [i32; 3])> {
    (0..list.n_atoms())
        .flat_map(|i| list.row(i).map(move |e| (i, e)))
        .filter(|&(i, e)| distance(list.vector(&structure.positions, &structure.cell, i, e)) < CUTOFF)
        .map(|(i, e)| (i, list.neighbors()[e], list.shifts()[e]))
        .collect()
}

fn check(skin: &mut SkinList, structure: &Structure) {
    let fresh = NeighborList::build(structure, CUTOFF).unwrap_or_else(|error| panic!("{error}"));
    let kept = skin.update(structure).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(pairs_within(kept, structure), pairs_within(&fresh, structure));
}

fn start(positions: Vec<[f64; 3]>, pbc: [bool; 3]) -> Structure {
    let cell = Cell::new([[5.0, 0.2, 0.0], [-1.5, 4.6, 0.3], [0.4, 0.0, -6.0]]);
    Structure::new(vec![18; positions.len()], positions, cell, pbc)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn random_walks_of_atoms_and_cell(
        positions in prop::collection::vec(prop::array::uniform3(-4.0..9.0f64), 2..14),
        pbc in prop::array::uniform3(any::<bool>()),
        skin in 0.0..1.2f64,
        steps in prop::collection::vec((prop::collection::vec(-1.0..1.0f64, 42), prop::array::uniform9(-1.0..1.0f64)), 12),
        (reach, strain) in (0.0..0.25f64, prop_oneof![Just(0.0), 0.0..0.02f64]),
    ) {
        let mut structure = start(positions, pbc);
        let mut list = SkinList::new(CUTOFF, skin).unwrap();
        for (moves, strains) in &steps {
            let f: [[f64; 3]; 3] = std::array::from_fn(|a| {
                std::array::from_fn(|b| f64::from(u8::from(a == b)) + strain * strains[3 * a + b])
            });
            structure.cell = structure.cell.deformed(&f);
            for (i, x) in structure.positions.iter_mut().enumerate() {
                let carried = Cell::new(f).to_cartesian(*x);
                *x = std::array::from_fn(|c| carried[c] + reach * moves[3 * i + c]);
            }
            check(&mut list, &structure);
        }
    }
}

#[test]
fn small_motions_keep_the_list_and_large_ones_do_not() {
    let mut s = start(vec![[0.0; 3], [1.0, 1.0, 1.0], [2.0, 3.0, -2.0]], [true; 3]);
    let mut list = SkinList::new(CUTOFF, 0.6).unwrap();
    check(&mut list, &s);
    s.positions[0][0] += 0.25;
    check(&mut list, &s);
    assert_eq!(list.builds(), 1);
    s.positions[0][0] += 0.35;
    check(&mut list, &s);
    s.positions[1][1] -= 0.35;
    check(&mut list, &s);
    assert_eq!(list.builds(), 2, "0.6 and 0.35 Å apart must exceed a skin of 0.6 Å once");
}

#[test]
fn a_drift_and_a_rotation_of_everything_keep_the_list() {
    let mut s = start(vec![[0.0; 3], [1.0, 1.0, 1.0], [2.0, 3.0, -2.0]], [true; 3]);
    let mut list = SkinList::new(CUTOFF, 0.2).unwrap();
    check(&mut list, &s);
    let (sin, cos) = 0.7f64.sin_cos();
    let turn = [[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]];
    s.cell = s.cell.deformed(&turn);
    for x in &mut s.positions {
        let turned = Cell::new(turn).to_cartesian(*x);
        *x = [turned[0] + 40.0, turned[1] - 3.0, turned[2]];
    }
    check(&mut list, &s);
    assert_eq!(list.builds(), 1);
}

#[test]
fn a_compressed_cell_is_noticed_even_if_no_atom_moves() {
    let mut s = start(vec![[0.0; 3]], [true, false, false]);
    let mut list = SkinList::new(CUTOFF, 0.3).unwrap();
    check(&mut list, &s);
    assert!(list.list().is_empty());
    s.cell = Cell::new([[2.9, 0.0, 0.0], [0.0; 3], [0.0; 3]]);
    check(&mut list, &s);
    assert_eq!(list.list().len(), 2);
}

#[test]
fn periodicity_atoms_and_wrapping_are_noticed() {
    let mut s = start(vec![[0.1; 3], [1.0, 1.0, 1.0]], [true; 3]);
    let mut list = SkinList::new(CUTOFF, 0.5).unwrap();
    check(&mut list, &s);
    s.pbc = [true, false, true];
    check(&mut list, &s);
    s.positions.push([2.0, 0.0, 0.0]);
    s.numbers.push(18);
    check(&mut list, &s);
    let a = s.cell.vectors()[0];
    s.positions[0] = std::array::from_fn(|c| s.positions[0][c] + a[c]);
    check(&mut list, &s);
    assert_eq!(list.builds(), 4);
    check(&mut list, &s);
    assert_eq!(list.builds(), 4);
}

#[test]
fn a_failed_update_does_not_leave_a_stale_list() {
    let mut s = start(vec![[0.1; 3], [1.0, 1.0, 1.0]], [true; 3]);
    let mut list = SkinList::new(CUTOFF, 0.5).unwrap();
    check(&mut list, &s);
    s.positions[1][2] = f64::NAN;
    assert!(list.update(&s).is_err());
    s.positions[1][2] = 3.0;
    check(&mut list, &s);
    assert!(SkinList::new(CUTOFF, -0.1).is_err());
    assert!(SkinList::new(f64::INFINITY, 0.1).is_err());
}
