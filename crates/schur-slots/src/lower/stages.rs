//! Rearrangements in several steps: deeper by a mask each, with fewer rotations and masks in all.
//!
//! A row-major packing gives each bit of an index a bit of the address, so a rearrangement permutes address bits. It is
//! written as a sequence of swaps of two bits, and the sequence is cut where the pieces, each done at once with baby
//! steps and giant steps, cost least together. A transpose of `2^b x 2^b` has `b` swaps: done at once they are
//! `2^{b+1} - 1` rotations to be split, one by one two rotations each.

use super::shifts::{Move, estimate};

/// An index that moves, or one bit of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Digit {
    /// Which index, in a list that the caller keeps.
    pub(super) axis: usize,
    /// The lowest bit of the index that belongs to the digit.
    pub(super) low: u32,
    /// How many values the digit has.
    pub(super) size: usize,
    /// The stride before.
    pub(super) from: usize,
    /// The stride after.
    pub(super) to: usize,
}

impl Digit {
    /// The digit of the index values given.
    pub(super) fn value(&self, values: &[usize]) -> usize {
        (values[self.axis] >> self.low) & (self.size.next_power_of_two() - 1)
    }

    pub(super) fn shift(&self, slots: usize) -> Move {
        Move::new(self.size, self.from, self.to, slots)
    }
}

/// Divides a rearrangement into up to `limit` steps; each lists all digits, those too that stay.
///
/// `vectors`: of the source and of the target.
pub(super) fn stages(whole: &[Digit], limit: usize, vectors: [usize; 2], slots: usize) -> Vec<Vec<Digit>> {
    let bits: Vec<Digit> = whole.iter().flat_map(bits_of).collect();
    let single = |bit: &Digit| bit.from.is_power_of_two() && bit.to.is_power_of_two();
    if limit < 2 || !bits.iter().all(single) {
        return vec![whole.to_vec()];
    }
    let layouts = swaps(&bits);
    let step = |from: usize, to: usize| -> Vec<Digit> {
        let strides = layouts[from].iter().zip(&layouts[to]);
        bits.iter().zip(strides).map(|(&bit, (&from, &to))| Digit { from, to, ..bit }).collect()
    };
    let vectors = [vectors[0].max(vectors[1]); 2];
    let weight = |from: usize, to: usize| {
        let moves: Vec<Move> = step(from, to).iter().map(|digit| digit.shift(slots)).collect();
        estimate(&moves, vectors, slots).weight()
    };
    let cuts = cheapest_cuts(layouts.len(), limit, weight);
    match cuts.len() {
        // At once the index moves as a whole, whose size need not be a power of two.
        0..=2 => vec![whole.to_vec()],
        _ => cuts.windows(2).map(|cut| step(cut[0], cut[1])).collect(),
    }
}

fn bits_of(digit: &Digit) -> impl Iterator<Item = Digit> + use<> {
    let Digit { axis, size, from, to, .. } = *digit;
    let bits = 0..size.next_power_of_two().trailing_zeros();
    bits.map(move |low| Digit { axis, low, size: 2, from: from << low, to: to << low })
}

/// The strides of all bits after each swap, from where they are to where they belong.
fn swaps(bits: &[Digit]) -> Vec<Vec<usize>> {
    let mut here: Vec<usize> = bits.iter().map(|bit| bit.from).collect();
    let mut layouts = vec![here.clone()];
    let mut order: Vec<usize> = (0..bits.len()).collect();
    order.sort_unstable_by_key(|&bit| bits[bit].to);
    for bit in order {
        let to = bits[bit].to;
        if here[bit] == to {
            continue;
        }
        if let Some(other) = here.iter().position(|&stride| stride == to) {
            here[other] = here[bit];
        }
        here[bit] = to;
        layouts.push(here.clone());
    }
    layouts
}

/// Cuts a path of `places` into up to `limit` pieces of the least weight together; gives the places of the cuts.
fn cheapest_cuts(places: usize, limit: usize, weight: impl Fn(usize, usize) -> usize) -> Vec<usize> {
    let weights: Vec<Vec<usize>> = (0..places).map(|to| (0..to).map(|from| weight(from, to)).collect()).collect();
    let mut least: Vec<(usize, Vec<usize>)> = (0..places).map(|_| (usize::MAX, vec![0])).collect();
    least[0].0 = 0;
    for _ in 0..limit.min(places - 1) {
        let before = least.clone();
        for to in 1..places {
            for from in (0..to).filter(|&from| before[from].0 < usize::MAX) {
                let total = before[from].0.saturating_add(weights[to][from]);
                if total < least[to].0 {
                    least[to] = (total, [before[from].1.as_slice(), &[to]].concat());
                }
            }
        }
    }
    least.pop().map(|(_, cuts)| cuts).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transpose(bits: u32) -> [Digit; 2] {
        let size = 1 << bits;
        [Digit { axis: 0, low: 0, size, from: size, to: 1 }, Digit { axis: 1, low: 0, size, from: 1, to: size }]
    }

    #[test]
    fn stages_lead_from_the_first_place_to_the_last() {
        for limit in 1..=9 {
            let stages = stages(&transpose(7), limit, [1, 1], 1 << 14);
            assert!(stages.len() <= limit);
            assert!(stages.windows(2).all(|pair| pair[0].iter().zip(&pair[1]).all(|(a, b)| a.to == b.from)));
            let (first, last) = (&stages[0], &stages[stages.len() - 1]);
            let value = |digits: &[Digit], stride: fn(&Digit) -> usize| -> usize {
                digits.iter().map(|digit| digit.value(&[100, 27]) * stride(digit)).sum()
            };
            assert_eq!((value(first, |d| d.from), value(last, |d| d.to)), (100 * 128 + 27, 27 * 128 + 100));
        }
    }

    #[test]
    fn cuts_are_the_cheapest() {
        // A piece of n steps weighs n^2: equal pieces are best.
        let square = |from: usize, to: usize| (to - from).pow(2);
        assert_eq!(cheapest_cuts(7, 3, square), [0, 2, 4, 6]);
        assert_eq!(cheapest_cuts(7, 1, square), [0, 6]);
        assert_eq!(cheapest_cuts(1, 4, square), [0]);
    }
}
