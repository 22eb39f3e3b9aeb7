//! Polynomials planned once for a number of nodes, and evaluated at matrices.

use schur_einsum::execute::{ExecuteError, Plan, Workspace};
use schur_einsum::{Contraction, Order};
use schur_tensor::semiring::{Arithmetic, Semiring};
use schur_tensor::{Tensor, View};

use super::multigraph::{GraphError, Multigraph, Output, Symmetry};
use crate::contract::order_of;

/// With as many nodes a step over one index more outweighs all others of a polynomial that can be listed.
const MANY_NODES: usize = 1 << 10;

/// An equivariant polynomial of matrices of a fixed size, with the order in which its contraction is done.
///
/// # Examples
/// ```
/// use schur_network::graph::{Multigraph, Output, Polynomial, Symmetry};
/// use schur_tensor::{Tensor, semiring::Arithmetic};
///
/// let triangle = Multigraph::new(Symmetry::Simple, &[[0, 1], [1, 2], [2, 0]], Output::Node(0))?;
/// // A triangle with a tail.
/// let edges = [[0, 1], [1, 2], [2, 0], [2, 3]];
/// let x = Tensor::from_fn(&[4, 4], |i| f64::from(edges.iter().any(|e| [i[0], i[1]] == *e || [i[1], i[0]] == *e)))?;
/// let polynomial = Polynomial::new(&triangle, 4)?;
/// assert_eq!(polynomial.evaluate(&Arithmetic::<f64>::new(), &x)?.data(), [2.0, 2.0, 2.0, 0.0]);
/// assert_eq!(polynomial.exponent(), 3); // n^3 operations
/// # Ok::<(), schur_network::graph::GraphError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Polynomial {
    symmetry: Symmetry,
    nodes: usize,
    operands: usize,
    plan: Plan,
    exponent: usize,
}

impl Polynomial {
    /// Plans a polynomial for matrices of `nodes` rows.
    ///
    /// # Errors
    /// [`GraphError`] if a result would have more elements than can be addressed.
    pub fn new(graph: &Multigraph, nodes: usize) -> Result<Self, GraphError> {
        let contraction = graph.contraction(nodes)?;
        // Searched for many nodes, so that the exponent decides.
        let order = order_of(&graph.contraction(nodes.max(MANY_NODES))?).map_err(ExecuteError::from)?;
        let plan = Plan::new(&contraction, &order)?;
        let exponent = exponent(&contraction, &order);
        Ok(Self { symmetry: graph.symmetry(), nodes, operands: graph.degree(), plan, exponent })
    }

    /// The exponent of the number of nodes in the cost: the largest number of indices that a step runs over.
    ///
    /// The best order reaches one more than the treewidth of the multigraph with an edge between its marks.
    pub const fn exponent(&self) -> usize {
        self.exponent
    }

    /// Evaluates the polynomial, over any semiring.
    ///
    /// Over the counting numbers the adjacency matrix of a graph gives the number of homomorphisms of the multigraph to
    /// it, with the marked vertices' images as index.
    ///
    /// # Shapes
    /// `x: [nodes, nodes]` → `[]`, `[nodes]` or `[nodes, nodes]`.
    /// # Errors
    /// [`GraphError`] if `x` has another shape or not the symmetry that the multigraph states, or if the semiring
    /// refuses an entry, a product or a sum.
    pub fn evaluate<S: Semiring>(
        &self,
        semiring: &S,
        x: &Tensor<S::Element>,
    ) -> Result<Tensor<S::Element>, GraphError> {
        self.check(semiring, x)?;
        let one = Tensor::scalar(semiring.one());
        let operands: Vec<View<'_, _>> =
            if self.operands == 0 { vec![one.view()] } else { vec![x.view(); self.operands] };
        let mut result = Tensor::filled(self.plan.output_shape(), semiring.zero())?;
        self.plan.run(semiring, &operands, result.data_mut(), &mut Workspace::default())?;
        Ok(result)
    }

    fn check<S: Semiring>(&self, semiring: &S, x: &Tensor<S::Element>) -> Result<(), GraphError> {
        let expected = vec![self.nodes; 2];
        if x.shape() != expected {
            return Err(GraphError::Shape { expected, found: x.shape().to_vec() });
        }
        if self.symmetry == Symmetry::Directed {
            return Ok(());
        }
        let entry = |row: usize, column: usize| &x.data()[row * self.nodes + column];
        for row in 0..self.nodes {
            if let Some(column) = (0..row).find(|&column| entry(row, column) != entry(column, row)) {
                return Err(GraphError::Asymmetric { row, column });
            }
            if self.symmetry == Symmetry::Simple && *entry(row, row) != semiring.zero() {
                return Err(GraphError::Diagonal { node: row });
            }
        }
        Ok(())
    }
}

