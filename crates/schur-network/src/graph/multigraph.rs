//! Multigraphs with marked vertices, each the index of one polynomial.

use schur_einsum::ContractionError;
use schur_einsum::execute::ExecuteError;
use schur_tensor::ShapeError;
use thiserror::Error;

use super::canonical;

/// Why something is not a multigraph of a polynomial, or cannot be evaluated.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum GraphError {
    /// A vertex has neither an edge nor a mark, so it would only multiply by the number of nodes.
    #[error("vertex {vertex} has no edge and no mark: number the vertices from 0 without gaps")]
    Isolated {
        /// The vertex.
        vertex: usize,
    },
    /// A matrix without a diagonal has no loops.
    #[error("vertex {vertex} has a loop, but simple graphs have none: use `Symmetry::Symmetric`")]
    Loop {
        /// The vertex.
        vertex: usize,
    },
    /// A polynomial is evaluated at a square matrix.
    #[error("a graph is a square matrix, but this tensor has shape {found:?} where {expected:?} is expected")]
    Shape {
        /// The shape that the polynomial was planned for.
        expected: Vec<usize>,
        /// The shape given.
        found: Vec<usize>,
    },
    /// The matrix does not have the symmetry that the multigraph states.
    #[error("the entries ({row}, {column}) and ({column}, {row}) differ: use `Symmetry::Directed`")]
    Asymmetric {
        /// Row of the entry.
        row: usize,
        /// Column of the entry.
        column: usize,
    },
    /// The matrix of a simple graph has an entry on its diagonal.
    #[error("the entry ({node}, {node}) is not zero: use `Symmetry::Symmetric`")]
    Diagonal {
        /// The node.
        node: usize,
    },
    /// The contraction cannot be stated.
    #[error(transparent)]
    Contraction(#[from] ContractionError),
    /// The contraction cannot be run.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
    /// The result is too large.
    #[error(transparent)]
    Result(#[from] ShapeError),
}

/// What is known of the matrices that a polynomial is evaluated at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Symmetry {
    /// Nothing: edges have a direction, loops read the diagonal.
    Directed,
    /// Symmetric, with a diagonal.
    Symmetric,
    /// Symmetric, with zeros on the diagonal.
    Simple,
}

/// Which vertices' indices are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Output {
    /// None: the polynomial is one number.
    Invariant,
    /// One: a number for each node.
    Node(usize),
    /// A pair (the paper's red edge): a number for each pair of nodes. A pair of equal vertices gives a diagonal matrix.
    Edge(usize, usize),
}

impl Output {
    /// The marked vertices, as often as they are axes of the result.
    pub fn vertices(self) -> Vec<usize> {
        match self {
            Self::Invariant => Vec::new(),
            Self::Node(a) => vec![a],
            Self::Edge(a, b) => vec![a, b],
        }
    }

    /// The same marks on vertices of other names.
    pub(super) fn renamed(self, name: &[usize]) -> Self {
        match self {
            Self::Invariant => Self::Invariant,
            Self::Node(a) => Self::Node(name[a]),
            Self::Edge(a, b) => Self::Edge(name[a], name[b]),
        }
    }
}

/// A multigraph with marked vertices: the name of one equivariant polynomial of a matrix.
///
/// Two multigraphs name the same polynomial exactly if their [`canonical`](Self::canonical) forms are equal.
///
/// # Examples
/// ```
/// use schur_network::graph::{Multigraph, Output, Symmetry};
///
/// // How many triangles each node is in, twice.
/// let triangle = Multigraph::new(Symmetry::Simple, &[[0, 1], [1, 2], [2, 0]], Output::Node(1))?;
/// assert_eq!(triangle.degree(), 3);
/// let other = Multigraph::new(Symmetry::Simple, &[[2, 1], [0, 2], [0, 1]], Output::Node(2))?;
/// assert_eq!(triangle.canonical(), other.canonical());
/// # Ok::<(), schur_network::graph::GraphError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Multigraph {
    symmetry: Symmetry,
    output: Output,
    vertices: usize,
    edges: Vec<[usize; 2]>,
}

impl Multigraph {
    /// Checks and keeps a list of edges and the marks; vertices are those that occur in them.
    ///
    /// # Errors
    /// [`GraphError::Isolated`] for a gap in the numbers of the vertices, [`GraphError::Loop`] in a simple graph.
    pub fn new(symmetry: Symmetry, edges: &[[usize; 2]], output: Output) -> Result<Self, GraphError> {
        let marked = output.vertices();
        let mut seen: Vec<usize> = edges.iter().flatten().chain(&marked).copied().collect();
        seen.sort_unstable();
        seen.dedup();
        if let Some(vertex) = (0..seen.len()).find(|&vertex| seen[vertex] != vertex) {
            return Err(GraphError::Isolated { vertex });
        }
        let looped = edges.iter().find(|[r, s]| r == s);
        if let (Symmetry::Simple, Some(&[vertex, _])) = (symmetry, looped) {
            return Err(GraphError::Loop { vertex });
        }
        Ok(Self::of(symmetry, edges, output, seen.len()))
    }

    /// Keeps edges whose vertices are known to be `0..vertices`.
    pub(super) fn of(symmetry: Symmetry, edges: &[[usize; 2]], output: Output, vertices: usize) -> Self {
        Self { symmetry, output, vertices, edges: sorted(symmetry, edges.iter().copied()) }
    }

    /// What the matrices it is evaluated at are like.
    pub const fn symmetry(&self) -> Symmetry {
        self.symmetry
    }

    /// The marks.
    pub const fn output(&self) -> Output {
        self.output
    }

    /// The number of vertices: of indices of the contraction.
    pub const fn vertices(&self) -> usize {
        self.vertices
    }

    /// The edges, sorted; without direction the smaller vertex comes first.
    pub fn edges(&self) -> &[[usize; 2]] {
        &self.edges
    }

    /// The degree of the polynomial: the number of edges.
    pub const fn degree(&self) -> usize {
        self.edges.len()
    }

    /// The same polynomial with its vertices numbered in the one way that all equal polynomials share.
    ///
    /// # Cost
    /// Each component without marks is numbered by itself. Colours are refined until they are stable, then one vertex
    /// of the first colour that several share is tried after the other, of vertices that can be swapped only one:
    /// exponential in the worst case, which are regular graphs without such twins.
    pub fn canonical(&self) -> Self {
        canonical::canonical(self)
    }
}

/// Sorts edges, and the vertices of each where there is no direction.
pub(super) fn sorted(symmetry: Symmetry, edges: impl Iterator<Item = [usize; 2]>) -> Vec<[usize; 2]> {
    let directed = symmetry == Symmetry::Directed;
    let mut edges: Vec<_> = edges.map(|[r, s]| if directed || r < s { [r, s] } else { [s, r] }).collect();
    edges.sort_unstable();
    edges
}
