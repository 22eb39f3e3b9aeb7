//! Finite groups of rotations, with all of their irreps and the usual names.

use std::sync::Arc;

use super::{FiniteGroup, identity_matrix};
use crate::GroupError;

impl FiniteGroup {
    /// Makes the cyclic group of order `n` with its irreps `A`, `B` (even `n`) and `E1`, `E2`, ...
    ///
    /// Element `k` is `k` turns by `2 pi / n`. The `E` are of complex type.
    ///
    /// # Errors
    /// [`GroupError::FiniteGroup`] if `n` is zero or exceeds [`FiniteGroup::MAX_ORDER`].
    ///
    /// # Examples
    /// ```
    /// let group = schur_group::FiniteGroup::cyclic(6)?;
    /// let names: Vec<String> = group.irreps().iter().map(ToString::to_string).collect();
    /// assert_eq!(names, ["A", "B", "E1", "E2"]);
    /// # Ok::<(), schur_group::GroupError>(())
    /// ```
    pub fn cyclic(n: usize) -> Result<Arc<Self>, GroupError> {
        // A table beyond the limit is refused by its number of rows.
        let order = n.min(Self::MAX_ORDER + 1);
        let table: Vec<Vec<usize>> = (0..order).map(|g| (0..order).map(|h| (g + h) % n).collect()).collect();
        let mut group = Self::new(&format!("C{n}"), &table, &[1 % n.max(1)])?.with_irrep("A", 1, &[vec![1.0]])?;
        if n.is_multiple_of(2) {
            group = group.with_irrep("B", 1, &[vec![-1.0]])?;
        }
        for m in 1..n.div_ceil(2) {
            group = group.with_irrep(&format!("E{m}"), 2, &[turn(m, n)])?;
        }
        Ok(group.shared())
    }

    /// Makes the dihedral group of order `2 n`, `n >= 2`, with its irreps `A1`, `A2`, `B1`, `B2` (even `n`), `E1`, ...
    ///
    /// Element `k < n` is `k` turns by `2 pi / n`; element `n + k` is that after a flip.
    ///
    /// # Errors
    /// [`GroupError::FiniteGroup`] if `n` is below 2, where turn and flip are one, or the order exceeds
    /// [`FiniteGroup::MAX_ORDER`].
    ///
    /// # Examples
    /// ```
    /// let group = schur_group::FiniteGroup::dihedral(4)?;
    /// let names: Vec<String> = group.irreps().iter().map(ToString::to_string).collect();
    /// assert_eq!(names, ["A1", "A2", "B1", "B2", "E1"]);
    /// # Ok::<(), schur_group::GroupError>(())
    /// ```
    pub fn dihedral(n: usize) -> Result<Arc<Self>, GroupError> {
        // r^a f^b r^c f^d = r^(a + (-1)^b c) f^(b + d)
        let product = |g: usize, h: usize| {
            let (a, c) = (g % n, h % n);
            let turns = if g < n { a + c } else { a + n - c };
            turns % n + if (g < n) == (h < n) { 0 } else { n }
        };
        let order = n.saturating_mul(2).min(Self::MAX_ORDER + 1);
        let table: Vec<Vec<usize>> = (0..order).map(|g| (0..order).map(|h| product(g, h)).collect()).collect();
        let one_dimensional = |r: f64, f: f64| [vec![r], vec![f]];
        let mut group = Self::new(&format!("D{n}"), &table, &[1, n])?
            .with_irrep("A1", 1, &one_dimensional(1.0, 1.0))?
            .with_irrep("A2", 1, &one_dimensional(1.0, -1.0))?;
        if n.is_multiple_of(2) {
            group = group.with_irrep("B1", 1, &one_dimensional(-1.0, 1.0))?.with_irrep(
                "B2",
                1,
                &one_dimensional(-1.0, -1.0),
            )?;
        }
        for m in 1..n.div_ceil(2) {
            group = group.with_irrep(&format!("E{m}"), 2, &[turn(m, n), vec![1.0, 0.0, 0.0, -1.0]])?;
        }
        Ok(group.shared())
    }

    /// Makes the 12 rotations of a tetrahedron, with the irreps `A`, `E` (complex type) and `T`, the vectors.
    ///
    /// # Errors
    /// None in practice; the group passes the checks that any group must pass.
    pub fn tetrahedral() -> Result<Arc<Self>, GroupError> {
        let half_turn = vec![-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0];
        let vectors = [cycle_axes(), half_turn];
        let group = Self::from_matrices("T", 3, &vectors)?
            .with_irrep("A", 1, &[vec![1.0], vec![1.0]])?
            .with_irrep("E", 2, &[turn(1, 3), identity_matrix(2)])?
            .with_irrep("T", 3, &vectors)?;
        Ok(group.shared())
    }

    /// Makes the 24 rotations of a cube, with the irreps `A1`, `A2`, `E`, `T1` (the vectors) and `T2`.
    ///
    /// The basis of `E` is `(2 z^2 - x^2 - y^2, sqrt(3) (x^2 - y^2))`.
    ///
    /// # Errors
    /// None in practice; the group passes the checks that any group must pass.
    pub fn octahedral() -> Result<Arc<Self>, GroupError> {
        // The generators: x to y to z to x, and a quarter turn about z.
        let quarter_turn = vec![0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0];
        let vectors = [cycle_axes(), quarter_turn];
        let negated = vectors[1].iter().map(|x| -x).collect();
        let group = Self::from_matrices("O", 3, &vectors)?
            .with_irrep("A1", 1, &[vec![1.0], vec![1.0]])?
            .with_irrep("A2", 1, &[vec![1.0], vec![-1.0]])?
            .with_irrep("E", 2, &[turn(1, 3), vec![1.0, 0.0, 0.0, -1.0]])?
            .with_irrep("T1", 3, &vectors)?
            .with_irrep("T2", 3, &[vectors[0].clone(), negated])?;
        Ok(group.shared())
    }
}

/// Takes x to y, y to z and z to x.
fn cycle_axes() -> Vec<f64> {
    vec![0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
}

/// Writes the turn of the plane by `m / n` of a full turn.
fn turn(m: usize, n: usize) -> Vec<f64> {
    let (sine, cosine) = (2.0 * std::f64::consts::PI * m as f64 / n as f64).sin_cos();
    vec![cosine, -sine, sine, cosine]
}
