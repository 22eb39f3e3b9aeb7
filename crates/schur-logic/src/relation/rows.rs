//! A hash table of rows that are stored elsewhere.

/// Marks a free slot; relations have fewer rows.
const FREE: u32 = u32::MAX;

/// Slots of the first table.
const FIRST_SLOTS: usize = 16;

/// Row numbers by the hash of their rows: open addressing with linear steps, at most half full.
#[derive(Debug, Clone, Default)]
pub(super) struct RowTable {
    slots: Vec<u32>,
    used: usize,
}

impl RowTable {
    /// Where a row is among rows of the same length.
    pub(super) fn find(&self, row: &[u32], rows: &[u32]) -> Option<usize> {
        if self.slots.is_empty() {
            return None;
        }
        let mut slot = self.first_slot(row.iter().copied());
        loop {
            let found = self.slots[slot];
            if found == FREE {
                return None;
            }
            let at = found as usize * row.len();
            if rows[at..at + row.len()] == *row {
                return Some(found as usize);
            }
            slot = (slot + 1) % self.slots.len();
        }
    }

    /// Takes up a row that is not there yet.
    pub(super) fn insert(&mut self, row: usize, arity: usize, rows: &[u32]) {
        if 2 * (self.used + 1) > self.slots.len() {
            let larger = (2 * self.slots.len()).max(FIRST_SLOTS);
            self.slots = vec![FREE; larger];
            (0..row).for_each(|earlier| self.place(earlier, arity, rows));
        }
        self.place(row, arity, rows);
        self.used += 1;
    }

    fn place(&mut self, row: usize, arity: usize, rows: &[u32]) {
        let mut slot = self.first_slot(rows[row * arity..(row + 1) * arity].iter().copied());
        while self.slots[slot] != FREE {
            slot = (slot + 1) % self.slots.len();
        }
        // Callers keep the number of rows below `FREE`.
        self.slots[slot] = row as u32;
    }

    fn first_slot(&self, row: impl Iterator<Item = u32>) -> usize {
        (hash(row) as usize) & (self.slots.len() - 1)
    }
}

/// Mixes numbers so that the low bits depend on all of them.
///
/// The multiplier and the final shifts are those of SplitMix64.
pub(super) fn hash(numbers: impl Iterator<Item = u32>) -> u64 {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for number in numbers {
        state = (state ^ u64::from(number)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state ^= state >> 29;
    }
    state = state.wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_where_they_were_put() {
        let (mut table, mut rows) = (RowTable::default(), Vec::new());
        for row in 0..5_000_u32 {
            rows.extend([row % 71, row / 71]);
            table.insert(row as usize, 2, &rows);
        }
        for row in 0..5_000_u32 {
            assert_eq!(table.find(&[row % 71, row / 71], &rows), Some(row as usize));
        }
        assert_eq!(table.find(&[71, 0], &rows), None);
    }
}
