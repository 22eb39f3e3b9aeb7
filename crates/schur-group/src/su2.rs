//! Spins: the irreps of SU(2), over the reals.
//!
//! SU(2) is the group of unit quaternions, and each rotation is two of them, `q` and `-q`. Integer spins do not see the
//! difference: they are the irreps of SO(3), real. A half-integer spin has `2 j + 1` complex components that no real basis
//! can hold. Its real form has twice as many, real and imaginary parts; since `j` is equivalent to its conjugate, a
//! quaternion of matrices commutes with it, and couplings come in fours. For `j = 1/2` the real form is the quaternions
//! themselves under multiplication from the left.

use std::fmt;

use crate::coupling::{CouplingTensor, solve_coupling};
use crate::{GroupError, GroupIrrep, Irrep, Parity, WignerD};

/// An irreducible real representation of SU(2): a spin.
///
/// # Conventions
/// Integer spins have the basis and matrices of [`Irrep`]. Half-integer ones have `[real, imaginary]` parts of the components
/// `m = j, j - 1, .., -j`, and `(w, x, y, z)` acts on spin 1/2 as `w - i (x sigma_x + y sigma_y + z sigma_z)`, which turns
/// vectors by [`rotation_from_quaternion`](crate::rotation_from_quaternion).
///
/// # Examples
/// ```
/// use schur_group::{GroupIrrep, Su2Irrep};
///
/// let spin = Su2Irrep { twice_j: 1 };
/// assert_eq!((spin.to_string().as_str(), spin.dim(), spin.commutant_dim()), ("j=1/2", 4, 4));
/// // Two spins make a singlet and a triplet: four times each, as 4 x 4 = 16 real numbers.
/// let products: Vec<String> = spin.products(&spin)?.iter().map(|(mul, j)| format!("{mul} x {j}")).collect();
/// assert_eq!(products, ["4 x j=0", "4 x j=1"]);
/// // A full turn is not the identity.
/// assert_eq!(spin.matrix(&[-1.0, 0.0, 0.0, 0.0])?[0], -1.0);
/// # Ok::<(), schur_group::GroupError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Su2Irrep {
    /// Twice the spin.
    pub twice_j: usize,
}

impl Su2Irrep {
    fn is_half_integer(self) -> bool {
        !self.twice_j.is_multiple_of(2)
    }

    fn as_rotation_irrep(self) -> Irrep {
        Irrep::new(self.twice_j / 2, Parity::Even)
    }
}

impl fmt::Display for Su2Irrep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_half_integer() { write!(f, "j={}/2", self.twice_j) } else { write!(f, "j={}", self.twice_j / 2) }
    }
}

impl GroupIrrep for Su2Irrep {
    /// A quaternion `(w, x, y, z)`; only its direction matters.
    type Element = [f64; 4];

    fn dim(&self) -> usize {
        let complex = self.twice_j.saturating_add(1);
        if self.is_half_integer() { complex.saturating_mul(2) } else { complex }
    }

    fn commutant_dim(&self) -> usize {
        if self.is_half_integer() { 4 } else { 1 }
    }

    fn products(&self, other: &Self) -> Result<Vec<(usize, Self)>, GroupError> {
        // Two quaternionic spaces, each half of it, multiply to four copies of a real one.
        let multiplicity = if self.is_half_integer() && other.is_half_integer() { 4 } else { 1 };
        let spins = self.twice_j.abs_diff(other.twice_j)..=self.twice_j.saturating_add(other.twice_j);
        Ok(spins.step_by(2).map(|twice_j| (multiplicity, Self { twice_j })).collect())
    }

    fn matrix(&self, element: &[f64; 4]) -> Result<Vec<f64>, GroupError> {
        let irrep = self.as_rotation_irrep();
        if irrep.l > WignerD::MAX_DEGREE {
            return Err(GroupError::DegreeTooLarge { what: "matrices of spins", l: irrep.l, max: WignerD::MAX_DEGREE });
        }
        if !self.is_half_integer() {
            return WignerD::from_quaternion(irrep.l, *element)?.to_matrix(irrep);
        }
        let norm = element.iter().map(|x| x * x).sum::<f64>().sqrt();
        if !norm.is_normal() {
            return Err(GroupError::BadQuaternion { quaternion: *element });
        }
        Ok(spinor_matrix(self.twice_j, element.map(|x| x / norm)))
    }

    /// Turns by one radian, no rational part of a full turn, about x and y.
    fn generators(&self) -> Vec<[f64; 4]> {
        let (sine, cosine) = 0.5_f64.sin_cos();
        vec![[cosine, sine, 0.0, 0.0], [cosine, 0.0, sine, 0.0]]
    }

    fn coupling(&self, other: &Self, output: &Self) -> Result<Vec<CouplingTensor>, GroupError> {
        if [self, other, output].iter().any(|irrep| irrep.is_half_integer()) {
            return solve_coupling(self, other, output);
        }
        let [a, b, c] = [self, other, output].map(|irrep| irrep.as_rotation_irrep());
        a.coupling(&b, &c)
    }
}

/// Writes the real form of the matrix of a unit quaternion on `n` symmetrised spins 1/2.
///
/// A spin up goes to `a + c t` and a spin down to `b + d t`, where powers of `t` count the spins that are down.
fn spinor_matrix(n: usize, [w, x, y, z]: [f64; 4]) -> Vec<f64> {
    let (up, down) = ([[w, -z], [y, -x]], [[-y, -x], [w, z]]);
    let (n_complex, dim) = (n + 1, 2 * (n + 1));
    let mut matrix = vec![0.0; dim * dim];
    for column in 0..n_complex {
        let mut polynomial = vec![[1.0, 0.0]];
        for factor in (0..n).map(|at| if at < n - column { up } else { down }) {
            polynomial = times(&polynomial, factor);
        }
        for (row, [re, im]) in polynomial.into_iter().enumerate() {
            // States are normalised: one with k spins down is the sum of C(n, k) products.
            let scale = (binomial(n, column) / binomial(n, row)).sqrt();
            matrix[row * dim + column] = scale * re;
            matrix[row * dim + column + n_complex] = -scale * im;
            matrix[(row + n_complex) * dim + column] = scale * im;
            matrix[(row + n_complex) * dim + column + n_complex] = scale * re;
        }
    }
    matrix
}

/// Multiplies a polynomial with complex coefficients by a linear one.
fn times(polynomial: &[[f64; 2]], [constant, slope]: [[f64; 2]; 2]) -> Vec<[f64; 2]> {
    let mut product = vec![[0.0; 2]; polynomial.len() + 1];
    for (at, [re, im]) in polynomial.iter().enumerate() {
        for (power, [c, d]) in [(at, constant), (at + 1, slope)] {
            product[power][0] += re * c - im * d;
            product[power][1] += re * d + im * c;
        }
    }
    product
}

fn binomial(n: usize, k: usize) -> f64 {
    (0..k).fold(1.0, |product, step| product * (n - step) as f64 / (step + 1) as f64)
}
