//! Products and reductions whose tensors lie in memory in any way that strides can say.

use proptest::prelude::*;
use schur_tensor::product::{Product, Reduction, Strided};

/// A product, where index zero lies in each tensor, and how long the slices are.
#[derive(Debug, Clone)]
pub struct Problem {
    pub product: Product,
    pub starts: [usize; 3],
    pub lengths: [usize; 3],
}

/// Where the batch of matrices lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One matrix after the other.
    Slow,
    /// Equal elements of all matrices side by side.
    Fast,
}

impl Problem {
    /// Products of matrices; the bits of `order` say which of left, right and result are transposed.
    pub fn matrices(batch: usize, (m, n, k): (usize, usize, usize), order: usize, layout: Layout) -> Self {
        let unit = if layout == Layout::Fast { batch } else { 1 };
        let strides = |tensor: usize, rows: usize, columns: usize| -> [isize; 3] {
            let (row, column) = if order >> tensor & 1 == 0 { (columns, 1) } else { (1, rows) };
            let matrix = if layout == Layout::Fast { 1 } else { rows * columns };
            [matrix, row * unit, column * unit].map(|stride| stride as isize)
        };
        let (left, right, result) = (strides(0, m, k), strides(1, k, n), strides(2, m, n));
        let product = Product {
            batch: vec![Strided { size: batch, strides: [left[0], right[0], result[0]] }],
            rows: vec![Strided { size: m, strides: [left[1], result[1]] }],
            columns: vec![Strided { size: n, strides: [right[2], result[2]] }],
            inner: vec![Strided { size: k, strides: [left[2], right[1]] }],
        };
        Self { product, starts: [0; 3], lengths: [batch * m * k, batch * k * n, batch * m * n] }
    }
}

/// How an axis lies in a tensor.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// The fastest has the smallest rank.
    rank: u32,
    gap: usize,
    backwards: bool,
    repeated: bool,
}

fn place(may_repeat: bool) -> impl Strategy<Value = Place> {
    let seldom = prop::bool::weighted(0.15);
    (any::<u32>(), prop_oneof![4 => Just(0_usize), 1 => 1..3_usize], seldom, prop::bool::weighted(0.1)).prop_map(
        move |(rank, gap, backwards, repeated)| Place { rank, gap, backwards, repeated: repeated && may_repeat },
    )
}

fn size(largest: usize) -> impl Strategy<Value = usize> {
    prop_oneof![1 => Just(0_usize), 1 => Just(1_usize), 30 => 2..=largest]
}

/// Strides of the axes of a tensor, where its index zero lies, and its length.
fn lay_out(axes: &[(usize, Place)]) -> (Vec<isize>, usize, usize) {
    let mut order: Vec<usize> = (0..axes.len()).collect();
    order.sort_by_key(|&axis| axes[axis].1.rank);
    let (mut strides, mut start, mut length) = (vec![0; axes.len()], 0, 1);
    for axis in order {
        let (size, place) = axes[axis];
        if place.repeated {
            continue;
        }
        let stride = length + place.gap;
        strides[axis] = stride as isize;
        if place.backwards && size > 0 {
            strides[axis] = -strides[axis];
            start += (size - 1) * stride;
        }
        length += stride * size.saturating_sub(1);
    }
    (strides, start, length)
}

/// Products with up to `most` axes of up to `largest` values.
pub fn problems(most: usize, largest: usize) -> impl Strategy<Value = Problem> {
    let axis = (0..4_usize, size(largest), place(true), place(true), place(false));
    prop::collection::vec(axis, 0..=most).prop_map(|axes| {
        let of = |tensor: usize| -> Vec<(usize, Place)> {
            // Axes of batch, rows, columns and inner that left, right and result have.
            let has = [[true, true, false, true], [true, false, true, true], [true, true, true, false]][tensor];
            let there = axes.iter().filter(|axis| has[axis.0]);
            there.map(|axis| (axis.1, [axis.2, axis.3, axis.4][tensor])).collect()
        };
        let laid = [0, 1, 2].map(|tensor| lay_out(&of(tensor)));
        let mut next = laid.clone().map(|(strides, ..)| strides.into_iter());
        let mut take = |tensor: usize| next[tensor].next().unwrap_or_default();
        let mut product = Product::default();
        for &(group, size, ..) in &axes {
            match group {
                0 => product.batch.push(Strided { size, strides: [take(0), take(1), take(2)] }),
                1 => product.rows.push(Strided { size, strides: [take(0), take(2)] }),
                2 => product.columns.push(Strided { size, strides: [take(1), take(2)] }),
                _ => product.inner.push(Strided { size, strides: [take(0), take(1)] }),
            }
        }
        let [starts, lengths] = [laid.clone().map(|laid| laid.1), laid.map(|laid| laid.2)];
        Problem { product, starts, lengths }
    })
}

/// Reductions with up to `most` axes of up to `largest` values, where index zero lies, and lengths.
pub fn reductions(most: usize, largest: usize) -> impl Strategy<Value = (Reduction, [usize; 2], [usize; 2])> {
    let axis = (prop::bool::weighted(0.25), size(largest), place(true), place(false));
    prop::collection::vec(axis, 0..=most).prop_map(|axes| {
        let source: Vec<_> = axes.iter().map(|axis| (axis.1, axis.2)).collect();
        let result: Vec<_> = axes.iter().filter(|axis| !axis.0).map(|axis| (axis.1, axis.3)).collect();
        let (source, result) = (lay_out(&source), lay_out(&result));
        let mut to = result.0.iter();
        let mut reduction = Reduction::default();
        for (&(summed, size, ..), &from) in axes.iter().zip(&source.0) {
            if summed {
                reduction.summed.push(Strided { size, strides: [from] });
            } else {
                reduction.kept.push(Strided { size, strides: [from, to.next().copied().unwrap_or_default()] });
            }
        }
        (reduction, [source.1, result.1], [source.2, result.2])
    })
}
