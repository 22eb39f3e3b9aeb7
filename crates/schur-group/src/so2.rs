//! Rotations of the plane, or of space about one axis.

use std::fmt;

use crate::coupling::CouplingTensor;
use crate::{GroupError, GroupIrrep};

/// An irreducible real representation of SO(2): a frequency.
///
/// Frequency 0 is the invariant; any other has two dimensions. The basis is that of the spherical harmonics `(-m, m)`, sine
/// first, and the element is the angle of a turn about their polar axis y: an [`Irrep`](crate::Irrep) of degree `l` falls
/// apart into the frequencies 0 to `l`, and the components `-m` and `m` are exactly the basis here. Turned by `a`,
///
/// $$ \begin{pmatrix} s \\\\ c \end{pmatrix} \to \begin{pmatrix} \cos ma & \sin ma \\\\ -\sin ma & \cos ma \end{pmatrix}
/// \begin{pmatrix} s \\\\ c \end{pmatrix}. $$
///
/// For `m > 0` the irrep is of complex type: `c + i s` is multiplied by `exp(i m a)`, and so commutes with a quarter turn.
/// Couplings therefore come in pairs.
///
/// # Examples
/// ```
/// use schur_group::{GroupIrrep, So2Irrep};
///
/// let (one, two) = (So2Irrep { m: 1 }, So2Irrep { m: 2 });
/// assert_eq!(one.products(&two)?, [(1, So2Irrep { m: 1 }), (1, So2Irrep { m: 3 })]);
/// assert_eq!(one.products(&one)?, [(2, So2Irrep { m: 0 }), (1, So2Irrep { m: 2 })]);
/// # Ok::<(), schur_group::GroupError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct So2Irrep {
    /// How many turns the representation makes in one turn of the plane.
    pub m: usize,
}

impl fmt::Display for So2Irrep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "m={}", self.m)
    }
}

impl GroupIrrep for So2Irrep {
    /// An angle in radians.
    type Element = f64;

    fn dim(&self) -> usize {
        if self.m == 0 { 1 } else { 2 }
    }

    fn commutant_dim(&self) -> usize {
        self.dim()
    }

    fn products(&self, other: &Self) -> Result<Vec<(usize, Self)>, GroupError> {
        let (difference, sum) = (Self { m: self.m.abs_diff(other.m) }, Self { m: self.m.saturating_add(other.m) });
        Ok(if self.m.min(other.m) == 0 {
            vec![(1, sum)]
        } else if difference.m == 0 {
            vec![(2, difference), (1, sum)]
        } else {
            vec![(1, difference), (1, sum)]
        })
    }

    fn matrix(&self, angle: &f64) -> Result<Vec<f64>, GroupError> {
        if !angle.is_finite() {
            return Err(GroupError::BadAngles { angles: [*angle, 0.0, 0.0] });
        }
        let (sine, cosine) = (self.m as f64 * angle).sin_cos();
        Ok(if self.m == 0 { vec![1.0] } else { vec![cosine, sine, -sine, cosine] })
    }

    /// One radian, no rational part of a full turn.
    fn generators(&self) -> Vec<f64> {
        vec![1.0]
    }

    fn coupling(&self, other: &Self, output: &Self) -> Result<Vec<CouplingTensor>, GroupError> {
        let (m1, m2) = (self.m as i128, other.m as i128);
        // Conjugating an input flips its frequency, and conjugating both flips that of the output.
        let signs: &[i128] = if m1 == 0 || m2 == 0 { &[1] } else { &[-1, 1] };
        let found = signs.iter().filter(|sign| (m1 + *sign * m2).unsigned_abs() == output.m as u128);
        let mut tensors = Vec::new();
        for sign in found {
            let flip = m1 + sign * m2 < 0;
            tensors.extend(complex_products([self.dim(), other.dim(), output.dim()], *sign as f64, flip)?);
        }
        Ok(tensors)
    }
}

/// Writes `z1 z2` (or `z1 conj(z2)`, conjugated if `flip`), and then i times that, as tensors with squared norm `n3`.
///
/// An invariant input has only a real part; an invariant output takes the real part of either.
fn complex_products(
    shape @ [n1, n2, n3]: [usize; 3],
    sign: f64,
    flip: bool,
) -> Result<Vec<CouplingTensor>, GroupError> {
    // Component 0 of a pair is the imaginary part.
    let part = |n: usize, at: usize| if n == 1 || at == 1 { [1.0, 0.0] } else { [0.0, 1.0] };
    let n_tensors = if n1 * n2 == 1 { 1 } else { 2 };
    // Two complex factors: each part of the product has two terms.
    let scale = if n1 * n2 == 4 { 0.5_f64.sqrt() } else { 1.0 };
    (0..n_tensors)
        .map(|turns| {
            let mut values = Vec::with_capacity(n1 * n2 * n3);
            for (i, j) in (0..n1).flat_map(|i| (0..n2).map(move |j| (i, j))) {
                let ([a, b], [c, d]) = (part(n1, i), part(n2, j));
                let d = sign * d;
                let (re, im) = (a * c - b * d, if flip { -1.0 } else { 1.0 } * (a * d + b * c));
                let (re, im) = if turns == 0 { (re, im) } else { (-im, re) };
                values.extend(if n3 == 1 { vec![scale * re] } else { vec![scale * im, scale * re] });
            }
            CouplingTensor::new(shape, values)
        })
        .collect()
}
