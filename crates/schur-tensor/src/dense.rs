//! Dense tensors of any rank: an owned row-major one, and a strided view of one.
//!
//! Nothing here computes: kernels read views and write slices.

use thiserror::Error;

/// Why a shape, a list of numbers and strides do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ShapeError {
    /// The numbers given are not as many as the shape needs.
    #[error("a tensor of shape {shape:?} holds {expected} numbers, but {found} were given")]
    Length {
        /// The shape asked for.
        shape: Vec<usize>,
        /// The product of its sizes.
        expected: usize,
        /// The numbers given.
        found: usize,
    },
    /// The product of the sizes is more than can be addressed.
    #[error("a tensor of shape {shape:?} has more elements than can be addressed")]
    TooLarge {
        /// The shape asked for.
        shape: Vec<usize>,
    },
    /// A view would reach outside its data.
    #[error("a view of shape {shape:?} with strides {strides:?} from {offset} reaches outside {len} numbers")]
    Outside {
        /// The shape of the view.
        shape: Vec<usize>,
        /// Its strides, in elements.
        strides: Vec<isize>,
        /// Where its first element lies.
        offset: usize,
        /// The length of the data.
        len: usize,
    },
    /// A list of axes is not a permutation of all axes.
    #[error("{axes:?} is not a permutation of the {rank} axes of a tensor")]
    Axes {
        /// The axes given.
        axes: Vec<usize>,
        /// How many axes there are.
        rank: usize,
    },
}

/// Returns the number of elements of a shape; one for no axes at all.
///
/// # Errors
/// [`ShapeError::TooLarge`] if it cannot be addressed, zero sizes elsewhere in the shape or not.
pub fn element_count(shape: &[usize]) -> Result<usize, ShapeError> {
    let too_large = || ShapeError::TooLarge { shape: shape.to_vec() };
    let count = shape.iter().try_fold(1_usize, |count, &size| count.checked_mul(size.max(1)));
    let count = count.filter(|&count| isize::try_from(count).is_ok()).ok_or_else(too_large)?;
    Ok(if shape.contains(&0) { 0 } else { count })
}

/// Returns the strides of a row-major tensor, in elements; of one that is too large to be addressed, something.
///
/// # Examples
/// ```
/// assert_eq!(schur_tensor::row_major(&[2, 3, 4]), [12, 4, 1]);
/// ```
pub fn row_major(shape: &[usize]) -> Vec<isize> {
    let mut strides = vec![1_isize; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis].saturating_mul(shape[axis].max(1).cast_signed());
    }
    strides
}

/// Moves a multi-index to the next in row-major order; false after the last, which the first follows.
///
/// # Examples
/// ```
/// let mut index = [0, 1];
/// assert!(schur_tensor::next_index(&mut index, &[2, 2]));
/// assert_eq!(index, [1, 0]);
/// assert!(!schur_tensor::next_index(&mut [1, 1], &[2, 2]));
/// ```
pub fn next_index(index: &mut [usize], shape: &[usize]) -> bool {
    for (value, &size) in index.iter_mut().zip(shape).rev() {
        *value += 1;
        if *value < size {
            return true;
        }
        *value = 0;
    }
    false
}

/// A dense tensor that owns its elements, row-major: the last axis is contiguous.
///
/// # Examples
/// ```
/// use schur_tensor::Tensor;
///
/// let matrix = Tensor::from_fn(&[2, 3], |index| (10 * index[0] + index[1]) as f64)?;
/// assert_eq!(matrix.data(), [0.0, 1.0, 2.0, 10.0, 11.0, 12.0]);
/// assert_eq!(matrix.view().permuted(&[1, 0])?.to_tensor().data(), [0.0, 10.0, 1.0, 11.0, 2.0, 12.0]);
/// # Ok::<(), schur_tensor::ShapeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor<T> {
    shape: Vec<usize>,
    data: Vec<T>,
}

impl<T> Tensor<T> {
    /// Wraps row-major elements.
    ///
    /// # Errors
    /// [`ShapeError`] if they are not as many as the shape needs.
    pub fn new(shape: &[usize], data: Vec<T>) -> Result<Self, ShapeError> {
        let expected = element_count(shape)?;
        if data.len() != expected {
            return Err(ShapeError::Length { shape: shape.to_vec(), expected, found: data.len() });
        }
        Ok(Self { shape: shape.to_vec(), data })
    }

    /// A tensor without axes: one element.
    pub fn scalar(value: T) -> Self {
        Self { shape: Vec::new(), data: vec![value] }
    }

    /// Fills a tensor with a function of the multi-index, called in row-major order.
    ///
    /// # Errors
    /// [`ShapeError::TooLarge`].
    pub fn from_fn(shape: &[usize], mut element: impl FnMut(&[usize]) -> T) -> Result<Self, ShapeError> {
        let count = element_count(shape)?;
        let mut index = vec![0; shape.len()];
        let mut data = Vec::with_capacity(count);
        for _ in 0..count {
            data.push(element(&index));
            next_index(&mut index, shape);
        }
        Ok(Self { shape: shape.to_vec(), data })
    }

    /// The size of each axis.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// All elements, row-major.
    pub fn data(&self) -> &[T] {
        &self.data
    }

    /// All elements, row-major, to be changed.
    pub fn data_mut(&mut self) -> &mut [T] {
        &mut self.data
    }

    /// Gives the elements back.
    pub fn into_data(self) -> Vec<T> {
        self.data
    }

    /// The element at a multi-index; none outside the shape or for another number of axes.
    pub fn get(&self, index: &[usize]) -> Option<&T> {
        self.view().position(index).map(|position| &self.data[position])
    }

