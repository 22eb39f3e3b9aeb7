//! Arrays over edges, shared out among threads by blocks of atoms.
//!
//! Rows differ in length, so `par_chunks_mut` cannot cut them; a list of the pieces would be made anew at each
//! evaluation. This iterator cuts as rayon asks it to, and takes no memory.

use rayon::iter::plumbing::{Consumer, Producer, ProducerCallback, UnindexedConsumer, bridge};
use rayon::prelude::*;

/// How arrays over edges are cut: where the row of each atom begins, and how many atoms a block has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowBlocks<'a> {
    /// One more than atoms: the last is where the last row ends.
    pub starts: &'a [usize],
    pub block: usize,
}

impl<'a> RowBlocks<'a> {
    /// The blocks of an array that holds `width` numbers an edge, in order.
    pub fn of<X: Send>(self, array: &'a mut [X], width: usize) -> BlocksMut<'a, X> {
        BlocksMut(Pieces { rows: self, width, array })
    }
}

/// A parallel iterator over the blocks of an array, one slice a block.
pub(crate) struct BlocksMut<'a, X>(Pieces<'a, X>);

impl<'a, X: Send> ParallelIterator for BlocksMut<'a, X> {
    type Item = &'a mut [X];

    fn drive_unindexed<C: UnindexedConsumer<Self::Item>>(self, consumer: C) -> C::Result {
        bridge(self, consumer)
    }

    fn opt_len(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

impl<X: Send> IndexedParallelIterator for BlocksMut<'_, X> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn drive<C: Consumer<Self::Item>>(self, consumer: C) -> C::Result {
        bridge(self, consumer)
    }

    fn with_producer<C: ProducerCallback<Self::Item>>(self, callback: C) -> C::Output {
        callback.callback(self.0)
    }
}

/// What is left of an array.
struct Pieces<'a, X> {
    rows: RowBlocks<'a>,
    width: usize,
    array: &'a mut [X],
}

impl<X> Pieces<'_, X> {
    /// Cuts off the first `count` blocks.
    fn cut(self, count: usize) -> (Self, Self) {
        let Self { rows: RowBlocks { starts, block }, width, array } = self;
        let atom = (count * block).min(starts.len() - 1);
        let (head, tail) = array.split_at_mut((starts[atom] - starts[0]) * width);
        let piece = |starts, array| Self { rows: RowBlocks { starts, block }, width, array };
        (piece(&starts[..=atom], head), piece(&starts[atom..], tail))
    }

    /// Takes the array out, leaving nothing.
    fn take(&mut self) -> Self {
        let rows = RowBlocks { starts: &self.rows.starts[..1], block: self.rows.block };
        std::mem::replace(self, Self { rows, width: self.width, array: &mut [] })
    }
}

impl<'a, X: Send> Producer for Pieces<'a, X> {
    type Item = &'a mut [X];
    type IntoIter = Self;

    fn into_iter(self) -> Self {
        self
    }

    fn split_at(self, index: usize) -> (Self, Self) {
        self.cut(index)
    }
}

impl<'a, X> Iterator for Pieces<'a, X> {
    type Item = &'a mut [X];

    fn next(&mut self) -> Option<&'a mut [X]> {
        if self.len() == 0 {
            return None;
        }
        let (first, rest) = self.take().cut(1);
        *self = rest;
        Some(first.array)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let blocks = (self.rows.starts.len() - 1).div_ceil(self.rows.block);
        (blocks, Some(blocks))
    }
}

impl<X> DoubleEndedIterator for Pieces<'_, X> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let last = self.len().checked_sub(1)?;
        let (rest, last) = self.take().cut(last);
        *self = rest;
        Some(last.array)
    }
}

impl<X> ExactSizeIterator for Pieces<'_, X> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_those_of_their_rows_however_they_are_cut() {
        let starts = [0, 3, 3, 4, 9, 10, 10, 16];
        let rows = RowBlocks { starts: &starts, block: 3 };
        let expected: [std::ops::Range<usize>; 3] = [0..4, 4..10, 10..16];
        for width in 0..3 {
            let mut array: Vec<usize> = (0..16 * width).collect();
            let numbers = |block: usize| (expected[block].start * width..expected[block].end * width).collect();
            let wanted: Vec<Vec<usize>> = (0..3).map(numbers).collect();
            let parallel: Vec<Vec<usize>> = rows.of(&mut array, width).map(|piece| piece.to_vec()).collect();
            assert_eq!(parallel, wanted);
            let mut reversed: Vec<_> = rows.of(&mut array, width).rev().map(|piece| piece.to_vec()).collect();
            reversed.reverse();
            assert_eq!(reversed, wanted);
            for count in 0..=3 {
                let (head, tail) = rows.of(&mut array, width).0.split_at(count);
                assert_eq!((head.len(), tail.len()), (count, 3 - count));
                assert_eq!(head.chain(tail).map(|piece| piece.to_vec()).collect::<Vec<_>>(), wanted);
            }
        }
    }
}
