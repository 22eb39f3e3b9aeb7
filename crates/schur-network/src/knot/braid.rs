//! Braids, and the two ways to close them.

use super::parse::integers;
use super::{Diagram, KnotError};

/// Many more strands than any sweep could cut through; a table's typing error must not fill the memory.
pub(super) const MOST_STRANDS: usize = 4096;

/// How the ends of a braid are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closure {
    /// The end of each strand with its beginning, round the back.
    Markov,
    /// The first strand with the second, the third with the fourth, and so on, at the beginning and at the end.
    ///
    /// Each component runs upwards where it first passes under another strand. The directions of a link's components
    /// matter for its polynomial.
    Plat,
}

/// A braid: a word in the generators, `k` for strand `k` passing over strand `k + 1`, and `-k` for its inverse.
///
/// Strands are counted from 1. A closed braid of positive generators has positive crossings.
///
/// # Examples
/// ```
/// use schur_network::knot::{Braid, Closure, jones};
///
/// let figure_eight = Braid::new(3, &[1, -2, 1, -2])?;
/// let polynomial = jones(&figure_eight.diagram(Closure::Markov)?)?;
/// assert_eq!(polynomial.to_string(), "t^-2 - t^-1 + 1 - t + t^2");
/// # Ok::<(), schur_network::knot::KnotError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Braid {
    strands: usize,
    /// The left strand from 0, and whether it passes over.
    word: Vec<(usize, bool)>,
}

/// A braid with a label for each piece of a strand between crossings.
pub(super) struct Strands {
    /// Incoming left and right, outgoing left and right.
    pub(super) crossings: Vec<[usize; 4]>,
    /// The label at the end of each strand; at its beginning strand `k` has the label `k`.
    pub(super) ends: Vec<usize>,
    /// How many labels there are.
    pub(super) labels: usize,
}

impl Braid {
    /// Checks and keeps a word.
    ///
    /// # Errors
    /// [`KnotError::Strands`] for none or more than 4096, [`KnotError::Generator`] for 0 or beyond `strands - 1`.
    pub fn new(strands: usize, word: &[i64]) -> Result<Self, KnotError> {
        if strands == 0 || strands > MOST_STRANDS {
            return Err(KnotError::Strands { strands });
        }
        let check = |(position, &generator): (usize, &i64)| {
            let left = usize::try_from(generator.unsigned_abs()).ok().and_then(|k| k.checked_sub(1));
            let left = left.filter(|left| left + 1 < strands);
            left.map(|left| (left, generator > 0)).ok_or(KnotError::Generator { generator, position, strands })
        };
        Ok(Self { strands, word: word.iter().enumerate().map(check).collect::<Result<_, _>>()? })
    }

    /// Reads a word, as `{1,-2,1,-2}`, with as many strands as its generators need.
    ///
    /// # Errors
    /// [`KnotError::Text`], for a second list as well, and those of [`new`](Self::new).
    pub fn from_text(text: &str) -> Result<Self, KnotError> {
        // Tables have lists of several braids of the same knot, which are not one word.
        if let Some((position, second)) = text.match_indices(['[', '{', '(']).nth(1) {
            let (text, expected) = (second.to_owned(), "part of a single list of generators");
            return Err(KnotError::Text { text, position, expected });
        }
        let word: Vec<i64> = integers(text, "")?.into_iter().map(|(_, generator)| generator).collect();
        let largest = word.iter().map(|generator| generator.unsigned_abs()).max().unwrap_or_default();
        Self::new(usize::try_from(largest).unwrap_or(usize::MAX).saturating_add(1), &word)
    }

    /// The number of strands.
    pub const fn strands(&self) -> usize {
        self.strands
    }

    /// The left strand of each generator, from 0, and whether it passes over the right one.
    pub(super) fn word(&self) -> &[(usize, bool)] {
        &self.word
    }

    /// The diagram of the closed braid, strands upwards.
    ///
    /// # Errors
    /// [`KnotError::OddStrands`] for a plat closure of an odd number of strands.
    pub fn diagram(&self, closure: Closure) -> Result<Diagram, KnotError> {
        let Strands { mut crossings, ends, labels } = self.pieces();
        let joins: Vec<[usize; 2]> = match closure {
            Closure::Markov => ends.into_iter().enumerate().map(|(first, last)| [first, last]).collect(),
            Closure::Plat => {
                let pairs = [self.pairs(&(0..self.strands).collect::<Vec<_>>())?, self.pairs(&ends)?];
                pairs.concat()
            }
        };
        let circles = join(&mut crossings, &joins, labels);
        let planar = crossings.iter().zip(&self.word).map(|(&[p, q, r, s], (_, over))| {
            // Counterclockwise from the incoming lower strand: from the right if the left one passes over.
            if *over { [q, s, r, p] } else { [p, q, s, r] }
        });
        let planar: Vec<[usize; 4]> = planar.collect();
        let all: Vec<usize> = (0..planar.len()).map(|crossing| 4 * crossing).collect();
        Diagram::oriented(&planar, if closure == Closure::Markov { &all } else { &[] }, circles)
    }

    /// Labels the pieces of the strands from the beginning to the end.
    pub(super) fn pieces(&self) -> Strands {
        let mut ends: Vec<usize> = (0..self.strands).collect();
        let mut labels = self.strands;
        let mut crossings = Vec::with_capacity(self.word.len());
        for &(left, _) in &self.word {
            crossings.push([ends[left], ends[left + 1], labels, labels + 1]);
            ends[left..left + 2].copy_from_slice(&[labels, labels + 1]);
            labels += 2;
        }
        Strands { crossings, ends, labels }
    }

    /// Takes neighbouring strands in pairs.
    pub(super) fn pairs(&self, labels: &[usize]) -> Result<Vec<[usize; 2]>, KnotError> {
        let (pairs, rest) = labels.as_chunks();
        if rest.is_empty() { Ok(pairs.to_vec()) } else { Err(KnotError::OddStrands { strands: self.strands }) }
    }
}

/// Makes the two pieces of each pair one edge, and counts those that are joined to themselves: circles.
fn join(crossings: &mut [[usize; 4]], joins: &[[usize; 2]], labels: usize) -> usize {
    let mut name: Vec<usize> = (0..labels).collect();
    let mut circles = 0;
    for &[a, b] in joins {
        let (a, b) = (name[a], name[b]);
        circles += usize::from(a == b);
        name.iter_mut().filter(|label| **label == b).for_each(|label| *label = a);
    }
    crossings.iter_mut().flatten().for_each(|label| *label = name[*label]);
    circles
}
