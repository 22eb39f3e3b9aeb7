//! Sparse tensors: the few elements that are not zero, and their products with factors.
//!
//! A [`Sparse`] tensor is a sorted list of coordinates and values. For a fit it is laid out once more for each mode, by
//! the rows of that mode's factor, so that a thread that owns rows of a result is the only one to write them: the bits
//! do not depend on the number of threads, and there are no atomics. Non-zeros that differ only in their last index form
//! a fibre, whose other indices are stored, and whose other factors are multiplied, once.
//!
//! # Source
//! Fibres: Smith, Ravindran, Sidiropoulos and Karypis, "SPLATT: efficient and parallel sparse tensor-matrix
//! multiplication", 2015. The alternatives, one tree for all modes or one sorted linear index (ALTO: Helal et al., 2021),
//! take a third of the memory but scatter into results, which needs atomics or a private result a thread.

use schur_tensor::Tensor;

use crate::cp::{Cp, CpTensor, MttkrpSequence};
use crate::{DecompError, Scalar};

mod kernel;
mod layout;
mod model;
mod order;
mod sequence;

/// What happens to elements with the same coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Duplicates {
    /// They are an error.
    #[default]
    Refuse,
    /// They are added up.
    Sum,
}

/// A tensor most of whose elements are zero; coordinates in row-major order, each once.
///
/// # Examples
/// ```
/// use schur_decomp::sparse::{Duplicates, Sparse};
///
/// let indices = vec![vec![1, 0, 1], vec![2, 0, 2]];
/// let tensor = Sparse::new(&[2, 3], indices, vec![1.0, 5.0, 2.0], Duplicates::Sum)?;
/// assert_eq!(tensor.values(), [5.0, 3.0]);
/// assert_eq!(tensor.indices(), [[0, 1], [0, 2]]);
/// # Ok::<(), schur_decomp::DecompError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Sparse<T> {
    shape: Vec<usize>,
    indices: Vec<Vec<u32>>,
    values: Vec<T>,
    norm_squared: f64,
}

impl<T: Scalar> Sparse<T> {
    /// Takes coordinates, one list of indices a mode, and values, in any order.
    ///
    /// # Shapes
    /// `indices[n]: [elements]` with entries below `shape[n]`, `values: [elements]`.
    /// # Errors
    /// [`DecompError`] for fewer than one mode, an empty mode, lists of different lengths, an index outside the shape, a
    /// value that is not finite, elements at the same place if they are to be refused, or 2^32 elements and more.
    /// # Cost
    /// Sorts by digits of 16 bits: a few passes an index. Eight bytes an element beside the lists, none if they are
    /// sorted already.
    pub fn new(
        shape: &[usize],
        indices: Vec<Vec<u32>>,
        values: Vec<T>,
        duplicates: Duplicates,
    ) -> Result<Self, DecompError> {
        check_entries(shape, &indices, &values)?;
        let (mut indices, mut values) = (indices, values);
        let places: Option<Vec<u32>> = if order::is_sorted(&indices) {
            None
        } else {
            let modes: Vec<usize> = (0..shape.len()).collect();
            let places = order::sorted(&indices, &modes, values.len());
            indices.iter_mut().for_each(|list| *list = places.iter().map(|&place| list[place as usize]).collect());
            values = places.iter().map(|&place| values[place as usize]).collect();
            Some(places)
        };
        let original = |place: usize| places.as_ref().map_or(place, |places| places[place] as usize);
        match (duplicates, order::repeated(&indices)) {
            (Duplicates::Refuse, Some(place)) => {
                let index = indices.iter().map(|list| list[place] as usize).collect();
                let (first, second) = (original(place - 1), original(place));
                return Err(DecompError::Duplicate { index, first, second });
            }
            (Duplicates::Sum, Some(_)) => merge(&mut indices, &mut values),
            (_, None) => {}
        }
        let norm_squared = values.iter().map(|value| value.to_f64() * value.to_f64()).sum();
        Ok(Self { shape: shape.to_vec(), indices, values, norm_squared })
    }

    /// Keeps the elements of a dense tensor that are not zero.
    ///
    /// # Errors
    /// Those of [`Sparse::new`].
    pub fn from_dense(tensor: &Tensor<T>) -> Result<Self, DecompError> {
        let shape = tensor.shape();
        let mut indices = vec![Vec::new(); shape.len()];
        let mut values = Vec::new();
        for (place, &value) in tensor.data().iter().enumerate() {
            if value.to_f64() != 0.0 {
                let mut rest = place;
                for (list, &size) in indices.iter_mut().zip(shape).rev() {
                    list.push(u32::try_from(rest % size).unwrap_or(u32::MAX));
                    rest /= size;
                }
                values.push(value);
            }
        }
        Self::new(shape, indices, values, Duplicates::Refuse)
    }

