//! A mode of a tensor times a matrix of few columns, where what lies behind the mode fills registers.
//!
//! The counterpart of [`skinny`](crate::skinny): numbers of the tensor lie along registers, those of the matrix are
//! spread over a register each, and nothing is packed. Every element of the result is one chain of multiply-adds in the
//! order of the terms, so its bits do not depend on who computes it.

use rayon::prelude::*;
use schur_tensor::pulp::{Arch, Simd, WithSimd};
use schur_tensor::{Lanes, Real, prefetch};

use crate::Scalar;

/// Numbers behind the mode that one task computes for all columns: pages enough to be met together.
const PIECE: usize = 1 << 10;
/// Columns of a tile: with two registers a column sixteen sums.
const HEIGHT: usize = 8;
/// Columns of a tile where there are sixteen registers.
const LOW: usize = 4;
/// The most numbers of two registers.
const WIDEST: usize = 32;
/// Fewer numbers behind the mode leave registers empty.
const LEAST_BEHIND: usize = 8;

/// `result[b, r, j] = sum over k of data[b, k, j] * matrix[k, r]`.
#[derive(Clone, Copy)]
pub(crate) struct Broad<'a, T> {
    /// `[before, n, behind]`
    pub(crate) data: &'a [T],
    pub(crate) sizes: [usize; 3],
    /// `[n, rank]`
    pub(crate) matrix: &'a [T],
    pub(crate) rank: usize,
}

impl<T: Scalar> Broad<'_, T> {
    /// Whether registers fill.
    pub(crate) const fn is_fit(behind: usize) -> bool {
        behind >= LEAST_BEHIND
    }

    /// Computes `result: [before, rank, behind]`.
    pub(crate) fn run(self, result: &mut [T]) {
        let [_, n, behind] = self.sizes;
        let arch = Arch::new();
        let mut tasks = Vec::new();
        for (slice, result) in result.chunks_exact_mut(self.rank * behind).enumerate() {
            let mut columns: Vec<_> = result.chunks_exact_mut(behind).map(|row| row.chunks_mut(PIECE)).collect();
            for first in (0..behind).step_by(PIECE) {
                let columns = columns.iter_mut().filter_map(Iterator::next).collect();
                tasks.push(Part { product: self, first: slice * n * behind + first, columns });
            }
        }
        tasks.into_par_iter().for_each(|part| arch.dispatch(part));
    }
}

/// Some of the numbers behind the mode, in all columns.
struct Part<'a, 'b, T> {
    product: Broad<'a, T>,
    /// Where they begin in the data.
    first: usize,
    columns: Vec<&'b mut [T]>,
}

impl<T: Scalar> WithSimd for Part<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let lanes = T::lanes::<S>();
        let count = self.columns.first().map_or(0, |column| column.len());
        let mut place = 0;
        while place + 2 * lanes <= count {
            self.columns::<S, 2>(simd, place, 2 * lanes);
            place += 2 * lanes;
        }
        while place < count {
            self.columns::<S, 1>(simd, place, lanes.min(count - place));
            place += lanes;
        }
    }
}

impl<T: Scalar> Part<'_, '_, T> {
    /// Computes `V` registers, of which `valid` numbers count, of all columns.
    #[inline(always)]
    fn columns<S: Simd, const V: usize>(&mut self, simd: S, place: usize, valid: usize) {
        let (rank, height) = (self.product.rank, if S::REGISTER_COUNT >= 32 { HEIGHT } else { LOW });
        let mut column = 0;
        while column < rank {
            let left = rank - column;
            column += match left {
                _ if left >= HEIGHT && height == HEIGHT => self.tile::<S, HEIGHT, V>(simd, (column, place), valid),
                _ if left >= LOW => self.tile::<S, LOW, V>(simd, (column, place), valid),
                _ => self.tile::<S, 1, V>(simd, (column, place), valid),
            };
        }
    }

    /// Computes `H` columns; returns their number.
    #[inline(always)]
    fn tile<S: Simd, const H: usize, const V: usize>(
        &mut self,
        simd: S,
        (column, place): (usize, usize),
        valid: usize,
    ) -> usize {
        let Broad { data, sizes: [_, n, behind], matrix, rank } = self.product;
        let width = V * T::lanes::<S>();
        let mut sums: [[Lanes<T, S>; V]; H] = [[T::splat(simd, <T as Real>::ZERO); V]; H];
        let mut start = self.first + place;
        for factors in matrix.chunks_exact(rank).take(n) {
            let mut line = [<T as Real>::ZERO; WIDEST];
            let numbers = if valid == width {
                &data[start..start + width]
            } else {
                line[..valid].copy_from_slice(&data[start..start + valid]);
                &line[..width]
            };
            if column == 0 {
                // What the next registers read, a line or two: too many streams for the processor to foresee.
                let next = data.as_ptr().wrapping_add(start + width);
                prefetch(next.wrapping_add(width / 2 - 1));
                prefetch(next.wrapping_add(width - 1));
            }
            let (Some(numbers), Some(factors)) =
                (T::as_lanes::<S>(numbers).0.first_chunk::<V>(), factors[column..].first_chunk::<H>())
            else {
                return H;
            };
            for q in 0..H {
                let factor = T::splat(simd, factors[q]);
                for v in 0..V {
                    sums[q][v] = T::mul_add(simd, factor, numbers[v], sums[q][v]);
                }
            }
            start += behind;
        }
        for (q, sums) in sums.iter().enumerate() {
            let mut line = [<T as Real>::ZERO; WIDEST];
            T::as_lanes_mut::<S>(&mut line[..width]).0.copy_from_slice(sums);
            self.columns[column + q][place..place + valid].copy_from_slice(&line[..valid]);
        }
        H
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{normals, stream};

    #[test]
    fn modes_are_multiplied_as_the_definition_says() {
        for (sizes, rank) in [([1, 3, 8], 1), ([2, 5, 37], 3), ([3, 40, 16], 16), ([1, 7, 2060], 13)] {
            let tensor = normals::<f64>(&sizes, &mut stream(5, 0)).unwrap();
            let matrix = normals::<f64>(&[sizes[1], rank], &mut stream(5, 1)).unwrap();
            let [before, n, behind] = sizes;
            let mut found = vec![0.0; before * rank * behind];
            Broad { data: tensor.data(), sizes, matrix: matrix.data(), rank }.run(&mut found);
            for (place, &found) in found.iter().enumerate() {
                let (b, r, j) = (place / (rank * behind), place / behind % rank, place % behind);
                let term = |k: usize| tensor.data()[(b * n + k) * behind + j] * matrix.data()[k * rank + r];
                let expected: f64 = (0..n).map(term).sum();
                assert!((found - expected).abs() < 1e-12 * n as f64, "{sizes:?} {rank} {place}");
            }
        }
    }
}
