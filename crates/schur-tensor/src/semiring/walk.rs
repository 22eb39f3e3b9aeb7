//! Offsets of multi-indices, row-major, from any one on and without memory of their own.

use crate::product::Strided;

/// More axes than a tensor that fits into an address space can have, those of size one left out.
pub(super) const MOST_AXES: usize = 64;

/// The offsets of a group of axes, one multi-index after the other; after the last comes the first.
#[derive(Clone)]
pub(super) struct Walk<'a, const N: usize> {
    axes: &'a [Strided<N>],
    index: [usize; MOST_AXES],
    offsets: [isize; N],
}

impl<'a, const N: usize> Walk<'a, N> {
    /// Starts at the multi-index that `skipped` others come before.
    ///
    /// No axis may have size zero, and there may be no more than [`MOST_AXES`].
    #[inline]
    pub(super) fn new(axes: &'a [Strided<N>], skipped: usize) -> Self {
        let mut walk = Self { axes, index: [0; MOST_AXES], offsets: [0; N] };
        let mut rest = skipped;
        for (index, axis) in walk.index[..axes.len()].iter_mut().zip(axes).rev() {
            if rest == 0 {
                break;
            }
            *index = rest % axis.size;
            rest /= axis.size;
            for (offset, stride) in walk.offsets.iter_mut().zip(axis.strides) {
                *offset += stride * index.cast_signed();
            }
        }
        walk
    }

    /// Where the present multi-index lies.
    #[inline(always)]
    pub(super) const fn offsets(&self) -> [isize; N] {
        self.offsets
    }

    /// Moves on by one multi-index.
    #[inline(always)]
    pub(super) fn advance(&mut self) {
        for (index, axis) in self.index[..self.axes.len()].iter_mut().zip(self.axes).rev() {
            *index += 1;
            for (offset, stride) in self.offsets.iter_mut().zip(axis.strides) {
                *offset += stride;
            }
            if *index < axis.size {
                return;
            }
            for (offset, stride) in self.offsets.iter_mut().zip(axis.strides) {
                *offset -= stride * axis.size.cast_signed();
            }
            *index = 0;
        }
    }
}

/// The offsets of the first `count` multi-indices of a group of axes.
pub(super) fn offsets<const N: usize>(axes: &[Strided<N>], count: usize) -> impl Iterator<Item = [isize; N]> + Clone {
    let mut walk = Walk::new(axes, 0);
    (0..count).map(move |_| {
        let offsets = walk.offsets();
        walk.advance();
        offsets
    })
}

/// How many multi-indices a group of axes has; none where they cannot be counted.
pub(super) fn count<const N: usize>(axes: &[Strided<N>]) -> Option<usize> {
    if axes.iter().any(|axis| axis.size == 0) {
        return Some(0);
    }
    axes.iter().try_fold(1_usize, |count, axis| count.checked_mul(axis.size))
}
