//! Orders of coordinates: sorting by digits, which takes a few passes whatever the number of elements.

use std::cmp::Ordering;

/// Bits that one pass sorts by: its counters fit the second-level cache.
const DIGIT: u32 = 16;

/// Whether coordinates are in row-major order already; equal ones may follow each other.
pub(super) fn is_sorted(indices: &[Vec<u32>]) -> bool {
    (1..indices[0].len()).all(|place| compare(indices, place) != Ordering::Greater)
}

/// The first place whose coordinates are those of the one before.
pub(super) fn repeated(indices: &[Vec<u32>]) -> Option<usize> {
    (1..indices[0].len()).find(|&place| compare(indices, place) == Ordering::Equal)
}

fn compare(indices: &[Vec<u32>], place: usize) -> Ordering {
    let different = indices.iter().map(|list| list[place - 1].cmp(&list[place]));
    different.into_iter().find(|&order| order != Ordering::Equal).unwrap_or(Ordering::Equal)
}

/// The places of all elements, sorted by the index of `modes[0]`, then that of `modes[1]`, ...; equal ones keep their
/// order.
pub(super) fn sorted(indices: &[Vec<u32>], modes: &[usize], elements: usize) -> Vec<u32> {
    let mut places: Vec<u32> = (0..elements as u32).collect();
    let mut other = vec![0; elements];
    for &mode in modes.iter().rev() {
        let list = &indices[mode];
        let bits = list.iter().max().map_or(0, |largest| u32::BITS - largest.leading_zeros());
        let passes = bits.div_ceil(DIGIT);
        for pass in 0..passes {
            let width = bits.div_ceil(passes);
            sort_by_digit(list, (pass * width, width), &places, &mut other);
            std::mem::swap(&mut places, &mut other);
        }
    }
    places
}

/// Sorts places by some bits of their indices, keeping the order of equal ones.
fn sort_by_digit(list: &[u32], (shift, width): (u32, u32), places: &[u32], result: &mut [u32]) {
    let mask = (1_u32 << width) - 1;
    let digit = |place: u32| ((list[place as usize] >> shift) & mask) as usize;
    let mut starts = vec![0_u32; 1 << width];
    // In the order of the list, since counting does not care and memory does.
    list.iter().for_each(|&index| starts[((index >> shift) & mask) as usize] += 1);
    let mut sum = 0;
    for start in &mut starts {
        sum += std::mem::replace(start, sum);
    }
    for &place in places {
        let start = &mut starts[digit(place)];
        result[*start as usize] = place;
        *start += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_sort_as_comparisons_do() {
        let mut state = 1_u64;
        let mut draw = |limit: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 33) % limit) as u32
        };
        let indices: Vec<Vec<u32>> =
            [3, 70_000, 1, u64::from(u32::MAX)].map(|limit| (0..500).map(|_| draw(limit)).collect()).into();
        for modes in [vec![0, 1, 2, 3], vec![2, 0, 1], vec![3, 0]] {
            let mut expected: Vec<u32> = (0..500).collect();
            expected.sort_by_key(|&place| modes.iter().map(|&mode| indices[mode][place as usize]).collect::<Vec<_>>());
            assert_eq!(sorted(&indices, &modes, 500), expected);
        }
    }
}
