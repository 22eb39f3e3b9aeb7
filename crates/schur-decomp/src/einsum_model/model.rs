//! What may be fitted: the indices of each factor and of the result, and the size of each index.

use schur_einsum::Contraction;
use schur_einsum::language::{Expression, Item, Term};

use crate::DecompError;

/// A model that is linear in each of its factors, and that has a size for each index.
///
/// # Examples
/// ```
/// use schur_decomp::einsum_model::EinsumModel;
///
/// let tucker = EinsumModel::new("ia,jb,kc,abc->ijk", &[("a", 2), ("b", 3), ("c", 2)], &[10, 11, 12])?;
/// assert_eq!(tucker.factor_shape(3), [2, 3, 2]);
/// assert_eq!(tucker.parameters(), 10 * 2 + 11 * 3 + 12 * 2 + 2 * 3 * 2);
/// assert!(EinsumModel::new("iir,jr->ij", &[("r", 2)], &[4, 5]).is_err(), "off-diagonal elements would be free");
/// # Ok::<(), schur_decomp::DecompError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct EinsumModel {
    contraction: Contraction,
}

impl EinsumModel {
    /// Reads a model; `inner` has the size of each index that the result does not keep, `shape` those of the result.
    ///
    /// # Errors
    /// [`DecompError::Einsum`] for text that is no expression, [`DecompError::ModelText`] and [`DecompError::Model`] for
    /// one that cannot be fitted (see [`from_contraction`](Self::from_contraction)) or an index without a size,
    /// [`DecompError::Count`] if the result has another number of axes than the shape.
    pub fn new(text: &str, inner: &[(&str, usize)], shape: &[usize]) -> Result<Self, DecompError> {
        let expression = Expression::parse(text).map_err(schur_einsum::EinsumError::from)?;
        let wrong = |problem| DecompError::ModelText { text: text.to_owned(), problem };
        let output = expression.explicit_output();
        let mut names = Vec::new();
        let mut number = |items: &[Item]| -> Result<Vec<usize>, DecompError> {
            items
                .iter()
                .map(|item| place(&mut names, item).ok_or_else(|| wrong("has an ellipsis: name each axis")))
                .collect()
        };
        let output = number(output.items())?;
        let mut factors = Vec::new();
        for term in expression.terms() {
            if matches!(term, Term::Nested(..)) {
                return Err(wrong("has a nested expression: write one flat product of factors"));
            }
            factors.push(number(term.labels())?);
        }
        if output.len() != shape.len() {
            let (expected, found) = (shape.len(), output.len());
            return Err(DecompError::Count { what: "indices of the result, one for each mode", expected, found });
        }
        let mut sizes = vec![None; names.len()];
        output.iter().zip(shape).for_each(|(&index, &size)| sizes[index] = Some(size));
        for &(name, size) in inner {
            let place = names.iter().position(|known| known == name).filter(|place| sizes[*place].is_none());
            let problem = "is given a size, but is none that is summed over: leave it out";
            let place = place.ok_or_else(|| DecompError::Model { index: name.to_owned(), problem })?;
            sizes[place] = Some(size);
        }
        let problem = "has no size: give one";
        let known = |(size, name): (Option<usize>, &String)| {
            size.ok_or_else(|| DecompError::Model { index: name.clone(), problem })
        };
        let sizes = sizes.into_iter().zip(&names).map(known).collect::<Result<Vec<_>, _>>()?;
        Self::from_contraction(Contraction::new(factors, output, sizes, names)?)
    }

    /// Takes a contraction as a model, operands as factors.
    ///
    /// # Errors
    /// [`DecompError::Model`] for an index that is empty, that a factor or the result has twice, that the result alone
    /// has, or that one factor alone has and the result has not; [`DecompError::Count`] for fewer than two factors.
    pub fn from_contraction(contraction: Contraction) -> Result<Self, DecompError> {
        let factors = contraction.operands();
        if factors.len() < 2 {
            return Err(DecompError::Count { what: "factors, two or more", expected: 2, found: factors.len() });
        }
        for (index, &size) in contraction.sizes().iter().enumerate() {
            let holders = factors.iter().filter(|factor| factor.contains(&index)).count();
            let kept = contraction.output().contains(&index);
            let twice = |list: &[usize]| list.iter().filter(|&&other| other == index).count() > 1;
            let problem = if size == 0 {
                "has size 0: give one or more"
            } else if factors.iter().any(|factor| twice(factor)) {
                "occurs twice in a factor, whose elements off the diagonal nothing would determine: use two indices"
            } else if twice(contraction.output()) {
                "occurs twice in the result: use two indices"
            } else if kept && holders == 0 {
                "is in no factor, so all slices of the result are the same: give it to a factor"
            } else if !kept && holders < 2 {
                "is summed over in one factor alone, which adds nothing: leave it out"
            } else {
                continue;
            };
            return Err(DecompError::Model { index: contraction.names()[index].clone(), problem });
        }
        Ok(Self { contraction })
    }

    /// The indices of factors and result, and their sizes.
    pub const fn contraction(&self) -> &Contraction {
        &self.contraction
    }

    /// How many factors there are.
    pub fn factors(&self) -> usize {
        self.contraction.operands().len()
    }

    /// The size of each axis of a factor; none beyond the last.
    pub fn factor_shape(&self, factor: usize) -> Vec<usize> {
        self.contraction.operand_shape(factor).unwrap_or_default()
    }

    /// The size of each mode of the result.
    pub fn shape(&self) -> Vec<usize> {
        self.contraction.output_shape()
    }

    /// The number of numbers that all factors take together.
    pub fn parameters(&self) -> usize {
        (0..self.factors()).map(|factor| self.factor_shape(factor).iter().product::<usize>()).sum()
    }
}

/// The number of an index by its name; none for an ellipsis.
fn place(names: &mut Vec<String>, item: &Item) -> Option<usize> {
    let name = item.index()?.name();
    Some(names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    }))
}
