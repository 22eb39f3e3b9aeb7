//! A contraction as the searches see it: sorted lists of indices, and sizes as logarithms.

use crate::Contraction;

/// No node, no tensor.
pub(super) const NONE: u32 = u32::MAX;

/// A hypergraph: tensors that share indices, any number of tensors an index.
#[derive(Debug, Clone)]
pub(super) struct Network {
    /// The indices of each tensor, each once, ascending.
    pub tensors: Vec<Vec<u32>>,
    /// The indices that the result keeps, each once, ascending.
    pub output: Vec<u32>,
    /// The binary logarithm of each index's size.
    pub dims: Vec<f64>,
}

impl Network {
    /// The network of a contraction without the indices that are sliced.
    ///
    /// An index of size nought counts as one: there is nothing to save then.
    pub fn new(contraction: &Contraction, sliced: &[usize]) -> Self {
        let mut blank = vec![false; contraction.sizes().len()];
        sliced.iter().for_each(|&index| blank[index] = true);
        let list = |list: &Vec<usize>| {
            let mut list: Vec<u32> = list.iter().filter(|&&index| !blank[index]).map(|&index| index as u32).collect();
            list.sort_unstable();
            list.dedup();
            list
        };
        let tensors: Vec<Vec<u32>> = contraction.operands().iter().map(list).collect();
        let dims = contraction.sizes().iter().map(|&size| (size.max(1) as f64).log2()).collect();
        let mut held = vec![false; contraction.sizes().len()];
        tensors.iter().flatten().for_each(|&index| held[index as usize] = true);
        let mut output = list(&contraction.output().to_vec());
        output.retain(|&index| held[index as usize]);
        Self { tensors, output, dims }
    }

    /// The same network without some indices, which are sliced.
    pub fn without(&self, sliced: &[u32]) -> Self {
        let mut network = self.clone();
        for list in network.tensors.iter_mut().chain([&mut network.output]) {
            list.retain(|index| !sliced.contains(index));
        }
        network
    }

    /// The binary logarithm of the number of elements of a tensor with these indices.
    pub fn size(&self, indices: &[u32]) -> f64 {
        indices.iter().map(|&index| self.dims[index as usize]).sum()
    }

    /// How many tensors hold each index; the output counts as one.
    pub fn holders(&self) -> Vec<u32> {
        let mut holders = vec![0; self.dims.len()];
        self.tensors.iter().chain([&self.output]).flatten().for_each(|&index| holders[index as usize] += 1);
        holders
    }

    /// The tensors that hold each index.
    pub fn members(&self) -> Vec<Vec<u32>> {
        let mut members = vec![Vec::new(); self.dims.len()];
        for (tensor, list) in self.tensors.iter().enumerate() {
            list.iter().for_each(|&index| members[index as usize].push(tensor as u32));
        }
        members
    }

    /// The tensors of each connected part, parts in the order of their first tensor.
    pub fn parts(&self) -> Vec<Vec<u32>> {
        let members = self.members();
        let (mut part_seen, mut seen) = (vec![false; self.dims.len()], vec![false; self.tensors.len()]);
        let mut parts = Vec::new();
        for start in 0..self.tensors.len() {
            if std::mem::replace(&mut seen[start], true) {
                continue;
            }
            let mut part = vec![start as u32];
            let mut next = 0;
            while let Some(&tensor) = part.get(next) {
                next += 1;
                for &index in &self.tensors[tensor as usize] {
                    if std::mem::replace(&mut part_seen[index as usize], true) {
                        continue;
                    }
                    let fresh = members[index as usize].iter().copied();
                    part.extend(fresh.filter(|&other| !std::mem::replace(&mut seen[other as usize], true)));
                }
            }
            parts.push(part);
        }
        parts
    }
}

/// The sorted union of two sorted lists, handed on element by element with how many of the two have it.
pub(super) fn union(left: &[u32], right: &[u32], mut take: impl FnMut(u32, u32)) {
    let (mut i, mut j) = (0, 0);
    while i < left.len() && j < right.len() {
        let (a, b) = (left[i], right[j]);
        take(a.min(b), 1 + u32::from(a == b));
        i += usize::from(a <= b);
        j += usize::from(b <= a);
    }
    left[i..].iter().chain(&right[j..]).for_each(|&index| take(index, 1));
}
