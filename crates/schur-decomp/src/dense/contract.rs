//! Partial products of a tensor with factors: from the tensor itself, and from partial products before.
//!
//! A partial product has the modes that are left, in their order, and the component last. Getting it from the tensor
//! is one matrix product over whatever strides the tensor has; going on from there is a sum of a few numbers for each
//! that is read, and waits for memory.

use rayon::prelude::*;
use schur_tensor::product::{Mode, Product, Strided};
use schur_tensor::pulp::{Arch, Simd, WithSimd};
use schur_tensor::semiring::Semiring;
use schur_tensor::{Real, Tensor};

use super::panel;
use crate::skinny::{Pair, Skinny};
use crate::{DecompError, Scalar};

/// The most numbers of a Khatri-Rao product that are held at a time.
pub(super) const PANEL: usize = 1 << 18;
/// As many of them where nothing is packed: half of a second-level cache is left to the tensor.
const SKINNY_PANEL: usize = 1 << 15;
/// Numbers of a partial product whose sums are kept in the first-level cache.
const RUN: usize = 1024;
/// Multiplications below which threads cost more than they bring.
const WORTH_THREADS: usize = 1 << 15;

/// Modes that are left: `width` of them from `first` on, beginning again at zero after the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) first: usize,
    pub(super) width: usize,
    /// Of the tensor.
    pub(super) order: usize,
}

impl Window {
    /// How far behind the first one a mode comes.
    pub(super) const fn place(&self, mode: usize) -> usize {
        (mode + self.order - self.first) % self.order
    }

    pub(super) const fn contains(&self, mode: usize) -> bool {
        self.place(mode) < self.width
    }

    /// The modes in the order of the tensor.
    pub(super) fn modes(self) -> impl Iterator<Item = usize> {
        (0..self.order).filter(move |&mode| self.contains(mode))
    }

    /// Numbers of a partial product.
    pub(super) fn count(&self, shape: &[usize], rank: usize) -> usize {
        self.modes().fold(rank, |count, mode| count.saturating_mul(shape[mode]))
    }
}

/// Sums out of the tensor all modes outside of the window.
///
/// # Shapes
/// `result: [modes of the window.., rank]`, overwritten.
pub(super) fn tensor<T: Scalar>(
    tensor: &Tensor<T>,
    factors: &[Tensor<T>],
    window: Window,
    (result, panel, scratch): (&mut [T], &mut Vec<T>, &mut Vec<T>),
) -> Result<(), DecompError> {
    let rank = factors[window.first].shape()[1];
    let (rows, inner) = groups(tensor.shape(), window);
    let summed: Vec<&Tensor<T>> =
        (0..window.order).filter(|&mode| !window.contains(mode)).map(|mode| &factors[mode]).collect();
    let [(slow, slow_stride), (fast, fast_stride)] = inner;
    let is_skinny = Skinny::<T>::is_fit(rank, rows, inner);
    let panel_rows = if is_skinny { SKINNY_PANEL } else { PANEL } / rank;
    let piece = panel_rows.clamp(1, fast);
    let group = if piece < fast { 1 } else { (panel_rows / fast).clamp(1, slow) };
    let ones = vec![<T as Real>::ONE; rank];
    let mut mode = Mode::Overwrite;
    for i in (0..slow).step_by(group) {
        for j in (0..fast).step_by(piece) {
            let sizes = [group.min(slow - i), piece.min(fast - j)];
            let right: &[T] = if let [factor] = summed[..] {
                &factor.data()[(i * fast + j) * rank..(i * fast + j + sizes[0] * sizes[1]) * rank]
            } else {
                panel.resize(sizes[0] * sizes[1] * rank, <T as Real>::ZERO);
                let start = i * fast + j;
                panel::fill(&summed, &ones, start..start + sizes[0] * sizes[1], panel);
                panel
            };
            let left = &tensor.data()[i * slow_stride + j * fast_stride..];
            if is_skinny {
                let (inner, add) = ([(sizes[0], slow_stride), (sizes[1], fast_stride)], mode == Mode::Add);
                Skinny { data: left, rows, inner, right, rank, add }.run(result);
                mode = Mode::Add;
                continue;
            }
            let inner = [(sizes[0], [slow_stride, sizes[1] * rank]), (sizes[1], [fast_stride, rank])];
            let product = product(rows, inner, rank);
            T::arithmetic().product(&product, [left, right], result, mode, scratch)?;
            mode = Mode::Add;
        }
    }
    Ok(())
}

