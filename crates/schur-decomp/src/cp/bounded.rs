//! Exact decompositions that are hard to find: least squares that keeps the entries of factors within a bound.
//!
//! Plain alternation on such tensors, those of matrix multiplication for one, follows components that grow against each
//! other to an error that falls for ever and arrives nowhere. Here each factor is drawn to its own entries of before, cut
//! off at a bound, with a weight: that damps the iteration and makes large entries cost something. A model within the
//! bound pays nothing, so exact ones stay what they are; close to one the weight falls with the error, and what is left
//! of the way is short.

use schur_linalg::Positive;
use schur_tensor::{Real, Tensor};

use super::als::finish;
use super::start::rank_of;
use super::sweep::{Solver, Sweep, System};
use super::{Cp, CpTensor};
use crate::fit::{Course, Fit, Observer, Stopping};
use crate::random::{stream, unit};
use crate::{DecompError, Scalar, check};

/// How a bounded fit runs.
#[derive(Debug, Clone, PartialEq)]
pub struct BoundedOptions {
    /// The number of components.
    pub rank: usize,
    /// The largest entry that costs nothing, in parts of the `N`-th root of the tensor's norm; infinite only damps.
    pub bound: f64,
    /// What entries beyond the bound, and changes, cost; in parts of the `2 (N - 1) / N`-th power of the norm.
    pub weight: f64,
    /// The relative error below which the weight falls with the error.
    pub knee: f64,
    /// When it ends.
    pub stopping: Stopping,
    /// Where random numbers come from.
    pub seed: u64,
}

impl Default for BoundedOptions {
    fn default() -> Self {
        let stopping = Stopping { iterations: 4000, tolerance: 1e-13 };
        Self { rank: 1, bound: 0.577, weight: 0.0033, knee: 0.003, stopping, seed: 0 }
    }
}

/// The part of the weight that is always left: it keeps the equations regular.
const LEAST_WEIGHT: f64 = 1e-12;

/// Fits a canonical polyadic model whose entries stay within a bound, from random ones.
///
/// For tensors that have an exact decomposition of this rank which [`als`](super::als()) does not find. Whether one start
/// finds it is a matter of luck: try many seeds, and look at the error. The error may rise on the way.
///
/// # Errors
/// Those of [`als`](super::als()), and [`DecompError::Option`] for a bound or knee that is not above zero, or a negative
/// weight.
/// # Cost
/// An iteration as one of [`als`](super::als()).
/// # Source
/// A. V. Smirnov, "The bilinear complexity and practical algorithms for matrix multiplication", 2013, sections 3 and 4:
/// factors drawn to their own entries, cut off; the fall of the weight with the error is ours.
/// # Examples
/// ```
/// use schur_decomp::cp::{BoundedOptions, bounded};
/// use schur_decomp::dense::Dense;
/// use schur_decomp::fit::unobserved;
/// use schur_tensor::Tensor;
///
/// // The product of two matrices of two rows and columns, with seven multiplications (Strassen).
/// let tensor = Tensor::from_fn(&[4, 4, 4], |i| {
///     f64::from(u8::from(i[0] % 2 == i[1] / 2 && i[1] % 2 == i[2] / 2 && i[2] % 2 == i[0] / 2))
/// })?;
/// let options = BoundedOptions { rank: 7, ..Default::default() };
/// let (_, fit) = bounded(&Dense::new(&tensor)?, &options, &mut unobserved)?;
/// assert!(fit.relative_error < 1e-10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn bounded<T: Scalar>(
    tensor: &impl CpTensor<T>,
    options: &BoundedOptions,
    observer: Observer<'_>,
) -> Result<(Cp<T>, Fit), DecompError> {
    let mut solver = checked(tensor.shape(), options, tensor.norm_squared().sqrt())?;
    let mut factors = Vec::new();
    for (mode, &size) in tensor.shape().iter().enumerate() {
        let mut rng = stream(options.seed, mode as u64);
        // An infinite bound says nothing of where to begin.
        let most = if solver.bound.is_finite() { solver.bound } else { solver.unit };
        factors.push(Tensor::from_fn(&[size, options.rank], |_| T::from_f64(most * (2.0 * unit(&mut rng) - 1.0)))?);
    }
    let start = Cp::new(vec![<T as Real>::ONE; options.rank], factors)?;
    let mut sweep = Sweep::new("bounded least squares", tensor, start, false)?;
    let mut course = Course::new(options.stopping);
    let largest = solver.weight;
    let end = loop {
        for mode in 0..sweep.order() {
            sweep.step(mode, &mut solver)?;
        }
        let error = sweep.relative_error()?;
        if let Some(end) = course.step(error, observer) {
            break end;
        }
        solver.weight = largest * (error / options.knee).clamp(LEAST_WEIGHT, 1.0);
    };
    finish(&sweep, (course, end), Vec::new())
}

fn checked(shape: &[usize], options: &BoundedOptions, norm: f64) -> Result<Clipped, DecompError> {
    check::shape("a decomposition", 2, shape)?;
    check::stopping(&options.stopping)?;
    rank_of(shape, options.rank)?;
    check::not_negative("the weight", options.weight)?;
    for (option, value) in [("the bound", options.bound), ("the knee", options.knee)] {
        if value.is_nan() || value <= 0.0 {
            return Err(DecompError::Option { option, value, expected: "above zero" });
        }
    }
    let unit = norm.powf(1.0 / shape.len() as f64);
    let weight = options.weight * unit.powi(2 * (shape.len() as i32 - 1));
    Ok(Clipped { unit, bound: options.bound * unit, weight })
}

/// Solves the normal equations with a pull to the entries of before, cut off.
struct Clipped {
    unit: f64,
    bound: f64,
    weight: f64,
}

impl Solver for Clipped {
    fn solve(&mut self, system: &System<'_>, rows: &mut [f64]) -> Result<(), DecompError> {
        let rank = system.gram.shape()[0];
        let ridge = |i: &[usize]| system.gram.data()[i[0] * rank + i[1]] + if i[0] == i[1] { self.weight } else { 0.0 };
        let equations = Positive::new(&Tensor::from_fn(&[rank, rank], ridge)?)?;
        for (x, right) in rows.iter_mut().zip(system.right) {
            *x = right + self.weight * x.clamp(-self.bound, self.bound);
        }
        Ok(equations.solve_rows(rows)?)
    }
}
