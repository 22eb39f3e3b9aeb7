//! Wigner matrices: how the components of an irrep turn with space.
//!
//! The matrix of degree `l` is the part of degree `l` in the product of degrees 1 and `l - 1`. With the unit-norm coupling
//! tensor `C` of (1, l - 1, l):
//!
//! $$ D^l_{mn} = (2l+1) \sum C_{abm}\, C_{cdn}\, D^1_{ac}\, D^{l-1}_{bd}, \qquad D^1 = R. $$
//!
//! No angle is ever taken, so no rotation is special, and `C` enters squared, so its sign does not matter.

use crate::{GroupError, Irrep, Irreps, Parity, WignerPlan, rotation_from_angles, rotation_from_quaternion};

/// The matrices of one element of O(3) on all irreps up to a degree.
///
/// # Conventions
/// Harmonics of a turned vector are the turned harmonics: `Y(R v) = D(R) Y(v)`; so `D(R S) = D(R) D(S)`, and degree 1 is
/// the matrix `R` itself.
///
/// # Examples
/// ```
/// use schur_group::{Irreps, WignerD};
///
/// let d = WignerD::from_quaternion(2, [0.8, 0.0, 0.6, 0.0])?;
/// let irreps: Irreps = "1x0e+1x1o".parse()?;
/// let turned = d.apply(&irreps, &[5.0, 0.0, 0.0, 1.0])?;
/// assert_eq!(turned[0], 5.0); // a scalar stays
/// assert!((turned[1] - 0.96).abs() < 1e-15); // z turns about y towards x
/// # Ok::<(), schur_group::GroupError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct WignerD {
    /// Row-major matrices of the rotation, one a degree.
    pub(crate) rotations: Vec<Vec<f64>>,
    /// Whether the rotation is followed by inversion.
    pub(crate) improper: bool,
}

impl WignerD {
    /// Largest degree: that of the coupling coefficients.
    pub const MAX_DEGREE: usize = crate::ExactTensor::MAX_DEGREE;

    /// Largest element of `R R^T - 1` that is put down to rounding; matrices come from files with seven digits.
    pub const ORTHOGONALITY_TOLERANCE: f64 = 1e-6;

    /// Makes the matrices of an orthogonal matrix, proper or not.
    ///
    /// For many elements a [`WignerPlan`] computes the coupling coefficients only once.
    ///
    /// # Errors
    /// [`GroupError::NotOrthogonal`], or [`GroupError::DegreeTooLarge`] beyond [`Self::MAX_DEGREE`].
    pub fn from_matrix(l_max: usize, matrix: &[[f64; 3]; 3]) -> Result<Self, GroupError> {
        WignerPlan::new(l_max)?.matrices(matrix)
    }

    /// Makes the matrices of the rotation by e3nn's angles, see [`rotation_from_angles`].
    ///
    /// # Units
    /// Radians.
    ///
    /// # Errors
    /// [`GroupError::BadAngles`], or [`GroupError::DegreeTooLarge`] beyond [`Self::MAX_DEGREE`].
    pub fn from_angles(l_max: usize, alpha_beta_gamma: [f64; 3]) -> Result<Self, GroupError> {
        Self::from_matrix(l_max, &rotation_from_angles(alpha_beta_gamma)?)
    }

    /// Makes the matrices of the rotation that a quaternion `(w, x, y, z)` names.
    ///
    /// # Errors
    /// [`GroupError::BadQuaternion`], or [`GroupError::DegreeTooLarge`] beyond [`Self::MAX_DEGREE`].
    pub fn from_quaternion(l_max: usize, quaternion: [f64; 4]) -> Result<Self, GroupError> {
        Self::from_matrix(l_max, &rotation_from_quaternion(quaternion)?)
    }

    /// Returns the largest degree.
    pub fn l_max(&self) -> usize {
        self.rotations.len() - 1
    }

    /// Tells whether the element turns a right hand into a left hand.
    pub fn is_improper(&self) -> bool {
        self.improper
    }

    /// Writes the matrix on one irrep.
    ///
    /// # Shapes
    /// `[2 l + 1, 2 l + 1]`, row-major.
    ///
    /// # Errors
    /// [`GroupError::NotPrepared`] if the degree is larger than [`Self::l_max`].
    pub fn to_matrix(&self, irrep: Irrep) -> Result<Vec<f64>, GroupError> {
        let (rotation, sign) = self.parts(irrep)?;
        Ok(rotation.iter().map(|x| sign * x).collect())
    }

    /// Applies the element to a feature vector.
    ///
    /// # Shapes
    /// `features: [irreps.dim()]`, each block as `[multiplicity][component]` like e3nn; the result alike.
    ///
    /// # Errors
    /// [`GroupError::Length`] or [`GroupError::NotPrepared`].
    pub fn apply(&self, irreps: &Irreps, features: &[f64]) -> Result<Vec<f64>, GroupError> {
        if features.len() != irreps.dim() {
            return Err(GroupError::Length { what: "features", expected: irreps.dim(), found: features.len() });
        }
        let mut turned = Vec::with_capacity(features.len());
        for ((_, irrep), slice) in irreps.iter().zip(irreps.slices()) {
            let (rotation, sign) = self.parts(irrep)?;
            for vector in features[slice].chunks_exact(irrep.dim()) {
                let rows = rotation.chunks_exact(irrep.dim());
                turned.extend(rows.map(|row| sign * row.iter().zip(vector).map(|(d, x)| d * x).sum::<f64>()));
            }
        }
        Ok(turned)
    }

    /// Returns the matrix of the rotation and the sign that inversion adds.
    fn parts(&self, irrep: Irrep) -> Result<(&[f64], f64), GroupError> {
        let missing = GroupError::NotPrepared { irrep, l_max: self.l_max() };
        let rotation = self.rotations.get(irrep.l).ok_or(missing)?;
        let sign = if self.improper && irrep.parity == Parity::Odd { -1.0 } else { 1.0 };
        Ok((rotation, sign))
    }
}

pub(crate) fn check_orthogonal(matrix: &[[f64; 3]; 3]) -> Result<(), GroupError> {
    let tolerance = WignerD::ORTHOGONALITY_TOLERANCE;
    for (i, row) in matrix.iter().enumerate() {
        for (j, other) in matrix.iter().enumerate() {
            let dot: f64 = row.iter().zip(other).map(|(a, b)| a * b).sum();
            let defect = (dot - f64::from(u8::from(i == j))).abs();
            if defect.is_nan() || defect > tolerance {
                return Err(GroupError::NotOrthogonal { defect, tolerance });
            }
        }
    }
    Ok(())
}

pub(crate) fn determinant([a, b, c]: &[[f64; 3]; 3]) -> f64 {
    a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2]) + a[2] * (b[0] * c[1] - b[1] * c[0])
}
