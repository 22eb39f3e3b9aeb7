//! From text to numbers in one call, or planned once and run many times.

use schur_tensor::semiring::Semiring;
use schur_tensor::{ShapeError, Tensor, View, row_major};
use thiserror::Error;

use crate::Contraction;
use crate::execute::{ExecuteError, Plan, Workspace, check_layouts};
use crate::language::{BindError, Bound, Expression, Input, ParseError, Sizes};
use crate::order::{Limit, Options, Order, OrderError, Report, optimise};

/// How often an order is searched again because the plan took a little more memory than the order promised.
const ATTEMPTS: usize = 6;

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum EinsumError {
    /// The text is not an expression.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// The expression does not fit the operands.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// No order keeps to the limit.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// There are more or fewer orders than contractions.
    #[error("the expression takes {expected} orders, one for each expression in it, but {found} are given")]
    Orders {
        /// One more than there are nested expressions.
        expected: usize,
        /// Orders given.
        found: usize,
    },
    /// No plan keeps to the limit, though an order promised to.
    #[error("intermediate results take at least {needed} elements with all slicing tried: allow more memory")]
    Memory {
        /// What the last plan takes.
        needed: usize,
    },
    /// The contraction cannot be planned or run.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
    /// The result is too large.
    #[error(transparent)]
    Shape(#[from] ShapeError),
}

/// Contracts tensors as an expression says, with the order of pairs chosen for their shapes.
///
/// # Errors
/// [`EinsumError`], which points at the place in the text, or names the operand or the element at fault.
///
/// # Cost
/// That of the order found; the search takes microseconds for two operands, some milliseconds for ten, and tenths of a
/// second for hundreds. Plan an [`Einsum`] to search once and run many times.
///
/// # Examples
/// ```
/// use schur_einsum::einsum;
/// use schur_tensor::{Tensor, semiring::{Arithmetic, Boolean}};
///
/// let a = Tensor::new(&[2, 2], vec![1.0, 2.0, 3.0, 4.0])?;
/// let product = einsum(&Arithmetic::<f64>::new(), "ij,jk->ik", &[a.view(), a.view()])?;
/// assert_eq!(product.data(), [7.0, 10.0, 15.0, 22.0]);
///
/// // Who can be reached in two steps.
/// let edges = Tensor::new(&[3, 3], vec![false, true, false, false, false, true, false, false, false])?;
/// let two = einsum(&Boolean, "ij,jk->ik", &[edges.view(), edges.view()])?;
/// assert_eq!(two.get(&[0, 2]), Some(&true));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn einsum<S: Semiring>(
    semiring: &S,
    text: &str,
    operands: &[View<'_, S::Element>],
) -> Result<Tensor<S::Element>, EinsumError> {
    let expression = Expression::parse(text)?;
    let shapes: Vec<&[usize]> = operands.iter().map(View::shape).collect();
    let bound = expression.bind(&shapes, &Sizes::new())?;
    // Plans read forwards only.
    let is_backwards = |view: &View<'_, S::Element>| view.strides().iter().any(|&stride| stride < 0);
    let copies: Vec<_> = operands.iter().map(|view| is_backwards(view).then(|| view.to_tensor())).collect();
    let views: Vec<View<'_, S::Element>> =
        operands.iter().zip(&copies).map(|(view, copy)| copy.as_ref().map_or(view.clone(), Tensor::view)).collect();
    let strides: Vec<Vec<isize>> = views.iter().map(|view| view.strides().to_vec()).collect();
    let einsum = Einsum::with_strides(&bound, &strides, &Options::default(), &|| false)?;
    let shape = einsum.output_shape();
    let mut result = Tensor::filled(shape, semiring.zero())?;
    einsum.run(semiring, &views, result.data_mut(), &mut EinsumWorkspace::default())?;
    Ok(result)
}

/// An expression bound to shapes, with an order and a plan for each of its contractions.
///
/// # Examples
/// ```
/// use schur_einsum::{Einsum, EinsumWorkspace};
/// use schur_einsum::language::{Expression, Sizes};
/// use schur_einsum::order::Options;
/// use schur_tensor::{Tensor, semiring::Arithmetic};
///
/// let shapes: [&[usize]; 3] = [&[20, 30], &[30, 40], &[40]];
/// let bound = Expression::parse("ij,jk,k->i")?.bind(&shapes, &Sizes::new())?;
/// let einsum = Einsum::new(&bound, &Options::default(), &|| false)?;
/// let (mut result, mut workspace) = (vec![0.0; 20], EinsumWorkspace::default());
/// let ones = shapes.map(|shape| Tensor::filled(shape, 1.0).unwrap());
/// for _ in 0..3 {
///     einsum.run(&Arithmetic::<f64>::new(), &ones.each_ref().map(Tensor::view), &mut result, &mut workspace)?;
/// }
/// assert_eq!(result, [1200.0; 20]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Einsum {
    /// Shape and strides of each operand.
    operands: Vec<(Vec<usize>, Vec<isize>)>,
    steps: Vec<EinsumStep>,
}

