//! Losses other than squares: all factors at once, by their gradient.

use rayon::prelude::*;
use schur_tensor::product::Mode;
use schur_tensor::{Real, Tensor};

use super::loss::Loss;
use super::quasi_newton::QuasiNewton;
use super::start::rank_of;
use super::{Cp, MttkrpSequence, warnings};
use crate::dense::{panel, products_of};
use crate::fit::{Course, End, Fit, Observer, Stopping};
use crate::matrix::multiply_into;
use crate::random::{normals, stream, units};
use crate::{DecompError, Scalar, check};

/// Elements of the model that one task holds at a time.
const BLOCK: usize = 1 << 14;

/// How a generalised model is fitted.
#[derive(Debug, Clone, PartialEq)]
pub struct GeneralisedOptions {
    /// The number of components.
    pub rank: usize,
    /// What the model is charged for.
    pub loss: Loss,
    /// When it ends; the tolerance is for the share of the loss that is left.
    pub stopping: Stopping,
    /// Where random numbers come from.
    pub seed: u64,
}

impl Default for GeneralisedOptions {
    fn default() -> Self {
        Self { rank: 1, loss: Loss::default(), stopping: Stopping { iterations: 500, tolerance: 1e-9 }, seed: 0 }
    }
}

/// Fits a canonical polyadic model under a loss of one's choice.
///
/// Errors and the history of the fit are the loss over that of a constant model, both counted from the least that any
/// model could have: zero is perfect, one explains nothing.
///
/// # Shapes
/// `known`, if given: that of the tensor; elements where it is zero are left out.
/// # Errors
/// [`DecompError::Option`] for an element or a width that the loss has no use for, [`DecompError::NotFinite`],
/// [`DecompError::AllZero`] if a constant model is perfect, [`DecompError::Mismatch`] for a mask of another shape, and
/// those of [`als`](super::als()).
/// # Cost
/// An iteration multiplies the model out block by block, holds the derivative of the loss, as large as the tensor, and
/// multiplies that with all but one factor for each mode.
/// # Source
/// Hong, Kolda and Duersch, "Generalized canonical polyadic tensor decomposition", 2020.
/// # Examples
/// ```
/// use schur_decomp::cp::{GeneralisedOptions, Loss, generalised};
/// use schur_decomp::fit::unobserved;
/// use schur_tensor::Tensor;
///
/// let counts = Tensor::from_fn(&[3, 4, 5], |i| ((i[0] + 1) * (i[1] + 1) * (i[2] + 1)) as f64)?;
/// let options = GeneralisedOptions { loss: Loss::Poisson, ..Default::default() };
/// let (model, fit) = generalised(&counts, None, &options, &mut unobserved)?;
/// assert!(fit.relative_error < 1e-6);
/// assert!((model.get(&[2, 3, 4]).ok_or("inside")? - 60.0).abs() < 0.1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn generalised<T: Scalar>(
    tensor: &Tensor<T>,
    known: Option<&Tensor<T>>,
    options: &GeneralisedOptions,
    observer: Observer<'_>,
) -> Result<(Cp<T>, Fit), DecompError> {
    let constant = check_all(tensor, known, options)?;
    let rank = options.rank;
    let mut problem = Problem { tensor, known, loss: options.loss, rank, slopes: tensor.clone(), held: 0 };
    let mut evaluate = |point: &[f64], gradient: &mut [f64]| problem.evaluate(point, gradient);
    let start = first(tensor, constant.mean, options)?;
    let mut search = QuasiNewton::new(start, options.loss.is_bounded(), &mut evaluate)?;
    let mut course = Course::new(options.stopping);
    let end = loop {
        let moved = search.step(&mut evaluate)?;
        if let Some(end) = course.step(search.value / constant.loss, observer) {
            break end;
        }
        if !moved {
            break End::Converged;
        }
    };
    let mut model = model_of::<T>(tensor.shape(), rank, &search.point)?;
    model.arrange();
    let held = problem.held + search.bytes() + size_of_val(tensor.data()) as u64;
    let error = problem.loss_of(&model)? / constant.loss;
    let warnings = warnings::of(&model)?;
    Ok((model, course.finish(end, error, warnings, held)))
}

/// What a constant model has.
struct Constant {
    mean: f64,
    loss: f64,
}

