//! The operations counted grow with `n` as the theory says: `k` or `l` at most for permutations, less for the others.

use schur_diagram::Group;
use schur_layer::{EquivariantLinear, LayerError};

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
    ] {
        let found = exponent(group, k, l, |layer| layer.cost().flops_fast)?;
        assert!((found - expected).abs() < 0.05, "{group}, {k} to {l}: {found}");
        let dense = exponent(group, k, l, |layer| layer.cost().flops_dense)?;
        assert!((dense - (k + l) as f64).abs() < 1e-9, "{dense}");
    }
    Ok(())
}
