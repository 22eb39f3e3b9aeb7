//! Laws of the category against the functor to matrices, exactly and for all small diagrams.

use schur_diagram::{
    Combination, Diagram, DiagramError, Group, Matrix, basis, compose, diagram_to_orbit, factor, matrix,
    orbit_to_diagram, partitions, spanning_set,
};

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    assert_eq!(a.columns, b.rows);
    let entry = |i: usize, j: usize| -> i64 {
        (0..a.columns).map(|k| a.entries[i * a.columns + k] * b.entries[k * b.columns + j]).sum()
    };
    let entries = (0..a.rows).flat_map(|i| (0..b.columns).map(move |j| (i, j))).map(|(i, j)| entry(i, j)).collect();
    Matrix { rows: a.rows, columns: b.columns, entries }
}

fn sum(group: Group, n: usize, terms: &Combination, (rows, columns): (usize, usize)) -> Result<Matrix, DiagramError> {
    let mut entries = vec![0; rows * columns];
    for (coefficient, diagram) in terms {
        let term = matrix(group, n, diagram)?;
        entries.iter_mut().zip(&term.entries).for_each(|(x, y)| *x += coefficient * y);
    }
    Ok(Matrix { rows, columns, entries })
}

#[test]
fn composition_is_the_product_of_matrices() -> Result<(), DiagramError> {
    let mut compared = 0;
    for (group, n) in [
        (Group::Symmetric, 2),
        (Group::Symmetric, 3),
        (Group::Alternating, 2),
        (Group::Alternating, 3),
        (Group::Orthogonal, 2),
        (Group::Orthogonal, 3),
        (Group::SpecialOrthogonal, 2),
        (Group::SpecialOrthogonal, 3),
        (Group::Symplectic, 2),
        (Group::Symplectic, 4),
    ] {
        for (top, middle, bottom) in
            [(1, 2, 1), (2, 2, 2), (0, 2, 2), (1, 3, 0), (2, 1, 1), (1, 1, 3), (0, 3, 1), (3, 1, 0)]
        {
            for upper in spanning_set(group, n, top, middle)? {
                for lower in spanning_set(group, n, middle, bottom)? {
                    let (a, b) = (matrix(group, n, &upper)?, matrix(group, n, &lower)?);
                    let expected = product(&a, &b);
                    let terms = compose(group, n, &upper, &lower);
                    // Two heads beside partitions that the group does not list are still its maps.
                    let found = sum(group, n, &terms?, (a.rows, b.columns))?;
                    assert_eq!(found, expected, "{group}, n = {n}: {upper} after {lower}");
                    compared += 1;
                }
            }
        }
    }
    assert_eq!(compared, 4052, "products of diagrams");
    Ok(())
}

#[test]
fn longer_symplectic_strands_keep_their_signs() -> Result<(), DiagramError> {
    for (top, middle, bottom) in [(0, 6, 0), (1, 5, 1), (2, 4, 2), (3, 3, 1)] {
        for upper in spanning_set(Group::Symplectic, 2, top, middle)? {
            for lower in spanning_set(Group::Symplectic, 2, middle, bottom)? {
                let (a, b) = (matrix(Group::Symplectic, 2, &upper)?, matrix(Group::Symplectic, 2, &lower)?);
                let terms = compose(Group::Symplectic, 2, &upper, &lower)?;
                assert_eq!(sum(Group::Symplectic, 2, &terms, (a.rows, b.columns))?, product(&a, &b), "{upper} {lower}");
            }
        }
    }
    Ok(())
}

#[test]
fn side_by_side_is_the_kronecker_product_and_turning_over_the_transpose() -> Result<(), DiagramError> {
    for (group, n) in
        [(Group::Symmetric, 3), (Group::SpecialOrthogonal, 3), (Group::Symplectic, 2), (Group::Alternating, 3)]
    {
        let maps = [basis(group, n, 1, 1)?, basis(group, n, 2, 1)?, basis(group, n, 0, 2)?].concat();
        for left in &maps {
            let a = matrix(group, n, left)?;
            let turned = matrix(group, n, &left.transposed())?;
            let sign = left.transpose_sign();
            for i in 0..a.rows {
                for j in 0..a.columns {
                    let (one, other) = (a.entries[i * a.columns + j], turned.entries[j * a.rows + i]);
                    // A form within a row is the same whichever row it is in.
                    assert_eq!(one, sign * other, "{group} {left}");
                }
            }
            for right in maps.iter().filter(|right| left.head().is_empty() || right.head().is_empty()) {
                let b = matrix(group, n, right)?;
                let both = matrix(group, n, &left.beside(right)?)?;
                for (place, &found) in both.entries.iter().enumerate() {
                    let (row, column) = (place / both.columns, place % both.columns);
                    let x = a.entries[row / b.rows * a.columns + column / b.columns];
                    let y = b.entries[row % b.rows * b.columns + column % b.columns];
                    assert_eq!(found, x * y, "{group} {left} beside {right}");
                }
            }
        }
    }
    Ok(())
}

#[test]
fn identities_and_permutations_are_what_they_are_called() -> Result<(), DiagramError> {
    for diagram in basis(Group::SpecialOrthogonal, 3, 2, 3)? {
        let identity = Diagram::identity(2)?;
        assert_eq!(compose(Group::SpecialOrthogonal, 3, &identity, &diagram)?, [(1, diagram.clone())]);
    }
    let turn = Diagram::permutation(&[1, 2, 0])?;
    let twice = compose(Group::Symmetric, 4, &turn, &turn)?;
    assert_eq!(twice, [(1, Diagram::permutation(&[2, 0, 1])?)]);
    assert!(Diagram::permutation(&[0, 0]).is_err());
    Ok(())
}