fn check_all<T: Scalar>(
    tensor: &Tensor<T>,
    known: Option<&Tensor<T>>,
    options: &GeneralisedOptions,
) -> Result<Constant, DecompError> {
    let shape = tensor.shape();
    check::shape("a decomposition", 2, shape)?;
    check::stopping(&options.stopping)?;
    rank_of(shape, options.rank)?;
    if let Loss::Huber(width) = options.loss {
        check::at_least("the width of Huber's loss", width, f64::MIN_POSITIVE, "positive")?;
    }
    if let Some(known) = known.filter(|known| known.shape() != shape) {
        let (expected, found) = (shape.to_vec(), known.shape().to_vec());
        return Err(DecompError::Mismatch { what: "the mask".to_owned(), expected, found });
    }
    let is_known = |place: usize| known.is_none_or(|known| known.data()[place].to_f64() != 0.0);
    let elements = || (0..tensor.data().len()).filter(|&place| is_known(place));
    for place in elements() {
        let value = tensor.data()[place].to_f64();
        if !value.is_finite() {
            return Err(DecompError::NotFinite { index: check::index_of(place, shape), value });
        }
        if !options.loss.takes(value) {
            let (option, expected) = match options.loss {
                Loss::Bernoulli => ("an element", "between zero and one for this loss"),
                _ => ("an element", "zero or more for this loss"),
            };
            return Err(DecompError::Option { option, value, expected });
        }
    }
    let count = elements().count().max(1) as f64;
    let mean = elements().map(|place| tensor.data()[place].to_f64()).sum::<f64>() / count;
    let model = options.loss.constant(mean);
    let loss: f64 = elements().map(|place| options.loss.excess(tensor.data()[place].to_f64(), model)).sum();
    if loss > 0.0 { Ok(Constant { mean, loss }) } else { Err(DecompError::AllZero) }
}

/// Random factors whose model is of the size of the data.
fn first<T: Scalar>(tensor: &Tensor<T>, mean: f64, options: &GeneralisedOptions) -> Result<Vec<f64>, DecompError> {
    let order = tensor.shape().len() as f64;
    let scale = (mean.abs().max(1e-3) / options.rank as f64).powf(1.0 / order);
    let mut point = Vec::new();
    for (mode, &size) in tensor.shape().iter().enumerate() {
        let mut rng = stream(options.seed, mode as u64);
        let shape = [size, options.rank];
        let numbers: Tensor<f64> =
            if options.loss.is_bounded() { units(&shape, &mut rng)? } else { normals(&shape, &mut rng)? };
        let lift = if options.loss.is_bounded() { 0.5 } else { 0.0 };
        point.extend(numbers.data().iter().map(|x| scale * (x + lift)));
    }
    Ok(point)
}

fn model_of<T: Scalar>(shape: &[usize], rank: usize, point: &[f64]) -> Result<Cp<T>, DecompError> {
    let mut rest = point;
    let mut factors = Vec::new();
    for &size in shape {
        let (own, others) = rest.split_at(size * rank);
        factors.push(Tensor::new(&[size, rank], own.iter().map(|&x| T::from_f64(x)).collect())?);
        rest = others;
    }
    Cp::new(vec![<T as Real>::ONE; rank], factors)
}

struct Problem<'a, T> {
    tensor: &'a Tensor<T>,
    known: Option<&'a Tensor<T>>,
    loss: Loss,
    rank: usize,
    /// The derivative of the loss by each element of the model.
    slopes: Tensor<T>,
    held: u64,
}

impl<T: Scalar> Problem<'_, T> {
    fn evaluate(&mut self, point: &[f64], gradient: &mut [f64]) -> Result<f64, DecompError> {
        let shape = self.tensor.shape().to_vec();
        let model = model_of::<T>(&shape, self.rank, point)?;
        let value = self.loss_of(&model)?;
        let mut products = products_of(&self.slopes, self.rank)?;
        let mut rest = gradient;
        for (mode, &size) in shape.iter().enumerate() {
            let mut product = vec![<T as Real>::ZERO; size * self.rank];
            products.product(model.factors(), mode, &mut product)?;
            let (own, others) = rest.split_at_mut(size * self.rank);
            own.iter_mut().zip(&product).for_each(|(x, y)| *x = y.to_f64());
            rest = others;
        }
        self.held = self.held.max(products.workspace_bytes());
        Ok(value)
    }

    /// The loss of a model; its derivatives stay in `slopes`.
    fn loss_of(&mut self, model: &Cp<T>) -> Result<f64, DecompError> {
        let Some((last, others)) = model.factors().split_last() else { return Ok(0.0) };
        let others: Vec<&Tensor<T>> = others.iter().collect();
        let columns = last.shape()[0];
        let rows = (BLOCK / columns).max(1);
        let right = last.view().permuted(&[1, 0])?;
        let (tensor, known, loss, rank) = (self.tensor, self.known, self.loss, self.rank);
        let part = |(place, slopes): (usize, &mut [T])| -> Result<f64, DecompError> {
            let first = place * rows;
            let mut left = Tensor::filled(&[slopes.len() / columns, rank], <T as Real>::ZERO)?;
            panel::fill(&others, model.weights(), first..first + left.shape()[0], left.data_mut());
            multiply_into(&left.view(), &right, slopes, Mode::Overwrite)?;
            let mut sum = 0.0;
            for (i, slope) in slopes.iter_mut().enumerate() {
                let at = first * columns + i;
                if known.is_some_and(|known| known.data()[at].to_f64() == 0.0) {
                    *slope = <T as Real>::ZERO;
                    continue;
                }
                let (x, m) = (tensor.data()[at].to_f64(), slope.to_f64());
                sum += loss.excess(x, m);
                *slope = T::from_f64(loss.slope(x, m));
            }
            Ok(sum)
        };
        let parts: Vec<Result<f64, DecompError>> =
            self.slopes.data_mut().par_chunks_mut(rows * columns).enumerate().map(part).collect();
        parts.into_iter().sum()
    }
}
