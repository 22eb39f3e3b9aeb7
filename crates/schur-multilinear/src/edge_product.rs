//! The product of gathered features with an edge's harmonics and weights, summed over the edges of a node.
//!
//! $$ z_i = \sum_{e = (i \leftarrow j)} \Phi\bigl(x_j,\; Y_e,\; w(r_e)\bigr) $$
//!
//! with $\Phi$ a [`Multilinear`] of three arguments: features `x` (channels), harmonics `Y` (one channel) and weights
//! `w` (channels, one component, one for each path and channel). This is the message of NequIP, SevenNet and MACE.
//!
//! The plan first contracts the coefficients of a path with `Y`, once an edge, to a small dense matrix
//! $M_{ca} = \sum_b C_{abc} Y_b$; then every channel costs $d_1 d_3$ multiply-adds. Forward, a node's sums stay in
//! registers while its edges pass (no store in the inner loop); backward, over the edges of a *sender*, the features
//! stay and the receivers' cotangents stream. Either way each node's result is summed in the order of its own edges,
//! so no atomics are needed and the bits do not depend on the number of threads.

mod backward;
mod coupling;
mod forward;
mod weights;

use schur_tensor::{Aligned, Real, pulp::Arch};

use crate::{Multilinear, Operand};
pub use backward::Cotangents;
use coupling::Coupling;
pub use weights::EdgeWeights;

/// Where a segment lies in a node's features: components `stride` apart, channels contiguous.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentLayout {
    /// Where component 0 begins.
    pub offset: usize,
    /// Distance from one component to the next.
    pub stride: usize,
}

impl SegmentLayout {
    /// The first index past `dim` components of `channels` numbers; none where it would overflow.
    fn end(&self, dim: usize, channels: usize) -> Option<usize> {
        let last = dim.checked_sub(1)?.checked_mul(self.stride)?;
        self.offset.checked_add(last)?.checked_add(channels)
    }
}

/// A map that this plan cannot run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The map does not have the form features x harmonics x weights.
    #[error(
        "an edge product takes features, harmonics (one channel) and weights (one component): path {path} has {found}"
    )]
    Form {
        /// Which path.
        path: usize,
        /// What the path has instead.
        found: String,
    },
    /// Channels do not fill whole registers.
    #[error("path {path} has {channels} channels; pad them to a multiple of {multiple}", multiple = schur_tensor::CHANNEL_ALIGNMENT)]
    Channels {
        /// Which path.
        path: usize,
        /// Its channels.
        channels: usize,
    },
    /// No kernel was compiled for these dimensions.
    #[error("path {path} joins dimensions {dims:?}; kernels exist for 1, 3, 5 and 7 (degrees up to 3)")]
    Dimension {
        /// Which path.
        path: usize,
        /// Dimensions of features and result.
        dims: [usize; 2],
    },
    /// There is nothing to compile.
    #[error("the map has no paths")]
    NoPaths,
    /// A layout places a path's rows where the operand's memory does not reach.
    #[error("path {path} reaches beyond the {len} numbers of {operand}")]
    Outside {
        /// Which path.
        path: usize,
        /// Features or result.
        operand: &'static str,
        /// Numbers there are.
        len: usize,
    },
    /// The layouts do not match the operands.
    #[error("{found} layouts were given for the {expected} segments of {operand}")]
    Layout {
        /// Features or result.
        operand: &'static str,
        /// Segments there are.
        expected: usize,
        /// Layouts given.
        found: usize,
    },
}

/// The edges of one node: whom each leads to, in which direction and how far.
#[derive(Debug, Clone, Copy)]
pub struct Edges<'a, T> {
    /// The node at the other end of each edge.
    pub nodes: &'a [u32],
    /// Harmonics of each edge, `[edge][harmonics]`.
    pub harmonics: &'a [T],
    /// The weights of each edge.
    pub weights: EdgeWeights<'a, T>,
}

/// One path, compiled: dimensions and places.
#[derive(Debug, Clone, Copy)]
struct EdgePath {
    dims: [usize; 2],
    channels: usize,
    features: SegmentLayout,
    result: SegmentLayout,
    /// First harmonic and number of harmonics.
    harmonics: (usize, usize),
    weight: usize,
    /// Where its matrix begins among the entries of an edge; a diagonal path has one entry.
    entry: usize,
    diagonal: bool,
    /// Its terms in [`Coupling::terms`], used backward.
    coupling: usize,
}

/// A compiled edge product. See the module's documentation.
#[derive(Debug, Clone)]
pub struct EdgeProduct<T> {
    arch: Arch,
    paths: Vec<EdgePath>,
    coupling: Coupling<T>,
    features: usize,
    harmonics: usize,
    weights: usize,
    result: usize,
    /// Numbers that the largest path needs for its folded coefficients.
    folded: usize,
}

/// Memory for one thread's use of a plan; it grows to the largest number of edges met and then stays.
#[derive(Debug, Default)]
pub struct EdgeScratch<T> {
    matrices: Aligned<T>,
    registers: Aligned<T>,
    features: Aligned<T>,
    folded: Aligned<T>,
}

