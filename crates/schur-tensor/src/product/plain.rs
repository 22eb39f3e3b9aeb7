//! The loops of the oracle for operations that cannot fail: for work too small to prepare, and for results that meet.

use super::{Mode, MultiplyAdd, Product, Reduction, at, each};

/// Runs a product, element by element.
///
/// # Panics
/// If it reaches outside of a tensor.
pub(super) fn product<E: Copy, F: Fn(E, E, E) -> E + Copy>(
    MultiplyAdd { zero, fused, .. }: MultiplyAdd<E, F>,
    (product, [left_start, right_start, start]): (&Product, [usize; 3]),
    [left, right]: [&[E]; 2],
    result: &mut [E],
    mode: Mode,
) {
    let (left_start, right_start, start) = (left_start.cast_signed(), right_start.cast_signed(), start.cast_signed());
    each(&product.batch, &mut |[lb, rb, zb]| {
        each(&product.rows, &mut |[lm, zm]| {
            let (lm, zm) = (left_start + lb + lm, start + zb + zm);
            each(&product.columns, &mut |[rn, zn]| {
                let rn = right_start + rb + rn;
                let target = &mut result[at(zm + zn)];
                let mut sum = if mode == Mode::Add { *target } else { zero };
                each(&product.inner, &mut |[lk, rk]| {
                    sum = fused(left[at(lm + lk)], right[at(rn + rk)], sum);
                    Ok(())
                })?;
                *target = sum;
                Ok(())
            })
        })
    })
    .unwrap_or_default();
}

/// Sums and copies, element by element.
///
/// # Panics
/// If it reaches outside of a tensor.
pub(super) fn reduce<E: Copy, F: Fn(E, E, E) -> E + Copy>(
    MultiplyAdd { zero, one, fused }: MultiplyAdd<E, F>,
    (reduction, [source_start, start]): (&Reduction, [usize; 2]),
    source: &[E],
    result: &mut [E],
    mode: Mode,
) {
    let (source_start, start) = (source_start.cast_signed(), start.cast_signed());
    each(&reduction.kept, &mut |[from, to]| {
        let target = &mut result[at(start + to)];
        let mut sum = if mode == Mode::Add { *target } else { zero };
        each(&reduction.summed, &mut |[more]| {
            sum = fused(source[at(source_start + from + more)], one, sum);
            Ok(())
        })?;
        *target = sum;
        Ok(())
    })
    .unwrap_or_default();
}
