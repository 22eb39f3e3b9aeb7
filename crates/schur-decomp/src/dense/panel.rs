//! Rows of a Khatri-Rao product, made a block at a time: the whole product is never held.

use std::ops::Range;

use schur_tensor::Tensor;

use crate::Scalar;

/// Writes rows `range` of the Khatri-Rao product of `factors`, each times `scale`; the last factor's rows run fastest.
///
/// # Shapes
/// `factors: [I_n, rank]`, `scale: [rank]`, `panel: [range.len(), rank]`.
pub(crate) fn fill<T: Scalar>(factors: &[&Tensor<T>], scale: &[T], range: Range<usize>, panel: &mut [T]) {
    let rank = scale.len();
    let mut index = vec![0; factors.len()];
    let mut rest = range.start;
    for (place, factor) in index.iter_mut().zip(factors).rev() {
        *place = rest % factor.shape()[0];
        rest /= factor.shape()[0];
    }
    // The product of all rows but the fastest, kept until one of them moves.
    let mut slow = scale.to_vec();
    let mut moved = true;
    for row in panel.chunks_exact_mut(rank) {
        let Some((&fast, others)) = factors.split_last() else {
            row.copy_from_slice(scale);
            continue;
        };
        if moved {
            slow.copy_from_slice(scale);
            for (&i, factor) in index.iter().zip(others) {
                slow.iter_mut().zip(&factor.data()[i * rank..]).for_each(|(s, &x)| *s *= x);
            }
        }
        let i = index[others.len()];
        for ((entry, &s), &x) in row.iter_mut().zip(&slow).zip(&fast.data()[i * rank..]) {
            *entry = s * x;
        }
        moved = advance(&mut index, factors);
    }
}

/// Goes to the next row; says whether more than the fastest index moved.
fn advance<T: Scalar>(index: &mut [usize], factors: &[&Tensor<T>]) -> bool {
    for (place, factor) in factors.iter().enumerate().rev() {
        index[place] += 1;
        if index[place] < factor.shape()[0] {
            return place + 1 < factors.len();
        }
        index[place] = 0;
    }
    true
}
