//! Sparse relations: rows of element numbers, each once, with their weights.

pub(crate) mod fixpoint;
mod index;
pub(crate) mod join;
mod plan;
mod rows;
pub(crate) mod weights;

use std::collections::HashMap;

use self::index::ColumnIndex;
use self::rows::RowTable;
use self::weights::Weights;

/// A relation: distinct rows in the order in which they came, and the indexes that joins have asked for.
#[derive(Debug, Clone)]
pub(crate) struct Relation {
    arity: usize,
    weights: Weights,
    count: usize,
    /// Row after row.
    rows: Vec<u32>,
    /// The weight of each row; empty for a Boolean relation.
    values: Vec<f64>,
    table: RowTable,
    indexes: HashMap<u32, ColumnIndex>,
}

impl Relation {
    /// A relation without rows.
    pub(crate) fn new(arity: usize, weights: Weights) -> Self {
        Self {
            arity,
            weights,
            count: 0,
            rows: Vec::new(),
            values: Vec::new(),
            table: RowTable::default(),
            indexes: HashMap::new(),
        }
    }

    pub(crate) const fn arity(&self) -> usize {
        self.arity
    }

    pub(crate) const fn weights(&self) -> Weights {
        self.weights
    }

    /// The number of rows.
    pub(crate) const fn len(&self) -> usize {
        self.count
    }

    pub(crate) fn row(&self, row: usize) -> &[u32] {
        &self.rows[row * self.arity..(row + 1) * self.arity]
    }

    pub(crate) fn weight(&self, row: usize) -> f64 {
        self.values.get(row).copied().unwrap_or(1.0)
    }

    pub(crate) fn set_weight(&mut self, row: usize, weight: f64) {
        if let Some(value) = self.values.get_mut(row) {
            *value = weight;
        }
    }

    /// Where a row is.
    pub(crate) fn find(&self, row: &[u32]) -> Option<usize> {
        self.table.find(row, &self.rows)
    }

    /// Puts a row behind the others if it is new; returns where it is, and whether it is new.
    ///
    /// A row that was there keeps its weight.
    pub(crate) fn insert(&mut self, row: &[u32], weight: f64) -> (usize, bool) {
        if let Some(found) = self.find(row) {
            return (found, false);
        }
        self.rows.extend_from_slice(row);
        if self.weights != Weights::Boolean {
            self.values.push(weight);
        }
        self.count += 1;
        self.table.insert(self.count - 1, self.arity, &self.rows);
        (self.count - 1, true)
    }

    /// Brings the index over some columns (bits of a mask) up to the last row.
    pub(crate) fn prepare_index(&mut self, mask: u32) {
        let index = self.indexes.entry(mask).or_insert_with(|| ColumnIndex::new(mask));
        index.extend(&self.rows, self.arity, self.count);
    }

    /// The rows whose columns of the mask equal a key, newest first. The index must have been prepared.
    pub(crate) fn matches<'a>(&'a self, mask: u32, key: &'a [u32]) -> impl Iterator<Item = usize> + 'a {
        self.indexes.get(&mask).into_iter().flat_map(move |index| index.matches(key, &self.rows, self.arity))
    }

    /// All rows in the order of their elements.
    pub(crate) fn sorted(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.count).collect();
        order.sort_unstable_by(|&a, &b| self.row(a).cmp(self.row(b)));
        order
    }
}
