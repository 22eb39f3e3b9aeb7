//! All polynomials of a degree, each once.

use std::collections::BTreeSet;

use super::multigraph::{Multigraph, Output, Symmetry};

/// What a polynomial gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutputKind {
    /// One number.
    Invariant,
    /// A number for each node.
    Node,
    /// A number for each pair of nodes.
    Edge,
}

impl Multigraph {
    /// Lists the multigraphs with `degree` edges in canonical form: a basis of the polynomials of that degree.
    ///
    /// It is a basis for matrices of `2 * degree + 2` nodes or more; for fewer, some are linearly dependent.
    ///
    /// # Cost
    /// The number grows faster than exponentially: 877 at degree 3 for directed edges with values for pairs.
    ///
    /// # Examples
    /// ```
    /// use schur_network::graph::{Multigraph, OutputKind, Symmetry};
    ///
    /// // The fifteen linear layers of invariant graph networks.
    /// assert_eq!(Multigraph::of_degree(Symmetry::Directed, OutputKind::Edge, 1).len(), 15);
    /// ```
    pub fn of_degree(symmetry: Symmetry, output: OutputKind, degree: usize) -> Vec<Self> {
        let empty = |output: Output, vertices| Self::of(symmetry, &[], output, vertices);
        let mut graphs: BTreeSet<Self> = match output {
            OutputKind::Invariant => [empty(Output::Invariant, 0)].into(),
            OutputKind::Node => [empty(Output::Node(0), 1)].into(),
            OutputKind::Edge => [empty(Output::Edge(0, 0), 1), empty(Output::Edge(0, 1), 2)].into(),
        };
        for _ in 0..degree {
            graphs = graphs.iter().flat_map(Self::with_another_edge).map(|graph| graph.canonical()).collect();
        }
        graphs.into_iter().collect()
    }

    /// Every way to add an edge between vertices, old or new.
    fn with_another_edge(&self) -> Vec<Self> {
        let (old, symmetry) = (self.vertices(), self.symmetry());
        let (first, second) = (old, old + 1);
        let mut added: Vec<[usize; 2]> = (0..old).flat_map(|r| (0..=r).map(move |s| [r, s])).collect();
        added.extend((0..old).map(|r| [r, first]));
        added.extend([[first, first], [first, second]]);
        if symmetry == Symmetry::Directed {
            added.extend(added.clone().iter().filter(|[r, s]| r != s).map(|&[r, s]| [s, r]));
        }
        if symmetry == Symmetry::Simple {
            added.retain(|[r, s]| r != s);
        }
        let with = |edge: [usize; 2]| {
            let edges: Vec<_> = self.edges().iter().copied().chain([edge]).collect();
            Self::of(symmetry, &edges, self.output(), old.max(edge[0] + 1).max(edge[1] + 1))
        };
        added.into_iter().map(with).collect()
    }
}
