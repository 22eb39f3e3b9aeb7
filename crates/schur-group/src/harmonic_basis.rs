//! The orders and signs in which libraries write the components of an irrep.
//!
//! Phases of 3j symbols are another matter, see [`Phase`](crate::Phase).

use crate::{GroupError, Irrep, WignerD};

/// A choice of the polar axis, the order and the signs of the `2 l + 1` components of degree `l`.
///
/// Normalisation is separate. Signs and orders of anything else that a file holds can be checked by converting the
/// harmonics of one vector.
///
/// # Examples
/// A vector as degree 1 in this library and in the tables of quantum chemistry.
/// ```
/// use schur_group::HarmonicBasis;
///
/// let to_standard = HarmonicBasis::PolarZ.change_from(HarmonicBasis::PolarY, 1)?;
/// let (x, y, z) = (1.0, 2.0, 3.0);
/// let standard: Vec<f64> = to_standard.chunks(3).map(|row| row[0] * x + row[1] * y + row[2] * z).collect();
/// assert_eq!(standard, [y, z, x]);
/// # Ok::<(), schur_group::GroupError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HarmonicBasis {
    /// This library, e3nn since 0.2.2 and e3nn-jax: polar axis y, degree 1 is `(x, y, z)`, no Condon-Shortley sign.
    #[default]
    PolarY,
    /// The usual tables of real harmonics, as on Wikipedia, and e3nn before 0.2.2: polar axis z, `m` from `-l` to `l`, degree
    /// 1 is `(y, z, x)`, no Condon-Shortley sign.
    PolarZ,
    /// As `PolarZ` with the sign `(-1)^m` on `m` other than 0: what comes out when complex harmonics with the
    /// Condon-Shortley sign are combined without undoing it. Degree 1 is `(-y, z, -x)`.
    PolarZCondonShortley,
    /// As `PolarZ`, but degree 1 is `(x, y, z)`: the order of p orbitals in PySCF.
    PolarZVectorsXyz,
}

impl HarmonicBasis {
    /// Writes the matrix that takes components in another basis to components in this one.
    ///
    /// It is orthogonal, so its transpose goes back.
    ///
    /// # Shapes
    /// `[2 l + 1, 2 l + 1]`, row-major.
    ///
    /// # Errors
    /// [`GroupError::DegreeTooLarge`] beyond [`WignerD::MAX_DEGREE`].
    pub fn change_from(self, other: Self, l: usize) -> Result<Vec<f64>, GroupError> {
        let (here, there, n) = (self.change_from_polar_y(l)?, other.change_from_polar_y(l)?, 2 * l + 1);
        let element = |at: usize| (0..n).map(|k| here[at / n * n + k] * there[at % n * n + k]).sum();
        Ok((0..n * n).map(element).collect())
    }

    fn change_from_polar_y(self, l: usize) -> Result<Vec<f64>, GroupError> {
        // The harmonics about z at (x, y, z) are those about y at (y, z, x), and that is a turn of the vector.
        let to_polar_z = [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]];
        let turned = WignerD::from_matrix(l, &to_polar_z)?.to_matrix(Irrep::harmonic(l))?;
        let n = 2 * l + 1;
        let identity = || (0..n * n).map(|at| if at % (n + 1) == 0 { 1.0 } else { 0.0 }).collect();
        Ok(match self {
            HarmonicBasis::PolarY => identity(),
            HarmonicBasis::PolarZVectorsXyz if l == 1 => identity(),
            HarmonicBasis::PolarZ | HarmonicBasis::PolarZVectorsXyz => turned,
            HarmonicBasis::PolarZCondonShortley => {
                let sign = |at: usize| if (at / n).abs_diff(l).is_multiple_of(2) { 1.0 } else { -1.0 };
                turned.iter().enumerate().map(|(at, x)| sign(at) * x).collect()
            }
        })
    }
}
