//! Heads: sums with the sign of a permutation.

/// The most coordinates that the permutations of are listed.
pub(crate) const MOST_COORDINATES: usize = 8;

/// One permutation's part of a head's sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HeadEntry {
    /// Offset among the indices that are kept and summed, in elements.
    pub from: usize,
    /// Offset among those that are kept and new.
    pub to: usize,
    /// Whether the permutation is odd.
    pub is_odd: bool,
}

/// Lists `(from, to, sign)` over all permutations of the coordinates.
///
/// A permutation gives the first `kept + new + summed` indices, and one or none more that is left out. The strides are
/// those of the kept and summed axes in the source, and of the kept and new axes in the result.
pub(crate) fn head_entries(n: usize, kept: [&[usize]; 2], summed: &[usize], new: &[usize]) -> Vec<HeadEntry> {
    let mut entries = Vec::new();
    let mut order: Vec<usize> = (0..n).collect();
    permute(&mut order, 0, false, &mut |order, is_odd| {
        let (own, others) = order.split_at(kept[0].len());
        let (created, rest) = others.split_at(new.len());
        let offset = |indices: &[usize], strides: &[usize]| -> usize {
            indices.iter().zip(strides).map(|(index, stride)| index * stride).sum()
        };
        let from = offset(own, kept[0]) + offset(rest, summed);
        entries.push(HeadEntry { from, to: offset(own, kept[1]) + offset(created, new), is_odd });
    });
    // Sums run in the order of where they go, whatever order permutations come in.
    entries.sort_by_key(|entry| (entry.to, entry.from));
    entries
}

fn permute(order: &mut [usize], start: usize, is_odd: bool, action: &mut dyn FnMut(&[usize], bool)) {
    if start + 1 >= order.len() {
        return action(order, is_odd);
    }
    for other in start..order.len() {
        order.swap(start, other);
        permute(order, start + 1, is_odd != (other != start), action);
        order.swap(start, other);
    }
}
