//! Graphs, whose automorphisms permute the coordinates of `R^n`.

use std::str::FromStr;

use crate::DiagramError;

mod automorphism;
mod bilabelled;
mod homomorphism;
mod orbits;

pub use automorphism::Automorphisms;
pub use bilabelled::Bilabelled;
pub use homomorphism::{HomomorphismBasis, homomorphism_basis};
pub use orbits::Orbits;

/// Larger graphs are refused: their automorphisms are searched for with matrices of this size.
const MOST_VERTICES: usize = 128;

/// A graph without directions, loops and multiple edges; vertices are numbered from zero.
///
/// As text, one edge a line, `0 1`; a line of one number is a vertex that may have no edge, and `#` begins a comment.
///
/// # Examples
/// ```
/// use schur_diagram::Graph;
///
/// let square: Graph = "0 1\n1 2\n2 3\n3 0 # closed".parse()?;
/// let symmetries = square.automorphisms()?;
/// assert_eq!((square.len(), symmetries.order()), (4, Some(8)));
/// // I, the neighbours, and those across.
/// assert_eq!(symmetries.orbits(2)?.count(), 3);
/// # Ok::<(), schur_diagram::DiagramError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    n: usize,
    adjacency: Vec<bool>,
}

impl Graph {
    /// Makes a graph of `n` vertices.
    ///
    /// # Errors
    /// [`DiagramError::Edge`] for a loop or a vertex beyond `n`; [`DiagramError::TooLarge`] beyond 128 vertices.
    pub fn new(n: usize, edges: &[[usize; 2]]) -> Result<Self, DiagramError> {
        if n > MOST_VERTICES {
            let (found, most) = (n as u128, MOST_VERTICES as u128);
            return Err(DiagramError::TooLarge { what: "vertices of a graph", found, most });
        }
        let mut adjacency = vec![false; n * n];
        for &[u, v] in edges {
            if u == v || u >= n || v >= n {
                return Err(DiagramError::Edge { edge: [u, v], n });
            }
            adjacency[u * n + v] = true;
            adjacency[v * n + u] = true;
        }
        Ok(Self { n, adjacency })
    }

    /// How many vertices there are.
    pub const fn len(&self) -> usize {
        self.n
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// The same graph with vertices of no edge at its end, so that there are `n`; more stay as they are.
    ///
    /// # Errors
    /// [`DiagramError::TooLarge`] beyond 128 vertices.
    pub fn extended(&self, n: usize) -> Result<Self, DiagramError> {
        Self::new(n.max(self.n), &self.edges())
    }

    /// The edges, each once, the smaller vertex first.
    pub fn edges(&self) -> Vec<[usize; 2]> {
        let below = (0..self.n).flat_map(|v| (0..v).map(move |u| [u, v]));
        below.filter(|&[u, v]| self.is_edge(u, v)).collect()
    }

    /// Whether two vertices are joined.
    pub(crate) fn is_edge(&self, u: usize, v: usize) -> bool {
        self.adjacency[u * self.n + v]
    }

    fn neighbours(&self, u: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.n).filter(move |&v| self.is_edge(u, v))
    }

    /// Whether a permutation of the vertices keeps the edges.
    pub fn is_automorphism(&self, images: &[usize]) -> bool {
        let is_kept = |u: usize| (0..u).all(|v| self.is_edge(u, v) == self.is_edge(images[u], images[v]));
        crate::diagram::check_permutation(images, self.n).is_ok() && (0..self.n).all(is_kept)
    }
}

impl FromStr for Graph {
    type Err = DiagramError;

    fn from_str(text: &str) -> Result<Self, DiagramError> {
        let (mut edges, mut n) = (Vec::new(), 0);
        for (number, line) in text.lines().enumerate() {
            let content = line.split('#').next().unwrap_or("");
            let wrong = || DiagramError::EdgeList { line: number + 1, text: content.trim().to_owned() };
            let vertices: Vec<usize> =
                content.split_whitespace().map(|word| word.parse().map_err(|_| wrong())).collect::<Result<_, _>>()?;
            if vertices.len() > 2 || vertices.iter().any(|&vertex| vertex >= MOST_VERTICES) {
                return Err(wrong());
            }
            n = vertices.iter().fold(n, |n, &vertex| n.max(vertex + 1));
            edges.extend(<[usize; 2]>::try_from(vertices));
        }
        Self::new(n, &edges)
    }
}
