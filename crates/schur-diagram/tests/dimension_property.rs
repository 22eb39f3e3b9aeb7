//! Dimensions by a second way: the values of invariants on random vectors modulo a prime, for any `n`.
//!
//! A diagram with `m` vertices is a function of `m` vectors that is linear in each. Its value is a product over blocks: a
//! sum of products of coordinates, a form, or a determinant for a head. Diagrams are independent if their values at enough
//! random points are.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use schur_diagram::{Diagram, Group, basis, dimension, spanning_count, spanning_set};
use schur_testkit::Random;

/// A prime whose residues multiply within 64 bits: `2^31 - 1`.
const PRIME: u64 = (1 << 31) - 1;

/// More values than the rank can be, so that no accident lowers it.
const SPARE: usize = 8;

fn subtract(a: u64, b: u64) -> u64 {
    (a + PRIME - b) % PRIME
}

fn inverse(a: u64) -> u64 {
    let (mut result, mut base, mut exponent) = (1, a, PRIME - 2);
    while exponent > 0 {
        if exponent % 2 == 1 {
            result = result * base % PRIME;
        }
        base = base * base % PRIME;
        exponent /= 2;
    }
    result
}

/// Takes multiples of the pivot row from those below, column by column; returns the rank and the determinant.
fn eliminate(rows: &mut [Vec<u64>]) -> (usize, u64) {
    let (mut rank, mut determinant) = (0, 1);
    for column in 0..rows.first().map_or(0, Vec::len) {
        let Some(pivot) = (rank..rows.len()).find(|&row| rows[row][column] != 0) else {
            determinant = 0;
            continue;
        };
        rows.swap(rank, pivot);
        let sign = if pivot == rank { 1 } else { PRIME - 1 };
        determinant = determinant * sign % PRIME * rows[rank][column] % PRIME;
        let (head, below) = rows.split_at_mut(rank + 1);
        let own = &head[rank];
        let scale = inverse(own[column]);
        for row in below.iter_mut().filter(|row| row[column] != 0) {
            let factor = row[column] * scale % PRIME;
            row[column..].iter_mut().zip(&own[column..]).for_each(|(x, &y)| *x = subtract(*x, factor * y % PRIME));
        }
        rank += 1;
    }
    (rank, determinant)
}

/// The value of a diagram on one vector a vertex.
fn value(group: Group, n: usize, diagram: &Diagram, vectors: &[Vec<u64>]) -> u64 {
    let blocks = diagram.blocks();
    let mut product = 1;
    let mut head: Vec<Vec<u64>> = Vec::new();
    for block in 0..=*blocks.iter().max().unwrap_or(&0) {
        let members: Vec<usize> = (0..blocks.len()).filter(|&vertex| blocks[vertex] == block).collect();
        let joined = |i: usize| members.iter().fold(1, |product, &vertex| product * vectors[vertex][i] % PRIME);
        let is_form = group == Group::Symplectic
            && members.len() == 2
            && (members[0] < diagram.top()) == (members[1] < diagram.top());
        if diagram.head().contains(&block) {
            head.push((0..n).map(joined).collect());
        } else if is_form {
            let [x, y] = [members[0], members[1]].map(|vertex| &vectors[vertex]);
            let minor = |p: usize| subtract(x[p] * y[p + 1] % PRIME, x[p + 1] * y[p] % PRIME);
            product = product * ((0..n).step_by(2).map(minor).sum::<u64>() % PRIME) % PRIME;
        } else if !members.is_empty() {
            product = product * ((0..n).map(joined).sum::<u64>() % PRIME) % PRIME;
        }
    }
    if !head.is_empty() {
        // A free tentacle is summed over.
        head.resize(n, vec![1; n]);
        product = product * eliminate(&mut head).1 % PRIME;
    }
    product
}

/// The rank of diagrams, `most` at most; `draw` makes the vectors of a point.
fn rank(
    (group, n): (Group, usize),
    diagrams: &[Diagram],
    most: usize,
    mut draw: impl FnMut() -> Vec<Vec<u64>>,
) -> usize {
    let points: Vec<Vec<Vec<u64>>> = (0..most + SPARE).map(|_| draw()).collect();
    let values = |diagram: &Diagram| points.iter().map(|vectors| value(group, n, diagram, vectors)).collect();
    let mut rows: Vec<Vec<u64>> = diagrams.iter().map(values).collect();
    eliminate(&mut rows).0
}

