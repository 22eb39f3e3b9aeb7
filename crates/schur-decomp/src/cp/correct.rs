//! Correction of degenerate models: the same error, far smaller components.
//!
//! The sensitivity of a model is what noise of unit variance in its factors adds to its squared error on average:
//! $\sum_n I_n \sum_r \lambda_r^2 \prod_{m \ne n} |a^{(m)}_r|^2$. Components that cancel each other have a large one. It is
//! a quadratic function of each factor, and so is the error: a factor of least sensitivity within an error bound has a
//! closed form but for one number, which bisection finds.

use schur_linalg::symmetric_eigen;
use schur_tensor::{Real, Tensor};

use super::als::given;
use super::sweep::{Solver, Sweep, System};
use super::{Cp, CpTensor, warnings};
use crate::fit::{Course, Fit, Observer, Stopping};
use crate::matrix::multiply;
use crate::{DecompError, Scalar, check};

/// How a model is corrected.
#[derive(Debug, Clone, PartialEq)]
pub struct CorrectionOptions {
    /// The relative error that is allowed; none for the model's own.
    pub bound: Option<f64>,
    /// When it ends; the tolerance is for the sensitivity in parts of the first.
    pub stopping: Stopping,
}

impl Default for CorrectionOptions {
    fn default() -> Self {
        Self { bound: None, stopping: Stopping { iterations: 200, tolerance: 1e-6 } }
    }
}

/// Makes the components of a model small without making its error larger than a bound.
///
/// The sensitivity never rises. In the history of the fit stands the sensitivity after each iteration, in parts of that
/// of the model given once its scales are spread evenly; `relative_error` is the error. Bounds below 1e-6 (1e-2.5 in
/// `f32`) are kept only as far as differences of norms show them.
///
/// # Errors
/// [`DecompError::Option`] for a bound below the error of the model, [`DecompError::Mismatch`] for a model of another
/// shape, and those of [`als`](super::als()).
/// # Cost
/// An iteration as one of [`als`](super::als()).
/// # Source
/// Phan, Tichavsky and Cichocki, "Error preserving correction: a method for CP decomposition at a target error bound",
/// 2019; Phan et al., "Stable low-rank tensor decomposition for compression of convolutional neural network", 2020.
pub fn correct<T: Scalar>(
    tensor: &impl CpTensor<T>,
    model: &Cp<T>,
    options: &CorrectionOptions,
    observer: Observer<'_>,
) -> Result<(Cp<T>, Fit), DecompError> {
    check::stopping(&options.stopping)?;
    given(tensor, model)?;
    let norm = tensor.norm_squared();
    let own = error_of(tensor, model)?;
    let bound = options.bound.unwrap_or(own);
    check::at_least("the error bound", bound, own, "the error of the model or more")?;
    let start = spread(model)?;
    let norms = start.factors().iter().map(squares).collect();
    let sizes = start.shape().iter().map(|&size| size as f64).collect();
    let mut solver = LeastSensitivity { norms, sizes, norm, allowed: bound * bound * norm };
    let first = sensitivity(&solver.norms, &solver.sizes);
    let mut sweep = Sweep::new("error preserving correction", tensor, start, false)?;
    let mut course = Course::new(options.stopping);
    let end = loop {
        for mode in 0..sweep.order() {
            sweep.step(mode, &mut solver)?;
        }
        let now = sensitivity(&solver.norms, &solver.sizes);
        if let Some(end) = course.step(now / first, observer) {
            break end;
        }
    };
    let mut corrected = sweep.model()?;
    corrected.arrange();
    let error = sweep.final_error(&corrected)?;
    let warnings = warnings::of(&corrected)?;
    Ok((corrected, course.finish(end, error, warnings, sweep.workspace_bytes())))
}

/// Element by element where that can be had, else from one product.
fn error_of<T: Scalar>(tensor: &impl CpTensor<T>, model: &Cp<T>) -> Result<f64, DecompError> {
    let norm = tensor.norm_squared();
    if let Some(missed) = tensor.residual_squared(model)? {
        return Ok((missed / norm).sqrt());
    }
    let (rank, first) = (model.rank(), &model.factors()[0]);
    let mut product = vec![<T as Real>::ZERO; first.data().len()];
    tensor.products(rank)?.product(model.factors(), 0, &mut product)?;
    let terms = product.iter().zip(first.data()).enumerate();
    let inner: f64 = terms.map(|(i, (x, y))| x.to_f64() * y.to_f64() * model.weights()[i % rank].to_f64()).sum();
    Ok(((norm - 2.0 * inner + model.norm_squared()?).max(0.0) / norm).sqrt())
}

/// The same model with the scale of each component spread evenly over its columns.
fn spread<T: Scalar>(model: &Cp<T>) -> Result<Cp<T>, DecompError> {
    let mut model = model.clone();
    model.arrange();
    let (weights, mut factors) = model.into_parts();
    let root = 1.0 / factors.len().max(1) as f64;
    for factor in &mut factors {
        for (place, x) in factor.data_mut().iter_mut().enumerate() {
            *x *= T::from_f64(weights[place % weights.len()].to_f64().powf(root));
        }
    }
    Cp::new(vec![<T as Real>::ONE; weights.len()], factors)
}

