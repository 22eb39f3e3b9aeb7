//! Nonnegative factors, by hierarchical alternating least squares.

use rayon::prelude::*;
use schur_tensor::Real;

use super::als::{finish, given};
use super::course::{Acceleration, run};
use super::start::{self, Start};
use super::sweep::{Solver, Sweep, System};
use super::{Cp, CpTensor};
use crate::check::inner;
use crate::fit::{Course, Fit, Observer, Stopping};
use crate::{DecompError, Scalar, check};

/// A row is left alone when a pass changes it by less than this share of what the first pass did.
const SETTLED: f64 = 0.01;
/// What a component that vanished in one mode restarts with, in parts of the largest number there.
const SPARK: f64 = 1e-16;

/// Rows that a thread solves for at a time.
const SOLVED: usize = 16;

/// How nonnegative factors are fitted.
#[derive(Debug, Clone, PartialEq)]
pub struct NonnegativeOptions {
    /// The number of components.
    pub rank: usize,
    /// When it ends.
    pub stopping: Stopping,
    /// Where random numbers come from.
    pub seed: u64,
    /// Where it begins.
    pub start: Start,
    /// What is done beside plain alternation.
    pub acceleration: Acceleration,
    /// The most passes over the columns of a factor before the next one's turn.
    pub passes: usize,
}

impl Default for NonnegativeOptions {
    fn default() -> Self {
        let (start, acceleration) = (Start::default(), Acceleration::default());
        Self { rank: 1, stopping: Stopping::default(), seed: 0, start, acceleration, passes: 8 }
    }
}

/// Fits a canonical polyadic model whose factors and weights have no negative element.
///
/// The tensor itself may have some. The error never rises from one iteration to the next.
///
/// # Errors
/// As [`als`](super::als()), and [`DecompError::Option`] for no pass.
/// # Cost
/// The products of [`als`](super::als()), and `passes * rank^2` operations a row of a factor at most.
/// # Source
/// Cichocki and Phan, "Fast local algorithms for large scale nonnegative matrix and tensor factorizations", 2009;
/// several passes as in Gillis and Glineur, "Accelerated multiplicative updates and hierarchical ALS", 2012.
/// # Examples
/// ```
/// use schur_decomp::cp::{NonnegativeOptions, nonnegative};
/// use schur_decomp::dense::Dense;
/// use schur_decomp::fit::unobserved;
/// use schur_tensor::Tensor;
///
/// let tensor = Tensor::from_fn(&[3, 4, 5], |i| (i[0] * i[1] + i[2]) as f64)?;
/// let options = NonnegativeOptions { rank: 2, ..Default::default() };
/// let (model, fit) = nonnegative(&Dense::new(&tensor)?, &options, &mut unobserved)?;
/// assert!(fit.relative_error < 1e-3);
/// assert!(model.factors().iter().all(|factor| factor.data().iter().all(|&x| x >= 0.0)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn nonnegative<T: Scalar>(
    tensor: &impl CpTensor<T>,
    options: &NonnegativeOptions,
    observer: Observer<'_>,
) -> Result<(Cp<T>, Fit), DecompError> {
    let start = start::model(tensor, (options.start, options.rank, options.seed), true)?;
    nonnegative_from(tensor, start, options, observer)
}

/// Fits a nonnegative model, from one that is given.
///
/// Its rank is kept; rank, seed and start of the options are not read. What is negative in it counts as zero.
///
/// # Errors
/// Those of [`nonnegative`], and [`DecompError::Mismatch`] for a model of another shape.
pub fn nonnegative_from<T: Scalar>(
    tensor: &impl CpTensor<T>,
    start: Cp<T>,
    options: &NonnegativeOptions,
    observer: Observer<'_>,
) -> Result<(Cp<T>, Fit), DecompError> {
    check::stopping(&options.stopping)?;
    check::at_least("the number of passes", options.passes as f64, 1.0, "one or more")?;
    given(tensor, &start)?;
    let (mut weights, mut factors) = start.into_parts();
    let numbers = factors.iter_mut().flat_map(|factor| factor.data_mut()).chain(&mut weights);
    numbers.filter(|x| **x < <T as Real>::ZERO).for_each(|x| *x = <T as Real>::ZERO);
    let start = Cp::new(weights, factors)?;
    let mut sweep = Sweep::new("nonnegative least squares", tensor, start, true)?;
    let mut course = Course::new(options.stopping);
    let mut solver = Hierarchical { passes: options.passes };
    let end = run(&mut sweep, &mut solver, &mut course, (options.acceleration, true), observer)?;
    finish(&sweep, (course, end), Vec::new())
}

/// Solves for one column after the other, and again.
struct Hierarchical {
    passes: usize,
}

impl Solver for Hierarchical {
    fn solve(&mut self, system: &System<'_>, rows: &mut [f64]) -> Result<(), DecompError> {
        let rank = system.gram.shape()[0];
        let pairs = rows.par_chunks_mut(SOLVED * rank).zip(system.right.par_chunks(SOLVED * rank));
        pairs.for_each(|(rows, right)| {
            for (row, right) in rows.chunks_exact_mut(rank).zip(right.chunks_exact(rank)) {
                solve_row(system.gram.data(), right, row, self.passes);
            }
        });
        let largest = rows.iter().fold(0.0_f64, |most, &x| most.max(x));
        for r in 0..rank {
            // A column of zeros would make the equations of its component vanish in all other modes for good.
            if rows.iter().skip(r).step_by(rank).all(|&x| x == 0.0) {
                rows.iter_mut().skip(r).step_by(rank).for_each(|x| *x = SPARK * largest);
            }
        }
        Ok(())
    }
}

/// Rows are independent: each goes through its components, and again until they settle.
fn solve_row(gram: &[f64], right: &[f64], row: &mut [f64], passes: usize) {
    let rank = row.len();
    let mut first = 0.0;
    for pass in 0..passes {
        let mut change = 0.0;
        for r in 0..rank {
            let column = &gram[r * rank..(r + 1) * rank];
            if column[r] > 0.0 {
                let slope = right[r] - inner(column, row);
                let moved = (row[r] + slope / column[r]).max(0.0);
                change += (moved - row[r]).powi(2);
                row[r] = moved;
            }
        }
        if pass == 0 {
            first = change;
        }
        if change <= SETTLED * SETTLED * first {
            break;
        }
    }
}
