//! Rings by alternating least squares.

use schur_einsum::einsum;
use schur_linalg::Positive;
use schur_tensor::{Tensor, View, row_major};

use super::TensorRing;
use super::form::chain;
use crate::check;
use crate::fit::{Course, Observer, Stopping, Warning};
use crate::modes::{around, reshaped, rounded, widened};
use crate::random::{normals, stream};
use crate::{DecompError, Fit, Scalar};

/// The ranks, the end and the start of a fit.
#[derive(Debug, Clone, PartialEq)]
pub struct RingOptions {
    /// The rank of the bond before each core.
    pub ranks: Vec<usize>,
    /// When it ends.
    pub stopping: Stopping,
    /// For the random start.
    pub seed: u64,
}

impl RingOptions {
    /// For these ranks of the bonds before each core.
    pub fn ranks(ranks: &[usize]) -> Self {
        Self { ranks: ranks.to_vec(), stopping: Stopping::default(), seed: 0 }
    }
}

/// Fits a ring of given ranks, one core after the other.
///
/// The error never grows by more than rounding.
///
/// # Errors
/// [`DecompError`] for a tensor of order below two, with an element that is not finite, zeros only, or an empty mode;
/// ranks that are not one a mode, or with a product of neighbours above what the others can fill.
/// # Cost
/// A sweep reads the tensor once a mode, with `2 r^2` operations an element.
/// # Source
/// Zhao, Zhou, Xie, Zhang, Cichocki, Tensor ring decomposition, 2016, algorithm 2.
/// # Examples
/// ```
/// use schur_decomp::{fit::unobserved, ring::{RingOptions, tr_als}};
/// use schur_tensor::Tensor;
///
/// let tensor = Tensor::from_fn(&[6, 6, 6], |i| (i.iter().sum::<usize>() as f64).sin())?;
/// let (_, fit) = tr_als(&tensor, &RingOptions::ranks(&[1, 2, 2]), &mut unobserved)?;
/// assert!(fit.relative_error < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn tr_als<T: Scalar>(
    tensor: &Tensor<T>,
    options: &RingOptions,
    observer: Observer<'_>,
) -> Result<(TensorRing<T>, Fit), DecompError> {
    let whole = check::dense("tensor ring decomposition", 2, tensor)?;
    check::stopping(&options.stopping)?;
    let (shape, ranks) = (tensor.shape(), &options.ranks);
    let d = shape.len();
    if ranks.len() != d {
        return Err(DecompError::Count { what: "ranks of a tensor ring", expected: d, found: ranks.len() });
    }
    for (mode, &rank) in ranks.iter().enumerate() {
        let next = ranks[(mode + 1) % d];
        check::rank(|| format!("the bond before mode {mode}"), rank, tensor.data().len() / shape[mode])?;
        let most = tensor.data().len() / shape[mode];
        check::rank(|| format!("the bonds of mode {mode} together"), rank.saturating_mul(next), most)?;
    }
    let mut rng = stream(options.seed, 0);
    let start = (0..d).map(|mode| normals::<T>(&[ranks[mode], shape[mode], ranks[(mode + 1) % d]], &mut rng));
    let mut cores = start.collect::<Result<Vec<_>, _>>()?;
    let (mut course, mut warnings) = (Course::new(options.stopping), Vec::new());
    let end = loop {
        let mut squared = whole;
        warnings.clear();
        for mode in 0..d {
            let solved = solve(tensor, &cores, mode)?;
            warnings.extend(solved.warning);
            squared = whole - solved.gain;
            cores[mode] = solved.core;
        }
        if !squared.is_finite() {
            let iteration = course.iterations() + 1;
            return Err(DecompError::Diverged { method: "tensor ring decomposition", iteration });
        }
        if let Some(end) = course.step((squared / whole).max(0.0).sqrt(), observer) {
            break end;
        }
    };
    let ring = TensorRing::new(cores)?;
    let relative_error = ring.residual(tensor, whole)?;
    let workspace = 2 * size_of_val(tensor.data()) as u64;
    Ok((ring, course.finish(end, relative_error, warnings, workspace)))
}

/// A core, and by how much it lowers the squared error below that of no model at all.
struct Solved<T> {
    core: Tensor<T>,
    gain: f64,
    warning: Option<Warning>,
}

fn solve<T: Scalar>(tensor: &Tensor<T>, cores: &[Tensor<T>], mode: usize) -> Result<Solved<T>, DecompError> {
    let closing = cores[0].shape()[0];
    let before = chain(&cores[..mode], closing)?;
    let behind = chain(&cores[mode + 1..], closing)?;
    let [left, right] = [before.shape()[2], behind.shape()[0]];
    let ring = T::arithmetic();
    let data = seen_around(tensor, mode)?;
    let target = widened(&einsum(&ring, "lir,alb,cra->ibc", &[data, before.view(), behind.view()])?)?;
    let pairs = [before.view(), before.view(), behind.view(), behind.view()];
    let gram = reshaped(widened(&einsum(&ring, "alb,dle,cra,frd->bcef", &pairs)?)?, &[left * right, left * right])?;
    let positive = Positive::new(&gram)?;
    let mut rows = target.data().to_vec();
    positive.solve_rows(&mut rows)?;
    let gain = gain(&rows, target.data(), gram.data());
    let size = tensor.shape()[mode];
    let solution = Tensor::new(&[size, left, right], rows)?;
    let reciprocal_condition = positive.reciprocal_condition();
    let warning = positive.is_singular().then_some(Warning::Singular { mode, reciprocal_condition });
    Ok(Solved { core: rounded(&solution.view().permuted(&[1, 0, 2])?.to_tensor())?, gain, warning })
}

/// `2 <x, model> - <model, model>` of rows fitted to a target.
fn gain(rows: &[f64], target: &[f64], gram: &[f64]) -> f64 {
    let width = gram.len().isqrt();
    let mut sum = 0.0;
    for (row, target) in rows.chunks_exact(width).zip(target.chunks_exact(width)) {
        for (i, x) in row.iter().enumerate() {
            let image: f64 = row.iter().zip(&gram[i * width..]).map(|(y, g)| y * g).sum();
            sum += x * (2.0 * target[i] - image);
        }
    }
    sum
}

/// The tensor around a mode, as three axes.
fn seen_around<T: Scalar>(tensor: &Tensor<T>, mode: usize) -> Result<View<'_, T>, DecompError> {
    let sizes = around(tensor.shape(), mode);
    Ok(View::new(tensor.data(), 0, &sizes, &row_major(&sizes))?)
}
