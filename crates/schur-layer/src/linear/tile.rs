//! Rows times matrices, from several places at once: the sums of a tile stay in registers while all sources pass.
//!
//! Loops over arrays of fixed size become vector instructions where they are inlined into a dispatched function.

use schur_tensor::Real;
use schur_tensor::pulp::Simd;
use schur_tensor::semiring::Scalar;

use super::LANES;
use super::packed::STRIP;

/// Rows of a tile.
const HEIGHT: usize = 6;

/// Where rows come from, and what they are multiplied with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a, T> {
    pub start: usize,
    pub step: usize,
    /// In strips of columns.
    pub matrix: &'a [T],
}

/// Rows of a result.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows {
    pub count: usize,
    pub start: usize,
    pub step: usize,
    /// Numbers of a row of a source and of the result.
    pub sizes: [usize; 2],
    /// Items side by side: every number of a row is so many.
    pub lanes: usize,
    /// Whether results are added to what is there.
    pub is_added: bool,
}

impl Rows {
    /// `to[row] = sum over sources of from[row of source] * matrix of source`.
    #[inline(always)]
    pub fn run<'a, T: Scalar, S: Simd>(
        &self,
        from: &[T],
        sources: usize,
        source: impl Fn(usize) -> Source<'a, T>,
        to: &mut [T],
    ) {
        if self.lanes > 1 {
            return self.side_by_side(from, sources, source, to);
        }
        if self.sizes == [1, 1] {
            return self.scaled(from, sources, source, to);
        }
        let [_, columns] = self.sizes;
        // Sums of a tile fill most of the registers, and no more.
        let most = T::lanes::<S>() * if S::REGISTER_COUNT >= 32 { 4 } else { 2 };
        let mut strip = 0;
        while strip < columns {
            let width = STRIP.min(columns - strip);
            let mut column = 0;
            while column < width {
                let left = most.min(width - column);
                let place = (strip, width, column);
                column += match left {
                    64.. => self.panel::<T, 64>(from, (sources, &source), place, to),
                    32.. => self.panel::<T, 32>(from, (sources, &source), place, to),
                    16.. => self.panel::<T, 16>(from, (sources, &source), place, to),
                    8.. => self.panel::<T, 8>(from, (sources, &source), place, to),
                    4.. => self.panel::<T, 4>(from, (sources, &source), place, to),
                    _ => self.panel::<T, 1>(from, (sources, &source), place, to),
                };
            }
            strip += width;
        }
    }

    #[inline(always)]
    fn panel<'a, T: Scalar, const W: usize>(
        &self,
        from: &[T],
        (sources, source): (usize, &impl Fn(usize) -> Source<'a, T>),
        place: (usize, usize, usize),
        to: &mut [T],
    ) -> usize {
        let mut row = 0;
        while self.count - row >= HEIGHT {
            self.tile::<T, HEIGHT, W>(row, from, (sources, source), place, to);
            row += HEIGHT;
        }
        if self.count - row >= 4 {
            self.tile::<T, 4, W>(row, from, (sources, source), place, to);
            row += 4;
        }
        while row < self.count {
            self.tile::<T, 1, W>(row, from, (sources, source), place, to);
            row += 1;
        }
        W
    }

    /// `H` rows by `W` columns.
    #[inline(always)]
    fn tile<'a, T: Scalar, const H: usize, const W: usize>(
        &self,
        row: usize,
        from: &[T],
        (sources, source): (usize, &impl Fn(usize) -> Source<'a, T>),
        (strip, width, column): (usize, usize, usize),
        to: &mut [T],
    ) {
        let depth = self.sizes[0];
        let mut sums = [[<T as Real>::ZERO; W]; H];
        if self.is_added {
            for q in 0..H {
                let Some(old) = to[self.start + (row + q) * self.step + strip + column..].first_chunk::<W>() else {
                    return;
                };
                sums[q] = *old;
            }
        }
        for number in 0..sources {
            let source = source(number);
            let lines: [&[T]; H] = std::array::from_fn(|q| &from[source.start + (row + q) * source.step..][..depth]);
            let matrix = &source.matrix[strip * depth..][..width * depth];
            for (k, terms) in matrix.chunks_exact(width).enumerate() {
                let Some(terms) = terms[column..].first_chunk::<W>() else { return };
                for q in 0..H {
                    let x = lines[q][k];
                    for w in 0..W {
                        sums[q][w] += x * terms[w];
                    }
                }
            }
        }
        for q in 0..H {
            let to = &mut to[self.start + (row + q) * self.step + strip + column..][..W];
            to.copy_from_slice(&sums[q]);
        }
    }

    /// Rows of numbers that are as wide as all lanes: weights are the same in each.
    #[inline(always)]
    fn side_by_side<'a, T: Scalar>(
        &self,
        from: &[T],
        sources: usize,
        source: impl Fn(usize) -> Source<'a, T>,
        to: &mut [T],
    ) {
        const W: usize = LANES;
        let [depth, columns] = self.sizes;
        for row in 0..self.count {
            let to = &mut to[self.start + row * self.step..][..columns * W];
            if !self.is_added {
                to.fill(<T as Real>::ZERO);
            }
            for number in 0..sources {
                let source = source(number);
                let from = &from[source.start + row * source.step..][..depth * W];
                for (column, to) in to.chunks_exact_mut(W).enumerate() {
                    let strip = column / STRIP * STRIP;
                    let width = STRIP.min(columns - strip);
                    let weights = source.matrix[strip * depth + column - strip..].iter().step_by(width);
                    let Some(to) = to.first_chunk_mut::<W>() else { return };
                    let mut sum = *to;
                    for (from, &weight) in from.chunks_exact(W).zip(weights) {
                        let Some(from) = from.first_chunk::<W>() else { return };
                        (0..W).for_each(|w| sum[w] += from[w] * weight);
                    }
                    *to = sum;
                }
            }
        }
    }

    /// Rows of one number: multiples of sources.
    #[inline(always)]
    fn scaled<'a, T: Scalar>(&self, from: &[T], sources: usize, source: impl Fn(usize) -> Source<'a, T>, to: &mut [T]) {
        if self.count == 0 {
            return;
        }
        let to = &mut to[self.start..][..(self.count - 1) * self.step + 1];
        for number in 0..sources {
            let Source { start, step, matrix } = source(number);
            let (weight, is_first) = (matrix[0], number == 0 && !self.is_added);
            let from = &from[start..][..(self.count - 1) * step + 1];
            match (self.step, step, is_first) {
                (1, 1, true) => to.iter_mut().zip(from).for_each(|(to, &x)| *to = x * weight),
                (1, 1, false) => to.iter_mut().zip(from).for_each(|(to, &x)| *to += x * weight),
                (1, _, true) => {
                    to.iter_mut().zip(from.iter().step_by(step.max(1))).for_each(|(to, &x)| *to = x * weight)
                }
                (1, _, false) => {
                    to.iter_mut().zip(from.iter().step_by(step.max(1))).for_each(|(to, &x)| *to += x * weight)
                }
                _ => {
                    for row in 0..self.count {
                        let old = if is_first { <T as Real>::ZERO } else { to[row * self.step] };
                        to[row * self.step] = old + from[row * step] * weight;
                    }
                }
            }
        }
    }
}
