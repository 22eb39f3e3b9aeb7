//! The form itself: bases at the leaves, transfer tensors above them.

use schur_tensor::{Real, Tensor, View};

use crate::matrix::{gram, multiply};
use crate::modes::{mode_product, reshaped, rounded};
use crate::{DecompError, Scalar, residual};

/// A part of the tree: a basis of what its modes can be.
#[derive(Debug, Clone, PartialEq)]
pub enum Node<T> {
    /// One mode: `[n, r]`.
    Leaf(Tensor<T>),
    /// Several parts: how their bases make up its own.
    Branch {
        /// The parts, in the order of their modes.
        children: Vec<Self>,
        /// `[r_1, ..., r_m, r]`, a rank for each part and its own at the end.
        transfer: Tensor<T>,
    },
}

/// A tensor as a tree of bases; the root has rank one.
#[derive(Debug, Clone, PartialEq)]
pub struct HierarchicalTucker<T> {
    root: Node<T>,
}

impl<T: Scalar> Node<T> {
    /// How many vectors its basis has.
    pub fn rank(&self) -> usize {
        match self {
            Self::Leaf(basis) => basis.shape().last().copied().unwrap_or(1),
            Self::Branch { transfer, .. } => transfer.shape().last().copied().unwrap_or(1),
        }
    }

    fn check(&self) -> Result<(), DecompError> {
        let mismatch = |what: &str, expected: Vec<usize>, found: &Tensor<T>| {
            Err(DecompError::Mismatch { what: what.to_owned(), expected, found: found.shape().to_vec() })
        };
        match self {
            Self::Leaf(basis) if basis.shape().len() == 2 => Ok(()),
            Self::Leaf(basis) => mismatch("the basis of a leaf", vec![0, 0], basis),
            Self::Branch { children, transfer } => {
                children.iter().try_for_each(Self::check)?;
                let expected: Vec<usize> = children.iter().map(Self::rank).chain([self.rank()]).collect();
                let fits = transfer.shape() == expected;
                if fits { Ok(()) } else { mismatch("a transfer tensor", expected, transfer) }
            }
        }
    }

    fn shape(&self, shape: &mut Vec<usize>) {
        match self {
            Self::Leaf(basis) => shape.push(basis.shape()[0]),
            Self::Branch { children, .. } => children.iter().for_each(|child| child.shape(shape)),
        }
    }

    fn parameters(&self) -> usize {
        match self {
            Self::Leaf(basis) => basis.data().len(),
            Self::Branch { children, transfer } => {
                transfer.data().len() + children.iter().map(Self::parameters).sum::<usize>()
            }
        }
    }

    /// The basis multiplied out, `[all its modes, r]`.
    fn basis(&self) -> Result<Tensor<T>, DecompError> {
        match self {
            Self::Leaf(basis) => Ok(basis.clone()),
            Self::Branch { children, transfer } => {
                let mut result = transfer.clone();
                for (axis, child) in children.iter().enumerate() {
                    result = mode_product(&result, axis, &child.basis()?.view().permuted(&[1, 0])?)?;
                }
                let rank = self.rank();
                let rows = result.data().len() / rank.max(1);
                reshaped(result, &[rows, rank])
            }
        }
    }

    /// The row of the basis at the indices of its modes, which are taken off the front.
    fn row(&self, index: &mut &[usize]) -> Vec<T> {
        match self {
            Self::Leaf(basis) => {
                let rank = basis.shape()[1];
                let Some((&i, rest)) = index.split_first() else { return Vec::new() };
                *index = rest;
                basis.data()[i * rank..][..rank].to_vec()
            }
            Self::Branch { children, transfer } => {
                let mut numbers = transfer.data().to_vec();
                for child in children {
                    let row = child.row(index);
                    let behind = numbers.len() / row.len().max(1);
                    let mut sums = vec![<T as Real>::ZERO; behind];
                    for (&weight, part) in row.iter().zip(numbers.chunks_exact(behind.max(1))) {
                        sums.iter_mut().zip(part).for_each(|(sum, &x)| *sum += weight * x);
                    }
                    numbers = sums;
                }
                numbers
            }
        }
    }

