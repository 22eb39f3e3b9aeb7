//! Tensors with gaps, or with elements known more and less well: weighted least squares, row by row.

use rayon::prelude::*;
use schur_linalg::Positive;
use schur_tensor::pulp::{Arch, Simd, WithSimd};
use schur_tensor::{Real, Tensor, next_index};

use super::start::rank_of;
use super::{Cp, warnings};
use crate::dense::panel;
use crate::fit::{Course, Fit, Observer, Stopping, Warning};
use crate::random::{normals, stream};
use crate::{DecompError, Scalar, check};

/// Rows of a Khatri-Rao product held at a time.
const BLOCK: usize = 256;

/// How weighted fits run.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedOptions {
    /// The number of components.
    pub rank: usize,
    /// When it ends.
    pub stopping: Stopping,
    /// Where random numbers come from.
    pub seed: u64,
    /// A penalty of this times the squared norms of the components; what a slice without any data needs.
    pub ridge: f64,
}

impl Default for WeightedOptions {
    fn default() -> Self {
        Self { rank: 1, stopping: Stopping::default(), seed: 0, ridge: 0.0 }
    }
}

/// Fits a canonical polyadic model to the elements that are known.
///
/// Minimises the sum of `weight * (x - model)^2`. A weight of zero marks an element as missing, whatever stands there,
/// NaN included. Each row of a factor has normal equations of its own, which are solved as they are: nothing is filled
/// in. Errors are over the known elements, each squared difference times its weight, and never rise without a ridge.
///
/// # Shapes
/// `tensor` and `weights`: the same.
/// # Errors
/// [`DecompError::Mismatch`] for weights of another shape, [`DecompError::Negative`] for a negative one,
/// [`DecompError::NotFinite`] for a known element or a weight that is not finite, [`DecompError::EmptySlice`] for a slice
/// without any known element (unless there is a ridge), and those of [`als`](super::als()).
/// # Cost
/// `rank^2` operations for each mode and known element, one system of `rank` equations a row.
/// # Source
/// Tomasi and Bro, "PARAFAC and missing values", 2005: direct least squares in place of imputation.
/// # Examples
/// ```
/// use schur_decomp::cp::{WeightedOptions, weighted};
/// use schur_decomp::fit::unobserved;
/// use schur_tensor::Tensor;
///
/// let mut tensor = Tensor::from_fn(&[3, 4, 5], |i| ((i[0] + 1) * (i[1] + 2) * (i[2] + 3)) as f64)?;
/// let mut known = Tensor::filled(&[3, 4, 5], 1.0)?;
/// (tensor.data_mut()[7], known.data_mut()[7]) = (f64::NAN, 0.0);
/// let (model, fit) = weighted(&tensor, &known, &WeightedOptions::default(), &mut unobserved)?;
/// assert!(fit.relative_error < 1e-10);
/// assert!((model.get(&[0, 1, 2]).ok_or("inside")? - 15.0).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn weighted<T: Scalar>(
    tensor: &Tensor<T>,
    weights: &Tensor<T>,
    options: &WeightedOptions,
    observer: Observer<'_>,
) -> Result<(Cp<T>, Fit), DecompError> {
    check::shape("a decomposition", 2, tensor.shape())?;
    check::stopping(&options.stopping)?;
    check::at_least("the ridge", options.ridge, 0.0, "zero or more")?;
    rank_of(tensor.shape(), options.rank)?;
    let data = Known::new(tensor, weights, options.ridge)?;
    let mut factors = Vec::new();
    for (mode, &size) in tensor.shape().iter().enumerate() {
        factors.push(normals(&[size, options.rank], &mut stream(options.seed, mode as u64))?);
    }
    let mut model = Cp::new(vec![<T as Real>::ONE; options.rank], factors)?;
    let mut course = Course::new(options.stopping);
    let (end, singular) = loop {
        let mut singular = Vec::new();
        for mode in 0..tensor.shape().len() {
            model.arrange();
            let (_, mut factors) = model.into_parts();
            let (factor, condition) = data.factor(&factors, mode)?;
            factors[mode] = factor;
            if !factors[mode].data().iter().all(|x| x.to_f64().is_finite()) {
                let iteration = course.iterations() + 1;
                return Err(DecompError::Diverged { method: "weighted least squares", iteration });
            }
            singular.extend(condition.map(|reciprocal_condition| Warning::Singular { mode, reciprocal_condition }));
            model = Cp::new(vec![<T as Real>::ONE; options.rank], factors)?;
        }
        if let Some(end) = course.step((data.missed(&model) / data.norm_squared).sqrt(), observer) {
            break (end, singular);
        }
    };
    model.arrange();
    let mut warnings = warnings::of(&model)?;
    warnings.extend(singular);
    let error = (data.missed(&model) / data.norm_squared).sqrt();
    let bytes = rayon::current_num_threads() * (BLOCK + options.rank) * options.rank * size_of::<T>().max(8);
    Ok((model, course.finish(end, error, warnings, bytes as u64)))
}

