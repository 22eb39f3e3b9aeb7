//! Reverse mode and tangents of a contraction.

use schur_tensor::View;
use schur_tensor::product::Mode;
use schur_tensor::semiring::Differentiable;

use super::ExecuteError;
use super::lower::{Home, Step};
use super::plan::{Plan, Workspace};
use crate::{Contraction, Order};

/// A contraction that remembers its intermediate results, so that derivatives follow.
///
/// Both directions go through the same steps: [`backward`](Self::backward) hands the cotangent of the result down to
/// the operands, [`tangent`](Self::tangent) carries tangents of the operands up. Over the real numbers each step's
/// derivative is two products like the step itself, so that all gradients together cost twice the contraction.
/// In tropical semirings the derivative of a maximum goes to the term that attains it.
///
/// # Source
/// A. Griewank, A. Walther, *Evaluating Derivatives*, 2nd edition, 2008, chapter 3.
///
/// # Examples
/// ```
/// use schur_einsum::{Contraction, Order};
/// use schur_einsum::execute::{Derivative, Tape};
/// use schur_tensor::{Tensor, semiring::Arithmetic};
///
/// // The sum of x[i] * y[i]: its gradient with respect to x is y.
/// let contraction = Contraction::new(vec![vec![0], vec![0]], vec![], vec![3], vec!["i".to_owned()])?;
/// let derivative = Derivative::new(&contraction, &Order::left_to_right(&contraction))?;
/// let (x, y) = (Tensor::new(&[3], vec![1.0, 2.0, 3.0])?, Tensor::new(&[3], vec![5.0, 7.0, 11.0])?);
/// let (real, mut tape, mut sum, mut gradient) = (Arithmetic::<f64>::new(), Tape::default(), [0.0], [0.0; 3]);
/// derivative.forward(&real, &[x.view(), y.view()], &mut sum, &mut tape)?;
/// derivative.backward(&real, &[x.view(), y.view()], &sum, &[1.0], &mut [Some(&mut gradient), None], &mut tape)?;
/// assert_eq!((sum, gradient), ([52.0], [5.0, 7.0, 11.0]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Derivative {
    plan: Plan,
}

/// What a [`Derivative`] remembers of its last forward run.
#[derive(Debug, Clone)]
pub struct Tape<E> {
    /// Every intermediate result.
    values: Workspace<E>,
    slopes: Vec<E>,
    collapsed: Vec<E>,
}

impl<E> Default for Tape<E> {
    fn default() -> Self {
        Self { values: Workspace::default(), slopes: Vec::new(), collapsed: Vec::new() }
    }
}

impl Derivative {
    /// Plans a contraction of row-major operands.
    ///
    /// # Errors
    /// As [`Plan::new`], and [`ExecuteError::Sliced`] if the order slices an index.
    pub fn new(contraction: &Contraction, order: &Order) -> Result<Self, ExecuteError> {
        Ok(Self { plan: Plan::new(contraction, &unsliced(order)?)?.remembering()? })
    }

    /// Plans a contraction of operands with given strides, which must not be negative.
    ///
    /// # Errors
    /// As [`new`](Self::new) and [`Plan::with_strides`].
    pub fn with_strides(
        contraction: &Contraction,
        order: &Order,
        strides: &[Vec<isize>],
    ) -> Result<Self, ExecuteError> {
        Ok(Self { plan: Plan::with_strides(contraction, &unsliced(order)?, strides)?.remembering()? })
    }

