//! Gradient descent on a product of a tall tensor of tubes with its transpose, started from little.
//!
//! With more columns than the tensor sought has tubal rank, measurements alone do not determine the factor; but from a
//! small start the columns first turn towards the tensor's, and only those grow: what is found has low tubal rank.

use schur_tensor::{Tensor, View};

use super::product::{t_product, t_transpose};
use crate::fit::{Course, Observer, Stopping};
use crate::matrix::multiply;
use crate::random::{normals, stream};
use crate::{DecompError, Fit, check};

/// How a descent goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DescentOptions {
    /// Columns of the factor.
    pub columns: usize,
    /// The length of a step, where one is what the size of measurements and values suggests.
    pub step: f64,
    /// The size of the start, where one is the root of the norm that the values suggest for the tensor.
    pub start: f64,
    /// When it ends. Errors hardly change at first, so a tolerance ends it too early.
    pub stopping: Stopping,
    /// Where the random start begins.
    pub seed: u64,
}

impl Default for DescentOptions {
    fn default() -> Self {
        let stopping = Stopping { iterations: 5000, tolerance: 0.0 };
        Self { columns: 20, step: 0.02, start: 1e-4, stopping, seed: 0 }
    }
}

/// A factor whose product with its transpose meets the measurements.
#[derive(Debug, Clone, PartialEq)]
pub struct TubalDescent {
    /// `[n, columns, tube]`.
    pub factor: Tensor<f64>,
}

impl TubalDescent {
    /// The product of the factor and its transpose.
    ///
    /// # Errors
    /// As [`t_product`].
    pub fn to_tensor(&self) -> Result<Tensor<f64>, DecompError> {
        t_product(&self.factor, &t_transpose(&self.factor)?)
    }
}

/// Finds `u` with `<measurement_i, u * u^T> = value_i` by gradient descent on half the sum of squared differences.
///
/// [`Fit::relative_error`] is `|differences| / |values|`: how well the measurements are met, not how near the tensor is.
///
/// # Shapes
/// `measurements: [count, n, n, tube]`, `values: [count]`.
/// # Errors
/// [`DecompError::Mismatch`] for other shapes, [`DecompError::Diverged`] if the steps are too long, and as for all methods,
/// bad tensors and options.
/// # Cost
/// Two products with the measurements an iteration, and two of tensors of tubes.
/// # Source
/// S. Karnik, A. Veselovska, M. Iwen and F. Krahmer, *Implicit regularization for tubal tensor factorizations via gradient
/// descent*, 2025 (arXiv 2410.16247).
pub fn descend(
    measurements: &Tensor<f64>,
    values: &[f64],
    options: &DescentOptions,
    observer: Observer<'_>,
) -> Result<(TubalDescent, Fit), DecompError> {
    let (shape, found) = (measurements.shape(), measurements.shape().to_vec());
    let [count, n, tube] = match *shape {
        [count, n, other, tube] if n == other && count == values.len() => [count, n, tube],
        _ => {
            let expected = vec![values.len(), shape.get(1).copied().unwrap_or(0), shape.get(1).copied().unwrap_or(0)];
            let expected = expected.into_iter().chain([shape.get(3).copied().unwrap_or(0)]).collect();
            return Err(DecompError::Mismatch { what: "the measurements".to_owned(), expected, found });
        }
    };
    check_options(options)?;
    let squares = check::dense("gradient descent", 4, measurements)?;
    let values_squared = check::dense("gradient descent", 1, &Tensor::new(&[count], values.to_vec())?)?;
    let elements = n * n * tube;
    // What the measurements multiply squares with, and from it the norm of the tensor that gave the values.
    let gain = squares / elements as f64;
    let norm = (values_squared / gain).sqrt();
    let (step, scale) = (options.step / (gain * norm), options.start * (norm / options.columns as f64).sqrt());
    let mut factor: Tensor<f64> = normals(&[n, options.columns, tube], &mut stream(options.seed, 0))?;
    factor.data_mut().iter_mut().for_each(|entry| *entry *= scale);
    let rows = View::new(measurements.data(), 0, &[count, elements], &[elements.cast_signed(), 1])?;
    let mut form = TubalDescent { factor };
    let mut course = Course::new(options.stopping);
    let end = loop {
        let differences = differences(&rows, &form, values)?;
        let gradient = multiply(&differences.view().permuted(&[1, 0])?, &rows)?;
        let gradient = Tensor::new(&[n, n, tube], gradient.into_data())?;
        let mut symmetric = t_transpose(&gradient)?;
        symmetric.data_mut().iter_mut().zip(gradient.data()).for_each(|(sum, entry)| *sum += entry);
        let change = t_product(&symmetric, &form.factor)?;
        let entries = form.factor.data_mut().iter_mut().zip(change.data());
        entries.for_each(|(entry, change)| *entry -= step * change);
        let error = norm_of(&differences) / values_squared.sqrt();
        if !error.is_finite() {
            return Err(DecompError::Diverged { method: "gradient descent", iteration: course.iterations() + 1 });
        }
        if let Some(end) = course.step(error, observer) {
            break end;
        }
    };
    let error = norm_of(&differences(&rows, &form, values)?) / values_squared.sqrt();
    let bytes = 8 * (4 * elements + 4 * form.factor.data().len() + 2 * count) as u64;
    Ok((form, course.finish(end, error, Vec::new(), bytes)))
}

fn check_options(options: &DescentOptions) -> Result<(), DecompError> {
    check::stopping(&options.stopping)?;
    for (option, value) in
        [("the step", options.step), ("the start", options.start), ("columns", options.columns as f64)]
    {
        if !(value.is_finite() && value > 0.0) {
            return Err(DecompError::Option { option, value, expected: "more than zero" });
        }
    }
    Ok(())
}

/// What the measurements see of the product, less the values: `[count, 1]`.
fn differences(rows: &View<'_, f64>, form: &TubalDescent, values: &[f64]) -> Result<Tensor<f64>, DecompError> {
    let product = form.to_tensor()?;
    let column = View::new(product.data(), 0, &[product.data().len(), 1], &[1, 1])?;
    let mut seen = multiply(rows, &column)?;
    seen.data_mut().iter_mut().zip(values).for_each(|(seen, value)| *seen -= value);
    Ok(seen)
}

fn norm_of(vector: &Tensor<f64>) -> f64 {
    vector.data().iter().map(|entry| entry * entry).sum::<f64>().sqrt()
}
