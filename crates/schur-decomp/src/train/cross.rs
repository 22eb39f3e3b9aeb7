//! A train of a function of indices, from few of its values.

use rayon::prelude::*;
use schur_linalg::svd;
use schur_tensor::Tensor;

use super::TensorTrain;
use super::volume::choose;
use crate::check;
use crate::fit::{Course, End, Observer, Stopping, Warning};
use crate::modes::{reshaped, rounded};
use crate::random::{below, stream};
use crate::{DecompError, Fit, Scalar};

/// When to stop, and where to look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CrossOptions {
    /// The relative error at the samples that is good enough.
    pub tolerance: f64,
    /// The largest rank of a bond.
    pub max_rank: usize,
    /// Passes over all modes, there or back, at most.
    pub sweeps: usize,
    /// Random indices at which the error is measured; none of them is used for the fit.
    pub samples: usize,
    /// For the samples and the first guess.
    pub seed: u64,
}

impl Default for CrossOptions {
    fn default() -> Self {
        Self { tolerance: 1e-8, max_rank: 256, sweeps: 20, samples: 1000, seed: 0 }
    }
}

/// Indices of some modes, one after the other.
type Indices = Vec<Vec<usize>>;

/// The function, and for each bond the indices chosen before and behind it.
struct Crosses<'a, F> {
    function: &'a F,
    shape: &'a [usize],
    left: Vec<Indices>,
    right: Vec<Indices>,
    cores: Vec<Tensor<f64>>,
    tolerance: f64,
    max_rank: usize,
}

/// Approximates a function of a multi-index by a train that interpolates it.
///
/// Two modes at a time, all values at the indices chosen before and behind them are taken, and rows or columns of nearly
/// the largest volume are kept, as many as the tolerance asks for. `relative_error` is measured at random samples: a
/// function that is nought nearly everywhere can hide from them, as it can from the crosses.
///
/// # Errors
/// [`DecompError::NotFinite`] for a value that is not finite, [`DecompError::AllZero`] if all values seen are nought,
/// and as for [`tt_svd`](super::tt_svd).
/// # Cost
/// About `n^2 r^2` values a mode and sweep, taken in the threads of the current pool.
/// # Source
/// Oseledets, Tyrtyshnikov, TT-cross approximation for multidimensional arrays, 2010; Savostyanov, Oseledets, Fast
/// adaptive interpolation of multi-dimensional arrays in tensor train format, 2011.
/// # Examples
/// ```
/// use schur_decomp::{fit::unobserved, train::{CrossOptions, cross}};
///
/// // A tensor of 10^10 elements.
/// let sine = |index: &[usize]| (0.1 * index.iter().sum::<usize>() as f64).sin();
/// let (train, fit) = cross(&[10; 10], sine, &CrossOptions::default(), &mut unobserved)?;
/// assert_eq!(train.ranks(), [2; 9]);
/// assert!(fit.relative_error < 1e-10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn cross<T: Scalar>(
    shape: &[usize],
    function: impl Fn(&[usize]) -> T + Sync,
    options: &CrossOptions,
    observer: Observer<'_>,
) -> Result<(TensorTrain<T>, Fit), DecompError> {
    if shape.is_empty() {
        return Err(DecompError::Order { method: "cross approximation", least: 1, shape: Vec::new() });
    }
    if let Some(mode) = shape.iter().position(|&size| size == 0) {
        return Err(DecompError::EmptyMode { mode, shape: shape.to_vec() });
    }
    check::tolerance(options.tolerance)?;
    check::rank(|| "a bond".to_owned(), options.max_rank, usize::MAX)?;
    let value = |index: &[usize]| function(index).to_f64();
    let mut rng = stream(options.seed, 0);
    let mut draw = || shape.iter().map(|&size| below(&mut rng, size)).collect::<Vec<usize>>();
    let start = draw();
    let samples: Indices = (0..options.samples.max(1)).map(|_| draw()).collect();
    let expected = values(&value, &samples)?;
    let mut crosses = Crosses::new(&value, shape, &start, options);
    let mut course = Course::new(Stopping { iterations: options.sweeps.max(1), tolerance: 0.0 });
    let (end, train, error) = loop {
        if course.iterations().is_multiple_of(2) {
            crosses.forward()?
        } else {
            crosses.backward()?
        };
        let train = TensorTrain::<T>::new(crosses.cores.iter().map(rounded).collect::<Result<_, _>>()?)?;
        let error = sampled_error(&train, &samples, &expected)?;
        let end = course.step(error, observer);
        // One pass sees only the columns that it began with.
        if error <= options.tolerance && course.iterations() > 1 {
            break (End::Converged, train, error);
        }
        if let Some(end) = end {
            break (end, train, error);
        }
    };
    let missed = end == End::Iterations;
    let warning = missed.then_some(Warning::NotConverged { change: error, tolerance: options.tolerance });
    let workspace = crosses.workspace_bytes();
    Ok((train, course.finish(end, error, warning.into_iter().collect(), workspace)))
}

/// Takes values in the threads of the pool.
fn values(function: &(impl Fn(&[usize]) -> f64 + Sync), indices: &Indices) -> Result<Vec<f64>, DecompError> {
    let values: Vec<f64> = indices.par_iter().map(|index| function(index)).collect();
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(values),
        Some(place) => Err(DecompError::NotFinite { index: indices[place].clone(), value: values[place] }),
    }
}

fn sampled_error<T: Scalar>(train: &TensorTrain<T>, samples: &Indices, expected: &[f64]) -> Result<f64, DecompError> {
    let (mut difference, mut whole) = (0.0, 0.0);
    for (index, expected) in samples.iter().zip(expected) {
        let found = train.get(index).map_or(f64::NAN, |x| x.to_f64());
        difference += (found - expected).powi(2);
        whole += expected.powi(2);
    }
    if whole == 0.0 { Err(DecompError::AllZero) } else { Ok((difference / whole).sqrt()) }
}