impl Multigraph {
    /// The polynomial's contraction: an index for each vertex, the matrix once for each edge.
    ///
    /// Without edges the only operand is a scalar.
    ///
    /// # Errors
    /// None that a multigraph can bring about; those of [`Contraction::new`].
    pub fn contraction(&self, nodes: usize) -> Result<Contraction, GraphError> {
        let mut operands: Vec<Vec<usize>> = self.edges().iter().map(|edge| edge.to_vec()).collect();
        if operands.is_empty() {
            operands.push(Vec::new());
        }
        let names = (0..self.vertices()).map(|vertex| format!("v{vertex}")).collect();
        Ok(Contraction::new(operands, self.output().vertices(), vec![nodes; self.vertices()], names)?)
    }
}

/// The largest number of indices that a step runs over.
///
/// An index that only one of two tensors has, and that the result does not keep, is summed before they are multiplied.
fn exponent(contraction: &Contraction, order: &Order) -> usize {
    let tensors = order.tensors(contraction);
    let results = &tensors[contraction.operands().len()..];
    let run_over = |(&[left, right], result): (&[usize; 2], &Vec<usize>)| {
        let shared = tensors[left].iter().filter(|index| tensors[right].contains(index) && !result.contains(index));
        result.len() + shared.count()
    };
    let steps = order.pairs().iter().zip(results).map(run_over).chain(tensors.iter().map(Vec::len));
    steps.chain([contraction.output().len()]).max().unwrap_or_default()
}

/// Evaluates the sum over distinct indices: $Q_H$, which counts subgraphs instead of homomorphisms.
///
/// $$ Q_H(X) = \sum_{\pi} \Bigl(\prod_{B \in \pi} (-1)^{|B|-1} (|B|-1)!\Bigr) P_{H/\pi}(X) $$
/// over the partitions $\pi$ of the vertices, whose blocks become one vertex each.
///
/// # Shapes
/// As [`Polynomial::evaluate`].
/// # Errors
/// As [`Polynomial::new`] and [`Polynomial::evaluate`].
/// # Cost
/// Bell's number of the vertices (877 for 7, 115,975 for 10) times a polynomial.
/// # Source
/// Möbius inversion in the lattice of partitions; section 3 of the paper states both bases.
pub fn distinct(graph: &Multigraph, x: &Tensor<f64>) -> Result<Tensor<f64>, GraphError> {
    let nodes = x.shape().first().copied().unwrap_or_default();
    let whole = Polynomial::new(graph, nodes)?;
    whole.check(&Arithmetic::<f64>::new(), x)?;
    let mut sum = Tensor::filled(whole.plan.output_shape(), 0.0)?;
    let mut blocks = vec![0; graph.vertices()];
    loop {
        if let Some(merged) = merged(graph, &blocks) {
            let weight = weight(&blocks);
            let term = Polynomial::new(&merged, nodes)?.evaluate(&Arithmetic::<f64>::new(), x)?;
            sum.data_mut().iter_mut().zip(term.data()).for_each(|(sum, term)| *sum += weight * term);
        }
        if !next_partition(&mut blocks) {
            return Ok(sum);
        }
    }
}

/// The multigraph whose vertices are the blocks; none where a zero diagonal makes it vanish.
fn merged(graph: &Multigraph, blocks: &[usize]) -> Option<Multigraph> {
    let edges: Vec<_> = graph.edges().iter().map(|&[r, s]| [blocks[r], blocks[s]]).collect();
    if graph.symmetry() == Symmetry::Simple && edges.iter().any(|[r, s]| r == s) {
        return None;
    }
    let count = blocks.iter().max().map_or(0, |last| last + 1);
    let output: Output = graph.output().renamed(blocks);
    Some(Multigraph::of(graph.symmetry(), &edges, output, count))
}

/// The Möbius function from the finest partition to this one.
fn weight(blocks: &[usize]) -> f64 {
    let size = |block: usize| blocks.iter().filter(|&&b| b == block).count();
    (0..blocks.len())
        .map(size)
        .filter(|&size| size > 1)
        .flat_map(|size| 1..size)
        .map(|factor| -(factor as f64))
        .product()
}

/// Moves to the next list in which a block appears first after all smaller ones did; false after the last.
fn next_partition(blocks: &mut [usize]) -> bool {
    for place in (1..blocks.len()).rev() {
        let first_free = blocks[..place].iter().max().map_or(0, |last| last + 1);
        if blocks[place] < first_free {
            blocks[place] += 1;
            blocks[place + 1..].fill(0);
            return true;
        }
    }
    false
}
