//! Names of indices.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use super::ParseError;

/// An index, by its name: one letter, or a name that the text puts into brackets.
///
/// Their order is that of an output that is left out: numbers first, by their value, then all others by code points, so
/// that capital letters come before small ones as in NumPy.
///
/// # Examples
/// ```
/// use schur_einsum::language::Index;
///
/// let mut indices = ["j", "batch", "10", "J", "9"].map(|name| Index::new(name).unwrap());
/// indices.sort();
/// assert_eq!(indices.map(|index| index.to_string()), ["9", "10", "J", "batch", "j"]);
/// assert!(Index::new("two words").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Index(Arc<str>);

impl Index {
    /// Checks a name.
    ///
    /// # Errors
    /// [`ParseError::Name`] unless it is one letter, or made of letters, digits, `_` and `'`.
    pub fn new(name: &str) -> Result<Self, ParseError> {
        let mut characters = name.chars();
        let letter = characters.next().is_some_and(is_letter) && characters.next().is_none();
        if letter || (!name.is_empty() && name.chars().all(is_name_character)) {
            return Ok(Self(Arc::from(name)));
        }
        Err(ParseError::Name { name: name.to_owned() })
    }

    /// The name, without brackets.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Whether the text needs no brackets around it.
    pub(super) fn is_letter(&self) -> bool {
        let mut characters = self.0.chars();
        characters.next().is_some_and(is_letter) && characters.next().is_none()
    }

    pub(super) fn letter(letter: char) -> Self {
        Self(Arc::from(letter.encode_utf8(&mut [0; 4]) as &str))
    }

    /// A letter that is not `taken`: first `a` to `Z`, then those that opt_einsum goes on with.
    pub(super) fn unused(taken: impl Fn(&Self) -> bool) -> Self {
        let letters = ('a'..='z').chain('A'..='Z').chain(FIRST_FOREIGN_LETTER..).map(Self::letter);
        // Finitely many names are ever taken, of more than a million letters; the fallback is never reached.
        letters.into_iter().find(|index| !taken(index)).unwrap_or_else(|| Self::letter('a'))
    }
}

/// opt_einsum numbers indices beyond the 52 Latin letters by code points from here on, letters or not.
const FIRST_FOREIGN_LETTER: char = '\u{C0}';

pub(super) fn is_letter(c: char) -> bool {
    c.is_alphabetic() || c.is_ascii_digit() || c >= FIRST_FOREIGN_LETTER
}

pub(super) fn is_name_character(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '\'' || (c >= FIRST_FOREIGN_LETTER && !c.is_whitespace())
}

impl fmt::Display for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Ord for Index {
    fn cmp(&self, other: &Self) -> Ordering {
        // A number compares by its length without leading zeros, then by its digits.
        let number = |name: &str| {
            let digits = name.bytes().all(|byte| byte.is_ascii_digit());
            let value = name.trim_start_matches('0');
            (!digits, if digits { value.len() } else { 0 }, if digits { value.to_owned() } else { String::new() })
        };
        number(&self.0).cmp(&number(&other.0)).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Index {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What an axis, or several, of an operand are called: an index, or the axes that an ellipsis stands for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Label {
    /// One axis.
    Index(Index),
    /// `...`: all axes that no index names.
    Ellipsis,
}

impl From<Index> for Label {
    fn from(index: Index) -> Self {
        Self::Index(index)
    }
}

impl From<usize> for Label {
    fn from(number: usize) -> Self {
        Self::Index(Index(Arc::from(number.to_string())))
    }
}

impl TryFrom<&str> for Label {
    type Error = ParseError;

    fn try_from(name: &str) -> Result<Self, ParseError> {
        Ok(if name == "..." { Self::Ellipsis } else { Self::Index(Index::new(name)?) })
    }
}
