//! What is no layer, and what does not fit one.

use schur_diagram::{DiagramError, Group};
use thiserror::Error;

use crate::{Activation, Allowed};

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
    /// A function of single numbers does not commute with the group that acts on a feature.
    #[error("{activation} is not equivariant on axes of {group}, n = {n}: {}", allowed.advice())]
    Activation {
        /// The function.
        activation: Activation,
        /// The group.
        group: Group,
        /// The dimension of the space that it acts on.
        n: usize,
        /// What it allows.
        allowed: Allowed,
    },
    /// A norm is no invariant.
    #[error("the symplectic group, n = {n}, keeps no norm to gate with; use products, whose linear maps are invariant")]
    NormGate {
        /// The dimension of the space that it acts on.
        n: usize,
    },
    /// Channels cannot be taken together in equal numbers.
    #[error("{channels} channels cannot be multiplied {factors} at a time")]
    Factors {
        /// The channels of the feature.
        channels: usize,
        /// How many make a product.
        factors: usize,
    },
    /// Numbers of neurons are not those of a network.
    #[error(
        "{sizes:?} with hidden sorts {sorts:?} is no network: it takes two layers or more of one neuron or more, a sort \
         for each hidden one, numbered from 0 without gaps, and the same width for the same sort"
    )]
    Widths {
        /// Neurons of each layer.
        sizes: Vec<usize>,
        /// Sorts of the hidden layers.
        sorts: Vec<usize>,
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
