//! The offsets of multi-indices, row-major: the plain recursion that oracles and derivatives run.

use super::Strided;

/// A place in a slice. Negative ones wrap to places that no slice has.
#[inline(always)]
pub(crate) const fn at(offset: isize) -> usize {
    offset.cast_unsigned()
}

/// Calls `action` with the offsets of each multi-index, row-major, until it breaks off with an `Err`.
///
/// That may be an error, or that what was looked for has been found.
pub(crate) fn each<const N: usize, B>(
    axes: &[Strided<N>],
    start: [isize; N],
    action: &mut dyn FnMut([isize; N]) -> Result<(), B>,
) -> Result<(), B> {
    let Some((first, rest)) = axes.split_first() else { return action(start) };
    let mut offsets = start;
    for _ in 0..first.size {
        each(rest, offsets, action)?;
        for (offset, stride) in offsets.iter_mut().zip(first.strides) {
            *offset += stride;
        }
    }
    Ok(())
}
