//! Dimensions against published and recomputed tables, against the bases listed, and against ranks of matrices.

use schur_diagram::{Diagram, DiagramError, Group, basis, dimension, matrix, rank, spanning_count, spanning_set};

/// Partitions of `m` points into at most `n` blocks, `n = 1..=8`, for `m = 1..=8`: Bell numbers at the right.
const SYMMETRIC: [[u128; 8]; 8] = [
    [1, 1, 1, 1, 1, 1, 1, 1],
    [1, 2, 2, 2, 2, 2, 2, 2],
    [1, 4, 5, 5, 5, 5, 5, 5],
    [1, 8, 14, 15, 15, 15, 15, 15],
    [1, 16, 41, 51, 52, 52, 52, 52],
    [1, 32, 122, 187, 202, 203, 203, 203],
    [1, 64, 365, 715, 855, 876, 877, 877],
    [1, 128, 1094, 2795, 3845, 4111, 4139, 4140],
];

/// By Burnside's count, `n = 2..=7`, for `m = 1..=6`.
const ALTERNATING: [[u128; 6]; 6] = [
    [2, 1, 1, 1, 1, 1],
    [4, 3, 2, 2, 2, 2],
    [8, 9, 6, 5, 5, 5],
    [16, 27, 22, 16, 15, 15],
    [32, 81, 86, 63, 53, 52],
    [64, 243, 342, 282, 219, 204],
];

/// `n = 1..=6`, for `m = 2, 4, 6, 8, 10`.
const ORTHOGONAL: [[u128; 6]; 5] = [
    [1, 1, 1, 1, 1, 1],
    [1, 3, 3, 3, 3, 3],
    [1, 10, 15, 15, 15, 15],
    [1, 35, 91, 105, 105, 105],
    [1, 126, 603, 903, 945, 945],
];

/// What rotations have beside: `n = 2..=5`, for `m = 2..=10`, with the size of the published set in the second table.
const DETERMINANTS: [[u128; 4]; 9] = [
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [3, 0, 1, 0],
    [0, 6, 0, 1],
    [10, 0, 10, 0],
    [0, 36, 0, 15],
    [35, 0, 91, 0],
    [0, 232, 0, 190],
    [126, 0, 861, 0],
];
const DETERMINANTS_SPANNING: [[u128; 4]; 9] = [
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [6, 0, 1, 0],
    [0, 10, 0, 1],
    [45, 0, 15, 0],
    [0, 105, 0, 21],
    [420, 0, 210, 0],
    [0, 1260, 0, 378],
    [4725, 0, 3150, 0],
];

/// `n = 2, 4, 6, 8`, for `m = 2, 4, 6, 8, 10`.
const SYMPLECTIC: [[u128; 4]; 5] =
    [[1, 1, 1, 1], [2, 3, 3, 3], [5, 14, 15, 15], [14, 84, 104, 105], [42, 594, 909, 944]];

#[test]
fn dimensions_are_those_of_the_tables() -> Result<(), DiagramError> {
    for (row, m) in SYMMETRIC.iter().zip(1..) {
        for (&expected, n) in row.iter().zip(1..) {
            assert_eq!(dimension(Group::Symmetric, n, m)?, expected, "S_{n}, {m} axes");
        }
    }
    for (row, m) in ALTERNATING.iter().zip(1..) {
        for (&expected, n) in row.iter().zip(2..) {
            assert_eq!(dimension(Group::Alternating, n, m)?, expected, "A_{n}, {m} axes");
        }
    }
    for (row, m) in ORTHOGONAL.iter().zip((2..).step_by(2)) {
        for (&expected, n) in row.iter().zip(1..) {
            assert_eq!(dimension(Group::Orthogonal, n, m)?, expected, "O({n}), {m} axes");
            assert_eq!(dimension(Group::Orthogonal, n, m - 1)?, 0);
        }
    }
    for (row, m) in DETERMINANTS.iter().zip(2..) {
        for (&expected, n) in row.iter().zip(2..) {
            let beside = dimension(Group::SpecialOrthogonal, n, m)? - dimension(Group::Orthogonal, n, m)?;
            assert_eq!(beside, expected, "SO({n}), {m} axes");
        }
    }
    for (row, m) in SYMPLECTIC.iter().zip((2..).step_by(2)) {
        for (&expected, n) in row.iter().zip((2..).step_by(2)) {
            assert_eq!(dimension(Group::Symplectic, n, m)?, expected, "Sp({n}), {m} axes");
        }
    }
    Ok(())
}

