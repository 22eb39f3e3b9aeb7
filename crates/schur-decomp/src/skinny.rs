//! A strided matrix times one of few columns, without packing: sums in registers, operands where they lie.
//!
//! A general product packs what it multiplies. With sixteen or thirty-two columns each number read takes part in too few
//! multiplications to pay for that. Every element of the result is one chain of multiply-adds in the order of the terms,
//! so its bits do not depend on who computes it.

use std::borrow::Cow;

use rayon::prelude::*;
use schur_tensor::pulp::{Arch, Simd, WithSimd};
use schur_tensor::{Lanes, Real, lanes, prefetch};

use crate::Scalar;

/// Rows of the result that one task computes.
const ROWS: usize = 32;
/// Rows of a tile: a cache line of f64, and with two registers a row sixteen sums.
const HEIGHT: usize = 8;
/// Rows of a tile where there are sixteen registers.
const LOW: usize = 4;
/// Fewer columns leave registers half empty.
const LEAST_COLUMNS: usize = 4;
/// The most numbers of two registers.
const WIDEST: usize = 32;

/// Size and stride of the two axes of a group, the second one faster.
pub(crate) type Pair = [(usize, usize); 2];

/// `result[row, r] = sum over k of data[row, k] * right[k, r]`, or added to what is there.
#[derive(Clone, Copy)]
pub(crate) struct Skinny<'a, T> {
    pub(crate) data: &'a [T],
    /// Size and stride of the two axes that make the rows, the second one faster.
    pub(crate) rows: Pair,
    /// Size and stride of the two axes of terms.
    pub(crate) inner: Pair,
    /// `[terms, rank]`.
    pub(crate) right: &'a [T],
    pub(crate) rank: usize,
    pub(crate) add: bool,
}

impl<T: Scalar> Skinny<'_, T> {
    /// Whether registers fill, and numbers of a tile lie one after the other along rows or along terms.
    pub(crate) fn is_fit(rank: usize, rows: Pair, inner: Pair) -> bool {
        rank >= LEAST_COLUMNS && (terms(inner)[1].1 == 1 || rows[1].1 == 1)
    }

    /// Computes `result: [rows, rank]`.
    pub(crate) fn run(self, result: &mut [T]) {
        let arch = Arch::new();
        let lanes = lanes::<T>(arch);
        let width = self.rank.next_multiple_of(lanes);
        let right: Cow<'_, [T]> = if width == self.rank {
            Cow::Borrowed(self.right)
        } else {
            Cow::Owned(padded(self.right, self.rank, width))
        };
        let part = |(place, result): (usize, &mut [T])| {
            arch.dispatch(Part { product: self, right: &right, width, first: place * ROWS, result });
        };
        result.par_chunks_mut(ROWS * self.rank).enumerate().for_each(part);
    }
}

/// Rows with zeros behind them.
fn padded<T: Scalar>(rows: &[T], from: usize, to: usize) -> Vec<T> {
    let mut result = vec![<T as Real>::ZERO; rows.len() / from * to];
    for (to, row) in result.chunks_exact_mut(to).zip(rows.chunks_exact(from)) {
        to[..from].copy_from_slice(row);
    }
    result
}

/// The two axes of terms; a single one is the second.
const fn terms(inner: Pair) -> Pair {
    if inner[1].0 == 1 && inner[0].0 > 1 { [(1, 0), inner[0]] } else { inner }
}

/// Some rows.
struct Part<'a, 'b, T> {
    product: Skinny<'a, T>,
    /// `[terms, width]`.
    right: &'b [T],
    /// The rank in whole registers.
    width: usize,
    first: usize,
    result: &'b mut [T],
}

impl<T: Scalar> WithSimd for Part<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let height = if S::REGISTER_COUNT >= 32 { HEIGHT } else { LOW };
        let (count, fast) = (self.result.len() / self.product.rank, self.product.rows[1].0);
        let along_terms = terms(self.product.inner)[1].1 == 1;
        let mut row = 0;
        while row < count {
            let left = if along_terms { count - row } else { (count - row).min(fast - (self.first + row) % fast) };
            let done = match left {
                _ if left >= HEIGHT && height == HEIGHT => self.columns::<S, HEIGHT>(simd, row),
                _ if left >= LOW => self.columns::<S, LOW>(simd, row),
                _ => self.columns::<S, 1>(simd, row),
            };
            row += done;
        }
    }
}

impl<T: Scalar> Part<'_, '_, T> {
    /// Computes `H` rows; returns their number.
    #[inline(always)]
    fn columns<S: Simd, const H: usize>(&mut self, simd: S, row: usize) -> usize {
        let lanes = T::lanes::<S>();
        let mut column = 0;
        while column + 2 * lanes <= self.width {
            self.tile::<S, H, 2>(simd, (row, column));
            column += 2 * lanes;
        }
        if column < self.width {
            self.tile::<S, H, 1>(simd, (row, column));
        }
        H
    }

    /// Computes `H` rows by `V` registers.
    #[inline(always)]
    fn tile<S: Simd, const H: usize, const V: usize>(&mut self, simd: S, (row, column): (usize, usize)) {
        let Skinny { data, rank, add, inner, rows, .. } = self.product;
        let [(outer, outer_stride), (count, stride)] = terms(inner);
        let [(_, slow), (fast, step)] = rows;
        let (first, wide) = (self.first + row, V * T::lanes::<S>());
        let mut sums: [[Lanes<T, S>; V]; H] = [[T::splat(simd, <T as Real>::ZERO); V]; H];
        for i in 0..outer {
            let right = &self.right[i * count * self.width..(i + 1) * count * self.width];
            if stride == 1 {
                let mut lines = [&data[..0]; H];
                for (q, line) in lines.iter_mut().enumerate() {
                    let row = first + q;
                    *line = &data[row / fast * slow + row % fast * step + i * outer_stride..][..count];
                }
                for (k, terms) in right.chunks_exact(self.width).enumerate() {
                    let terms = T::as_lanes::<S>(&terms[column..column + wide]).0;
                    let Some(terms) = terms.first_chunk::<V>() else { return };
                    for q in 0..H {
                        let x = T::splat(simd, lines[q][k]);
                        for v in 0..V {
                            sums[q][v] = T::mul_add(simd, x, terms[v], sums[q][v]);
                        }
                    }
                }
            } else {
                let mut place = first / fast * slow + first % fast * step + i * outer_stride;
                for terms in right.chunks_exact(self.width) {
                    let terms = T::as_lanes::<S>(&terms[column..column + wide]).0;
                    let numbers = &data[place..];
                    let (Some(terms), Some(numbers)) = (terms.first_chunk::<V>(), numbers.first_chunk::<H>()) else {
                        return;
                    };
                    // The last line of the next tile: too many streams for the processor to foresee. What comes before
                    // that line is in this tile's last one.
                    prefetch(numbers.as_ptr().wrapping_add(2 * H - 1));
                    for q in 0..H {
                        let x = T::splat(simd, numbers[q]);
                        for v in 0..V {
                            sums[q][v] = T::mul_add(simd, x, terms[v], sums[q][v]);
                        }
                    }
                    place += stride;
                }
            }
        }
        let valid = wide.min(rank - column);
        for (q, sums) in sums.iter().enumerate() {
            let mut line = [<T as Real>::ZERO; WIDEST];
            T::as_lanes_mut::<S>(&mut line[..wide]).0.copy_from_slice(sums);
            let to = &mut self.result[(row + q) * rank + column..][..valid];
            for (to, &sum) in to.iter_mut().zip(&line) {
                *to = if add { *to + sum } else { sum };
            }
        }
    }
}
