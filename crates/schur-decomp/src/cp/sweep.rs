//! One factor after the other: what all alternating fits of canonical polyadic models share.
//!
//! The factors are held with columns of norm one and the norms apart. For each mode in turn a [`Solver`] gets the
//! equations of its factor, the normal equations of least squares. What the model then misses follows from the same
//! numbers, without another reading of the tensor.

use rayon::prelude::*;
use schur_tensor::{Real, Tensor};

use super::{Cp, CpTensor, MttkrpSequence};
use crate::check::inner;
use crate::matrix::gram;
use crate::{DecompError, Scalar};

/// Rows that a thread takes at a time; fixed, so that sums have the same bits for any number of threads.
const PIECE: usize = 256;

/// The equations of one factor: `rows * gram = right`, in the sense of least squares.
pub(crate) struct System<'a> {
    pub(crate) mode: usize,
    /// `[rank, rank]`: the product, element by element, of the Gram matrices of the other factors.
    pub(crate) gram: &'a Tensor<f64>,
    /// `[I_mode, rank]`.
    pub(crate) right: &'a [f64],
}

/// How a factor is made better while the others rest.
pub(crate) trait Solver {
    /// Whether it begins with the factor as it is; else the rows that it gets are void.
    fn is_iterative(&self) -> bool {
        true
    }

    /// Changes `rows: [I_mode, rank]`, the factor with the norms in it.
    fn solve(&mut self, system: &System<'_>, rows: &mut [f64]) -> Result<(), DecompError>;
}

/// A model and the products of the tensor with it.
pub(crate) struct Sweep<'a, T> {
    tensor: &'a dyn CpTensor<T>,
    products: Box<dyn MttkrpSequence<T> + 'a>,
    factors: Vec<Tensor<T>>,
    weights: Vec<f64>,
    grams: Vec<Tensor<f64>>,
    /// Whether columns are brought to norm one after each step.
    normal: bool,
    method: &'static str,
    steps: usize,
    product: Vec<T>,
    right: Vec<f64>,
    rows: Vec<f64>,
    /// `|data - model|^2` after the last step.
    missed: f64,
}

impl<'a, T: Scalar> Sweep<'a, T> {
    /// Begins with a model.
    pub(crate) fn new(
        method: &'static str,
        tensor: &'a dyn CpTensor<T>,
        start: Cp<T>,
        normal: bool,
    ) -> Result<Self, DecompError> {
        let products = tensor.products(start.rank())?;
        let (weights, factors) = start.into_parts();
        let grams = factors.iter().map(gram).collect::<Result<_, _>>()?;
        let weights = weights.into_iter().map(Real::to_f64).collect();
        let (product, right, rows) = (Vec::new(), Vec::new(), Vec::new());
        let missed = tensor.norm_squared();
        Ok(Self { tensor, products, factors, weights, grams, normal, method, steps: 0, product, right, rows, missed })
    }

    pub(crate) fn order(&self) -> usize {
        self.factors.len()
    }

    pub(crate) fn factors(&self) -> &[Tensor<T>] {
        &self.factors
    }

    /// Makes the factor of a mode better.
    pub(crate) fn step(&mut self, mode: usize, solver: &mut dyn Solver) -> Result<(), DecompError> {
        let rank = self.weights.len();
        let count = self.factors[mode].data().len();
        if self.product.len() < count {
            self.product.resize(count, <T as Real>::ZERO);
            self.right.resize(count, 0.0);
            self.rows.resize(count, 0.0);
        }
        self.products.product(&self.factors, mode, &mut self.product[..count])?;
        let gram = self.others(mode)?;
        self.widen(mode, solver.is_iterative());
        let system = System { mode, gram: &gram, right: &self.right[..count] };
        solver.solve(&system, &mut self.rows[..count])?;
        self.steps += 1;
        let sums = self.sums(count);
        if !sums.inner.is_finite() || !sums.squares.iter().all(|square| square.is_finite()) {
            let iteration = self.steps.div_ceil(self.order());
            return Err(DecompError::Diverged { method: self.method, iteration });
        }
        self.take(mode, sums.squares)?;
        let weight = |place: usize| self.weights[place / rank] * self.weights[place % rank];
        let pairs = gram.data().iter().zip(self.grams[mode].data()).enumerate();
        let model: f64 = pairs.map(|(place, (others, own))| weight(place) * others * own).sum();
        self.missed = self.tensor.norm_squared() - 2.0 * sums.inner + model;
        Ok(())
    }

    /// Brings the product and, where they are asked for, the weighted rows of a factor to f64.
    fn widen(&mut self, mode: usize, with_rows: bool) {
        let (rank, factor, weights) = (self.weights.len(), &self.factors[mode], &self.weights);
        let pieces = self.right.par_chunks_mut(PIECE * rank).zip(self.product.par_chunks(PIECE * rank));
        let pieces = pieces.take(factor.data().len().div_ceil(PIECE * rank));
        pieces.for_each(|(right, product)| right.iter_mut().zip(product).for_each(|(y, x)| *y = x.to_f64()));
        if with_rows {
            let pieces = self.rows.par_chunks_mut(PIECE * rank).zip(factor.data().par_chunks(PIECE * rank));
            pieces.for_each(|(rows, factor)| {
                for (row, factor) in rows.chunks_exact_mut(rank).zip(factor.chunks_exact(rank)) {
                    row.iter_mut().zip(factor).zip(weights).for_each(|((y, x), weight)| *y = x.to_f64() * weight);
                }
            });
        }
    }

