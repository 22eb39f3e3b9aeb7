//! The search costs a bounded number of distances an atom, whatever the size, shape and spread of the structure.

use schur_atoms::neighbours::{NeighborList, spatial_order};
use schur_atoms::{Cell, Structure};

/// A full search with half-cut-off bins looks at 125 bins of 1/8 cubic cut-offs, 3.7 times the sphere's volume; bins
/// that do not divide the cell, and a cell that barely exceeds the cut-off, cost up to twice that.
const DISTANCES_PER_PAIR: f64 = 8.0;

/// fcc copper of `n`³ cubic cells, rattled by a fixed formula, with `cell` as its periodic vectors.
fn copper(n: usize, mix: [[i32; 3]; 3], pbc: [bool; 3]) -> Structure {
    let a = 3.61;
    let basis = [[0.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]];
    let cells = (0..n).flat_map(|x| (0..n).flat_map(move |y| (0..n).map(move |z| [x, y, z])));
    let positions: Vec<[f64; 3]> = cells
        .flat_map(|c| {
            basis.map(|b| std::array::from_fn(|k| a * (b[k] + c[k] as f64) + 0.1 * ((c[k] * 7 + k) as f64).sin()))
        })
        .collect();
    let cell = Cell::new(mix.map(|row| row.map(|m| a * n as f64 * f64::from(m))));
    Structure::new(vec![29; positions.len()], positions, cell, pbc)
}

const CUBE: [[i32; 3]; 3] = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];

fn distances_per_pair(structure: &Structure) -> f64 {
    let list = NeighborList::build(structure, 5.0).unwrap_or_else(|error| panic!("{error}"));
    list.distance_evaluations() as f64 / list.len() as f64
}

#[test]
fn cost_does_not_grow_with_size() {
    for n in [6, 10, 18] {
        for pbc in [[true; 3], [true, false, true], [false; 3]] {
            let cost = distances_per_pair(&copper(n, CUBE, pbc));
            assert!(cost < DISTANCES_PER_PAIR, "{cost} distances a pair for n = {n}, {pbc:?}");
        }
    }
}

#[test]
fn shear_does_not_cost() {
    let cube = distances_per_pair(&copper(6, CUBE, [true; 3]));
    let sheared = distances_per_pair(&copper(6, [[1, 0, 0], [1000, 1, 0], [-77, 350, -1]], [true; 3]));
    assert!(sheared < 1.01 * cube, "{sheared} against {cube}");
}

#[test]
fn one_atom_far_away_does_not_spoil_the_bins_of_the_rest() {
    let mut cluster = copper(8, CUBE, [false; 3]);
    let near = distances_per_pair(&cluster);
    for far in [1e4, 1e6, 1e12] {
        cluster.numbers.push(29);
        cluster.positions.push([far, -far, 0.5 * far]);
        let cost = distances_per_pair(&cluster);
        assert!(cost < 3.0 * near, "{cost} against {near} with an atom at {far} Å");
    }
}

#[test]
fn ordered_atoms_have_their_neighbours_near_in_memory() {
    let mut shuffled = copper(10, CUBE, [true; 3]);
    let n = shuffled.len();
    // Knuth's multiplicative hash scatters neighbours.
    let mut scattered: Vec<usize> = (0..n).collect();
    scattered.sort_by_key(|&k| (k as u32).wrapping_mul(2_654_435_761));
    shuffled.positions = scattered.iter().map(|&k| shuffled.positions[k]).collect();
    let median_gap = |structure: &Structure| {
        let list = NeighborList::build(structure, 5.0).unwrap_or_else(|error| panic!("{error}"));
        let row = |i: usize| list.neighbors()[list.row(i)].to_vec();
        let mut gaps: Vec<usize> =
            (0..n).flat_map(|i| row(i).into_iter().map(move |j| i.abs_diff(j as usize))).collect();
        gaps.sort_unstable();
        gaps[gaps.len() / 2]
    };
    let order = spatial_order(&shuffled, 2.5);
    let mut ordered = shuffled.clone();
    ordered.positions = order.iter().map(|&k| shuffled.positions[k as usize]).collect();
    let mut sorted = order;
    sorted.sort_unstable();
    assert!(sorted.iter().copied().eq(0..n as u32), "a permutation");
    let (before, after) = (median_gap(&shuffled), median_gap(&ordered));
    assert!(8 * after < before, "half of the neighbours within {after} places, {before} before");
}