impl<T: Real> EdgeProduct<T> {
    /// Compiles a map of features, harmonics and weights.
    ///
    /// `features` and `result` say where each segment of these operands lies in a node's memory, and how long that
    /// memory is.
    ///
    /// # Errors
    /// [`PlanError`] if the map does not have this form, has dimensions or channels without a kernel, or a layout leads
    /// out of a node's memory.
    pub fn new(
        arch: Arch,
        map: &Multilinear,
        (features, features_len): (&[SegmentLayout], usize),
        (result, result_len): (&[SegmentLayout], usize),
    ) -> Result<Self, PlanError> {
        let [x, y, w, z] = map.operands() else {
            return Err(PlanError::Form { path: 0, found: format!("{} operands", map.operands().len()) });
        };
        if map.paths().is_empty() {
            return Err(PlanError::NoPaths);
        }
        if !map.has_shared_channels() {
            return Err(PlanError::Form { path: 0, found: format!("channel modes {:?}", map.modes().to_string()) });
        }
        check_layouts("the features", x, features)?;
        check_layouts("the result", z, result)?;
        let weight_offsets = w.offsets();
        let y_offsets = y.offsets();
        let mut coupling = Coupling::new(&y_offsets);
        let mut paths = Vec::with_capacity(map.paths().len());
        for (index, path) in map.paths().iter().enumerate() {
            check_path(index, map)?;
            let segments = map.segments(path);
            let dims = [segments[0].dim, segments[3].dim];
            let diagonal = coupling.add(path.segments[1], [dims[0], segments[1].dim, dims[1]], &path.coefficients);
            paths.push(EdgePath {
                dims,
                channels: segments[0].channels,
                features: features[path.segments[0]],
                result: result[path.segments[3]],
                harmonics: (y_offsets[path.segments[1]], segments[1].dim),
                weight: weight_offsets[path.segments[2]],
                entry: 0,
                diagonal,
                coupling: index,
            });
        }
        let entries = coupling.finish(y);
        for path in &mut paths {
            path.entry = entries[path.coupling];
        }
        let (harmonics, weights) = (y.len(), w.len());
        let folded = paths.iter().map(|p| p.channels * p.harmonics.1 * p.dims[1]).max().unwrap_or(0);
        let (features, result) = (features_len, result_len);
        let product = Self { arch, paths, coupling, features, harmonics, weights, result, folded };
        product.check_places()?;
        Ok(product)
    }

    /// Checks once what every kernel relies on: each path's rows lie inside a node's memory.
    ///
    /// Weights need no check: their places are the map's own.
    fn check_places(&self) -> Result<(), PlanError> {
        for (index, path) in self.paths.iter().enumerate() {
            let [d1, d3] = path.dims;
            for (operand, layout, dim, len) in
                [("the features", path.features, d1, self.features), ("the result", path.result, d3, self.result)]
            {
                if layout.end(dim, path.channels).is_none_or(|end| end > len) {
                    return Err(PlanError::Outside { path: index, operand, len });
                }
            }
        }
        Ok(())
    }

    /// Weights an edge has: one for each path and channel.
    pub const fn weights(&self) -> usize {
        self.weights
    }

    /// Multiply-adds for one edge `(forward, backward)`, the weights' evaluation not counted.
    pub fn multiply_adds(&self) -> (usize, usize) {
        let count = |path: &EdgePath| {
            let ([d1, d3], d2) = (path.dims, path.harmonics.1);
            let (forward, backward) = match path.diagonal {
                true => (d1, 2 * d1 + 1),
                false if d1 == 1 => (1 + d3, 2 * d3 + 3),
                false => (d1 * d3 + d1.min(d3), d1 * d3 + d1 + d2 * (d3 + 2) + 1),
            };
            (path.channels * forward, path.channels * backward)
        };
        self.paths.iter().map(count).fold((0, 0), |sum, next| (sum.0 + next.0, sum.1 + next.1))
    }
}

fn check_layouts(operand: &'static str, expected: &Operand, found: &[SegmentLayout]) -> Result<(), PlanError> {
    if expected.segments().len() == found.len() {
        return Ok(());
    }
    Err(PlanError::Layout { operand, expected: expected.segments().len(), found: found.len() })
}

fn check_path(index: usize, map: &Multilinear) -> Result<(), PlanError> {
    let segments = map.segments(&map.paths()[index]);
    let [x, y, w, z] = [segments[0], segments[1], segments[2], segments[3]];
    if y.channels != 1 || y.dim == 0 || w.dim != 1 || w.channels != x.channels || z.channels != x.channels {
        return Err(PlanError::Form { path: index, found: format!("segments {segments:?}") });
    }
    if x.channels == 0 || !x.channels.is_multiple_of(schur_tensor::CHANNEL_ALIGNMENT) {
        return Err(PlanError::Channels { path: index, channels: x.channels });
    }
    let dims = [x.dim, z.dim];
    if dims.iter().any(|d| ![1, 3, 5, 7].contains(d)) {
        return Err(PlanError::Dimension { path: index, dims });
    }
    Ok(())
}

/// Calls a kernel with the path's dimensions as constants.
macro_rules! with_dims {
    ($dims:expr, $call:ident) => {
        match $dims {
            [1, 1] => $call!(1, 1),
            [1, 3] => $call!(1, 3),
            [1, 5] => $call!(1, 5),
            [1, 7] => $call!(1, 7),
            [3, 1] => $call!(3, 1),
            [3, 3] => $call!(3, 3),
            [3, 5] => $call!(3, 5),
            [3, 7] => $call!(3, 7),
            [5, 1] => $call!(5, 1),
            [5, 3] => $call!(5, 3),
            [5, 5] => $call!(5, 5),
            [5, 7] => $call!(5, 7),
            [7, 1] => $call!(7, 1),
            [7, 3] => $call!(7, 3),
            [7, 5] => $call!(7, 5),
            [7, 7] => $call!(7, 7),
            dims => unreachable!("the plan admits no dimensions {dims:?}"),
        }
    };
}
use with_dims;

#[cfg(test)]
mod tests;
