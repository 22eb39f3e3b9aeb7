//! The neighbour list against brute force over all images: every kind of cell, periodicity and position.

use proptest::prelude::*;
use schur_atoms::neighbours::{NeighborList, distance, vector};
use schur_atoms::{Cell, Structure};

type Pair = (usize, u32, [i32; 3]);

/// Images of each axis that a vector no longer than `length` can reach: `length` times the dual vector's norm, which
/// is the root of the diagonal of the inverse Gram matrix of the periodic vectors.
fn image_bounds(structure: &Structure, length: f64) -> [i32; 3] {
    let v = structure.cell.vectors();
    let axes: Vec<usize> = (0..3).filter(|&a| structure.pbc[a]).collect();
    let dot = |a: usize, b: usize| (0..3).map(|c| v[a][c] * v[b][c]).sum::<f64>();
    let n = axes.len();
    let mut m: Vec<Vec<f64>> = (0..n)
        .map(|i| {
            (0..2 * n).map(|j| if j < n { dot(axes[i], axes[j]) } else { f64::from(u8::from(j - n == i)) }).collect()
        })
        .collect();
    for i in 0..n {
        let pivot = m[i][i];
        m[i].iter_mut().for_each(|x| *x /= pivot);
        for k in (0..n).filter(|&k| k != i) {
            let factor = m[k][i];
            for j in 0..2 * n {
                let subtrahend = factor * m[i][j];
                m[k][j] -= subtrahend;
            }
        }
    }
    let mut bounds = [0; 3];
    for (i, &a) in axes.iter().enumerate() {
        bounds[a] = (length * m[i][n + i].sqrt()).ceil() as i32 + 1;
    }
    bounds
}

fn brute_force(structure: &Structure, cutoff: f64) -> Vec<Pair> {
    let r = &structure.positions;
    let mut pairs = Vec::new();
    for i in 0..r.len() {
        for j in 0..r.len() {
            let [a, b, c] = image_bounds(structure, cutoff + distance(std::array::from_fn(|k| r[j][k] - r[i][k])));
            for s in (-a..=a).flat_map(|x| (-b..=b).flat_map(move |y| (-c..=c).map(move |z| [x, y, z]))) {
                let close = distance(vector(r[i], r[j], s, &structure.cell)) < cutoff;
                if close && !(i == j && s == [0; 3]) {
                    pairs.push((i, j as u32, s));
                }
            }
        }
    }
    pairs
}

fn pairs_of(list: &NeighborList) -> Vec<Pair> {
    (0..list.n_atoms()).flat_map(|i| list.row(i).map(move |e| (i, list.neighbors()[e], list.shifts()[e]))).collect()
}

fn check(structure: &Structure, cutoff: f64) -> NeighborList {
    let list = NeighborList::build(structure, cutoff).unwrap_or_else(|error| panic!("{error}"));
    let (found, expected) = (pairs_of(&list), brute_force(structure, cutoff));
    assert_eq!(found, expected, "{structure:?} at {cutoff}");
    check_reverse(&list);
    list
}

fn check_reverse(list: &NeighborList) {
    let pairs = pairs_of(list);
    assert_eq!(list.reverse().len(), pairs.len());
    for (e, &(i, j, s)) in pairs.iter().enumerate() {
        let opposite = list.reverse()[e] as usize;
        assert_eq!(pairs[opposite], (j as usize, i as u32, s.map(|x| -x)));
        assert_eq!(list.reverse()[opposite] as usize, e);
    }
}

fn structure(positions: Vec<[f64; 3]>, cell: [[f64; 3]; 3], pbc: [bool; 3]) -> Structure {
    Structure::new(vec![6; positions.len()], positions, Cell::new(cell), pbc)
}

fn all_pbc() -> impl Iterator<Item = [bool; 3]> {
    (0..8usize).map(|mask| std::array::from_fn(|a| mask >> a & 1 == 1))
}

