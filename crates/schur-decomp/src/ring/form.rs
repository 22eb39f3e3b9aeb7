//! The form itself: cores in a ring.

use schur_einsum::einsum;
use schur_tensor::{Real, Tensor};

use crate::modes::reshaped;
use crate::{DecompError, Scalar, check};

/// A tensor whose element `(i_1, ..., i_d)` is the trace of the product of the matrices `cores[k][:, i_k, :]`.
///
/// # Examples
/// ```
/// use schur_decomp::ring::TensorRing;
/// use schur_tensor::Tensor;
///
/// // The trace of a product of two diagonal matrices.
/// let core = Tensor::from_fn(&[2, 3, 2], |i| if i[0] == i[2] { (i[0] + i[1]) as f64 } else { 0.0 })?;
/// let ring = TensorRing::new(vec![core.clone(), core])?;
/// assert_eq!(ring.get(&[1, 2]), Some(1.0 * 2.0 + 2.0 * 3.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TensorRing<T> {
    cores: Vec<Tensor<T>>,
}

impl<T: Scalar> TensorRing<T> {
    /// Takes cores together.
    ///
    /// # Shapes
    /// `cores[k]: [r_k, n_k, r_(k+1)]`, the last bond being the first.
    /// # Errors
    /// [`DecompError::Count`] for no core, [`DecompError::Mismatch`] for one that does not fit its neighbours.
    pub fn new(cores: Vec<Tensor<T>>) -> Result<Self, DecompError> {
        let Some(first) = cores.first() else {
            return Err(DecompError::Count { what: "cores of a tensor ring", expected: 1, found: 0 });
        };
        let closing = first.shape().first().copied().unwrap_or(1);
        check::bonds("ring", &cores, closing)?;
        Ok(Self { cores })
    }

    /// The cores, `[r_k, n_k, r_(k+1)]`.
    pub fn cores(&self) -> &[Tensor<T>] {
        &self.cores
    }

    /// The size of each mode.
    pub fn shape(&self) -> Vec<usize> {
        self.cores.iter().map(|core| core.shape()[1]).collect()
    }

    /// The ranks of the bonds, that before the first core first.
    pub fn ranks(&self) -> Vec<usize> {
        self.cores.iter().map(|core| core.shape()[0]).collect()
    }

    /// The number of numbers it takes.
    pub fn parameters(&self) -> usize {
        self.cores.iter().map(|core| core.data().len()).sum()
    }

    /// The element at a multi-index; none outside the shape.
    ///
    /// # Cost
    /// `2 r^3` operations a mode.
    pub fn get(&self, index: &[usize]) -> Option<T> {
        if index.len() != self.cores.len() || index.iter().zip(&self.cores).any(|(&i, core)| i >= core.shape()[1]) {
            return None;
        }
        let closing = self.cores[0].shape()[0];
        let mut trace = <T as Real>::ZERO;
        for start in 0..closing {
            let mut row = vec![<T as Real>::ZERO; closing];
            row[start] = <T as Real>::ONE;
            for (&i, core) in index.iter().zip(&self.cores) {
                let (size, right) = (core.shape()[1], core.shape()[2]);
                let mut next = vec![<T as Real>::ZERO; right];
                for (a, &x) in row.iter().enumerate() {
                    let numbers = &core.data()[(a * size + i) * right..][..right];
                    next.iter_mut().zip(numbers).for_each(|(sum, &number)| *sum += x * number);
                }
                row = next;
            }
            trace += row[start];
        }
        Some(trace)
    }

    /// Multiplies it out.
    ///
    /// # Errors
    /// [`DecompError`] if the tensor cannot be held.
    /// # Cost
    /// `2 r^2` operations an element.
    pub fn to_tensor(&self) -> Result<Tensor<T>, DecompError> {
        let middle = self.cores.len().div_ceil(2);
        let left = chain(&self.cores[..middle], self.cores[0].shape()[0])?;
        let right = chain(&self.cores[middle..], left.shape()[2])?;
        reshaped(einsum(&T::arithmetic(), "aib,bja->ij", &[left.view(), right.view()])?, &self.shape())
    }

    /// The relative error against data whose squares sum up to `whole`, element by element.
    pub(super) fn residual(&self, data: &Tensor<T>, whole: f64) -> Result<f64, DecompError> {
        let full = self.to_tensor()?;
        Ok((check::distance_squared(data.data(), full.data()) / whole).sqrt())
    }
}

/// Several cores as one, `[first bond, all modes, last bond]`; for none a unit matrix between bonds of that size.
pub(super) fn chain<T: Scalar>(cores: &[Tensor<T>], bond: usize) -> Result<Tensor<T>, DecompError> {
    let Some((first, rest)) = cores.split_first() else {
        let unit = |i: &[usize]| if i[0] == i[2] { <T as Real>::ONE } else { <T as Real>::ZERO };
        return Ok(Tensor::from_fn(&[bond, 1, bond], unit)?);
    };
    let mut result = first.clone();
    for core in rest {
        let shape = [result.shape()[0], result.shape()[1] * core.shape()[1], core.shape()[2]];
        let joined = einsum(&T::arithmetic(), "aib,bjc->aijc", &[result.view(), core.view()])?;
        result = reshaped(joined, &shape)?;
    }
    Ok(result)
}
