//! A contraction by its definition: every product of elements, summed. The oracle of everything faster.
//!
//! The loops run over all values of all indices at once, so the time is the product of all sizes: for tests and for
//! sums of some millions of terms, not for work.

use schur_tensor::semiring::{Semiring, SemiringError};
use schur_tensor::{ShapeError, Tensor, View, next_index};
use thiserror::Error;

use crate::Contraction;
use crate::language::Bound;

/// Why a contraction has no value for the operands given.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReferenceError {
    /// There are more or fewer operands than the contraction has.
    #[error("the contraction has {expected} operands, but {found} tensors are given")]
    Operands {
        /// Operands of the contraction.
        expected: usize,
        /// Tensors given.
        found: usize,
    },
    /// The shape of an operand is not that of its indices.
    #[error("operand {operand} has shape {found:?}, but its indices have the sizes {expected:?}")]
    Operand {
        /// The operand.
        operand: usize,
        /// The sizes of its indices.
        expected: Vec<usize>,
        /// The shape given.
        found: Vec<usize>,
    },
    /// The result is too large.
    #[error("the result cannot be made: {0}")]
    Result(#[from] ShapeError),
    /// An operand holds what is not an element of the semiring.
    #[error("operand {operand} at {index:?}: {source}")]
    Element {
        /// The operand.
        operand: usize,
        /// Where in it.
        index: Vec<usize>,
        /// What is wrong with the element.
        source: SemiringError,
    },
    /// A sum or a product has no result.
    #[error("the element {index:?} of the result: {source}")]
    Arithmetic {
        /// Which element of the result.
        index: Vec<usize>,
        /// Why it has no value.
        source: SemiringError,
    },
}

/// Contracts operands by the definition of [`Contraction`], in one loop over all values of all indices.
///
/// Terms are added in the order of the indices' numbers, the last one fastest; factors from left to right.
///
/// # Shapes
/// Operand `k`: [`operand_shape(k)`](Contraction::operand_shape); result: [`output_shape`](Contraction::output_shape).
/// # Errors
/// [`ReferenceError`] if shapes differ from those, or the semiring refuses an element, a product or a sum.
/// # Cost
/// The product of the sizes of all indices that occur, times the number of operands.
/// # Source
/// M. Wenig et al., *The Syntax and Semantics of einsum*, 2025 (arXiv 2509.20020), section 4; there an index of the
/// output must occur in an operand.
/// # Examples
/// ```
/// use schur_einsum::{Contraction, reference};
/// use schur_tensor::Tensor;
/// use schur_tensor::semiring::{Semiring, SemiringError};
///
/// // Longest walks: addition is the maximum, multiplication the sum.
/// struct Longest;
/// impl Semiring for Longest {
///     type Element = f64;
///     fn name(&self) -> &'static str { "max-plus" }
///     fn zero(&self) -> f64 { f64::NEG_INFINITY }
///     fn one(&self) -> f64 { 0.0 }
///     fn add(&self, a: &f64, b: &f64) -> Result<f64, SemiringError> { Ok(a.max(*b)) }
///     fn multiply(&self, a: &f64, b: &f64) -> Result<f64, SemiringError> { Ok(a + b) }
/// }
///
/// let names = ["i", "j", "k"].map(String::from).to_vec();
/// let product = Contraction::new(vec![vec![0, 1], vec![1, 2]], vec![0, 2], vec![2, 2, 2], names)?;
/// let edges = Tensor::new(&[2, 2], vec![1.0, 5.0, 0.0, 2.0])?;
/// let walks = reference::contract(&Longest, &product, &[edges.view(), edges.view()])?;
/// assert_eq!(walks.data(), [5.0, 7.0, 2.0, 5.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn contract<S: Semiring>(
    semiring: &S,
    contraction: &Contraction,
    operands: &[View<'_, S::Element>],
) -> Result<Tensor<S::Element>, ReferenceError> {
    check_shapes(contraction, operands)?;
    check_elements(semiring, operands)?;
    let mut result = Tensor::filled(&contraction.output_shape(), semiring.zero())?;
    let (strides, sizes) = loops(contraction, operands, result.view().strides());
    if sizes.contains(&0) {
        return Ok(result);
    }
    let mut values = vec![0; sizes.len()];
    loop {
        let at = |tensor: usize| -> isize {
            values.iter().zip(&strides[tensor]).map(|(&value, stride): (&usize, _)| value.cast_signed() * stride).sum()
        };
        let place = at(operands.len()).cast_unsigned();
        let factor = |k: usize| &operands[k].data()[operands[k].offset().wrapping_add_signed(at(k))];
        let sum = (1..operands.len())
            .try_fold(factor(0).clone(), |term, k| semiring.multiply(&term, factor(k)))
            .and_then(|term| semiring.add(&result.data()[place], &term))
            .map_err(|source| ReferenceError::Arithmetic { index: output_index(contraction, &values), source })?;
        result.data_mut()[place] = sum;
        if !next_index(&mut values, &sizes) {
            return Ok(result);
        }
    }
}

