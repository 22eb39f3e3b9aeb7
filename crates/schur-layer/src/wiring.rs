//! A diagram of each sort, laid into one: what a map joins.

use std::fmt;

use schur_diagram::{Diagram, DiagramError, Group, basis};

use crate::head::MOST_COORDINATES;
use crate::{LayerError, Space};

/// One equivariant map: a diagram for each sort of axes.
///
/// Vertices are output axes, then input axes. A block joins axes of one sort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wiring {
    pub(crate) top: usize,
    /// The sort and block of each vertex.
    pub(crate) labels: Vec<(usize, u8)>,
    /// For each sort that has one, the blocks that its head joins, in the order of their first vertices.
    pub(crate) heads: Vec<(usize, Vec<u8>)>,
    diagrams: Vec<Diagram>,
}

impl Wiring {
    /// Lists a basis of the equivariant maps between axes of these sorts.
    ///
    /// # Errors
    /// [`LayerError::Diagram`] for a sort with too many axes.
    pub(crate) fn basis(space: &Space, top: &[usize], bottom: &[usize]) -> Result<Vec<Self>, LayerError> {
        let count = |axes: &[usize], sort| axes.iter().filter(|&&other| other == sort).count();
        let mut all: Vec<Vec<Diagram>> = vec![Vec::new()];
        for (sort, kind) in space.sorts().iter().enumerate() {
            let axes = count(top, sort) + count(bottom, sort);
            check_coordinates(kind.group, kind.n, axes)?;
            let maps = basis(kind.group, kind.n, count(top, sort), count(bottom, sort))?;
            all = all
                .iter()
                .flat_map(|list| maps.iter().map(|map| [&list[..], std::slice::from_ref(map)].concat()))
                .collect();
            check_count(all.len())?;
        }
        Ok(all.into_iter().map(|diagrams| Self::new(top, bottom, diagrams)).collect())
    }

    /// Lays diagrams of each sort onto axes, each sort's in their order.
    fn new(top: &[usize], bottom: &[usize], diagrams: Vec<Diagram>) -> Self {
        let mut next: Vec<usize> = vec![0; diagrams.len()];
        let mut labels = Vec::with_capacity(top.len() + bottom.len());
        for &sort in top {
            labels.push((sort, diagrams[sort].blocks()[next[sort]]));
            next[sort] += 1;
        }
        // The vertices of a diagram are its outputs, then its inputs: so are those of each sort here.
        for &sort in bottom {
            labels.push((sort, diagrams[sort].blocks()[next[sort]]));
            next[sort] += 1;
        }
        let with_head = diagrams.iter().enumerate().filter(|(_, diagram)| !diagram.head().is_empty());
        let heads = with_head.map(|(sort, diagram)| (sort, diagram.head().to_vec())).collect();
        Self { top: top.len(), labels, heads, diagrams }
    }

    /// The diagram of each sort.
    pub fn diagrams(&self) -> &[Diagram] {
        &self.diagrams
    }

    pub(crate) fn is_top(&self, block: (usize, u8)) -> bool {
        self.labels[..self.top].contains(&block)
    }

    pub(crate) fn is_bottom(&self, block: (usize, u8)) -> bool {
        self.labels[self.top..].contains(&block)
    }

    /// How many terms a sum over the blocks of inputs alone has.
    pub(crate) fn summed(&self, space: &Space) -> usize {
        let inputs = &self.labels[self.top..];
        let is_first = |place: usize| inputs.iter().position(|other| *other == inputs[place]) == Some(place);
        let is_summed = |label| !self.is_top(label) && !self.is_held(label);
        let summed = (0..inputs.len()).filter(|&place| is_first(place) && is_summed(inputs[place]));
        summed.map(|place| space.size(inputs[place].0)).product()
    }

    pub(crate) fn is_held(&self, block: (usize, u8)) -> bool {
        self.heads.iter().any(|(sort, head)| *sort == block.0 && head.contains(&block.1))
    }
}

/// More maps than this are not held.
const MOST_MAPS: usize = 1 << 20;

fn check_count(found: usize) -> Result<(), LayerError> {
    if found <= MOST_MAPS {
        return Ok(());
    }
    Err(DiagramError::TooLarge { what: "maps", found: found as u128, most: MOST_MAPS as u128 }.into())
}

impl fmt::Display for Wiring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (sort, diagram) in self.diagrams.iter().enumerate() {
            write!(f, "{}{diagram}", if sort == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

/// Refuses a head whose permutations would be too many to list.
fn check_coordinates(group: Group, n: usize, axes: usize) -> Result<(), LayerError> {
    let tentacles = match group {
        Group::Alternating => n.saturating_sub(1),
        Group::SpecialOrthogonal => n,
        Group::Symmetric | Group::Orthogonal | Group::Symplectic => return Ok(()),
    };
    if n <= MOST_COORDINATES || axes < tentacles {
        return Ok(());
    }
    let (found, most) = (n as u128, MOST_COORDINATES as u128);
    Err(DiagramError::TooLarge { what: "coordinates that a head permutes", found, most }.into())
}

/// Whether a pair within a row stands for a form that changes sign, not for equal indices.
pub(crate) fn is_form(group: Group) -> bool {
    group == Group::Symplectic
}
