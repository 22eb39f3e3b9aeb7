//! The Gram matrix of a mode, or of the columns of a matrix: a symmetric product of something long with itself.
//!
//! Terms are packed a block at a time, once, so that one panel serves as either operand, and only tiles on and below the
//! diagonal are computed. A general product would pack the same numbers twice and, in columns of blocks, several times.
//! Each of some parts of the terms, fixed by the sizes, has sums of its own, joined in order: the bits do not depend on
//! the number of threads.

use rayon::prelude::*;
use schur_tensor::pulp::{Arch, Simd, WithSimd};
use schur_tensor::{Lanes, Real, Tensor, prefetch};

use crate::{DecompError, Scalar};

/// Columns of a panel: two registers of AVX-512 of f64.
const WIDTH: usize = 16;
/// Rows of a tile: half a panel, and with two registers a row sixteen sums.
const HEIGHT: usize = 8;
/// Rows of a tile where there are sixteen registers.
const LOW: usize = 4;
/// Terms of a block: a panel of f64 is half of a first-level cache.
const TERMS: usize = 128;
/// The most parts that have sums of their own.
const MOST_PARTS: usize = 16;
/// Elements of a part for each sum, at least: so all sums together are small beside the tensor.
const WORTH_SUMS: usize = 8;
/// Bytes of a cache line.
const LINE: usize = 64;

/// Row-major elements `[before, n, behind]`.
#[derive(Debug, Clone, Copy)]
struct Around<'a, T> {
    data: &'a [T],
    sizes: [usize; 3],
}

/// Computes the Gram matrix `[n, n]` of the mode of `[before, n, behind]`, in f64; products and sums of a block of terms
/// are in the numbers' own precision.
pub(crate) fn gram<T: Scalar>(data: &[T], sizes: [usize; 3]) -> Result<Tensor<f64>, DecompError> {
    let tensor = Around { data, sizes };
    let [before, n, behind] = sizes;
    let terms = before * behind;
    let side = n.next_multiple_of(WIDTH);
    let most = (tensor.data.len() / (WORTH_SUMS * side * side).max(1)).clamp(1, MOST_PARTS);
    let length = terms.div_ceil(most).max(1).next_multiple_of(TERMS);
    let sums_count = schur_tensor::element_count(&[side, side])?;
    let arch = Arch::new();
    let part = |number: usize| {
        let mut sums = vec![0.0; sums_count];
        let range = number * length..terms.min((number + 1) * length);
        arch.dispatch(Part { tensor, side, range, sums: &mut sums });
        sums
    };
    let parts: Vec<Vec<f64>> = (0..terms.div_ceil(length)).into_par_iter().map(part).collect();
    let mut result = Tensor::filled(&[n, n], 0.0)?;
    let entries = result.data_mut();
    for i in 0..n {
        for j in 0..=i {
            let sum = parts.iter().map(|sums| sums[i * side + j]).sum();
            entries[i * n + j] = sum;
            entries[j * n + i] = sum;
        }
    }
    Ok(result)
}

/// Some of the terms.
struct Part<'a, 'b, T> {
    tensor: Around<'a, T>,
    /// `n`, in whole panels.
    side: usize,
    range: std::ops::Range<usize>,
    /// `[side, side]`, tiles on and below the diagonal.
    sums: &'b mut [f64],
}

impl<T: Scalar> WithSimd for Part<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { tensor, side, range, sums } = self;
        let mut packed = vec![<T as Real>::ZERO; side * TERMS];
        let tiles = (side / WIDTH) * (side / WIDTH + 1);
        for first in range.clone().step_by(TERMS) {
            let count = TERMS.min(range.end - first);
            pack(tensor, (first, count), &mut packed);
            let mut ahead = Ahead::new(tensor, first + count, tiles);
            for row in (0..side).step_by(HEIGHT) {
                let (panel, within) = (row / WIDTH, row % WIDTH);
                let rows = &packed[panel * WIDTH * TERMS..][..count * WIDTH];
                for along in 0..=panel {
                    ahead.ask();
                    let columns = &packed[along * WIDTH * TERMS..][..count * WIDTH];
                    let place = row * side + along * WIDTH;
                    add_rows(simd, (rows, within), columns, (&mut sums[place..], side));
                }
            }
        }
    }
}

