//! A basis of small graphs: the maps that homomorphisms to a graph give, as polynomials of its adjacency matrix.

use std::collections::BTreeSet;

use super::{Bilabelled, Graph};
use crate::DiagramError;
use crate::partition::{block_count, partitions};
use crate::rank::Echelon;

/// Larger graphs are not listed: there are `2^15` sets of edges on six vertices.
const MOST_LISTED: usize = 6;

/// Bilabelled graphs whose homomorphism matrices are a basis of the maps that commute with automorphisms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomomorphismBasis {
    /// The graphs, small ones first.
    pub graphs: Vec<Bilabelled>,
    /// How many graphs were tried.
    pub tried: usize,
    /// The number of orbits: what a complete basis has.
    pub dimension: usize,
}

impl HomomorphismBasis {
    /// Whether the graphs span all maps.
    pub const fn is_complete(&self) -> bool {
        self.graphs.len() == self.dimension
    }
}

/// Chooses graphs of at most `most` vertices, small ones first, until their matrices span all equivariant maps.
///
/// A graph is taken if its matrix is independent of those before it, modulo a large prime. All graphs together span;
/// those of at most `most` vertices may not, which [`HomomorphismBasis::is_complete`] says.
///
/// # Errors
/// [`DiagramError::TooLarge`] for more than six vertices, too many index tuples, or a graph that is too hard.
/// # Source
/// Pearce-Crump, Knottenbelt: Graph automorphism group equivariant neural networks (2307.07810): that they span.
/// # Examples
/// ```
/// use schur_diagram::{Graph, homomorphism_basis};
///
/// let square: Graph = "0 1\n1 2\n2 3\n3 0".parse()?;
/// let basis = homomorphism_basis(&square, 1, 1, 3)?;
/// let names: Vec<String> = basis.graphs.iter().map(ToString::to_string).collect();
/// assert_eq!(names, ["a|a:", "a|b:", "a|b:ab"]);
/// assert!(basis.is_complete());
/// # Ok::<(), schur_diagram::DiagramError>(())
/// ```
pub fn homomorphism_basis(
    graph: &Graph,
    top: usize,
    bottom: usize,
    most: usize,
) -> Result<HomomorphismBasis, DiagramError> {
    if most > MOST_LISTED {
        let (found, most) = (most as u128, MOST_LISTED as u128);
        return Err(DiagramError::TooLarge { what: "vertices of bilabelled graphs", found, most });
    }
    let tuples = graph.automorphisms()?.orbits(top + bottom)?.representatives();
    let mut basis = HomomorphismBasis { graphs: Vec::new(), tried: 0, dimension: tuples.len() };
    let mut echelon = Echelon::default();
    let mut seen = BTreeSet::new();
    for vertices in 0..=most {
        for labels in partitions(top + bottom, vertices)? {
            let labels: Vec<usize> = labels.iter().map(|&label| usize::from(label)).collect();
            for edges in edge_sets(vertices) {
                if basis.is_complete() {
                    return Ok(basis);
                }
                if !is_reached(&labels, vertices, &edges) {
                    continue;
                }
                let candidate = Bilabelled::new(top, &labels, vertices, &edges)?;
                if seen.insert(candidate.clone()) {
                    basis.tried += 1;
                    let counts: Vec<i64> = tuples.iter().map(|tuple| candidate.count(graph, tuple)).collect();
                    if echelon.add(&counts) {
                        basis.graphs.push(candidate);
                    }
                }
            }
        }
    }
    Ok(basis)
}

/// All sets of edges, few edges first.
fn edge_sets(vertices: usize) -> Vec<Vec<[usize; 2]>> {
    let pairs: Vec<[usize; 2]> = (0..vertices).flat_map(|v| (0..v).map(move |u| [u, v])).collect();
    let mut masks: Vec<u32> = (0..1 << pairs.len()).collect();
    masks.sort_by_key(|mask| mask.count_ones());
    let set = |mask: u32| pairs.iter().enumerate().filter(move |(bit, _)| mask >> bit & 1 == 1).map(|(_, pair)| *pair);
    masks.into_iter().map(|mask| set(mask).collect()).collect()
}

/// Whether every vertex is joined to a label: a part without labels only multiplies by a number.
fn is_reached(labels: &[usize], vertices: usize, edges: &[[usize; 2]]) -> bool {
    let bytes: Vec<u8> = labels.iter().filter_map(|&label| u8::try_from(label).ok()).collect();
    let labelled = block_count(&bytes);
    let mut is_reached: Vec<bool> = (0..vertices).map(|vertex| vertex < labelled).collect();
    for _ in 0..vertices {
        for &[u, v] in edges {
            let either = is_reached[u] || is_reached[v];
            (is_reached[u], is_reached[v]) = (either, either);
        }
    }
    is_reached.iter().all(|&is_reached| is_reached)
}