    /// Sums over the rows that a solver found.
    fn sums(&self, count: usize) -> Sums {
        let rank = self.weights.len();
        let pieces = self.rows[..count].par_chunks(PIECE * rank).zip(self.right[..count].par_chunks(PIECE * rank));
        let parts: Vec<Sums> = pieces
            .map(|(rows, right)| {
                let mut squares = vec![0.0; rank];
                for row in rows.chunks_exact(rank) {
                    squares.iter_mut().zip(row).for_each(|(sum, x)| *sum += x * x);
                }
                Sums { squares, inner: inner(rows, right) }
            })
            .collect();
        let mut whole = Sums { squares: vec![0.0; rank], inner: 0.0 };
        for part in parts {
            whole.squares.iter_mut().zip(part.squares).for_each(|(sum, x)| *sum += x);
            whole.inner += part.inner;
        }
        whole
    }

    /// Takes the rows that a solver found for a mode, whose columns have these squared norms.
    fn take(&mut self, mode: usize, squares: Vec<f64>) -> Result<(), DecompError> {
        let rank = self.weights.len();
        let norm = |square: f64| if self.normal { square.sqrt() } else { 1.0 };
        self.weights = squares.into_iter().map(norm).collect();
        let divisors: Vec<f64> = self.weights.iter().map(|&norm| if norm > 0.0 { norm } else { 1.0 }).collect();
        let factor = self.factors[mode].data_mut().par_chunks_mut(PIECE * rank);
        factor.zip(self.rows.par_chunks(PIECE * rank)).for_each(|(to, rows)| {
            for (to, row) in to.chunks_exact_mut(rank).zip(rows.chunks_exact(rank)) {
                to.iter_mut().zip(row).zip(&divisors).for_each(|((y, x), norm)| *y = T::from_f64(x / norm));
            }
        });
        self.grams[mode] = gram(&self.factors[mode])?;
        self.products.changed(mode);
        Ok(())
    }

    /// Puts another factor in place of one.
    pub(crate) fn set(&mut self, mode: usize, factor: Tensor<T>) -> Result<(), DecompError> {
        self.grams[mode] = gram(&factor)?;
        self.factors[mode] = factor;
        self.products.changed(mode);
        Ok(())
    }

    /// Goes back to a model and what it missed.
    pub(crate) fn restore(&mut self, (factors, weights, missed): &State<T>) -> Result<(), DecompError> {
        for (mode, factor) in factors.iter().enumerate() {
            self.set(mode, factor.clone())?;
        }
        self.weights.clone_from(weights);
        self.missed = *missed;
        Ok(())
    }

    pub(crate) fn state(&self) -> State<T> {
        (self.factors.clone(), self.weights.clone(), self.missed)
    }

    fn others(&self, mode: usize) -> Result<Tensor<f64>, DecompError> {
        let rank = self.weights.len();
        Ok(Tensor::new(&[rank, rank], system_gram(&self.grams, mode, rank))?)
    }

    /// The model.
    pub(crate) fn model(&self) -> Result<Cp<T>, DecompError> {
        Cp::new(self.weights.iter().map(|&weight| T::from_f64(weight)).collect(), self.factors.clone())
    }

    /// `|data - model| / |data|` after the last step; element by element where the difference of norms shows nothing.
    pub(crate) fn relative_error(&self) -> Result<f64, DecompError> {
        let norm = self.tensor.norm_squared();
        if self.missed > visible::<T>() * norm {
            return Ok((self.missed / norm).sqrt());
        }
        let exact = self.tensor.residual_squared(&self.model()?)?;
        Ok((exact.unwrap_or(self.missed).max(0.0) / norm).sqrt())
    }

    /// The relative error of a model that is returned, with some digits more than [`Self::relative_error`] asks for.
    pub(crate) fn final_error(&self, model: &Cp<T>) -> Result<f64, DecompError> {
        let norm = self.tensor.norm_squared();
        let exact =
            if self.missed > 1e3 * visible::<T>() * norm { None } else { self.tensor.residual_squared(model)? };
        Ok((exact.unwrap_or(self.missed).max(0.0) / norm).sqrt())
    }

    /// Bytes held beside the tensor and the model.
    pub(crate) fn workspace_bytes(&self) -> u64 {
        let numbers = self.product.capacity() * size_of::<T>() + (self.right.capacity() + self.rows.capacity()) * 8;
        self.products.workspace_bytes() + numbers as u64
    }
}

/// Factors, weights, and what they miss.
pub(crate) type State<T> = (Vec<Tensor<T>>, Vec<f64>, f64);

/// Squared relative errors below this are mostly rounding where they are differences of norms.
fn visible<T: Scalar>() -> f64 {
    if size_of::<T>() == 4 { 1e-5 } else { 1e-12 }
}

/// Sums over rows.
struct Sums {
    /// Of the squares of each column.
    squares: Vec<f64>,
    /// Of the products with what the rows were solved for.
    inner: f64,
}

fn system_gram(grams: &[Tensor<f64>], mode: usize, rank: usize) -> Vec<f64> {
    let mut product = vec![1.0; rank * rank];
    for (_, gram) in grams.iter().enumerate().filter(|&(other, _)| other != mode) {
        product.iter_mut().zip(gram.data()).for_each(|(product, entry)| *product *= entry);
    }
    product
}
