//! Block terms: a tensor of order three as a sum of few blocks of low multilinear rank.
//!
//! $$ x_{ijk} \approx \sum_r \Big( \sum_{a < L} A_{i r a} B_{j r a} \Big) c_{k r} \qquad
//!    x_{ijk} \approx \sum_r \sum_{a, b, c} g_{r a b c}\, A_{i r a} B_{j r b} C_{k r c} $$
//!
//! Both are models of [`einsum_model`](crate::einsum_model); here are their names, and their terms one by one.

use schur_tensor::{Tensor, View};

use crate::einsum_model::{EinsumForm, EinsumModel, EinsumOptions, continue_einsum, fit_einsum};
use crate::fit::Observer;
use crate::{DecompError, Fit, Scalar};

/// Which blocks are summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// A matrix of this rank in the first two modes, times a vector in the third: rank `(L, L, 1)`.
    MatrixVector(usize),
    /// A small core, and a matrix for each mode: rank `(L, M, N)`.
    Core([usize; 3]),
}

impl Block {
    const fn text(self) -> &'static str {
        match self {
            Self::MatrixVector(_) => "ira,jra,kr->ijk",
            Self::Core(_) => "ira,jrb,krc,rabc->ijk",
        }
    }

    fn inner(self, terms: usize) -> Vec<(&'static str, usize)> {
        match self {
            Self::MatrixVector(rank) => vec![("r", terms), ("a", rank)],
            Self::Core([a, b, c]) => vec![("r", terms), ("a", a), ("b", b), ("c", c)],
        }
    }
}

/// A sum of blocks.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockTerms<T> {
    block: Block,
    terms: usize,
    form: EinsumForm<T>,
}

impl<T: Scalar> BlockTerms<T> {
    /// The factors, with the terms as an index of each.
    ///
    /// # Shapes
    /// `[I, terms, L], [J, terms, L], [K, terms]`, or `[I, terms, L], [J, terms, M], [K, terms, N], [terms, L, M, N]`.
    pub const fn form(&self) -> &EinsumForm<T> {
        &self.form
    }

    /// The number of terms.
    pub const fn terms(&self) -> usize {
        self.terms
    }

    /// One term, multiplied out; terms keep the order in which they were found.
    ///
    /// # Errors
    /// [`DecompError::Rank`] if there is no such term.
    pub fn term(&self, term: usize) -> Result<Tensor<T>, DecompError> {
        if term >= self.terms {
            let what = "terms, counted from zero".to_owned();
            return Err(DecompError::Rank { what, rank: term, most: self.terms.saturating_sub(1) });
        }
        let model = EinsumModel::new(self.block.text(), &self.block.inner(1), &self.form.model().shape())?;
        let last = model.factors() - 1;
        let mut factors = Vec::with_capacity(model.factors());
        for (place, factor) in self.form.factors().iter().enumerate() {
            let axis = if place == last && matches!(self.block, Block::Core(_)) { 0 } else { 1 };
            let view = factor.view();
            let mut shape = view.shape().to_vec();
            shape[axis] = 1;
            let offset = term * view.strides()[axis].unsigned_abs();
            factors.push(View::new(factor.data(), offset, &shape, view.strides())?.to_tensor());
        }
        EinsumForm::new(model, factors)?.to_tensor()
    }

    /// All terms together.
    ///
    /// # Errors
    /// As [`EinsumForm::to_tensor`].
    pub fn to_tensor(&self) -> Result<Tensor<T>, DecompError> {
        self.form.to_tensor()
    }
}

/// Fits a sum of blocks to a tensor of order three.
///
/// # Errors
/// As [`fit_einsum`]; [`DecompError::Count`] for a tensor of another order.
/// # Cost
/// As [`fit_einsum`]: the equations of the cores take `(terms L M N)^2` numbers.
/// # Source
/// L. De Lathauwer, *Decompositions of a higher-order tensor in block terms*, 2008.
/// # Examples
/// ```
/// use schur_decomp::block_term::{Block, block_terms};
/// use schur_decomp::einsum_model::EinsumOptions;
/// use schur_decomp::fit::unobserved;
/// use schur_tensor::Tensor;
///
/// let tensor = Tensor::from_fn(&[6, 6, 4], |i| ((i[0] + i[1]) as f64).sin() * (1.0 + i[2] as f64))?;
/// let (form, fit) = block_terms(&tensor, 1, Block::MatrixVector(2), &EinsumOptions::default(), &mut unobserved)?;
/// assert!(fit.relative_error < 1e-10);
/// assert_eq!(form.term(0)?.shape(), [6, 6, 4]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn block_terms<T: Scalar>(
    tensor: &Tensor<T>,
    terms: usize,
    block: Block,
    options: &EinsumOptions,
    observer: Observer<'_>,
) -> Result<(BlockTerms<T>, Fit), DecompError> {
    let (form, fit) = fit_einsum(tensor, block.text(), &block.inner(terms), options, observer)?;
    Ok((BlockTerms { block, terms, form }, fit))
}

/// Goes on with blocks fitted before.
///
/// # Errors
/// As [`continue_einsum`].
pub fn continue_block_terms<T: Scalar>(
    tensor: &Tensor<T>,
    blocks: BlockTerms<T>,
    options: &EinsumOptions,
    observer: Observer<'_>,
) -> Result<(BlockTerms<T>, Fit), DecompError> {
    let (form, fit) = continue_einsum(tensor, blocks.form, options, observer)?;
    Ok((BlockTerms { form, ..blocks }, fit))
}