impl<'a, F: Fn(&[usize]) -> f64 + Sync> Crosses<'a, F> {
    /// Begins with one multi-index.
    fn new(function: &'a F, shape: &'a [usize], start: &[usize], options: &CrossOptions) -> Self {
        let left = (0..=shape.len()).map(|bond| vec![start[..bond].to_vec()]).collect();
        let right = (0..=shape.len()).map(|bond| vec![start[bond..].to_vec()]).collect();
        let cores = shape.iter().map(|_| Tensor::scalar(0.0)).collect();
        let tolerance = options.tolerance / (shape.len() as f64).sqrt();
        Self { function, shape, left, right, cores, tolerance, max_rank: options.max_rank }
    }

    /// All values of two neighbouring modes at the indices chosen around them.
    ///
    /// # Shapes
    /// `[left * n_k, n_(k+1) * right]`.
    fn block(&self, mode: usize) -> Result<Tensor<f64>, DecompError> {
        let (left, right) = (&self.left[mode], &self.right[mode + 2]);
        let (n, m) = (self.shape[mode], self.shape[mode + 1]);
        let mut indices = Vec::with_capacity(left.len() * n * m * right.len());
        for (before, i) in left.iter().flat_map(|before| (0..n).map(move |i| (before, i))) {
            for (j, behind) in (0..m).flat_map(|j| right.iter().map(move |behind| (j, behind))) {
                indices.push(before.iter().copied().chain([i, j]).chain(behind.iter().copied()).collect());
            }
        }
        Ok(Tensor::new(&[left.len() * n, m * right.len()], values(self.function, &indices)?)?)
    }

    /// How many singular values the tolerance asks for.
    fn rank(&self, values: &[f64]) -> usize {
        let whole: f64 = values.iter().map(|s| s * s).sum();
        let tail = |from: usize| values[from..].iter().rev().map(|s| s * s).sum::<f64>();
        let fits = |rank: &usize| tail(*rank) <= self.tolerance.powi(2).max(f64::EPSILON.powi(2)) * whole;
        (1..values.len()).find(fits).unwrap_or(values.len()).clamp(1, self.max_rank)
    }

    /// Chooses rows, from the first mode to the last.
    fn forward(&mut self) -> Result<(), DecompError> {
        let last = self.shape.len() - 1;
        if last == 0 {
            return self.vector();
        }
        for mode in 0..last {
            let block = self.block(mode)?;
            let found = svd(&block)?;
            let rank = self.rank(&found.s);
            let chosen = choose(&leading_columns(&found.u, rank)?)?;
            let n = self.shape[mode];
            let grown = |&row: &usize| [&self.left[mode][row / n][..], &[row % n]].concat();
            self.left[mode + 1] = chosen.rows.iter().map(grown).collect();
            let bond = self.left[mode].len();
            self.cores[mode] = reshaped(chosen.coefficients, &[bond, n, rank])?;
            if mode + 1 == last {
                let width = block.shape()[1];
                let row = |i: &[usize]| block.data()[chosen.rows[i[0]] * width + i[1]];
                self.cores[last] = Tensor::from_fn(&[rank, width, 1], row)?;
            }
        }
        Ok(())
    }

    /// Chooses columns, from the last mode to the first.
    fn backward(&mut self) -> Result<(), DecompError> {
        let last = self.shape.len() - 1;
        if last == 0 {
            return self.vector();
        }
        for mode in (0..last).rev() {
            let block = self.block(mode)?;
            let found = svd(&block)?;
            let rank = self.rank(&found.s);
            let chosen = choose(&leading_columns(&found.v, rank)?)?;
            let behind = &self.right[mode + 2];
            let grown = |&column: &usize| [&[column / behind.len()], &behind[column % behind.len()][..]].concat();
            self.right[mode + 1] = chosen.rows.iter().map(grown).collect();
            let bond = self.right[mode + 2].len();
            let turned = chosen.coefficients.view().permuted(&[1, 0])?.to_tensor();
            self.cores[mode + 1] = reshaped(turned, &[rank, self.shape[mode + 1], bond])?;
            if mode == 0 {
                let width = block.shape()[1];
                let entry = |i: &[usize]| block.data()[i[1] * width + chosen.rows[i[2]]];
                self.cores[0] = Tensor::from_fn(&[1, block.shape()[0], rank], entry)?;
            }
        }
        Ok(())
    }

    /// A function of one index is its values.
    fn vector(&mut self) -> Result<(), DecompError> {
        let indices: Indices = (0..self.shape[0]).map(|i| vec![i]).collect();
        self.cores[0] = Tensor::new(&[1, self.shape[0], 1], values(self.function, &indices)?)?;
        Ok(())
    }

    /// What the largest block takes, with its indices and singular vectors.
    fn workspace_bytes(&self) -> u64 {
        let d = self.shape.len();
        let count = |mode: usize| {
            let pair = self.shape[mode] * self.shape[mode + 1];
            self.left[mode].len() * pair * self.right[mode + 2].len()
        };
        let largest = (0..d.saturating_sub(1)).map(count).max().unwrap_or(self.shape[0]);
        (largest * (size_of_val(self.shape) + 4 * size_of::<f64>())) as u64
    }
}

fn leading_columns(matrix: &Tensor<f64>, count: usize) -> Result<Tensor<f64>, DecompError> {
    let width = matrix.shape()[1];
    Ok(Tensor::from_fn(&[matrix.shape()[0], count], |i| matrix.data()[i[0] * width + i[1]])?)
}