/// Evaluates an expression, nested ones included, by the definition.
///
/// # Shapes
/// Operands: [`Bound::shapes`]; result: [`Bound::output_shape`].
/// # Errors
/// As [`contract`]; the numbers of operands are those of the expression for shapes, those of a nested contraction else.
/// # Examples
/// ```
/// use schur_einsum::language::{Expression, Sizes};
/// use schur_einsum::reference;
/// # use schur_tensor::semiring::{Semiring, SemiringError};
/// use schur_tensor::Tensor;
/// # struct Natural;
/// # impl Semiring for Natural {
/// #     type Element = u32;
/// #     fn name(&self) -> &'static str { "natural numbers" }
/// #     fn zero(&self) -> u32 { 0 }
/// #     fn one(&self) -> u32 { 1 }
/// #     fn add(&self, a: &u32, b: &u32) -> Result<u32, SemiringError> { Ok(a + b) }
/// #     fn multiply(&self, a: &u32, b: &u32) -> Result<u32, SemiringError> { Ok(a * b) }
/// # }
///
/// let bound = Expression::parse("(ij->i),k->ik")?.bind(&[&[2, 3], &[1]], &Sizes::new())?;
/// let (matrix, scale) = (Tensor::new(&[2, 3], vec![1, 2, 3, 4, 5, 6])?, Tensor::new(&[1], vec![10])?);
/// let result = reference::evaluate(&Natural, &bound, &[matrix.view(), scale.view()])?;
/// assert_eq!((result.shape(), result.data()), (&[2, 1][..], &[60, 150][..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn evaluate<S: Semiring>(
    semiring: &S,
    bound: &Bound,
    operands: &[View<'_, S::Element>],
) -> Result<Tensor<S::Element>, ReferenceError> {
    let expected = bound.shapes().len();
    if operands.len() != expected {
        return Err(ReferenceError::Operands { expected, found: operands.len() });
    }
    for (operand, (view, expected)) in operands.iter().zip(bound.shapes()).enumerate() {
        if view.shape() != expected {
            let (expected, found) = (expected.clone(), view.shape().to_vec());
            return Err(ReferenceError::Operand { operand, expected, found });
        }
    }
    let mut results: Vec<Tensor<S::Element>> = Vec::new();
    for step in bound.steps() {
        let views: Result<Vec<_>, ShapeError> = step
            .inputs()
            .iter()
            .map(|input| match input.tensor().checked_sub(operands.len()) {
                None => input.squeezed(&operands[input.tensor()]),
                Some(earlier) => input.squeezed(&results[earlier].view()),
            })
            .collect();
        let result = contract(semiring, step.contraction(), &views?)?;
        results.push(result);
    }
    results.pop().ok_or(ReferenceError::Operands { expected: 1, found: 0 })
}

fn check_shapes<T>(contraction: &Contraction, operands: &[View<'_, T>]) -> Result<(), ReferenceError> {
    let expected = contraction.operands().len();
    if operands.len() != expected {
        return Err(ReferenceError::Operands { expected, found: operands.len() });
    }
    for (operand, view) in operands.iter().enumerate() {
        let expected = contraction.operand_shape(operand).unwrap_or_default();
        if view.shape() != expected {
            return Err(ReferenceError::Operand { operand, expected, found: view.shape().to_vec() });
        }
    }
    Ok(())
}

fn check_elements<S: Semiring>(semiring: &S, operands: &[View<'_, S::Element>]) -> Result<(), ReferenceError> {
    for (operand, view) in operands.iter().enumerate() {
        let mut index = vec![0; view.shape().len()];
        for _ in 0..view.count() {
            if let Some(position) = view.position(&index) {
                let element = semiring.check(&view.data()[position]);
                let index = index.clone();
                element.map_err(|source| ReferenceError::Element { operand, index, source })?;
            }
            next_index(&mut index, view.shape());
        }
    }
    Ok(())
}

/// The strides of each operand and of the result along every index, and how many values each index takes.
///
/// The strides of all axes with the same index add up: that is the diagonal. Indices of no tensor take one value.
fn loops<T>(
    contraction: &Contraction,
    operands: &[View<'_, T>],
    result_strides: &[isize],
) -> (Vec<Vec<isize>>, Vec<usize>) {
    let lists = contraction.operands().iter().map(Vec::as_slice).chain([contraction.output()]);
    let mut sizes = vec![1; contraction.sizes().len()];
    let mut all = Vec::new();
    for (list, strides) in lists.zip(operands.iter().map(View::strides).chain([result_strides])) {
        let mut along = vec![0; sizes.len()];
        for (&index, stride) in list.iter().zip(strides) {
            along[index] += stride;
            sizes[index] = contraction.sizes()[index];
        }
        all.push(along);
    }
    (all, sizes)
}

fn output_index(contraction: &Contraction, values: &[usize]) -> Vec<usize> {
    contraction.output().iter().map(|&index| values[index]).collect()
}
