//! The form itself: cores, and what can be asked of them.

use schur_tensor::{Real, Tensor, View};

use crate::matrix::multiply;
use crate::modes::reshaped;
use crate::{DecompError, Scalar, check, residual};

/// A tensor whose element `(i_1, ..., i_d)` is the product of the matrices `cores[k][:, i_k, :]`.
///
/// # Examples
/// ```
/// use schur_decomp::train::TensorTrain;
/// use schur_tensor::Tensor;
///
/// // i + j, from the row (i, 1) and the column (1, j).
/// let first = Tensor::from_fn(&[1, 3, 2], |i| if i[2] == 0 { i[1] as f64 } else { 1.0 })?;
/// let last = Tensor::from_fn(&[2, 3, 1], |i| if i[0] == 0 { 1.0 } else { i[1] as f64 })?;
/// let train = TensorTrain::new(vec![first, last])?;
/// assert_eq!(train.get(&[2, 1]), Some(3.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TensorTrain<T> {
    pub(super) cores: Vec<Tensor<T>>,
}

impl<T: Scalar> TensorTrain<T> {
    /// Takes cores together.
    ///
    /// # Shapes
    /// `cores[k]: [r_k, n_k, r_(k+1)]`, with `r_0 = r_d = 1`.
    /// # Errors
    /// [`DecompError::Count`] for no core, [`DecompError::Mismatch`] for one that does not fit its neighbours.
    pub fn new(cores: Vec<Tensor<T>>) -> Result<Self, DecompError> {
        if cores.is_empty() {
            return Err(DecompError::Count { what: "cores of a tensor train", expected: 1, found: 0 });
        }
        check::bonds("train", &cores, 1)?;
        Ok(Self { cores })
    }

    /// The cores, `[r_k, n_k, r_(k+1)]`.
    pub fn cores(&self) -> &[Tensor<T>] {
        &self.cores
    }

    /// Gives the cores away.
    pub fn into_cores(self) -> Vec<Tensor<T>> {
        self.cores
    }

    /// The size of each mode.
    pub fn shape(&self) -> Vec<usize> {
        self.cores.iter().map(|core| core.shape()[1]).collect()
    }

    /// The ranks of the bonds between cores, one fewer than cores.
    pub fn ranks(&self) -> Vec<usize> {
        self.cores[1..].iter().map(|core| core.shape()[0]).collect()
    }

    /// The number of numbers it takes.
    pub fn parameters(&self) -> usize {
        self.cores.iter().map(|core| core.data().len()).sum()
    }

    /// The element at a multi-index; none outside the shape.
    ///
    /// # Cost
    /// `2 r^2` operations a mode.
    pub fn get(&self, index: &[usize]) -> Option<T> {
        if index.len() != self.cores.len() || index.iter().zip(&self.cores).any(|(&i, core)| i >= core.shape()[1]) {
            return None;
        }
        let mut row = vec![<T as Real>::ONE];
        for (&i, core) in index.iter().zip(&self.cores) {
            let (size, right) = (core.shape()[1], core.shape()[2]);
            let mut next = vec![<T as Real>::ZERO; right];
            for (a, &x) in row.iter().enumerate() {
                let numbers = &core.data()[(a * size + i) * right..][..right];
                next.iter_mut().zip(numbers).for_each(|(sum, &number)| *sum += x * number);
            }
            row = next;
        }
        row.first().copied()
    }

    /// Multiplies it out.
    ///
    /// # Errors
    /// [`DecompError::Shape`] if the tensor cannot be held.
    /// # Cost
    /// `2 r` operations an element.
    pub fn to_tensor(&self) -> Result<Tensor<T>, DecompError> {
        let shape = self.shape();
        let lead = half(&shape);
        let (left, right) = self.halves(lead)?;
        reshaped(multiply(&left.view(), &right.view())?, &shape)
    }

    /// The matrices whose product is the tensor unfolded behind `lead` modes, one or more.
    fn halves(&self, lead: usize) -> Result<(Tensor<T>, Tensor<T>), DecompError> {
        let (first, second) = self.cores.split_at(lead);
        let mut left = Tensor::filled(&[1, 1], <T as Real>::ONE)?;
        for core in first {
            left = joined(left, core)?;
        }
        let rank = left.shape()[1];
        let mut right =
            Tensor::from_fn(&[rank, rank], |i| if i[0] == i[1] { <T as Real>::ONE } else { <T as Real>::ZERO })?;
        for core in second {
            let [rows, columns] = [right.data().len() / core.shape()[0], core.shape()[0]];
            right = joined(reshaped(right, &[rows, columns])?, core)?;
        }
        let columns = right.data().len() / rank.max(1);
        Ok((left, reshaped(right, &[rank, columns])?))
    }

    /// The relative error against data whose squares sum up to `whole`, element by element.
    pub(super) fn residual(&self, data: &Tensor<T>, whole: f64) -> Result<f64, DecompError> {
        let lead = half(data.shape());
        let (left, right) = self.halves(lead)?;
        let rank = left.shape()[1];
        let squared = residual::squared(data, lead, |rows| {
            let part = View::new(left.data(), rows.start * rank, &[rows.len(), rank], &[rank.cast_signed(), 1])?;
            multiply(&part, &right.view())
        })?;
        Ok((squared / whole).sqrt())
    }
}

/// Multiplies rows that end on a bond with the core behind it.
///
/// # Shapes
/// `left: [rows, r]`, `core: [r, n, s]` -> `[rows * n, s]`.
fn joined<T: Scalar>(left: Tensor<T>, core: &Tensor<T>) -> Result<Tensor<T>, DecompError> {
    let [bond, size, right] = [core.shape()[0], core.shape()[1], core.shape()[2]];
    let flat = View::new(core.data(), 0, &[bond, size * right], &[(size * right).cast_signed(), 1])?;
    let rows = left.shape()[0] * size;
    reshaped(multiply(&left.view(), &flat)?, &[rows, right])
}

/// How many leading modes make an unfolding nearly square, one or more.
pub(super) fn half(shape: &[usize]) -> usize {
    let size = |modes: &[usize]| modes.iter().map(|&n| (n as f64).ln()).sum::<f64>();
    let skew = |lead: usize| (size(&shape[..lead]) - size(&shape[lead..])).abs();
    (1..shape.len().max(2)).min_by(|&a, &b| skew(a).total_cmp(&skew(b))).unwrap_or(1)
}
