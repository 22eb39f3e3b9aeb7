//! Alternating least squares on samples: for tensors so large that reading all of it in each sweep is too much.

use rayon::prelude::*;
use schur_linalg::Positive;
use schur_tensor::{Real, Tensor, row_major};

use super::start::rank_of;
use super::{Cp, CpTensor, warnings};
use crate::dense::Dense;
use crate::fit::{Course, Fit, Observer, Stopping};
use crate::random::{below, normals, stream};
use crate::{DecompError, Scalar, check};

/// Elements on which the error is estimated.
const WATCHED: usize = 1 << 14;

/// How sampled least squares runs.
#[derive(Debug, Clone, PartialEq)]
pub struct RandomisedOptions {
    /// The number of components.
    pub rank: usize,
    /// When it ends; the tolerance is for the estimate of the error.
    pub stopping: Stopping,
    /// Where random numbers come from.
    pub seed: u64,
    /// Equations sampled for each row of a factor; none for ten times `rank * log(rank)`, and 64 at least.
    pub samples: Option<usize>,
}

impl Default for RandomisedOptions {
    fn default() -> Self {
        Self { rank: 1, stopping: Stopping { iterations: 100, tolerance: 1e-5 }, seed: 0, samples: None }
    }
}

/// Fits a canonical polyadic model by least squares on random samples of the equations.
///
/// For each mode fibres of the tensor are drawn uniformly, anew in each sweep, and the factor solves their equations
/// alone. The history has estimates of the error from elements drawn once. The model returned is that of the least
/// estimate, and its error is the true one. Where few elements carry most of the norm, uniform samples miss them: use
/// [`als`](super::als()) there.
///
/// # Errors
/// Those of [`als`](super::als()), and [`DecompError::Option`] for fewer samples than components.
/// # Cost
/// An iteration reads `samples` fibres of each mode, and takes `2 * samples * rank` operations a row of a factor.
/// # Source
/// Battaglino, Ballard and Kolda, "A practical randomized CP tensor decomposition", 2018, without its mixing.
/// # Examples
/// ```
/// use schur_decomp::cp::{RandomisedOptions, randomised};
/// use schur_decomp::dense::Dense;
/// use schur_decomp::fit::unobserved;
/// use schur_tensor::Tensor;
///
/// let tensor = Tensor::from_fn(&[9, 9, 9], |i| ((i[0] + 1) * (i[1] + 2) * (i[2] + 3)) as f64)?;
/// let (_, fit) = randomised(&Dense::new(&tensor)?, &RandomisedOptions::default(), &mut unobserved)?;
/// assert!(fit.relative_error < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn randomised<T: Scalar>(
    tensor: &Dense<'_, T>,
    options: &RandomisedOptions,
    observer: Observer<'_>,
) -> Result<(Cp<T>, Fit), DecompError> {
    let (shape, rank) = (tensor.tensor().shape(), options.rank);
    check::stopping(&options.stopping)?;
    rank_of(shape, rank)?;
    let enough = (10.0 * rank as f64 * (rank as f64).ln()).max(64.0) as usize;
    let samples = options.samples.unwrap_or(enough);
    check::at_least("the number of samples", samples as f64, rank as f64, "the rank or more")?;
    let mut factors = Vec::new();
    for (mode, &size) in shape.iter().enumerate() {
        factors.push(normals(&[size, rank], &mut stream(options.seed, mode as u64))?);
    }
    let mut model = Cp::new(vec![<T as Real>::ONE; rank], factors)?;
    let watched = draw(shape, WATCHED.min(tensor.tensor().data().len()), (options.seed, 1 << 32));
    let mut course = Course::new(options.stopping);
    let mut best: Option<(f64, Cp<T>)> = None;
    let end = loop {
        let (_, mut factors) = model.into_parts();
        for mode in 0..shape.len() {
            let number = ((course.iterations() * shape.len() + mode) as u64 + 2) << 32;
            let sampled = draw(shape, samples, (options.seed, number));
            factors[mode] = factor(tensor.tensor(), &factors, mode, &sampled)?;
            normalise(&mut factors[mode], mode + 1 < shape.len());
        }
        model = Cp::new(vec![<T as Real>::ONE; rank], factors)?;
        let error = estimate(tensor.tensor(), &model, &watched);
        if !error.is_finite() {
            return Err(DecompError::Diverged { method: "sampled least squares", iteration: course.iterations() + 1 });
        }
        if best.as_ref().is_none_or(|(least, _)| error < *least) {
            best = Some((error, model.clone()));
        }
        if let Some(end) = course.step(error, observer) {
            break end;
        }
    };
    let mut model = best.map_or(model, |(_, model)| model);
    model.arrange();
    let missed = tensor.residual_squared(&model)?.unwrap_or(f64::NAN);
    let error = (missed / tensor.norm_squared()).sqrt();
    let held = (samples + WATCHED) * shape.len() * size_of::<usize>() + samples * rank * 8;
    let warnings = warnings::of(&model)?;
    Ok((model, course.finish(end, error, warnings, held as u64)))
}