fn vector(n: usize, random: &mut Random) -> Vec<u64> {
    (0..n).map(|_| random.bits() % PRIME).collect()
}

fn check(group: Group, n: usize, [top, bottom]: [usize; 2], random: &mut Random) {
    let expected = usize::try_from(dimension(group, n, top + bottom).unwrap()).unwrap();
    let mut of = |diagrams: &[Diagram]| {
        rank((group, n), diagrams, expected, || (0..top + bottom).map(|_| vector(n, random)).collect())
    };
    let name = format!("{group}, n = {n}, {bottom} to {top}");
    let own = basis(group, n, top, bottom).unwrap();
    assert_eq!((own.len(), of(&own)), (expected, expected), "the basis of {name}");
    assert_eq!(of(&spanning_set(group, n, top, bottom).unwrap()), expected, "the published set of {name}");
}

/// Everything that takes less than a second, and a random choice of the rest.
#[test]
fn dimensions_are_ranks_up_to_eight_axes() {
    let mut random = Random::new(83);
    for group in Group::ALL {
        let mut rest = Vec::new();
        for n in (1..=6).filter(|&n| group.check(n).is_ok()) {
            for m in 1..=8 {
                let set = spanning_count(group, n, m).unwrap();
                let work = set * dimension(group, n, m).unwrap().pow(2);
                let top = random.below(m + 1);
                match work {
                    0..=50_000 => check(group, n, [top, m - top], &mut random),
                    50_001..=80_000_000 => rest.push((n, [top, m - top])),
                    _ => {}
                }
            }
        }
        for _ in 0..rest.len().min(6) {
            let (n, sides) = rest.swap_remove(random.below(rest.len()));
            check(group, n, sides, &mut random);
        }
    }
}

#[test]
fn eight_axes_of_every_group_have_the_rank_of_the_tables() {
    let mut random = Random::new(89);
    for (group, n) in [
        (Group::Symmetric, 2),
        (Group::Orthogonal, 3),
        (Group::Orthogonal, 4),
        (Group::SpecialOrthogonal, 3),
        (Group::SpecialOrthogonal, 4),
        (Group::Symplectic, 4),
        (Group::Symplectic, 6),
    ] {
        check(group, n, [3, 5], &mut random);
    }
    // The published set of jellyfish is four thousand large; the basis tells as much.
    let maps = basis(Group::Alternating, 2, 4, 4).unwrap();
    let found = rank((Group::Alternating, 2), &maps, 256, || (0..8).map(|_| vector(2, &mut random)).collect());
    assert_eq!((maps.len(), found), (256, 256));
}

/// Maps between symmetric tensors: the same vector on every vertex of a row. There are as many as multisets of pairs
/// `(a_i, b_i)`, not both zero, that sum to the two orders, of `n` pairs at most.
#[test]
fn symmetric_tensors_have_as_many_maps_as_bipartite_partitions() {
    let mut random = Random::new(97);
    for (bottom, top, expected) in [(1, 1, 2), (2, 1, 4), (2, 2, 9), (3, 1, 7), (3, 2, 16), (3, 3, 31)] {
        for n in 1..=top + bottom {
            let maps = basis(Group::Symmetric, n, top, bottom).unwrap();
            let pairs = |diagram: &Diagram| {
                let count = |row: &[u8], block: u8| row.iter().filter(|&&other| other == block).count();
                let (outputs, inputs) = diagram.blocks().split_at(top);
                let blocks = 0..=*diagram.blocks().iter().max().unwrap();
                let mut pairs: Vec<[usize; 2]> =
                    blocks.map(|block| [count(outputs, block), count(inputs, block)]).collect();
                pairs.sort_unstable();
                pairs
            };
            let classes: BTreeSet<Vec<[usize; 2]>> = maps.iter().map(pairs).collect();
            if n == top + bottom {
                assert_eq!(classes.len(), expected, "{bottom} to {top}");
            }
            let found = rank((Group::Symmetric, n), &maps, classes.len(), || {
                let (above, below) = (vector(n, &mut random), vector(n, &mut random));
                [vec![above; top], vec![below; bottom]].concat()
            });
            assert_eq!(found, classes.len(), "{bottom} to {top}, n = {n}");
        }
    }
}
