//! Rows of a product: for each fibre the sum of its leaves, times its other factors, added to its row.

use schur_tensor::pulp::{Simd, WithSimd};
use schur_tensor::{Real, prefetch};

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

/// The loops below are compiled once for each set of instructions; the lanes are the compiler's.
impl<T: Scalar> WithSimd for Run<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        let Self { task, rows, factors, rank } = self;
        let carried_end = (rows.rows[task.first_row] as usize).min(task.fibres.end);
        if task.fibres.start < carried_end {
            row(rows, task.fibres.start..carried_end, factors, task.carried);
        }
        for (offset, result) in task.own.chunks_exact_mut(rank).enumerate() {
            let ends = &rows.rows[task.first_row + offset..task.first_row + offset + 2];
            row(rows, ends[0] as usize..(ends[1] as usize).min(task.fibres.end), factors, result);
        }
    }
}

/// Adds fibres to one row.
#[inline(always)]
fn row<T: Scalar>(rows: &Rows<T>, fibres: std::ops::Range<usize>, factors: &[&[T]], result: &mut [T]) {
    let rank = result.len();
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
        let mut from = 0;
        while from + 32 <= rank {
            block::<T, 32>(leaves, leaf_factor, (rank, from), (&rows.middle, middle, factors), result);
            from += 32;
        }
        while from + 8 <= rank {
            block::<T, 8>(leaves, leaf_factor, (rank, from), (&rows.middle, middle, factors), result);
            from += 8;
        }
        while from < rank {
            block::<T, 1>(leaves, leaf_factor, (rank, from), (&rows.middle, middle, factors), result);
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

/// Adds one fibre to `W` columns of a row.
#[inline(always)]
fn block<T: Scalar, const W: usize>(
    (leaves, values): (&[u32], &[T]),
    leaf_factor: &[T],
    (rank, from): (usize, usize),
    (modes, indices, factors): (&[usize], &[u32], &[&[T]]),
    result: &mut [T],
) {
    let mut sum = [<T as Real>::ZERO; W];
    for (&leaf, &value) in leaves.iter().zip(values) {
        let columns = &leaf_factor[leaf as usize * rank + from..][..W];
        sum.iter_mut().zip(columns).for_each(|(sum, &x)| *sum += value * x);
    }
    for (&mode, &index) in modes.iter().zip(indices) {
        let columns = &factors[mode][index as usize * rank + from..][..W];
        sum.iter_mut().zip(columns).for_each(|(sum, &x)| *sum *= x);
    }
    result[from..from + W].iter_mut().zip(sum).for_each(|(result, x)| *result += x);
}
