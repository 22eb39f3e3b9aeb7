//! Coarse-graining by higher-order singular values: two tensors become one under an isometry.

use schur_einsum::einsum;
use schur_linalg::symmetric_eigen;
use schur_tensor::Tensor;
use schur_tensor::semiring::Arithmetic;

use super::IsingError;
use super::model::{Ising, Renormalised, Scales, Truncation, trace};

/// Eigenvalues below this part of the largest are rounding, and dropped whatever the bond dimension.
const ROUNDING: f64 = 1e-15;

/// Means over the lattice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Means {
    /// The partition function, as of [`hotrg`].
    pub partition: Renormalised,
    /// The mean of a spin. Without a field it is zero by symmetry: give a field that is small, but not so small that a
    /// lattice of this size does not choose a side.
    pub spin: f64,
    /// The mean of the product of two neighbours in a column. The energy per site without a field is minus twice this
    /// where both couplings are equal.
    pub bond: f64,
}

/// Computes the partition function of a lattice of `2^steps` sites.
///
/// Steps double the tensors downwards and to the right by turns; after an even number the lattice is a square torus.
///
/// # Errors
/// As [`trg`](super::trg).
///
/// # Cost
/// The seventh power of the bond dimension a step.
pub fn hotrg(model: &Ising, truncation: Truncation) -> Result<Renormalised, IsingError> {
    Ok(renormalise(model, truncation, false)?.partition)
}

/// Computes the partition function, and the means of a spin and of a bond, by tensors with spins as factors.
///
/// # Errors
/// As [`trg`](super::trg).
///
/// # Cost
/// Five times [`hotrg`]'s.
pub fn hotrg_means(model: &Ising, truncation: Truncation) -> Result<Means, IsingError> {
    renormalise(model, truncation, true)
}

fn renormalise(model: &Ising, truncation: Truncation, means: bool) -> Result<Means, IsingError> {
    truncation.check()?;
    let mut scales = Scales::new(model);
    let mut tensor = model.site(0)?;
    // Tensors with a spin, and with the spins at both ends of a bond.
    let [mut spin, mut bond] = [model.site(1)?, model.site(2)?];
    let mut discarded = 0.0_f64;
    let scale = scales.normalise(&mut tensor, 0);
    [&mut spin, &mut bond].into_iter().for_each(|other| divide(other, scale));
    for step in 1..=truncation.steps {
        let (isometry, lost) = isometry(&tensor, truncation.bond)?;
        discarded = discarded.max(lost);
        let merged = |upper: &Tensor<f64>, lower: &Tensor<f64>| merged(upper, lower, &isometry);
        if means {
            bond = if step == 1 {
                merged(&spin, &spin)?
            } else {
                mean(&merged(&bond, &tensor)?, &merged(&tensor, &bond)?)?
            };
            spin = mean(&merged(&spin, &tensor)?, &merged(&tensor, &spin)?)?;
        }
        tensor = merged(&tensor, &tensor)?;
        let scale = scales.normalise(&mut tensor, i32::try_from(step).unwrap_or(i32::MAX));
        [&mut spin, &mut bond].into_iter().for_each(|other| divide(other, scale));
        tensor = turned(&tensor)?;
        if means {
            (spin, bond) = (turned(&spin)?, turned(&bond)?);
        }
    }
    let whole = trace(&tensor);
    let (spin, bond) = (trace(&spin) / whole, trace(&bond) / whole);
    Ok(Means { partition: Renormalised { log_z: scales.finish(&tensor)?, discarded }, spin, bond })
}

/// Exchanges rows and columns: up, left, down, right become left, up, right, down.
fn turned(tensor: &Tensor<f64>) -> Result<Tensor<f64>, IsingError> {
    Ok(tensor.view().permuted(&[1, 0, 3, 2])?.to_tensor())
}

/// A tensor above another, with the pairs of indices on either side joined by the isometry.
fn merged(upper: &Tensor<f64>, lower: &Tensor<f64>, isometry: &Tensor<f64>) -> Result<Tensor<f64>, IsingError> {
    let left = product("ulmr,lak->umrak", upper, isometry)?;
    let both = product("umrak,madq->urkdq", &left, lower)?;
    product("urkdq,rqn->ukdn", &both, isometry)
}

/// The isometry from pairs of indices on one side to one index: the side that loses less decides.
fn isometry(tensor: &Tensor<f64>, bond: usize) -> Result<(Tensor<f64>, f64), IsingError> {
    let gram = |upper: &str, lower: &str| -> Result<Tensor<f64>, IsingError> {
        let (upper, lower) = (product(upper, tensor, tensor)?, product(lower, tensor, tensor)?);
        product("lmLM,amAM->laLA", &upper, &lower)
    };
    let left = truncated(gram("ulmr,uLMr->lmLM", "madr,MAdr->amAM")?, bond)?;
    let right = truncated(gram("ulmr,ulMR->rmRM", "mlda,MldA->amAM")?, bond)?;
    Ok(if left.1 <= right.1 { left } else { right })
}

fn product(text: &str, first: &Tensor<f64>, second: &Tensor<f64>) -> Result<Tensor<f64>, IsingError> {
    Ok(einsum(&Arithmetic::<f64>::new(), text, &[first.view(), second.view()])?)
}

/// The eigenvectors of the largest eigenvalues, and the part of the trace that is left out.
fn truncated(gram: Tensor<f64>, bond: usize) -> Result<(Tensor<f64>, f64), IsingError> {
    let size = gram.shape()[0];
    let count = size * size;
    let found = symmetric_eigen(&Tensor::new(&[count, count], gram.into_data())?)?;
    let largest = found.values.last().copied().unwrap_or_default();
    let rank = found.values.iter().filter(|value| **value > ROUNDING * largest).count();
    let kept = rank.min(bond).max(1);
    let lost = found.values[..count - kept].iter().map(|value| value.max(0.0)).sum::<f64>();
    let part = if largest > 0.0 { lost / found.values.iter().sum::<f64>() } else { 0.0 };
    let vector = |i: &[usize]| found.u.data()[(i[0] * size + i[1]) * count + count - 1 - i[2]];
    Ok((Tensor::from_fn(&[size, size, kept], vector)?, part))
}

fn mean(a: &Tensor<f64>, b: &Tensor<f64>) -> Result<Tensor<f64>, IsingError> {
    let halves = a.data().iter().zip(b.data()).map(|(&a, &b)| f64::midpoint(a, b)).collect();
    Ok(Tensor::new(a.shape(), halves)?)
}

fn divide(tensor: &mut Tensor<f64>, scale: f64) {
    tensor.data_mut().iter_mut().for_each(|x| *x /= scale);
}
