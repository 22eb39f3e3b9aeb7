//! Two bases of the maps of `S_n`: diagrams (indices equal within blocks) and orbits (and different between them).

use crate::partition::{block_count, partitions, renumbered};
use crate::{Combination, Diagram, DiagramError};

/// Writes a diagram of `S_n` as a sum of orbits: those of all coarser partitions into at most `n` blocks.
///
/// # Errors
/// [`DiagramError::TooLarge`].
/// # Examples
/// ```
/// use schur_diagram::{diagram_to_orbit, orbit_to_diagram};
///
/// assert_eq!(diagram_to_orbit(2, &"a|b".parse()?)?, [(1, "a|a".parse()?), (1, "a|b".parse()?)]);
/// assert_eq!(orbit_to_diagram(&"a|b".parse()?)?, [(-1, "a|a".parse()?), (1, "a|b".parse()?)]);
/// # Ok::<(), schur_diagram::DiagramError>(())
/// ```
pub fn diagram_to_orbit(n: usize, diagram: &Diagram) -> Result<Combination, DiagramError> {
    let kept = coarser(diagram)?.into_iter().filter(|(merged, _)| block_count(merged) <= n);
    kept.map(|(_, coarse)| Ok((1, coarse))).collect()
}

/// Writes an orbit of `S_n` as a sum of diagrams, by the Moebius function of the lattice of partitions.
///
/// A diagram of `b` blocks merged into one has the coefficient `(-1)^(b - 1) (b - 1)!`, and merged blocks multiply.
///
/// # Errors
/// [`DiagramError::TooLarge`].
pub fn orbit_to_diagram(orbit: &Diagram) -> Result<Combination, DiagramError> {
    let coefficient = |merged: &[u8]| -> i64 {
        let sizes =
            (0..block_count(merged)).map(|block| merged.iter().filter(|&&other| usize::from(other) == block).count());
        sizes.map(|size| (1..size).map(|i| -i64::try_from(i).unwrap_or(i64::MAX)).product::<i64>()).product()
    };
    Ok(coarser(orbit)?.into_iter().map(|(merged, coarse)| (coefficient(&merged), coarse)).collect())
}

/// All ways to merge blocks, with the diagrams that they give.
fn coarser(diagram: &Diagram) -> Result<Vec<(Vec<u8>, Diagram)>, DiagramError> {
    let blocks = diagram.block_count();
    let merge = |merged: Vec<u8>| -> Result<(Vec<u8>, Diagram), DiagramError> {
        let labels: Vec<u8> = diagram.blocks().iter().map(|&block| merged[usize::from(block)]).collect();
        Ok((merged, Diagram::new(diagram.top(), &renumbered(&labels), &[])?))
    };
    partitions(blocks, blocks)?.into_iter().map(merge).collect()
}