/// A row of a factor, and the reciprocal condition of its equations if they are singular.
type Row = (Vec<f64>, Option<f64>);

/// A tensor of which some elements are known.
struct Known<'a, T> {
    tensor: &'a Tensor<T>,
    weights: &'a Tensor<T>,
    ridge: f64,
    /// Of the known elements, weighted.
    norm_squared: f64,
}

impl<'a, T: Scalar> Known<'a, T> {
    fn new(tensor: &'a Tensor<T>, weights: &'a Tensor<T>, ridge: f64) -> Result<Self, DecompError> {
        let shape = tensor.shape();
        if weights.shape() != shape {
            let (expected, found) = (shape.to_vec(), weights.shape().to_vec());
            return Err(DecompError::Mismatch { what: "the weights".to_owned(), expected, found });
        }
        let mut seen: Vec<Vec<bool>> = shape.iter().map(|&size| vec![false; size]).collect();
        let mut norm_squared = 0.0;
        let mut index = vec![0; shape.len()];
        for (x, weight) in tensor.data().iter().zip(weights.data()) {
            let (x, weight) = (x.to_f64(), weight.to_f64());
            if weight != 0.0 {
                if !weight.is_finite() || !x.is_finite() {
                    return Err(DecompError::NotFinite { index, value: if x.is_finite() { weight } else { x } });
                }
                if weight < 0.0 {
                    return Err(DecompError::Negative { method: "a weight", index, value: weight });
                }
                norm_squared += weight * x * x;
                seen.iter_mut().zip(&index).for_each(|(seen, &i)| seen[i] = true);
            }
            next_index(&mut index, shape);
        }
        for (mode, seen) in seen.iter().enumerate().filter(|_| ridge == 0.0) {
            if let Some(index) = seen.iter().position(|&seen| !seen) {
                return Err(DecompError::EmptySlice { mode, index });
            }
        }
        if norm_squared == 0.0 {
            return Err(DecompError::AllZero);
        }
        Ok(Self { tensor, weights, ridge, norm_squared })
    }

    /// The best factor of a mode, the others given, and the worst condition if some equations were singular.
    fn factor(&self, factors: &[Tensor<T>], mode: usize) -> Result<(Tensor<T>, Option<f64>), DecompError> {
        let rank = factors[mode].shape()[1];
        let rows: Vec<Result<Row, DecompError>> =
            (0..factors[mode].shape()[0]).into_par_iter().map(|row| self.row(factors, mode, row)).collect();
        let mut numbers = Vec::with_capacity(rows.len() * rank);
        let mut worst: Option<f64> = None;
        for row in rows {
            let (row, condition) = row?;
            numbers.extend(row.into_iter().map(T::from_f64));
            worst = condition.map(|condition| condition.min(worst.unwrap_or(f64::INFINITY))).or(worst);
        }
        Ok((Tensor::new(factors[mode].shape(), numbers)?, worst))
    }

