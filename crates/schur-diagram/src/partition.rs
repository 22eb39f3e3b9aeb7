//! Set partitions as restricted growth strings: the block of each point, blocks numbered as they first appear.

use crate::DiagramError;

/// The most points that are handled: blocks are written as letters.
pub const MAX_POINTS: usize = 26;

/// Numbers blocks in the order in which they first appear, whatever they are called.
pub fn renumbered<T: PartialEq>(labels: &[T]) -> Vec<u8> {
    let mut firsts: Vec<&T> = Vec::new();
    let number = |label| -> usize {
        firsts.iter().position(|first| *first == label).unwrap_or_else(|| {
            firsts.push(label);
            firsts.len() - 1
        })
    };
    labels.iter().map(number).map(|block| u8::try_from(block).unwrap_or(u8::MAX)).collect()
}

/// Lists the partitions of `points` points into at most `most` blocks, in lexicographic order.
///
/// # Errors
/// [`DiagramError::TooLarge`] beyond 26 points.
/// # Examples
/// ```
/// assert_eq!(schur_diagram::partitions(4, 4)?.len(), 15);
/// assert_eq!(schur_diagram::partitions(3, 2)?, [[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1]]);
/// # Ok::<(), schur_diagram::DiagramError>(())
/// ```
pub fn partitions(points: usize, most: usize) -> Result<Vec<Vec<u8>>, DiagramError> {
    check_points(points)?;
    let mut found = Vec::new();
    extend(&mut Vec::with_capacity(points), 0, (points, most), &mut found);
    Ok(found)
}

/// Refuses more points than are handled.
pub fn check_points(points: usize) -> Result<(), DiagramError> {
    if points <= MAX_POINTS {
        return Ok(());
    }
    Err(DiagramError::TooLarge { what: "vertices of a diagram", found: points as u128, most: MAX_POINTS as u128 })
}

fn extend(start: &mut Vec<u8>, blocks: usize, (points, most): (usize, usize), found: &mut Vec<Vec<u8>>) {
    if start.len() == points {
        found.push(start.clone());
        return;
    }
    for block in 0..(blocks + 1).min(most) {
        start.push(u8::try_from(block).unwrap_or(u8::MAX));
        extend(start, blocks.max(block + 1), (points, most), found);
        start.pop();
    }
}

/// Lists the perfect matchings of `points` points, in lexicographic order; none of an odd number.
pub fn matchings(points: usize) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    pair(&mut vec![u8::MAX; points], 0, &mut found);
    found
}

/// Matches the first free point with each later one.
fn pair(blocks: &mut Vec<u8>, next: u8, found: &mut Vec<Vec<u8>>) {
    let Some(first) = blocks.iter().position(|&block| block == u8::MAX) else {
        found.push(blocks.clone());
        return;
    };
    blocks[first] = next;
    for second in first + 1..blocks.len() {
        if blocks[second] == u8::MAX {
            blocks[second] = next;
            pair(blocks, next + 1, found);
            blocks[second] = u8::MAX;
        }
    }
    blocks[first] = u8::MAX;
}

/// The number of blocks of a restricted growth string.
pub fn block_count(blocks: &[u8]) -> usize {
    blocks.iter().max().map_or(0, |&block| usize::from(block) + 1)
}

/// The points of each block.
pub fn members(blocks: &[u8]) -> Vec<Vec<usize>> {
    let mut members = vec![Vec::new(); block_count(blocks)];
    for (point, &block) in blocks.iter().enumerate() {
        members[usize::from(block)].push(point);
    }
    members
}
