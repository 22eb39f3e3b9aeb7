//! The loops of the oracle for operations that cannot fail: for work too small to prepare, and for results that meet.

use std::convert::Infallible;

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
    let starts = [left_start, right_start, start].map(usize::cast_signed);
    let Ok(()) = each::<3, Infallible>(&product.batch, starts, &mut |[lb, rb, zb]| {
        each(&product.rows, [lb, zb], &mut |[l, z]| {
            each(&product.columns, [rb, z], &mut |[r, z]| {
                let target = &mut result[at(z)];
                let mut sum = if mode == Mode::Add { *target } else { zero };
                each::<2, Infallible>(&product.inner, [l, r], &mut |[l, r]| {
                    sum = fused(left[at(l)], right[at(r)], sum);
                    Ok(())
                })?;
                *target = sum;
                Ok(())
            })
        })
    });
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
    let starts = [source_start, start].map(usize::cast_signed);
    let Ok(()) = each::<2, Infallible>(&reduction.kept, starts, &mut |[from, to]| {
        let target = &mut result[at(to)];
        let mut sum = if mode == Mode::Add { *target } else { zero };
        each::<1, Infallible>(&reduction.summed, [from], &mut |[from]| {
            sum = fused(source[at(from)], one, sum);
            Ok(())
        })?;
        *target = sum;
        Ok(())
    });
}