#[test]
fn every_periodicity_with_and_without_a_vector_along_the_other_axes() {
    let cell = [[4.0, 0.3, -0.2], [1.0, 3.5, 0.4], [-0.8, 0.9, 4.4]];
    let positions = vec![[0.1, 0.2, 0.3], [1.9, 1.5, 2.2], [-7.0, 9.0, 3.0], [3.0, -0.5, 14.0]];
    let junk = [[[100.0, -70.0, 3.0]; 3], [[1e-3, 0.0, 0.0]; 3], [[0.0; 3]; 3], cell];
    for pbc in all_pbc() {
        let mut lists = junk.iter().map(|junk| {
            let cell = std::array::from_fn(|a| if pbc[a] { cell[a] } else { junk[a] });
            pairs_of(&check(&structure(positions.clone(), cell, pbc), 5.2))
        });
        let first = lists.next().unwrap();
        assert!(lists.all(|other| other == first), "a non-periodic axis must not care about its vector: {pbc:?}");
    }
}

#[test]
fn cells_far_smaller_than_the_cut_off() {
    for pbc in all_pbc() {
        check(
            &structure(vec![[0.0; 3], [0.4, 0.3, 0.1]], [[0.9, 0.0, 0.1], [0.2, -1.1, 0.0], [0.0, 0.3, 1.0]], pbc),
            4.0,
        );
    }
}

#[test]
fn a_sheared_basis_gives_the_same_vectors_as_the_short_one() {
    let short = [[3.0, 0.1, 0.0], [0.4, 3.3, 0.2], [-0.3, 0.5, 2.9]];
    // rows of a unimodular matrix with entries up to a few thousand
    let mix = [[1.0, 0.0, 0.0], [1700.0, 1.0, 0.0], [-331.0, 42.0, 1.0]];
    let sheared: [[f64; 3]; 3] =
        std::array::from_fn(|a| std::array::from_fn(|c| (0..3).map(|b| mix[a][b] * short[b][c]).sum()));
    let positions = vec![[0.0, 0.0, 0.0], [1.1, 1.6, 1.4], [50.0, -20.0, 7.0]];
    let vectors = |cell| {
        let s = structure(positions.clone(), cell, [true; 3]);
        let list = NeighborList::build(&s, 5.0).unwrap();
        check_reverse(&list);
        let rows = (0..3).flat_map(|i| list.row(i).map(move |e| (i, e)));
        let mut found: Vec<(usize, u32, [i64; 3])> = rows
            .map(|(i, e)| {
                let v = list.vector(&s.positions, &s.cell, i, e).map(|x| (x * 1e6).round() as i64);
                (i, list.neighbors()[e], v)
            })
            .collect();
        found.sort_unstable();
        (found, list.distance_evaluations())
    };
    let ((a, cost_a), (b, cost_b)) = (vectors(short), vectors(sheared));
    assert_eq!(a, b);
    assert!(cost_b <= 2 * cost_a, "shear must not cost: {cost_a} against {cost_b}");
}

#[test]
fn atoms_far_outside_the_cell() {
    let cell = [[6.0, 0.0, 0.5], [-2.0, 5.0, 0.0], [0.0, 0.7, -7.0]];
    let positions = vec![[1.0, 2.0, 3.0], [0.0, 0.0, 0.0], [2.5, 2.5, 2.5]];
    let home = pairs_of(&check(&structure(positions.clone(), cell, [true; 3]), 5.0));
    let moves = [[1667, -2000, 1400], [-1, 3, 0], [0, 0, 0]];
    let moved: Vec<[f64; 3]> = (0..3)
        .map(|i| {
            let t = Cell::new(cell).to_cartesian(moves[i].map(f64::from));
            std::array::from_fn(|c| positions[i][c] + t[c])
        })
        .collect();
    let mut far = pairs_of(&NeighborList::build(&structure(moved, cell, [true; 3]), 5.0).unwrap());
    for (i, j, s) in &mut far {
        *s = std::array::from_fn(|a| s[a] + moves[*j as usize][a] - moves[*i][a]);
    }
    assert_eq!(far, home);
}

