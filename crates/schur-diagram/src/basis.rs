//! Which diagrams to take: the published spanning sets, and bases of what they span.

use crate::partition::{block_count, check_points, matchings, members, partitions};
use crate::{Diagram, DiagramError, Group, dimension, spanning_count};

/// More diagrams than this are not listed.
const MOST_DIAGRAMS: u128 = 1 << 22;

/// Lists the diagrams from `bottom` to `top` axes that are known to span all equivariant maps.
///
/// # Errors
/// [`DiagramError::Dimension`], [`DiagramError::TooLarge`].
pub fn spanning_set(group: Group, n: usize, top: usize, bottom: usize) -> Result<Vec<Diagram>, DiagramError> {
    list(group, n, (top, bottom), false)
}

/// Lists diagrams from `bottom` to `top` axes whose maps are a basis of all equivariant maps.
///
/// Where `n` is small the spanning set is dependent, and some of its diagrams are left out:
/// partitions of more than `n` blocks; matchings that, written as an involution with free vertices for fixed points, have
/// an increasing subsequence of more than `n` numbers; for `Sp(n)` matchings with more than `n / 2` pairs that all cross.
///
/// # Errors
/// [`DiagramError::Dimension`], [`DiagramError::TooLarge`].
/// # Cost
/// That of listing the spanning set.
/// # Source
/// The number is right by the Robinson-Schensted correspondence. That the maps are independent is proved for
/// permutations (their diagrams are triangular in the orbit basis) and checked by rank for the others, in the tests, for
/// up to eight axes.
/// # Examples
/// ```
/// use schur_diagram::{Group, basis};
///
/// // Five axes in space: six maps, not the ten that the published set has.
/// let maps = basis(Group::SpecialOrthogonal, 3, 3, 2)?;
/// assert_eq!(maps.len(), 6);
/// let cross_product = basis(Group::SpecialOrthogonal, 3, 1, 2)?;
/// assert_eq!(cross_product[0].to_string(), "a|bc*abc");
/// # Ok::<(), schur_diagram::DiagramError>(())
/// ```
pub fn basis(group: Group, n: usize, top: usize, bottom: usize) -> Result<Vec<Diagram>, DiagramError> {
    list(group, n, (top, bottom), true)
}

fn list(group: Group, n: usize, (top, bottom): (usize, usize), is_basis: bool) -> Result<Vec<Diagram>, DiagramError> {
    let m = top + bottom;
    check_points(m)?;
    let found = if is_basis && group.permutes() { dimension(group, n, m)? } else { spanning_count(group, n, m)? };
    if found > MOST_DIAGRAMS {
        return Err(DiagramError::TooLarge { what: "diagrams", found, most: MOST_DIAGRAMS });
    }
    let labelled = |labels: &Vec<u8>, head: &[usize]| Diagram::new(top, labels, head);
    match group {
        Group::Symmetric | Group::Alternating => {
            let all = partitions(m, if is_basis { n } else { m })?;
            let mut diagrams: Vec<Diagram> =
                all.iter().map(|labels| labelled(labels, &[])).collect::<Result<_, _>>()?;
            if group == Group::Alternating && n > 1 {
                let split = all.iter().filter(|labels| [n - 1, n].contains(&block_count(labels)));
                for labels in split {
                    let firsts: Vec<usize> = members(labels).iter().map(|block| block[0]).collect();
                    diagrams.push(labelled(labels, &firsts)?);
                }
            }
            Ok(diagrams)
        }
        Group::Orthogonal => {
            let kept = matchings(m).into_iter().filter(|labels| !is_basis || longest_increase(labels) <= n);
            kept.map(|labels| labelled(&labels, &[])).collect()
        }
        Group::Symplectic => {
            let kept = matchings(m).into_iter().filter(|labels| !is_basis || most_crossing(labels) <= n / 2);
            kept.map(|labels| labelled(&labels, &[])).collect()
        }
        Group::SpecialOrthogonal => {
            let mut diagrams = list(Group::Orthogonal, n, (top, bottom), is_basis)?;
            for (labels, free) in with_free(m, n) {
                if !is_basis || longest_increase(&labels) <= n {
                    diagrams.push(labelled(&labels, &free)?);
                }
            }
            Ok(diagrams)
        }
    }
}

/// Matchings of all but `free` vertices, with those vertices.
fn with_free(m: usize, free: usize) -> Vec<(Vec<u8>, Vec<usize>)> {
    if m < free || !(m - free).is_multiple_of(2) {
        return Vec::new();
    }
    let paired = matchings(m - free);
    let mut found = Vec::new();
    let mut chosen: Vec<usize> = (0..free).collect();
    loop {
        for labels in &paired {
            let mut rest = labels.iter().copied();
            // Free vertices get labels of their own, from the end of the alphabet.
            let label = |vertex| match chosen.iter().position(|&other| other == vertex) {
                Some(place) => u8::MAX - u8::try_from(place).unwrap_or(0),
                None => rest.next().unwrap_or(0),
            };
            found.push(((0..m).map(label).collect(), chosen.clone()));
        }
        if !next_choice(&mut chosen, m) {
            return found;
        }
    }
}

/// Moves to the next choice of ascending numbers below a limit.
fn next_choice(chosen: &mut [usize], limit: usize) -> bool {
    let count = chosen.len();
    let Some(place) = (0..count).rev().find(|&place| chosen[place] + count - place < limit) else { return false };
    chosen[place] += 1;
    for later in place + 1..count {
        chosen[later] = chosen[later - 1] + 1;
    }
    true
}

/// The length of the longest increasing subsequence of the involution that exchanges paired vertices.
fn longest_increase(labels: &[u8]) -> usize {
    let partner = |vertex: usize| {
        let other = (0..labels.len()).find(|&other| other != vertex && labels[other] == labels[vertex]);
        other.unwrap_or(vertex)
    };
    increasing((0..labels.len()).map(partner))
}

/// The length of the longest increasing subsequence, by patience sorting.
fn increasing(numbers: impl Iterator<Item = usize>) -> usize {
    let mut tops: Vec<usize> = Vec::new();
    for number in numbers {
        let pile = tops.partition_point(|&top| top < number);
        if pile == tops.len() {
            tops.push(number);
        } else {
            tops[pile] = number;
        }
    }
    tops.len()
}

/// The most pairs of which each crosses each other, vertices on a line.
fn most_crossing(labels: &[u8]) -> usize {
    let pairs: Vec<[usize; 2]> = members(labels).iter().filter_map(|block| block.as_slice().try_into().ok()).collect();
    // Pairs that all cross begin before some point and end, in the same order, after it.
    let over = |point: usize| pairs.iter().filter(move |pair| pair[0] < point && pair[1] >= point);
    (0..labels.len()).map(|point| increasing(over(point).map(|pair| pair[1]))).max().unwrap_or(0)
}
