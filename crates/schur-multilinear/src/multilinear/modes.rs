//! Channel modes: which channels of the operands run together, written as letters.

use std::{collections::BTreeMap, fmt, str::FromStr};

/// The letters in the order in which canonical names are given.
const LETTERS: [char; 26] = [
    'u', 'v', 'w', 'x', 'y', 'z', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q',
    'r', 's', 't',
];

/// The channel modes of each operand, the result last: `"uvw,u,v,w"` in the words of e3nn.
///
/// A letter is one channel index. Operands that share a letter share that index; a letter that the result lacks is
/// summed over; a letter that only the result has repeats the same numbers. An operand without letters has one channel.
///
/// # Examples
/// ```
/// use schur_multilinear::Modes;
/// let modes: Modes = "uvw,u,v,w".parse()?;
/// assert_eq!(modes.operand(0), ['u', 'v', 'w']);
/// let error = "u,uu".parse::<Modes>().unwrap_err();
/// assert_eq!(error.to_string(), "letter `u` stands twice in operand 1 of \"u,uu\" (character 3): name it once");
/// # Ok::<(), schur_multilinear::ModesError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Modes {
    operands: Vec<Vec<char>>,
}

/// Text that does not describe channel modes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModesError {
    /// Something else than a letter.
    #[error("`{letter}` in operand {operand} of {text:?} (character {at}) is not a letter from a to z")]
    NotALetter {
        /// The whole text.
        text: String,
        /// What stands there.
        letter: char,
        /// Which operand.
        operand: usize,
        /// Where, in characters from zero.
        at: usize,
    },
    /// A letter repeated within an operand would be a diagonal.
    #[error("letter `{letter}` stands twice in operand {operand} of {text:?} (character {at}): name it once")]
    Repeated {
        /// The whole text.
        text: String,
        /// The letter.
        letter: char,
        /// Which operand.
        operand: usize,
        /// Where it stands for the second time, in characters from zero.
        at: usize,
    },
}

impl FromStr for Modes {
    type Err = ModesError;

    fn from_str(text: &str) -> Result<Self, ModesError> {
        let mut operands = vec![Vec::new()];
        for (at, letter) in text.chars().enumerate() {
            let operand = operands.len() - 1;
            let text = || text.to_owned();
            match letter {
                ',' => operands.push(Vec::new()),
                'a'..='z' if operands[operand].contains(&letter) => {
                    return Err(ModesError::Repeated { text: text(), letter, operand, at });
                }
                'a'..='z' => operands[operand].push(letter),
                _ => return Err(ModesError::NotALetter { text: text(), letter, operand, at }),
            }
        }
        Ok(Self { operands })
    }
}

impl fmt::Display for Modes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, letters) in self.operands.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{}", letters.iter().collect::<String>())?;
        }
        Ok(())
    }
}

impl Modes {
    /// One index `u` shared by all operands: `uuu` in the words of e3nn.
    pub fn shared(operands: usize) -> Self {
        Self { operands: vec![vec!['u']; operands] }
    }

    /// From letters that are known to be good.
    pub(super) fn from_letters(operands: Vec<Vec<char>>) -> Self {
        Self { operands }
    }

    /// How many operands there are.
    pub fn len(&self) -> usize {
        self.operands.len()
    }

    /// Whether there are none; text always describes at least one.
    pub fn is_empty(&self) -> bool {
        self.operands.is_empty()
    }

    /// The letters of one operand, outermost first.
    ///
    /// # Panics
    /// If there is no such operand.
    pub fn operand(&self, operand: usize) -> &[char] {
        &self.operands[operand]
    }

    /// The letters of each operand in turn.
    pub fn iter(&self) -> impl Iterator<Item = &[char]> {
        self.operands.iter().map(Vec::as_slice)
    }

    /// Every letter once, in the order of first appearance.
    pub fn letters(&self) -> Vec<char> {
        let mut letters = Vec::new();
        for &letter in self.operands.iter().flatten() {
            if !letters.contains(&letter) {
                letters.push(letter);
            }
        }
        letters
    }

    /// The same modes with letters named u, v, w, x, y, z, a, b, ... in the order of first appearance.
    ///
    /// Two maps with equal canonical modes differ in names only.
    pub fn canonical(&self) -> Self {
        let names: BTreeMap<char, char> = self.letters().into_iter().zip(LETTERS).collect();
        let rename = |letters: &Vec<char>| letters.iter().map(|letter| names[letter]).collect();
        Self { operands: self.operands.iter().map(rename).collect() }
    }

    /// A letter that is not taken, if one of the 26 is left.
    pub fn free_letter(&self) -> Option<char> {
        let taken = self.letters();
        LETTERS.into_iter().find(|letter| !taken.contains(letter))
    }

    /// The operands in another order: number `i` is the old number `order[i]`.
    pub(super) fn reordered(&self, order: &[usize]) -> Self {
        Self { operands: order.iter().map(|&old| self.operands[old].clone()).collect() }
    }

    /// Where `letter` stands among an operand's modes.
    pub(super) fn position(&self, operand: usize, letter: char) -> Option<usize> {
        self.operands[operand].iter().position(|&l| l == letter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_goes_there_and_back() {
        for text in ["uvw,u,v,w", "u,u", ",", "uv,,v", ""] {
            assert_eq!(text.parse::<Modes>().unwrap().to_string(), text);
        }
        assert_eq!("".parse::<Modes>().unwrap().len(), 1);
        assert_eq!("kj,k,j".parse::<Modes>().unwrap().canonical().to_string(), "uv,u,v");
    }

    #[test]
    fn errors_point_at_the_letter() {
        let error = "u, v".parse::<Modes>().unwrap_err();
        assert_eq!(error, ModesError::NotALetter { text: "u, v".into(), letter: ' ', operand: 1, at: 2 });
        let error = "uv,vxv".parse::<Modes>().unwrap_err();
        assert_eq!(error, ModesError::Repeated { text: "uv,vxv".into(), letter: 'v', operand: 1, at: 5 });
    }

    #[test]
    fn a_free_letter_is_the_first_that_nobody_uses() {
        assert_eq!("uv,w".parse::<Modes>().unwrap().free_letter(), Some('x'));
        assert_eq!(LETTERS.iter().collect::<String>().parse::<Modes>().unwrap().free_letter(), None);
    }
}