/// One contraction of an [`Einsum`]: that of the expression itself, or of one nested in it.
#[derive(Debug, Clone)]
pub struct EinsumStep {
    contraction: Contraction,
    inputs: Vec<Input>,
    order: Order,
    report: Option<Report>,
    plan: Plan,
}

/// Memory that runs of an [`Einsum`] share.
#[derive(Debug, Clone)]
pub struct EinsumWorkspace<E> {
    plan: Workspace<E>,
    /// Results of nested expressions.
    results: Vec<Vec<E>>,
}

impl<E> Default for EinsumWorkspace<E> {
    fn default() -> Self {
        Self { plan: Workspace::default(), results: Vec::new() }
    }
}

impl Einsum {
    /// Searches an order for each contraction of row-major operands, and plans it.
    ///
    /// `stop` ends the search early, see [`optimise`].
    ///
    /// # Errors
    /// [`EinsumError::Order`] if no order keeps to the limit of the options, [`EinsumError::Execute`] if a tensor is too
    /// large to be addressed.
    pub fn new(bound: &Bound, options: &Options, stop: &(dyn Fn() -> bool + Sync)) -> Result<Self, EinsumError> {
        Self::with_strides(bound, &row_major_strides(bound), options, stop)
    }

    /// Searches and plans for operands that lie in memory with given strides, which must not be negative.
    ///
    /// # Errors
    /// As [`new`](Self::new), and if the strides are not one list for each operand with one number for each axis.
    pub fn with_strides(
        bound: &Bound,
        strides: &[Vec<isize>],
        options: &Options,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Self, EinsumError> {
        Self::build(bound, strides, |_, contraction, strides| search(contraction, strides, options, stop))
    }

    /// Plans with orders found before, one for each contraction.
    ///
    /// # Errors
    /// [`EinsumError::Orders`] if there are not as many orders as contractions, [`EinsumError::Execute`] if an order is
    /// not one of its contraction or a tensor is too large to be addressed.
    pub fn with_orders(bound: &Bound, orders: &[Order]) -> Result<Self, EinsumError> {
        let (expected, found) = (bound.steps().len(), orders.len());
        if expected != found {
            return Err(EinsumError::Orders { expected, found });
        }
        Self::build(bound, &row_major_strides(bound), |step, contraction, strides| {
            Ok((orders[step].clone(), None, Plan::with_strides(contraction, &orders[step], strides)?))
        })
    }

    fn build(
        bound: &Bound,
        strides: &[Vec<isize>],
        mut plan: impl FnMut(usize, &Contraction, &[Vec<isize>]) -> Result<(Order, Option<Report>, Plan), EinsumError>,
    ) -> Result<Self, EinsumError> {
        let operands = bound.shapes().len();
        if strides.len() != operands {
            return Err(ExecuteError::Operands { expected: operands, found: strides.len() }.into());
        }
        for (operand, (shape, strides)) in bound.shapes().iter().zip(strides).enumerate() {
            if shape.len() != strides.len() {
                let (expected, found) = (row_major(shape), strides.clone());
                return Err(ExecuteError::Strides { operand, expected, found }.into());
            }
        }
        let layouts: Vec<_> = bound.shapes().iter().cloned().zip(strides.to_vec()).collect();
        let mut strides = strides.to_vec();
        let mut steps = Vec::with_capacity(bound.steps().len());
        for (number, step) in bound.steps().iter().enumerate() {
            let kept = |input: &Input| input.kept().iter().map(|&axis| strides[input.tensor()][axis]).collect();
            let own: Vec<Vec<isize>> = step.inputs().iter().map(kept).collect();
            let (order, report, plan) = plan(number, step.contraction(), &own)?;
            strides.push(row_major(plan.output_shape()));
            let (contraction, inputs) = (step.contraction().clone(), step.inputs().to_vec());
            steps.push(EinsumStep { contraction, inputs, order, report, plan });
        }
        Ok(Self { operands: layouts, steps })
    }

    /// The shape of the result.
    pub fn output_shape(&self) -> &[usize] {
        self.steps.last().map_or(&[], |step| step.plan.output_shape())
    }

    /// The contractions in the order in which they are computed; the last gives the result.
    pub fn steps(&self) -> &[EinsumStep] {
        &self.steps
    }

    /// Elements that a run needs beside operands and result: intermediate results and those of nested expressions.
    pub fn peak(&self) -> usize {
        let nested = self.steps.iter().rev().skip(1).map(|step| step.plan.output_shape().iter().product::<usize>());
        self.steps.iter().map(|step| step.plan.peak()).max().unwrap_or(0) + nested.sum::<usize>()
    }

    /// Computes the expression into `result`, row-major, which is overwritten.
    ///
    /// A second run with the same workspace allocates nothing.
    ///
    /// # Errors
    /// As [`Plan::run`].
    pub fn run<S: Semiring>(
        &self,
        semiring: &S,
        operands: &[View<'_, S::Element>],
        result: &mut [S::Element],
        workspace: &mut EinsumWorkspace<S::Element>,
    ) -> Result<(), EinsumError> {
        check_layouts(&self.operands, operands)?;
        let EinsumWorkspace { plan: arena, results } = workspace;
        results.resize_with(self.steps.len().saturating_sub(1), Vec::new);
        for (number, step) in self.steps.iter().enumerate() {
            let (before, rest) = results.split_at_mut(number);
            let operand = |k: usize| {
                let tensor = step.inputs[k].tensor();
                match operands.get(tensor) {
                    Some(view) => &view.data()[view.offset()..],
                    None => &before[tensor - operands.len()][..],
                }
            };
            let target = match rest.first_mut() {
                None => &mut *result,
                Some(place) => {
                    place.resize(step.plan.output_shape().iter().product(), semiring.zero());
                    place
                }
            };
            step.plan.run_with(semiring, operand, target, arena)?;
        }
        Ok(())
    }
}

impl EinsumStep {
    /// What is contracted.
    pub const fn contraction(&self) -> &Contraction {
        &self.contraction
    }

    /// In which order.
    pub const fn order(&self) -> &Order {
        &self.order
    }

    /// What the search of the order says; none for an order that was given.
    pub const fn report(&self) -> Option<&Report> {
        self.report.as_ref()
    }

    /// The plan that runs it.
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }
}

fn row_major_strides(bound: &Bound) -> Vec<Vec<isize>> {
    bound.shapes().iter().map(|shape| row_major(shape)).collect()
}

/// Searches an order whose plan keeps to the limit too: kernels sum single operands before they multiply, and results
/// of different sizes leave gaps.
fn search(
    contraction: &Contraction,
    strides: &[Vec<isize>],
    options: &Options,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<(Order, Option<Report>, Plan), EinsumError> {
    let (mut tighter, mut needed) = (*options, 0);
    for _ in 0..ATTEMPTS {
        let (order, report) = optimise(contraction, &tighter, stop)?;
        let plan = Plan::with_strides(contraction, &order, strides)?;
        needed = plan.peak();
        match (&mut tighter.limit, options.limit) {
            (Some(Limit::Peak(asked)), Some(Limit::Peak(limit))) if needed as f64 > limit => {
                *asked *= (limit / needed as f64).min(0.9);
            }
            _ => return Ok((order, Some(report), plan)),
        }
    }
    Err(EinsumError::Memory { needed })
}