/// Adds the products of eight rows, a half of one panel, with the columns of another; rows of the sums are `side` apart.
#[inline(always)]
fn add_rows<T: Scalar, S: Simd>(
    simd: S,
    (rows, within): (&[T], usize),
    columns: &[T],
    (sums, side): (&mut [f64], usize),
) {
    match T::lanes::<S>() {
        16 => add_tile::<T, S, HEIGHT, 1>(simd, (rows, within), (columns, 0), (sums, side)),
        8 => add_tile::<T, S, HEIGHT, 2>(simd, (rows, within), (columns, 0), (sums, side)),
        lanes => {
            for low in (0..HEIGHT).step_by(LOW) {
                for from in (0..WIDTH).step_by(2 * lanes) {
                    let sums = &mut sums[low * side + from..];
                    add_tile::<T, S, LOW, 2>(simd, (rows, within + low), (columns, from), (sums, side));
                }
            }
        }
    }
}

/// Adds the products of `H` rows with `V` registers of columns.
#[inline(always)]
fn add_tile<T: Scalar, S: Simd, const H: usize, const V: usize>(
    simd: S,
    (rows, within): (&[T], usize),
    (columns, from): (&[T], usize),
    (sums, side): (&mut [f64], usize),
) {
    let width = V * T::lanes::<S>();
    let mut tile: [[Lanes<T, S>; V]; H] = [[T::splat(simd, <T as Real>::ZERO); V]; H];
    let (rows, columns) = (rows.as_chunks::<WIDTH>().0, columns.as_chunks::<WIDTH>().0);
    for (rows, columns) in rows.iter().zip(columns) {
        let columns = T::as_lanes::<S>(&columns[from..from + width]).0;
        let (Some(rows), Some(columns)) = (rows[within..].first_chunk::<H>(), columns.first_chunk::<V>()) else {
            break;
        };
        for q in 0..H {
            let x = T::splat(simd, rows[q]);
            for v in 0..V {
                tile[q][v] = T::mul_add(simd, x, columns[v], tile[q][v]);
            }
        }
    }
    for (q, registers) in tile.iter().enumerate() {
        let mut line = [<T as Real>::ZERO; WIDTH];
        T::as_lanes_mut::<S>(&mut line[..width]).0.copy_from_slice(registers);
        sums[q * side..][..width].iter_mut().zip(&line).for_each(|(sum, x)| *sum += x.to_f64());
    }
}

/// Copies a block of terms into panels: `[panel][term][WIDTH]`, zeros beyond `n`.
#[inline(always)]
fn pack<T: Scalar>(tensor: Around<'_, T>, (first, count): (usize, usize), packed: &mut [T]) {
    let [_, n, behind] = tensor.sizes;
    if behind == 1 {
        return copy(&tensor.data[first * n..(first + count) * n], n, packed);
    }
    let mut done = 0;
    // Terms that differ only in their place behind the mode lie next to each other.
    while done < count {
        let (slice, place) = ((first + done) / behind, (first + done) % behind);
        let run = (count - done).min(behind - place);
        let data = &tensor.data[slice * n * behind + place..];
        for (number, panel) in packed.chunks_exact_mut(WIDTH * TERMS).enumerate() {
            let column = number * WIDTH;
            let panel = &mut panel[done * WIDTH..(done + run) * WIDTH];
            let valid = WIDTH.min(n - column);
            for half in (0..valid).step_by(HEIGHT) {
                let valid = HEIGHT.min(valid - half);
                let data = &data[(column + half) * behind..];
                turn(data, behind, (valid, run), &mut panel[half..]);
            }
        }
        done += run;
    }
}

