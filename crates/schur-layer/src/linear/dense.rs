//! Sums over whole axes and repetitions along them: all of a side in one pass over its tensor.
//!
//! The tensor goes by row by row, the last axis and the channels. A row is added to every sum that keeps the last axis,
//! and its own sum to the others; the other way a row begins as what its parts repeat, and mixes of the whole tensor are
//! added while it is in cache.

use std::ops::Range;

use rayon::prelude::*;
use schur_tensor::Real;
use schur_tensor::pulp::{Arch, Simd, WithSimd};
use schur_tensor::semiring::Scalar;

use super::carry::Tracks;
use super::exchange::{Axis, Odometer};
use super::packed::Packed;
use super::tile::{Rows, Source};
use crate::route::Exchange;
use crate::side::{Link, Pace, Place, row_major};

/// Smaller tensors are not worth a second thread.
const LEAST_SHARED: usize = 1 << 15;

/// Parts that a single tensor is cut into along its first axis. Sums are added part by part, so that their number must
/// not depend on that of the threads.
const PARTS: usize = 8;

/// The links of a side whose smaller tensor lacks some axes and has all others one by one.
#[derive(Debug, Clone)]
pub(crate) struct Dense {
    /// Axes of the whole tensor; `from` has the step in each part.
    axes: Vec<Axis>,
    pub parts: Vec<Part>,
    /// Numbers of all parts.
    pub size: usize,
}

/// A smaller tensor without gaps.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// The bottleneck that it belongs to, and where it begins there.
    pub small: usize,
    pub offset: usize,
    /// To the bottleneck and back.
    pub tracks: Tracks,
    start: usize,
    size: usize,
}

impl Dense {
    pub fn new(sizes: Vec<usize>, strides: Vec<usize>) -> Self {
        let axis = |(size, to)| Axis { size, to, from: Vec::new() };
        Self { axes: sizes.into_iter().zip(strides).map(axis).collect(), parts: Vec::new(), size: 0 }
    }

    /// Takes a link if it is of this kind.
    pub fn take(&mut self, link: &Link, channels: usize) -> bool {
        let mut paces = link.paces.clone();
        paces.sort_by_key(|pace| std::cmp::Reverse(pace.large));
        let is_all = paces.iter().map(|pace| pace.large).eq(self.axes.iter().map(|axis| axis.to));
        let is_part = paces.iter().any(|pace| pace.small == 0);
        if link.large != Place::Whole || link.through.is_some() || link.pieces.len() != 1 || !is_all || !is_part {
            return false;
        }
        let kept: Vec<Pace> = paces.iter().copied().filter(|pace| pace.small != 0).collect();
        let steps = row_major(kept.iter().map(|pace| pace.size), channels);
        let mut next = steps.iter();
        for (axis, pace) in self.axes.iter_mut().zip(&paces) {
            axis.from.push(if pace.small == 0 { 0 } else { next.next().copied().unwrap_or(0) });
        }
        let own: Vec<Pace> = kept.iter().zip(&steps).map(|(pace, &large)| Pace { large, ..*pace }).collect();
        let size = own.iter().map(|pace| pace.size).product::<usize>() * channels;
        let tracks = Tracks::new(&own, channels);
        self.parts.push(Part { small: link.small, offset: link.offset, tracks, start: self.size, size });
        self.size += size;
        true
    }