/// Multi-indices, one after the other.
fn draw(shape: &[usize], count: usize, (seed, number): (u64, u64)) -> Vec<usize> {
    let mut rng = stream(seed, number);
    (0..count).flat_map(|_| shape.iter().map(|&size| below(&mut rng, size)).collect::<Vec<_>>()).collect()
}

/// Row `r` of the products of the factors' rows at a multi-index, one mode left out.
fn row<T: Scalar>(factors: &[Tensor<T>], index: &[usize], without: usize, row: &mut [f64]) {
    let rank = row.len();
    row.fill(1.0);
    for (mode, factor) in factors.iter().enumerate().filter(|&(mode, _)| mode != without) {
        row.iter_mut().zip(&factor.data()[index[mode] * rank..]).for_each(|(x, y)| *x *= y.to_f64());
    }
}

/// Solves the sampled equations of a factor.
fn factor<T: Scalar>(
    tensor: &Tensor<T>,
    factors: &[Tensor<T>],
    mode: usize,
    sampled: &[usize],
) -> Result<Tensor<T>, DecompError> {
    let (shape, strides) = (tensor.shape(), row_major(tensor.shape()));
    let (order, rank) = (shape.len(), factors[mode].shape()[1]);
    let count = sampled.len() / order;
    let mut terms = Tensor::filled(&[count, rank], 0.0)?;
    let mut starts = Vec::with_capacity(count);
    for (index, terms) in sampled.chunks_exact(order).zip(terms.data_mut().chunks_exact_mut(rank)) {
        row(factors, index, mode, terms);
        let others = (0..order).filter(|&other| other != mode);
        starts.push(others.map(|other| index[other] * strides[other].unsigned_abs()).sum::<usize>());
    }
    let equations = Positive::new(&crate::matrix::gram(&terms)?)?;
    let step = strides[mode].unsigned_abs();
    let rows: Vec<Vec<f64>> = (0..shape[mode])
        .into_par_iter()
        .map(|i| {
            let mut target = vec![0.0; rank];
            for (start, terms) in starts.iter().zip(terms.data().chunks_exact(rank)) {
                let x = tensor.data()[start + i * step].to_f64();
                target.iter_mut().zip(terms).for_each(|(sum, term)| *sum += x * term);
            }
            target
        })
        .collect();
    let mut numbers = rows.concat();
    equations.solve_rows(&mut numbers)?;
    Ok(Tensor::new(&[shape[mode], rank], numbers.into_iter().map(T::from_f64).collect())?)
}

/// Brings columns to norm one, if asked to.
fn normalise<T: Scalar>(factor: &mut Tensor<T>, wanted: bool) {
    let rank = factor.shape()[1];
    for r in (0..rank).filter(|_| wanted) {
        let norm = factor.data().iter().skip(r).step_by(rank).map(|x| x.to_f64() * x.to_f64()).sum::<f64>().sqrt();
        if norm > 0.0 {
            let column = factor.data_mut().iter_mut().skip(r).step_by(rank);
            column.for_each(|x| *x = T::from_f64(x.to_f64() / norm));
        }
    }
}

/// The relative error on some elements.
fn estimate<T: Scalar>(tensor: &Tensor<T>, model: &Cp<T>, watched: &[usize]) -> f64 {
    let strides = row_major(tensor.shape());
    let mut terms = vec![0.0; model.rank()];
    let (mut missed, mut norm) = (0.0, 0.0);
    for index in watched.chunks_exact(strides.len()) {
        row(model.factors(), index, usize::MAX, &mut terms);
        let value: f64 = terms.iter().zip(model.weights()).map(|(term, weight)| term * weight.to_f64()).sum();
        let place: usize = index.iter().zip(&strides).map(|(i, stride)| i * stride.unsigned_abs()).sum();
        let x = tensor.data()[place].to_f64();
        missed += (x - value) * (x - value);
        norm += x * x;
    }
    if norm > 0.0 { (missed / norm).sqrt() } else { missed.sqrt() }
}
