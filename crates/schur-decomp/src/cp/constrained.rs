//! Factors under constraints of any kind, one a mode, by alternating optimisation with splitting.

use schur_linalg::Positive;
use schur_tensor::Tensor;

use super::als::given;
use super::course::{Acceleration, run};
use super::proximal::{Constraint, Proximal};
use super::start::{self, Start};
use super::sweep::{Solver, Sweep, System};
use super::{Cp, CpTensor, warnings};
use crate::fit::{Course, Fit, Observer, Stopping};
use crate::{DecompError, Scalar, check};

/// How constrained factors are fitted.
#[derive(Debug, Clone)]
pub struct ConstrainedOptions<'a> {
    /// The number of components.
    pub rank: usize,
    /// What each factor is held to, one a mode.
    pub constraints: Vec<Constraint<'a>>,
    /// When it ends.
    pub stopping: Stopping,
    /// Where random numbers come from.
    pub seed: u64,
    /// The most steps of the splitting for a factor before the next one's turn.
    pub passes: usize,
}

impl Default for ConstrainedOptions<'_> {
    fn default() -> Self {
        Self { rank: 1, constraints: Vec::new(), stopping: Stopping::default(), seed: 0, passes: 10 }
    }
}

/// Fits a canonical polyadic model whose factors obey a constraint each.
///
/// The least squares problem of a factor is split into an unconstrained one and a proximal map, with one Cholesky
/// decomposition for all steps. All weights of the result are one and its columns are not scaled, since a constraint
/// need not survive that. Penalties pull the error up, so it may rise; the history has the error alone.
///
/// # Errors
/// As [`als`](super::als()); [`DecompError::Count`] unless there is one constraint a mode, [`DecompError::Option`] for a
/// negative penalty or no pass.
/// # Source
/// Huang, Sidiropoulos and Liavas, "A flexible and efficient algorithmic framework for constrained matrix and tensor
/// factorization", 2016, algorithm 1.
/// # Examples
/// ```
/// use schur_decomp::cp::{ConstrainedOptions, Constraint, constrained};
/// use schur_decomp::dense::Dense;
/// use schur_decomp::fit::unobserved;
/// use schur_tensor::Tensor;
///
/// let tensor = Tensor::from_fn(&[3, 4, 5], |i| ((i[0] + 1) * (i[1] + 2) * (i[2] + 3)) as f64)?;
/// let constraints = vec![Constraint::Simplex, Constraint::Simplex, Constraint::Nonnegative];
/// let options = ConstrainedOptions { rank: 1, constraints, ..Default::default() };
/// let (model, fit) = constrained(&Dense::new(&tensor)?, &options, &mut unobserved)?;
/// assert!(fit.relative_error < 1e-5);
/// assert!((model.factors()[1].data().iter().sum::<f64>() - 1.0).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn constrained<T: Scalar>(
    tensor: &impl CpTensor<T>,
    options: &ConstrainedOptions<'_>,
    observer: Observer<'_>,
) -> Result<(Cp<T>, Fit), DecompError> {
    let start = start::model(tensor, (Start::Random, options.rank, options.seed), true)?;
    check::stopping(&options.stopping)?;
    check::at_least("the number of passes", options.passes as f64, 1.0, "one or more")?;
    let (expected, found) = (tensor.shape().len(), options.constraints.len());
    if expected != found {
        return Err(DecompError::Count { what: "constraints", expected, found });
    }
    for constraint in &options.constraints {
        check::at_least("a penalty", constraint.penalty().unwrap_or(0.0), 0.0, "zero or more")?;
    }
    given(tensor, &start)?;
    let duals = tensor.shape().iter().map(|&size| vec![0.0; size * options.rank]).collect();
    let mut solver = Splitting { constraints: &options.constraints, passes: options.passes, duals };
    let mut sweep = Sweep::new("constrained least squares", tensor, start, false)?;
    let mut course = Course::new(options.stopping);
    let end = run(&mut sweep, &mut solver, &mut course, (Acceleration::None, false), observer)?;
    let model = sweep.model()?;
    let error = sweep.final_error(&model)?;
    let warnings = warnings::of(&model)?;
    Ok((model, course.finish(end, error, warnings, sweep.workspace_bytes())))
}

struct Splitting<'a> {
    constraints: &'a [Constraint<'a>],
    passes: usize,
    /// The scaled dual variables of each mode, kept from sweep to sweep.
    duals: Vec<Vec<f64>>,
}

impl Splitting<'_> {
    /// Steps end when both residuals are below this share of the factor.
    const SETTLED: f64 = 1e-10;
}

impl Solver for Splitting<'_> {
    fn solve(&mut self, system: &System<'_>, rows: &mut [f64]) -> Result<(), DecompError> {
        let constraint = &self.constraints[system.mode];
        if matches!(constraint, Constraint::Free) {
            rows.copy_from_slice(system.right);
            return Ok(Positive::new(system.gram)?.solve_rows(rows)?);
        }
        let rank = system.gram.shape()[0];
        let trace: f64 = (0..rank).map(|r| system.gram.data()[r * rank + r]).sum();
        let weight = if trace > 0.0 { trace / rank as f64 } else { 1.0 };
        let ridge = |i: &[usize]| system.gram.data()[i[0] * rank + i[1]] + if i[0] == i[1] { weight } else { 0.0 };
        let equations = Positive::new(&Tensor::from_fn(&[rank, rank], ridge)?)?;
        let dual = &mut self.duals[system.mode];
        let mut free = vec![0.0; rows.len()];
        for _ in 0..self.passes {
            for ((free, right), (x, u)) in free.iter_mut().zip(system.right).zip(rows.iter().zip(&*dual)) {
                *free = right + weight * (x + u);
            }
            equations.solve_rows(&mut free)?;
            let before = rows.to_vec();
            for ((x, free), u) in rows.iter_mut().zip(&free).zip(&*dual) {
                *x = free - u;
            }
            constraint.apply(rows, rank, 1.0 / weight);
            let (mut apart, mut moved, mut size) = (0.0, 0.0, 0.0);
            for (((x, free), u), before) in rows.iter().zip(&free).zip(&mut *dual).zip(&before) {
                *u += x - free;
                apart += (x - free).powi(2);
                moved += (x - before).powi(2);
                size += x * x;
            }
            if apart.max(moved) <= Self::SETTLED * size {
                break;
            }
        }
        Ok(())
    }
}