    /// The plan whose derivatives these are; it keeps every intermediate result.
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Contracts the operands into `result` and remembers every intermediate result.
    ///
    /// # Errors
    /// As [`Plan::run`].
    pub fn forward<S: Differentiable>(
        &self,
        semiring: &S,
        operands: &[View<'_, S::Element>],
        result: &mut [S::Element],
        tape: &mut Tape<S::Element>,
    ) -> Result<(), ExecuteError> {
        self.plan.run(semiring, operands, result, &mut tape.values)
    }

    /// Adds to the gradients what the cotangent of the result hands back, after [`forward`](Self::forward) with the
    /// same operands.
    ///
    /// # Shapes
    /// `cotangent` lies as the result, row-major; each gradient lies as its operand does, with its strides from its
    /// first element on, and may be left out.
    ///
    /// # Errors
    /// [`ExecuteError`] if a slice does not have the shape that it should, or the semiring refuses a step.
    #[expect(clippy::too_many_arguments, reason = "the arguments of one function; a struct would only rename them")]
    pub fn backward<S: Differentiable>(
        &self,
        semiring: &S,
        operands: &[View<'_, S::Element>],
        result: &[S::Element],
        cotangent: &[S::Element],
        gradients: &mut [Option<&mut [S::Element]>],
        tape: &mut Tape<S::Element>,
    ) -> Result<(), ExecuteError>
    where
        S::Element: Default + std::ops::AddAssign,
    {
        self.plan.check_shapes(operands, result.len())?;
        self.plan.check_shapes(operands, cotangent.len())?;
        self.plan.check_reach(gradients.iter().map(|gradient| gradient.as_ref().map(|list| list.len())))?;
        if self.plan.is_empty() {
            return Ok(());
        }
        let Tape { values: Workspace { arena: values, .. }, slopes, collapsed } = tape;
        slopes.clear();
        slopes.resize_with(values.len(), S::Element::default);
        let cotangent = self.plan.collapse(cotangent, collapsed);
        let wanted = self.wanted(&gradients.iter().map(Option::is_some).collect::<Vec<_>>());
        let place = |home: Home| self.plan.place(home);
        for (number, step) in self.plan.step_list().iter().enumerate().rev() {
            let target = step.result();
            let ranges = two(step.reads().into_iter().map(place));
            let Ok([above, first, second]) =
                slopes.get_disjoint_mut([place(target), ranges[0].clone(), ranges[1].clone()])
            else {
                unreachable!("a tape keeps every tensor at a place of its own");
            };
            let above = if target == Home::Output { cotangent } else { above };
            let elements = |home: Home| self.plan.elements(home, operands, values, result);
            let done = match step {
                Step::Reduce { source: home, reduction, .. } => {
                    let gradient = match *home {
                        Home::Operand(operand) => gradients[operand].as_deref_mut(),
                        Home::Intermediate(tensor) => wanted[tensor].then_some(first),
                        Home::Output => None,
                    };
                    gradient.map_or(Ok(()), |gradient| {
                        semiring.reduce_backward(reduction, elements(*home), elements(target), above, gradient)
                    })
                }
                Step::Product { operands: homes, product, .. } => {
                    let gradients = lend(homes, gradients, [first, second], &wanted);
                    semiring.product_backward(product, homes.map(elements), elements(target), above, gradients)
                }
            };
            done.map_err(|source| ExecuteError::Step { step: number, source })?;
        }
        Ok(())
    }

    /// Which intermediate results an operand with a gradient goes into.
    fn wanted(&self, gradients: &[bool]) -> Vec<bool> {
        let mut wanted = vec![false; self.plan.intermediates()];
        for step in self.plan.step_list() {
            let any = step.reads().into_iter().any(|home| match home {
                Home::Operand(operand) => gradients[operand],
                Home::Intermediate(tensor) => wanted[tensor],
                Home::Output => false,
            });
            if let Home::Intermediate(result) = step.result() {
                wanted[result] = any;
            }
        }
        wanted
    }

    /// Computes how the result moves when the operands do, after [`forward`](Self::forward) with the same operands.
    ///
    /// # Shapes
    /// Each tangent has the shape and the strides of its operand, or is left out for an operand at rest; `tangent`
    /// lies as the result and is overwritten.
    ///
    /// # Errors
    /// [`ExecuteError`] if a tangent does not have its operand's shape, or the semiring refuses a step.
    #[expect(clippy::too_many_arguments, reason = "the arguments of one function; a struct would only rename them")]
    pub fn tangent<S: Differentiable>(
        &self,
        semiring: &S,
        operands: &[View<'_, S::Element>],
        result: &[S::Element],
        tangents: &[Option<View<'_, S::Element>>],
        tangent: &mut [S::Element],
        tape: &mut Tape<S::Element>,
    ) -> Result<(), ExecuteError>
    where
        S::Element: Default,
    {
        self.plan.check_shapes(operands, result.len())?;
        self.plan.check_shapes(operands, tangent.len())?;
        if tangents.len() != operands.len() {
            return Err(ExecuteError::Operands { expected: operands.len(), found: tangents.len() });
        }
        let filled: Vec<View<'_, S::Element>> =
            operands.iter().zip(tangents).map(|(view, tangent)| tangent.as_ref().unwrap_or(view).clone()).collect();
        self.plan.check_shapes(&filled, tangent.len())?;
        tangent.fill_with(S::Element::default);
        let moving: Vec<bool> = tangents.iter().map(Option::is_some).collect();
        if self.plan.is_empty() || !moving.contains(&true) {
            return Ok(());
        }
        let wanted = self.wanted(&moving);
        let Tape { values: Workspace { arena: values, .. }, slopes, .. } = tape;
        slopes.clear();
        slopes.resize_with(values.len(), S::Element::default);
        let place = |home: Home| self.plan.place(home);
        for (number, step) in self.plan.step_list().iter().enumerate() {
            let target = step.result();
            let [first, second] = two(step.reads().into_iter().map(place));
            let (lent, [first, second]) = super::arena::lend(slopes, place(target), [first, second]);
            let out = if target == Home::Output { &mut *tangent } else { lent };
            let elements = |home: Home| self.plan.elements(home, operands, values, result);
            let moved = |home: Home, lent| match home {
                Home::Operand(operand) => tangents[operand].as_ref().map(|view| &view.data()[view.offset()..]),
                Home::Intermediate(tensor) => wanted[tensor].then_some(lent),
                Home::Output => None,
            };
            let done = match step {
                Step::Reduce { source: home, reduction, .. } => moved(*home, first).map_or(Ok(()), |moved| {
                    semiring.reduce_tangent(reduction, elements(*home), elements(target), moved, (out, Mode::Overwrite))
                }),
                Step::Product { operands: [a, b], product, .. } => {
                    let tangents = [moved(*a, first), moved(*b, second)];
                    let out = (out, Mode::Overwrite);
                    semiring.product_tangent(product, [elements(*a), elements(*b)], elements(target), tangents, out)
                }
            };
            done.map_err(|source| ExecuteError::Step { step: number, source })?;
        }
        self.plan.repeat(tangent);
        Ok(())
    }
}

fn unsliced(order: &Order) -> Result<Order, ExecuteError> {
    if order.sliced().is_empty() {
        return Ok(order.clone());
    }
    Err(ExecuteError::Sliced { sliced: order.sliced().len() })
}

/// Where the gradients of two tensors go: to the caller, or among those of intermediate results that are wanted.
fn lend<'s, E>(
    homes: &[Home; 2],
    gradients: &'s mut [Option<&mut [E]>],
    slopes: [&'s mut [E]; 2],
    wanted: &[bool],
) -> [Option<&'s mut [E]>; 2] {
    let is_wanted = |home: Home| matches!(home, Home::Intermediate(tensor) if wanted[tensor]);
    let [first, second] = slopes;
    let [mut left, mut right] = [is_wanted(homes[0]).then_some(first), is_wanted(homes[1]).then_some(second)];
    match *homes {
        [Home::Operand(a), Home::Operand(b)] => {
            if let Ok([a, b]) = gradients.get_disjoint_mut([a, b]) {
                [left, right] = [a.as_deref_mut(), b.as_deref_mut()];
            }
        }
        [Home::Operand(a), _] => left = gradients[a].as_deref_mut(),
        [_, Home::Operand(b)] => right = gradients[b].as_deref_mut(),
        _ => {}
    }
    [left, right]
}

/// The first two of a list, or what stands for nothing.
fn two<T: Default>(mut list: impl Iterator<Item = T>) -> [T; 2] {
    [list.next().unwrap_or_default(), list.next().unwrap_or_default()]
}
