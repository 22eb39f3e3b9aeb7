//! What can go wrong: every variant carries the numbers at fault.

mod finite_group_error;
mod syntax;

pub use finite_group_error::FiniteGroupError;
pub use syntax::{FormulaSyntax, IrrepSyntax};

use crate::{Irrep, Irreps};

/// An input that this crate cannot work with.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GroupError {
    /// A term of a list of irreps is not of the form `MULxLp`.
    #[error("cannot read term {term} (`{found}`, byte {position}) of the irreps `{text}`: {reason}")]
    ParseIrreps {
        /// The whole text.
        text: String,
        /// Number of the bad term, counted from 1.
        term: usize,
        /// The bad term itself.
        found: String,
        /// Byte offset of the bad term in `text`.
        position: usize,
        /// What is wrong with it.
        reason: IrrepSyntax,
    },
    /// A range of blocks that a list of irreps does not have.
    #[error("blocks {start}..{end} asked for, but the irreps have {n_blocks} blocks")]
    BlockRange {
        /// First block asked for.
        start: usize,
        /// Block before which the range ends.
        end: usize,
        /// Number of blocks there are.
        n_blocks: usize,
    },
    /// Three degrees of which one is not between the difference and the sum of the others.
    #[error("degrees {l1}, {l2}, {l3} do not couple: the third must lie in {}..={}", l1.abs_diff(*l2), l1.saturating_add(*l2))]
    Triangle {
        /// First degree.
        l1: usize,
        /// Second degree.
        l2: usize,
        /// Third degree.
        l3: usize,
    },
    /// A degree beyond what the arithmetic carries.
    #[error("{what} of degree {l} asked for, but at most degree {max} is supported")]
    DegreeTooLarge {
        /// What was asked for.
        what: &'static str,
        /// The degree asked for.
        l: usize,
        /// The largest degree possible.
        max: usize,
    },
    /// A slice of the wrong length.
    #[error("{what}: {expected} elements needed, {found} given")]
    Length {
        /// Which slice.
        what: &'static str,
        /// The length it must have.
        expected: usize,
        /// The length it has.
        found: usize,
    },
    /// A matrix that is no element of O(3).
    #[error("matrix is not orthogonal: an element of R R^T - 1 is {defect:e}, at most {tolerance:e} is accepted")]
    NotOrthogonal {
        /// Largest element of `R R^T - 1`.
        defect: f64,
        /// What is accepted.
        tolerance: f64,
    },
    /// A quaternion that names no rotation.
    #[error("quaternion {quaternion:?} (w, x, y, z) names no rotation: its length must be positive and finite")]
    BadQuaternion {
        /// The quaternion `(w, x, y, z)`.
        quaternion: [f64; 4],
    },
    /// An angle that is infinite or NaN.
    #[error("angles {angles:?} (alpha, beta, gamma, radians) are not all finite")]
    BadAngles {
        /// The angles as given.
        angles: [f64; 3],
    },
    /// An irrep beyond the degrees that were prepared.
    #[error("irrep {irrep} asked for, but the matrices were made up to degree {l_max}")]
    NotPrepared {
        /// The irrep asked for.
        irrep: Irrep,
        /// Largest degree prepared.
        l_max: usize,
    },
    /// More indices than can be worked with.
    #[error("{what} of rank {rank} asked for, but at most rank {max} is supported")]
    RankTooLarge {
        /// What was asked for.
        what: &'static str,
        /// The rank asked for.
        rank: usize,
        /// The largest rank possible.
        max: usize,
    },
    /// A formula for the symmetry of indices that cannot be read.
    #[error("cannot read the formula `{formula}` at byte {position}: {reason}")]
    ParseFormula {
        /// The whole formula.
        formula: String,
        /// Byte offset of what is wrong.
        position: usize,
        /// What is wrong.
        #[source]
        reason: FormulaSyntax,
    },
    /// An index without irreps, or with two different ones.
    #[error(
        "index {index} of the formula needs one list of irreps, itself or through an index that it is exchanged with; found: {found}"
    )]
    IndexIrreps {
        /// The index.
        index: char,
        /// The irreps given.
        found: String,
    },
    /// Irreps for an index that the formula does not have.
    #[error("irreps `{irreps}` given for the index {index}, which is not in the formula")]
    UnknownIndex {
        /// The index.
        index: char,
        /// Its irreps.
        irreps: Irreps,
    },
    /// Tensors too large to be held.
    #[error(
        "the bases of these tensors take {n_elements} numbers, at most {max} are held; ask for fewer irreps or more symmetry"
    )]
    TensorTooLarge {
        /// How many numbers it would take.
        n_elements: usize,
        /// How many are possible.
        max: usize,
    },
    /// A finite group or one of its representations is not what it should be.
    #[error("group {group}: {reason}")]
    FiniteGroup {
        /// The name of the group.
        group: String,
        /// What is wrong.
        #[source]
        reason: FiniteGroupError,
    },
    /// Irreps of two groups.
    #[error("irreps of the groups {left} and {right} do not couple: they must share one group")]
    DifferentGroups {
        /// The group of one.
        left: String,
        /// The group of the other.
        right: String,
    },
    /// Irreps whose coupling is too large to solve for.
    #[error("couplings of dimensions {} x {} x {} asked for, but at most {max} elements are solved for", dims[0], dims[1], dims[2])]
    CouplingTooLarge {
        /// The three dimensions.
        dims: [usize; 3],
        /// The largest product of them.
        max: usize,
    },
}
