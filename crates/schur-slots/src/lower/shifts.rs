//! Rearrangements of slots as baby steps and giant steps.
//!
//! Moving the element with index values `v` from address `sum(v * from)` to `sum(v * to)` is a rotation to the left by
//! `sum(v * (from - to))`, followed by a mask that keeps the elements which need just this rotation. Rotations
//! `b + g` for all `b` of a set and all `g` of another cost only as many as both sets together:
//!
//! $$ y = \sum_g R^g \Big( \sum_b m_{b,g}\, R^b x \Big) $$
//!
//! The index values decide into which `b` and `g` a rotation is split, so that both sets are small.

use std::collections::HashMap;

/// An index that moves: its size, and by how many slots a step along it has to be rotated to the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Move {
    pub(super) size: usize,
    pub(super) shift: i64,
}

impl Move {
    /// The rotation by which a step of `from` slots becomes one of `to`: the representative nearest to zero.
    pub(super) fn new(size: usize, from: usize, to: usize, slots: usize) -> Self {
        let shift = (from % slots + slots - to % slots) % slots;
        let shift =
            if shift > slots / 2 { -((slots - shift).cast_signed() as i64) } else { shift.cast_signed() as i64 };
        Self { size, shift }
    }
}

/// How a rotation is split into a baby step and a giant step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Split {
    /// Rotations are multiples of `unit`; the baby step is the multiple modulo `babies`.
    Residue { unit: i64, babies: i64 },
    /// The baby step is made by the lowest bits of each index, so many of each.
    Bits(Vec<u32>),
}

impl Split {
    /// The baby step of the element with these index values.
    pub(super) fn baby(&self, moves: &[Move], values: &[usize]) -> i64 {
        let part = |keep: &dyn Fn(usize, usize) -> usize| -> i64 {
            moves.iter().zip(values).enumerate().map(|(k, (m, &v))| keep(k, v).cast_signed() as i64 * m.shift).sum()
        };
        match self {
            Self::Residue { unit, babies } => (part(&|_, v| v) / unit).rem_euclid(*babies) * unit,
            Self::Bits(bits) => part(&|k, v| v & ((1 << bits[k]) - 1)),
        }
    }
}

/// What rearrangements cost: rotations, masks at most, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Price {
    pub(super) rotations: usize,
    pub(super) masks: usize,
    pub(super) steps: usize,
}

/// So many products with masks are taken to cost as much as a rotation, whose key switch transforms each prime of the
/// modulus once for every other one, where a product with a mask only multiplies.
const MASKS_PER_ROTATION: usize = 16;
/// So many products with masks are taken to be worth one rearrangement less, which is a level less.
const MASKS_PER_STEP: usize = 16;

impl Price {
    /// The price as one number, for comparing.
    pub(super) const fn weight(self) -> usize {
        let [rotations, steps] = [self.rotations.saturating_mul(MASKS_PER_ROTATION), self.steps * MASKS_PER_STEP];
        rotations.saturating_add(self.masks).saturating_add(steps)
    }
}

/// Finds splits, and remembers them: many orders of indices lead to the same moves.
#[derive(Debug)]
pub(super) struct Splitter {
    slots: usize,
    known: HashMap<(Vec<Move>, [usize; 2]), (Split, Price)>,
}

/// Moduli of [`Split::Residue`] are tried one by one up to here, and by powers of two beyond.
const DENSE_MODULI: i64 = 96;

impl Splitter {
    pub(super) fn new(slots: usize) -> Self {
        Self { slots, known: HashMap::new() }
    }

    /// The split with the fewest rotations for vectors of a source and a target, so many of each.
    ///
    /// Babies rotate each vector of the source, giants each vector of the target.
    pub(super) fn split(&mut self, moves: &[Move], vectors: [usize; 2]) -> (Split, Price) {
        let key = (moves.to_vec(), vectors);
        if let Some(found) = self.known.get(&key) {
            return found.clone();
        }
        let totals = sums(moves);
        let (split, rotations) = self.best(moves, &totals, vectors);
        let found = (split, Price { rotations, masks: totals.len(), steps: 1 });
        self.known.insert(key, found.clone());
        found
    }

    fn best(&self, moves: &[Move], totals: &[i64], vectors: [usize; 2]) -> (Split, usize) {
        let mut best = self.bits(moves, vectors);
        let unit = moves.iter().fold(0, |unit, m| gcd(unit, m.shift.abs()));
        if unit == 0 {
            return best;
        }
        let reach = totals.last().zip(totals.first()).map_or(0, |(last, first)| (last - first) / unit + 1);
        let dense = 1..=reach.min(DENSE_MODULI);
        let sparse = (0..63).map(|bit| 1_i64 << bit).filter(|&babies| babies > DENSE_MODULI && babies <= reach);
        for babies in dense.chain(sparse) {
            let small = self.distinct(totals.iter().map(|total| (total / unit).rem_euclid(babies) * unit));
            let large = self.distinct(totals.iter().map(|total| (total / unit).div_euclid(babies) * babies * unit));
            let cost = small * vectors[0] + large * vectors[1];
            if cost < best.1 {
                best = (Split::Residue { unit, babies }, cost);
            }
        }
        best
    }

