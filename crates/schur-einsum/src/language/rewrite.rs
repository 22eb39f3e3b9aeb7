//! Rewriting expressions so that their value stays.
//!
//! Every rule holds in any commutative semiring, [`Rewrite::repeated`] and its inverse excepted. Each checks on the
//! tree and the shapes that it applies, and says in its error why it does not. What a rule supposes of numbers, as that
//! an operand is a delta tensor, the caller has to know.
//!
//! | law | rules |
//! |---|---|
//! | commutation | [`commuted`](Rewrite::commuted) |
//! | nesting and flattening | [`nested`](Rewrite::nested), [`flattened`](Rewrite::flattened) |
//! | an index summed early | [`summed_early`](Rewrite::summed_early) |
//! | distribution over addition | [`distributed`](Rewrite::distributed) |
//! | duplication | [`exchanged`](Rewrite::exchanged), [`repeated`](Rewrite::repeated), [`merged`](Rewrite::merged) |
//! | delta tensors | [`with_delta`](Rewrite::with_delta), [`without_delta`](Rewrite::without_delta) |
//! | ones and zeros | [`with_ones`](Rewrite::with_ones), [`without_ones`](Rewrite::without_ones), [`annihilated`] |
//!
//! [`annihilated`]: Rewrite::annihilated
//!
//! # Source
//! M. Wenig et al., *The Syntax and Semantics of einsum*, 2025 (arXiv 2509.20020), sections 5 to 7; the rules here keep
//! the names of indices, where those of the paper connect the output of the inner expression with other names.

mod duplication;
mod identity;
mod nesting;
mod rename;
mod rewrite_error;

use std::ops::Range;

use schur_tensor::semiring::Semiring;
use schur_tensor::{ShapeError, Tensor};

pub use self::rewrite_error::RewriteError;
use super::{BindError, Bound, Expression, Index, Indices, Item, Label, Sizes, Term};

/// Which tensor an operand of a rewritten expression is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A tensor of the caller, by its number.
    Given(usize),
    /// One of the tensors that add up to another.
    Summand {
        /// The tensor that is their sum.
        of: Box<Source>,
        /// Which of them.
        summand: usize,
    },
    /// A square matrix with ones on its diagonal and zeros beside it.
    Delta {
        /// Its number of rows.
        size: usize,
    },
    /// A tensor of ones.
    Ones {
        /// Its shape.
        shape: Vec<usize>,
    },
    /// A zero without axes.
    Zero,
}

impl Source {
    /// The tensor in a semiring, if it is made of zeros and ones.
    ///
    /// # Errors
    /// [`ShapeError`] if it is too large.
    pub fn tensor<S: Semiring>(&self, semiring: &S) -> Result<Option<Tensor<S::Element>>, ShapeError> {
        match self {
            Self::Given(_) | Self::Summand { .. } => Ok(None),
            Self::Zero => Ok(Some(Tensor::scalar(semiring.zero()))),
            Self::Ones { shape } => Tensor::filled(shape, semiring.one()).map(Some),
            Self::Delta { size } => {
                let element = |at: &[usize]| if at[0] == at[1] { semiring.one() } else { semiring.zero() };
                Tensor::from_fn(&[*size, *size], element).map(Some)
            }
        }
    }
}

/// An expression with its operands and their shapes, to be rewritten.
///
/// Rules take terms by their position among [`Expression::terms`], and operands by their position in the text.
/// They give a new `Rewrite`, so that they can follow each other.
///
/// # Examples
/// ```
/// use schur_einsum::language::rewrite::{Rewrite, RewriteError, Source};
/// use schur_einsum::language::{Expression, Index, Sizes};
///
/// let chain = Rewrite::new(Expression::parse("ij,jk,kl->il")?, &[&[2, 3], &[3, 4], &[4, 5]], &Sizes::new())?;
/// let pairwise = chain.nested(&[1, 2])?;
/// assert_eq!(pairwise.expression().to_string(), "ij,(jk,kl->jl)->il");
/// assert_eq!(pairwise.flattened()?.expression(), chain.expression());
///
/// let swapped = pairwise.commuted(&[1, 0])?;
/// assert_eq!(swapped.expression().to_string(), "(jk,kl->jl),ij->il");
/// assert_eq!(swapped.sources(), [Source::Given(1), Source::Given(2), Source::Given(0)]);
///
/// let early = chain.summed_early(0, &Index::new("j")?);
/// assert!(matches!(early, Err(RewriteError::Shared { .. })), "another term has j");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    expression: Expression,
    sources: Vec<Source>,
    shapes: Vec<Vec<usize>>,
    sizes: Sizes,
    bound: Bound,
}

impl Rewrite {
    /// Begins with an expression, one tensor for each operand.
    ///
    /// # Errors
    /// [`BindError`] if the shapes do not fit the expression.
    pub fn new(expression: Expression, shapes: &[&[usize]], sizes: &Sizes) -> Result<Self, BindError> {
        let tensors: Vec<usize> = (0..shapes.len()).collect();
        Self::with_operands(expression, &tensors, shapes, sizes)
    }

    /// Begins with an expression in which a tensor may be several operands: `tensors` has the number of each operand's.
    ///
    /// # Shapes
    /// One for each operand.
    /// # Errors
    /// [`BindError`] if the shapes do not fit the expression.
    pub fn with_operands(
        expression: Expression,
        tensors: &[usize],
        shapes: &[&[usize]],
        sizes: &Sizes,
    ) -> Result<Self, BindError> {
        let bound = expression.bind(shapes, sizes)?;
        if tensors.len() != shapes.len() {
            let at = super::Excerpt::new(expression.source(), &[expression.span()]);
            return Err(BindError::Operands { expected: shapes.len(), found: tensors.len(), at });
        }
        let sources = tensors.iter().map(|&tensor| Source::Given(tensor)).collect();
        let shapes = bound.shapes().to_vec();
        Ok(Self { expression, sources, shapes, sizes: sizes.clone(), bound })
    }

