//! The groups whose maps diagrams stand for.

use std::fmt;
use std::str::FromStr;

use crate::DiagramError;

/// A group acting on `R^n`, named without its dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// All permutations of the coordinates.
    Symmetric,
    /// The even ones.
    Alternating,
    /// Rotations and reflections.
    Orthogonal,
    /// Rotations.
    SpecialOrthogonal,
    /// The maps that keep `sum_p x_p y_p' - x_p' y_p`, coordinates ordered `1, 1', 2, 2', ...`; `n` is even.
    Symplectic,
}

impl Group {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Symmetric, Self::Alternating, Self::Orthogonal, Self::SpecialOrthogonal, Self::Symplectic];

    /// The name as in `schur layer --group`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Symmetric => "sym",
            Self::Alternating => "alt",
            Self::Orthogonal => "o",
            Self::SpecialOrthogonal => "so",
            Self::Symplectic => "sp",
        }
    }

    /// Checks that it acts on a space of this dimension.
    ///
    /// # Errors
    /// [`DiagramError::Dimension`] for `n = 0`, and for an odd `n` of the symplectic group.
    pub const fn check(self, n: usize) -> Result<(), DiagramError> {
        if n == 0 {
            return Err(DiagramError::Dimension { group: self, expected: "a space of dimension 1 or more", n });
        }
        if matches!(self, Self::Symplectic) && !n.is_multiple_of(2) {
            return Err(DiagramError::Dimension { group: self, expected: "an even dimension", n });
        }
        Ok(())
    }

    /// Whether it permutes the coordinates, so that functions may be applied to each of them.
    pub const fn permutes(self) -> bool {
        matches!(self, Self::Symmetric | Self::Alternating)
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Symmetric => "the symmetric group",
            Self::Alternating => "the alternating group",
            Self::Orthogonal => "the orthogonal group",
            Self::SpecialOrthogonal => "the special orthogonal group",
            Self::Symplectic => "the symplectic group",
        })
    }
}

impl FromStr for Group {
    type Err = DiagramError;

    fn from_str(name: &str) -> Result<Self, DiagramError> {
        let found = Self::ALL.into_iter().find(|group| group.name() == name);
        found.ok_or_else(|| DiagramError::UnknownGroup { name: name.to_owned() })
    }
}
