//! Alternating least squares.

use rayon::prelude::*;
use schur_linalg::Positive;

use super::course::{Acceleration, run};
use super::start::{self, Start};
use super::sweep::{Solver, Sweep, System};
use super::{Cp, CpTensor, warnings};
use crate::fit::{Course, End, Fit, Observer, Stopping, Warning};
use crate::{DecompError, Scalar, check};

/// How alternating least squares runs.
#[derive(Debug, Clone, PartialEq)]
pub struct AlsOptions {
    /// The number of components; more than a mode has indices are allowed.
    pub rank: usize,
    /// When it ends.
    pub stopping: Stopping,
    /// Where random numbers come from.
    pub seed: u64,
    /// Where it begins.
    pub start: Start,
    /// What is done beside plain alternation.
    pub acceleration: Acceleration,
}

impl Default for AlsOptions {
    fn default() -> Self {
        let (start, acceleration) = (Start::default(), Acceleration::default());
        Self { rank: 1, stopping: Stopping::default(), seed: 0, start, acceleration }
    }
}

/// Fits a canonical polyadic model by alternating least squares.
///
/// The components come with columns of norm one and positive weights, the largest first.
///
/// # Errors
/// [`DecompError`] for a rank that is nought or more than any tensor of this shape needs, options outside their range,
/// or numbers that stopped being finite.
/// # Cost
/// An iteration multiplies the tensor with all but one factor for each mode, and solves a system of `rank` equations.
/// On a dense tensor that is one and a half readings for three modes, two for more, of `2 * rank` operations an element;
/// an error below 1e-6 (1e-2.5 in `f32`) is computed element by element, with one reading more.
/// # Source
/// Carroll and Chang, 1970; Harshman, 1970; Kolda and Bader, "Tensor decompositions and applications", 2009, figure 3.3.
/// # Examples
/// ```
/// use schur_decomp::cp::{AlsOptions, als};
/// use schur_decomp::dense::Dense;
/// use schur_decomp::fit::unobserved;
/// use schur_tensor::Tensor;
///
/// let tensor = Tensor::from_fn(&[3, 4, 5], |i| ((i[0] + 1) * (i[1] + 2) * (i[2] + 3)) as f64)?;
/// let (model, fit) = als(&Dense::new(&tensor)?, &AlsOptions { rank: 1, ..Default::default() }, &mut unobserved)?;
/// assert!(fit.relative_error < 1e-12);
/// assert!((model.get(&[2, 3, 4]).ok_or("inside")? - 105.0).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn als<T: Scalar>(
    tensor: &impl CpTensor<T>,
    options: &AlsOptions,
    observer: Observer<'_>,
) -> Result<(Cp<T>, Fit), DecompError> {
    let start = start::model(tensor, (options.start, options.rank, options.seed), false)?;
    als_from(tensor, start, options, observer)
}

/// Fits a canonical polyadic model by alternating least squares, from a model that is given.
///
/// The result is never worse than that. Its rank is kept; rank, seed and start of the options are not read.
///
/// # Errors
/// Those of [`als`], and [`DecompError::Mismatch`] for a model of another shape.
pub fn als_from<T: Scalar>(
    tensor: &impl CpTensor<T>,
    start: Cp<T>,
    options: &AlsOptions,
    observer: Observer<'_>,
) -> Result<(Cp<T>, Fit), DecompError> {
    check::stopping(&options.stopping)?;
    given(tensor, &start)?;
    let mut solver = LeastSquares { singular: vec![None; tensor.shape().len()] };
    let mut sweep = Sweep::new("alternating least squares", tensor, start, true)?;
    let mut course = Course::new(options.stopping);
    let end = run(&mut sweep, &mut solver, &mut course, (options.acceleration, false), observer)?;
    finish(&sweep, (course, end), solver.warnings())
}

/// Refuses a first model that does not belong to a tensor.
pub(super) fn given<T: Scalar>(tensor: &impl CpTensor<T>, start: &Cp<T>) -> Result<(), DecompError> {
    if start.shape() != tensor.shape() {
        let (expected, found) = (tensor.shape().to_vec(), start.shape());
        return Err(DecompError::Mismatch { what: "the first model".to_owned(), expected, found });
    }
    start::rank_of(tensor.shape(), start.rank())
}

/// Arranges a model and reports on it.
pub(super) fn finish<T: Scalar>(
    sweep: &Sweep<'_, T>,
    (course, end): (Course, End),
    mut warnings: Vec<Warning>,
) -> Result<(Cp<T>, Fit), DecompError> {
    let mut model = sweep.model()?;
    model.arrange();
    warnings.extend(warnings::of(&model)?);
    let error = sweep.final_error(&model)?;
    Ok((model, course.finish(end, error, warnings, sweep.workspace_bytes())))
}

/// Rows that are solved for together: the threads share pieces of so many.
const SOLVED: usize = 256;

/// Solves the normal equations.
struct LeastSquares {
    /// The reciprocal condition of each mode's equations, if they were singular the last time.
    singular: Vec<Option<f64>>,
}

impl LeastSquares {
    fn warnings(&self) -> Vec<Warning> {
        let warning = |(mode, &singular): (usize, &Option<f64>)| {
            singular.map(|reciprocal_condition| Warning::Singular { mode, reciprocal_condition })
        };
        self.singular.iter().enumerate().filter_map(warning).collect()
    }
}

impl Solver for LeastSquares {
    fn is_iterative(&self) -> bool {
        false
    }

    fn solve(&mut self, system: &System<'_>, rows: &mut [f64]) -> Result<(), DecompError> {
        let equations = Positive::new(system.gram)?;
        self.singular[system.mode] = equations.is_singular().then(|| equations.reciprocal_condition());
        let size = SOLVED * system.gram.shape()[0];
        let pieces = rows.par_chunks_mut(size).zip(system.right.par_chunks(size));
        Ok(pieces.try_for_each(|(rows, right)| {
            rows.copy_from_slice(right);
            equations.solve_rows(rows)
        })?)
    }
}
