//! Integrals of three real harmonics, and the Clebsch-Gordan coefficients that they are multiples of.
//!
//! By the Wigner-Eckart theorem the integral of three harmonics is a multiple of the 3j tensor. The multiple follows from
//! one element, and the middle one (all `m = 0`) is an integral of three Legendre polynomials, `3j(l1 l2 l3; 0 0 0)^2`, in
//! any convention. So with `C` the real 3j tensor, component-normalised harmonics and `<.>` the mean over the sphere,
//!
//! $$ \langle Y_{l_1 m_1} Y_{l_2 m_2} Y_{l_3 m_3} \rangle = \sqrt{(2l_1+1)(2l_2+1)(2l_3+1)}\; C_{000}\, C_{m_1 m_2 m_3}. $$
//!
//! `C` enters twice: whatever sign a table of 3j symbols has, the integral comes out right.

use crate::{ExactTensor, GroupError, Normalization, Surd, wigner_3j};

/// The integrals of the products of three harmonics, exact up to one factor.
///
/// Made by [`gaunt`].
#[derive(Clone, Debug, PartialEq)]
pub struct Gaunt {
    means: ExactTensor,
    factor: f64,
}

/// Computes the Gaunt coefficients of three degrees: the integrals of products of three real harmonics.
///
/// # Conventions
/// The harmonics are those of [`SphericalHarmonics`](crate::SphericalHarmonics) in the given normalisation. `Integral`
/// integrates over the sphere, whose area is 4 pi: the usual definition, with orthonormal harmonics. `Component` and `Norm`
/// take the mean over the sphere. All three are symmetric under permutations. They expand a product of harmonics:
///
/// $$ Y_{l_1 m_1} Y_{l_2 m_2} = \sum_{l_3 m_3} G_{m_1 m_2 m_3} Y_{l_3 m_3} / n_{l_3}, $$
///
/// with `n = 1 / (2 l + 1)` for `Norm` and 1 otherwise.
///
/// # Selection rules
/// If the sum of the degrees is odd the tensor is zero, and no entry is stored: a product of functions on the sphere cannot
/// express those couplings, the cross product among them.
///
/// # Errors
/// [`GroupError::Triangle`] if the degrees do not couple, [`GroupError::DegreeTooLarge`] beyond
/// [`ExactTensor::MAX_DEGREE`].
///
/// # Examples
/// ```
/// use schur_group::{Normalization, gaunt};
///
/// // The mean of Y_10 Y_10 Y_00 with <Y_10^2> = 1.
/// let g = gaunt(1, 1, 0, Normalization::Component)?;
/// assert_eq!(g.means().get([1, 1, 0]).to_string(), "1");
/// assert!(gaunt(1, 1, 1, Normalization::Component)?.means().entries().is_empty());
///
/// // The mean of Y_20^3 is 2 sqrt(5) / 7.
/// let g = gaunt(2, 2, 2, Normalization::Component)?;
/// assert_eq!(g.means().get([2, 2, 2]).to_string(), "2/7 sqrt(5)");
/// # Ok::<(), schur_group::GroupError>(())
/// ```
pub fn gaunt(l1: usize, l2: usize, l3: usize, normalization: Normalization) -> Result<Gaunt, GroupError> {
    const WHAT: &str = "Gaunt coefficients";
    let three_j = wigner_3j(l1, l2, l3)?;
    let degrees = [l1, l2, l3];
    let too_large = GroupError::DegreeTooLarge { what: WHAT, l: l1.max(l2).max(l3), max: ExactTensor::MAX_DEGREE };
    let widths = Surd::root(degrees.iter().map(|l| 2 * *l as u128 + 1).product());
    let middle = if (l1 + l2 + l3).is_multiple_of(2) { three_j.get(degrees) } else { Surd::ZERO };
    let mut means = three_j.times(WHAT, middle.checked_mul(&widths).ok_or(too_large)?)?;
    means.entries.retain(|entry| entry.value != Surd::ZERO);
    // Each harmonic brings the factor of its normalisation; the integral over the sphere is 4 pi times the mean.
    let factors: f64 = degrees.map(|l| normalization.factor(l)).iter().product();
    let area = if normalization == Normalization::Integral { 4.0 * std::f64::consts::PI } else { 1.0 };
    Ok(Gaunt { means, factor: factors * area })
}

/// Computes the real Clebsch-Gordan coefficients: the 3j tensor times `sqrt(2 l3 + 1)`.
///
/// As a matrix from the product of the first two spaces to the third it has orthonormal rows, and all degrees `l3` together
/// make an orthogonal matrix.
///
/// # Conventions
/// Basis order and phases of [`wigner_3j`].
///
/// # Errors
/// Those of [`wigner_3j`].
///
/// # Examples
/// ```
/// // The scalar product over sqrt(3).
/// let c = schur_group::clebsch_gordan(1, 1, 0)?;
/// assert_eq!(c.get([0, 0, 0]).to_string(), "1/3 sqrt(3)");
/// // The cross product over sqrt(2).
/// let c = schur_group::clebsch_gordan(1, 1, 1)?;
/// assert_eq!(c.get([0, 1, 2]).to_string(), "1/2 sqrt(2)");
/// # Ok::<(), schur_group::GroupError>(())
/// ```
pub fn clebsch_gordan(l1: usize, l2: usize, l3: usize) -> Result<ExactTensor, GroupError> {
    wigner_3j(l1, l2, l3)?.times("Clebsch-Gordan coefficients", Surd::root(2 * l3 as u128 + 1))
}

impl Gaunt {
    /// Returns the exact means over the sphere of products of component-normalised harmonics.
    pub fn means(&self) -> &ExactTensor {
        &self.means
    }

    /// Returns what the means are multiplied by to give the coefficients in the normalisation asked for.
    pub fn factor(&self) -> f64 {
        self.factor
    }

    /// Goes through the non-zero coefficients in row-major order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = ([usize; 3], f64)> + '_ {
        self.means.iter().map(|(index, mean)| (index, self.factor * mean))
    }

    /// Writes all coefficients, zeros included.
    ///
    /// # Shapes
    /// `[2 l1 + 1, 2 l2 + 1, 2 l3 + 1]`, row-major.
    pub fn to_dense(&self) -> Vec<f64> {
        let mut dense = self.means.to_dense();
        dense.iter_mut().for_each(|mean| *mean *= self.factor);
        dense
    }
}
