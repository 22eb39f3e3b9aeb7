//! One diagram: two rows of vertices, blocks, and at most one head.

use std::fmt;
use std::str::FromStr;

use crate::partition::{MAX_POINTS, block_count, check_points, members, renumbered};
use crate::{DiagramError, Group};

/// A diagram from a lower row of inputs to an upper row of outputs.
///
/// Written as the blocks of the upper row, a bar, and the blocks of the lower one, a letter a block in the order in which
/// they first appear; the blocks that a head joins follow a star: `"a|ab*b"`.
///
/// # Examples
/// ```
/// use schur_diagram::Diagram;
///
/// let transpose: Diagram = "ab|ba".parse()?;
/// assert_eq!((transpose.top(), transpose.bottom()), (2, 2));
/// assert_eq!(transpose.transposed().to_string(), "ab|ba");
/// let row_sum: Diagram = "a|ab".parse()?;
/// assert_eq!(row_sum.beside(&transpose)?.to_string(), "abc|adcb");
/// # Ok::<(), schur_diagram::DiagramError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Diagram {
    top: usize,
    blocks: Vec<u8>,
    head: Vec<u8>,
}

impl Diagram {
    /// Makes a diagram of any labels: vertices with equal labels are in one block.
    ///
    /// The first `top` labels are those of the outputs. `head` holds vertices, one of each block that a head joins, in any
    /// order; the order of tentacles is that of the blocks.
    ///
    /// # Errors
    /// [`DiagramError::TooLarge`] beyond 26 vertices; [`DiagramError::Permutation`] if `top` or a vertex of the head is
    /// beyond the labels, or two of the head are in one block.
    pub fn new<T: PartialEq>(top: usize, labels: &[T], head: &[usize]) -> Result<Self, DiagramError> {
        check_points(labels.len())?;
        let wrong = || DiagramError::Permutation { order: head.to_vec(), length: labels.len() };
        if top > labels.len() || head.iter().any(|&vertex| vertex >= labels.len()) {
            return Err(wrong());
        }
        let blocks = renumbered(labels);
        let mut joined: Vec<u8> = head.iter().map(|&vertex| blocks[vertex]).collect();
        joined.sort_unstable();
        if joined.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(wrong());
        }
        Ok(Self { top, blocks, head: joined })
    }

    /// The diagram of the identity on `k` axes.
    ///
    /// # Errors
    /// [`DiagramError::TooLarge`] beyond 13 axes.
    pub fn identity(k: usize) -> Result<Self, DiagramError> {
        let labels: Vec<usize> = (0..k).chain(0..k).collect();
        Self::new(k, &labels, &[])
    }

    /// The diagram that permutes axes: output `i` is input `order[i]`.
    ///
    /// # Errors
    /// [`DiagramError::Permutation`], [`DiagramError::TooLarge`].
    pub fn permutation(order: &[usize]) -> Result<Self, DiagramError> {
        check_permutation(order, order.len())?;
        let labels: Vec<usize> = order.iter().copied().chain(0..order.len()).collect();
        Self::new(order.len(), &labels, &[])
    }

    /// Output axes.
    pub const fn top(&self) -> usize {
        self.top
    }

    /// Input axes.
    pub const fn bottom(&self) -> usize {
        self.blocks.len() - self.top
    }

    /// The block of each vertex, outputs first; blocks are numbered as they first appear.
    pub fn blocks(&self) -> &[u8] {
        &self.blocks
    }

    /// The blocks that the head joins, ascending; none without a head.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// The number of blocks.
    pub fn block_count(&self) -> usize {
        block_count(&self.blocks)
    }

    /// The vertices of each block; outputs are counted first.
    pub fn members(&self) -> Vec<Vec<usize>> {
        members(&self.blocks)
    }

    /// The vertex that shares a block of two with this one.
    pub(crate) fn partner(&self, vertex: usize) -> Option<usize> {
        (0..self.blocks.len()).find(|&other| other != vertex && self.blocks[other] == self.blocks[vertex])
    }

    /// The diagram turned over: outputs become inputs.
    ///
    /// Its matrix is the transpose. With a head, the order of tentacles may change: see
    /// [`transpose_sign`](Self::transpose_sign).
    pub fn transposed(&self) -> Self {
        let turned: Vec<u8> = self.blocks[self.top..].iter().chain(&self.blocks[..self.top]).copied().collect();
        let blocks = renumbered(&turned);
        let mut head: Vec<u8> = self.head.iter().filter_map(|tentacle| place(&turned, &blocks, *tentacle)).collect();
        head.sort_unstable();
        Self { top: self.bottom(), blocks, head }
    }

    /// The sign that the tentacles' new order brings when the diagram is turned over.
    pub fn transpose_sign(&self) -> i64 {
        let turned: Vec<u8> = self.blocks[self.top..].iter().chain(&self.blocks[..self.top]).copied().collect();
        let blocks = renumbered(&turned);
        let moved: Vec<u8> = self.head.iter().filter_map(|tentacle| place(&turned, &blocks, *tentacle)).collect();
        permutation_sign(&moved)
    }

    /// Two diagrams side by side: the Kronecker product of their matrices.
    ///
    /// # Errors
    /// [`DiagramError::TooLarge`] beyond 26 vertices; [`DiagramError::Permutation`] if both have a head.
    pub fn beside(&self, right: &Self) -> Result<Self, DiagramError> {
        let label = |side: usize| move |&block: &u8| (side, block);
        let labels: Vec<(usize, u8)> = (self.blocks[..self.top].iter().map(label(0)))
            .chain(right.blocks[..right.top].iter().map(label(1)))
            .chain(self.blocks[self.top..].iter().map(label(0)))
            .chain(right.blocks[right.top..].iter().map(label(1)))
            .collect();
        if !self.head.is_empty() && !right.head.is_empty() {
            let order = self.head.iter().chain(&right.head).map(|&block| usize::from(block)).collect();
            return Err(DiagramError::Permutation { order, length: labels.len() });
        }
        let joined = self.head.iter().map(label(0)).chain(right.head.iter().map(label(1)));
        let head: Vec<usize> = joined.filter_map(|label| labels.iter().position(|other| *other == label)).collect();
        Self::new(self.top + right.top, &labels, &head)
    }

    /// Checks that a group has this diagram.
    ///
    /// # Errors
    /// [`DiagramError::Foreign`], [`DiagramError::Dimension`].
    pub fn check(&self, group: Group, n: usize) -> Result<(), DiagramError> {
        group.check(n)?;
        let head = self.head.len();
        let sizes: Vec<usize> = self.members().iter().map(Vec::len).collect();
        let is_free = |block: usize| u8::try_from(block).is_ok_and(|block| self.head.contains(&block));
        let matched = sizes.iter().enumerate().all(|(block, &size)| size == if is_free(block) { 1 } else { 2 });
        let (fits, expected) = match group {
            Group::Symmetric => (head == 0, "they are set partitions without a head"),
            Group::Alternating => (
                head == 0 || head == n || head + 1 == n,
                "they are set partitions, with a head on n or n - 1 blocks or none",
            ),
            Group::Orthogonal | Group::Symplectic => (head == 0 && matched, "they are perfect matchings"),
            Group::SpecialOrthogonal => (
                (head == 0 || head == n) && matched,
                "they are perfect matchings, or a head on n single vertices with the others matched",
            ),
        };
        if fits {
            return Ok(());
        }
        Err(DiagramError::Foreign { diagram: self.to_string(), group, n, expected })
    }
}

