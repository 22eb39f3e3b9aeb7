//! Alternating least squares: one factor after the other, again and again.

use schur_tensor::Tensor;

use super::equations::{Damping, Equations, EquationsWorkspace, Solved};
use super::{EinsumForm, EinsumModel};
use crate::fit::{Course, End, Observer, Stopping, Warning};
use crate::{DecompError, Fit, Scalar, check};

/// Below this relative error its square, a difference of squared norms, has lost half its digits: then the model is
/// multiplied out.
const CLOSE: f64 = 1e-4;

/// How a model is fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EinsumOptions {
    /// When it ends.
    pub stopping: Stopping,
    /// Where the random start begins.
    pub seed: u64,
    /// `lambda`: adds `lambda |A|^2` for each factor to the squared error.
    pub ridge: f64,
    /// `rho`: each step adds `rho |A - before|^2`, which keeps steps short (proximal alternating least squares).
    pub proximal: f64,
    /// Bytes that the equations may take beside data and factors.
    pub memory: u64,
}

/// A quarter of what a common machine has.
const USUAL_MEMORY: u64 = 4 << 30;

impl Default for EinsumOptions {
    fn default() -> Self {
        Self { stopping: Stopping::default(), seed: 0, ridge: 0.0, proximal: 0.0, memory: USUAL_MEMORY }
    }
}

/// Fits a model to a tensor from a random start.
///
/// `inner` has the size of each index that the result does not keep.
///
/// # Errors
/// Those of [`EinsumModel::new`]; [`DecompError`] for a tensor with nothing in it, options outside their range,
/// equations that take too much memory, or factors that grow without bound.
/// # Cost
/// An iteration contracts the tensor once a factor. Equations of a factor take the square of the product of its inner
/// sizes in memory, and its cube in time.
/// # Source
/// R. Harshman, J. Carroll and J. Chang, 1970, for the canonical form; the proximal step after K. Wang et al., *Implicit
/// multiple tensor decomposition*, 2025 (arXiv 2511.09916). The block structure of the equations is worked out here.
/// # Examples
/// ```
/// use schur_decomp::einsum_model::{EinsumOptions, fit_einsum};
/// use schur_decomp::fit::{Stopping, unobserved};
/// use schur_tensor::Tensor;
///
/// // Every element is 1 / (1 + i + j + k): numerically of low rank.
/// let tensor = Tensor::from_fn(&[6, 6, 6], |i| 1.0 / (1.0 + i.iter().sum::<usize>() as f64))?;
/// let options = EinsumOptions { stopping: Stopping { iterations: 50, tolerance: 1e-9 }, ..Default::default() };
/// let ranks = [("q", 2), ("r", 2), ("p", 2)];
/// let (triple, fit) = fit_einsum(&tensor, "iqr,pjr,pqk->ijk", &ranks, &options, &mut unobserved)?;
/// assert!(fit.relative_error < 0.1);
/// assert_eq!(triple.factors()[0].shape(), [6, 2, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn fit_einsum<T: Scalar>(
    tensor: &Tensor<T>,
    text: &str,
    inner: &[(&str, usize)],
    options: &EinsumOptions,
    observer: Observer<'_>,
) -> Result<(EinsumForm<T>, Fit), DecompError> {
    let model = EinsumModel::new(text, inner, tensor.shape())?;
    continue_einsum(tensor, EinsumForm::random(model, options.seed)?, options, observer)
}