#[test]
fn pairs_exactly_at_the_cut_off_are_left_out_in_both_directions() {
    let cubic = |a: f64| [[a, 0.0, 0.0], [0.0, a, 0.0], [0.0, 0.0, a]];
    assert_eq!(check(&structure(vec![[0.1, 0.2, 0.3]], cubic(2.5), [true; 3]), 5.0).len(), 26);
    assert_eq!(check(&structure(vec![[0.7; 3]], cubic(0.1), [true; 3]), 0.3).len() % 2, 0);
    check(&structure(vec![[0.0; 3], [0.3, 0.0, 0.0], [0.1, 0.0, 0.0]], [[0.0; 3]; 3], [false; 3]), 0.2);
}

#[test]
fn supercells_have_as_many_pairs_an_atom() {
    let a = 3.61;
    let basis = [[0.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]];
    for n in [1usize, 2, 3, 5] {
        let cells = (0..n).flat_map(|x| (0..n).flat_map(move |y| (0..n).map(move |z| [x, y, z])));
        let positions: Vec<[f64; 3]> =
            cells.flat_map(|c| basis.map(|b| std::array::from_fn(|k| a * (b[k] + c[k] as f64)))).collect();
        let l = a * n as f64;
        let s = structure(positions, [[l, 0.0, 0.0], [0.0, l, 0.0], [0.0, 0.0, l]], [true; 3]);
        let list = NeighborList::build(&s, 5.0).unwrap();
        assert_eq!(list.len(), 42 * s.len());
        check_reverse(&list);
    }
}

#[test]
fn rebuilding_forgets_the_previous_structure() {
    let big = structure((0..200).map(|i| [f64::from(i) * 0.9, 0.0, 0.0]).collect(), [[0.0; 3]; 3], [false; 3]);
    let small = structure(vec![[0.0; 3], [1.0; 3]], [[3.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 3.0]], [true; 3]);
    let mut list = NeighborList::build(&big, 5.0).unwrap();
    list.rebuild(&small, 4.0).unwrap();
    let fresh = NeighborList::build(&small, 4.0).unwrap();
    assert_eq!(pairs_of(&list), pairs_of(&fresh));
    assert_eq!(list.reverse(), fresh.reverse());
}

/// A cell of either handedness, skewed so far that its planes lie closer together than its vectors are long.
fn cells() -> impl Strategy<Value = [[f64; 3]; 3]> {
    let off = || -1.0..1.0f64;
    (prop::array::uniform3(1.0..5.0f64), prop::array::uniform6(off()), any::<bool>(), -3..=3i32, -2..=2i32).prop_map(
        |(lengths, off, flip, p, q)| {
            let [a, b, c] = lengths;
            let sign = if flip { -1.0 } else { 1.0 };
            let mut v = [[a, 0.2 * off[0], 0.3 * off[1]], [off[2], b, 0.3 * off[3]], [off[4], off[5], sign * c]];
            for k in 0..3 {
                v[1][k] += f64::from(p) * v[0][k];
                v[2][k] += f64::from(q) * v[1][k];
            }
            v
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_cell_any_periodicity(
        cell in cells(),
        pbc in prop::array::uniform3(any::<bool>()),
        positions in prop::collection::vec(prop::array::uniform3(-6.0..6.0f64), 1..5),
        cutoff in 0.3..3.5f64,
    ) {
        check(&structure(positions, cell, pbc), cutoff);
    }

    #[test]
    fn many_atoms_in_a_box(
        positions in prop::collection::vec(prop::array::uniform3(-3.0..15.0f64), 30..70),
        shear in prop::array::uniform3(-4.0..4.0f64),
        pbc in prop::array::uniform3(any::<bool>()),
        cutoff in 0.5..4.0f64,
    ) {
        let cell = [[12.0, 0.0, 0.0], [shear[0], 11.0, 0.0], [shear[1], shear[2], -13.0]];
        check(&structure(positions, cell, pbc), cutoff);
    }
}