    /// A part's own numbers.
    pub fn part<'a, T>(&self, part: &Part, inner: &'a [T]) -> &'a [T] {
        &inner[part.start..][..part.size]
    }

    pub fn part_mut<'a, T>(&self, part: &Part, inner: &'a mut [T]) -> &'a mut [T] {
        &mut inner[part.start..][..part.size]
    }

    /// Whether a tensor is cut into parts.
    fn is_shared(&self) -> bool {
        let size = self.axes.first().map_or(0, |axis| axis.size * axis.to);
        self.axes.len() > 1 && size >= LEAST_SHARED
    }

    /// Sums a tensor into all parts.
    pub(super) fn gather<T: Scalar>(&self, is_alone: bool, whole: &[T], memory: &mut GatherMemory<T>) {
        let arch = Arch::new();
        let GatherMemory { inner, odometer, cuts } = memory;
        inner.clear();
        inner.resize(self.size, <T as Real>::ZERO);
        if !is_alone || !self.is_shared() {
            return arch.dispatch(Gather { dense: self, axes: &self.axes, first: 0, whole, inner, odometer });
        }
        let chunk = self.axes[0].size.div_ceil(PARTS);
        let count = self.axes[0].size.div_ceil(chunk);
        cuts.resize_with(count.max(cuts.len()), || (Vec::new(), Odometer::default()));
        let wholes = whole.par_chunks(chunk * self.axes[0].to);
        wholes.zip(&mut cuts[..count]).enumerate().for_each(|(place, (whole, (inner, odometer)))| {
            let mut axes = self.axes.clone();
            axes[0].size = whole.len() / axes[0].to;
            inner.resize(self.size, <T as Real>::ZERO);
            self.ranges(place * chunk, chunk).for_each(|range| inner[range].fill(<T as Real>::ZERO));
            arch.dispatch(Gather { dense: self, axes: &axes, first: place * chunk, whole, inner, odometer });
        });
        for (place, (sums, _)) in cuts[..count].iter().enumerate() {
            self.ranges(place * chunk, chunk).for_each(|range| add(&sums[range.clone()], &mut inner[range]));
        }
    }

    /// Where sums over some indices of the first axis lie: of parts that keep it only those indices.
    fn ranges(&self, first: usize, count: usize) -> impl Iterator<Item = Range<usize>> {
        self.parts.iter().zip(&self.axes[0].from).map(move |(part, &step)| {
            let end = part.start + part.size;
            if step == 0 {
                part.start..end
            } else {
                part.start + first * step..end.min(part.start + (first + count) * step)
            }
        })
    }

    /// Overwrites a tensor with what its parts repeat, and adds a mix of another whole tensor.
    pub(super) fn spread<T: Scalar>(
        &self,
        is_alone: bool,
        inner: &[T],
        mix: Option<WholeMix<'_, T>>,
        (whole, memory): (&mut [T], &mut SpreadMemory<T>),
    ) {
        let arch = Arch::new();
        let work = mix.as_ref().map_or(1, |mix| mix.exchange.work());
        if !is_alone || self.axes.len() < 2 || whole.len().saturating_mul(work) < LEAST_SHARED {
            return arch.dispatch(Spread { dense: self, axes: &self.axes, first: 0, inner, mix, whole, memory });
        }
        let chunk = self.axes[0].size.div_ceil(PARTS);
        whole.par_chunks_mut(chunk * self.axes[0].to).enumerate().for_each(|(place, whole)| {
            let mut axes = self.axes.clone();
            axes[0].size = whole.len() / axes[0].to;
            let memory = &mut SpreadMemory::default();
            arch.dispatch(Spread { dense: self, axes: &axes, first: place * chunk, inner, mix, whole, memory });
        });
    }
}

/// What sums need beside the tensor; parts of a cut tensor have sums of their own.
#[derive(Debug, Clone)]
pub(super) struct GatherMemory<T> {
    pub inner: Vec<T>,
    odometer: Odometer,
    cuts: Vec<(Vec<T>, Odometer)>,
}

impl<T> Default for GatherMemory<T> {
    fn default() -> Self {
        Self { inner: Vec::new(), odometer: Odometer::default(), cuts: Vec::new() }
    }
}

/// The mix between two whole tensors.
#[derive(Debug, Clone, Copy)]
pub(super) struct WholeMix<'a, T> {
    pub exchange: &'a Exchange,
    pub matrices: &'a Packed<T>,
    pub from: &'a [T],
}

struct Gather<'a, T> {
    dense: &'a Dense,
    axes: &'a [Axis],
    /// The first index along the first axis.
    first: usize,
    whole: &'a [T],
    inner: &'a mut [T],
    odometer: &'a mut Odometer,
}

impl<T: Scalar> WithSimd for Gather<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { dense, axes, first, whole, inner, odometer } = self;
        let [outer @ .., last] = axes else { return };
        // A single axis is never cut.
        let start = |(part, step): (&Part, usize)| part.start + first * step;
        odometer.start(outer.len(), 0, dense.parts.iter().zip(axes[0].from.iter().copied()).map(start));
        let (run, channels) = (last.size * last.to, last.to);
        loop {
            let row = &whole[odometer.to..][..run];
            let places = || odometer.from.iter().zip(&last.from);
            // What reads a row from one end to the other goes first, as the processor fetches ahead of it.
            places().filter(|(_, step)| **step != 0).for_each(|(&place, _)| add(row, &mut inner[place..][..run]));
            for (&place, _) in places().filter(|(_, step)| **step == 0) {
                sum_rows(row, &mut inner[place..][..channels]);
            }
            if !odometer.step(outer) {
                return;
            }
        }
    }
}

#[inline(always)]
fn add<T: Scalar>(from: &[T], to: &mut [T]) {
    to.iter_mut().zip(from).for_each(|(to, &x)| *to += x);
}

