//! Symmetric tensors by their different elements.
//!
//! An element is kept for each sorted multi-index `i_1 <= ... <= i_n`, at place
//! `C(i_1, 1) + C(i_2 + 1, 2) + ... + C(i_n + n - 1, n)`: the sorted indices made strictly increasing, in colexicographic
//! order. The place does not depend on the size of the modes.

use schur_tensor::{Real, Tensor};

use crate::{DecompError, Scalar};

/// A tensor that no permutation of its indices changes.
///
/// # Examples
/// ```
/// use schur_decomp::symmetric::SymmetricTensor;
///
/// let tensor = SymmetricTensor::from_fn(20, 4, |i| i.iter().sum::<usize>() as f64)?;
/// assert_eq!(tensor.data().len(), 8855, "of 160000");
/// assert_eq!(tensor.get(&[3, 0, 19, 3]), Some(25.0));
/// assert_eq!(tensor.get(&[3, 0, 20, 3]), None);
/// # Ok::<(), schur_decomp::DecompError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SymmetricTensor<T> {
    size: usize,
    order: usize,
    data: Vec<T>,
}

impl<T: Scalar> SymmetricTensor<T> {
    /// Fills a tensor with a function of the sorted multi-index.
    ///
    /// # Errors
    /// [`DecompError::Shape`] if it cannot be addressed.
    pub fn from_fn(size: usize, order: usize, mut element: impl FnMut(&[usize]) -> T) -> Result<Self, DecompError> {
        let count = count(size, order)?;
        let mut data = Vec::with_capacity(count);
        let mut index = vec![0; order];
        for _ in 0..count {
            data.push(element(&index));
            advance(&mut index);
        }
        Ok(Self { size, order, data })
    }

    /// Takes the different elements of a dense tensor whose modes have one size, and which is symmetric.
    ///
    /// # Errors
    /// [`DecompError::Mismatch`] for modes of different sizes; [`DecompError::NotSymmetric`] if two elements that should
    /// be equal differ by more than `tolerance` times the largest.
    /// # Cost
    /// One look at every element.
    pub fn from_dense(tensor: &Tensor<T>, tolerance: f64) -> Result<Self, DecompError> {
        let (order, size) = (tensor.shape().len(), tensor.shape().first().copied().unwrap_or(1));
        if tensor.shape() != vec![size; order] {
            let (expected, found) = (vec![size; order], tensor.shape().to_vec());
            return Err(DecompError::Mismatch { what: "a symmetric tensor".to_owned(), expected, found });
        }
        let strides = schur_tensor::row_major(tensor.shape());
        let place = |index: &[usize]| index.iter().zip(&strides).map(|(&i, &s)| i * s.unsigned_abs()).sum::<usize>();
        let symmetric = Self::from_fn(size, order, |index| tensor.data()[place(index)])?;
        let largest = tensor.data().iter().fold(0.0_f64, |largest, value| largest.max(value.to_f64().abs()));
        let mut index = vec![0; order];
        for &value in tensor.data() {
            let expected = symmetric.get(&index).map_or(0.0, |value| value.to_f64());
            let found = value.to_f64();
            if (found - expected).abs() > tolerance * largest {
                return Err(DecompError::NotSymmetric { index, found, expected });
            }
            for i in index.iter_mut().rev() {
                *i += 1;
                if *i < size {
                    break;
                }
                *i = 0;
            }
        }
        Ok(symmetric)
    }

    /// All elements, those that are equal by symmetry too.
    ///
    /// # Errors
    /// [`DecompError::Shape`] if they cannot be held.
    pub fn to_dense(&self) -> Result<Tensor<T>, DecompError> {
        let mut sorted = vec![0; self.order];
        Ok(Tensor::from_fn(&vec![self.size; self.order], |index| {
            sorted.copy_from_slice(index);
            sorted.sort_unstable();
            self.data[place(&sorted)]
        })?)
    }

    /// The size of each mode.
    pub const fn size(&self) -> usize {
        self.size
    }

    /// The number of modes.
    pub const fn order(&self) -> usize {
        self.order
    }

    /// The different elements.
    pub fn data(&self) -> &[T] {
        &self.data
    }

