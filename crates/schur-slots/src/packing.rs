//! Where the elements of a tensor lie in vectors of slots.

use std::collections::HashMap;
use std::fmt;

use schur_tensor::{Tensor, element_count};
use serde::{Deserialize, Serialize};

use crate::SlotError;

/// The most slots that a vector may have, and a tensor in all its vectors: the limit of time and memory, not of numbers.
pub(crate) const LARGEST: usize = 1 << 24;

/// One axis of a packed tensor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Axis {
    /// What the axis is called.
    pub name: String,
    /// Its size.
    pub size: usize,
    /// Slots from one element to the next; zero if all elements along the axis are the same slot.
    pub stride: usize,
}

/// A tensor's place in one or more vectors: a first slot, and a stride in slots for each axis.
///
/// The element `index` has the address `offset + sum(index * stride)`; the address divided by the slots of a vector
/// gives the vector, the rest the slot.
///
/// # Examples
/// ```
/// use schur_slots::Packing;
/// use schur_tensor::Tensor;
///
/// let packing = Packing::row_major("the matrix", &[("i", 2), ("j", 3)], 8)?;
/// assert_eq!(packing.to_string(), "[i=2, j=3] at 4i + j of 1 x 8 slots");
/// assert_eq!(packing.position(&[1, 2]), Some((0, 6)));
///
/// let matrix = Tensor::new(&[2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?;
/// let vectors = packing.pack(&matrix)?;
/// assert_eq!(vectors, [[1.0, 2.0, 3.0, 0.0, 4.0, 5.0, 6.0, 0.0]]);
/// assert_eq!(packing.unpack(&vectors)?, matrix);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Record", into = "Record")]
pub struct Packing {
    axes: Vec<Axis>,
    offset: usize,
    slots: usize,
    vectors: usize,
}

/// A packing as it is written to files: without what follows from the rest.
#[derive(Serialize, Deserialize)]
struct Record {
    axes: Vec<Axis>,
    offset: usize,
    slots: usize,
}

impl TryFrom<Record> for Packing {
    type Error = SlotError;

    fn try_from(record: Record) -> Result<Self, SlotError> {
        Self::new("a packed tensor", record.axes, record.offset, record.slots)
    }
}

impl From<Packing> for Record {
    fn from(packing: Packing) -> Self {
        Self { axes: packing.axes, offset: packing.offset, slots: packing.slots }
    }
}

impl Packing {
    /// Places a tensor; `tensor` is what errors call it.
    ///
    /// # Errors
    /// [`SlotError`] if `slots` is no power of two up to 2^24, or elements or addresses are more than so many.
    pub fn new(tensor: &str, axes: Vec<Axis>, offset: usize, slots: usize) -> Result<Self, SlotError> {
        if !slots.is_power_of_two() || slots > LARGEST {
            return Err(SlotError::SlotCount { slots, limit: LARGEST });
        }
        let too_large = || SlotError::TooLarge { tensor: tensor.to_owned(), limit: LARGEST };
        let shape: Vec<usize> = axes.iter().map(|axis| axis.size).collect();
        element_count(&shape).ok().filter(|&count| count <= LARGEST).ok_or_else(too_large)?;
        let last = axes.iter().try_fold(offset, |address, axis| {
            address.checked_add(axis.size.saturating_sub(1).checked_mul(axis.stride)?)
        });
        let last = last.filter(|&last| last < LARGEST).ok_or_else(too_large)?;
        Ok(Self { axes, offset, slots, vectors: last / slots + 1 })
    }

