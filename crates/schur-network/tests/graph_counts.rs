//! The numbers of equivariant polynomials: published tables, and Burnside's lemma as an independent count.

use schur_network::graph::{GraphError, Multigraph, Output, OutputKind, Symmetry};

const KINDS: [OutputKind; 3] = [OutputKind::Invariant, OutputKind::Node, OutputKind::Edge];

/// Numbers by degree, from 0 on.
const TABLE: [(Symmetry, [&[usize]; 3]); 3] = [
    (Symmetry::Directed, [&[1, 2, 11, 52, 296], &[1, 5, 32, 199], &[2, 15, 117, 877]]),
    (Symmetry::Symmetric, [&[1, 2, 7, 23, 79], &[1, 4, 17, 69], &[2, 11, 56, 266]]),
    (Symmetry::Simple, [&[1, 1, 3, 8, 23], &[1, 2, 7, 23], &[2, 6, 24, 92]]),
];

#[test]
fn there_are_as_many_as_tables_say_and_as_burnside_counts() {
    for (symmetry, rows) in TABLE {
        for (kind, expected) in KINDS.into_iter().zip(rows) {
            for (degree, &expected) in expected.iter().enumerate() {
                assert_eq!(burnside(symmetry, kind, degree), expected, "Burnside: {symmetry:?} {kind:?} {degree}");
                let listed = Multigraph::of_degree(symmetry, kind, degree);
                assert_eq!(listed.len(), expected, "{symmetry:?} {kind:?} of degree {degree}");
            }
        }
    }
}

#[test]
fn beyond_the_table_burnside_still_agrees() {
    for (symmetry, kind, degree) in [
        (Symmetry::Simple, OutputKind::Invariant, 6),
        (Symmetry::Simple, OutputKind::Edge, 4),
        (Symmetry::Symmetric, OutputKind::Node, 4),
    ] {
        let listed = Multigraph::of_degree(symmetry, kind, degree);
        assert_eq!(listed.len(), burnside(symmetry, kind, degree), "{symmetry:?} {kind:?} of degree {degree}");
        assert!(listed.iter().all(|graph| graph.degree() == degree && *graph == graph.canonical()));
    }
}

/// Counts orbits of multisets of `degree` pairs of nodes under the permutations that fix the marked ones.
fn burnside(symmetry: Symmetry, kind: OutputKind, degree: usize) -> usize {
    let free = 2 * degree + 1;
    let with_fixed = |fixed: usize| {
        let (mut sum, mut order) = (0_i128, 1_i128);
        (1..=free).for_each(|k| order *= k as i128);
        for cycles in partitions(free, free) {
            let mut class = order;
            for length in 1..=free {
                let times = cycles.iter().filter(|&&c| c == length).count();
                (0..times).for_each(|k| class /= (length * (k + 1)) as i128);
            }
            let all: Vec<usize> = cycles.iter().copied().chain(std::iter::repeat_n(1, fixed)).collect();
            sum += class * fixed_multisets(&pair_cycles(symmetry, &all), degree);
        }
        assert_eq!(sum % order, 0, "orbits are whole");
        (sum / order) as usize
    };
    match kind {
        OutputKind::Invariant => with_fixed(0),
        OutputKind::Node => with_fixed(1),
        OutputKind::Edge => with_fixed(1) + with_fixed(2),
    }
}

fn partitions(total: usize, largest: usize) -> Vec<Vec<usize>> {
    if total == 0 {
        return vec![Vec::new()];
    }
    let mut found = Vec::new();
    for part in 1..=largest.min(total) {
        for mut rest in partitions(total - part, part) {
            rest.push(part);
            found.push(rest);
        }
    }
    found
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The lengths of the cycles that a permutation of nodes makes on their pairs.
fn pair_cycles(symmetry: Symmetry, cycles: &[usize]) -> Vec<usize> {
    let mut lengths = Vec::new();
    for (i, &a) in cycles.iter().enumerate() {
        for &b in &cycles[..i] {
            let times = gcd(a, b) * if symmetry == Symmetry::Directed { 2 } else { 1 };
            lengths.extend(std::iter::repeat_n(a * b / gcd(a, b), times));
        }
        match symmetry {
            Symmetry::Directed => lengths.extend(std::iter::repeat_n(a, a)),
            Symmetry::Symmetric | Symmetry::Simple => {
                let diagonal = usize::from(symmetry == Symmetry::Symmetric);
                lengths.extend(std::iter::repeat_n(a, diagonal + (a - 1) / 2));
                lengths.extend((a % 2 == 0).then_some(a / 2));
            }
        }
    }
    lengths
}

/// The coefficient of the degree in the product of `1 / (1 - x^length)`.
fn fixed_multisets(lengths: &[usize], degree: usize) -> i128 {
    let mut series = vec![0_i128; degree + 1];
    series[0] = 1;
    for &length in lengths {
        for power in length..=degree {
            series[power] += series[power - length];
        }
    }
    series[degree]
}

#[test]
fn lists_of_edges_that_name_no_polynomial_are_refused() {
    let isolated = Multigraph::new(Symmetry::Directed, &[[0, 2]], Output::Invariant);
    assert_eq!(isolated, Err(GraphError::Isolated { vertex: 1 }));
    let marked = Multigraph::new(Symmetry::Directed, &[[0, 1]], Output::Edge(0, 5));
    assert_eq!(marked, Err(GraphError::Isolated { vertex: 2 }));
    let looped = Multigraph::new(Symmetry::Simple, &[[0, 1], [1, 1]], Output::Invariant);
    assert_eq!(looped, Err(GraphError::Loop { vertex: 1 }));
    assert!(Multigraph::new(Symmetry::Symmetric, &[[0, 1], [1, 1]], Output::Invariant).is_ok());
}
