//! The operations counted grow with `n` as the theory says: `k` or `l` at most for permutations, less for the others.

use schur_diagram::Group;
use schur_layer::{EquivariantLinear, LayerError, Sort, Space};

/// The slope of operations against `n` in double logarithms, from 2^10 to 2^11.
fn exponent(group: Group, k: usize, l: usize, of: fn(&EquivariantLinear) -> f64) -> Result<f64, LayerError> {
    let cost = |n| Ok::<f64, LayerError>(of(&EquivariantLinear::new(group, n, k, l, 1, 1)?));
    Ok((cost(1 << 11)? / cost(1 << 10)?).log2())
}

#[test]
fn operations_grow_with_the_larger_side_and_not_with_both() -> Result<(), LayerError> {
    for (group, k, l, expected) in [
        (Group::Symmetric, 1, 1, 1.0),
        (Group::Symmetric, 2, 2, 2.0),
        (Group::Symmetric, 3, 2, 3.0),
        (Group::Symmetric, 3, 3, 3.0),
        (Group::Symmetric, 1, 3, 3.0),
        (Group::Orthogonal, 2, 2, 2.0),
        (Group::Orthogonal, 3, 1, 2.0),
        (Group::Orthogonal, 2, 0, 1.0),
        (Group::Symplectic, 3, 1, 2.0),
        // More outputs than inputs: as many as there are places to write to.
        (Group::Symmetric, 0, 2, 2.0),
        (Group::Symmetric, 2, 3, 3.0),
        (Group::Orthogonal, 1, 3, 2.0),
        (Group::Orthogonal, 0, 4, 2.0),
        (Group::Orthogonal, 4, 0, 2.0),
        (Group::Symplectic, 1, 3, 2.0),
        (Group::Symplectic, 2, 4, 3.0),
        (Group::SpecialOrthogonal, 3, 1, 2.0),
    ] {
        let found = exponent(group, k, l, |layer| layer.cost().flops_fast)?;
        assert!((found - expected).abs() < 0.05, "{group}, {k} to {l}: {found}");
        let dense = exponent(group, k, l, |layer| layer.cost().flops_dense)?;
        assert!((dense - (k + l) as f64).abs() < 1e-9, "{dense}");
    }
    Ok(())
}

/// One diagram at a time, as published: `n^k` for permutations at worst, `n^(k - 1)` for pairs that are contracted.
#[test]
fn operations_of_single_diagrams_grow_as_published() -> Result<(), LayerError> {
    let single = |group, n, [k, l]: [usize; 2], map: &str| -> Result<f64, LayerError> {
        let space = Space::new(&[Sort { group, n }])?;
        let (inputs, outputs) = (vec![0; k], vec![0; l]);
        let layer = EquivariantLinear::of_maps(&space, [&inputs, &outputs], [1, 1], |own| own.to_string() == map)?;
        assert_eq!(layer.maps().len(), 1, "{map}");
        Ok(layer.cost().flops_fast)
    };
    for (group, sides, map, expected) in [
        // Sums over all of the input, whatever the output is.
        (Group::Symmetric, [2, 1], "a|bc", 2.0),
        (Group::Symmetric, [3, 1], "a|abc", 3.0),
        (Group::Symmetric, [4, 0], "|abcd", 4.0),
        // A trace reads the diagonal alone; a larger output is written.
        (Group::Symmetric, [3, 1], "a|bbb", 1.0),
        (Group::Symmetric, [1, 3], "abc|d", 3.0),
        (Group::Symmetric, [1, 3], "aaa|a", 1.0),
        (Group::Orthogonal, [3, 1], "a|bba", 2.0),
        (Group::Orthogonal, [4, 2], "ab|abcc", 3.0),
        (Group::Orthogonal, [4, 0], "|aabb", 2.0),
        (Group::Orthogonal, [1, 3], "aab|b", 2.0),
        (Group::Symplectic, [3, 1], "a|bba", 2.0),
        (Group::Symplectic, [4, 2], "ab|abcc", 3.0),
    ] {
        let found = (single(group, 1 << 9, sides, map)? / single(group, 1 << 8, sides, map)?).log2();
        assert!((found - expected).abs() < 0.06, "{group}, {map}: {found}");
    }
    Ok(())
}
