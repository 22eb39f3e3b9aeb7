//! What is no layer, and what does not fit one.

use schur_diagram::DiagramError;
use thiserror::Error;

/// Why a layer cannot be made or run.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LayerError {
    /// A group, dimension or number of axes that has no diagrams.
    #[error(transparent)]
    Diagram(#[from] DiagramError),
    /// An axis is of a sort that the space has not.
    #[error("axis {axis} of the {side} is of sort {sort}, but the space has {sorts} sorts")]
    Sort {
        /// `input` or `output`.
        side: &'static str,
        /// The axis, counted from zero.
        axis: usize,
        /// Its sort.
        sort: usize,
        /// How many sorts there are.
        sorts: usize,
    },
    /// There are no channels.
    #[error("a layer needs one channel or more, but has {channels_in} in and {channels_out} out")]
    Channels {
        /// Input channels.
        channels_in: usize,
        /// Output channels.
        channels_out: usize,
    },
    /// A slice has another length than the layer needs.
    #[error("{what} holds {found} numbers, but the layer needs {expected}")]
    Length {
        /// The slice.
        what: &'static str,
        /// Its length.
        found: usize,
        /// What the layer needs.
        expected: usize,
    },
    /// Features or intermediate results are too large.
    #[error("{what} of a layer would take {needed} numbers, more than the {most} that can be addressed")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Numbers needed.
        needed: u128,
        /// Numbers that can be addressed.
        most: u128,
    },
}
