//! What can go wrong: every variant carries the numbers at fault.

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

/// What is wrong with a finite group or one of its representations.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FiniteGroupError {
    /// A row of the multiplication table has the wrong length.
    #[error("row {row} of the multiplication table has {found} elements, {expected} needed")]
    RowLength {
        /// The row.
        row: usize,
        /// The number of rows.
        expected: usize,
        /// The length of this row.
        found: usize,
    },
    /// A number that names no element.
    #[error("{element} is no element: the {order} elements are numbered from 0")]
    UnknownElement {
        /// The number.
        element: usize,
        /// How many elements there are.
        order: usize,
    },
    /// Two products of one element that are equal.
    #[error("element {element} times {first} and times {second} both give {product}, so it has no inverse")]
    NotInvertible {
        /// The element.
        element: usize,
        /// One factor.
        first: usize,
        /// The other factor.
        second: usize,
        /// Both products.
        product: usize,
    },
    /// No element leaves all others as they are.
    #[error("no element of the multiplication table is the identity")]
    NoIdentity,
    /// Three elements whose product depends on the brackets.
    #[error("the product of elements {elements:?} depends on the brackets")]
    NotAssociative {
        /// The three elements.
        elements: [usize; 3],
    },
    /// The generators leave elements out.
    #[error("the generators reach {reached} of {order} elements; {element} is not among them")]
    NotGenerated {
        /// The first element not reached.
        element: usize,
        /// How many are reached.
        reached: usize,
        /// How many there are.
        order: usize,
    },
    /// More elements than a table is made for.
    #[error("more than {max} elements; are the generators of finite order and accurate to six digits?")]
    NotFinite {
        /// The largest number of elements.
        max: usize,
    },
    /// Not one matrix for each generator.
    #[error("irrep {irrep}: {found} matrices given for {expected} generators")]
    NumberOfMatrices {
        /// The irrep.
        irrep: String,
        /// The number of generators.
        expected: usize,
        /// The number of matrices.
        found: usize,
    },
    /// A matrix of the wrong size.
    #[error("irrep {irrep}: the matrix of element {element} has {found} numbers, {expected} (and at least 1) needed")]
    MatrixLength {
        /// The irrep.
        irrep: String,
        /// The generator.
        element: usize,
        /// The square of the dimension.
        expected: usize,
        /// The length found.
        found: usize,
    },
    /// A matrix that is not orthogonal.
    #[error(
        "irrep {irrep}: the matrix D of element {element} is not orthogonal, an element of D D^T - 1 is {defect:e}"
    )]
    NotOrthogonal {
        /// The irrep.
        irrep: String,
        /// The generator.
        element: usize,
        /// Largest element of `D D^T - 1`.
        defect: f64,
    },
    /// Matrices that do not multiply as the elements do.
    #[error(
        "irrep {irrep}: the product of the matrices of elements {} and {} is not that of their product, off by {defect:e}",
        elements[0], elements[1]
    )]
    NotHomomorphism {
        /// The irrep.
        irrep: String,
        /// The two elements.
        elements: [usize; 2],
        /// Largest difference.
        defect: f64,
    },
    /// A representation that falls apart.
    #[error(
        "irrep {irrep} is reducible: {symmetric} independent symmetric matrices commute with it, not only the identity"
    )]
    Reducible {
        /// The representation.
        irrep: String,
        /// The number of independent symmetric matrices that commute with it.
        symmetric: usize,
    },
    /// An irrep, or a name, that the group has already.
    #[error("irrep {irrep} is there already, as {known}")]
    KnownIrrep {
        /// The irrep.
        irrep: String,
        /// The name of the one that is equivalent.
        known: String,
    },
    /// A name that no irrep has.
    #[error("no irrep {irrep}; there are {known}")]
    UnknownIrrep {
        /// The name asked for.
        irrep: String,
        /// The names there are.
        known: String,
    },
    /// The irreps that are known do not make up a representation.
    #[error("{found} of {dim} dimensions belong to irreps that were given; add the others")]
    MissingIrreps {
        /// The dimension of the representation.
        dim: usize,
        /// The dimension accounted for.
        found: usize,
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

/// What is wrong with a formula for the symmetry of indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormulaSyntax {
    /// A term without indices.
    #[error("a term has no indices; write for example `ij=ji`")]
    Empty,
    /// A minus sign before the first term.
    #[error("the first term has no sign; write `ij=-ji` for `-ij=ji`")]
    FirstSign,
    /// Neither a letter nor a sign.
    #[error("`{found}` is no letter; indices are letters, terms are joined by `=`, and one `-` may precede a term")]
    NotAnIndex {
        /// The character.
        found: char,
    },
    /// A letter twice in a term.
    #[error("index {index} occurs twice in one term")]
    RepeatedIndex {
        /// The letter.
        index: char,
    },
    /// A letter that the first term does not have.
    #[error("index {index} is not in the first term; all terms have the same indices")]
    UnknownIndex {
        /// The letter.
        index: char,
    },
    /// A letter of the first term that this one lacks.
    #[error("index {index} of the first term is missing here; all terms have the same indices")]
    MissingIndex {
        /// The letter.
        index: char,
    },
    /// More indices than permutations are listed for.
    #[error("more than {max} indices")]
    TooManyIndices {
        /// The largest number.
        max: usize,
    },
    /// Signs that leave no tensor but zero.
    #[error("with this term the signs contradict each other: a tensor would equal minus itself, so only zero is left")]
    Contradiction,
}