/// Copies terms of `n` numbers that follow each other.
#[inline(always)]
fn copy<T: Scalar>(terms: &[T], n: usize, packed: &mut [T]) {
    for (number, panel) in packed.chunks_exact_mut(WIDTH * TERMS).enumerate() {
        let column = number * WIDTH;
        for (to, term) in panel.as_chunks_mut::<WIDTH>().0.iter_mut().zip(terms.chunks_exact(n)) {
            // Of a length that the compiler knows wherever there are enough.
            match term[column..].first_chunk::<WIDTH>() {
                Some(term) => *to = *term,
                None => to[..n - column].copy_from_slice(&term[column..]),
            }
        }
    }
}

/// Copies up to eight rows of `run` numbers, `step` apart, as columns of a panel.
#[inline(always)]
fn turn<T: Scalar>(data: &[T], step: usize, (rows, run): (usize, usize), panel: &mut [T]) {
    let mut done = 0;
    if rows == HEIGHT {
        while done + HEIGHT <= run {
            let mut block = [[<T as Real>::ZERO; HEIGHT]; HEIGHT];
            for (q, line) in block.iter_mut().enumerate() {
                line.copy_from_slice(&data[q * step + done..][..HEIGHT]);
            }
            for k in 0..HEIGHT {
                let line: [T; HEIGHT] = std::array::from_fn(|q| block[q][k]);
                panel[(done + k) * WIDTH..][..HEIGHT].copy_from_slice(&line);
            }
            done += HEIGHT;
        }
    }
    for k in done..run {
        for q in 0..rows {
            panel[k * WIDTH + q] = data[q * step + k];
        }
    }
}

/// The next block of terms, asked for from memory while this one is multiplied.
struct Ahead<'a, T> {
    tensor: Around<'a, T>,
    first: usize,
    /// Lines of cache that a row, or all of the block where rows are single numbers, takes.
    lines: usize,
    next: usize,
    each: usize,
}

impl<'a, T: Scalar> Ahead<'a, T> {
    #[inline(always)]
    fn new(tensor: Around<'a, T>, first: usize, tiles: usize) -> Self {
        let [_, n, behind] = tensor.sizes;
        let count = TERMS.min((tensor.data.len() / n.max(1)).saturating_sub(first));
        let line = LINE / size_of::<T>();
        let (lines, all) = if behind == 1 {
            let lines = (count * n).div_ceil(line);
            (lines, lines)
        } else {
            let lines = count.div_ceil(line);
            (lines, lines * n)
        };
        Self { tensor, first, lines, next: 0, each: all.div_ceil(tiles.max(1)) }
    }

    /// Asks for a tile's share of it.
    #[inline(always)]
    fn ask(&mut self) {
        let [_, n, behind] = self.tensor.sizes;
        let line = LINE / size_of::<T>();
        let (slice, place) = (self.first / behind, self.first % behind);
        let start = slice * n * behind + place;
        for number in self.next..self.next + self.each {
            let lines = self.lines.max(1);
            let (row, within) = if behind == 1 { (0, number) } else { (number / lines, number % lines) };
            if let Some(number) = self.tensor.data.get(start + row * behind + within * line) {
                prefetch(number);
            }
        }
        self.next += self.each;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{normals, stream};

    #[test]
    fn gram_matrices_are_those_of_the_definition() {
        for sizes in [[1, 1, 1], [3, 5, 1], [2, 17, 9], [1, 40, 300], [700, 16, 1], [5, 33, 130], [150, 3, 7]] {
            let tensor = normals::<f64>(&sizes, &mut stream(3, 0)).unwrap();
            let [before, n, behind] = sizes;
            let found = gram(tensor.data(), sizes).unwrap();
            let entry = |b: usize, i: usize, j: usize| tensor.data()[(b * n + i) * behind + j];
            for i in 0..n {
                for k in 0..n {
                    let terms = (0..before).flat_map(|b| (0..behind).map(move |j| (b, j)));
                    let expected: f64 = terms.map(|(b, j)| entry(b, i, j) * entry(b, k, j)).sum();
                    let bound = 1e-13 * (before * behind) as f64;
                    assert!((found.data()[i * n + k] - expected).abs() <= bound, "{sizes:?} {i} {k}");
                }
            }
        }
    }
}
