//! Pairs that any good tree contracts: tensors that fit wholly into another.
//!
//! A tensor whose indices another one has too is multiplied into it: the result is no larger than that other one. So
//! scalars, vectors, copies of an index set and gates on the diagonal are gone before a search begins. Contracting two
//! matrices into one is left to the search, since a vector at the end of a chain of them had better come first.

use std::collections::HashMap;

use super::network::Network;

/// An index that more tensors have is not looked through for one to fit into.
const MOST_HOLDERS: usize = 64;

/// A smaller network, and how to get there.
#[derive(Debug)]
pub(super) struct Simplified {
    pub network: Network,
    /// The pairs contracted already, numbered as those of an order of the whole network.
    pairs: Vec<[u32; 2]>,
    /// The number of each tensor of the smaller network.
    numbers: Vec<u32>,
}

impl Simplified {
    /// Contracts what fits wholly into another.
    pub fn new(network: &Network) -> Self {
        let mut search = Search {
            members: network.members(),
            holders: network.holders(),
            tensors: network.tensors.iter().cloned().map(Some).collect(),
            pairs: Vec::new(),
            known: HashMap::new(),
        };
        let mut open: Vec<u32> = (0..network.tensors.len() as u32).rev().collect();
        while let Some(tensor) = open.pop() {
            if let Some(other) = search.host(tensor) {
                open.push(search.contract(tensor, other));
            }
        }
        search.scalars(network);
        let numbers = (0..search.tensors.len() as u32).filter(|&k| search.tensors[k as usize].is_some()).collect();
        let tensors = search.tensors.into_iter().flatten().collect();
        let network = Network { tensors, output: network.output.clone(), dims: network.dims.clone() };
        Self { network, pairs: search.pairs, numbers }
    }

    /// The pairs of the whole network, given those of the smaller one.
    pub fn whole(&self, pairs: &[[u32; 2]]) -> Vec<[u32; 2]> {
        let first = (self.numbers.len() + 2 * self.pairs.len()) as u32;
        let place = |tensor: u32| match (tensor as usize).checked_sub(self.numbers.len()) {
            None => self.numbers[tensor as usize],
            Some(pair) => first + pair as u32,
        };
        self.pairs.iter().copied().chain(pairs.iter().map(|pair| pair.map(place))).collect()
    }
}

struct Search {
    members: Vec<Vec<u32>>,
    /// How many tensors have an index, the output too.
    holders: Vec<u32>,
    tensors: Vec<Option<Vec<u32>>>,
    pairs: Vec<[u32; 2]>,
    /// The last tensor with given indices.
    known: HashMap<Vec<u32>, u32>,
}

impl Search {
    /// A tensor that has all indices of this one, the smallest by number of indices.
    fn host(&mut self, tensor: u32) -> Option<u32> {
        let indices = self.tensors[tensor as usize].as_ref()?;
        if indices.is_empty() {
            return None;
        }
        let same = self.known.insert(indices.clone(), tensor);
        if let Some(same) = same.filter(|&same| same != tensor && self.tensors[same as usize].as_ref() == Some(indices))
        {
            return Some(same);
        }
        let rarest = indices.iter().map(|&index| &self.members[index as usize]).min_by_key(|list| list.len())?;
        if rarest.len() > MOST_HOLDERS {
            return None;
        }
        let hosts = rarest.iter().copied().filter(|&other| other != tensor);
        let hosts = hosts.filter_map(|other| Some((other, self.tensors[other as usize].as_ref()?)));
        let fits = |other: &[u32]| indices.iter().all(|index| other.binary_search(index).is_ok());
        let hosts = hosts.filter(|(_, other)| fits(other));
        hosts.min_by_key(|(other, list)| (list.len(), *other)).map(|(other, _)| other)
    }

    /// Contracts two tensors and returns the number of the result.
    fn contract(&mut self, tensor: u32, host: u32) -> u32 {
        let result = self.tensors.len() as u32;
        let small = self.tensors[tensor as usize].take().unwrap_or_default();
        let mut large = self.tensors[host as usize].take().unwrap_or_default();
        for &index in &small {
            self.holders[index as usize] -= 1;
        }
        for &index in &large {
            self.members[index as usize].retain(|&member| member != tensor && member != host);
        }
        large.retain(|&index| {
            let kept = self.holders[index as usize] > 1;
            if kept {
                self.members[index as usize].push(result);
            } else {
                self.holders[index as usize] = 0;
            }
            kept
        });
        self.tensors.push(Some(large));
        self.pairs.push([tensor, host]);
        result
    }

    /// Multiplies scalars with each other, and what they give into the smallest tensor.
    fn scalars(&mut self, network: &Network) {
        let alive = |tensors: &[Option<Vec<u32>>], scalars: bool| -> Vec<u32> {
            let keep = |k: &u32| tensors[*k as usize].as_ref().is_some_and(|list| list.is_empty() == scalars);
            (0..tensors.len() as u32).filter(keep).collect()
        };
        let scalars = alive(&self.tensors, true);
        let Some((&first, others)) = scalars.split_first() else { return };
        let product = others.iter().fold(first, |product, &scalar| self.contract(scalar, product));
        let size = |k: &u32| self.tensors[*k as usize].as_ref().map_or(0.0, |list| network.size(list));
        let smallest = alive(&self.tensors, false).into_iter().min_by(|a, b| size(a).total_cmp(&size(b)));
        if let Some(smallest) = smallest {
            self.contract(product, smallest);
        }
    }
}
