//! One irreducible representation of O(3).

use std::fmt;
use std::ops::Mul;
use std::str::FromStr;

use crate::{GroupError, IrrepSyntax};

/// Behaviour under inversion of space.
///
/// Ordered as in e3nn: odd (-1) before even (+1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Parity {
    /// Changes sign; written `o`.
    Odd,
    /// Stays; written `e`.
    Even,
}

impl Parity {
    /// Returns 1 for even and -1 for odd.
    pub fn sign(self) -> i32 {
        match self {
            Parity::Even => 1,
            Parity::Odd => -1,
        }
    }

    /// Returns the parity of the spherical harmonics of degree `l`.
    pub fn of_harmonic(l: usize) -> Self {
        if l.is_multiple_of(2) { Parity::Even } else { Parity::Odd }
    }
}

impl Mul for Parity {
    type Output = Parity;

    fn mul(self, other: Parity) -> Parity {
        if self == other { Parity::Even } else { Parity::Odd }
    }
}

impl fmt::Display for Parity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Parity::Even => "e",
            Parity::Odd => "o",
        })
    }
}

/// An irreducible representation of O(3): a degree and a parity.
///
/// Ordered by degree, then odd before even, as e3nn sorts.
///
/// # Examples
/// ```
/// use schur_group::{Irrep, Parity};
///
/// let vector: Irrep = "1o".parse()?;
/// assert_eq!(vector, Irrep { l: 1, parity: Parity::Odd });
/// assert_eq!(vector.dim(), 3);
/// let products: Vec<String> = vector.product(vector).map(|irrep| irrep.to_string()).collect();
/// assert_eq!(products, ["0e", "1e", "2e"]);
/// # Ok::<(), schur_group::GroupError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Irrep {
    /// Degree: 0 for scalars, 1 for vectors.
    pub l: usize,
    /// Behaviour under inversion.
    pub parity: Parity,
}

impl Irrep {
    /// Names the irrep of degree `l` and the given parity.
    pub fn new(l: usize, parity: Parity) -> Self {
        Self { l, parity }
    }

    /// Names the irrep of the spherical harmonics of degree `l`.
    pub fn harmonic(l: usize) -> Self {
        Self { l, parity: Parity::of_harmonic(l) }
    }

    /// Returns the dimension `2 l + 1`.
    pub fn dim(self) -> usize {
        self.l.saturating_mul(2).saturating_add(1)
    }

    /// Tells whether it is the invariant `0e`.
    pub fn is_scalar(self) -> bool {
        self == Self { l: 0, parity: Parity::Even }
    }

    /// Lists the irreps in the product of two, by increasing degree.
    pub fn product(self, other: Irrep) -> impl DoubleEndedIterator<Item = Irrep> + Clone {
        let parity = self.parity * other.parity;
        (self.l.abs_diff(other.l)..=self.l.saturating_add(other.l)).map(move |l| Irrep { l, parity })
    }

    /// Tells whether the product of `self` and `other` contains `output`.
    pub fn couples(self, other: Irrep, output: Irrep) -> bool {
        let degrees = self.l.abs_diff(other.l)..=self.l.saturating_add(other.l);
        degrees.contains(&output.l) && self.parity * other.parity == output.parity
    }

    /// Reads one irrep without its surroundings, for errors that know more than this does.
    pub(crate) fn from_term(term: &str) -> Result<Self, IrrepSyntax> {
        let mut letters = term.chars();
        let last = letters.next_back().ok_or(IrrepSyntax::Empty)?;
        let degree = letters.as_str();
        if !matches!(last, 'e' | 'o' | 'y') {
            return Err(IrrepSyntax::Parity);
        }
        let l = whole_number(degree).ok_or(IrrepSyntax::Degree)?;
        let parity = match last {
            'e' => Parity::Even,
            'o' => Parity::Odd,
            _ => Parity::of_harmonic(l),
        };
        Ok(Self { l, parity })
    }
}

/// Reads plain digits; signs, which `parse` would accept, are refused.
pub(crate) fn whole_number(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

impl fmt::Display for Irrep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.l, self.parity)
    }
}

impl FromStr for Irrep {
    type Err = GroupError;

    fn from_str(text: &str) -> Result<Self, GroupError> {
        let found = text.trim();
        Irrep::from_term(found).map_err(|reason| GroupError::ParseIrreps {
            text: text.to_owned(),
            term: 1,
            found: found.to_owned(),
            position: text.len() - text.trim_start().len(),
            reason,
        })
    }
}
