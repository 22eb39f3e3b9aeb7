//! The Wigner matrices of many group elements, with everything that they share computed once.

use crate::wigner_d::{check_orthogonal, determinant};
use crate::{GroupError, WignerD, wigner_3j};

/// What couples to one component: component of degree 1, component of the degree below, coefficient.
type CouplingRow = Vec<(usize, usize, f64)>;

/// Makes [`WignerD`] from orthogonal matrices; the coupling coefficients are computed when the plan is made.
///
/// With the polar axis y, a component couples with at most five pairs of components of degrees 1 and `l - 1`, so an element
/// of a matrix is a sum of at most 25 products.
///
/// # Cost
/// A plan takes exact arithmetic, O(l_max^2) coefficients; each element of the group then O(l_max^3) multiplications.
///
/// # Examples
/// ```
/// use schur_group::{Irrep, WignerD, WignerPlan, rotation_from_angles};
///
/// let plan = WignerPlan::new(4)?;
/// for k in 0..3 {
///     let r = rotation_from_angles([0.1 * f64::from(k), 1.0, 0.0])?;
///     assert_eq!(plan.matrices(&r)?, WignerD::from_matrix(4, &r)?);
/// }
/// # Ok::<(), schur_group::GroupError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct WignerPlan {
    l_max: usize,
    /// For each degree from 2 on, for each component.
    couplings: Vec<Vec<CouplingRow>>,
}

impl WignerPlan {
    /// Prepares the degrees up to `l_max`.
    ///
    /// # Errors
    /// [`GroupError::DegreeTooLarge`] beyond [`WignerD::MAX_DEGREE`].
    pub fn new(l_max: usize) -> Result<Self, GroupError> {
        if l_max > WignerD::MAX_DEGREE {
            return Err(GroupError::DegreeTooLarge { what: "Wigner matrices", l: l_max, max: WignerD::MAX_DEGREE });
        }
        Ok(Self { l_max, couplings: (2..=l_max).map(coupling_rows).collect::<Result<_, _>>()? })
    }

    /// Returns the largest degree.
    pub fn l_max(&self) -> usize {
        self.l_max
    }

    /// Makes the matrices of an orthogonal matrix, proper or not.
    ///
    /// # Errors
    /// [`GroupError::NotOrthogonal`].
    pub fn matrices(&self, matrix: &[[f64; 3]; 3]) -> Result<WignerD, GroupError> {
        check_orthogonal(matrix)?;
        let improper = determinant(matrix) < 0.0;
        let proper = if improper { matrix.map(|row| row.map(|x| -x)) } else { *matrix };
        let mut rotations = vec![vec![1.0], proper.concat()];
        for rows in &self.couplings {
            let raised = raise(rows, &rotations[1], &rotations[rotations.len() - 1]);
            rotations.push(raised);
        }
        rotations.truncate(self.l_max + 1);
        Ok(WignerD { rotations, improper })
    }
}

/// Sorts the coupling of (1, l - 1) to l, normalised to an isometry, by the component of l.
fn coupling_rows(l: usize) -> Result<Vec<CouplingRow>, GroupError> {
    let mut rows = vec![Vec::new(); 2 * l + 1];
    let scale = ((2 * l + 1) as f64).sqrt();
    for ([a, b, m], value) in wigner_3j(1, l - 1, l)?.iter() {
        rows[m].push((a, b, scale * value));
    }
    Ok(rows)
}

/// Makes the matrix of one degree from those of degree 1 and of the degree below.
fn raise(rows: &[CouplingRow], first: &[f64], lower: &[f64]) -> Vec<f64> {
    let n_lower = rows.len() - 2;
    let mut raised = Vec::with_capacity(rows.len() * rows.len());
    for row in rows {
        for column in rows {
            let mut sum = 0.0;
            for &(a, b, left) in row {
                for &(c, d, right) in column {
                    sum += left * right * first[3 * a + c] * lower[n_lower * b + d];
                }
            }
            raised.push(sum);
        }
    }
    raised
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_as_short_as_stated() {
        for l in 2..=WignerD::MAX_DEGREE {
            let longest = coupling_rows(l).unwrap().iter().map(Vec::len).max();
            assert!(longest <= Some(5), "degree {l}: {longest:?}");
        }
    }
}
