//! A numbering of the atoms along a space-filling curve.

use super::lattice::Frame;
use crate::{Cell, Structure};

/// Bits of the curve along each axis: three times this fills a 64-bit key.
const BITS: u32 = 21;

/// Orders atoms along Hilbert's curve over bins of `bin` Å, so that neighbours lie close in memory.
///
/// Entry `k` is the atom that comes at place `k`; atoms of one bin keep their order. Positions are wrapped along periodic
/// axes first. It is only an order, so nothing is refused: with a cell that spans no volume the bins are Cartesian, with
/// a bin that is no positive length the atoms stay as they are.
///
/// # Cost
/// O(n log n).
/// # Source
/// Skilling, "Programming the Hilbert curve", AIP Conf. Proc. 707, 381 (2004).
/// # Examples
/// ```
/// use schur_atoms::{Cell, Structure, neighbours::spatial_order};
/// let chain = Structure::new(vec![6; 3], vec![[9.0, 0.0, 0.0], [0.0; 3], [4.0, 0.0, 0.0]], Cell::default(), [false; 3]);
/// assert_eq!(spatial_order(&chain, 2.0), [1, 2, 0]);
/// ```
pub fn spatial_order(structure: &Structure, bin: f64) -> Vec<u32> {
    let mut order: Vec<u32> = (0..structure.positions.len() as u32).collect();
    if !(bin.is_finite() && bin > 0.0) {
        return order;
    }
    let frame = Frame::new(&structure.cell, structure.pbc)
        .or_else(|_| Frame::new(&Cell::default(), [false; 3]))
        .unwrap_or_default();
    let coordinates: Vec<[f64; 3]> = structure.positions.iter().map(|&x| wrapped(&frame, x)).collect();
    let steps: [(f64, f64); 3] = std::array::from_fn(|a| {
        let (low, high) = coordinates
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x[a]), high.max(x[a])));
        // A box of more bins than the curve has is cut more coarsely rather than clamped.
        let finest = (high - low) * frame.heights[a] / f64::from((1u32 << BITS) - 1);
        (low, frame.heights[a] / bin.max(finest))
    });
    let keys: Vec<u64> = coordinates
        .iter()
        // `as` saturates, and turns what is no number into 0.
        .map(|x| hilbert(std::array::from_fn(|a| ((x[a] - steps[a].0) * steps[a].1) as u32)))
        .collect();
    order.sort_by_key(|&atom| keys[atom as usize]);
    order
}

fn wrapped(frame: &Frame, x: [f64; 3]) -> [f64; 3] {
    let x = frame.fractional(x);
    std::array::from_fn(|a| if frame.pbc[a] { x[a] - x[a].floor() } else { x[a] })
}

/// The position along the curve of a point of the `2^BITS` lattice.
fn hilbert(point: [u32; 3]) -> u64 {
    let mut x = point.map(|p| p.min((1 << BITS) - 1));
    // Undo the rotations of each level, from the coarsest to the finest.
    for level in (1..BITS).rev() {
        let (bit, below) = (1 << level, (1 << level) - 1);
        for a in 0..3 {
            if x[a] & bit != 0 {
                x[0] ^= below;
            } else {
                let swapped = (x[0] ^ x[a]) & below;
                x[0] ^= swapped;
                x[a] ^= swapped;
            }
        }
    }
    // Gray code.
    x[1] ^= x[0];
    x[2] ^= x[1];
    let flips = (1..BITS).filter(|&level| x[2] >> level & 1 == 1).fold(0, |flips, level| flips ^ ((1 << level) - 1));
    let x = x.map(|p| p ^ flips);
    (0..BITS).rev().fold(0, |key, bit| x.iter().fold(key, |key, &p| key << 1 | u64::from(p >> bit & 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_visits_every_cell_and_never_jumps() {
        let side = 8u32;
        let mut cells: Vec<[u32; 3]> =
            (0..side).flat_map(|x| (0..side).flat_map(move |y| (0..side).map(move |z| [x, y, z]))).collect();
        cells.sort_by_key(|&cell| hilbert(cell));
        let keys: Vec<u64> = cells.iter().map(|&cell| hilbert(cell)).collect();
        assert_eq!(keys, (0..512).collect::<Vec<u64>>());
        for pair in cells.windows(2) {
            let steps: u32 = (0..3).map(|a| pair[0][a].abs_diff(pair[1][a])).sum();
            assert_eq!(steps, 1, "{pair:?}");
        }
    }
}
