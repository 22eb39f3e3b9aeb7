//! Places for intermediate results in one piece of memory.

use std::ops::Range;

/// An intermediate result on its way to a place: how large, and from which step to which it is needed.
#[derive(Debug, Clone)]
pub struct Lifetime {
    /// Elements.
    pub len: usize,
    /// From the step that writes it to the last that reads it, both included.
    pub steps: Range<usize>,
}

/// Chooses where each tensor lies so that those alive at the same step never overlap; returns the places and the
/// total length.
///
/// Largest first, each at the lowest free place: for trees of contractions within a few per cent of the least possible
/// peak. Quadratic in the number of tensors.
///
/// # Source
/// Y. Pisarchyk, J. Lee, *Efficient Memory Management for Deep Neural Net Inference*, 2020 (arXiv 2001.03288),
/// "greedy by size".
pub fn place(lifetimes: &[Lifetime]) -> (Vec<usize>, usize) {
    let mut by_size: Vec<usize> = (0..lifetimes.len()).collect();
    by_size.sort_by_key(|&tensor| (std::cmp::Reverse(lifetimes[tensor].len), tensor));
    let mut places = vec![0; lifetimes.len()];
    // Tensors that have a place, by that place.
    let mut placed: Vec<usize> = Vec::with_capacity(lifetimes.len());
    let mut total = 0;
    for tensor in by_size {
        let Lifetime { len, steps } = &lifetimes[tensor];
        let mut start = 0;
        for &other in &placed {
            let Lifetime { len: taken, steps: alive } = &lifetimes[other];
            if alive.start < steps.end && steps.start < alive.end {
                if places[other] >= start + len {
                    break;
                }
                start = start.max(places[other] + taken);
            }
        }
        places[tensor] = start;
        total = total.max(start + len);
        let position = placed.partition_point(|&other| places[other] <= start);
        placed.insert(position, tensor);
    }
    (places, total)
}

/// Lends the range that a step writes and the ranges that it reads, which lie beside it.
///
/// # Panics
/// If a range that is read overlaps the one that is written: places are chosen so that none does.
pub fn lend<'a, E, const N: usize>(
    arena: &'a mut [E],
    written: Range<usize>,
    read: [Range<usize>; N],
) -> (&'a mut [E], [&'a [E]; N]) {
    let (before, rest) = arena.split_at_mut(written.start);
    let (result, after) = rest.split_at_mut(written.len());
    let (before, after): (&'a [E], &'a [E]) = (before, after);
    let lent = read.map(|range| {
        if range.end <= written.start {
            &before[range]
        } else {
            &after[range.start - written.end..range.end - written.end]
        }
    });
    (result, lent)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn tensors_alive_together_never_overlap(list in prop::collection::vec((0_usize..50, 0_usize..20, 1_usize..8), 0..40)) {
            let lifetimes: Vec<Lifetime> =
                list.iter().map(|&(len, from, steps)| Lifetime { len, steps: from..from + steps }).collect();
            let (places, total) = place(&lifetimes);
            for (a, x) in lifetimes.iter().enumerate() {
                prop_assert!(places[a] + x.len <= total);
                for (b, y) in lifetimes.iter().enumerate().skip(a + 1) {
                    let together = x.steps.start < y.steps.end && y.steps.start < x.steps.end;
                    let apart = places[a] + x.len <= places[b] || places[b] + y.len <= places[a];
                    prop_assert!(!together || apart || x.len == 0 || y.len == 0);
                }
            }
        }
    }

    #[test]
    fn a_chain_needs_two_places() {
        let lifetimes: Vec<Lifetime> = (0..10).map(|step| Lifetime { len: 100, steps: step..step + 2 }).collect();
        assert_eq!(place(&lifetimes).1, 200);
    }
}
