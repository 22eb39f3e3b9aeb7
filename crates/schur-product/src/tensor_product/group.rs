//! The paths of one channel mode and equal channels, which run as one product.

use std::ops::Range;

use schur_group::wigner_3j;
use schur_multilinear::{Bilinear, BilinearTerm, Factored, Weighting};
use schur_tensor::{Real, pulp::Arch};

use super::{
    TensorProductWeights,
    mixing::{MixedPath, Mixing},
    operand::Operand,
};
use crate::{
    ChannelMode, ChannelProduct, ChannelProductCotangents, ChannelProductWorkspace, ChannelWeights, IrrepsLayout,
    ProductError,
};

/// What the paths of a group have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub mode: ChannelMode,
    pub channels: [usize; 3],
    pub weighted: bool,
}

/// One path, with its place in the list of all weights.
#[derive(Debug, Clone)]
pub(super) struct Path {
    pub blocks: [usize; 3],
    pub factor: f64,
    pub weights: Range<usize>,
}

/// How the weights of a group reach its product.
#[derive(Debug, Clone)]
enum Weights<T> {
    /// They do not, or are packed in it as matrices.
    Inside,
    /// Those of the layer, as an argument that all items share.
    Shared(Vec<T>),
    /// Some of each item's.
    PerItem,
    /// Some of each item's, by which the result is mixed.
    Mixed(Mixing),
}

#[derive(Debug, Clone)]
pub(super) struct Group<T> {
    operands: [Operand; 3],
    product: ChannelProduct<T>,
    /// Numbers of an item of the product's result.
    result_len: usize,
    weights: Weights<T>,
    /// Weights of each path in the list of all.
    places: Vec<Range<usize>>,
    /// Weights of an item, those of other groups among them.
    item_weights: usize,
}

/// Memory of a run, the same for all groups.
#[derive(Debug, Default)]
pub(super) struct GroupBuffers<T> {
    product: ChannelProductWorkspace<T>,
    arguments: [Vec<T>; 3],
    result: Vec<T>,
    mixed: Vec<T>,
    cotangents: [Vec<T>; 3],
}