/// The new number of a block that was called `tentacle` before renumbering.
fn place(labels: &[u8], blocks: &[u8], tentacle: u8) -> Option<u8> {
    labels.iter().position(|&label| label == tentacle).map(|vertex| blocks[vertex])
}

/// The sign of the permutation that sorts distinct numbers.
///
/// # Examples
/// ```
/// assert_eq!(schur_diagram::permutation_sign(&[2, 0, 1]), 1);
/// assert_eq!(schur_diagram::permutation_sign(&[1, 0, 2]), -1);
/// ```
pub fn permutation_sign<T: Ord>(numbers: &[T]) -> i64 {
    let inversions = (0..numbers.len()).map(|i| numbers[i + 1..].iter().filter(|&later| *later < numbers[i]).count());
    if inversions.sum::<usize>().is_multiple_of(2) { 1 } else { -1 }
}

/// Refuses what is no permutation.
pub fn check_permutation(order: &[usize], length: usize) -> Result<(), DiagramError> {
    let mut sorted = order.to_vec();
    sorted.sort_unstable();
    if sorted.iter().copied().eq(0..length) {
        return Ok(());
    }
    Err(DiagramError::Permutation { order: order.to_vec(), length })
}

impl fmt::Display for Diagram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = |blocks: &[u8]| -> String { blocks.iter().map(|&block| char::from(b'a' + block)).collect() };
        write!(f, "{}|{}", letters(&self.blocks[..self.top]), letters(&self.blocks[self.top..]))?;
        if self.head.is_empty() { Ok(()) } else { write!(f, "*{}", letters(&self.head)) }
    }
}