    /// The different elements, to be changed.
    pub fn data_mut(&mut self) -> &mut [T] {
        &mut self.data
    }

    /// The element at a multi-index in any order; none outside the shape.
    pub fn get(&self, index: &[usize]) -> Option<T> {
        if index.len() != self.order || index.iter().any(|&i| i >= self.size) {
            return None;
        }
        let mut sorted = index.to_vec();
        sorted.sort_unstable();
        Some(self.data[place(&sorted)])
    }

    /// The sum of the squares of all elements of the dense tensor.
    pub fn norm_squared(&self) -> f64 {
        let mut index = vec![0; self.order];
        let mut sum = 0.0;
        for value in &self.data {
            sum += multiplicity(&index) * value.to_f64() * value.to_f64();
            advance(&mut index);
        }
        sum
    }

    /// Adds `weight` times the outer power of a vector.
    ///
    /// # Shapes
    /// `vector: [size]`; of another length, nothing is added.
    /// # Cost
    /// A multiplication or two an element: products of leading indices are kept.
    pub fn add_power(&mut self, weight: f64, vector: &[f64]) {
        if vector.len() != self.size || self.order == 0 {
            return;
        }
        // products[k] is the product over the last indices, from k on: those change most slowly.
        let mut index = vec![0; self.order];
        let mut products = vec![1.0; self.order + 1];
        let mut stale = self.order;
        for value in &mut self.data {
            for k in (0..stale).rev() {
                products[k] = products[k + 1] * vector[index[k]];
            }
            *value += T::from_f64(weight * products[0]);
            stale = advance(&mut index) + 1;
        }
    }

    /// The first element that is not finite.
    pub(super) fn check_finite(&self) -> Result<(), DecompError> {
        let mut index = vec![0; self.order];
        for value in &self.data {
            if !value.to_f64().is_finite() {
                return Err(DecompError::NotFinite { index, value: value.to_f64() });
            }
            advance(&mut index);
        }
        Ok(())
    }
}

/// The number of sorted multi-indices.
fn count(size: usize, order: usize) -> Result<usize, DecompError> {
    let mut count = 1_u128;
    for k in 0..order as u128 {
        count = count.checked_mul(size as u128 + k).map_or(u128::MAX / 2, |product| product / (k + 1));
    }
    let too_large = schur_tensor::ShapeError::TooLarge { shape: vec![size; order] };
    usize::try_from(count).ok().filter(|&count| isize::try_from(count).is_ok()).ok_or_else(|| too_large.into())
}

/// Where the element at a sorted multi-index lies.
pub(super) fn place(sorted: &[usize]) -> usize {
    sorted.iter().enumerate().map(|(k, &i)| binomial(i + k, k + 1)).sum()
}

fn binomial(n: usize, k: usize) -> usize {
    (0..k).fold(1, |product, j| product * n.saturating_sub(j) / (j + 1))
}

/// Moves a sorted multi-index to the next in order, and returns the position that grew.
pub(super) fn advance(index: &mut [usize]) -> usize {
    for k in 0..index.len() {
        if k + 1 == index.len() || index[k] < index[k + 1] {
            index[k] += 1;
            index[..k].fill(0);
            return k;
        }
    }
    0
}

/// How many multi-indices have these elements in some order.
pub(super) fn multiplicity(sorted: &[usize]) -> f64 {
    let (mut count, mut run) = (1.0, 0);
    for (k, &i) in sorted.iter().enumerate() {
        run = if k > 0 && sorted[k - 1] == i { run + 1 } else { 1 };
        count *= (k + 1) as f64 / run as f64;
    }
    count
}

/// All sorted multi-indices of an order, with the roots of their multiplicities.
///
/// With these as weights, symmetric tensors are vectors whose inner product is that of the dense tensors.
#[derive(Debug)]
pub(super) struct Monomials {
    pub order: usize,
    /// `order` numbers a multi-index.
    pub indices: Vec<u32>,
    pub roots: Vec<f64>,
}

impl Monomials {
    pub fn new(size: usize, order: usize) -> Result<Self, DecompError> {
        let count = count(size, order)?;
        let (mut indices, mut roots) = (Vec::with_capacity(count * order), Vec::with_capacity(count));
        let mut index = vec![0; order];
        for _ in 0..count {
            indices.extend(index.iter().map(|&i| i as u32));
            roots.push(multiplicity(&index).sqrt());
            advance(&mut index);
        }
        Ok(Self { order, indices, roots })
    }