    /// The expression.
    pub const fn expression(&self) -> &Expression {
        &self.expression
    }

    /// Which tensor each operand is.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The expression with the shapes of its operands.
    pub const fn bound(&self) -> &Bound {
        &self.bound
    }

    /// Sizes of indices that no operand has.
    pub const fn sizes(&self) -> &Sizes {
        &self.sizes
    }

    /// Reorders the terms: term `k` of the result is term `order[k]` of this.
    ///
    /// # Errors
    /// [`RewriteError::Permutation`] unless each term occurs once.
    pub fn commuted(&self, order: &[usize]) -> Result<Self, RewriteError> {
        let terms = self.expression.terms();
        let mut sorted = order.to_vec();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..terms.len()) {
            return Err(RewriteError::Permutation { order: order.to_vec(), terms: terms.len() });
        }
        let ranges = operand_ranges(terms);
        let operands: Vec<usize> = order.iter().flat_map(|&term| ranges[term].clone()).collect();
        let terms = order.iter().map(|&term| terms[term].clone()).collect();
        self.rebuilt(terms, self.expression.explicit_output(), &self.picked(&operands))
    }

    /// Splits an operand into tensors of its shape that add up to it: the values of the results add up to the value.
    ///
    /// The operand may stand at any depth; where a tensor is several operands, the others stay whole.
    ///
    /// # Errors
    /// [`RewriteError::Operand`] if there is no such operand.
    pub fn distributed(&self, operand: usize, summands: usize) -> Result<Vec<Self>, RewriteError> {
        let operands = self.sources.len();
        let source = self.sources.get(operand).ok_or(RewriteError::Operand { operand, operands })?;
        let with = |summand: usize| {
            let mut part = self.clone();
            part.sources[operand] = Source::Summand { of: Box::new(source.clone()), summand };
            part
        };
        Ok((0..summands).map(with).collect())
    }

    /// The sources and shapes of some operands.
    fn picked(&self, operands: &[usize]) -> Vec<(Source, Vec<usize>)> {
        operands.iter().map(|&operand| (self.sources[operand].clone(), self.shapes[operand].clone())).collect()
    }

    /// Puts a rewritten expression together and checks that all its indices have the sizes that they had.
    fn rebuilt(
        &self,
        terms: Vec<Term>,
        output: Indices,
        operands: &[(Source, Vec<usize>)],
    ) -> Result<Self, RewriteError> {
        let expression = Expression::new(terms, Some(output))?;
        let (sources, shapes): (Vec<_>, Vec<_>) = operands.iter().cloned().unzip();
        let views: Vec<&[usize]> = shapes.iter().map(Vec::as_slice).collect();
        let sizes = self.sizes_for(&expression);
        let bound = expression.bind(&views, &sizes)?;
        let before = self.index_sizes();
        let changed = |(name, size): (&String, &usize)| {
            let old = before.get(name).copied().filter(|old| old != size)?;
            Some(RewriteError::Size { index: name.clone(), before: old, after: *size })
        };
        let rewrite = Self { expression, sources, shapes, sizes, bound };
        match rewrite.index_sizes().iter().find_map(changed) {
            Some(error) => Err(error),
            None => Ok(rewrite),
        }
    }

    /// The sizes that a rewritten expression needs: of the indices of outputs that no operand has.
    fn sizes_for(&self, expression: &Expression) -> Sizes {
        let mut free = Vec::new();
        free_indices(expression, &mut free);
        let own = self.index_sizes();
        let size = |name: &String| self.sizes.get(name).or_else(|| own.get(name)).copied();
        free.into_iter().filter_map(|name| size(&name).map(|size| (name, size))).collect()
    }

    /// The sizes of the outermost expression's indices by name.
    fn index_sizes(&self) -> Sizes {
        let Some(step) = self.bound.steps().last() else { return Sizes::new() };
        let contraction = step.contraction();
        contraction.names().iter().cloned().zip(contraction.sizes().iter().copied()).collect()
    }

    /// The term at a position.
    fn term(&self, term: usize) -> Result<&Term, RewriteError> {
        let terms = self.expression.terms();
        terms.get(term).ok_or(RewriteError::Term { term, terms: terms.len() })
    }

    /// The indices of a term that is an operand, and which one.
    fn plain(&self, term: usize) -> Result<(&Indices, usize), RewriteError> {
        match self.term(term)? {
            Term::Operand(indices) => Ok((indices, operand_ranges(self.expression.terms())[term].start)),
            nested @ Term::Nested(_) => Err(RewriteError::Nested { term, nested: nested.to_string() }),
        }
    }
}

/// The operands that each term takes.
fn operand_ranges(terms: &[Term]) -> Vec<Range<usize>> {
    let mut next = 0;
    let mut range = |term: &Term| {
        let start = next;
        next += term.operand_count();
        start..next
    };
    terms.iter().map(&mut range).collect()
}

/// Collects the names of the output's indices that no term has, of nested expressions too.
fn free_indices(expression: &Expression, free: &mut Vec<String>) {
    let output = expression.explicit_output();
    let terms = expression.terms();
    let own = output.items().iter().filter_map(Item::index);
    let own = own.filter(|&index| !terms.iter().any(|term| term.contains(&Label::Index(index.clone()))));
    free.extend(own.map(Index::to_string));
    for term in terms {
        if let Term::Nested(nested) = term {
            free_indices(nested, free);
        }
    }
}