    /// The Gram matrix of the basis.
    fn gram(&self) -> Result<Tensor<f64>, DecompError> {
        match self {
            Self::Leaf(basis) => gram(basis),
            Self::Branch { children, transfer } => {
                let mut image = transfer.clone();
                for (axis, child) in children.iter().enumerate() {
                    image = mode_product(&image, axis, &rounded::<T>(&child.gram()?)?.view())?;
                }
                let rank = self.rank();
                let rows = transfer.data().len() / rank.max(1);
                let flat = [rank.cast_signed(), 1];
                let left = View::new(transfer.data(), 0, &[rows, rank], &flat)?.permuted(&[1, 0])?;
                let product = multiply(&left, &View::new(image.data(), 0, &[rows, rank], &flat)?)?;
                crate::modes::widened(&product)
            }
        }
    }
}

impl<T: Scalar> HierarchicalTucker<T> {
    /// Takes a tree for a form.
    ///
    /// # Errors
    /// [`DecompError::Mismatch`] for a transfer tensor that does not fit its parts, [`DecompError::Rank`] for a root of
    /// rank other than one.
    pub fn new(root: Node<T>) -> Result<Self, DecompError> {
        root.check()?;
        if root.rank() != 1 {
            return Err(DecompError::Rank { what: "the root of a tree".to_owned(), rank: root.rank(), most: 1 });
        }
        Ok(Self { root })
    }

    /// The tree.
    pub const fn root(&self) -> &Node<T> {
        &self.root
    }

    /// The size of each mode.
    pub fn shape(&self) -> Vec<usize> {
        let mut shape = Vec::new();
        self.root.shape(&mut shape);
        shape
    }

    /// The number of numbers it takes.
    pub fn parameters(&self) -> usize {
        self.root.parameters()
    }

    /// The element at a multi-index; none outside the shape.
    pub fn get(&self, index: &[usize]) -> Option<T> {
        let shape = self.shape();
        if index.len() != shape.len() || index.iter().zip(&shape).any(|(i, size)| i >= size) {
            return None;
        }
        self.root.row(&mut &*index).first().copied()
    }

    /// Multiplies it out.
    ///
    /// # Errors
    /// [`DecompError::Shape`] if the tensor cannot be held.
    pub fn to_tensor(&self) -> Result<Tensor<T>, DecompError> {
        reshaped(self.root.basis()?, &self.shape())
    }

    /// The Frobenius norm, from the Gram matrices of the bases.
    ///
    /// # Errors
    /// [`DecompError::Shape`] if a Gram matrix cannot be held.
    pub fn norm(&self) -> Result<f64, DecompError> {
        Ok(self.root.gram()?.data().first().map_or(0.0, |square| square.max(0.0).sqrt()))
    }

    /// The relative error against data whose squares sum up to `whole`, element by element.
    pub(super) fn residual(&self, data: &Tensor<T>, whole: f64) -> Result<f64, DecompError> {
        let Node::Branch { children, transfer } = &self.root else {
            let full = self.root.basis()?;
            return Ok((crate::check::distance_squared(data.data(), full.data()) / whole).sqrt());
        };
        let mut rest = transfer.clone();
        for (axis, child) in children.iter().enumerate().skip(1) {
            rest = mode_product(&rest, axis, &child.basis()?.view().permuted(&[1, 0])?)?;
        }
        let rank = children[0].rank();
        let columns = rest.data().len() / rank.max(1);
        let rest = reshaped(rest, &[rank, columns])?;
        let first = children[0].basis()?;
        let mut leading = Vec::new();
        children[0].shape(&mut leading);
        let squared = residual::squared(data, leading.len(), |rows| {
            let part = View::new(first.data(), rows.start * rank, &[rows.len(), rank], &[rank.cast_signed(), 1])?;
            multiply(&part, &rest.view())
        })?;
        Ok((squared / whole).sqrt())
    }
}