/// The squared norm of each column.
fn squares<T: Scalar>(factor: &Tensor<T>) -> Vec<f64> {
    let mut sums = vec![0.0; factor.shape()[1]];
    for row in factor.data().chunks_exact(sums.len().max(1)) {
        sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += x.to_f64() * x.to_f64());
    }
    sums
}

fn sensitivity(norms: &[Vec<f64>], sizes: &[f64]) -> f64 {
    (0..norms.len()).map(|mode| sizes[mode] * products(norms, &[mode]).iter().sum::<f64>()).sum()
}

/// For each component the product of the squared norms of its columns, but for some modes.
fn products(norms: &[Vec<f64>], without: &[usize]) -> Vec<f64> {
    let mut result = vec![1.0; norms[0].len()];
    for (_, norms) in norms.iter().enumerate().filter(|(mode, _)| !without.contains(mode)) {
        result.iter_mut().zip(norms).for_each(|(product, norm)| *product *= norm);
    }
    result
}

struct LeastSensitivity {
    norms: Vec<Vec<f64>>,
    sizes: Vec<f64>,
    /// Of the tensor, squared.
    norm: f64,
    /// The squared error allowed.
    allowed: f64,
}

impl Solver for LeastSensitivity {
    /// Minimises `tr(A W A^T)` subject to `|X - A Z^T|^2 <= allowed`: `A = right * (gram + shift * W)^-1`.
    ///
    /// With `W^(-1/2) gram W^(-1/2) = U diagonal(values) U^T` everything is a function of the shift and of
    /// `right * W^(-1/2) U`.
    fn solve(&mut self, system: &System<'_>, rows: &mut [f64]) -> Result<(), DecompError> {
        let (rank, mode) = (system.gram.shape()[0], system.mode);
        let mut weights = vec![0.0; rank];
        for other in (0..self.norms.len()).filter(|&other| other != mode) {
            let product = products(&self.norms, &[mode, other]);
            weights.iter_mut().zip(product).for_each(|(weight, product)| *weight += self.sizes[other] * product);
        }
        let roots: Vec<f64> =
            weights.iter().map(|&weight| if weight > 0.0 { weight.sqrt().recip() } else { 0.0 }).collect();
        let scaled = |i: &[usize]| system.gram.data()[i[0] * rank + i[1]] * roots[i[0]] * roots[i[1]];
        let eigen = symmetric_eigen(&Tensor::from_fn(&[rank, rank], scaled)?)?;
        let count = rows.len() / rank;
        let right = Tensor::from_fn(&[count, rank], |i| system.right[i[0] * rank + i[1]] * roots[i[1]])?;
        let mut turned = multiply(&right.view(), &eigen.u.view())?;
        let shift = self.shift(&eigen.values, &squares(&turned));
        let floor = floor(&eigen.values);
        for (place, x) in turned.data_mut().iter_mut().enumerate() {
            let value = eigen.values[place % rank].max(0.0) + shift;
            *x = if value > floor { *x / value } else { 0.0 };
        }
        let back = multiply(&turned.view(), &eigen.u.view().permuted(&[1, 0])?)?;
        let found: Vec<f64> = back.data().iter().enumerate().map(|(place, x)| x * roots[place % rank]).collect();
        rows.copy_from_slice(&found);
        self.norms[mode] = squares(&Tensor::new(&[count, rank], found)?);
        Ok(())
    }
}

impl LeastSensitivity {
    /// The largest shift that keeps to the bound; nought if none does.
    fn shift(&self, values: &[f64], squares: &[f64]) -> f64 {
        let floor = floor(values);
        let missed = |shift: f64| {
            let term = |(&value, &square): (&f64, &f64)| {
                let sum = value.max(0.0) + shift;
                if sum > floor { square * (2.0 / sum - value.max(0.0) / (sum * sum)) } else { 0.0 }
            };
            self.norm - values.iter().zip(squares).map(term).sum::<f64>()
        };
        let largest = values.iter().fold(0.0_f64, |most, &value| most.max(value));
        if missed(0.0) >= self.allowed || largest == 0.0 {
            return 0.0;
        }
        // The error grows with the shift, so bisection of its logarithm finds where it meets the bound.
        let (mut low, mut high) = ((1e-18 * largest).ln(), (1e6 * largest).ln());
        for _ in 0..100 {
            let middle = 0.5 * (low + high);
            if missed(middle.exp()) <= self.allowed { low = middle } else { high = middle }
        }
        let shift = low.exp();
        if missed(shift) <= self.allowed { shift } else { 0.0 }
    }
}

/// Eigenvalues below this are rounding.
fn floor(values: &[f64]) -> f64 {
    let largest = values.iter().fold(0.0_f64, |most, &value| most.max(value));
    values.len() as f64 * f64::EPSILON * largest
}
