//! How many maps there are: exact dimensions and the sizes of the published spanning sets.

use crate::{DiagramError, Group};

/// The Stirling number of the second kind: partitions of `points` points into `blocks` blocks.
///
/// # Errors
/// [`DiagramError::TooLarge`] beyond 128 bits.
/// # Examples
/// ```
/// assert_eq!(schur_diagram::stirling(6, 3)?, 90);
/// # Ok::<(), schur_diagram::DiagramError>(())
/// ```
pub fn stirling(points: usize, blocks: usize) -> Result<u128, DiagramError> {
    // row[t] = S(p, t), p growing: S(p + 1, t) = t S(p, t) + S(p, t - 1).
    let mut row = vec![0_u128; points.max(blocks) + 1];
    row[0] = 1;
    for point in 1..=points {
        for t in (1..=point).rev() {
            let stays = (t as u128).checked_mul(row[t]);
            row[t] = stays.and_then(|stays| stays.checked_add(row[t - 1])).ok_or_else(too_many)?;
        }
        row[0] = 0;
    }
    Ok(row[blocks])
}

fn too_many() -> DiagramError {
    DiagramError::TooLarge { what: "diagrams", found: u128::MAX, most: u128::MAX - 1 }
}

/// The dimension of the space of equivariant linear maps between tensor powers of `R^n` with `m` axes altogether.
///
/// # Errors
/// [`DiagramError::Dimension`] if the group has no such `n`, [`DiagramError::TooLarge`] beyond 128 bits.
/// # Cost
/// Some `m^2` operations for permutations; a sum over the partitions of the number `m` for the others.
/// # Source
/// Orbits of index tuples for `S_n` and `A_n`; for the others the multiplicity of the trivial representation by
/// Schur-Weyl duality: the numbers of standard tableaux of the shapes with even rows (`O`), also those of `n` odd rows
/// (`SO`), with even columns (`Sp`), of at most `n` rows.
/// # Examples
/// ```
/// use schur_diagram::{Group, dimension};
///
/// assert_eq!(dimension(Group::Symmetric, 5, 4)?, 15);
/// // Isotropic tensors of rank 8 in space.
/// assert_eq!(dimension(Group::SpecialOrthogonal, 3, 8)?, 91);
/// # Ok::<(), schur_diagram::DiagramError>(())
/// ```
pub fn dimension(group: Group, n: usize, m: usize) -> Result<u128, DiagramError> {
    group.check(n)?;
    match group {
        Group::Symmetric => partitions_up_to(m, n),
        Group::Alternating if n == 1 => partitions_up_to(m, n),
        Group::Alternating => {
            let split = stirling(m, n)?.checked_add(stirling(m, n - 1)?).ok_or_else(too_many)?;
            partitions_up_to(m, n)?.checked_add(split).ok_or_else(too_many)
        }
        Group::Orthogonal => tableaux(m, n, &|shape| shape.iter().all(|row| row % 2 == 0)),
        Group::SpecialOrthogonal => tableaux(m, n, &|shape| {
            let odd = shape.iter().filter(|&row| row % 2 == 1).count();
            odd == 0 || (odd == n && shape.len() == n)
        }),
        Group::Symplectic => {
            tableaux(m, n, &|shape| shape.len() % 2 == 0 && shape.chunks_exact(2).all(|pair| pair[0] == pair[1]))
        }
    }
}

fn partitions_up_to(m: usize, n: usize) -> Result<u128, DiagramError> {
    (0..=n.min(m)).try_fold(0_u128, |sum, t| sum.checked_add(stirling(m, t)?).ok_or_else(too_many))
}

/// The size of the published spanning set, which may be dependent where `n` is small.
///
/// # Errors
/// As [`dimension`].
pub fn spanning_count(group: Group, n: usize, m: usize) -> Result<u128, DiagramError> {
    group.check(n)?;
    let matchings = |points: usize| -> Result<u128, DiagramError> {
        if points % 2 == 1 {
            return Ok(0);
        }
        (1..points).step_by(2).try_fold(1_u128, |product, odd| product.checked_mul(odd as u128).ok_or_else(too_many))
    };
    match group {
        Group::Symmetric => partitions_up_to(m, m),
        Group::Alternating => {
            // All partitions, and jellyfish on those of n - 1 or n blocks.
            let heads = if n == 1 { Some(0) } else { stirling(m, n)?.checked_add(stirling(m, n - 1)?) };
            heads.and_then(|heads| partitions_up_to(m, m).ok()?.checked_add(heads)).ok_or_else(too_many)
        }
        Group::Orthogonal | Group::Symplectic => matchings(m),
        Group::SpecialOrthogonal if m < n => matchings(m),
        Group::SpecialOrthogonal => {
            let choices = (1..=n as u128).try_fold(1_u128, |product, i| {
                product.checked_mul(m as u128 - n as u128 + i).map(|product| product / i).ok_or_else(too_many)
            })?;
            let heads = choices.checked_mul(matchings(m - n)?).ok_or_else(too_many)?;
            matchings(m)?.checked_add(heads).ok_or_else(too_many)
        }
    }
}

/// Sums the numbers of standard tableaux over the partitions of the number `m` into at most `rows` parts that `counts`.
fn tableaux(m: usize, rows: usize, counts: &dyn Fn(&[usize]) -> bool) -> Result<u128, DiagramError> {
    let mut sum = 0_u128;
    let mut shape = Vec::new();
    each_shape(m, (m, rows), &mut shape, &mut |shape| {
        if counts(shape) {
            sum = sum.checked_add(standard(shape)?).ok_or_else(too_many)?;
        }
        Ok(())
    })?;
    Ok(sum)
}

fn each_shape(
    left: usize,
    (longest, rows): (usize, usize),
    shape: &mut Vec<usize>,
    action: &mut dyn FnMut(&[usize]) -> Result<(), DiagramError>,
) -> Result<(), DiagramError> {
    if left == 0 {
        return action(shape);
    }
    if shape.len() == rows {
        return Ok(());
    }
    for row in (1..=left.min(longest)).rev() {
        shape.push(row);
        each_shape(left - row, (row, rows), shape, action)?;
        shape.pop();
    }
    Ok(())
}

/// The number of standard tableaux of a shape, by the hook lengths.
fn standard(shape: &[usize]) -> Result<u128, DiagramError> {
    let mut hooks = Vec::new();
    for (i, &row) in shape.iter().enumerate() {
        for j in 0..row {
            let leg = shape[i + 1..].iter().filter(|&&below| below > j).count();
            hooks.push((row - j + leg) as u128);
        }
    }
    // m! / product of hooks, kept whole by cancelling each factor against hooks first.
    let mut product = 1_u128;
    for mut factor in 1..=hooks.len() as u128 {
        for hook in &mut hooks {
            let common = gcd(factor, *hook);
            (factor, *hook) = (factor / common, *hook / common);
        }
        product = product.checked_mul(factor).ok_or_else(too_many)?;
    }
    Ok(product)
}

const fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
