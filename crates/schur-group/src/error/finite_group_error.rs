//! What is refused as a finite group or as one of its irreps.

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
    /// A representation whose matrices do not fit.
    #[error("irrep {irrep}: {order} matrices of dimension {dim} take more than {max} numbers")]
    TooLarge {
        /// The representation.
        irrep: String,
        /// Its dimension.
        dim: usize,
        /// The number of elements of the group.
        order: usize,
        /// How many numbers are held.
        max: usize,
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
