//! What can go wrong when a product is put together.

use schur_group::{Irrep, Irreps};

/// A product that cannot be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProductError {
    /// An edge that points nowhere.
    #[error("edge {edge:?} has no direction: its length must be positive and finite")]
    NoDirection {
        /// The edge `(x, y, z)`.
        edge: [f64; 3],
    },
    /// Numbers that should be equivariant and are not.
    #[error("{what} is not equivariant: {defect:e} of its length {scale:e} lies outside of all that are")]
    NotEquivariant {
        /// Which.
        what: &'static str,
        /// Length of the part that does not belong.
        defect: f64,
        /// Length of the whole.
        scale: f64,
    },
    /// A list of numbers of another length than the map asks for.
    #[error("{what} has {found} numbers, not {expected}")]
    Length {
        /// Which list.
        what: &'static str,
        /// Numbers expected.
        expected: usize,
        /// Numbers found.
        found: usize,
    },
    /// More numbers than a node can have.
    #[error("a feature of `{irreps}` has more than 2^40 numbers")]
    TooLarge {
        /// The irreps.
        irreps: Irreps,
    },
    /// A gate that would break the symmetry, or gates that do not fit.
    #[error("gate of `{irreps}`: {problem}")]
    Gate {
        /// The irreps at fault.
        irreps: Irreps,
        /// What is wrong.
        problem: &'static str,
    },
    /// Channels or weights that do not fit a mode.
    #[error("mode {mode:?} with channels {channels:?}: {problem}")]
    Channels {
        /// The mode.
        mode: crate::ChannelMode,
        /// Channels of the arguments and the result.
        channels: [usize; 3],
        /// What is wrong.
        problem: &'static str,
    },
    /// A name that no channel mode has.
    #[error("no channel mode is named `{name}`; there are {}", crate::ChannelMode::ALL.map(crate::ChannelMode::name).join(", "))]
    UnknownMode {
        /// The name.
        name: String,
    },
    /// A path between blocks that cannot be.
    #[error("path {path} between blocks {blocks:?}: {problem}")]
    Instruction {
        /// Which path.
        path: usize,
        /// Blocks of the arguments and the result.
        blocks: [usize; 3],
        /// What is wrong.
        problem: &'static str,
    },
    /// The coefficients do not exist.
    #[error(transparent)]
    Group(#[from] schur_group::GroupError),
    /// The paths do not fit together.
    #[error(transparent)]
    Multilinear(#[from] schur_multilinear::MultilinearError),
    /// The factors or the arguments do not fit together.
    #[error(transparent)]
    Factored(#[from] schur_multilinear::FactoredError),
    /// Slices do not fit a plan.
    #[error(transparent)]
    Channelwise(#[from] schur_multilinear::ChannelwiseError),
    /// No form of a product meets a requirement.
    #[error(
        "no form of a product of `{arguments}` with itself to `{output}` does all that; ask for less, or give weights"
    )]
    NothingFits {
        /// Irreps of each argument.
        arguments: Irreps,
        /// Irreps of the result.
        output: Irreps,
    },
    /// An operand's map has not the dimension of its irreps.
    #[error("{product}: the {operand} operand has {found} components, its irreps have {expected}")]
    Dimension {
        /// The product.
        product: &'static str,
        /// `left`, `right` or `result`.
        operand: &'static str,
        /// Dimension of the irreps.
        expected: usize,
        /// Components of the map.
        found: usize,
    },
    /// The result asked for cannot come out.
    #[error("{product}: no path leads from `{left}` and `{right}` to {irrep}; leave it out of the result")]
    NoPath {
        /// The product.
        product: &'static str,
        /// First argument.
        left: Irreps,
        /// Second argument.
        right: Irreps,
        /// The irrep asked for.
        irrep: Irrep,
    },
    /// Parities that do not belong to one signal.
    #[error("{product}: `{irreps}` is no signal: {requirement}; or ask for SO(3) alone")]
    NoSignal {
        /// The product.
        product: &'static str,
        /// The irreps at fault.
        irreps: Irreps,
        /// What they must satisfy.
        requirement: &'static str,
    },
    /// An option out of range.
    #[error("{product}: {option} is {value}, but it must be {requirement}")]
    Option {
        /// The product.
        product: &'static str,
        /// The option.
        option: &'static str,
        /// Its value.
        value: usize,
        /// What it must be.
        requirement: String,
    },
    /// A name that no product has.
    #[error("no product is named `{name}`; there are {}", crate::products::PRODUCT_NAMES.join(", "))]
    UnknownProduct {
        /// The name.
        name: String,
    },
}
