//! A sparse tensor as the rows of one mode: fibres, and what stands in them.

use super::{Sparse, order};
use crate::Scalar;

/// Longest fibre: longer ones are cut, so that a tensor of few long fibres can be shared out.
const LONGEST_FIBRE: usize = 1 << 12;

/// Elements of one task, at least; fixed, so that results have the same bits for any number of threads.
const TASK: usize = 1 << 12;

/// Most tasks: what a result's rows are cut into costs two rows a task.
pub(super) const MOST_TASKS: usize = 256;

/// The elements of a tensor sorted by one mode's index, then by fibres.
pub(super) struct Rows<T> {
    /// The modes whose indices a fibre has in common, beside that of the rows.
    pub middle: Vec<usize>,
    /// The mode whose index runs along a fibre.
    pub leaf: usize,
    /// `rows[i]..rows[i + 1]` are the fibres of row `i`.
    pub rows: Vec<u32>,
    /// `fibres[f]..fibres[f + 1]` are the elements of fibre `f`.
    pub fibres: Vec<u32>,
    /// The indices of each fibre in the middle modes.
    pub middles: Vec<u32>,
    pub leaves: Vec<u32>,
    pub values: Vec<T>,
    /// The first fibre of each task, and their number at the end.
    pub tasks: Vec<u32>,
}

impl<T: Scalar> Rows<T> {
    /// Lays out a tensor of two or more modes.
    pub fn new(tensor: &Sparse<T>, mode: usize) -> Self {
        let (indices, elements) = (&tensor.indices, tensor.values.len());
        let modes = order_of_modes(&tensor.shape, mode);
        // Where the modes that come last stand in their natural order, elements are sorted by them already.
        let natural = (1..modes.len()).rev().find(|&at| modes[at - 1] > modes[at]).unwrap_or(0);
        let places = order::sorted(indices, &modes[..natural], elements);
        let leaf = modes.last().copied().unwrap_or(mode);
        let middle = modes.get(1..modes.len() - 1).unwrap_or_default().to_vec();
        let shared = &modes[..modes.len() - 1];
        let mut rows = vec![0; tensor.shape[mode] + 1];
        let (mut fibres, mut middles) = (Vec::new(), Vec::new());
        for (at, pair) in (0..elements).map(|at| (at, at.checked_sub(1).map(|before| places[before]))) {
            let place = places[at] as usize;
            let continues = pair.is_some_and(|before| {
                shared.iter().all(|&mode| indices[mode][before as usize] == indices[mode][place])
            });
            let length = fibres.last().map_or(0, |&start: &u32| at - start as usize);
            if !continues || length == LONGEST_FIBRE {
                fibres.push(at as u32);
                middles.extend(middle.iter().map(|&mode| indices[mode][place]));
                rows[indices[mode][place] as usize + 1] += 1;
            }
        }
        fibres.push(elements as u32);
        fibres.shrink_to_fit();
        middles.shrink_to_fit();
        for row in 1..rows.len() {
            rows[row] += rows[row - 1];
        }
        let leaves = places.iter().map(|&place| indices[leaf][place as usize]).collect();
        let values = places.iter().map(|&place| tensor.values[place as usize]).collect();
        let tasks = tasks(&fibres);
        Self { middle, leaf, rows, fibres, middles, leaves, values, tasks }
    }

    /// Bytes held.
    pub fn bytes(&self) -> u64 {
        let lists = [&self.rows, &self.fibres, &self.middles, &self.leaves, &self.tasks];
        let indices: usize = lists.iter().map(|list| list.capacity() * size_of::<u32>()).sum();
        (indices + self.values.capacity() * size_of::<T>()) as u64
    }
}

/// The bytes of a layout in which every element is a fibre of its own, as the worst tensors have it.
pub(super) fn most_bytes<T: Scalar>(tensor: &Sparse<T>, mode: usize) -> u64 {
    let elements = tensor.values.len() as u64;
    // A start, the indices of the modes but the rows' own, and the value.
    let each = (tensor.shape.len() * size_of::<u32>() + size_of::<T>()) as u64;
    let ends = (tensor.shape[mode] + MOST_TASKS + 3) as u64 * size_of::<u32>() as u64;
    elements * each + ends
}

/// The mode itself, then the others, the largest last: so fibres are long and few.
fn order_of_modes(shape: &[usize], mode: usize) -> Vec<usize> {
    let mut others: Vec<usize> = (0..shape.len()).filter(|&other| other != mode).collect();
    others.sort_by_key(|&other| shape[other]);
    [vec![mode], others].concat()
}

/// Cuts fibres into tasks of about equally many elements.
fn tasks(fibres: &[u32]) -> Vec<u32> {
    let elements = fibres.last().copied().unwrap_or(0) as usize;
    let count = (elements / TASK).clamp(1, MOST_TASKS);
    let cut = |task: usize| fibres.partition_point(|&start| (start as usize) < task * elements / count) as u32;
    (0..count).map(cut).chain([fibres.len() as u32 - 1]).collect()
}