impl FromStr for Diagram {
    type Err = DiagramError;

    fn from_str(text: &str) -> Result<Self, DiagramError> {
        let wrong = |position, expected| DiagramError::Text { text: text.to_owned(), position, expected };
        let (rows, head) = text.split_once('*').map_or((text, ""), |(rows, head)| (rows, head));
        let bar = rows.find('|').ok_or_else(|| wrong(rows.len(), "a bar between outputs and inputs"))?;
        let letter = |byte: &u8| byte.is_ascii_lowercase();
        for (position, byte) in text.bytes().enumerate() {
            let is_mark = position == bar || (byte == b'*' && position == rows.len());
            if !is_mark && !letter(&byte) {
                return Err(wrong(position, "a letter from a to z"));
            }
        }
        let labels: Vec<u8> = rows.bytes().filter(letter).collect();
        if labels.len() > MAX_POINTS {
            check_points(labels.len())?;
        }
        let mut vertices = Vec::new();
        for (place, tentacle) in head.bytes().enumerate() {
            let vertex = labels.iter().position(|&label| label == tentacle);
            let position = rows.len() + 1 + place;
            vertices.push(vertex.ok_or_else(|| wrong(position, "a block of the diagram"))?);
            if head.as_bytes()[..place].contains(&tentacle) {
                return Err(wrong(position, "a block that the head does not join yet"));
            }
        }
        Self::new(bar, &labels, &vertices)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_diagrams_go_both_ways() {
        for text in ["|", "a|a", "ab|ba", "aab|bcc", "abc|*abc", "a|ab*ab"] {
            assert_eq!(text.parse::<Diagram>().unwrap().to_string(), text);
        }
        assert_eq!("zy|yz".parse::<Diagram>().unwrap().to_string(), "ab|ba");
        for (text, position) in [("ab", 2), ("a|b|", 3), ("aA|", 1), ("a|b*c", 4), ("a|b*aa", 5)] {
            let error = text.parse::<Diagram>().unwrap_err();
            assert!(
                matches!(error, DiagramError::Text { position: found, .. } if found == position),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn groups_know_their_diagrams() {
        let check = |text: &str, group, n| text.parse::<Diagram>().unwrap().check(group, n).is_ok();
        assert!(check("aab|b", Group::Symmetric, 3) && !check("ab|c*abc", Group::Symmetric, 3));
        assert!(check("ab|c*abc", Group::Alternating, 3) && check("ab|c*ab", Group::Alternating, 3));
        assert!(!check("ab|c*a", Group::Alternating, 3));
        assert!(check("ab|ba", Group::Orthogonal, 3) && !check("aa|a", Group::Orthogonal, 3));
        assert!(check("a|bc*abc", Group::SpecialOrthogonal, 3) && !check("a|bc*abc", Group::SpecialOrthogonal, 2));
        assert!(!check("aa|", Group::Symplectic, 3), "an odd dimension");
    }
}