/// Adds all rows, which are as long as the sums.
#[inline(always)]
fn sum_rows<T: Scalar>(rows: &[T], sums: &mut [T]) {
    const W: usize = 16;
    let width = sums.len();
    if width == 1 {
        let mut lanes = [<T as Real>::ZERO; W];
        let chunks = rows.chunks_exact(W);
        lanes.iter_mut().zip(chunks.remainder()).for_each(|(sum, &x)| *sum += x);
        for chunk in chunks {
            lanes.iter_mut().zip(chunk).for_each(|(sum, &x)| *sum += x);
        }
        // Halves onto each other: sums of lanes one after the other would wait for each addition.
        let mut half = W / 2;
        while half > 0 {
            (0..half).for_each(|lane| lanes[lane] += lanes[lane + half]);
            half /= 2;
        }
        let sum = lanes[0];
        sums[0] += sum;
        return;
    }
    let mut column = 0;
    while width - column >= W {
        // Two sums at a time: an addition takes longer than it keeps others waiting.
        let mut both = [[<T as Real>::ZERO; W]; 2];
        let mut pairs = rows.chunks_exact(2 * width);
        for pair in &mut pairs {
            for (half, sum) in both.iter_mut().enumerate() {
                let Some(row) = pair[half * width + column..].first_chunk::<W>() else { return };
                (0..W).for_each(|w| sum[w] += row[w]);
            }
        }
        if let Some(row) = pairs.remainder().get(column..).and_then(|row| row.first_chunk::<W>()) {
            (0..W).for_each(|w| both[0][w] += row[w]);
        }
        (0..W).for_each(|w| sums[column + w] += both[0][w] + both[1][w]);
        column += W;
    }
    for (c, sum) in sums.iter_mut().enumerate().skip(column) {
        rows.iter().skip(c).step_by(width).for_each(|&x| *sum += x);
    }
}

/// What a thread needs beside the tensors.
#[derive(Debug, Clone)]
pub(super) struct SpreadMemory<T> {
    constant: Vec<T>,
    own: Odometer,
    mix: Odometer,
}

impl<T> Default for SpreadMemory<T> {
    fn default() -> Self {
        Self { constant: Vec::new(), own: Odometer::default(), mix: Odometer::default() }
    }
}

struct Spread<'a, T> {
    dense: &'a Dense,
    axes: &'a [Axis],
    /// The first index along the first axis.
    first: usize,
    inner: &'a [T],
    mix: Option<WholeMix<'a, T>>,
    whole: &'a mut [T],
    memory: &'a mut SpreadMemory<T>,
}

impl<T: Scalar> WithSimd for Spread<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { dense, axes, first, inner, mix, whole, memory } = self;
        let SpreadMemory { constant, own, mix: other } = memory;
        let [outer @ .., last] = axes else { return };
        let start = |(part, step): (&Part, usize)| part.start + first * step;
        own.start(outer.len(), 0, dense.parts.iter().zip(axes[0].from.iter().copied()).map(start));
        if let Some(mix) = mix {
            other.start(outer.len(), 0, mix.exchange.axes[0].from.iter().map(|step| first * step));
        }
        constant.resize(last.to, <T as Real>::ZERO);
        loop {
            let row = &mut whole[own.to..][..last.size * last.to];
            begin(row, &own.from, &last.from, inner, constant);
            if let Some(WholeMix { exchange, matrices, from }) = mix {
                let axis = &exchange.axes[outer.len()];
                let source = |mix: usize| Source {
                    start: other.from[mix],
                    step: axis.from[mix],
                    matrix: matrices.matrix(exchange.first + mix),
                };
                let &Exchange { sizes, lanes, .. } = exchange;
                let rows = Rows { count: last.size, start: 0, step: last.to, sizes, lanes, is_added: true };
                rows.run::<T, S>(from, exchange.mixes, source, row);
                other.step(&exchange.axes[..outer.len()]);
            }
            if !own.step(outer) {
                return;
            }
        }
    }
}

/// Overwrites a row with the sum of what its parts repeat.
#[inline(always)]
fn begin<T: Scalar>(row: &mut [T], places: &[usize], steps: &[usize], inner: &[T], constant: &mut [T]) {
    let channels = constant.len();
    constant.fill(<T as Real>::ZERO);
    let parts = || places.iter().zip(steps);
    for (&place, _) in parts().filter(|(_, step)| **step == 0) {
        add(&inner[place..][..channels], constant);
    }
    let mut vectors = parts().filter(|(_, step)| **step != 0).map(|(&place, _)| place);
    match vectors.next() {
        None if channels == 1 => row.fill(constant[0]),
        None => row.chunks_exact_mut(channels).for_each(|to| to.copy_from_slice(constant)),
        Some(place) => {
            let from = &inner[place..][..row.len()];
            if channels == 1 {
                let constant = constant[0];
                row.iter_mut().zip(from).for_each(|(to, &x)| *to = x + constant);
            } else {
                for (to, from) in row.chunks_exact_mut(channels).zip(from.chunks_exact(channels)) {
                    to.iter_mut().zip(from).zip(&*constant).for_each(|((to, &x), &c)| *to = x + c);
                }
            }
        }
    }
    for place in vectors {
        add(&inner[place..][..row.len()], row);
    }
}
