//! A tensor product with any list of paths, as e3nn's `o3.TensorProduct`: each path joins a block of either argument to a
//! block of the result in a channel mode of its own.
//!
//! $$ z_{k m_3 \cdot} = \sum_{p:\, (i, j) \to k} c_p \sum_{m_1 m_2} C^{l_i l_j l_k}_{m_1 m_2 m_3}\,
//! (w_p \ast x_{i m_1} y_{j m_2}) $$
//!
//! with the factors $c_p$ of [`path_factors`] and channels meeting as the path's [`ChannelMode`] says. Paths of one mode
//! and equal channels run together as one [`ChannelProduct`](crate::ChannelProduct).
//!
//! Source: e3nn 0.6, `o3/_tensor_product`, for the order of weights and the factors.

mod group;
mod mixing;
mod operand;

use schur_group::Irreps;
use schur_tensor::{Real, pulp::Arch};

use self::group::{Group, GroupBuffers};
use crate::{
    ChannelMode, ChannelProductCotangents, Instruction, IrrepsLayout, ProductError, Variances,
    irreps_layout::check_length,
    path_factors,
    products::{IrrepNormalization, PathNormalization},
};

/// Normalisation of a [`TensorProduct`]; what is left out is e3nn's default.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TensorProductOptions<'a> {
    /// e3nn's `irrep_normalization`.
    pub irrep_normalization: IrrepNormalization,
    /// e3nn's `path_normalization`.
    pub path_normalization: PathNormalization,
    /// e3nn's `in1_var`, `in2_var` and `out_var`.
    pub variances: Variances<'a>,
}

/// Where the weights of a [`TensorProduct`] come from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TensorProductWeights<'a> {
    /// Those of the layer, one weighted path after the other in e3nn's order: its `weight`.
    Layer(&'a [f64]),
    /// An argument `[item][weight]` in the same order: e3nn's `shared_weights=False`.
    PerItem,
}

/// A tensor product of irreps. See the module's documentation.
///
/// # Examples
/// ```
/// use schur_product::{
///     ChannelMode, Instruction, TensorProduct, TensorProductOptions, TensorProductWeights, TensorProductWorkspace,
/// };
/// use schur_tensor::pulp::Arch;
///
/// // o3.TensorProduct("2x1o", "1x1o", "2x0e+1x1e", [(0, 0, 0, "uvu", False), (0, 0, 1, "uvw", True)])
/// let irreps = ["2x1o".parse()?, "1x1o".parse()?, "2x0e+1x1e".parse()?];
/// let dot = Instruction { blocks: [0, 0, 0], mode: ChannelMode::Uvu, weighted: false, path_weight: 1.0 };
/// let cross = Instruction { blocks: [0, 0, 1], mode: ChannelMode::Uvw, weighted: true, path_weight: 1.0 };
/// let (options, weights) = (TensorProductOptions::default(), TensorProductWeights::Layer(&[1.0, 2.0]));
/// let product = TensorProduct::<f64>::new(Arch::new(), &irreps, &[dot, cross], &options, weights)?;
///
/// let [left, right, result] = product.layouts();
/// let x = left.from_e3nn(&[1.0, 0.0, 0.0, 0.0, 1.0, 0.0])?;
/// let y = right.from_e3nn(&[0.0, 1.0, 0.0])?;
/// let mut z = vec![0.0; result.len()];
/// product.forward(1, &[&x, &y], &mut z, &mut TensorProductWorkspace::default())?;
/// let z = result.to_e3nn(&z)?;
/// let expected = [0.0, 1.0 / 3.0_f64.sqrt(), 0.0, 0.0, 0.5]; // two dot products, then x cross y
/// assert!(z.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct TensorProduct<T> {
    layouts: [IrrepsLayout; 3],
    groups: Vec<Group<T>>,
    weights: usize,
    per_item: bool,
}

/// Memory that a run needs; it grows once and is used again.
#[derive(Debug, Default)]
pub struct TensorProductWorkspace<T> {
    buffers: GroupBuffers<T>,
}

