//! Rows by the values of some of their columns.

use super::rows::hash;

/// Ends a chain; relations have fewer rows.
const END: u32 = u32::MAX;

/// Slots of the first table.
const FIRST_SLOTS: usize = 16;

/// Chains of the rows that agree in some columns, found by a hash of those columns.
///
/// Rows are only ever added, so an index grows with its relation and is never made anew.
#[derive(Debug, Clone)]
pub(super) struct ColumnIndex {
    columns: Vec<usize>,
    /// The newest row of each chain; chains of several keys may share a slot.
    heads: Vec<u32>,
    /// The next older row of the same slot.
    next: Vec<u32>,
}

impl ColumnIndex {
    /// An index over the columns whose bits are set.
    pub(super) fn new(mask: u32) -> Self {
        let columns = (0..32).filter(|column| mask >> column & 1 == 1).collect();
        Self { columns, heads: Vec::new(), next: Vec::new() }
    }

    /// Takes up the rows that have come since the last time.
    pub(super) fn extend(&mut self, rows: &[u32], arity: usize, count: usize) {
        if count > self.heads.len() {
            self.heads = vec![END; (2 * count).next_power_of_two().max(FIRST_SLOTS)];
            self.next.clear();
        }
        for row in self.next.len()..count {
            let values = &rows[row * arity..(row + 1) * arity];
            let slot = self.slot(self.columns.iter().map(|&column| values[column]));
            self.next.push(self.heads[slot]);
            self.heads[slot] = row as u32;
        }
    }

    fn slot(&self, key: impl Iterator<Item = u32>) -> usize {
        (hash(key) as usize) & (self.heads.len() - 1)
    }

    /// The rows whose columns equal a key, newest first.
    pub(super) fn matches<'a>(
        &'a self,
        key: &'a [u32],
        rows: &'a [u32],
        arity: usize,
    ) -> impl Iterator<Item = usize> + 'a {
        let first = if self.heads.is_empty() { END } else { self.heads[self.slot(key.iter().copied())] };
        let chain = std::iter::successors(Some(first), |&row| self.next.get(row as usize).copied());
        chain.take_while(|&row| row != END).map(|row| row as usize).filter(move |row| {
            let values = &rows[row * arity..(row + 1) * arity];
            self.columns.iter().zip(key).all(|(&column, &value)| values[column] == value)
        })
    }
}