    /// Places a tensor from slot zero, row-major, each axis padded to a power of two.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn row_major(tensor: &str, axes: &[(&str, usize)], slots: usize) -> Result<Self, SlotError> {
        let too_large = || SlotError::TooLarge { tensor: tensor.to_owned(), limit: LARGEST };
        let mut stride = 1_usize;
        let mut placed = Vec::with_capacity(axes.len());
        for &(name, size) in axes.iter().rev() {
            placed.push(Axis { name: name.to_owned(), size, stride });
            let padded = size.checked_next_power_of_two().ok_or_else(too_large)?;
            stride = stride.checked_mul(padded).ok_or_else(too_large)?;
        }
        placed.reverse();
        Self::new(tensor, placed, 0, slots)
    }

    /// The axes, in the tensor's order.
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// The address of the first element.
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// Slots of a vector.
    pub const fn slots(&self) -> usize {
        self.slots
    }

    /// Vectors that hold the tensor.
    pub const fn vectors(&self) -> usize {
        self.vectors
    }

    /// The shape of the tensor.
    pub fn shape(&self) -> Vec<usize> {
        self.axes.iter().map(|axis| axis.size).collect()
    }

    /// The vector and the slot of an element; none outside the shape.
    pub fn position(&self, index: &[usize]) -> Option<(usize, usize)> {
        if index.len() != self.axes.len() || index.iter().zip(&self.axes).any(|(&i, axis)| i >= axis.size) {
            return None;
        }
        let address = index.iter().zip(&self.axes).fold(self.offset, |sum, (&i, axis)| sum + i * axis.stride);
        Some((address / self.slots, address % self.slots))
    }

    /// Checks that no two elements lie in one slot, as in what is to be packed.
    ///
    /// # Errors
    /// [`SlotError::Overlap`].
    pub fn check_disjoint(&self) -> Result<(), SlotError> {
        if self.is_nested() {
            return Ok(());
        }
        let mut owners: HashMap<(usize, usize), Vec<usize>> = HashMap::new();
        for index in Tensor::from_fn(&self.shape(), <[usize]>::to_vec)?.into_data() {
            let place @ (vector, slot) = self.position(&index).unwrap_or_default();
            if let Some(first) = owners.insert(place, index.clone()) {
                return Err(SlotError::Overlap { first, second: index, vector, slot });
            }
        }
        Ok(())
    }

    /// Lays a tensor out; slots without an element hold zero.
    ///
    /// # Shapes
    /// `tensor`: [`shape`](Self::shape); the result: [`vectors`](Self::vectors) of [`slots`](Self::slots).
    /// # Errors
    /// [`SlotError`] if the shape differs, or two elements share a slot.
    pub fn pack(&self, tensor: &Tensor<f64>) -> Result<Vec<Vec<f64>>, SlotError> {
        if tensor.shape() != self.shape() {
            let [expected, found] = [tensor.shape().to_vec(), self.shape()];
            return Err(SlotError::Shape { tensor: "the tensor".to_owned(), expected, found });
        }
        self.check_disjoint()?;
        let mut vectors = vec![vec![0.0; self.slots]; self.vectors];
        let places = Tensor::from_fn(&self.shape(), |index| self.position(index).unwrap_or_default())?;
        for (&(vector, slot), &value) in places.data().iter().zip(tensor.data()) {
            vectors[vector][slot] = value;
        }
        Ok(vectors)
    }

    /// Reads a tensor from vectors; missing ones count as zero.
    ///
    /// # Shapes
    /// Each vector: [`slots`](Self::slots); the result: [`shape`](Self::shape).
    /// # Errors
    /// [`SlotError::Tensor`] if the tensor is too large to be held.
    pub fn unpack(&self, vectors: &[Vec<f64>]) -> Result<Tensor<f64>, SlotError> {
        let read = |place: (usize, usize)| vectors.get(place.0)?.get(place.1).copied();
        Ok(Tensor::from_fn(&self.shape(), |index| self.position(index).and_then(read).unwrap_or(0.0))?)
    }

    /// Whether each axis steps over all that axes of smaller strides reach, as in any row-major packing.
    fn is_nested(&self) -> bool {
        let mut axes: Vec<&Axis> = self.axes.iter().filter(|axis| axis.size > 1).collect();
        axes.sort_unstable_by_key(|axis| axis.stride);
        let mut reach = 0;
        axes.iter().all(|axis| {
            let nested = axis.stride > reach;
            reach += (axis.size - 1) * axis.stride;
            nested
        })
    }
}

impl fmt::Display for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: Vec<String> = self.axes.iter().map(|axis| format!("{}={}", axis.name, axis.size)).collect();
        let mut terms: Vec<String> = Vec::new();
        if self.offset > 0 {
            terms.push(self.offset.to_string());
        }
        for Axis { name, size, stride } in &self.axes {
            match stride {
                _ if *size <= 1 => {}
                0 => {}
                1 => terms.push(name.clone()),
                _ => terms.push(format!("{stride}{name}")),
            }
        }
        let address = if terms.is_empty() { "0".to_owned() } else { terms.join(" + ") };
        write!(f, "[{}] at {address} of {} x {} slots", sizes.join(", "), self.vectors, self.slots)
    }
}