    /// The best numbers of low bits, found by changing one at a time.
    fn bits(&self, moves: &[Move], vectors: [usize; 2]) -> (Split, usize) {
        let widths: Vec<u32> = moves.iter().map(|m| m.size.next_power_of_two().trailing_zeros()).collect();
        let halves = |bits: &[u32]| -> [Vec<Move>; 2] {
            let low = moves.iter().zip(bits).map(|(m, &b)| Move { size: m.size.min(1 << b), ..*m });
            let high =
                moves.iter().zip(bits).map(|(m, &b)| Move { size: ((m.size - 1) >> b) + 1, shift: m.shift << b });
            [low.collect(), high.collect()]
        };
        let cost = |bits: &[u32]| -> usize {
            halves(bits).iter().zip(vectors).map(|(half, vectors)| (count(half, self.slots) - 1) * vectors).sum()
        };
        let first = |taken: usize| widths.iter().enumerate().map(|(k, &w)| if k < taken { w } else { 0 }).collect();
        let starts = (0..=moves.len()).map(first).chain([widths.iter().map(|w| w / 2).collect::<Vec<_>>()]);
        let mut best = (usize::MAX, Vec::new());
        for start in starts {
            let mut here = (cost(&start), start);
            while let Some(next) = neighbours(&here.1, &widths).map(|bits| (cost(&bits), bits)).min()
                && next.0 < here.0
            {
                here = next;
            }
            best = best.min(here);
        }
        let chosen = halves(&best.1);
        let rotations =
            chosen.iter().zip(vectors).map(|(half, vectors)| self.distinct(sums(half).into_iter()) * vectors);
        let rotations = rotations.sum();
        (Split::Bits(best.1), rotations)
    }

    /// How many different rotations there are, of which zero is free.
    fn distinct(&self, shifts: impl Iterator<Item = i64>) -> usize {
        let mut seen = vec![false; self.slots];
        seen[0] = true;
        let slots = self.slots.cast_signed() as i64;
        let wrapped = shifts.map(|shift| shift.rem_euclid(slots).unsigned_abs() as usize);
        wrapped.filter(|&shift| !std::mem::replace(&mut seen[shift], true)).count()
    }
}

/// All sums of one multiple of each shift, in ascending order.
fn sums(moves: &[Move]) -> Vec<i64> {
    let mut sums = vec![0];
    for m in moves.iter().filter(|m| m.size > 1 && m.shift != 0) {
        let multiples = 0..m.size.cast_signed() as i64;
        sums = multiples.flat_map(|k| sums.iter().map(move |sum| sum + k * m.shift)).collect();
        sums.sort_unstable();
        sums.dedup();
    }
    sums
}

fn neighbours<'a>(bits: &'a [u32], widths: &'a [u32]) -> impl Iterator<Item = Vec<u32>> + 'a {
    let change = |k: usize, to: u32| bits.iter().enumerate().map(|(j, &b)| if j == k { to } else { b }).collect();
    (0..bits.len()).flat_map(move |k| {
        let up = (bits[k] < widths[k]).then(|| change(k, bits[k] + 1));
        up.into_iter().chain((bits[k] > 0).then(|| change(k, bits[k] - 1)))
    })
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// About how many different rotations moves need, zero among them: shifts in arithmetic progression are merged.
fn count(moves: &[Move], slots: usize) -> usize {
    let moving = moves.iter().filter(|m| m.shift != 0 && m.size > 1);
    let mut steps: Vec<(usize, usize)> = moving.map(|m| (m.shift.unsigned_abs() as usize, m.size)).collect();
    steps.sort_unstable();
    let mut progressions: Vec<(usize, usize)> = Vec::new();
    for (step, size) in steps {
        let fits = |&&mut (unit, len): &&mut (usize, usize)| step % unit == 0 && step / unit <= len;
        match progressions.iter_mut().find(fits) {
            Some((unit, len)) => *len += step / *unit * (size - 1),
            None => progressions.push((step, size)),
        }
    }
    progressions.iter().fold(1_usize, |all, &(_, len)| all.saturating_mul(len)).min(slots)
}

/// A quick estimate of [`Splitter::split`]'s price, for comparing many orders.
pub(super) fn estimate(moves: &[Move], vectors: [usize; 2], slots: usize) -> Price {
    let masks = count(moves, slots);
    // The smallest sum of two sets, of which each rotates its vectors, whose sizes multiply to `masks`.
    let rotations =
        2.0 * (masks as f64 * vectors[0] as f64 * vectors[1] as f64).sqrt() - (vectors[0] + vectors[1]) as f64;
    Price { rotations: if masks > 1 { (rotations.ceil() as usize).max(1) } else { 0 }, masks, steps: 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transpose_needs_about_twice_the_root_of_its_diagonals() {
        let slots = 16384;
        let moves = [Move::new(128, 128, 1, slots), Move::new(128, 1, 128, slots)];
        let (split, price) = Splitter::new(slots).split(&moves, [1, 1]);
        assert_eq!(price, Price { rotations: 30, masks: 255, steps: 1 }, "{split:?}");
    }

    #[test]
    fn babies_and_giants_add_up_whatever_the_split() {
        let moves = [Move::new(5, 8, 3, 64), Move::new(3, 1, 15, 64)];
        for split in [Split::Residue { unit: 1, babies: 4 }, Split::Bits(vec![1, 1]), Split::Bits(vec![0, 2])] {
            let mut babies = std::collections::BTreeSet::new();
            for values in (0..5).flat_map(|i| (0..3).map(move |j| [i, j])) {
                babies.insert(split.baby(&moves, &values));
            }
            assert!(babies.len() <= 4, "{split:?} has {babies:?}");
        }
    }

    #[test]
    fn shifts_are_taken_nearest_to_zero() {
        assert_eq!(Move::new(2, 1, 16, 64).shift, -15);
        assert_eq!(Move::new(2, 16, 1, 64).shift, 15);
        assert_eq!(Move::new(2, 128, 0, 64).shift, 0);
    }
}
