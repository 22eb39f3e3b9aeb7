//! How the numbers of an argument or a result lie in memory.

/// A part of an operand that transforms as one: `dim` components for each of `channels` channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Segment {
    /// Components: `2l + 1` for an irrep of degree `l`.
    pub dim: usize,
    /// Independent copies: the product of the extents where a segment has several channel modes.
    pub channels: usize,
}

/// One argument of a map, or its result: segments one after the other, each `[component][channel]`.
///
/// A segment has one extent for each channel mode of its operand: a matrix of weights `uv` is a segment of one
/// component with two extents, in memory `[component][u][v]`.
///
/// # Examples
/// ```
/// use schur_multilinear::Operand;
/// let features = Operand::new([(1, 16), (3, 8)]);
/// assert_eq!((features.len(), features.offsets()), (40, vec![0, 16]));
/// let weights = Operand::with_extents([(1, vec![16, 4]), (1, vec![8, 4])]);
/// assert_eq!((weights.len(), weights.extents(1)), (96, [8, 4].as_slice()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Operand {
    segments: Vec<Segment>,
    /// Of each segment, one for each mode.
    extents: Vec<Vec<usize>>,
}

impl Operand {
    /// Makes an operand with one channel mode from `(dim, channels)` pairs.
    pub fn new(segments: impl IntoIterator<Item = (usize, usize)>) -> Self {
        Self::with_extents(segments.into_iter().map(|(dim, channels)| (dim, vec![channels])))
    }

    /// Makes an operand with any number of channel modes from `(dim, extents)` pairs.
    pub fn with_extents(segments: impl IntoIterator<Item = (usize, Vec<usize>)>) -> Self {
        let (dims, extents): (Vec<usize>, Vec<Vec<usize>>) = segments.into_iter().unzip();
        let channels = |extents: &Vec<usize>| extents.iter().fold(1, |product: usize, &e| product.saturating_mul(e));
        let segment = |(dim, extents)| Segment { dim, channels: channels(extents) };
        Self { segments: dims.into_iter().zip(&extents).map(segment).collect(), extents }
    }

    /// The segments in memory order.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The extents of one segment's channel modes, outermost first.
    ///
    /// # Panics
    /// If there is no such segment.
    pub fn extents(&self, segment: usize) -> &[usize] {
        &self.extents[segment]
    }

    /// Dimension and extents of each segment in turn.
    pub fn shapes(&self) -> impl Iterator<Item = (usize, &[usize])> {
        self.segments.iter().zip(&self.extents).map(|(segment, extents)| (segment.dim, extents.as_slice()))
    }

    /// Numbers in the operand; the largest `usize` where there are more.
    pub fn len(&self) -> usize {
        self.checked_len().unwrap_or(usize::MAX)
    }

    /// As [`Operand::len`], or none where the sum overflows, or a product in an empty segment would on the way.
    pub(super) fn checked_len(&self) -> Option<usize> {
        self.shapes().try_fold(0usize, |sum, (dim, extents)| {
            let factors = || extents.iter().chain([&dim]);
            let len = factors().try_fold(1usize, |product, &factor| product.checked_mul(factor.max(1)))?;
            if factors().any(|&factor| factor == 0) { Some(sum) } else { sum.checked_add(len) }
        })
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where each segment begins.
    pub fn offsets(&self) -> Vec<usize> {
        let starts = self.segments.iter().scan(0usize, |next, s| {
            let start = *next;
            *next = next.saturating_add(s.dim.saturating_mul(s.channels));
            Some(start)
        });
        starts.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_that_overflow_are_told_apart_from_long_ones() {
        let half = 1 << (usize::BITS - 1);
        let too_long = [(1, vec![half, 2]), (half, vec![2]), (1, vec![half, 2, 2]), (0, vec![half, 2])];
        for (dim, extents) in too_long {
            assert_eq!(Operand::with_extents([(dim, extents)]).checked_len(), None);
        }
        assert_eq!(Operand::new([(half, 1), (half - 1, 1)]).checked_len(), Some(usize::MAX));
        assert_eq!(Operand::with_extents([(5, vec![half, 2, 0])]).checked_len(), None);
        assert_eq!(Operand::with_extents([(3, vec![])]).checked_len(), Some(3));
    }
}
