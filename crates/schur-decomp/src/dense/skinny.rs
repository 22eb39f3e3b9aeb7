//! A strided matrix times one of few columns, without packing: sums in registers, operands where they lie.
//!
//! A general product packs what it multiplies. With sixteen or thirty-two columns each number read takes part in too few
//! multiplications to pay for that. Every element of the result is one chain of sums in the order of the terms, so its
//! bits do not depend on who computes it.

use rayon::prelude::*;
use schur_tensor::Real;
use schur_tensor::pulp::{Arch, Simd, WithSimd};

use super::contract::Pair;
use crate::Scalar;

/// Rows of the result that one task computes.
const ROWS: usize = 32;
/// Rows of a tile.
const HEIGHT: usize = 4;

/// `result[row, r] = sum over k of data[row, k] * right[k, r]`, or added to what is there.
#[derive(Clone, Copy)]
pub(super) struct Skinny<'a, T> {
    pub(super) data: &'a [T],
    /// Size and stride of the two axes that make the rows, the second one faster.
    pub(super) rows: Pair,
    /// Size and stride of the two axes of terms.
    pub(super) inner: Pair,
    /// `[terms, rank]`.
    pub(super) right: &'a [T],
    pub(super) rank: usize,
    pub(super) add: bool,
}

impl<T: Scalar> Skinny<'_, T> {
    /// Whether columns come in whole tiles, and numbers of a tile lie one after the other along rows or along terms.
    pub(super) fn is_fit(rank: usize, rows: Pair, inner: Pair) -> bool {
        rank.is_multiple_of(8) && (terms(inner)[1].1 == 1 || rows[1].1 == 1)
    }

    /// Computes `result: [rows, rank]`.
    pub(super) fn run(self, result: &mut [T]) {
        let arch = Arch::new();
        let part = |(place, result): (usize, &mut [T])| {
            arch.dispatch(Part { product: self, first: place * ROWS, result });
        };
        result.par_chunks_mut(ROWS * self.rank).enumerate().for_each(part);
    }

    #[inline(always)]
    fn tiles<const H: usize>(&self, row: usize, result: &mut [T]) {
        for column in (0..self.rank).step_by(if self.rank.is_multiple_of(16) { 16 } else { 8 }) {
            if self.rank.is_multiple_of(16) {
                self.tile::<H, 16>((row, column), result);
            } else {
                self.tile::<H, 8>((row, column), result);
            }
        }
    }

    /// Computes `H` rows by `W` columns; `result` begins at the first of the rows.
    #[inline(always)]
    fn tile<const H: usize, const W: usize>(&self, (row, column): (usize, usize), result: &mut [T]) {
        let Self { data, right, rank, .. } = *self;
        let [(outer, outer_stride), (count, stride)] = terms(self.inner);
        let [(_, slow), (fast, step)] = self.rows;
        let mut sums = [[<T as Real>::ZERO; W]; H];
        for i in 0..outer {
            let right = &right[i * count * rank..(i + 1) * count * rank];
            let start = |row: usize| row / fast * slow + row % fast * step + i * outer_stride;
            if stride == 1 {
                let lines: [&[T]; H] = std::array::from_fn(|q| &data[start(row + q)..start(row + q) + count]);
                for (k, terms) in right.chunks_exact(rank).enumerate() {
                    let Some(terms) = terms[column..].first_chunk::<W>() else { return };
                    for q in 0..H {
                        let x = lines[q][k];
                        for w in 0..W {
                            sums[q][w] += x * terms[w];
                        }
                    }
                }
            } else {
                let mut place = start(row);
                for terms in right.chunks_exact(rank) {
                    let Some(terms) = terms[column..].first_chunk::<W>() else { return };
                    let Some(numbers) = data[place..].first_chunk::<H>() else { return };
                    for q in 0..H {
                        for w in 0..W {
                            sums[q][w] += numbers[q] * terms[w];
                        }
                    }
                    place += stride;
                }
            }
        }
        for (q, sums) in sums.iter().enumerate() {
            let row = &mut result[q * rank + column..q * rank + column + W];
            for (to, &sum) in row.iter_mut().zip(sums) {
                *to = if self.add { *to + sum } else { sum };
            }
        }
    }
}

/// The two axes of terms; a single one is the second.
const fn terms(inner: Pair) -> Pair {
    if inner[1].0 == 1 && inner[0].0 > 1 { [(1, 0), inner[0]] } else { inner }
}

/// Some rows.
struct Part<'a, 'b, T> {
    product: Skinny<'a, T>,
    first: usize,
    result: &'b mut [T],
}

impl<T: Scalar> WithSimd for Part<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { product, first, result } = self;
        let (count, fast) = (result.len() / product.rank, product.rows[1].0);
        let along_terms = terms(product.inner)[1].1 == 1;
        let mut row = 0;
        while row < count {
            let together = row + HEIGHT <= count && (along_terms || (first + row) % fast + HEIGHT <= fast);
            let result = &mut result[row * product.rank..];
            if together {
                product.tiles::<HEIGHT>(first + row, result);
            } else {
                product.tiles::<1>(first + row, result);
            }
            row += if together { HEIGHT } else { 1 };
        }
    }
}
