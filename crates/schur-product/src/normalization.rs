//! e3nn's factors of the paths of a tensor product, as numbers kept apart from the coefficients.
//!
//! A path is multiplied by $\sqrt{\alpha}$, so that results keep the variance of the arguments:
//! $$ \alpha = \frac{d \cdot v_\mathrm{out} \cdot p}{\sum_{\mathrm{paths}} v_1 v_2\, n} $$
//! with `d` the irreps' share ([`IrrepNormalization`]), `v` the variances of the blocks, `p` the weight of the path and `n`
//! the pairs of channels that its mode sums over; the sum goes over what [`PathNormalization`] says.
//!
//! Coefficients are the 3j symbols of unit norm, here and in e3nn.
//!
//! Source: e3nn 0.6, `o3/_tensor_product/_tensor_product.py`.

use schur_group::Irreps;

use crate::{
    ChannelMode, ProductError,
    products::{IrrepNormalization, PathNormalization},
};

/// One path of a tensor product between blocks of irreps, as e3nn's `Instruction`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Instruction {
    /// Blocks of the two arguments and of the result.
    pub blocks: [usize; 3],
    /// How channels meet.
    pub mode: ChannelMode,
    /// Whether the path has weights; its factor is the same.
    pub weighted: bool,
    /// The variance of this path relative to others of the same result.
    pub path_weight: f64,
}

/// The variances of blocks that a normalisation assumes and aims at; `None` stands for one everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Variances<'a> {
    /// Of the blocks of the first argument.
    pub left: Option<&'a [f64]>,
    /// Of the blocks of the second argument.
    pub right: Option<&'a [f64]>,
    /// Of the blocks of the result.
    pub output: Option<&'a [f64]>,
}

/// Computes the factor of each path.
///
/// # Errors
/// [`ProductError::Instruction`] if a path names a block that is not there or that its irreps or channels do not reach,
/// [`ProductError::Length`] if variances are not as many as blocks.
///
/// # Examples
/// ```
/// use schur_product::{ChannelMode, Instruction, Variances, path_factors};
/// use schur_product::products::{IrrepNormalization, PathNormalization};
///
/// let irreps = ["4x1o".parse()?, "2x1o".parse()?, "3x1e".parse()?];
/// let path = Instruction { blocks: [0, 0, 0], mode: ChannelMode::Uvw, weighted: true, path_weight: 1.0 };
/// let normalization = (IrrepNormalization::Component, PathNormalization::Element);
/// let factors = path_factors(&irreps, &[path], normalization, Variances::default())?;
/// assert_eq!(factors, [(3.0_f64 / 8.0).sqrt()]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn path_factors(
    irreps: &[Irreps; 3],
    paths: &[Instruction],
    (irrep_normalization, path_normalization): (IrrepNormalization, PathNormalization),
    variances: Variances<'_>,
) -> Result<Vec<f64>, ProductError> {
    for (place, path) in paths.iter().enumerate() {
        check(irreps, place, path)?;
    }
    let variances = [variances.left, variances.right, variances.output];
    for (list, irreps) in variances.iter().zip(irreps) {
        if let Some(list) = list {
            crate::irreps_layout::check_length("the variances of blocks", irreps.len(), list.len())?;
        }
    }
    let variance = |operand: usize, block: usize| variances[operand].map_or(1.0, |list| list[block]);
    let block = |operand: usize, path: &Instruction| irreps[operand].blocks()[path.blocks[operand]];
    let size = |path: &Instruction| {
        let channels = [0, 1, 2].map(|operand| block(operand, path).0);
        variance(0, path.blocks[0]) * variance(1, path.blocks[1]) * path.mode.summed(channels) as f64
    };
    let factor = |path: &Instruction| {
        let dim = |operand: usize| block(operand, path).1.dim() as f64;
        let share = match irrep_normalization {
            IrrepNormalization::Component => dim(2),
            IrrepNormalization::Norm => dim(0) * dim(1),
            IrrepNormalization::Raw => 1.0,
        };
        let siblings = || paths.iter().filter(|other| other.blocks[2] == path.blocks[2]);
        let total = match path_normalization {
            PathNormalization::Element => siblings().map(size).sum(),
            PathNormalization::Path => size(path) * siblings().count() as f64,
            PathNormalization::Raw => 1.0,
        };
        let share = if total > 0.0 { share / total } else { share };
        (share * variance(2, path.blocks[2]) * path.path_weight).sqrt()
    };
    Ok(paths.iter().map(factor).collect())
}

fn check(irreps: &[Irreps; 3], place: usize, path: &Instruction) -> Result<(), ProductError> {
    let refuse = |problem| Err(ProductError::Instruction { path: place, blocks: path.blocks, problem });
    let mut found = [(0, irreps[0].blocks().first().map_or("0e".parse()?, |block| block.1)); 3];
    for operand in 0..3 {
        match irreps[operand].blocks().get(path.blocks[operand]) {
            Some(&block) => found[operand] = block,
            None => return refuse("there is no such block"),
        }
    }
    if !found[0].1.couples(found[1].1, found[2].1) {
        return refuse("the irreps do not couple");
    }
    if !path.mode.accepts(found.map(|block| block.0)) {
        return refuse("the channels do not fit the mode");
    }
    if !(path.path_weight >= 0.0 && path.path_weight.is_finite()) {
        return refuse("its weight must be finite and not negative");
    }
    Ok(())
}