/// Fits a model from given factors; the seed is not read.
///
/// # Errors
/// As [`fit_einsum`], and [`DecompError::Mismatch`] if the model's result has another shape than the tensor.
pub fn continue_einsum<T: Scalar>(
    tensor: &Tensor<T>,
    mut form: EinsumForm<T>,
    options: &EinsumOptions,
    observer: Observer<'_>,
) -> Result<(EinsumForm<T>, Fit), DecompError> {
    check::stopping(&options.stopping)?;
    check::not_negative("ridge", options.ridge)?;
    check::not_negative("proximal", options.proximal)?;
    let norm_squared = check::dense("a fit", 0, tensor)?;
    if form.model().shape() != tensor.shape() {
        let (expected, found) = (tensor.shape().to_vec(), form.model().shape());
        return Err(DecompError::Mismatch { what: "the result of the model".to_owned(), expected, found });
    }
    let mut sweeps = Sweeps::new(&form, options)?;
    let mut course = Course::new(options.stopping);
    let end = loop {
        let last = sweeps.sweep(tensor, &mut form, course.iterations() + 1)?;
        let estimate = ((norm_squared - 2.0 * last.inner + last.square).max(0.0) / norm_squared).sqrt();
        let error = if estimate < CLOSE { relative_error(&form, tensor, norm_squared)? } else { estimate };
        if let Some(end) = course.step(error, observer) {
            break end;
        }
        if error == 0.0 {
            break End::Converged;
        }
    };
    let error = relative_error(&form, tensor, norm_squared)?;
    let warnings = sweeps.warnings();
    Ok((form, course.finish(end, error, warnings, sweeps.bytes)))
}

fn relative_error<T: Scalar>(form: &EinsumForm<T>, tensor: &Tensor<T>, norm_squared: f64) -> Result<f64, DecompError> {
    Ok((form.distance_squared(tensor)? / norm_squared).sqrt())
}

/// The equations of all factors, and what they share.
struct Sweeps<T> {
    equations: Vec<Equations>,
    /// All factors in f64: Gram matrices of f32 factors would lose what the data have.
    copies: Vec<Tensor<f64>>,
    workspace: EquationsWorkspace<T>,
    damping: Damping,
    /// The reciprocal condition number of each factor's equations where they were singular in the last sweep.
    singular: Vec<Option<f64>>,
    bytes: u64,
}

impl<T: Scalar> Sweeps<T> {
    fn new(form: &EinsumForm<T>, options: &EinsumOptions) -> Result<Self, DecompError> {
        let model = form.model();
        let plans = (0..model.factors()).map(|factor| Equations::new(model.contraction(), factor));
        let equations = plans.collect::<Result<Vec<_>, _>>()?;
        let most = equations.iter().map(Equations::bytes::<T>).max().unwrap_or(0);
        let bytes = most.saturating_add(8 * model.parameters() as u64);
        if bytes > options.memory {
            let what = "the equations of a factor";
            return Err(DecompError::Memory { what, needed: bytes, limit: options.memory });
        }
        let copy = |factor: &Tensor<T>| {
            Tensor::new(factor.shape(), factor.data().iter().map(|value| value.to_f64()).collect())
        };
        let copies = form.factors().iter().map(copy).collect::<Result<Vec<_>, _>>()?;
        let damping = Damping { ridge: options.ridge, proximal: options.proximal };
        let singular = vec![None; model.factors()];
        Ok(Self { equations, copies, workspace: EquationsWorkspace::default(), damping, singular, bytes })
    }

    /// Solves for every factor once and returns what the last one told.
    fn sweep(&mut self, tensor: &Tensor<T>, form: &mut EinsumForm<T>, iteration: usize) -> Result<Solved, DecompError> {
        let mut last = Solved { inner: 0.0, square: 0.0, singular: None };
        for (factor, equations) in self.equations.iter_mut().enumerate() {
            last = equations.solve(tensor, form, &mut self.copies, self.damping, &mut self.workspace)?;
            self.singular[factor] = last.singular;
            if form.factors()[factor].data().iter().any(|value| !value.to_f64().is_finite()) {
                return Err(DecompError::Diverged { method: "alternating least squares", iteration });
            }
        }
        Ok(last)
    }

    fn warnings(&self) -> Vec<Warning> {
        let singular = self.singular.iter().enumerate();
        singular
            .filter_map(|(mode, singular)| {
                singular.map(|reciprocal_condition| Warning::Singular { mode, reciprocal_condition })
            })
            .collect()
    }
}
