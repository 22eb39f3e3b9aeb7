//! Real spherical harmonics as polynomials of the direction, with first and second derivatives.
//!
//! Write `n = r / |r|` and let `R_l` be the solid harmonic, the homogeneous polynomial of degree `l` that equals `Y_l` on
//! the unit sphere. Then `Y(r) = R(n)`, and because of Euler's relation `n . grad R = l R`,
//!
//! $$ \partial_i Y = \frac{1}{|r|} (\partial_i R - l R n_i), \qquad
//! \partial_i\partial_j Y = \frac{1}{|r|^2} \left(\partial_i\partial_j R - l (n_i \partial_j R + n_j \partial_i R)
//! - l R \delta_{ij} + l (l+2) R n_i n_j\right). $$
//!
//! No angle occurs, so the poles are ordinary points. Degrees up to 3 are written out; beyond, each level follows from the
//! one before.

mod levels;
mod low;
mod real;

pub use levels::HarmonicRecurrence;
pub use real::Real;

use crate::GroupError;
use levels::{Levels, Outputs};

/// What the squares of the harmonics of one degree add up to, names as in e3nn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Normalization {
    /// The sum over `m` of `Y_lm^2` is `2 l + 1`: each component is 1 on average.
    Component,
    /// The sum over `m` of `Y_lm^2` is 1.
    Norm,
    /// The integral of `Y_lm^2` over the sphere is 1: the orthonormal functions.
    Integral,
}

impl Normalization {
    /// Returns the factor from component normalisation for degree `l`.
    pub(crate) fn factor(self, l: usize) -> f64 {
        match self {
            Normalization::Component => 1.0,
            Normalization::Norm => 1.0 / ((2 * l + 1) as f64).sqrt(),
            Normalization::Integral => 1.0 / (4.0 * std::f64::consts::PI).sqrt(),
        }
    }
}

/// Evaluates all real spherical harmonics up to a degree.
///
/// The vector need not have unit length; only its direction matters. The arithmetic is f64, results are rounded to the
/// type of the output. An evaluation allocates nothing.
///
/// # Conventions
/// Vectors are `(x, y, z)`; the polar axis is y; degree 1 is proportional to `(x, y, z)`; no Condon-Shortley sign.
/// Element `l * l + l + m` of the output belongs to `(l, m)`. As in e3nn 0.5 and later.
///
/// # Zero vector
/// The zero vector has no direction: its harmonics of degree 1 and higher, and all derivatives, are given as 0. A vector
/// with an infinite or NaN component gives NaN for degree 1 and higher.
///
/// # Examples
/// ```
/// use schur_group::{Normalization, SphericalHarmonics};
///
/// let harmonics = SphericalHarmonics::new(2, Normalization::Component)?;
/// let mut y = [0.0_f32; 9];
/// harmonics.evaluate_into([0.0, 5.0, 0.0], &mut y)?;
/// let (s3, s5) = (3.0_f32.sqrt(), 5.0_f32.sqrt());
/// assert_eq!(y, [1.0, 0.0, s3, 0.0, 0.0, 0.0, s5, 0.0, 0.0]);
/// # Ok::<(), schur_group::GroupError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SphericalHarmonics {
    l_max: usize,
    normalization: Normalization,
    levels: Levels,
}

impl SphericalHarmonics {
    /// Largest degree, set by the room on the stack.
    pub const MAX_DEGREE: usize = 32;

    /// Prepares the coefficients up to degree `l_max`.
    ///
    /// # Errors
    /// [`GroupError::DegreeTooLarge`] beyond [`Self::MAX_DEGREE`].
    pub fn new(l_max: usize, normalization: Normalization) -> Result<Self, GroupError> {
        let max = Self::MAX_DEGREE;
        if l_max > max {
            return Err(GroupError::DegreeTooLarge { what: "spherical harmonics", l: l_max, max });
        }
        Ok(Self { l_max, normalization, levels: Levels::new(l_max, normalization) })
    }

    /// Returns the largest degree.
    pub fn l_max(&self) -> usize {
        self.l_max
    }

    /// Returns the normalisation.
    pub fn normalization(&self) -> Normalization {
        self.normalization
    }

    /// Returns the number of harmonics, `(l_max + 1)^2`.
    pub fn n_harmonics(&self) -> usize {
        (self.l_max + 1) * (self.l_max + 1)
    }