    /// The whole tensor as a view.
    pub fn view(&self) -> View<'_, T> {
        View { data: &self.data, offset: 0, strides: row_major(&self.shape), shape: self.shape.clone() }
    }
}

impl<T: Clone> Tensor<T> {
    /// A tensor of equal elements.
    ///
    /// # Errors
    /// [`ShapeError::TooLarge`].
    pub fn filled(shape: &[usize], value: T) -> Result<Self, ShapeError> {
        Ok(Self { shape: shape.to_vec(), data: vec![value; element_count(shape)?] })
    }
}

/// Elements of a slice seen as a tensor: any order of axes, any stride, negative and zero ones included.
#[derive(Debug, Clone)]
pub struct View<'a, T> {
    data: &'a [T],
    offset: usize,
    shape: Vec<usize>,
    strides: Vec<isize>,
}

impl<'a, T> View<'a, T> {
    /// Sees a slice as a tensor whose first element lies at `offset`; strides count elements.
    ///
    /// # Errors
    /// [`ShapeError`] if an element would lie outside the slice, or shape and strides differ in length.
    pub fn new(data: &'a [T], offset: usize, shape: &[usize], strides: &[isize]) -> Result<Self, ShapeError> {
        let outside =
            || ShapeError::Outside { shape: shape.to_vec(), strides: strides.to_vec(), offset, len: data.len() };
        if shape.len() != strides.len() {
            return Err(outside());
        }
        if element_count(shape)? > 0 {
            let (mut least, mut largest) = (offset.cast_signed(), offset.cast_signed());
            for (&size, &stride) in shape.iter().zip(strides) {
                let reach = (size - 1).cast_signed().checked_mul(stride).ok_or_else(outside)?;
                least = least.checked_add(reach.min(0)).ok_or_else(outside)?;
                largest = largest.checked_add(reach.max(0)).ok_or_else(outside)?;
            }
            if least < 0 || largest >= data.len().cast_signed() {
                return Err(outside());
            }
        }
        Ok(Self { data, offset, shape: shape.to_vec(), strides: strides.to_vec() })
    }

    /// The slice that the view looks at.
    pub const fn data(&self) -> &'a [T] {
        self.data
    }

    /// Where the element at index zero lies in [`data`](Self::data).
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// The size of each axis.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The distance from one element to the next along each axis, in elements.
    pub fn strides(&self) -> &[isize] {
        &self.strides
    }

    /// The number of elements.
    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// Where the element at a multi-index lies; none outside the shape or for another number of axes.
    pub fn position(&self, index: &[usize]) -> Option<usize> {
        if index.len() != self.shape.len() || index.iter().zip(&self.shape).any(|(i, size)| i >= size) {
            return None;
        }
        let moved: isize = index.iter().zip(&self.strides).map(|(&i, &stride)| i.cast_signed() * stride).sum();
        Some(self.offset.wrapping_add_signed(moved))
    }

    /// The same elements with axis `i` of the result being axis `axes[i]` of this one.
    ///
    /// # Errors
    /// [`ShapeError::Axes`] if `axes` is not a permutation.
    pub fn permuted(&self, axes: &[usize]) -> Result<Self, ShapeError> {
        let mut sorted = axes.to_vec();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..self.shape.len()) {
            return Err(ShapeError::Axes { axes: axes.to_vec(), rank: self.shape.len() });
        }
        Ok(Self {
            data: self.data,
            offset: self.offset,
            shape: axes.iter().map(|&axis| self.shape[axis]).collect(),
            strides: axes.iter().map(|&axis| self.strides[axis]).collect(),
        })
    }
}

impl<'a, T> View<'a, T> {
    /// All elements, row-major.
    pub fn iter(&self) -> impl Iterator<Item = &'a T> {
        let (data, shape, strides) = (self.data, &self.shape, &self.strides);
        let mut index = vec![0; shape.len()];
        let mut place = self.offset;
        (0..self.count()).map(move |_| {
            let element = &data[place];
            for axis in (0..index.len()).rev() {
                index[axis] += 1;
                place = place.wrapping_add_signed(strides[axis]);
                if index[axis] < shape[axis] {
                    break;
                }
                index[axis] = 0;
                place = place.wrapping_add_signed(-strides[axis] * shape[axis].cast_signed());
            }
            element
        })
    }
}

impl<T: Clone> View<'_, T> {
    /// Copies the elements, row-major.
    pub fn to_tensor(&self) -> Tensor<T> {
        Tensor { shape: self.shape.clone(), data: self.iter().cloned().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_that_reach_outside_are_refused() {
        let data = [0.0; 6];
        assert!(View::new(&data, 0, &[2, 3], &[3, 1]).is_ok());
        assert!(View::new(&data, 5, &[2, 3], &[-3, -1]).is_ok());
        assert!(View::new(&data, 1, &[2, 3], &[3, 1]).is_err());
        assert!(View::new(&data, 4, &[2, 3], &[-3, -1]).is_err());
        assert!(View::new(&data, 0, &[2], &[isize::MAX]).is_err());
        assert!(View::new(&data, 7, &[0, 3], &[3, 1]).is_ok(), "no element, nothing outside");
    }

    #[test]
    fn shapes_beyond_memory_are_refused() {
        assert!(matches!(element_count(&[usize::MAX, 2]), Err(ShapeError::TooLarge { .. })));
        assert!(matches!(element_count(&[usize::MAX, 2, 0]), Err(ShapeError::TooLarge { .. })));
        assert_eq!(element_count(&[]), Ok(1));
        assert_eq!(element_count(&[5, 0]), Ok(0));
    }
}