    fn row(&self, factors: &[Tensor<T>], mode: usize, row: usize) -> Result<Row, DecompError> {
        let (shape, rank) = (self.tensor.shape(), factors[mode].shape()[1]);
        let (before, behind): (Vec<_>, Vec<_>) =
            (factors[..mode].iter().collect(), factors[mode + 1..].iter().collect());
        let left: usize = shape[..mode].iter().product();
        let right: usize = shape[mode + 1..].iter().product();
        let ones = vec![<T as Real>::ONE; rank];
        let mut scale = ones.clone();
        let mut terms = vec![<T as Real>::ZERO; BLOCK.min(right) * rank];
        let mut gram = Tensor::filled(&[rank, rank], 0.0)?;
        let mut target = vec![0.0; rank];
        let arch = Arch::new();
        for l in 0..left {
            panel::fill(&before, &ones, l..l + 1, &mut scale);
            let start = (l * shape[mode] + row) * right;
            for from in (0..right).step_by(BLOCK) {
                let to = (from + BLOCK).min(right);
                let terms = &mut terms[..(to - from) * rank];
                panel::fill(&behind, &scale, from..to, terms);
                let (x, weights) = (&self.tensor.data()[start + from..], &self.weights.data()[start + from..]);
                arch.dispatch(Equations { terms, x, weights, gram: gram.data_mut(), target: &mut target });
            }
        }
        for r in 0..rank {
            gram.data_mut()[r * rank + r] += self.ridge;
        }
        let equations = Positive::new(&gram)?;
        equations.solve_rows(&mut target)?;
        Ok((target, equations.is_singular().then(|| equations.reciprocal_condition())))
    }

    /// The weighted sum of squared differences.
    fn missed(&self, model: &Cp<T>) -> f64 {
        let (shape, rank) = (self.tensor.shape(), model.rank());
        let Some((last, others)) = model.factors().split_last() else { return 0.0 };
        let others: Vec<&Tensor<T>> = others.iter().collect();
        let columns = shape[shape.len() - 1];
        let part = |row: usize| {
            let mut left = vec![<T as Real>::ZERO; rank];
            panel::fill(&others, model.weights(), row..row + 1, &mut left);
            let range = row * columns..(row + 1) * columns;
            let numbers = self.tensor.data()[range.clone()].iter().zip(&self.weights.data()[range]);
            let mut sum = 0.0;
            for ((x, weight), right) in numbers.zip(last.data().chunks_exact(rank)) {
                if weight.to_f64() != 0.0 {
                    let value: f64 = left.iter().zip(right).map(|(&a, &b)| (a * b).to_f64()).sum();
                    sum += weight.to_f64() * (x.to_f64() - value).powi(2);
                }
            }
            sum
        };
        let parts: Vec<f64> = (0..self.tensor.data().len() / columns).into_par_iter().map(part).collect();
        parts.iter().sum()
    }
}

/// Adds `weight * z z^T` below the diagonal and `weight * x * z` for rows `z` of terms.
struct Equations<'a, T> {
    terms: &'a [T],
    x: &'a [T],
    weights: &'a [T],
    gram: &'a mut [f64],
    target: &'a mut [f64],
}

impl<T: Scalar> WithSimd for Equations<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let rank = self.target.len();
        for ((z, x), weight) in self.terms.chunks_exact(rank).zip(self.x).zip(self.weights) {
            let weight = weight.to_f64();
            if weight == 0.0 {
                continue;
            }
            let x = x.to_f64();
            for (i, zi) in z.iter().enumerate() {
                let scaled = weight * zi.to_f64();
                self.target[i] += scaled * x;
                for (sum, zj) in self.gram[i * rank..=i * rank + i].iter_mut().zip(z) {
                    *sum += scaled * zj.to_f64();
                }
            }
        }
    }
}