    /// Writes out all elements, zeros included.
    ///
    /// # Errors
    /// [`DecompError::Shape`] if there are too many.
    pub fn to_tensor(&self) -> Result<Tensor<T>, DecompError> {
        let mut tensor = Tensor::filled(&self.shape, <T as schur_tensor::Real>::ZERO)?;
        for (element, &value) in self.values.iter().enumerate() {
            let place = self.indices.iter().zip(&self.shape);
            let place = place.fold(0, |place, (list, size)| place * size + list[element] as usize);
            tensor.data_mut()[place] = value;
        }
        Ok(tensor)
    }

    /// The size of each mode.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// One list of indices a mode.
    pub fn indices(&self) -> &[Vec<u32>] {
        &self.indices
    }

    /// The values, in row-major order of their coordinates.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// The number of elements stored, zeros among them included.
    pub const fn stored(&self) -> usize {
        self.values.len()
    }

    /// The sum of the squares of all elements.
    pub const fn norm_squared(&self) -> f64 {
        self.norm_squared
    }
}

impl<T: Scalar> CpTensor<T> for Sparse<T> {
    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn norm_squared(&self) -> f64 {
        self.norm_squared
    }

    fn products_bytes(&self, rank: usize) -> u64 {
        let layouts: u64 = (0..self.shape.len()).map(|mode| layout::most_bytes(self, mode)).sum();
        layouts + (layout::MOST_TASKS * rank * size_of::<T>()) as u64
    }

    fn products<'a>(&'a self, rank: usize) -> Result<Box<dyn MttkrpSequence<T> + 'a>, DecompError> {
        Ok(Box::new(sequence::Sequence::new(self, rank)?))
    }

    fn residual_squared(&self, model: &Cp<T>) -> Result<Option<f64>, DecompError> {
        Self::residual_squared(self, model)
    }
}

/// Checks coordinates and values, of which nothing says yet that they are sorted.
pub(crate) fn check_entries<T: Scalar>(shape: &[usize], indices: &[Vec<u32>], values: &[T]) -> Result<(), DecompError> {
    if shape.is_empty() {
        return Err(DecompError::Order { method: "a sparse tensor", least: 1, shape: Vec::new() });
    }
    if let Some(mode) = shape.iter().position(|&size| size == 0) {
        return Err(DecompError::EmptyMode { mode, shape: shape.to_vec() });
    }
    if indices.len() != shape.len() {
        let (expected, found) = (shape.len(), indices.len());
        return Err(DecompError::Count { what: "lists of indices", expected, found });
    }
    if let Some(list) = indices.iter().find(|list| list.len() != values.len()) {
        let (expected, found) = (values.len(), list.len());
        return Err(DecompError::Count { what: "indices of a mode", expected, found });
    }
    if u32::try_from(values.len()).is_err() {
        let per_element = (size_of::<T>() + 4 * shape.len()) as u64;
        let (needed, limit) = (values.len() as u64 * per_element, u64::from(u32::MAX) * per_element);
        return Err(DecompError::Memory { what: "a sparse tensor of 2^32 elements or more", needed, limit });
    }
    for (mode, (list, &size)) in indices.iter().zip(shape).enumerate() {
        if let Some(entry) = list.iter().position(|&index| index as usize >= size) {
            return Err(DecompError::Outside { entry, mode, index: list[entry] as usize, size });
        }
    }
    match values.iter().position(|value| !value.to_f64().is_finite()) {
        Some(entry) => {
            let index = indices.iter().map(|list| list[entry] as usize).collect();
            Err(DecompError::NotFinite { index, value: values[entry].to_f64() })
        }
        None => Ok(()),
    }
}

/// Adds up neighbours with the same coordinates.
fn merge<T: Scalar>(indices: &mut [Vec<u32>], values: &mut Vec<T>) {
    let mut kept = 0;
    for element in 1..values.len() {
        if indices.iter().all(|list| list[element] == list[kept]) {
            let value = values[element];
            values[kept] += value;
        } else {
            kept += 1;
            indices.iter_mut().for_each(|list| list[kept] = list[element]);
            values[kept] = values[element];
        }
    }
    let len = values.len().min(kept + 1);
    indices.iter_mut().for_each(|list| list.truncate(len));
    values.truncate(len);
}