impl<T: Real> Group<T> {
    pub fn new(
        arch: Arch,
        layouts: &[IrrepsLayout; 3],
        key: Key,
        paths: &[Path],
        (weights, item_weights): (TensorProductWeights<'_>, usize),
    ) -> Result<Self, ProductError> {
        let blocks = [0, 1, 2].map(|operand| {
            let mut blocks: Vec<usize> = paths.iter().map(|path| path.blocks[operand]).collect();
            blocks.sort_unstable();
            blocks.dedup();
            blocks
        });
        let operands = [0, 1, 2].map(|n| Operand::new(&layouts[n], &blocks[n], key.channels[n]));
        let parts = Parts::new(layouts, &blocks, &operands, paths);
        let dense: Vec<f64>;
        let Key { mode, channels, weighted } = key;
        let (map, mode, channels, choice, weights) = match (weights, mode.mixes()) {
            // Every row of the result is the sum over pairs, if anything.
            (_, mixes) if !weighted => {
                dense = vec![1.0; if mixes { channels[0] } else { 0 }];
                let choice = if mixes { ChannelWeights::Dense(&dense) } else { ChannelWeights::None };
                (parts.summed()?, mode, channels, choice, Weights::Inside)
            }
            (TensorProductWeights::Layer(values), mixes) => {
                dense = paths.iter().flat_map(|path| &values[path.weights.clone()]).copied().collect();
                let map = parts.weighted()?;
                match mixes {
                    true => (map, mode, channels, ChannelWeights::Dense(&dense), Weights::Inside),
                    false => {
                        let shared = dense.iter().map(|&value| T::from_f64(value)).collect();
                        (map, mode, channels, ChannelWeights::Shared, Weights::Shared(shared))
                    }
                }
            }
            (TensorProductWeights::PerItem, false) => {
                (parts.weighted()?, mode, channels, ChannelWeights::PerItem, Weights::PerItem)
            }
            (TensorProductWeights::PerItem, true) => {
                let [left, right, outputs] = channels;
                let pairs = mode.combinations([left, right]).unwrap_or(usize::MAX);
                let mixing = parts.mixing(pairs, outputs, item_weights);
                (parts.separate()?, unmixed(mode), [left, right, pairs], ChannelWeights::None, Weights::Mixed(mixing))
            }
        };
        let product = ChannelProduct::new(arch, &map, mode, channels, choice)?;
        let result_len = product.components()[2] * channels[2];
        let places = if weighted { paths.iter().map(|path| path.weights.clone()).collect() } else { Vec::new() };
        Ok(Self { operands, product, result_len, weights, places, item_weights })
    }

    /// Whether the result of the group's product is that of all groups if there is no other one.
    pub fn is_whole(&self) -> bool {
        self.operands[2].whole() && !matches!(self.weights, Weights::Mixed(_))
    }

    /// Writes the results of the group's product.
    pub fn evaluate(
        &self,
        items: usize,
        [x, y, weights]: [&[T]; 3],
        z: &mut [T],
        buffers: &mut GroupBuffers<T>,
    ) -> Result<(), ProductError> {
        let [x_buffer, y_buffer, weights_buffer] = &mut buffers.arguments;
        let x = self.operands[0].gather(x, x_buffer);
        let y = self.operands[1].gather(y, y_buffer);
        let own = self.own_weights(weights, weights_buffer);
        let arguments: Vec<&[T]> = [x, y].into_iter().chain(own).collect();
        self.product.forward(items, &arguments, z, &mut buffers.product)
    }

    /// Adds the results of the group to `z`.
    pub fn forward(
        &self,
        items: usize,
        arguments: [&[T]; 3],
        z: &mut [T],
        buffers: &mut GroupBuffers<T>,
    ) -> Result<(), ProductError> {
        let mut result = std::mem::take(&mut buffers.result);
        result.resize(items * self.result_len, T::ZERO);
        self.evaluate(items, arguments, &mut result, buffers)?;
        let mixed = &mut buffers.mixed;
        let packed = match &self.weights {
            Weights::Mixed(mixing) => {
                mixed.clear();
                mixed.resize(self.operands[2].len(items), T::ZERO);
                mixing.forward(&result, arguments[2], mixed);
                mixed
            }
            _ => &result,
        };
        self.operands[2].add(packed, z);
        buffers.result = result;
        Ok(())
    }

    /// Adds the cotangents of the arguments, and writes those of its weights or adds them where items are summed over.
    pub fn backward(
        &self,
        items: usize,
        [x, y, weights]: [&[T]; 3],
        cotangent: &[T],
        cotangents: &mut ChannelProductCotangents<'_, T>,
        buffers: &mut GroupBuffers<T>,
    ) -> Result<(), ProductError> {
        let GroupBuffers { product, arguments, result, mixed, cotangents: own_cotangents } = buffers;
        let [x_buffer, y_buffer, weights_buffer] = arguments;
        let x = self.operands[0].gather(x, x_buffer);
        let y = self.operands[1].gather(y, y_buffer);
        let own = self.own_weights(weights, weights_buffer);
        let arguments: Vec<&[T]> = [x, y].into_iter().chain(own).collect();
        let mut above = self.operands[2].gather(cotangent, mixed);
        if let Weights::Mixed(mixing) = &self.weights {
            result.resize(items * self.result_len, T::ZERO);
            if let Some(wanted) = &mut cotangents.weights {
                self.product.forward(items, &arguments, result, product)?;
                mixing.weight_cotangent(result, above, wanted);
            }
            mixing.backward(above, weights, result);
            above = result;
        }
        let [gx, gy, gw] = own_cotangents;
        gx.resize(x.len(), T::ZERO);
        gy.resize(y.len(), T::ZERO);
        gw.resize(self.weight_cotangents(items), T::ZERO);
        let asked = ChannelProductCotangents {
            left: cotangents.left.is_some().then_some(&mut gx[..]),
            right: cotangents.right.is_some().then_some(&mut gy[..]),
            weights: (cotangents.weights.is_some() && !gw.is_empty()).then_some(&mut gw[..]),
        };
        self.product.backward(items, &arguments, above, asked, product)?;
        for (to, from, operand) in
            [(&mut cotangents.left, gx, &self.operands[0]), (&mut cotangents.right, gy, &self.operands[1])]
        {
            if let Some(to) = to {
                operand.add(from, to);
            }
        }
        if let (Some(to), false) = (&mut cotangents.weights, gw.is_empty()) {
            self.place_weights(gw, to);
        }
        Ok(())
    }

    /// The weights that are an argument of the product.
    fn own_weights<'a>(&'a self, weights: &[T], buffer: &'a mut Vec<T>) -> Option<&'a [T]> {
        match &self.weights {
            Weights::Inside | Weights::Mixed(_) => None,
            Weights::Shared(values) => Some(values),
            Weights::PerItem => {
                buffer.clear();
                for item in weights.chunks_exact(self.item_weights.max(1)) {
                    self.places.iter().for_each(|place| buffer.extend_from_slice(&item[place.clone()]));
                }
                Some(buffer)
            }
        }
    }

    /// Cotangents of weights that the product gives.
    fn weight_cotangents(&self, items: usize) -> usize {
        let own: usize = self.places.iter().map(ExactSizeIterator::len).sum();
        match &self.weights {
            Weights::Mixed(_) => 0,
            Weights::PerItem => own * items,
            Weights::Inside | Weights::Shared(_) => own,
        }
    }

    /// Writes cotangents where their weights are in the list of all.
    fn place_weights(&self, from: &[T], to: &mut [T]) {
        let mut from = from.iter();
        let stride = if matches!(self.weights, Weights::PerItem) { self.item_weights } else { to.len() };
        for item in to.chunks_exact_mut(stride.max(1)) {
            for place in &self.places {
                item[place.clone()].iter_mut().zip(&mut from).for_each(|(to, &from)| *to = from);
            }
        }
    }
}

/// The mode whose pairs a mixing mode mixes.
fn unmixed(mode: ChannelMode) -> ChannelMode {
    match mode {
        ChannelMode::Uvw => ChannelMode::Uvuv,
        ChannelMode::Uuw => ChannelMode::Uuu,
        ChannelMode::ULessVw => ChannelMode::UvuLessV,
        other => other,
    }
}

/// The coefficients of a group's paths, in blocks of its operands.
struct Parts<'a> {
    rows: [usize; 3],
    /// Degrees, first components in the operands, and the path.
    paths: Vec<([usize; 3], [usize; 3], &'a Path)>,
}

impl<'a> Parts<'a> {
    fn new(layouts: &[IrrepsLayout; 3], blocks: &[Vec<usize>; 3], operands: &[Operand; 3], paths: &'a [Path]) -> Self {
        let starts = operands.each_ref().map(Operand::starts);
        let place = |n: usize, block: usize| starts[n][blocks[n].partition_point(|&other| other < block)];
        let degree = |n: usize, block: usize| layouts[n].blocks()[block].irrep.l;
        let part = |path: &'a Path| {
            let degrees = [0, 1, 2].map(|n| degree(n, path.blocks[n]));
            (degrees, [0, 1, 2].map(|n| place(n, path.blocks[n])), path)
        };
        Self { rows: operands.each_ref().map(Operand::rows), paths: paths.iter().map(part).collect() }
    }

