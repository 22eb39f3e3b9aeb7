//! What can go wrong: every variant carries the numbers at fault.

use crate::Irrep;

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
}

/// What is wrong with one term of a list of irreps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IrrepSyntax {
    /// Nothing between two plus signs, or at an end.
    #[error("the term is empty; write for example `64x1o`")]
    Empty,
    /// The multiplicity is no whole number.
    #[error("the multiplicity before `x` must be a whole number, as in `64x1o`")]
    Multiplicity,
    /// The degree is no whole number.
    #[error("the degree must be a whole number, as in `64x1o`")]
    Degree,
    /// The last letter is no parity.
    #[error("the parity must be the last letter and one of e (even), o (odd), y (that of the spherical harmonic)")]
    Parity,
    /// The dimension does not fit the machine.
    #[error("the dimension up to here is larger than this machine can count")]
    TooLarge,
}