impl<T: Real> TensorProduct<T> {
    /// Compiles the paths.
    ///
    /// # Errors
    /// [`ProductError::Instruction`] naming the path that cannot be, [`ProductError::Length`] if weights or variances are
    /// not as many as needed, [`ProductError::TooLarge`] or [`ProductError::Group`] if irreps are too large.
    pub fn new(
        arch: Arch,
        irreps: &[Irreps; 3],
        paths: &[Instruction],
        options: &TensorProductOptions<'_>,
        weights: TensorProductWeights<'_>,
    ) -> Result<Self, ProductError> {
        let normalization = (options.irrep_normalization, options.path_normalization);
        let factors = path_factors(irreps, paths, normalization, options.variances)?;
        let [left, right, result] = irreps;
        let layouts = [IrrepsLayout::new(left)?, IrrepsLayout::new(right)?, IrrepsLayout::new(result)?];
        let mut planned: Vec<(group::Key, Vec<group::Path>)> = Vec::new();
        let mut total = 0_usize;
        for (place, (path, factor)) in paths.iter().zip(factors).enumerate() {
            let channels = [0, 1, 2].map(|operand| layouts[operand].blocks()[path.blocks[operand]].channels);
            let refuse = |problem| ProductError::Instruction { path: place, blocks: path.blocks, problem };
            if path.mode.mixes() && !path.weighted && (path.mode != ChannelMode::Uuw || channels[2] != 1) {
                return Err(refuse("a mode that mixes needs weights, unless it is uuw to one channel"));
            }
            let count = if path.weighted { weights_of(path.mode, channels) } else { Some(0) };
            let end = count.and_then(|count| total.checked_add(count));
            let end = end.ok_or_else(|| refuse("it has more weights than fit into memory"))?;
            let own = group::Path { blocks: path.blocks, factor, weights: total..end };
            total = end;
            if channels.contains(&0) || path.mode.combinations([channels[0], channels[1]]) == Some(0) {
                continue;
            }
            let key = group::Key { mode: path.mode, channels, weighted: path.weighted };
            match planned.iter_mut().find(|(other, _)| *other == key) {
                Some((_, list)) => list.push(own),
                None => planned.push((key, vec![own])),
            }
        }
        if let TensorProductWeights::Layer(values) = weights {
            check_length("the weights of a tensor product", total, values.len())?;
        }
        let group =
            |(key, list): (group::Key, Vec<group::Path>)| Group::new(arch, &layouts, key, &list, (weights, total));
        let groups = planned.into_iter().map(group).collect::<Result<_, _>>()?;
        Ok(Self { layouts, groups, weights: total, per_item: weights == TensorProductWeights::PerItem })
    }

    /// Where the irreps of the two arguments and of the result lie in memory.
    pub fn layouts(&self) -> &[IrrepsLayout; 3] {
        &self.layouts
    }

    /// Number of weights: e3nn's `weight_numel`.
    pub fn weights(&self) -> usize {
        self.weights
    }

    /// Evaluates the product of each pair of items; blocks that no path reaches are zero.
    ///
    /// # Shapes
    /// Arguments: `[item][left]`, `[item][right]`, and `[item][weight]` if the weights are one; `z`: `[item][result]`,
    /// overwritten. The first two and `z` as [`layouts`](Self::layouts) say.
    ///
    /// # Errors
    /// [`ProductError::Length`] if a slice has not that shape.
    pub fn forward(
        &self,
        items: usize,
        arguments: &[&[T]],
        z: &mut [T],
        workspace: &mut TensorProductWorkspace<T>,
    ) -> Result<(), ProductError> {
        let arguments = self.check(items, arguments, z)?;
        if let [group] = &self.groups[..]
            && group.is_whole()
        {
            return group.evaluate(items, arguments, z, &mut workspace.buffers);
        }
        z.fill(T::ZERO);
        for group in &self.groups {
            group.forward(items, arguments, z, &mut workspace.buffers)?;
        }
        Ok(())
    }

    /// Evaluates the cotangents of arguments and weights from that of the result.
    ///
    /// # Shapes
    /// As in [`forward`](Self::forward), cotangents like what they belong to and overwritten. The cotangent of a layer's
    /// weights is a sum over items.
    ///
    /// # Errors
    /// [`ProductError::Length`] if a slice has not that shape.
    pub fn backward(
        &self,
        items: usize,
        arguments: &[&[T]],
        cotangent: &[T],
        mut cotangents: ChannelProductCotangents<'_, T>,
        workspace: &mut TensorProductWorkspace<T>,
    ) -> Result<(), ProductError> {
        let arguments = self.check(items, arguments, cotangent)?;
        let weights = if self.per_item { items.saturating_mul(self.weights) } else { self.weights };
        for (what, list, expected) in [
            ("the first argument's cotangent", &mut cotangents.left, items.saturating_mul(self.layouts[0].len())),
            ("the second argument's cotangent", &mut cotangents.right, items.saturating_mul(self.layouts[1].len())),
            ("the cotangent of the weights", &mut cotangents.weights, weights),
        ] {
            let Some(list) = list else { continue };
            check_length(what, expected, list.len())?;
            list.fill(T::ZERO);
        }
        for group in &self.groups {
            group.backward(items, arguments, cotangent, &mut cotangents, &mut workspace.buffers)?;
        }
        Ok(())
    }

    /// The two arguments, and the weights of items, which are empty unless they are an argument.
    fn check<'a>(&self, items: usize, arguments: &[&'a [T]], z: &[T]) -> Result<[&'a [T]; 3], ProductError> {
        let what = "the list of arguments";
        let expected = 2 + usize::from(self.per_item);
        let (&[x, y], rest) = match arguments.split_first_chunk::<2>() {
            Some(found) if arguments.len() == expected => found,
            _ => return Err(ProductError::Length { what, expected, found: arguments.len() }),
        };
        self.layouts[0].check("the first argument", items, x.len())?;
        self.layouts[1].check("the second argument", items, y.len())?;
        self.layouts[2].check("the result", items, z.len())?;
        let weights = rest.first().copied().unwrap_or_default();
        let expected = if self.per_item { items.saturating_mul(self.weights) } else { 0 };
        check_length("the weights of items", expected, weights.len())?;
        Ok([x, y, weights])
    }
}

/// Weights of a path; none if they cannot be counted.
fn weights_of(mode: ChannelMode, [left, right, result]: [usize; 3]) -> Option<usize> {
    let pairs = mode.combinations([left, right])?;
    if mode.mixes() { pairs.checked_mul(result) } else { Some(pairs) }
}