    /// Rows of all paths, and the first one of each.
    fn own_rows(&self) -> (usize, Vec<usize>) {
        let (mut rows, mut starts) = (0, Vec::with_capacity(self.paths.len()));
        for (degrees, ..) in &self.paths {
            starts.push(rows);
            rows += 2 * degrees[2] + 1;
        }
        (rows, starts)
    }

    /// Every path adds to the rows of the result.
    fn summed(&self) -> Result<Factored, ProductError> {
        let starts: Vec<usize> = self.paths.iter().map(|(_, first, _)| first[2]).collect();
        self.map(self.rows[2], &starts)
    }

    /// Every path has rows of its own.
    fn separate(&self) -> Result<Factored, ProductError> {
        let (rows, starts) = self.own_rows();
        self.map(rows, &starts)
    }

    /// Every path has a weight and adds to the rows of the result behind it.
    fn weighted(&self) -> Result<Factored, ProductError> {
        let (rows, _) = self.own_rows();
        let (mut slots, mut sums) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        for (weight, (degrees, first, _)) in self.paths.iter().enumerate() {
            for m in 0..2 * degrees[2] + 1 {
                slots.push(weight);
                sums.push(first[2] + m);
            }
        }
        let weights = self.paths.len();
        let weighting = Weighting { weights, result: Some(slots), sums: Some(sums), ..Weighting::default() };
        Ok(self.separate()?.with_weights(weighting)?)
    }

    fn mixing(&self, pairs: usize, outputs: usize, item_weights: usize) -> Mixing {
        let (path_rows, starts) = self.own_rows();
        let path = |((degrees, first, path), from): (&([usize; 3], [usize; 3], &Path), usize)| MixedPath {
            from,
            to: first[2],
            rows: 2 * degrees[2] + 1,
            weights: path.weights.clone(),
        };
        let paths = self.paths.iter().zip(starts).map(path).collect();
        Mixing { paths, pairs, outputs, path_rows, rows: self.rows[2], item_weights }
    }

    fn map(&self, rows: usize, starts: &[usize]) -> Result<Factored, ProductError> {
        let mut terms = Vec::new();
        for ((degrees, first, path), start) in self.paths.iter().zip(starts) {
            let [l1, l2, l3] = *degrees;
            terms.extend(wigner_3j(l1, l2, l3)?.iter().map(|([m1, m2, m3], value)| BilinearTerm {
                result: start + m3,
                left: first[0] + m1,
                right: first[1] + m2,
                coefficient: path.factor * value,
            }));
        }
        Ok(Bilinear::new([self.rows[0], self.rows[1], rows], terms)?.share())
    }
}
