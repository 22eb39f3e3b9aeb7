//! The elements that were observed.

use schur_tensor::Tensor;

use crate::{DecompError, Scalar};

/// Observed elements of a tensor; the others are unknown. A place may be observed several times.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    shape: Vec<usize>,
    indices: Vec<Vec<u32>>,
    values: Vec<f64>,
    groups: Vec<Group>,
}

/// The observations of each slice of one mode.
#[derive(Debug, Clone, PartialEq)]
struct Group {
    starts: Vec<usize>,
    elements: Vec<u32>,
}

impl Observed {
    /// Takes coordinates, one list of indices a mode, and values.
    ///
    /// # Shapes
    /// `indices[n]: [observations]` with entries below `shape[n]`, `values: [observations]`.
    /// # Errors
    /// [`DecompError`] for no modes, an empty one, lists of different lengths, an index outside the shape, a value that
    /// is not finite, or 2^32 observations and more.
    pub fn new(shape: &[usize], indices: Vec<Vec<u32>>, values: Vec<f64>) -> Result<Self, DecompError> {
        crate::sparse::check_entries(shape, &indices, &values)?;
        let groups = indices.iter().zip(shape).map(|(list, &size)| Group::new(list, size)).collect();
        Ok(Self { shape: shape.to_vec(), indices, values, groups })
    }

    /// Takes the elements of a dense tensor where a mask is true.
    ///
    /// # Errors
    /// [`DecompError::Mismatch`] for a mask of another shape, and those of [`Observed::new`].
    pub fn masked<T: Scalar>(tensor: &Tensor<T>, mask: &Tensor<bool>) -> Result<Self, DecompError> {
        let shape = tensor.shape();
        if mask.shape() != shape {
            let (expected, found) = (shape.to_vec(), mask.shape().to_vec());
            return Err(DecompError::Mismatch { what: "the mask".to_owned(), expected, found });
        }
        let mut indices = vec![Vec::new(); shape.len()];
        let mut values = Vec::new();
        for (place, value) in tensor.data().iter().enumerate().filter(|&(place, _)| mask.data()[place]) {
            let mut rest = place;
            for (list, &size) in indices.iter_mut().zip(shape).rev() {
                list.push(u32::try_from(rest % size).unwrap_or(u32::MAX));
                rest /= size;
            }
            values.push(value.to_f64());
        }
        Self::new(shape, indices, values)
    }

    /// Some of the observations.
    ///
    /// # Errors
    /// [`DecompError::Count`] for one that there is not.
    pub fn subset(&self, elements: &[usize]) -> Result<Self, DecompError> {
        if let Some(&found) = elements.iter().find(|&&element| element >= self.len()) {
            return Err(DecompError::Count { what: "observations", expected: self.len(), found });
        }
        let pick = |list: &Vec<u32>| elements.iter().map(|&element| list[element]).collect();
        let values = elements.iter().map(|&element| self.values[element]).collect();
        Self::new(&self.shape, self.indices.iter().map(pick).collect(), values)
    }

    /// The size of each mode.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The number of observations.
    pub const fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether nothing was observed.
    pub const fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// One list of indices a mode.
    pub fn indices(&self) -> &[Vec<u32>] {
        &self.indices
    }

    /// The values.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The observations of a slice.
    pub(super) fn slice(&self, mode: usize, index: usize) -> &[u32] {
        let group = &self.groups[mode];
        &group.elements[group.starts[index]..group.starts[index + 1]]
    }

    /// The index of an observation in a mode.
    pub(super) fn index(&self, mode: usize, element: usize) -> usize {
        self.indices[mode][element] as usize
    }

    /// A slice that was never observed.
    pub(super) fn empty_slice(&self, mode: usize) -> Option<usize> {
        (0..self.shape[mode]).find(|&index| self.slice(mode, index).is_empty())
    }

    pub(super) fn bytes(&self) -> u64 {
        let groups = self.groups.iter().map(|group| group.starts.len() * 8 + group.elements.len() * 4);
        groups.sum::<usize>() as u64
    }
}

impl Group {
    fn new(list: &[u32], size: usize) -> Self {
        let mut starts = vec![0_usize; size + 1];
        list.iter().for_each(|&index| starts[index as usize + 1] += 1);
        for index in 1..starts.len() {
            starts[index] += starts[index - 1];
        }
        let mut next = starts.clone();
        let mut elements = vec![0; list.len()];
        for (element, &index) in list.iter().enumerate() {
            let place = &mut next[index as usize];
            elements[*place] = element as u32;
            *place += 1;
        }
        Self { starts, elements }
    }
}
