//! What is no diagram, no group, or too much.

use thiserror::Error;

use crate::Group;

/// Why something is no diagram of a group, or cannot be computed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DiagramError {
    /// A group that does not exist.
    #[error("unknown group `{name}`; write sym, alt, o, so or sp")]
    UnknownGroup {
        /// What was written.
        name: String,
    },
    /// A group acts on a space that it cannot act on.
    #[error("{group} needs {expected}, but n is {n}")]
    Dimension {
        /// The group.
        group: Group,
        /// What its dimension must be.
        expected: &'static str,
        /// The dimension given.
        n: usize,
    },
    /// A text is no diagram.
    #[error("`{text}` is no diagram at character {position}: expected {expected}")]
    Text {
        /// What was written.
        text: String,
        /// Where it goes wrong, counted from zero.
        position: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// A diagram has a block or a head that the group has not.
    #[error("`{diagram}` is no diagram of {group} for n = {n}: {expected}")]
    Foreign {
        /// The diagram.
        diagram: String,
        /// The group.
        group: Group,
        /// The dimension of the space.
        n: usize,
        /// What its diagrams are.
        expected: &'static str,
    },
    /// Two diagrams meet in rows of different lengths.
    #[error("a diagram with {bottom} inputs cannot follow one with {top} outputs")]
    Rows {
        /// Inputs of the upper one.
        bottom: usize,
        /// Outputs of the lower one.
        top: usize,
    },
    /// A list is no permutation of the vertices of a row.
    #[error("{order:?} is no permutation of the {length} vertices of a row")]
    Permutation {
        /// The list.
        order: Vec<usize>,
        /// How many vertices there are.
        length: usize,
    },
    /// A line of an edge list is neither an edge nor a vertex.
    #[error("line {line} of the edge list, `{text}`: expected two vertices, numbers from 0 to 127")]
    EdgeList {
        /// The line, counted from one.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// An edge joins a vertex to itself, or one that is not there.
    #[error("the edge from {} to {} is none of a graph of {n} vertices without loops, numbered from 0", edge[0], edge[1])]
    Edge {
        /// Its ends.
        edge: [usize; 2],
        /// How many vertices there are.
        n: usize,
    },
    /// There are more vertices, diagrams or entries than can be handled.
    #[error("{what}: {found} are more than the {most} that are handled")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How many.
        found: u128,
        /// How many are handled.
        most: u128,
    },
}
