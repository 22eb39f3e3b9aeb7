//! A diagram as a planar one between two permutations: what a fast multiplication does, in its order.

use crate::diagram::permutation_sign;
use crate::{Diagram, DiagramError};

/// A diagram taken apart: `sign * permutation(outputs) after planar after permutation(inputs)`.
///
/// In the planar one, blocks of outputs alone come first in the upper row and blocks of inputs alone last in the lower,
/// the largest at the end; those across keep their order and do not cross, each with its vertices side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planar {
    /// `1` or `-1`: how the new order changes the order of the head's tentacles.
    pub sign: i64,
    /// Output axis `i` is output `outputs[i]` of the planar diagram.
    pub outputs: Vec<usize>,
    /// The planar diagram.
    pub planar: Diagram,
    /// Input `j` of the planar diagram is input axis `inputs[j]`.
    pub inputs: Vec<usize>,
}

/// Takes a diagram apart into permutations and a planar diagram.
///
/// # Errors
/// None for a diagram that exists; those of [`Diagram::new`] are passed on.
/// # Source
/// Pearce-Crump, Knottenbelt: A diagrammatic approach to fast multiplication (2304.14165), the procedure Factor.
/// # Examples
/// ```
/// let parts = schur_diagram::factor(&"ab|cbca".parse()?)?;
/// assert_eq!(parts.planar.to_string(), "ab|abcc");
/// assert_eq!(parts.inputs, [3, 1, 0, 2]);
/// # Ok::<(), schur_diagram::DiagramError>(())
/// ```
pub fn factor(diagram: &Diagram) -> Result<Planar, DiagramError> {
    let top = diagram.top();
    let members = diagram.members();
    let is_upper = |block: &&Vec<usize>| block.iter().all(|&vertex| vertex < top);
    let is_lower = |block: &&Vec<usize>| block.iter().all(|&vertex| vertex >= top);
    let across = || members.iter().filter(|block| !is_upper(block) && !is_lower(block));
    let mut lower: Vec<&Vec<usize>> = members.iter().filter(is_lower).collect();
    lower.sort_by_key(|block| block.len());
    let uppers: Vec<usize> = (members.iter().filter(is_upper).flatten().copied())
        .chain(across().flatten().copied().filter(|&vertex| vertex < top))
        .collect();
    let lowers: Vec<usize> = (across().flatten().copied().filter(|&vertex| vertex >= top))
        .chain(lower.into_iter().flatten().copied())
        .collect();
    let order = [&uppers[..], &lowers].concat();
    let labels: Vec<u8> = order.iter().map(|&vertex| diagram.blocks()[vertex]).collect();
    let place = |vertex: usize| order.iter().position(|&other| other == vertex).unwrap_or(0);
    let head: Vec<usize> = diagram.head().iter().map(|&block| place(members[usize::from(block)][0])).collect();
    // The first vertex of each tentacle's block in the new order decides its new place.
    let first = |&block: &u8| labels.iter().position(|&label| label == block);
    let sign = permutation_sign(&diagram.head().iter().map(first).collect::<Vec<_>>());
    let planar = Diagram::new(top, &labels, &head)?;
    let outputs = (0..top).map(place).collect();
    Ok(Planar { sign, outputs, planar, inputs: lowers.iter().map(|vertex| vertex - top).collect() })
}