    pub const fn count(&self) -> usize {
        self.roots.len()
    }

    /// The outer power of a vector.
    pub fn power(&self, vector: &[f64], result: &mut [f64]) {
        for ((result, index), root) in result.iter_mut().zip(self.indices.chunks_exact(self.order)).zip(&self.roots) {
            *result = index.iter().fold(*root, |product, &i| product * vector[i as usize]);
        }
    }

    /// Contracts all indices of a symmetric tensor but one with a vector.
    pub fn contract(&self, tensor: &[f64], vector: &[f64], result: &mut [f64]) {
        result.fill(0.0);
        let share = 1.0 / self.order as f64;
        for ((value, index), root) in tensor.iter().zip(self.indices.chunks_exact(self.order)).zip(&self.roots) {
            for (free, &i) in index.iter().enumerate() {
                let others = index.iter().enumerate().filter(|&(k, _)| k != free);
                result[i as usize] +=
                    others.fold(value * root * share, |product, (_, &j)| product * vector[j as usize]);
            }
        }
    }

    /// One multi-index after the other.
    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        self.indices.chunks_exact(self.order)
    }
}

/// The elements of a tensor as a matrix: rows and columns are sorted multi-indices of two orders, weighted.
pub(super) fn flatten<T: Scalar>(
    tensor: &SymmetricTensor<T>,
    rows: &Monomials,
    columns: &Monomials,
) -> Result<Tensor<f64>, DecompError> {
    let mut result = Tensor::filled(&[rows.count(), columns.count()], <f64 as Real>::ZERO)?;
    let mut merged = vec![0_usize; rows.order + columns.order];
    let mut places = result.data_mut().iter_mut();
    for (row, row_root) in rows.iter().zip(&rows.roots) {
        for (column, column_root) in columns.iter().zip(&columns.roots) {
            let both = row.iter().chain(column).map(|&i| i as usize);
            merged.iter_mut().zip(both).for_each(|(to, from)| *to = from);
            merged.sort_unstable();
            if let Some(entry) = places.next() {
                *entry = row_root * column_root * tensor.data[place(&merged)].to_f64();
            }
        }
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_up_and_multiplicities_sum_to_all_elements() {
        for (size, order) in [(4, 3), (3, 5), (6, 2), (5, 1), (1, 4)] {
            let mut index = vec![0; order];
            let mut all = 0.0;
            for expected in 0..count(size, order).unwrap() {
                assert_eq!(place(&index), expected);
                assert!(index.is_sorted() && index[order - 1] < size);
                all += multiplicity(&index);
                advance(&mut index);
            }
            assert_eq!(all, (size as f64).powi(order as i32));
        }
        assert!(count(usize::MAX, 3).is_err());
    }

    #[test]
    fn dense_tensors_come_and_go_and_asymmetric_ones_are_refused() {
        let mut tensor = SymmetricTensor::from_fn(4, 3, |i| (i[0] + 10 * i[1] * i[2]) as f64).unwrap();
        tensor.add_power(-2.0, &[1.0, 0.5, -1.0, 2.0]);
        let mut dense = tensor.to_dense().unwrap();
        assert_eq!(dense.get(&[3, 1, 2]), dense.get(&[2, 3, 1]));
        assert_eq!(*dense.get(&[3, 1, 2]).unwrap(), 61.0 + 2.0);
        let squares: f64 = dense.data().iter().map(|x| x * x).sum();
        assert!((tensor.norm_squared() - squares).abs() < 1e-12 * squares);
        assert_eq!(SymmetricTensor::from_dense(&dense, 0.0).unwrap(), tensor);
        dense.data_mut()[1] += 1.0;
        assert!(matches!(SymmetricTensor::from_dense(&dense, 1e-3), Err(DecompError::NotSymmetric { .. })));
        let oblong = Tensor::filled(&[2, 3], 0.0).unwrap();
        assert!(matches!(SymmetricTensor::from_dense(&oblong, 0.0), Err(DecompError::Mismatch { .. })));
    }
}