#[test]
fn factors_multiply_back_and_the_middle_one_is_planar() -> Result<(), DiagramError> {
    let groups =
        [(Group::Symmetric, 3), (Group::SpecialOrthogonal, 3), (Group::Symplectic, 2), (Group::Alternating, 3)];
    for (group, n) in groups {
        for (top, bottom) in [(2, 3), (3, 2), (1, 4), (0, 4), (3, 0), (2, 2)] {
            for diagram in basis(group, n, top, bottom)? {
                let parts = factor(&diagram)?;
                let (outputs, inputs) = (Diagram::permutation(&parts.outputs)?, Diagram::permutation(&parts.inputs)?);
                let left = matrix(Group::Symmetric, n, &outputs)?;
                let middle = matrix(group, n, &parts.planar)?;
                let right = matrix(Group::Symmetric, n, &inputs)?;
                let mut found = product(&product(&left, &middle), &right);
                found.entries.iter_mut().for_each(|entry| *entry *= parts.sign);
                assert_eq!(found, matrix(group, n, &diagram)?, "{group} {diagram}");
                assert!(is_planar(&parts.planar), "{} of {diagram}", parts.planar);
            }
        }
    }
    Ok(())
}

/// Whether no two blocks cross, vertices going around from the first output to the first input.
fn is_planar(diagram: &Diagram) -> bool {
    let (upper, lower) = diagram.blocks().split_at(diagram.top());
    let around: Vec<u8> = upper.iter().chain(lower.iter().rev()).copied().collect();
    let crosses = |a, b, c, d| around[a] == around[c] && around[b] == around[d] && around[a] != around[b];
    let m = around.len();
    (0..m).all(|a| (a + 1..m).all(|b| (b + 1..m).all(|c| (c + 1..m).all(|d| !crosses(a, b, c, d)))))
}

#[test]
fn orbits_and_diagrams_are_inverse_to_each_other() -> Result<(), DiagramError> {
    let orbit_matrix = |labels: &[u8], n: usize| -> Vec<i64> {
        let m = labels.len();
        let index = |mut place: usize| -> Vec<usize> {
            let mut index = vec![0; m];
            for axis in (0..m).rev() {
                index[axis] = place % n;
                place /= n;
            }
            index
        };
        let is_in =
            |index: &[usize]| (0..m).all(|i| (0..m).all(|j| (labels[i] == labels[j]) == (index[i] == index[j])));
        (0..n.pow(u32::try_from(m).unwrap_or(0))).map(|place| i64::from(is_in(&index(place)))).collect()
    };
    for n in [2_usize, 3, 4] {
        for labels in partitions(4, 4)? {
            let diagram = Diagram::new(2, &labels, &[])?;
            let mut from_orbits = vec![0; n.pow(4)];
            for (coefficient, orbit) in diagram_to_orbit(n, &diagram)? {
                let entries = orbit_matrix(orbit.blocks(), n);
                from_orbits.iter_mut().zip(entries).for_each(|(x, y)| *x += coefficient * y);
            }
            assert_eq!(from_orbits, matrix(Group::Symmetric, n, &diagram)?.entries, "{diagram}");
            let back = sum(Group::Symmetric, n, &orbit_to_diagram(&diagram)?, (n * n, n * n))?;
            assert_eq!(back.entries, orbit_matrix(&labels, n), "{diagram}");
        }
    }
    Ok(())
}

#[test]
fn the_published_small_matrices_are_these() -> Result<(), DiagramError> {
    let entries =
        |group, n, text: &str| -> Result<Vec<i64>, DiagramError> { Ok(matrix(group, n, &text.parse()?)?.entries) };
    // Two axes in, one out, n = 2: five partitions.
    for (text, expected) in [
        ("a|aa", [1, 0, 0, 0, 0, 0, 0, 1]),
        ("a|ab", [1, 1, 0, 0, 0, 0, 1, 1]),
        ("a|ba", [1, 0, 1, 0, 0, 1, 0, 1]),
        ("a|bb", [1, 0, 0, 1, 1, 0, 0, 1]),
        ("a|bc", [1, 1, 1, 1, 1, 1, 1, 1]),
    ] {
        assert_eq!(entries(Group::Symmetric, 2, text)?, expected, "{text}");
    }
    assert_eq!(entries(Group::SpecialOrthogonal, 2, "a|b*ab")?, [0, 1, -1, 0]);
    assert_eq!(entries(Group::Alternating, 2, "a|a*a")?, [1, 0, 0, -1]);
    let cupcap = entries(Group::Symplectic, 2, "aa|bb")?;
    assert_eq!(cupcap, [0, 0, 0, 0, 0, 1, -1, 0, 0, -1, 1, 0, 0, 0, 0, 0]);
    let (identity, swap) = (entries(Group::Symplectic, 2, "ab|ab")?, entries(Group::Symplectic, 2, "ab|ba")?);
    assert!((0..16).all(|i| identity[i] - swap[i] - cupcap[i] == 0));
    // The cross product.
    let cross = entries(Group::SpecialOrthogonal, 3, "a|bc*abc")?;
    let expected = |i: usize, j: usize, k: usize| match (j + 3 - i, k + 3 - i) {
        (1 | 4, 2 | 5) => 1,
        (2 | 5, 1 | 4) => -1,
        _ => 0,
    };
    assert!((0..27).all(|place| cross[place] == expected(place / 9, place / 3 % 3, place % 3)));
    Ok(())
}