/// Sizes and strides of the modes that are left, and of those that are not.
fn groups(shape: &[usize], window: Window) -> (Pair, Pair) {
    let size = |from: usize, to: usize| shape[from..to].iter().product::<usize>();
    let end = window.first + window.width;
    if end <= window.order {
        let (before, kept, behind) = (size(0, window.first), size(window.first, end), size(end, window.order));
        ([(1, 1), (kept, behind)], [(before, kept * behind), (behind, 1)])
    } else {
        let end = end - window.order;
        let (before, summed, behind) = (size(0, end), size(end, window.first), size(window.first, window.order));
        ([(before, summed * behind), (behind, 1)], [(1, 1), (summed, behind)])
    }
}

fn product(rows: Pair, inner: [(usize, [usize; 2]); 2], rank: usize) -> Product {
    let axis = |size: usize, strides: [usize; 2]| Strided { size, strides: strides.map(usize::cast_signed) };
    let [(slow, slow_stride), (fast, fast_stride)] = rows;
    Product {
        batch: Vec::new(),
        rows: vec![axis(slow, [slow_stride, fast * rank]), axis(fast, [fast_stride, rank])],
        columns: vec![axis(rank, [1, 1])],
        inner: inner.map(|(size, strides)| axis(size, strides)).to_vec(),
    }
}

/// Sums one mode out of a partial product.
///
/// # Shapes
/// `source: [left, n, right, rank]`, `factor: [n, rank]` -> `result: [left, right, rank]`, overwritten.
pub(super) fn mode<T: Scalar>(source: &[T], factor: &Tensor<T>, right: usize, result: &mut [T]) {
    let (n, rank) = (factor.shape()[0], factor.shape()[1]);
    let row = right * rank;
    let run = (RUN / rank).max(1) * rank;
    let arch = Arch::new();
    let piece = |place: usize, start: usize, sums: &mut [T]| {
        let source = &source[place * n * row + start..];
        arch.dispatch(Sum { source, step: row, factor: factor.data(), rank, sums });
    };
    if source.len() < WORTH_THREADS {
        for (place, row) in result.chunks_exact_mut(row).enumerate() {
            row.chunks_mut(run).enumerate().for_each(|(k, sums)| piece(place, k * run, sums));
        }
    } else {
        result.par_chunks_exact_mut(row).enumerate().for_each(|(place, row)| {
            row.par_chunks_mut(run).enumerate().for_each(|(k, sums)| piece(place, k * run, sums));
        });
    }
}

/// `sums[q, r] = sum over n of source[n, q, r] * factor[n, r]`; rows of the source are `step` apart.
struct Sum<'a, T> {
    source: &'a [T],
    step: usize,
    factor: &'a [T],
    rank: usize,
    sums: &'a mut [T],
}

impl<T: Scalar> WithSimd for Sum<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { source, step, factor, rank, sums } = self;
        sums.fill(<T as Real>::ZERO);
        for (n, weights) in factor.chunks_exact(rank).enumerate() {
            let row = &source[n * step..n * step + sums.len()];
            for (sums, numbers) in sums.chunks_exact_mut(rank).zip(row.chunks_exact(rank)) {
                add_product(simd, sums, numbers, weights);
            }
        }
    }
}

/// `sums[r] += numbers[r] * weights[r]`.
#[inline(always)]
fn add_product<T: Scalar, S: Simd>(simd: S, sums: &mut [T], numbers: &[T], weights: &[T]) {
    let ((sums, last), (numbers, others), (weights, rest)) =
        (T::as_lanes_mut::<S>(sums), T::as_lanes::<S>(numbers), T::as_lanes::<S>(weights));
    for ((sum, &number), &weight) in sums.iter_mut().zip(numbers).zip(weights) {
        *sum = T::mul_add(simd, number, weight, *sum);
    }
    for ((sum, &number), &weight) in last.iter_mut().zip(others).zip(rest) {
        *sum += number * weight;
    }
}