#[test]
fn published_sets_have_their_published_sizes() -> Result<(), DiagramError> {
    for (row, m) in DETERMINANTS_SPANNING.iter().zip(2..) {
        for (&expected, n) in row.iter().zip(2..) {
            let beside = spanning_count(Group::SpecialOrthogonal, n, m)? - spanning_count(Group::Orthogonal, n, m)?;
            assert_eq!(beside, expected, "SO({n}), {m} axes");
        }
    }
    for (m, expected) in [(2, 1), (4, 3), (6, 15), (8, 105), (10, 945)] {
        assert_eq!(spanning_count(Group::Orthogonal, 2, m)?, expected);
    }
    for group in Group::ALL {
        for (n, top, bottom) in [(2, 2, 2), (2, 3, 1), (2, 3, 3), (4, 2, 2)] {
            let listed = spanning_set(group, n, top, bottom)?.len() as u128;
            assert_eq!(listed, spanning_count(group, n, top + bottom)?, "{group} {n} {top} {bottom}");
        }
    }
    Ok(())
}

/// The rank of the matrices of diagrams, each as one long vector.
fn rank_of(group: Group, n: usize, diagrams: &[Diagram]) -> Result<usize, DiagramError> {
    let vectors: Result<Vec<Vec<i64>>, _> = diagrams.iter().map(|d| Ok(matrix(group, n, d)?.entries)).collect();
    Ok(rank(&vectors?))
}

#[test]
fn bases_are_independent_and_as_large_as_the_dimension_says() -> Result<(), DiagramError> {
    for group in Group::ALL {
        for (n, most) in [(1, 6), (2, 8), (3, 6), (4, 6), (5, 4)] {
            if group.check(n).is_err() {
                continue;
            }
            for m in 0..=most {
                let maps = basis(group, n, m / 2, m - m / 2)?;
                assert_eq!(maps.len() as u128, dimension(group, n, m)?, "{group}, n = {n}, {m} axes");
                // 4^6 entries of 342 maps take a second; larger ones are left to the other groups.
                if maps.len() * n.pow(u32::try_from(m).unwrap_or(0)) < 1 << 20 {
                    assert_eq!(rank_of(group, n, &maps)?, maps.len(), "{group}, n = {n}, {m} axes");
                }
            }
        }
    }
    Ok(())
}

#[test]
fn rotations_of_space_have_independent_maps_up_to_eight_axes() -> Result<(), DiagramError> {
    for (m, expected) in [(5, 6), (6, 15), (7, 36), (8, 91)] {
        let maps = basis(Group::SpecialOrthogonal, 3, m - 3, 3)?;
        assert_eq!((maps.len(), rank_of(Group::SpecialOrthogonal, 3, &maps)?), (expected, expected), "{m} axes");
    }
    let maps = basis(Group::Symplectic, 4, 3, 3)?;
    assert_eq!(rank_of(Group::Symplectic, 4, &maps)?, 14);
    Ok(())
}

#[test]
fn spanning_sets_span_no_more_than_bases() -> Result<(), DiagramError> {
    for (group, n, m) in [
        (Group::Symmetric, 2, 5),
        (Group::Alternating, 3, 4),
        (Group::Orthogonal, 2, 6),
        (Group::SpecialOrthogonal, 3, 5),
        (Group::SpecialOrthogonal, 2, 6),
        (Group::Symplectic, 2, 6),
        (Group::Symplectic, 4, 6),
    ] {
        let mut all = basis(group, n, m - 2, 2)?;
        let dimension = all.len();
        all.extend(spanning_set(group, n, m - 2, 2)?);
        assert_eq!(rank_of(group, n, &all)?, dimension, "{group}, n = {n}, {m} axes");
    }
    Ok(())
}

#[test]
fn groups_without_such_a_space_and_too_many_vertices_are_refused() {
    for group in Group::ALL {
        assert!(matches!(dimension(group, 0, 2), Err(DiagramError::Dimension { .. })), "{group}");
        assert!(matches!(basis(group, 2, 14, 13), Err(DiagramError::TooLarge { .. })), "{group}");
    }
    assert!(matches!(basis(Group::Symplectic, 3, 1, 1), Err(DiagramError::Dimension { n: 3, .. })));
    assert!(matches!(basis(Group::Symmetric, 20, 8, 8), Err(DiagramError::TooLarge { .. })));
    assert!(matches!("gl".parse::<Group>(), Err(DiagramError::UnknownGroup { .. })));
}
