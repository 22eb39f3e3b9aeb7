//! A vector of numbers that starts on a cache line, so that no SIMD load of padded channels crosses one.

use crate::Real;

/// One cache line.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u64; 8]);

// SAFETY: eight `u64` without padding (64 bytes, aligned to 64); every bit pattern is a value.
unsafe impl pulp::bytemuck::Zeroable for Line {}
// SAFETY: as above; `Copy`, no interior mutability, no pointers.
unsafe impl pulp::bytemuck::Pod for Line {}

/// A zero-initialised array of numbers aligned to 64 bytes, which keeps its memory when resized down.
///
/// # Examples
/// ```
/// let mut numbers = schur_tensor::Aligned::<f32>::zeros(20);
/// numbers.as_mut_slice()[3] = 1.0;
/// assert_eq!(numbers.as_slice().len(), 20);
/// assert_eq!(numbers.as_slice().as_ptr() as usize % 64, 0);
/// ```
#[derive(Clone, Default)]
pub struct Aligned<T> {
    lines: Vec<Line>,
    len: usize,
    marker: std::marker::PhantomData<T>,
}

impl<T: Real> Aligned<T> {
    /// Makes an array of `len` zeros.
    pub fn zeros(len: usize) -> Self {
        let mut array = Self { lines: Vec::new(), len: 0, marker: std::marker::PhantomData };
        array.resize(len);
        array
    }

    /// Copies numbers, converting them to `T`.
    pub fn from_f64(values: &[f64]) -> Self {
        let mut array = Self::zeros(values.len());
        for (target, &value) in array.as_mut_slice().iter_mut().zip(values) {
            *target = T::from_f64(value);
        }
        array
    }

    /// Changes the length; new elements are zero or what an earlier, longer use left there.
    ///
    /// Memory is only ever taken, not given back, so that a run in its steady state allocates nothing.
    pub fn resize(&mut self, len: usize) {
        let lines = (len * size_of::<T>()).div_ceil(size_of::<Line>());
        if lines > self.lines.len() {
            self.lines.resize(lines, Line([0; 8]));
        }
        self.len = len;
    }

    /// All numbers.
    pub fn as_slice(&self) -> &[T] {
        &pulp::bytemuck::cast_slice(&self.lines)[..self.len]
    }

    /// All numbers, to be written.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        &mut pulp::bytemuck::cast_slice_mut(&mut self.lines)[..self.len]
    }

    /// Bytes held.
    pub fn capacity_bytes(&self) -> usize {
        self.lines.capacity() * size_of::<Line>()
    }
}

impl<T> std::fmt::Debug for Aligned<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Aligned({} numbers)", self.len)
    }
}