    /// Returns what each level is computed with from those below: for kernels of many vectors.
    ///
    /// # Panics
    /// If `l` is larger than [`l_max`](Self::l_max) or `m` than `l`.
    pub fn recurrence(&self, l: usize, m: usize) -> HarmonicRecurrence {
        self.levels.recurrence(l, m)
    }

    /// Returns the factor from component normalisation to this one, for degree `l`.
    pub fn factor(&self, l: usize) -> f64 {
        self.normalization.factor(l)
    }

    /// Evaluates the harmonics of the direction of `vector`.
    ///
    /// # Shapes
    /// `values: [n_harmonics]`.
    ///
    /// # Errors
    /// [`GroupError::Length`].
    #[inline]
    pub fn evaluate_into<T: Real>(&self, vector: [f64; 3], values: &mut [T]) -> Result<(), GroupError> {
        self.check_length("values", values.len())?;
        let (n, _) = direction(vector);
        if self.l_max <= low::MAX_DEGREE {
            low::values(n, self.levels.factors(), values);
        } else {
            self.levels.evaluate::<0, T>(n, 0.0, &mut Outputs { values, gradient: &mut [], hessian: &mut [] });
        }
        Ok(())
    }

    /// Evaluates the harmonics and their gradient with respect to `vector`.
    ///
    /// # Shapes
    /// `values: [n_harmonics]`, `gradient: [n_harmonics][3]`.
    ///
    /// # Units
    /// The gradient is per unit of `vector`.
    ///
    /// # Errors
    /// [`GroupError::Length`].
    #[inline]
    pub fn evaluate_with_gradient_into<T: Real>(
        &self,
        vector: [f64; 3],
        values: &mut [T],
        gradient: &mut [[T; 3]],
    ) -> Result<(), GroupError> {
        self.check_length("values", values.len())?;
        self.check_length("gradient", gradient.len())?;
        let (n, inverse) = direction(vector);
        if self.l_max <= low::MAX_DEGREE {
            low::values_and_gradient((n, inverse), self.levels.factors(), values, gradient);
        } else {
            self.levels.evaluate::<1, T>(n, inverse, &mut Outputs { values, gradient, hessian: &mut [] });
        }
        Ok(())
    }

    /// Evaluates the harmonics, their gradient and their Hessian with respect to `vector`.
    ///
    /// # Shapes
    /// `values: [n_harmonics]`, `gradient: [n_harmonics][3]`, `hessian: [n_harmonics][3][3]`.
    ///
    /// # Units
    /// The gradient is per unit of `vector`, the Hessian per unit squared.
    ///
    /// # Errors
    /// [`GroupError::Length`].
    pub fn evaluate_with_hessian_into<T: Real>(
        &self,
        vector: [f64; 3],
        values: &mut [T],
        gradient: &mut [[T; 3]],
        hessian: &mut [[[T; 3]; 3]],
    ) -> Result<(), GroupError> {
        self.check_length("values", values.len())?;
        self.check_length("gradient", gradient.len())?;
        self.check_length("hessian", hessian.len())?;
        let (n, inverse) = direction(vector);
        self.levels.evaluate::<2, T>(n, inverse, &mut Outputs { values, gradient, hessian });
        Ok(())
    }

    #[inline]
    fn check_length(&self, what: &'static str, found: usize) -> Result<(), GroupError> {
        let expected = self.n_harmonics();
        if found == expected { Ok(()) } else { Err(GroupError::Length { what, expected, found }) }
    }
}

/// Returns the unit vector and the inverse length; zeros for the zero vector.
#[inline]
fn direction([x, y, z]: [f64; 3]) -> ([f64; 3], f64) {
    let square = x * x + y * y + z * z;
    // Outside of this range the squares lose digits to underflow or overflow.
    if !(1e-280..1e300).contains(&square) {
        return extreme_direction([x, y, z]);
    }
    let inverse = 1.0 / square.sqrt();
    ([x * inverse, y * inverse, z * inverse], inverse)
}

/// Does the same for vectors whose squares do not fit, by scaling with the largest component.
#[cold]
fn extreme_direction(vector: [f64; 3]) -> ([f64; 3], f64) {
    let largest = vector.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
    if largest == 0.0 && !vector.iter().any(|x| x.is_nan()) {
        return ([0.0; 3], 0.0);
    }
    let [x, y, z] = vector.map(|component| component / largest);
    let inverse = 1.0 / (x * x + y * y + z * z).sqrt();
    // The derivatives at a vector near zero overflow; kept finite, they do not turn zeros into NaN.
    ([x * inverse, y * inverse, z * inverse], (inverse / largest).min(f64::MAX))
}
