//! Rows of a product: for each fibre the sum of its leaves, times its other factors, added to its row.

use schur_tensor::pulp::{Simd, WithSimd};
use schur_tensor::{Lanes, Real, prefetch};

use super::layout::Rows;
use crate::Scalar;

/// Elements ahead whose rows are asked for: about as many as memory takes to answer.
const AHEAD: usize = 12;

/// Bytes of a cache line.
const LINE: usize = 64;

/// Bytes of a factor that a core's second-level cache holds; rows of a larger one are asked for ahead of time.
const CACHED: usize = 1 << 19;

/// The part of a product that one task computes.
pub(super) struct Task<'a, T> {
    /// The fibres of the task.
    pub fibres: std::ops::Range<usize>,
    /// The first row whose first fibre is one of them.
    pub first_row: usize,
    /// The rows from there on that begin in this task.
    pub own: &'a mut [T],
    /// The row that began in an earlier task.
    pub carried: &'a mut [T],
}

/// A task and what it reads.
pub(super) struct Run<'a, 'b, T> {
    pub task: Task<'a, T>,
    pub rows: &'b Rows<T>,
    pub factors: &'b [&'b [T]],
    pub rank: usize,
}

impl<T: Scalar> WithSimd for Run<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { task, rows, factors, rank } = self;
        let carried_end = (rows.rows[task.first_row] as usize).min(task.fibres.end);
        if task.fibres.start < carried_end {
            row(simd, rows, task.fibres.start..carried_end, factors, task.carried);
        }
        for (offset, result) in task.own.chunks_exact_mut(rank).enumerate() {
            let ends = &rows.rows[task.first_row + offset..task.first_row + offset + 2];
            row(simd, rows, ends[0] as usize..(ends[1] as usize).min(task.fibres.end), factors, result);
        }
    }
}

/// Adds fibres to one row.
#[inline(always)]
fn row<T: Scalar, S: Simd>(
    simd: S,
    rows: &Rows<T>,
    fibres: std::ops::Range<usize>,
    factors: &[&[T]],
    result: &mut [T],
) {
    let (rank, lanes) = (result.len(), T::lanes::<S>());
    let (leaf_factor, last) = (factors[rows.leaf], rows.leaves.len());
    for fibre in fibres {
        let (start, end) = (rows.fibres[fibre] as usize, rows.fibres[fibre + 1] as usize);
        if size_of_val(leaf_factor) > CACHED {
            ask_for(
                &rows.leaves[start.saturating_add(AHEAD).min(last)..end.saturating_add(AHEAD).min(last)],
                leaf_factor,
                rank,
            );
        }
        let middle = &rows.middles[fibre * rows.middle.len()..][..rows.middle.len()];
        let leaves = (&rows.leaves[start..end], &rows.values[start..end]);
        let shared = (&*rows.middle, middle, factors);
        let mut from = 0;
        while from + 4 * lanes <= rank {
            block::<T, S, 4>(simd, leaves, leaf_factor, (rank, from), shared, result);
            from += 4 * lanes;
        }
        if from + 2 * lanes <= rank {
            block::<T, S, 2>(simd, leaves, leaf_factor, (rank, from), shared, result);
            from += 2 * lanes;
        }
        if from + lanes <= rank {
            block::<T, S, 1>(simd, leaves, leaf_factor, (rank, from), shared, result);
            from += lanes;
        }
        while from < rank {
            column(leaves, leaf_factor, (rank, from), shared, result);
            from += 1;
        }
    }
}

/// Asks for the rows of a factor that will be needed soon.
#[inline(always)]
fn ask_for<T: Scalar>(leaves: &[u32], factor: &[T], rank: usize) {
    for &leaf in leaves {
        let row = &factor[leaf as usize * rank..][..rank];
        row.chunks(LINE / size_of::<T>()).for_each(|line| prefetch(line.as_ptr()));
    }
}

/// Adds one fibre to `V` registers of a row.
#[inline(always)]
fn block<T: Scalar, S: Simd, const V: usize>(
    simd: S,
    (leaves, values): (&[u32], &[T]),
    leaf_factor: &[T],
    (rank, from): (usize, usize),
    (modes, indices, factors): (&[usize], &[u32], &[&[T]]),
    result: &mut [T],
) {
    let width = V * T::lanes::<S>();
    let mut sum: [Lanes<T, S>; V] = [T::splat(simd, <T as Real>::ZERO); V];
    for (&leaf, &value) in leaves.iter().zip(values) {
        let columns = T::as_lanes::<S>(&leaf_factor[leaf as usize * rank + from..][..width]).0;
        let Some(columns) = columns.first_chunk::<V>() else { return };
        let value = T::splat(simd, value);
        for v in 0..V {
            sum[v] = T::mul_add(simd, value, columns[v], sum[v]);
        }
    }
    for (&mode, &index) in modes.iter().zip(indices) {
        let columns = T::as_lanes::<S>(&factors[mode][index as usize * rank + from..][..width]).0;
        let Some(columns) = columns.first_chunk::<V>() else { return };
        for v in 0..V {
            sum[v] = T::times(simd, sum[v], columns[v]);
        }
    }
    let result = T::as_lanes_mut::<S>(&mut result[from..from + width]).0;
    let Some(result) = result.first_chunk_mut::<V>() else { return };
    for v in 0..V {
        result[v] = T::plus(simd, result[v], sum[v]);
    }
}

/// Adds one fibre to one column of a row.
#[inline(always)]
fn column<T: Scalar>(
    (leaves, values): (&[u32], &[T]),
    leaf_factor: &[T],
    (rank, from): (usize, usize),
    (modes, indices, factors): (&[usize], &[u32], &[&[T]]),
    result: &mut [T],
) {
    let mut sum = <T as Real>::ZERO;
    for (&leaf, &value) in leaves.iter().zip(values) {
        sum += value * leaf_factor[leaf as usize * rank + from];
    }
    for (&mode, &index) in modes.iter().zip(indices) {
        sum *= factors[mode][index as usize * rank + from];
    }
    result[from] += sum;
}
