//! Equivariant polynomials of graphs: a multigraph for each, evaluated as a contraction.
//!
//! A polynomial in the entries of a matrix $X$ that does not notice how the nodes are numbered is a sum of
//! $$ P_H(X)_{i_a i_b} = \sum_{\text{other } i} \prod_{(r,s) \in H} X_{i_r i_s} $$
//! over multigraphs $H$: a vertex of $H$ is an index, an edge is an entry of $X$, and two marked vertices $a, b$ are the
//! indices that are kept. Of the marks there may be none (an invariant), one (a value for each node) or a pair (a value
//! for each pair of nodes; for $a = b$ it stands on the diagonal).
//!
//! [`Multigraph`] says which one, [`Polynomial`] computes it, and [`Bank`] says which operations of a network of layers
//! reach it.
//!
//! # Source
//! O. Puny, D. Lim, B. T. Kiani, H. Maron, Y. Lipman, *Equivariant Polynomials for Graph Neural Networks*, 2023
//! (arXiv 2302.11556).

mod bank;
mod canonical;
mod enumerate;
mod multigraph;
mod polynomial;

pub use bank::{Bank, Contracted, Operation};
pub use enumerate::OutputKind;
pub use multigraph::{GraphError, Multigraph, Output, Symmetry};
pub use polynomial::{Polynomial, distinct};
