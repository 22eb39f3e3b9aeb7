//! Levin and Nave's tensor renormalisation: a tensor is cut in two, and four halves become a tensor.

use schur_einsum::einsum;
use schur_linalg::svd;
use schur_tensor::Tensor;
use schur_tensor::semiring::Arithmetic;

use super::IsingError;
use super::model::{Ising, Renormalised, Scales, Truncation};

/// Singular values below this part of the largest are rounding, and dropped whatever the bond dimension.
const ROUNDING: f64 = 1e-15;

/// Computes the partition function of a lattice of `2^steps` sites.
///
/// Each step turns the lattice by 45 degrees and halves the number of tensors; after an even number of steps the
/// lattice is a square torus.
///
/// # Errors
/// [`IsingError::Bond`] for a bond dimension of 0, [`IsingError::Linalg`] if a decomposition fails,
/// [`IsingError::Vanished`] if truncation has destroyed the result.
///
/// # Cost
/// The sixth power of the bond dimension a step, for the singular values and for the contraction.
///
/// # Examples
/// ```
/// use schur_network::ising::{Ising, Truncation, trg};
///
/// let found = trg(&Ising::at_temperature(4.0)?, Truncation { bond: 8, steps: 30 })?;
/// // Onsager's value for the infinite lattice.
/// assert!((found.log_z / 0.7591064785355 - 1.0).abs() < 1e-5);
/// # Ok::<(), schur_network::ising::IsingError>(())
/// ```
pub fn trg(model: &Ising, truncation: Truncation) -> Result<Renormalised, IsingError> {
    truncation.check()?;
    let mut scales = Scales::new(model);
    let mut tensor = model.site(0)?;
    let mut discarded = 0.0_f64;
    scales.normalise(&mut tensor, 0);
    for step in 1..=truncation.steps {
        let (coarse, lost) = coarsened(&tensor, truncation.bond)?;
        tensor = coarse;
        scales.normalise(&mut tensor, i32::try_from(step).unwrap_or(i32::MAX));
        discarded = discarded.max(lost);
    }
    Ok(Renormalised { log_z: scales.finish(&tensor)?, discarded })
}

/// Cuts the tensors of both sublattices and joins the four halves round each second plaquette.
///
/// Axes are up, left, down, right; the new ones are what was towards the upper left, lower left, lower right, upper
/// right: the same cyclic order.
fn coarsened(tensor: &Tensor<f64>, bond: usize) -> Result<(Tensor<f64>, f64), IsingError> {
    // Halves by the corner that they are at: the plaquette's corner that a half closes is the opposite one.
    let ([upper_left, lower_right], lost) = cut(tensor, [0, 1, 2, 3], bond)?;
    let ([upper_right, lower_left], lost_too) = cut(tensor, [0, 3, 2, 1], bond)?;
    let field = Arithmetic::<f64>::new();
    // Edges of the plaquette: x at the top, y on the left, z on the right, w at the bottom.
    let top = einsum(&field, "yxa,zxb->yazb", &[lower_right.view(), lower_left.view()])?;
    let bottom = einsum(&field, "ywc,zwd->yczd", &[upper_right.view(), upper_left.view()])?;
    let joined = einsum(&field, "yazb,yczd->acdb", &[top.view(), bottom.view()])?;
    Ok((joined, lost.max(lost_too)))
}

/// Cuts a tensor between the first two and the last two of `axes`; each half gets an index of at most `bond` values.
fn cut(tensor: &Tensor<f64>, axes: [usize; 4], bond: usize) -> Result<([Tensor<f64>; 2], f64), IsingError> {
    let turned = tensor.view().permuted(&axes)?.to_tensor();
    let shape: [usize; 4] = axes.map(|axis| tensor.shape()[axis]);
    let matrix = Tensor::new(&[shape[0] * shape[1], shape[2] * shape[3]], turned.into_data())?;
    let found = svd(&matrix)?;
    let largest = found.s.first().copied().unwrap_or_default();
    let rank = found.s.iter().filter(|s| **s > ROUNDING * largest).count();
    let kept = rank.min(bond).max(1);
    let squares = |values: &[f64]| values.iter().map(|s| s * s).sum::<f64>();
    let lost = if largest > 0.0 { squares(&found.s[kept..]) / squares(&found.s) } else { 0.0 };
    let half = |vectors: &Tensor<f64>, [a, b]: [usize; 2]| {
        let columns = vectors.shape()[1];
        Tensor::from_fn(&[a, b, kept], |i| vectors.data()[(i[0] * b + i[1]) * columns + i[2]] * found.s[i[2]].sqrt())
    };
    Ok(([half(&found.u, [shape[0], shape[1]])?, half(&found.v, [shape[2], shape[3]])?], lost))
}
