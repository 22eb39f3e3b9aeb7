//! Tensors and arrays as files describe them: an element type, a shape and strides over stored bytes.

use std::borrow::Cow;

use crate::tensor::{ByteOrder, DType, Data, Tensor, element_count, places};

/// Most elements of a tensor that repeats stored elements (stride 0); one that does not is bounded by what is stored.
const REPEATED_ELEMENTS: usize = 1 << 20;

/// Most axes, as in PyTorch and numpy.
pub(super) const MAX_AXES: usize = 64;

/// Describes a tensor by where its elements lie among stored ones.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    pub(super) dtype: DType,
    pub(super) shape: Vec<usize>,
    /// Distance between neighbours along each axis, in elements.
    pub(super) strides: Vec<usize>,
    /// The first element.
    pub(super) offset: usize,
}

/// Says why a layout does not fit the stored bytes.
#[derive(Debug, PartialEq)]
pub(super) enum Misfit {
    OutOfStorage { available: usize },
    TooManyElements { available: usize, limit: usize },
}

impl Layout {
    /// Describes an array whose elements lie side by side, the last axis fastest, or the first if `fortran`.
    pub(super) fn contiguous(dtype: DType, shape: Vec<usize>, fortran: bool) -> Self {
        let mut strides = vec![0; shape.len()];
        let mut step = 1usize;
        for i in 0..shape.len() {
            let axis = if fortran { i } else { shape.len() - 1 - i };
            strides[axis] = step;
            // An overflow makes the last element unreachable, which `gather` reports.
            step = step.saturating_mul(shape[axis]);
        }
        Self { dtype, shape, strides, offset: 0 }
    }

    /// Reads the elements in row-major order.
    pub(super) fn read(&self, bytes: &[u8], order: ByteOrder) -> Result<Tensor, Misfit> {
        let available = bytes.len() / self.dtype.size();
        let raw = self.gather(bytes, available)?;
        let data = Data::decode(self.dtype, order, &raw);
        Tensor::new(self.shape.clone(), data).map_err(|_| Misfit::OutOfStorage { available })
    }

    /// Copies the bytes of the elements in row-major order, or borrows them when they lie so already.
    fn gather<'b>(&self, bytes: &'b [u8], available: usize) -> Result<Cow<'b, [u8]>, Misfit> {
        let size = self.dtype.size();
        let count = element_count(&self.shape).ok_or(Misfit::OutOfStorage { available })?;
        if count == 0 {
            return Ok(Cow::Borrowed(&[]));
        }
        if self.last().is_none_or(|last| last >= available) {
            return Err(Misfit::OutOfStorage { available });
        }
        if count > available.max(REPEATED_ELEMENTS) {
            return Err(Misfit::TooManyElements { available, limit: REPEATED_ELEMENTS });
        }
        if self.is_row_major() {
            return Ok(Cow::Borrowed(&bytes[self.offset * size..(self.offset + count) * size]));
        }
        let mut out = Vec::with_capacity(count * size);
        for place in places(&self.shape, &self.strides).take(count) {
            let at = self.offset + place;
            out.extend_from_slice(&bytes[at * size..(at + 1) * size]);
        }
        Ok(Cow::Owned(out))
    }

    /// Returns the place of the last element, unless it overflows; no axis is empty.
    fn last(&self) -> Option<usize> {
        let mut axes = self.shape.iter().zip(&self.strides);
        axes.try_fold(self.offset, |at, (n, stride)| at.checked_add((n - 1).checked_mul(*stride)?))
    }

    fn is_row_major(&self) -> bool {
        let plain = Self::contiguous(self.dtype, self.shape.clone(), false);
        // The stride of an axis of one element is never used.
        self.strides.iter().zip(&plain.strides).zip(&self.shape).all(|((a, b), &n)| n == 1 || a == b)
    }
}

#[cfg(test)]
mod tests {
    use super::{Layout, Misfit, REPEATED_ELEMENTS};
    use crate::tensor::{ByteOrder, DType, Data};

    fn layout(shape: &[usize], strides: &[usize], offset: usize) -> Layout {
        Layout { dtype: DType::U8, shape: shape.into(), strides: strides.into(), offset }
    }

    fn read(layout: &Layout, n: u8) -> Result<Vec<u8>, Misfit> {
        let bytes: Vec<u8> = (0..n).collect();
        match layout.read(&bytes, ByteOrder::Little)?.into_data() {
            Data::U8(bytes) => Ok(bytes),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn strides_pick_the_elements() {
        assert_eq!(read(&layout(&[2, 3], &[3, 1], 1), 7).unwrap(), [1, 2, 3, 4, 5, 6]);
        assert_eq!(read(&layout(&[3, 2], &[1, 3], 0), 6).unwrap(), [0, 3, 1, 4, 2, 5]);
        assert_eq!(read(&layout(&[2, 2], &[0, 2], 3), 6).unwrap(), [3, 5, 3, 5]);
        assert_eq!(read(&layout(&[], &[], 2), 3).unwrap(), [2]);
        assert_eq!(read(&layout(&[3, 0], &[9, 9], 100), 1), Ok(vec![]));
        assert_eq!(read(&layout(&[1, 2], &[1 << 40, 1], 0), 2).unwrap(), [0, 1]);
        assert_eq!(read(&Layout::contiguous(DType::U8, vec![2, 3], true), 6).unwrap(), [0, 2, 4, 1, 3, 5]);
    }

    #[test]
    fn nothing_outside_is_read() {
        let out = Err(Misfit::OutOfStorage { available: 6 });
        assert_eq!(read(&layout(&[2, 3], &[3, 1], 1), 6), out);
        assert_eq!(read(&layout(&[2], &[usize::MAX], 1), 6), out);
        assert_eq!(read(&layout(&[usize::MAX, 2], &[1, 1], 0), 6), out);
        assert_eq!(read(&layout(&[], &[], 6), 6), out);
        let repeated = layout(&[REPEATED_ELEMENTS + 1], &[0], 0);
        assert!(matches!(read(&repeated, 6), Err(Misfit::TooManyElements { .. })));
    }
}
