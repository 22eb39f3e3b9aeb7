//! Channels mixed between two bottlenecks with the same axes: all maps of an order in one pass over its result.

use rayon::prelude::*;
use schur_tensor::pulp::{Arch, Simd, WithSimd};
use schur_tensor::semiring::Scalar;

use super::packed::Packed;
use super::tile::{Rows, Source};
use crate::route::Exchange;

/// Fewer multiply-adds are not worth a second thread.
const LEAST_SHARED: usize = 1 << 17;

/// Rows that a thread takes at least, a multiple of the rows of any tile.
const SHARED_ROWS: usize = 24;

/// An axis of a result, with its step there and in the source of each map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Axis {
    pub size: usize,
    pub to: usize,
    pub from: Vec<usize>,
}

impl Axis {
    /// Whether this axis goes on where the inner one ends, in all tensors.
    fn holds(&self, inner: &Self) -> bool {
        let follows = |outer: usize, step: usize| outer == inner.size * step;
        follows(self.to, inner.to) && self.from.iter().zip(&inner.from).all(|(&outer, &step)| follows(outer, step))
    }
}

/// Goes through all combinations of indices and keeps where they lie: in the result, then in each source.
#[derive(Debug, Clone, Default)]
pub(super) struct Odometer {
    index: Vec<usize>,
    /// The place in the result.
    pub to: usize,
    /// The place in each source.
    pub from: Vec<usize>,
}

impl Odometer {
    pub fn start(&mut self, axes: usize, to: usize, from: impl Iterator<Item = usize>) {
        self.index.clear();
        self.index.resize(axes, 0);
        self.to = to;
        self.from.clear();
        self.from.extend(from);
    }

    /// Moves to the next combination, the last axis fastest; false behind the last one.
    #[inline]
    pub fn step(&mut self, axes: &[Axis]) -> bool {
        for (place, axis) in axes.iter().enumerate().rev() {
            self.index[place] += 1;
            self.to += axis.to;
            self.from.iter_mut().zip(&axis.from).for_each(|(from, step)| *from += step);
            if self.index[place] < axis.size {
                return true;
            }
            self.index[place] = 0;
            self.to -= axis.size * axis.to;
            self.from.iter_mut().zip(&axis.from).for_each(|(from, step)| *from -= axis.size * step);
        }
        false
    }
}

/// Overwrites the result of an exchange for a batch of items.
pub(super) fn run<T: Scalar>(
    exchange: &Exchange,
    matrices: &Packed<T>,
    (batch, is_alone): (usize, bool),
    (from, to): (&[T], &mut [T]),
    odometer: &mut Odometer,
) {
    let items = Axis { size: batch, to: exchange.items[1], from: vec![exchange.items[0]; exchange.mixes] };
    let mut axes = vec![items];
    for axis in exchange.axes.iter().filter(|axis| axis.size != 1) {
        match axes.last_mut() {
            Some(outer) if outer.size == 1 => *outer = axis.clone(),
            Some(outer) if outer.holds(axis) => {
                *outer = Axis { size: outer.size * axis.size, ..axis.clone() };
            }
            _ => axes.push(axis.clone()),
        }
    }
    let work = axes.iter().map(|axis| axis.size).product::<usize>() * exchange.work();
    let arch = Arch::new();
    let outer = axes[0].clone();
    if !is_alone || work < LEAST_SHARED || rayon::current_num_threads() == 1 || outer.to == 0 {
        return arch.dispatch(Mix { exchange, axes: &axes, matrices, from, starts: 0, to, odometer });
    }
    let chunk = if axes.len() == 1 { SHARED_ROWS } else { 1 };
    to.par_chunks_mut(chunk * outer.to).enumerate().for_each(|(place, part)| {
        let mut axes = axes.clone();
        axes[0].size = chunk.min(outer.size - place * chunk);
        let mut odometer = Odometer::default();
        arch.dispatch(Mix {
            exchange,
            axes: &axes,
            matrices,
            from,
            starts: place * chunk,
            to: part,
            odometer: &mut odometer,
        });
    });
}

struct Mix<'a, T> {
    exchange: &'a Exchange,
    axes: &'a [Axis],
    matrices: &'a Packed<T>,
    from: &'a [T],
    /// The first index along the first axis.
    starts: usize,
    to: &'a mut [T],
    odometer: &'a mut Odometer,
}

impl<T: Scalar> WithSimd for Mix<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { exchange, axes, matrices, from, starts, to, odometer } = self;
        let [outer @ .., rows] = axes else { return };
        odometer.start(outer.len(), 0, axes[0].from.iter().map(|step| starts * step));
        loop {
            let source = |mix: usize| Source {
                start: odometer.from[mix],
                step: rows.from[mix],
                matrix: matrices.matrix(exchange.first + mix),
            };
            let Exchange { sizes, lanes, .. } = *exchange;
            let rows = Rows { count: rows.size, start: odometer.to, step: rows.to, sizes, lanes, is_added: false };
            rows.run::<T, S>(from, exchange.mixes, source, to);
            if !odometer.step(outer) {
                return;
            }
        }
    }
}
